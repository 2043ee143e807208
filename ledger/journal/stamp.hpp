// Stamp: when and where in the order of all commands a command was taken.
#pragma once

#include <cstdint>

#include "engine/base/units.hpp"

namespace karst {

/// The place of a command in the order of all commands.
struct Stamp {
  std::uint64_t sequence = 0;
  Time time{0};
};

/// The stamp of command `index` (0, 1 …) of a batch: sequence grows by one, time strictly.
[[nodiscard]] constexpr Stamp next_stamp(Stamp last, std::uint64_t leader_time_ns,
                                         std::uint32_t index) {
  const std::int64_t wished = static_cast<std::int64_t>(leader_time_ns) + index;
  const std::int64_t earliest = last.time.value() + 1;
  return {last.sequence + 1, Time{wished < earliest ? earliest : wished}};
}

}  // namespace karst
