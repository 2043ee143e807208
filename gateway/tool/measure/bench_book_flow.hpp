// `karst bench book-flow`: one book with client-chosen ids, reports to another thread.
#pragma once

#include <cstddef>
#include <string>

namespace karst::tool {

struct BenchBookFlowOptions {
  std::string file;
  std::size_t batch = 256;  // messages handed to the book at a time
  bool is_json = false;
  int repetitions = 5;  // plays; the fastest counts
};

/// Returns: the exit code. The figures go to standard output, errors to standard error.
[[nodiscard]] int run_bench_book_flow(const BenchBookFlowOptions& options);

}  // namespace karst::tool
