// CRC-32 as in gzip, Ethernet and PNG.
#pragma once

#include <cstdint>
#include <span>

namespace karst::feed {

/// CRC-32 (polynomial 0x04c11db7, reflected, initial value and final inversion all ones).
///
/// Returns:    0xcbf43926 of "123456789".
/// Complexity: about a nanosecond per three bytes.
/// Source:     ISO/IEC 8802-3; RFC 1952 section 8.
[[nodiscard]] std::uint32_t crc32(std::span<const std::uint8_t> bytes);

}  // namespace karst::feed
