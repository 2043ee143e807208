// May it be said at all: what is asked of a command before it is looked at by itself.
#pragma once

#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Code 10: does it mean anything, by itself and under the rules that are followed.
[[nodiscard]] bool is_well_formed(const State& state, const Command& command);

/// Codes 10-13: is it well formed, may the key say it, is there such a merchant.
///
/// Requires: the key is none, or known.
[[nodiscard]] RejectCode admit(const State& state, const Command& command);

}  // namespace karst
