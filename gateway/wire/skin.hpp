// Skin: how the messages of one conversation stand on a connection. Each encoding is another.
#pragma once

#include <cstddef>
#include <string_view>

namespace karst::v1 {
class Request;
class Response;
}  // namespace karst::v1

namespace karst::gateway {

/// What is said to a peer goes through it.
class Skin {
 public:
  virtual ~Skin() = default;

  /// Puts a message behind what is still to be written.
  virtual void say(const v1::Response& response) = 0;
  /// The same of one that was encoded before, once for all who listen by such a skin.
  virtual void say_encoded(std::string_view message) = 0;
  /// What has been said and nobody has taken to write it.
  [[nodiscard]] virtual std::size_t unread_bytes() const = 0;
};

/// Who hears what the peer of a skin says.
class Listener {
 public:
  virtual ~Listener() = default;

  /// `bytes` is how long the request was on its way.
  ///
  /// Returns: whether it listens on.
  [[nodiscard]] virtual bool hear(const v1::Request& request, std::size_t bytes) = 0;
};

}  // namespace karst::gateway
