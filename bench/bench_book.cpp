// How long does one operation take in the order book, and in the naive book? The same operations
// through both, on 1 and on 1,000 instruments; KARST_BENCH_SMALL=1 plays a few made-up ones only.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "bench/flow_generator.hpp"
#include "bench/naive_book.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/flow_layer.hpp"

namespace karst::bench {
namespace {

using tool::Flow;
using tool::FlowCommand;
using tool::FlowPlay;
using tool::FlowType;

/// The naive book behind the same interface, playing the same operations.
class NaiveLayer final : public tool::FlowLayer {
 public:
  explicit NaiveLayer(const Flow& flow) : flow_(flow), trades_(flow.commands.size()) {}

  [[nodiscard]] FlowPlay play() override {
    NaiveBooks books(flow_.instruments);
    trades_count_ = 0;
    orders_ = 0;
    refused_ = 0;
    const FlowCommand* const timed = flow_.commands.data() + flow_.prefill;
    play(books, flow_.commands.data(), timed);
    FlowPlay result;
    const std::int64_t start = tool::thread_cpu_ns();
    play(books, timed, flow_.commands.data() + flow_.commands.size());
    result.cpu_ns = tool::thread_cpu_ns() - start;
    result.refused = refused_;
    for (std::size_t i = 0; i < trades_count_; ++i) {
      result.trades.add(trades_[i]);
    }
    return result;
  }

 private:
  void play(NaiveBooks& books, const FlowCommand* begin, const FlowCommand* end) {
    for (const FlowCommand* command = begin; command != end; ++command) {
      const auto price = static_cast<std::int64_t>(command->value);
      switch (command->type) {
        case FlowType::add:
          books.add(++orders_, command->instrument, command->side, price, command->quantity);
          break;
        case FlowType::cancel:
          refused_ += books.cancel(command->value) ? 0 : 1;
          break;
        case FlowType::take:
          ++orders_;
          books.take(command->instrument, command->side, price, command->quantity,
                     [&](std::uint64_t maker, std::int64_t at, std::uint32_t lots) {
                       trades_[trades_count_++] = {orders_, maker, at, lots};
                     });
          break;
      }
    }
  }

  const Flow& flow_;
  std::vector<tool::FlowTrade> trades_;
  std::size_t trades_count_ = 0;
  std::uint64_t orders_ = 0;
  std::uint64_t refused_ = 0;
};

bool is_small() { return std::getenv("KARST_BENCH_SMALL") != nullptr; }

/// The recorded flow if it is at hand, else one made for the purpose.
Flow load(std::uint32_t instruments) {
  if (is_small()) {
    return FlowGenerator(instruments, 2'000, instruments).make(10'000);
  }
  const char* given = std::getenv("KARST_DATA");
  const std::string folder = given != nullptr ? given : KARST_SOURCE_DIR "/../shared/data";
  const char* name =
      instruments == 1 ? "/flow_1_instrument.bin.xz" : "/flow_1000_instruments.bin.xz";
  auto flow = tool::read_flow(folder + name);
  return flow.ok() ? *std::move(flow) : FlowGenerator(instruments, 50'000, 1).make(2'000'000);
}

/// The flow in use, kept while benchmarks of the same width follow each other.
const Flow& flow_of(std::uint32_t instruments) {
  static Flow flow;
  if (flow.instruments != instruments) {
    flow = load(instruments);
  }
  return flow;
}

/// The trades of the layer before, so that both layers answer for each other.
tool::TradeHash& expected(std::uint32_t instruments) {
  static tool::TradeHash of_one;
  static tool::TradeHash of_many;
  return instruments == 1 ? of_one : of_many;
}

template <class Make>
void play(benchmark::State& state, Make&& make) {
  const auto instruments = static_cast<std::uint32_t>(state.range(0));
  const Flow& flow = flow_of(instruments);
  const std::unique_ptr<tool::FlowLayer> layer = make(flow);
  const std::size_t operations = flow.commands.size() - flow.prefill;
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  tool::TradeHash trades;
  for (auto _ : state) {
    const FlowPlay result = layer->play();
    state.SetIterationTime(static_cast<double>(result.cpu_ns) * 1e-9);
    best = std::min(best, result.cpu_ns);
    trades = result.trades;
    if (result.refused != 0) {
      state.SkipWithError("an operation was refused");
      return;
    }
  }
  tool::TradeHash& other = expected(instruments);
  if (other.trades != 0 && other != trades) {
    state.SkipWithError("the two books traded differently");
    return;
  }
  other = trades;
  state.counters["ns_per_operation"] = static_cast<double>(best) / static_cast<double>(operations);
  state.counters["operations"] = static_cast<double>(operations);
  state.counters["trades"] = static_cast<double>(trades.trades);
}

void book(benchmark::State& state) { play(state, tool::make_book_layer); }

void naive(benchmark::State& state) {
  play(state, [](const Flow& flow) { return std::make_unique<NaiveLayer>(flow); });
}

BENCHMARK(book)->Arg(1)->UseManualTime()->Iterations(5)->Name("book");
BENCHMARK(naive)->Arg(1)->UseManualTime()->Iterations(3)->Name("naive");
BENCHMARK(book)->Arg(1000)->UseManualTime()->Iterations(5)->Name("book");
BENCHMARK(naive)->Arg(1000)->UseManualTime()->Iterations(3)->Name("naive");

}  // namespace
}  // namespace karst::bench

BENCHMARK_MAIN();
