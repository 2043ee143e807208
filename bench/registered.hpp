// The main program of a benchmark whose questions are registered with Google Benchmark.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace karst::bench {

/// KARST_BENCH_SMALL is set: it only shows that everything still runs.
inline const bool is_small = std::getenv("KARST_BENCH_SMALL") != nullptr;

/// Runs what is registered, as the arguments say. Returns: main()'s exit code.
inline int run_registered(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  std::string min_time = "--benchmark_min_time=0.02";
  if (is_small) arguments.push_back(min_time.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace karst::bench
