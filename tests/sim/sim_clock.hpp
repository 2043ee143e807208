// SimClock: time that passes when a test says so.
#pragma once

#include <cstdint>

#include "engine/clock.hpp"

namespace karst::sim {

/// Threads: one owner.
class SimClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t wall_ns() const override { return wall_ns_; }
  [[nodiscard]] std::uint64_t steady_ns() const override { return steady_ns_; }

  /// Lets time pass on both clocks.
  void advance(std::uint64_t ns) {
    wall_ns_ += ns;
    steady_ns_ += ns;
  }
  /// Moves the wall clock only, in either direction.
  void set_wall(std::uint64_t ns) { wall_ns_ = ns; }

 private:
  std::uint64_t wall_ns_ = 1'700'000'000'000'000'000U;
  std::uint64_t steady_ns_ = 1'000'000'000U;
};

}  // namespace karst::sim
