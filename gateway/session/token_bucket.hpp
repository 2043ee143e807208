// TokenBucket: so many at once, so many per second.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/units.hpp"

namespace karst::gateway {

/// Full at first. Counts in billionths of a token, so that no fraction of a nanosecond is lost.
class TokenBucket {
 public:
  TokenBucket(std::uint32_t per_second, std::uint32_t burst)
      : per_second_(std::max(per_second, 1U)), burst_(std::max(burst, 1U)), level_(full()) {}

  /// Takes so many tokens, or a whole bucket if it holds fewer.
  ///
  /// Returns: 0, or how long until they are there; then nothing was taken. Unit: nanoseconds.
  [[nodiscard]] std::int64_t take(std::int64_t steady_ns, std::uint32_t tokens = 1) {
    refill(steady_ns);
    const std::int64_t wanted = std::min<std::int64_t>(tokens, burst_) * token;
    if (level_ >= wanted) {
      level_ -= wanted;
      return 0;
    }
    return (wanted - level_ + per_second_ - 1) / per_second_;
  }

  /// New limits; what has been taken stays taken.
  void set_limits(std::uint32_t per_second, std::uint32_t burst) {
    per_second_ = std::max(per_second, 1U);
    burst_ = std::max(burst, 1U);
    level_ = std::min(level_, full());
  }

 private:
  static constexpr std::int64_t token = ns_per_second;

  [[nodiscard]] std::int64_t full() const { return burst_ * token; }

  void refill(std::int64_t steady_ns) {
    const std::int64_t passed = std::max<std::int64_t>(steady_ns - last_ns_, 0);
    last_ns_ = std::max(last_ns_, steady_ns);
    // Beyond what fills the bucket, time adds nothing (and the product would not fit).
    const std::int64_t needed = (full() - level_ + per_second_ - 1) / per_second_;
    level_ = passed >= needed ? full() : level_ + passed * per_second_;
  }

  std::int64_t per_second_;
  std::int64_t burst_;
  std::int64_t level_;
  std::int64_t last_ns_ = 0;
};

}  // namespace karst::gateway
