// Fetching ahead while commands are applied one after the other.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/engine.hpp"

namespace karst {

/// Asks for the memory of the commands behind `at`, each step as far ahead as proved best at 1,000
/// instruments. `command(i)`: the i-th; `last`: the last there is.
template <class CommandAt>
void look_ahead(const Engine& engine, std::size_t at, std::size_t last, CommandAt&& command) {
  engine.prefetch(command(std::min(at + 16, last)), command(std::min(at + 8, last)),
                  command(std::min(at + 4, last)));
}

}  // namespace karst
