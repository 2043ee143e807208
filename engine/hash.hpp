// Mixing of 64-bit words: event hash, state hash, request hashes, table places.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/event.hpp"

namespace karst {

__extension__ using Wide = __int128;
__extension__ using WideUnsigned = unsigned __int128;

inline constexpr std::uint64_t hash_seed = 0x9e3779b97f4a7c15;

/// Both halves of a product, folded: one multiplication mixes two words.
[[nodiscard]] constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<WideUnsigned>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The hash of a sequence, one more word taken in.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return fold(hash ^ word, 0xd6e8feb86659fd93) + hash_seed;
}

/// Two more words for the price of one.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t a, std::uint64_t b) {
  return fold(hash ^ a, 0xd6e8feb86659fd93 ^ b) + hash_seed;
}

/// The place of a key in a table of a power-of-two size.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t key) {
  key *= 0x9e3779b97f4a7c15;
  return key ^ key >> 32;
}

/// Words 0 .. count - 1 as one, each with a multiplier of its own; fold() then mixes the bits.
/// A multiplication per word is all a hash needs that nobody works against.
template <std::size_t count>
[[nodiscard]] inline std::uint64_t gather(const void* words) {
  static_assert(count <= 8);
  constexpr std::int32_t multipliers[8] = {0x3c6ef373, 0x5be0cd19, 0x6a09e667, 0x7f4a7c15,
                                           0x2545f491, 0x1b873593, 0x4f6cdd1d, 0x510e527f};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, static_cast<const char*>(words) + i * sizeof word, sizeof word);
    sum += word * static_cast<std::uint64_t>(multipliers[i]);
  }
  return sum;
}

/// The running event hash, one event taken in: all its 64 bytes as they lie in memory.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t hash, const Event& event) {
  static_assert(std::endian::native == std::endian::little);
  return mix(hash, gather<8>(&event));
}

}  // namespace karst
