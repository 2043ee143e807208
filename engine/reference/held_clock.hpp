// A clock that is held: the exchange is told so, and settles nothing until it is believed again.
#pragma once

#include "engine/command/outcome.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Whether a well-formed command of the exchange itself says that the clock is held from here on.
/// It is taken at its word before anything that is due.
[[nodiscard]] bool is_begin_of_hold(const State& state, const Command& command);

/// One handler per type of command, as those of reference_data.hpp.
[[nodiscard]] Outcome clock_held(State& state, const Command& command);
[[nodiscard]] Outcome accept_clock(State& state, const Command& command);

}  // namespace karst
