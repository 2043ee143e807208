// What does the market-data feed cost per command: upkeep of the books alone, with one subscriber,
// with 500? The real engine's events of a made-up flow, in process, without sockets; each
// subscriber follows mbo, mbp-10 and trades of everything and takes its frames every 64 commands.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "bench/flow_generator.hpp"
#include "engine/engine.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/feed/feed_publisher.hpp"

namespace karst::bench {
namespace {

using tool::Flow;
using tool::FlowCommand;
using tool::FlowType;

constexpr std::uint32_t seller = 1;
constexpr std::uint32_t buyer = 2;
constexpr std::uint32_t take_every = 64;  // Unit: commands
constexpr std::size_t ring_events = std::size_t{1} << 16;

bool is_small() { return std::getenv("KARST_BENCH_SMALL") != nullptr; }

/// Commands and their events, as the engine made them: what the feed is given.
struct Recording {
  struct Step {
    Command command;
    std::size_t first_event;
    std::size_t events;
  };
  Configure sizes;
  std::vector<Step> steps;
  std::vector<Event> events;
  std::size_t prefill = 0;  // steps before the flow proper

  [[nodiscard]] std::span<const Event> events_of(const Step& step) const {
    return {events.data() + step.first_event, step.events};
  }
};

/// Plays a flow through the engine and writes down what comes of it.
class Recorder {
 public:
  explicit Recorder(std::uint32_t instruments)
      : recording_{sizes(instruments), {}, {}, 0},
        engine_(recording_.sizes),
        memory_(ring_events),
        ring_{memory_.data(), ring_events - 1, 0} {}

  Recording record(const Flow& flow) {
    set_up(flow.instruments);
    for (std::size_t i = 0; i < flow.commands.size(); ++i) {
      if (i == flow.prefill) recording_.prefill = recording_.steps.size();
      play(flow.commands[i]);
    }
    return std::move(recording_);
  }

 private:
  static Configure sizes(std::uint32_t instruments) {
    Configure sizes{};
    sizes.accounts_max = sizes.keys_max = sizes.currencies_max = sizes.pools_max = 4;
    sizes.instruments_max = instruments + 2;
    sizes.orders_max = 1 << 17;
    sizes.holdings_max = 4 * (instruments + 2);
    sizes.level_pages_max = 1 << 16;
    sizes.client_ids_max = sizes.references_max = 8;
    sizes.answers_per_key = 16;
    sizes.client_ids_per_account_max = 2;
    sizes.makers_per_command_max = 4'096;
    sizes.makers_per_bystander_max = 64;
    sizes.releases_per_command_max = 64;
    return sizes;
  }

  void set_up(std::uint32_t instruments) {
    ask(CommandType::configure).configure = recording_.sizes;
    apply();
    ask(CommandType::define_currency).define_currency = {CurrencyId{1}, {'C', 'N', 'Y'}};
    apply();
    ask(CommandType::define_calendar).define_calendar = {CalendarId{1}, 0};
    apply();
    ask(CommandType::define_fees).define_fees = {FeeScheduleId{1}, 5, 10, Money{0}, Money{0}};
    apply();
    for (const std::uint32_t account : {seller, buyer}) {
      AdmitMerchant& admit = ask(CommandType::admit_merchant, account).admit_merchant;
      admit.domestic = true;
      admit.name = {'m'};
      apply();
    }
    ask(CommandType::fund, buyer).fund = {CurrencyId{1}, Money{std::int64_t{1} << 61}, {1, 1}};
    apply();
    for (std::uint32_t i = 0; i < instruments; ++i) {
      DefineProduct& product = ask(CommandType::define_product, seller).define_product;
      product = {};
      product.currency = CurrencyId{1};
      product.calendar = CalendarId{1};
      product.fees = FeeScheduleId{1};
      product.tick_value = Money{1};
      product.price_min = Price{1};
      product.price_max = Price{1 << 17};
      product.list_price = Price{1 << 15};
      product.quantity_max = Quantity{1'000'000};
      product.seats = Quantity{0x7fffffff};
      product.supply = Supply::seats;
      product.resale = Resale::free;
      product.unit = Unit::seat_month;
      product.certificate_expiry = Time{INT64_MAX};
      product.symbol = {'B'};
      apply();
      for (const Event& event : recording_.events_of(recording_.steps.back())) {
        if (event.type == EventType::product_defined) instruments_.push_back(event.instrument);
      }
    }
  }

  void play(const FlowCommand& operation) {
    if (operation.type == FlowType::cancel) {
      const auto& [order, account] = named_[operation.value - 1];
      ask(CommandType::cancel_order, account).cancel_order = {order, {}};
      apply();
      return;
    }
    const std::uint32_t account = operation.side == Side::buy ? buyer : seller;
    PlaceOrder& order = ask(CommandType::place_order, account).place_order;
    order = {};
    order.instrument = instruments_[operation.instrument];
    order.quantity = Quantity{operation.quantity};
    order.limit = Price{static_cast<std::int64_t>(operation.value)};
    order.side = operation.side;
    order.kind = OrderKind::limit;
    order.time_in_force = operation.type == FlowType::take ? TimeInForce::ioc : TimeInForce::gtc;
    order.self_match = SelfMatch::cancel_newest;
    order.draw = operation.side == Side::buy ? Draw::none : Draw::capacity;
    apply();
    const Event& answer = recording_.events[recording_.steps.back().first_event];
    if (answer.type != EventType::order_accepted) std::abort();
    named_.emplace_back(answer.order.order, account);
  }

  Command& ask(CommandType type, std::uint32_t account = 0) {
    command_ = Command();
    command_.type = type;
    command_.account = AccountId{account};
    command_.sequence = engine_.sequence() + 1;
    command_.time = Time{static_cast<std::int64_t>(command_.sequence) * 1'000};
    return command_;
  }

  void apply() {
    const Applied applied = engine_.apply(command_, ring_);
    recording_.steps.push_back({command_, recording_.events.size(), applied.count});
    for (std::uint32_t i = 0; i < applied.count; ++i) {
      recording_.events.push_back(ring_.at(applied.first + i));
    }
  }

  Recording recording_;
  Engine engine_;
  std::vector<Event> memory_;
  EventRing ring_;
  Command command_;
  std::vector<InstrumentId> instruments_;
  std::vector<std::pair<OrderId, std::uint32_t>> named_;  // by the flow's order number
};

const Recording& recording_of(std::uint32_t instruments) {
  static std::uint32_t made_for = 0;
  static Recording recording;
  if (made_for != instruments) {
    const Flow flow = FlowGenerator(instruments, is_small() ? 1'000 : 20'000, instruments)
                          .make(is_small() ? 5'000 : 200'000);
    recording = Recorder(instruments).record(flow);
    made_for = instruments;
  }
  return recording;
}

/// What the subscribers were handed.
struct Delivered {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

Delivered take_everything(feed::FeedPublisher& publisher,
                          std::vector<feed::Subscriber*>& subscribers,
                          std::vector<feed::FramePtr>& frames) {
  Delivered delivered;
  for (feed::Subscriber* subscriber : subscribers) {
    do {
      frames.clear();
      publisher.take(*subscriber, std::size_t{1} << 16, frames);
      delivered.frames += frames.size();
      for (const feed::FramePtr& frame : frames) delivered.bytes += frame->bytes().size();
    } while (!frames.empty());
  }
  return delivered;
}

void feed(benchmark::State& state) {
  const Recording& recording = recording_of(static_cast<std::uint32_t>(state.range(1)));
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  const std::size_t commands = recording.steps.size() - recording.prefill;
  Delivered delivered;
  for (auto _ : state) {
    feed::FeedPublisher publisher(recording.sizes, {});
    std::vector<feed::FramePtr> frames;
    for (std::size_t i = 0; i < recording.prefill; ++i) {
      publisher.apply(recording.steps[i].command, recording.events_of(recording.steps[i]));
    }
    v1::Subscribe wish;
    wish.add_schemas(v1::FEED_SCHEMA_MBO);
    wish.add_schemas(v1::FEED_SCHEMA_MBP_10);
    wish.add_schemas(v1::FEED_SCHEMA_TRADES);
    std::vector<feed::Subscriber*> subscribers;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      subscribers.push_back(&publisher.attach());
      publisher.subscribe(*subscribers.back(), wish);
    }
    take_everything(publisher, subscribers, frames);
    delivered = {};
    const std::int64_t start = tool::thread_cpu_ns();
    for (std::size_t i = recording.prefill; i < recording.steps.size(); ++i) {
      const Recording::Step& step = recording.steps[i];
      publisher.apply(step.command, recording.events_of(step));
      if (i % take_every != 0) continue;
      const Delivered now = take_everything(publisher, subscribers, frames);
      delivered.frames += now.frames;
      delivered.bytes += now.bytes;
    }
    const std::int64_t taken = tool::thread_cpu_ns() - start;
    best = std::min(best, taken);
    state.SetIterationTime(static_cast<double>(taken) * 1e-9);
    for (const feed::Subscriber* subscriber : subscribers) {
      if (subscriber->slow_count() != 0) state.SkipWithError("a subscriber fell behind");
    }
  }
  std::size_t events = 0;
  for (std::size_t i = recording.prefill; i < recording.steps.size(); ++i) {
    events += recording.steps[i].events;
  }
  state.counters["commands"] = static_cast<double>(commands);
  state.counters["ns_per_command"] = static_cast<double>(best) / static_cast<double>(commands);
  state.counters["ns_per_event"] = static_cast<double>(best) / static_cast<double>(events);
  if (delivered.frames == 0) return;
  const auto subscribers = static_cast<double>(state.range(0));
  state.counters["increments"] = static_cast<double>(delivered.frames) / subscribers;
  state.counters["bytes_per_increment"] =
      static_cast<double>(delivered.bytes) / static_cast<double>(delivered.frames);
  state.counters["ns_per_delivery"] =
      static_cast<double>(best) / static_cast<double>(delivered.frames);
}

BENCHMARK(feed)
    ->ArgNames({"subscribers", "instruments"})
    ->ArgsProduct({{0, 1, 500}, {1}})
    ->ArgsProduct({{0, 1, 500}, {1'000}})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace karst::bench

BENCHMARK_MAIN();
