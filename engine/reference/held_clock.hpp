// Holds of the clock.
#pragma once

#include "engine/state/state.hpp"

namespace karst {

/// Whether a well-formed command of the exchange begins a hold: it holds for what is due before it.
[[nodiscard]] bool is_begin_of_hold(const State& state, const Command& command);

}  // namespace karst
