#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/engine.hpp"
#include "engine/event/event_hash.hpp"
#include "engine/look_ahead.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/measure/flow_layer.hpp"
#include "gateway/measure/flow_market.hpp"

namespace karst::tool {
namespace {

constexpr std::uint64_t ring_events = 65'536;  // 4 MiB
constexpr std::size_t batch_commands = 256;

/// Reads the events on a thread of its own: hashes them all, and keeps the trades under the
/// numbers the file gives the orders.
class EventHasher {
 public:
  EventHasher(const Event* events, std::size_t orders_max, std::size_t trades_max)
      : events_(events), numbers_(orders_max) {
    trades_.reserve(trades_max);
    thread_ = std::thread([this] { run(); });
  }
  ~EventHasher() { finish(); }
  EventHasher(const EventHasher&) = delete;
  EventHasher& operator=(const EventHasher&) = delete;

  /// Hands over the events before `position`.
  void publish(std::uint64_t position) { published_.store(position, std::memory_order_release); }

  /// Waits until the ring has room for a batch.
  void wait_for_room(std::uint64_t next) const {
    while (next - read_.load(std::memory_order_acquire) > ring_events / 2) {
      std::this_thread::yield();
    }
  }

  void finish() {
    is_stopping_.store(true, std::memory_order_release);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] const std::vector<FlowTrade>& trades() const { return trades_; }

 private:
  void run() {
    std::uint64_t at = 0;
    for (;;) {
      const bool is_last = is_stopping_.load(std::memory_order_acquire);
      const std::uint64_t end = published_.load(std::memory_order_acquire);
      if (at == end && is_last) return;
      for (; at != end; ++at) take(events_[at & (ring_events - 1)]);
      read_.store(at, std::memory_order_release);
      if (!is_last) std::this_thread::yield();
    }
  }

  void take(const Event& event) {
    hash_ = mix(hash_, event);
    switch (event.type) {
      case EventType::order_accepted:
        numbers_[slot_of(event.order.order)] = ++orders_;
        break;
      case EventType::trade:
        trades_.push_back({numbers_[slot_of(event.trade.taker)],
                           numbers_[slot_of(event.trade.maker)], event.trade.price.value(),
                           event.trade.quantity.value()});
        break;
      case EventType::rejected:
        ++refused_;
        break;
      default:
        break;
    }
  }

  const Event* events_;
  std::vector<std::uint64_t> numbers_;  // by order slot
  std::vector<FlowTrade> trades_;
  std::uint64_t hash_ = hash_seed;
  std::uint64_t orders_ = 0;
  std::uint64_t refused_ = 0;
  alignas(64) std::atomic<std::uint64_t> published_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace

/// Commands [begin, end) of all that there are.
struct CommandBatch {
  std::span<const Command> all;
  std::size_t begin;
  std::size_t end;
};

[[gnu::always_inline]] inline void play_batch(Engine& engine, EventRing& ring,
                                              const CommandBatch& batch) {
  const Command* const commands = batch.all.data();
  const std::size_t last = batch.all.size() - 1;
  for (std::size_t i = batch.begin; i != batch.end; ++i) {
    look_ahead(engine, i, last, [&](std::size_t at) -> const Command& { return commands[at]; });
    engine.apply(commands[i], ring);
  }
}

[[gnu::noinline]] void play_prefill(Engine& engine, EventRing& ring, const CommandBatch& batch) {
  play_batch(engine, ring, batch);
}

/// Apart, so that the instructions of what is timed can be counted alone.
[[gnu::noinline]] void play_timed_commands(Engine& engine, EventRing& ring,
                                           const CommandBatch& batch) {
  play_batch(engine, ring, batch);
}

namespace {

class EngineLayer final : public FlowLayer {
 public:
  EngineLayer(const Flow& flow, std::uint32_t pairs)
      : market_(flow, pairs),
        ring_(ring_events),
        prefill_(flow.prefill),
        trades_max_(flow.commands.size()) {
    rehearse(flow);
  }

  [[nodiscard]] FlowPlay play() override {
    Engine engine(market_.sizes());
    EventHasher hasher(ring_.data(), market_.sizes().orders_max, trades_max_);
    EventRing ring{ring_.data(), ring_events - 1, 0};
    FlowPlay result;
    run(engine, hasher, ring, market_.setup());
    run(play_prefill, engine, hasher, ring, 0, prefill_);
    result.cpu_ns = run(play_timed_commands, engine, hasher, ring, prefill_, commands_.size());
    hasher.finish();
    KARST_ASSERT(hasher.hash() == engine.event_hash());
    for (const FlowTrade& trade : hasher.trades()) result.trades.add(trade);
    result.refused = hasher.refused();
    return result;
  }

 private:
  void run(Engine& engine, EventHasher& hasher, EventRing& ring,
           const std::vector<Command>& commands) const {
    // Set-up commands may each cause many events.
    for (const Command& command : commands) {
      hasher.wait_for_room(ring.next);
      engine.apply(command, ring);
      hasher.publish(ring.next);
    }
  }

  /// Plays commands [begin, end). Returns: processor time of the commands alone.
  template <class Play>
  std::int64_t run(Play&& play, Engine& engine, EventHasher& hasher, EventRing& ring,
                   std::size_t begin, std::size_t end) const {
    std::int64_t cpu_ns = 0;
    for (std::size_t batch = begin; batch < end; batch += batch_commands) {
      const std::size_t batch_end = std::min(batch + batch_commands, end);
      hasher.wait_for_room(ring.next);
      const std::int64_t start = thread_cpu_ns();
      play(engine, ring, {commands_, batch, batch_end});
      cpu_ns += thread_cpu_ns() - start;
      hasher.publish(ring.next);
    }
    return cpu_ns;
  }

  /// Finds out which ids the exchange gives, and makes all commands with them.
  void rehearse(const Flow& flow) {
    Engine engine(market_.sizes());
    EventRing ring{ring_.data(), ring_events - 1, 0};
    for (const Command& command : market_.setup()) engine.apply(command, ring);
    std::vector<OrderId> ids{OrderId{0}};
    ids.reserve(flow.orders + 1);
    commands_.reserve(flow.commands.size());
    for (const FlowCommand& operation : flow.commands) {
      const bool is_cancel = operation.type == FlowType::cancel;
      commands_.push_back(market_.next(operation, is_cancel ? ids[operation.value] : OrderId{0}));
      const Applied applied = engine.apply(commands_.back(), ring);
      const Event& answer = ring.at(applied.first + applied.answer);
      if (!is_cancel) {
        KARST_ASSERT(answer.type == EventType::order_accepted);
        ids.push_back(answer.order.order);
      }
    }
    engine.check_invariants();
  }

  FlowMarket market_;
  std::vector<Event> ring_;
  std::vector<Command> commands_;
  std::size_t prefill_;
  std::size_t trades_max_;
};

}  // namespace

std::unique_ptr<FlowLayer> make_engine_layer(const Flow& flow) {
  return make_engine_layer(flow, FlowMarket::usual_pairs);
}

std::unique_ptr<FlowLayer> make_engine_layer(const Flow& flow, std::uint32_t pairs) {
  return std::make_unique<EngineLayer>(flow, pairs);
}

}  // namespace karst::tool
