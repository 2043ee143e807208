// Integers as big-endian bytes, wherever they lie.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace karst {

static_assert(std::endian::native == std::endian::little);

namespace detail {
template <std::unsigned_integral T>
[[nodiscard]] inline T reversed(T value) {
  if constexpr (sizeof(T) == 8) {
    return __builtin_bswap64(value);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(value);
  } else {
    return value;
  }
}
}  // namespace detail

/// The integer whose big-endian bytes begin at `at`.
template <std::unsigned_integral T>
[[nodiscard]] inline T load_be(const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return detail::reversed(value);
}

/// Writes `value` as big-endian bytes from `at` on.
template <std::unsigned_integral T>
inline void store_be(std::byte* at, T value) {
  value = detail::reversed(value);
  std::memcpy(at, &value, sizeof value);
}

/// The same for 48 bits.
[[nodiscard]] inline std::uint64_t load_be48(const std::byte* at) {
  return std::uint64_t{load_be<std::uint16_t>(at)} << 32U | load_be<std::uint32_t>(at + 2);
}
/// Requires: value < 2^48.
inline void store_be48(std::byte* at, std::uint64_t value) {
  store_be(at, static_cast<std::uint16_t>(value >> 32U));
  store_be(at + 2, static_cast<std::uint32_t>(value));
}

}  // namespace karst
