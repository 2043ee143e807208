// NativeSkin: a conversation as frames of Protobuf, in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/wire/frame.hpp"
#include "gateway/wire/skin.hpp"

namespace google::protobuf {
class Arena;
}

namespace karst::v1 {
enum Code : int;
}

namespace karst::gateway {

/// Why what a peer sends cannot be read on.
struct BadStream {
  v1::Code code{};
  const char* text = "";
};

/// Threads: one owner.
class NativeSkin final : public Skin {
 public:
  explicit NativeSkin(std::uint32_t frame_bytes_max) : reader_(frame_bytes_max) {}

  /// Takes the next bytes of the stream, cut anywhere, and has each request that they complete
  /// heard, until nobody listens on.
  ///
  /// Returns: nothing, or why there is no reading on.
  [[nodiscard]] std::optional<BadStream> receive(std::span<const std::byte> bytes,
                                                 Listener& listener);

  /// From the next frame on, and of one that has not come whole yet.
  void set_frame_bytes_max(std::uint32_t bytes) { reader_.set_frame_bytes_max(bytes); }

  void say(const v1::Response& response) override;
  void say_encoded(std::string_view message) override { output_.append(message); }
  [[nodiscard]] std::size_t unread_bytes() const override { return output_.size(); }

  /// What is to be written; whoever writes takes from its front.
  [[nodiscard]] std::string& output() { return output_; }

 private:
  FrameReader reader_;
  std::string output_;
};

}  // namespace karst::gateway
