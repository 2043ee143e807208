// The command that begins an incarnation.
#pragma once

#include "engine/outcome.hpp"
#include "engine/state.hpp"

namespace karst {

/// Carries out `begin_incarnation`. Source: docs/ENGINE.md §3.
[[nodiscard]] Outcome begin_incarnation(State& state, const Command& command);

}  // namespace karst
