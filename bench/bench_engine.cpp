// What does a command cost in the whole engine: on average, at worst, while thousands of contracts
// close, and in memory asked for? KARST_BENCH_SMALL=1 plays a small version.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flow_generator.hpp"
#include "engine/base/assert.hpp"
#include "engine/engine.hpp"
#include "engine/look_ahead.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/flow_layer.hpp"
#include "gateway/measure/flow_market.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// Every allocation of the process is counted, so that the engine's can be seen to be none.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace karst::bench {
namespace {

using tool::Flow;
using tool::FlowCommand;
using tool::FlowMarket;
using tool::FlowType;

constexpr std::uint64_t ring_events = 65'536;

bool is_small() { return std::getenv("KARST_BENCH_SMALL") != nullptr; }

/// The recorded flow where there is one for so many instruments and it is at hand, else a made one.
Flow load(std::uint32_t instruments) {
  if (is_small()) return FlowGenerator(instruments, 2'000, instruments).make(10'000);
  const char* given = std::getenv("KARST_DATA");
  const std::string folder = given != nullptr ? given : KARST_SOURCE_DIR "/../shared/data";
  if (instruments == 1 || instruments == 1'000) {
    auto flow = tool::read_flow(folder + (instruments == 1 ? "/flow_1_instrument.bin.xz"
                                                           : "/flow_1000_instruments.bin.xz"));
    if (flow.ok()) return *std::move(flow);
  }
  return FlowGenerator(instruments, 50'000, 1).make(2'000'000);
}

const Flow& flow_of(std::uint32_t instruments) {
  static Flow flow;
  if (flow.instruments != instruments) flow = load(instruments);
  return flow;
}

/// Processor time per operation, as `karst bench flow --layer engine` plays it.
void play(benchmark::State& state, const Flow& flow, std::uint32_t pairs) {
  const auto layer = tool::make_engine_layer(flow, pairs);
  const std::size_t operations = flow.commands.size() - flow.prefill;
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  std::uint64_t trades = 0;
  for (auto _ : state) {
    const tool::FlowPlay result = layer->play();
    state.SetIterationTime(static_cast<double>(result.cpu_ns) * 1e-9);
    best = std::min(best, result.cpu_ns);
    trades = result.trades.trades;
  }
  state.counters["ns_per_operation"] = static_cast<double>(best) / static_cast<double>(operations);
  state.counters["operations"] = static_cast<double>(operations);
  state.counters["trades"] = static_cast<double>(trades);
}

void engine(benchmark::State& state) {
  play(state, flow_of(static_cast<std::uint32_t>(state.range(0))), FlowMarket::usual_pairs);
}

/// A made flow, so that one thing can grow at a time: instruments, live orders, accounts.
/// KARST_BENCH_OPERATIONS says how many operations, where they are counted rather than timed.
void engine_growth(benchmark::State& state) {
  const auto instruments = static_cast<std::uint32_t>(state.range(0));
  const auto live = static_cast<std::uint32_t>(state.range(1)) / (is_small() ? 100 : 1);
  const char* given = std::getenv("KARST_BENCH_OPERATIONS");
  const std::size_t operations = given != nullptr ? std::strtoull(given, nullptr, 10)
                                 : is_small()     ? 10'000
                                                  : 1'000'000;
  play(state, FlowGenerator(instruments, live, 1).make(operations),
       static_cast<std::uint32_t>(state.range(2)) / 2);
}

/// An engine in the middle of a flow, and the commands still to come.
struct Running {
  explicit Running(const Flow& flow) : market(flow), engine(market.sizes()), events(ring_events) {
    EventRing ring{events.data(), ring_events - 1, 0};
    for (const Command& command : market.setup()) engine.apply(command, ring);
    std::vector<OrderId> ids{OrderId{0}};
    Engine rehearsal(market.sizes());
    for (const Command& command : market.setup()) rehearsal.apply(command, ring);
    for (const FlowCommand& operation : flow.commands) {
      const bool is_cancel = operation.type == FlowType::cancel;
      commands.push_back(market.next(operation, is_cancel ? ids[operation.value] : OrderId{0}));
      const Applied applied = rehearsal.apply(commands.back(), ring);
      if (!is_cancel) ids.push_back(ring.at(applied.first + applied.answer).order.order);
    }
    for (std::size_t i = 0; i < flow.prefill; ++i) engine.apply(commands[i], ring);
  }

  FlowMarket market;
  Engine engine;
  std::vector<Event> events;
  std::vector<Command> commands;
};

double percentile(std::vector<std::int64_t>& ns, double part) {
  const auto at = static_cast<std::size_t>(static_cast<double>(ns.size() - 1) * part);
  std::nth_element(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(at), ns.end());
  return static_cast<double>(ns[at]);
}

/// Each command timed on its own (the clock's own cost, some 20 ns, is in the figure), and the
/// allocations of all of them counted.
void engine_latency(benchmark::State& state) {
  const Flow& flow = flow_of(static_cast<std::uint32_t>(state.range(0)));
  double p999 = std::numeric_limits<double>::max();
  double p50 = 0;
  std::uint64_t asked = 0;
  for (auto _ : state) {
    Running run(flow);
    EventRing ring{run.events.data(), ring_events - 1, 0};
    std::vector<std::int64_t> ns;
    ns.reserve(run.commands.size());
    const std::uint64_t before = allocations.load();
    for (std::size_t i = flow.prefill; i < run.commands.size(); ++i) {
      look_ahead(run.engine, i, run.commands.size() - 1,
                 [&](std::size_t at) -> const Command& { return run.commands[at]; });
      const std::int64_t start = tool::monotonic_ns();
      run.engine.apply(run.commands[i], ring);
      ns.push_back(tool::monotonic_ns() - start);
    }
    asked = allocations.load() - before;
    p50 = percentile(ns, 0.5);
    p999 = std::min(p999, percentile(ns, 0.999));
  }
  const auto operations = static_cast<double>(flow.commands.size() - flow.prefill);
  state.counters["p50_ns"] = p50;
  state.counters["p999_ns"] = p999;
  state.counters["operations"] = operations;
  state.counters["allocations_per_operation"] = static_cast<double>(asked) / operations;
}

/// Says commands to an engine one after the other.
class Speaker {
 public:
  explicit Speaker(const Configure& sizes) : engine_(sizes), events_(ring_events) {
    say(CommandType::configure, [&](Command& c) { c.configure = sizes; });
  }
  template <class Fill>
  Applied say(CommandType type, Fill&& fill) {
    Command command;
    command.type = type;
    fill(command);
    command.sequence = ++sequence_;
    command.time = Time{++now_ns_};
    EventRing ring{events_.data(), ring_events - 1, 0};
    return engine_.apply(command, ring);
  }
  void wait_until(std::int64_t ns) { now_ns_ = ns; }
  [[nodiscard]] Engine& engine() { return engine_; }

 private:
  Engine engine_;
  std::vector<Event> events_;
  std::uint64_t sequence_ = 0;
  std::int64_t now_ns_ = 0;
};

template <std::size_t N>
void set_text(Text<N>& to, std::string_view text) {
  std::copy(text.begin(), text.end(), to.begin());
}

constexpr std::int64_t closing_hour = 100;
constexpr std::uint32_t closing_accounts = 100;

/// As many pools, each with one contract for the same hour, and a product that goes on trading.
Speaker closing_market(std::uint32_t contracts, std::uint32_t orders_each) {
  Configure sizes{};
  sizes.accounts_max = closing_accounts + 2;
  sizes.keys_max = 2;
  sizes.instruments_max = contracts + 2;
  sizes.orders_max = contracts * orders_each + 100'000;
  sizes.holdings_max = contracts * closing_accounts + 100'000;
  sizes.level_pages_max = 2 * contracts + 1'000;
  sizes.client_ids_max = sizes.currencies_max = 2;
  sizes.references_max = closing_accounts + 2;
  sizes.pools_max = contracts + 1;
  sizes.answers_per_key = 1'024;
  sizes.client_ids_per_account_max = 1;
  sizes.makers_per_command_max = 4'096;
  sizes.makers_per_bystander_max = 64;
  sizes.releases_per_command_max = 16;
  Speaker market(sizes);
  market.say(CommandType::define_currency, [](Command& c) {
    c.define_currency.currency = CurrencyId{1};
    set_text(c.define_currency.code, "CNY");
  });
  market.say(CommandType::define_calendar, [](Command& c) {
    c.define_calendar = {CalendarId{1}, 0};
  });
  market.say(CommandType::define_fees, [](Command& c) {
    c.define_fees = {FeeScheduleId{1}, 5, 10, Money{0}, Money{0}};
  });
  for (std::uint32_t id = 1; id <= closing_accounts; ++id) {
    market.say(CommandType::admit_merchant, [&](Command& c) {
      c.account = AccountId{id};
      set_text(c.admit_merchant.name, "merchant");
    });
    market.say(CommandType::fund, [&](Command& c) {
      c.account = AccountId{id};
      c.fund = {CurrencyId{1}, Money{1'000'000'000'000}, Reference{id, 1}};
    });
  }
  market.say(CommandType::define_product, [](Command& c) {
    c.account = AccountId{1};
    DefineProduct& p = c.define_product;
    p.currency = CurrencyId{1};
    p.calendar = CalendarId{1};
    p.fees = FeeScheduleId{1};
    p.tick_value = Money{1};
    p.price_min = Price{1};
    p.price_max = Price{10'000};
    p.list_price = Price{5'000};
    p.quantity_max = p.seats = Quantity{1'000'000};
    p.supply = Supply::seats;
    p.resale = Resale::free;
    p.unit = Unit::seat_month;
    p.certificate_expiry = Time{std::numeric_limits<std::int64_t>::max()};
    set_text(p.symbol, "OTHER");
  });
  for (std::uint32_t pool = 1; pool <= contracts; ++pool) {
    market.say(CommandType::define_pool, [&](Command& c) {
      c.define_pool.pool = PoolId{pool};
      c.define_pool.operator_account = AccountId{1};
      c.define_pool.unit = Unit::p_hour;
      set_text(c.define_pool.symbol, "POOL");
      set_text(c.define_pool.accelerator, "ANY");
    });
    market.say(CommandType::set_pool_terms, [&](Command& c) {
      SetPoolTerms& t = c.set_pool_terms;
      t.pool = PoolId{pool};
      t.currency = CurrencyId{1};
      t.calendar = CalendarId{1};
      t.fees = FeeScheduleId{1};
      t.tick_value = Money{1};
      t.price_min = Price{1};
      t.price_max = Price{10'000};
      t.list_price = Price{5'000};
      t.quantity_max = Quantity{1'000'000};
      t.grade = Grade::standard;
      t.gate_open_lead_ns = 400 * ns_per_day;
      t.gate_close_lead_ns = 15 * 60 * ns_per_second;
    });
    market.say(CommandType::list_contracts, [&](Command& c) {
      c.list_contracts = {PoolId{pool}, Hour{closing_hour}, 1};
    });
  }
  for (std::uint32_t i = 0; i < contracts * orders_each; ++i) {
    market.say(CommandType::place_order, [&](Command& c) {
      c.account = AccountId{1 + i % closing_accounts};
      c.place_order.instrument = instrument_id(0, 2 + i % contracts);
      c.place_order.quantity = Quantity{1};
      c.place_order.limit = Price{5'000 - i % 50};
      c.place_order.side = Side::buy;
      c.place_order.kind = OrderKind::limit;
      c.place_order.time_in_force = TimeInForce::gtc;
      c.place_order.self_match = SelfMatch::cancel_newest;
    });
  }
  return market;
}

/// The others' latency while contracts and all their orders close at one moment: orders on a book
/// that stays open, each carrying its share of the releases.
void engine_closing(benchmark::State& state) {
  const std::uint32_t contracts = is_small() ? 100 : 10'000;
  const std::uint32_t orders_each = is_small() ? 10 : 100;
  double p999 = 0;
  double commands = 0;
  for (auto _ : state) {
    Speaker market = closing_market(contracts, orders_each);
    market.wait_until(closing_hour * ns_per_hour - 15 * 60 * ns_per_second);
    std::vector<std::int64_t> ns;
    std::uint32_t i = 0;
    do {
      const std::int64_t start = tool::monotonic_ns();
      market.say(CommandType::place_order, [&](Command& c) {
        c.account = AccountId{2 + i++ % 50};
        c.place_order.instrument = instrument_id(0, 1);
        c.place_order.quantity = Quantity{1};
        c.place_order.limit = Price{100};
        c.place_order.side = Side::buy;
        c.place_order.kind = OrderKind::limit;
        c.place_order.time_in_force = TimeInForce::ioc;
        c.place_order.self_match = SelfMatch::cancel_newest;
      });
      ns.push_back(tool::monotonic_ns() - start);
    } while (market.engine().has_pending_work());
    commands = static_cast<double>(ns.size());
    p999 = percentile(ns, 0.999);
  }
  state.counters["p999_ns"] = p999;
  state.counters["commands_while_closing"] = commands;
  state.counters["orders_released"] = static_cast<double>(contracts) * orders_each;
}

BENCHMARK(engine)->Arg(1)->UseManualTime()->Iterations(3);
BENCHMARK(engine)->Arg(1'000)->UseManualTime()->Iterations(3);
BENCHMARK(engine_growth)
    ->Args({100, 50'000, 1'000})
    ->Args({1'000, 50'000, 1'000})
    ->Args({100, 500'000, 1'000})
    ->Args({100, 50'000, 10'000})
    ->UseManualTime()
    ->Iterations(2);
BENCHMARK(engine_latency)->Arg(1)->Iterations(2);
BENCHMARK(engine_latency)->Arg(1'000)->Iterations(2);
BENCHMARK(engine_closing)->Iterations(1);

}  // namespace
}  // namespace karst::bench

BENCHMARK_MAIN();
