// Whatever bytes come from a server as frames of the feed: the client takes them, drops what does
// not hold, and can always draw what it has.
#include <cstdint>
#include <cstdlib>

#include "gateway/client/feed_client.hpp"
#include "gateway/tool/trade/watch_view.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace {

constexpr std::size_t length_bytes = 4;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace karst;
  feed::FeedClient client({feed::all_schemas, {}, feed::OnSlow::conflate});
  while (size >= length_bytes) {
    const std::size_t length = std::size_t{data[0]} << 24 | std::size_t{data[1]} << 16 |
                               std::size_t{data[2]} << 8 | std::size_t{data[3]};
    data += length_bytes;
    size -= length_bytes;
    if (length > size) break;
    v1::Response response;
    if (response.ParseFromArray(data, static_cast<int>(length))) {
      static_cast<void>(client.receive(response.market_data()));
      static_cast<void>(client.recover());
    }
    data += length;
    size -= length;
  }
  for (const auto& [id, instrument] : client.instruments()) {
    if (tool::watch_frame(client, id, {80, 24, true}).empty()) std::abort();
    if (tool::watch_json(client, id).empty()) std::abort();
    for (const feed::Schema schema : {feed::Schema::mbo, feed::Schema::mbp_10}) {
      const feed::FeedClientBook* book = instrument.book(schema);
      if (book == nullptr) continue;
      // A valid book's levels are in order and hold what they say.
      for (const Side side : {Side::buy, Side::sell}) {
        std::int64_t before = side == Side::buy ? INT64_MAX : INT64_MIN;
        book->levels(side, [&](std::int64_t price, const feed::FeedClientBook::Level& level) {
          if (side == Side::buy ? price > before : price < before) std::abort();
          before = price;
          if (schema == feed::Schema::mbo && level.quantity != quantity_unlimited &&
              level.queue.size() != level.orders) {
            std::abort();
          }
        });
      }
    }
  }
  return 0;
}
