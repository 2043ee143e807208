// Integers as little-endian bytes, wherever they lie.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace karst {

static_assert(std::endian::native == std::endian::little);

/// The integer whose little-endian bytes begin at `at`.
template <std::unsigned_integral T>
[[nodiscard]] inline T load_le(const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Writes `value` as little-endian bytes from `at` on.
template <std::unsigned_integral T>
inline void store_le(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

}  // namespace karst
