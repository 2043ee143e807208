#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/measure/bench_book_flow.hpp"
#include "gateway/tool/measure/bench_flow.hpp"

namespace karst::tool {
namespace {

void add_flow(CLI::App& bench) {
  auto options = std::make_shared<BenchFlowOptions>();
  CLI::App* flow = bench.add_subcommand("flow", "play a flow file through a layer, timed");
  flow->add_option("file", options->file, "flow file, plain or .xz")->required();
  flow->add_option("--layer", options->layer, "what the operations go through")
      ->check(CLI::IsMember(flow_layer_names()))
      ->capture_default_str();
  flow->add_option("--repetitions", options->repetitions, "plays, of which the fastest counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  flow->add_flag("--json", options->is_json, "print one JSON object");
  flow->final_callback([options] { throw CLI::RuntimeError(run_bench_flow(*options)); });
}

void add_book_flow(CLI::App& bench) {
  auto options = std::make_shared<BenchBookFlowOptions>();
  CLI::App* flow = bench.add_subcommand(
      "book-flow", "feed one book with client-chosen ids, reports to another thread");
  flow->add_option("file", options->file, "book-flow file, plain or .xz")->required();
  flow->add_option("--batch", options->batch, "messages handed to the book at a time")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  flow->add_option("--repetitions", options->repetitions, "plays, of which the fastest counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  flow->add_flag("--json", options->is_json, "print one JSON object");
  flow->final_callback([options] { throw CLI::RuntimeError(run_bench_book_flow(*options)); });
}

}  // namespace

void add_bench(CLI::App& app) {
  CLI::App* bench = app.add_subcommand("bench", "measure on recorded flow");
  bench->require_subcommand(1);
  add_flow(*bench);
  add_book_flow(*bench);
}

}  // namespace karst::tool
