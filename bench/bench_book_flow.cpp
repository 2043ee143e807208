// How many messages per second does one book with client-chosen ids take, when every report is
// handed to another thread? The figure is that of the worst file; KARST_BENCH_SMALL=1 plays a few
// made-up messages only.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "bench/book_flow_generator.hpp"
#include "gateway/measure/book_flow.hpp"
#include "gateway/measure/flow_file.hpp"

namespace karst::bench {
namespace {

constexpr std::size_t batch = 256;

struct Recorded {
  const char* name;
  const char* file;
  std::int64_t stride;  // how far the price wanders per order where the file is made up
};
constexpr Recorded recorded[] = {{"normal", "book_flow_normal.bin.xz", 1},
                                 {"static", "book_flow_static.bin.xz", 0},
                                 {"flash_crash", "book_flow_flash-crash.bin.xz", 20}};

/// The recorded messages if they are at hand, else some made for the purpose.
std::vector<tool::BookMessage> load(const Recorded& flow) {
  if (std::getenv("KARST_BENCH_SMALL") != nullptr) {
    return make_book_flow(20'000, flow.stride, 1);
  }
  const char* given = std::getenv("KARST_DATA");
  const std::string folder = given != nullptr ? given : KARST_SOURCE_DIR "/../shared/data";
  auto messages = tool::read_book_flow(folder + "/" + flow.file);
  return messages.ok() ? *std::move(messages) : make_book_flow(1'000'000, flow.stride, 1);
}

void book_flow(benchmark::State& state) {
  std::vector<std::vector<tool::BookMessage>> flows;
  std::vector<double> best(std::size(recorded), 0);
  for (const Recorded& flow : recorded) {
    flows.push_back(load(flow));
  }
  std::uint64_t trades = 0;
  for (auto _ : state) {
    double seconds = 0;
    trades = 0;
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const tool::BookFlowPlay play = tool::play_book_flow(flows[i], batch);
      const auto elapsed = static_cast<double>(play.elapsed_ns);
      best[i] = std::max(best[i], static_cast<double>(flows[i].size()) * 1e3 / elapsed);
      seconds += elapsed * 1e-9;
      trades += play.counts.trades.trades;
    }
    state.SetIterationTime(seconds);
  }
  for (std::size_t i = 0; i < flows.size(); ++i) {
    state.counters[recorded[i].name] = best[i];
  }
  state.counters["messages_per_us"] = *std::ranges::min_element(best);
  state.counters["trades"] = static_cast<double>(trades);
}

BENCHMARK(book_flow)->Name("book_flow/worst")->UseManualTime()->Iterations(5);

}  // namespace
}  // namespace karst::bench

BENCHMARK_MAIN();
