// The command that begins an incarnation, and what it does to the ids of orders.
#pragma once

#include <cstdint>

#include "engine/outcome.hpp"
#include "engine/state.hpp"

namespace karst {

/// Carries out `begin_incarnation`. Source: docs/ENGINE.md §3.
[[nodiscard]] Outcome begin_incarnation(State& state, const Command& command);

/// The slot of an order entered by command `entered`, before the present incarnation, has been
/// released last: it passes over what the others passed over since.
void pass_over_generations(State& state, std::uint32_t slot, std::uint64_t entered);

}  // namespace karst
