// Mixing of 64-bit words: event hash, state hash, request hashes, table places.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

/// What is added to the halves of words before they are multiplied: digits of pi.
alignas(32) inline constexpr std::uint32_t gather_keys[16] = {
    0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89,
    0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c, 0xc0ac29b7, 0xc97c50dd, 0x3f84d5b5, 0xb5470917};

/// Words begin .. end - 1 as one: the products of their two halves, a key added to each, summed.
/// A multiplication per word is all a hash needs that nobody works against; fold() mixes the bits.
/// Source: NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway, 1999).
template <std::size_t begin, std::size_t end>
[[nodiscard]] inline std::uint64_t gather_by_word(const char* words) {
  std::uint64_t sum = 0;
  for (std::size_t i = begin; i < end; ++i) {
    std::uint32_t half[2];
    std::memcpy(half, words + i * sizeof half, sizeof half);
    sum += std::uint64_t{half[0] + gather_keys[2 * i]} * (half[1] + gather_keys[2 * i + 1]);
  }
  return sum;
}

/// Four words side by side: half an event.
using FourWords = std::uint64_t __attribute__((vector_size(32)));

[[nodiscard]] inline FourWords four_words(const void* bytes) {
  FourWords words;
  std::memcpy(&words, bytes, sizeof words);
  return words;
}

#ifdef __AVX2__
/// Words `at` .. `at` + 3, each as gather_by_word() would have it.
template <std::size_t at>
[[nodiscard]] inline FourWords gather_four(FourWords words) {
  using Halves = std::uint32_t __attribute__((vector_size(32)));
  using Signed = int __attribute__((vector_size(32)));
  Halves keys;
  std::memcpy(&keys, &gather_keys[2 * at], sizeof keys);
  const Halves halves = reinterpret_cast<Halves>(words) + keys;
  const auto low = reinterpret_cast<Signed>(halves);
  const auto high = reinterpret_cast<Signed>(reinterpret_cast<FourWords>(halves) >> 32);
  return reinterpret_cast<FourWords>(__builtin_ia32_pmuludq256(low, high));
}

/// Words `at` and `at` + 1, each as gather_by_word() would have it.
template <std::size_t at>
[[nodiscard]] inline auto gather_pair(const char* words) {
  using Halves = std::uint32_t __attribute__((vector_size(16)));
  using Signed = int __attribute__((vector_size(16)));
  using Words = std::uint64_t __attribute__((vector_size(16)));
  Halves halves;
  Halves keys;
  std::memcpy(&halves, words + at * 8, sizeof halves);
  std::memcpy(&keys, &gather_keys[2 * at], sizeof keys);
  halves += keys;
  const auto low = reinterpret_cast<Signed>(halves);
  const auto high = reinterpret_cast<Signed>(reinterpret_cast<Words>(halves) >> 32);
  return reinterpret_cast<Words>(__builtin_ia32_pmuludq128(low, high));
}
#endif

/// Words 0 .. count - 1 as one. The same value on every processor.
template <std::size_t count>
[[nodiscard]] inline std::uint64_t gather(const void* words) {
  static_assert(count <= 8 && std::endian::native == std::endian::little);
  const char* const bytes = static_cast<const char*>(words);
#ifdef __AVX2__
  constexpr std::size_t fours = count / 4;
  FourWords sums{};
  if constexpr (fours > 0) sums += gather_four<0>(four_words(bytes));
  if constexpr (fours > 1) sums += gather_four<4>(four_words(bytes + sizeof(FourWords)));
  using Pair = std::uint64_t __attribute__((vector_size(16)));  // two words
  Pair pair = __builtin_shufflevector(sums, sums, 0, 1) + __builtin_shufflevector(sums, sums, 2, 3);
  constexpr std::size_t end = count / 2 * 2;
  if constexpr (end != 4 * fours) pair += gather_pair<4 * fours>(bytes);
  return pair[0] + pair[1] + gather_by_word<end, count>(bytes);
#else
  return gather_by_word<0, count>(bytes);
#endif
}

/// Eight words as one, as gather() reads them from memory.
[[nodiscard]] inline std::uint64_t gather(FourWords first, FourWords second) {
#ifdef __AVX2__
  const FourWords sums = gather_four<0>(first) + gather_four<4>(second);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
#else
  const FourWords words[2] = {first, second};
  return gather<8>(words);
#endif
}

}  // namespace karst
