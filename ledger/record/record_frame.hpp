// The frame around a batch of records in the record log; drawn in docs/FORMATS.md, "Record log".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace karst {

/// What stands in front of a batch of records.
struct RecordFrame {
  static constexpr std::uint32_t magic = 0x4b524c46;  // "KRLF"
  static constexpr std::uint8_t version = 2;
  static constexpr std::uint8_t version_without_hash = 1;
  static constexpr std::size_t bytes = 64;
  /// Frames begin at multiples of it, so that a block with an older frame is never written again.
  static constexpr std::size_t block_bytes = 4096;
  /// Zero bytes behind the payload at the least: a record's length of zero ends the frame.
  static constexpr std::size_t end_bytes = 2;

  std::uint64_t first_seq = 0;  ///< Of the first record, or of the next one if there is none.
  std::uint32_t count = 0;      ///< Records; 0 in a frame that only says how far the ledger is.
  std::uint32_t length = 0;     ///< Unit: bytes of payload.
  std::uint64_t command = 0;    ///< All commands up to it are in the log with this frame.
  std::uint64_t settled = 0;    ///< The last source_seq so far.
  std::uint32_t previous = 0;   ///< CRC of the header before; 0 in the first frame.
  std::uint32_t payload_crc = 0;
  std::uint32_t header_crc = 0;  ///< CRC-32C of the header bytes before it.
  /// Of all records up to the frame's last one (record_hash.hpp); a frame of version 1 has none.
  std::optional<std::uint64_t> records_hash;

  /// Where the padding ends behind a payload that ends at `payload_end`: there the next frame
  /// begins. A payload that ends at, or a byte before, a block's end is followed by a block of
  /// zeros. Unit: bytes, from any multiple of block_bytes on.
  [[nodiscard]] static constexpr std::uint64_t end_behind(std::uint64_t payload_end) {
    return (payload_end + end_bytes + block_bytes - 1) / block_bytes * block_bytes;
  }

  /// Whole blocks from the header to the end of the padding.
  [[nodiscard]] std::uint64_t extent() const { return end_behind(bytes + std::uint64_t{length}); }
};

enum class FrameLook : std::uint8_t {
  sound,    ///< A header this build has written or could have.
  nothing,  ///< Zeros: nothing was written here.
  newer,    ///< Sound, of a version this build does not know.
  broken,
};

/// Writes the header's 64 bytes, in the newest version, and sets header_crc.
///
/// Requires: a records_hash.
void encode(RecordFrame& frame, std::byte* at);

/// Reads a header. Requires: 64 bytes.
[[nodiscard]] FrameLook decode(std::span<const std::byte> bytes, RecordFrame& frame);

}  // namespace karst
