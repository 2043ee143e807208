// `karst bench flow`: plays a flow file through a layer and says what it took.
#pragma once

#include <string>
#include <vector>

namespace karst::tool {

struct BenchFlowOptions {
  std::string file;
  std::string layer = "book";
  bool is_json = false;
  int repetitions = 5;  // plays; the fastest counts
};

/// The layers that `--layer` accepts.
[[nodiscard]] std::vector<std::string> flow_layer_names();

/// Returns: the exit code. The figures go to standard output, errors to standard error.
[[nodiscard]] int run_bench_flow(const BenchFlowOptions& options);

}  // namespace karst::tool
