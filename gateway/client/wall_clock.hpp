// The time of the world, as the merchant's own machine has it.
#pragma once

#include <chrono>
#include <cstdint>

namespace karst::tool {

/// Unit: ns since 1970-01-01T00:00:00Z
[[nodiscard]] inline std::int64_t wall_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace karst::tool
