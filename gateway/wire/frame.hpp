// Frames: how messages stand in the stream of a connection. Length (4 bytes, big-endian), message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace google::protobuf {
class MessageLite;
}

namespace karst::gateway {

inline constexpr std::size_t frame_prefix_bytes = 4;

/// Cuts a stream of bytes into frames, wherever the pieces it comes in are cut.
///
/// Invariant: what is held back is less than one whole frame of the greatest length, plus what the
///            last feed() brought.
class FrameReader {
 public:
  explicit FrameReader(std::uint32_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  enum class Next : std::uint8_t {
    frame,       ///< One whole frame; `message` is what stands in it.
    incomplete,  ///< The rest is still to come.
    empty,       ///< A frame of no bytes: no message has none. The stream is of no more use.
    too_large,   ///< Longer than allowed. The stream is of no more use.
  };

  /// From the next frame on, and of one that has not come whole yet.
  void set_frame_bytes_max(std::uint32_t frame_bytes_max) { frame_bytes_max_ = frame_bytes_max; }

  /// Takes the next bytes of the stream.
  void feed(std::span<const std::byte> bytes);

  /// The next frame. Call it until it says something else than `frame`.
  ///
  /// Returns: `message` lives until the next feed().
  [[nodiscard]] Next next(std::span<const std::byte>& message);

  [[nodiscard]] std::size_t held_bytes() const { return bytes_.size() - at_; }

 private:
  std::uint32_t frame_bytes_max_;
  std::string bytes_;
  std::size_t at_ = 0;  // what of bytes_ has been given out
};

/// Writes `message` as one frame behind `out`.
///
/// Requires: the message is shorter than 4 GiB.
void append_frame(const google::protobuf::MessageLite& message, std::string& out);

}  // namespace karst::gateway
