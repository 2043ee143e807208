#include "gateway/feed/crc32.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace karst::feed {
namespace {

constexpr std::size_t stride = 8;  // bytes taken at once
using Tables = std::array<std::array<std::uint32_t, 256>, stride>;

/// tables[k][b] is the remainder of byte b followed by k zero bytes.
constexpr Tables make_tables() {
  constexpr std::uint32_t reflected_polynomial = 0xedb88320;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ (remainder % 2 != 0 ? reflected_polynomial : 0);
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < stride; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[k - 1][byte];
      tables[k][byte] = (shorter >> 8) ^ tables[0][shorter & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t remainder = ~0U;
  while (bytes.size() >= stride) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), stride);
    word ^= remainder;
    remainder = 0;
    for (std::size_t at = 0; at < stride; ++at) {
      remainder ^= tables[stride - 1 - at][(word >> (8 * at)) & 0xff];
    }
    bytes = bytes.subspan(stride);
  }
  for (const std::uint8_t byte : bytes) {
    remainder = (remainder >> 8) ^ tables[0][(remainder ^ byte) & 0xff];
  }
  return ~remainder;
}

}  // namespace karst::feed
