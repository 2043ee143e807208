// The engine's state as bytes, and back. Source: docs/FORMATS.md, "The engine's state".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Appends all of the state that lasts from command to command.
void save_state(const State& state, std::vector<std::uint8_t>& out);

/// Reads what save_state() wrote, of this version or one before it.
///
/// Requires: the state is new, made with the sizes the bytes were saved with.
/// Returns:  what became of it; unless it is good, the state must not be used.
[[nodiscard]] Loaded load_state(std::span<const std::uint8_t> bytes, State& state);

/// Gives the state other sizes: everything it knows, also of the command at hand, stays, but it
/// lies elsewhere.
///
/// Requires: what check() of a `grow` to these sizes requires.
/// Memory:   the state's bytes beside the old tables, then beside the new ones.
void grow_state(State& state, const Configure& sizes);

}  // namespace karst
