// The frame of the command journal: 128 bytes of header, the payload, zeros to the next block.
// Drawn in docs/FORMATS.md, "Command journal".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/seams/command_log.hpp"

namespace karst {

/// Frames begin at multiples of it, so that no write ever touches the block of an older frame.
/// Unit: bytes.
inline constexpr std::size_t journal_block_bytes = 4096;
inline constexpr std::size_t journal_header_bytes = 128;
inline constexpr std::uint16_t journal_format = 1;

enum class FrameKind : std::uint16_t {
  batch = 1,  ///< Commands.
  lead = 2,   ///< No commands: a leader begins its epoch.
  cover = 3,  ///< No commands: nothing followed a sync for a while; says what it made durable.
};

/// The header of one frame, without its fixed parts.
struct FrameHeader {
  FrameKind kind = FrameKind::batch;
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;            ///< 1, 2, 3 … over all segments.
  std::uint64_t first_command = 0;  ///< Of a frame without commands: the next command's number.
  std::uint32_t count = 0;          ///< Commands in the payload.
  std::uint32_t length = 0;         ///< Unit: bytes of payload.
  std::uint64_t leader_time_ns = 0;
  std::uint64_t durable_through = 0;  ///< Frames up to here were durable when this was written.
  ChainHash previous{};               ///< Hash of the frame before; zeros in front of the first.
  std::uint32_t payload_crc = 0;

  /// The number the command after this frame has.
  [[nodiscard]] std::uint64_t next_command() const { return first_command + count; }
  /// What the frame takes in its file. Unit: bytes, whole blocks.
  [[nodiscard]] std::uint64_t frame_bytes() const;
};

/// What a frame with a payload of `length` bytes takes in its file. Unit: bytes, whole blocks.
[[nodiscard]] constexpr std::uint64_t journal_frame_bytes(std::uint64_t length) {
  const std::uint64_t blocks = (journal_header_bytes + length - 1) / journal_block_bytes + 1;
  return blocks * journal_block_bytes;
}

inline std::uint64_t FrameHeader::frame_bytes() const { return journal_frame_bytes(length); }

/// Why bytes are not the frame that should stand there.
enum class FrameFault : std::uint8_t {
  none,
  absent,           ///< Zeros stand there, something behind them.
  magic,            ///< Not the first bytes of a frame.
  header_crc,       ///< The header's bytes are not those that were written.
  unknown_format,   ///< A sound header of a newer format.
  header_value,     ///< Sound bytes that say what no frame may say.
  too_long,         ///< The frame would pass the end of its segment.
  payload_crc,      ///< The payload's bytes are not those that were written.
  padding,          ///< Something other than zeros between the payload and the next block.
  shard,            ///< A frame of another shard.
  sequence,         ///< Not the next frame.
  chain,            ///< Not written behind the frame before it.
  command,          ///< Its first command is not the next one.
  epoch,            ///< An epoch goes back, or begins without a `lead` frame.
  durable_through,  ///< Goes back, or claims what was not written yet.
};

/// What the check was about, for messages: "payload CRC".
[[nodiscard]] const char* name(FrameFault fault);

/// Writes the header, both CRCs in their places.
void encode_frame_header(const FrameHeader& header,
                         std::span<std::byte, journal_header_bytes> bytes);

/// Reads and checks what a header can tell about itself.
///
/// Returns: none, absent (all zeros), magic, header_crc, unknown_format, header_value; `header` is
///          set when it is none.
[[nodiscard]] FrameFault decode_frame_header(std::span<const std::byte, journal_header_bytes> bytes,
                                             FrameHeader& header);

/// Whether all the bytes are zero.
[[nodiscard]] bool is_zero(std::span<const std::byte> bytes);

/// Computes the chain: the first 16 bytes of the SHA-256 of a frame's 128 header bytes.
///
/// The header holds the hash of the frame before and the CRC of its own payload, so the hash names
/// the whole history and its order at a fixed price (about 0.2 µs), whatever the payload weighs.
///
/// Threads: one owner.
class ChainHasher {
 public:
  ChainHasher();
  ~ChainHasher();
  ChainHasher(ChainHasher&&) noexcept;
  ChainHasher& operator=(ChainHasher&&) noexcept;

  [[nodiscard]] ChainHash hash(std::span<const std::byte, journal_header_bytes> header);

 private:
  struct Digest;  // keeps OpenSSL out of the header
  std::unique_ptr<Digest> digest_;
};

}  // namespace karst
