#include "ledger/files/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static_assert(std::endian::native == std::endian::little);

namespace karst {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78U;  // 0x1EDC6F41 with its bits reversed

using Table = std::array<std::uint32_t, 256>;

constexpr Table byte_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0U);
    table[byte] = crc;
  }
  return table;
}

// tables[k][b]: what byte b does to the CRC of k further zero bytes ("slicing by eight").
constexpr std::array<Table, 8> slicing_tables() {
  std::array<Table, 8> tables{};
  tables[0] = byte_table();
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8U) ^ tables[0][crc & 0xffU];
    }
  }
  return tables;
}

constexpr std::array<Table, 8> slicing = slicing_tables();

std::uint64_t load(const std::byte* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

#if defined(__x86_64__)

constexpr std::size_t lane_bytes = 512;

// Moves a CRC past lane_bytes zero bytes, one table per byte of the CRC: the CRC is linear, so 32
// basis vectors give all entries.
constexpr std::array<Table, 4> lane_shift_tables() {
  constexpr Table step = byte_table();
  std::array<std::uint32_t, 32> basis{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < lane_bytes; ++i) crc = (crc >> 8U) ^ step[crc & 0xffU];
    basis[bit] = crc;
  }
  std::array<Table, 4> tables{};
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      for (std::size_t bit = 0; bit < 8; ++bit) {
        if (((byte >> bit) & 1U) != 0) tables[k][byte] ^= basis[8 * k + bit];
      }
    }
  }
  return tables;
}

constexpr std::array<Table, 4> lane_shift = lane_shift_tables();

std::uint64_t past_lane(std::uint64_t crc) {
  return lane_shift[0][crc & 0xffU] ^ lane_shift[1][(crc >> 8U) & 0xffU] ^
         lane_shift[2][(crc >> 16U) & 0xffU] ^ lane_shift[3][(crc >> 24U) & 0xffU];
}

// The instruction takes three cycles but one can start in each: three lanes side by side.
[[gnu::target("sse4.2")]] std::uint32_t crc32c_sse42(std::span<const std::byte> bytes,
                                                     std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = ~before;
  while (left >= 3 * lane_bytes) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < lane_bytes; i += 8) {
      crc = _mm_crc32_u64(crc, load(at + i));
      second = _mm_crc32_u64(second, load(at + lane_bytes + i));
      third = _mm_crc32_u64(third, load(at + 2 * lane_bytes + i));
    }
    crc = past_lane(past_lane(crc) ^ second) ^ third;
    at += 3 * lane_bytes;
    left -= 3 * lane_bytes;
  }
  for (; left >= 8; left -= 8, at += 8) crc = _mm_crc32_u64(crc, load(at));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, std::to_integer<unsigned char>(*at));
  return ~narrow;
}

#endif

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t crc = ~before;
  for (; left >= 8; left -= 8, at += 8) {
    const std::uint64_t word = load(at) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= slicing[7 - k][(word >> (8 * k)) & 0xffU];
  }
  for (; left > 0; --left, ++at) {
    crc = (crc >> 8U) ^ slicing[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 0xffU];
  }
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_sse42 = __builtin_cpu_supports("sse4.2") != 0;
  if (has_sse42) return crc32c_sse42(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace karst
