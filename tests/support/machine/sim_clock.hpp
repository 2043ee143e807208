// SimClock: time that passes when a test says so.
#pragma once

#include <cstdint>

#include "engine/seams/clock.hpp"

namespace karst::sim {

/// The three clocks of a machine, moved apart as a test likes.
///
/// Threads: one owner.
class SimClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t wall_ns() const override { return wall_ns_; }
  [[nodiscard]] std::uint64_t steady_ns() const override { return steady_ns_; }
  [[nodiscard]] std::uint64_t boottime_ns() const override { return steady_ns_ + suspended_ns_; }

  /// Lets time pass on all clocks.
  void advance(std::uint64_t ns) {
    wall_ns_ += ns;
    steady_ns_ += ns;
  }
  /// The machine is suspended for so long. Its wall clock goes on meanwhile, or stands still.
  void suspend(std::uint64_t ns, bool has_wall_gone_on) {
    suspended_ns_ += ns;
    if (has_wall_gone_on) wall_ns_ += ns;
  }
  /// Moves the wall clock only, in either direction.
  void set_wall(std::uint64_t ns) { wall_ns_ = ns; }
  void move_wall(std::int64_t ns) { wall_ns_ += static_cast<std::uint64_t>(ns); }

 private:
  std::uint64_t wall_ns_ = 1'700'000'000'000'000'000U;
  std::uint64_t steady_ns_ = 1'000'000'000U;
  std::uint64_t suspended_ns_ = 0;
};

}  // namespace karst::sim
