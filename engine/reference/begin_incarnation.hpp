// The command that begins an incarnation.
#pragma once

#include "engine/command/outcome.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Carries out `begin_incarnation`. Source: docs/ENGINE.md §3.
[[nodiscard]] Outcome begin_incarnation(State& state, const Command& command);

}  // namespace karst
