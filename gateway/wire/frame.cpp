#include "gateway/wire/frame.hpp"

#include <google/protobuf/message_lite.h>

#include "engine/base/assert.hpp"

namespace karst::gateway {
namespace {

/// A long-idle connection does not keep the memory of its longest frame.
constexpr std::size_t idle_capacity_max = 1024;

std::uint32_t read_length(const char* at) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < frame_prefix_bytes; ++i) {
    length = length << 8U | static_cast<std::uint8_t>(at[i]);
  }
  return length;
}

}  // namespace

void FrameReader::feed(std::span<const std::byte> bytes) {
  if (at_ == bytes_.size()) {
    bytes_.clear();
    if (bytes_.capacity() > idle_capacity_max && bytes.size() <= idle_capacity_max) {
      bytes_.shrink_to_fit();
    }
  } else if (at_ > 0) {
    bytes_.erase(0, at_);
  }
  at_ = 0;
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

FrameReader::Next FrameReader::next(std::span<const std::byte>& message) {
  if (held_bytes() < frame_prefix_bytes) return Next::incomplete;
  const std::uint32_t length = read_length(&bytes_[at_]);
  if (length == 0) return Next::empty;
  if (length > frame_bytes_max_) return Next::too_large;
  if (held_bytes() - frame_prefix_bytes < length) return Next::incomplete;
  const char* first = &bytes_[at_ + frame_prefix_bytes];
  message = {reinterpret_cast<const std::byte*>(first), length};
  at_ += frame_prefix_bytes + length;
  return Next::frame;
}

void append_frame(const google::protobuf::MessageLite& message, std::string& out) {
  const std::size_t length = message.ByteSizeLong();
  KARST_ASSERT(length <= 0xffffffffU);
  const std::size_t start = out.size();
  out.resize(start + frame_prefix_bytes + length);
  for (std::size_t i = 0; i < frame_prefix_bytes; ++i) {
    out[start + i] = static_cast<char>(length >> (8 * (frame_prefix_bytes - 1 - i)));
  }
  auto* body = reinterpret_cast<std::uint8_t*>(&out[start + frame_prefix_bytes]);
  message.SerializeWithCachedSizesToArray(body);
}

}  // namespace karst::gateway
