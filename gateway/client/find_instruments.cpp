#include "gateway/client/find_instruments.hpp"

#include <chrono>

#include "gateway/client/feed_client.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr auto patience = std::chrono::seconds(30);
constexpr int definitions_poll_ms = 100;

}  // namespace

Result<std::map<std::uint32_t, v1::Definition>> find_instruments(
    gateway::Client& client, const std::function<bool(const v1::Definition&)>& is_wanted,
    std::size_t count) {
  feed::FeedClient feed(
      feed::FeedWish{feed::mask_of(feed::Schema::definition), {}, feed::OnSlow::conflate});
  std::map<std::uint32_t, v1::Definition> found;
  client.handlers().on_market_data = [&](const v1::MarketData& message) {
    static_cast<void>(feed.receive(message));
    if (!message.has_update() || !message.update().has_definition()) return;
    const v1::MarketUpdate& update = message.update();
    if (is_wanted(update.definition())) found[update.instrument_id()] = update.definition();
  };
  v1::Request request;
  *request.mutable_subscribe() = feed.connected();
  client.queue(request);
  Result<bool> came = true;
  if (const Status sent = client.flush(); !sent) came = sent.error();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (came && found.size() < count && std::chrono::steady_clock::now() < deadline) {
    came = client.poll(definitions_poll_ms);
  }
  client.handlers().on_market_data = nullptr;
  if (!came) return came.error();
  if (found.size() >= count) return found;
  return Error{ErrorCode::not_found, "see the instruments in the feed",
               std::to_string(found.size()) + " of " + std::to_string(count)};
}

}  // namespace karst::tool
