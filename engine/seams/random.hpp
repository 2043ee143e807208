// Random: our own generator, so that a seed means the same on every build and library.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/base/assert.hpp"

namespace karst {

/// xoshiro256**: small, fast, not for secrets. The state is filled from a seed by splitmix64.
///
/// Threads: one owner.
/// Source:  Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
      mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
      word = mixed ^ (mixed >> 31U);
    }
  }

  /// 64 even bits.
  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// A number in [0, bound), even to within bound / 2^64.
  ///
  /// Requires: bound > 0.
  /// Source:   Lemire, "Fast random integer generation in an interval", 2019, without rejection.
  constexpr std::uint64_t below(std::uint64_t bound) {
    KARST_ASSERT(bound > 0);
    __extension__ using Product = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Product>(next()) * bound) >> 64U);
  }

  /// A number in [low, high], both included.
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    KARST_ASSERT(low <= high);
    const std::uint64_t span = high - low;
    return span == ~std::uint64_t{0} ? next() : low + below(span + 1);
  }

  /// True `numerator` times out of `denominator`.
  constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace karst
