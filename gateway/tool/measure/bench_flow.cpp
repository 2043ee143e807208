#include "gateway/tool/measure/bench_flow.hpp"

#include <algorithm>
#include <cinttypes>
#include <memory>

#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/flow_layer.hpp"
#include "gateway/tool/output.hpp"
#include "schemas/words/formatted.hpp"

namespace karst::tool {
namespace {

struct NamedLayer {
  const char* name;
  std::unique_ptr<FlowLayer> (*make)(const Flow& flow);
};

/// Every layer a flow file can be played through, outermost last.
constexpr NamedLayer layers[] = {
    {"book", make_book_layer},
    {"engine", make_engine_layer},
};

void print(const Flow& flow, const FlowPlay& play, bool is_json) {
  const std::size_t operations = flow.commands.size() - flow.prefill;
  const double ns = static_cast<double>(play.cpu_ns) / static_cast<double>(operations);
  std::string text;
  if (is_json) {
    append_formatted(text,
                     "{\"operations\": %zu, \"ns_per_operation\": %.2f, \"trades\": %" PRIu64
                     ", \"quantity\": %" PRIu64 ", \"notional\": \"%" PRIx64
                     "\", \"hash\": \"%016" PRIx64 "\"}\n",
                     operations, ns, play.trades.trades, play.trades.quantity, play.trades.notional,
                     play.trades.hash);
    return print_part(text);
  }
  append_formatted(text, "%zu operations, %.2f ns each (processor time of the thread)\n",
                   operations, ns);
  append_formatted(
      text, "%" PRIu64 " trades, %" PRIu64 " lots, notional %" PRIx64 ", hash %016" PRIx64 "\n",
      play.trades.trades, play.trades.quantity, play.trades.notional, play.trades.hash);
  print_part(text);
}

}  // namespace

std::vector<std::string> flow_layer_names() {
  std::vector<std::string> names;
  for (const NamedLayer& layer : layers) {
    names.emplace_back(layer.name);
  }
  return names;
}

int run_bench_flow(const BenchFlowOptions& options) {
  const Output output(options.is_json);
  const auto named = std::ranges::find_if(
      layers, [&](const NamedLayer& layer) { return options.layer == layer.name; });
  if (named == std::end(layers)) {
    return output.failed({exit_usage, "USAGE", "there is no layer " + options.layer,
                          "see karst bench flow --help"});
  }
  const auto flow = read_flow(options.file);
  if (!flow.ok()) return output.failed(failure_of(flow.error()));
  const std::unique_ptr<FlowLayer> layer = named->make(*flow);
  FlowPlay best = layer->play();
  for (int i = 1; i < options.repetitions; ++i) {
    const FlowPlay again = layer->play();
    if (again.trades != best.trades) {
      return output.failed({exit_damaged, "PLAYS_DIFFER",
                            "two plays of " + options.file + " differ: the engine is broken"});
    }
    best = again.cpu_ns < best.cpu_ns ? again : best;
  }
  print(*flow, best, options.is_json);
  return 0;
}

}  // namespace karst::tool
