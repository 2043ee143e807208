#include "gateway/wire/native_skin.hpp"

#include <google/protobuf/arena.h>

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

std::optional<BadStream> NativeSkin::receive(std::span<const std::byte> bytes, Listener& listener) {
  reader_.feed(bytes);
  // Most messages fit here, and are read without a single allocation of their own.
  alignas(16) char block[16 * 1024];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof block;
  google::protobuf::Arena arena(options);
  std::span<const std::byte> message;
  while (true) {
    switch (reader_.next(message)) {
      case FrameReader::Next::frame: {
        auto* request = google::protobuf::Arena::CreateMessage<v1::Request>(&arena);
        if (!request->ParseFromArray(message.data(), static_cast<int>(message.size()))) {
          return BadStream{v1::CODE_BAD_FRAME, "a frame that is not a Request"};
        }
        if (!listener.hear(*request, message.size())) return std::nullopt;
        arena.Reset();
        break;
      }
      case FrameReader::Next::incomplete:
        return std::nullopt;
      case FrameReader::Next::empty:
        return BadStream{v1::CODE_BAD_FRAME, "a frame of no bytes"};
      case FrameReader::Next::too_large:
        return BadStream{v1::CODE_FRAME_TOO_LARGE, "a frame longer than Limits.frame_bytes_max"};
    }
  }
}

void NativeSkin::say(const v1::Response& response) { append_frame(response, output_); }

}  // namespace karst::gateway
