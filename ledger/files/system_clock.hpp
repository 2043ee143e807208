// SystemClock: the one place where the machine's clock is read.
#pragma once

#include "engine/seams/clock.hpp"

namespace karst {

/// The clocks of the operating system: CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME.
///
/// Threads: any.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t wall_ns() const override;
  [[nodiscard]] std::uint64_t steady_ns() const override;
  [[nodiscard]] std::uint64_t boottime_ns() const override;
};

}  // namespace karst
