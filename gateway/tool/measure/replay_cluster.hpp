// `karst replay cluster`: real demand and supply of a GPU cluster, through a real exchange.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/tool/output.hpp"

namespace CLI {
class App;
}

namespace karst::tool {

struct ReplayClusterOptions {
  std::string nodes;
  std::string tasks;
  std::string directory;
  std::string program;      ///< karstd; empty: beside this program
  std::string page;         ///< where the HTML page goes; empty: report.html of the directory
  std::uint32_t hours = 0;  ///< 0: to the end of the trace
  std::uint32_t scale = 90;
  std::uint64_t seed = 1;
  std::uint32_t kills = 0;
  bool is_json = false;
};

/// Adds `cluster` to `replay`.
void add_replay_cluster(CLI::App& replay);

/// Plays, checks, reports. Ends through `output` when something stands in the way or an invariant
/// does not hold.
void run_replay_cluster(const ReplayClusterOptions& options, const Output& output);

}  // namespace karst::tool
