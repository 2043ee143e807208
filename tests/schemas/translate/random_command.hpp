// Random commands with every field anywhere in its range.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "engine/seams/random.hpp"

namespace karst::test {

/// A command of that type that the wire can carry, its ends of ranges more often than its middle.
[[nodiscard]] Command random_command(CommandType type, Random& random);

}  // namespace karst::test
