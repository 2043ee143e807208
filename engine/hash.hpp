// Mixing of 64-bit words: event hash, state hash, request hashes, table places.
#pragma once

#include <cstdint>

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

/// The running event hash, one event taken in: all its 64 bytes.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t hash, const Event& event) {
  const std::uint64_t head =
      event.index | static_cast<std::uint64_t>(event.type) << 16 |
      static_cast<std::uint64_t>(event.detail) << 24 |
      static_cast<std::uint64_t>(event.instrument.value()) << 32;
  const std::uint64_t a = fold(event.sequence ^ 0x8ebc6af09c88c6e3, head ^ 0x589965cc75374cc3);
  const std::uint64_t b = fold(event.words[0] ^ 0x1d8e4e27c47d124f, event.words[1] ^ a);
  const std::uint64_t c =
      fold(event.words[2] ^ 0xeb44accab455d165, event.words[3] ^ 0x2d358dccaa6c78a5);
  const std::uint64_t d =
      fold(event.words[4] ^ 0x8bb84b93962eacc9, event.words[5] ^ 0x4b33a62ed433d4a3);
  return mix(hash, b ^ c, d);
}

}  // namespace karst
