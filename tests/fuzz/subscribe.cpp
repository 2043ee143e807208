// Whatever a subscriber asks for, and however little it reads: what waits for it stays bounded and
// every instrument's frames come in order.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <vector>

#include "gateway/feed/feed_publisher.hpp"
#include "tests/gateway/feed/event_script.hpp"

namespace {

using namespace karst;
using namespace karst::feed;

constexpr std::size_t budget_bytes = 512;

Configure sizes() {
  Configure sizes{};
  sizes.instruments_max = 8;
  sizes.orders_max = 64;
  sizes.level_pages_max = 64;
  sizes.currencies_max = sizes.pools_max = 2;
  return sizes;
}

/// One subscriber and a market that moves a little between its requests.
class Session {
 public:
  Session() {
    script_.product(Supply::seats, 100).to(publisher_);
    script_.about(instrument_id(0, 2)).product(Supply::non_rival, 100).to(publisher_);
  }

  void move() {
    const std::uint32_t number = ++orders_ % 64;
    script_.about(instrument_id(0, 1 + orders_ % 2));
    if (orders_ < 64) {
      script_.rest(number, Side::buy, 50 + number % 7, 1 + number).to(publisher_);
    } else {
      script_.offer(100 + number).to(publisher_);
    }
  }
  void ask(const std::uint8_t* data, std::size_t size, bool is_subscribe) {
    v1::Subscribe subscribe;
    v1::Unsubscribe unsubscribe;
    if (is_subscribe && subscribe.ParseFromArray(data, static_cast<int>(size))) {
      publisher_.subscribe(subscriber_, subscribe);
    } else if (!is_subscribe && unsubscribe.ParseFromArray(data, static_cast<int>(size))) {
      publisher_.unsubscribe(subscriber_, unsubscribe);
    }
  }
  void read() {
    std::vector<FramePtr> frames;
    publisher_.take(subscriber_, 256, frames);
    for (const FramePtr& frame : frames) {
      if (frame->about().kind != Frame::Kind::update) continue;
      if (frame->about().sequence > publisher_.sequence()) std::abort();
    }
  }
  void check() {
    // A snapshot and essential frames may stand above the budget; here both are small.
    if (subscriber_.queued_bytes() > 8 * budget_bytes) std::abort();
    if (subscriber_.subscriptions() > 3 * schemas_count) std::abort();
  }

 private:
  static FeedLimits limits() {
    FeedLimits limits;
    limits.budget_bytes = budget_bytes;
    limits.ring_frames = 16;
    return limits;
  }

  FeedPublisher publisher_{sizes(), limits()};
  Subscriber& subscriber_ = publisher_.attach();
  feed::test::EventScript script_{instrument_id(0, 1)};
  std::uint32_t orders_ = 0;
};

}  // namespace

// The input is a list of steps: what to do, how long its bytes are, the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session session;
  while (size >= 2) {
    const std::uint8_t what = data[0] % 4;
    const std::size_t length = std::min<std::size_t>(data[1], size - 2);
    if (what == 0) session.ask(data + 2, length, true);
    if (what == 1) session.ask(data + 2, length, false);
    if (what == 2) session.read();
    if (what == 3) {
      for (std::uint8_t i = 0; i < data[1]; ++i) session.move();
    }
    session.check();
    const std::size_t used = what < 2 ? length : 0;
    data += 2 + used;
    size -= 2 + used;
  }
  return 0;
}
