// Whatever bytes a connection brings, before and after the log-on: no crash, bounded memory, and
// nothing reaches the exchange before the log-on.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "gateway/session/hub.hpp"
#include "gateway/wire/native_skin.hpp"

namespace {

using namespace karst;
using namespace karst::gateway;

constexpr std::uint8_t all_scopes = scope::all;

/// Takes every command and remembers the last one.
class Sink final : public CommandSink {
 public:
  Admission submit(const Command& command, std::uint64_t handle) override {
    last = command;
    last_handle = handle;
    ++taken;
    return Admission::accepted;
  }
  Admission rehearse(const Command&, std::uint64_t handle) override {
    last_rehearsed = handle;
    return Admission::accepted;
  }
  std::uint64_t last_rehearsed = 0;
  Command last;
  std::uint64_t last_handle = 0;
  std::uint64_t taken = 0;
};

/// A connection as it stands in a server, without the socket.
class Line final : public Listener {
 public:
  explicit Line(Hub& hub) : id(hub.connect(skin, {}, {})), hub_(hub) {}
  void receive(std::span<const std::byte> bytes) {
    if (const auto bad = skin.receive(bytes, *this)) hub_.end(id, bad->code, bad->text);
  }
  bool hear(const karst::v1::Request& request, std::size_t bytes) override {
    return hub_.hear(id, request, bytes, {});
  }

  NativeSkin skin{SessionLimits{}.frame_bytes_max};
  const ConnectionId id;

 private:
  Hub& hub_;
};

/// Answers what was submitted so far as the engine would answer it: done.
void answer(Hub& hub, Sink& sink, EventType type) {
  Event event{};
  event.sequence = 1;
  event.type = type;
  if (type == EventType::session_opened) event.session.epoch = 1;
  const Event* events = &event;
  sink.last.sequence = 1;
  hub.deliver({sink.last, {events, 1}, events, true, sink.last_handle}, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SigningKey key = SigningKey::from_seed({1});
  if (size < 2) return 0;
  Sink sink;
  Hub hub(sink, nullptr, nullptr, {}, {});
  hub.add_key(KeyId{1}, {AccountId{1}, all_scopes, false, key.public_key()});
  Line line(hub);
  const ConnectionId id = line.id;
  const bool is_logged_on = (data[0] & 1U) != 0;
  if (is_logged_on) {
    const Signature signature = key.sign(log_on_statement({}, {}, KeyId{1}));
    // Request{log_on: {key_id: 1, signature}} as bytes.
    constexpr std::array<char, 10> head{0, 0, 0, 0x46, 0x12, 0x44, 0x08, 0x01, 0x12, 0x40};
    std::array<char, head.size() + sizeof signature> frame{};
    std::copy(head.begin(), head.end(), frame.begin());
    std::copy(signature.begin(), signature.end(), frame.begin() + head.size());
    line.receive(std::as_bytes(std::span(frame)));
    if (sink.taken != 1) std::abort();
    answer(hub, sink, EventType::session_opened);
    if (!hub.find(id)->is_live()) std::abort();
  }
  const std::size_t cut = data[1] % size;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t first = cut < bytes.size() ? cut : bytes.size();
  line.receive(bytes.first(first));
  line.receive(bytes.subspan(first));
  if (!is_logged_on && sink.taken + sink.last_rehearsed != 0) std::abort();
  if (sink.last_rehearsed != 0) hub.rehearsed(sink.last_rehearsed, {}, {}, {});
  if (line.skin.unread_bytes() > (9U << 20U)) std::abort();
  hub.on_timer({.steady_ns = 100 * ns_per_second, .wall_ns = 0});
  hub.disconnect(id);
  return 0;
}
