// CRC-32C (Castagnoli): finds accidents in what is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace karst {

/// The CRC-32C of `bytes`, going on from `before`: the CRC of what stands in front, 0 at the start.
/// Uses the processor's instruction where there is one (SSE 4.2); the result is the same.
///
/// Source: RFC 3720, appendix B.4 (polynomial 0x1EDC6F41, reflected, inverted in and out).
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// The same by tables only.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes,
                                            std::uint32_t before = 0);

}  // namespace karst
