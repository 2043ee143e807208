// What a cluster replay has shown: for the terminal, as JSON, and as a page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/measure/latency_histogram.hpp"
#include "gateway/sim/cluster_audit.hpp"
#include "gateway/sim/cluster_books.hpp"
#include "gateway/sim/cluster_demand.hpp"
#include "gateway/sim/cluster_run.hpp"
#include "schemas/words/colour.hpp"
#include "schemas/words/json.hpp"

namespace karst::tool {

/// What stands on the report about one pool.
struct PoolSummary {
  std::string model;
  std::uint64_t cards = 0;
  std::int64_t list_price = 0;  ///< Unit: fen per lot-hour
  std::uint64_t orders = 0;
  std::uint64_t fills = 0;
  std::uint64_t capacity = 0;  ///< Unit: lot-hours
  std::uint64_t sold = 0;      ///< Unit: lot-hours
  std::int64_t turnover = 0;   ///< Unit: fen
};

struct ClusterReport {
  std::string nodes_file;
  std::string tasks_file;
  std::uint32_t hours = 0;
  std::uint32_t scale = 0;
  std::uint64_t seed = 0;
  std::uint64_t tasks = 0;
  std::uint64_t requested = 0;  ///< Unit: lot-hours
  std::uint64_t capacity = 0;   ///< Unit: lot-hours
  std::vector<PoolSummary> pools;
  std::vector<HourDemand> demand;
  ClusterFigures figures;
  ClusterBooks books;
  std::vector<ClusterCheck> checks;
  std::uint64_t hours_moved = 0;
  std::uint64_t compared = 0;
  // Of this run only; two runs of one seed differ in these.
  LatencyHistogram latency;  ///< from a command's write to its answer's reading
  double trading_s = 0;
  double checking_s = 0;
  std::uint32_t kills = 0;
  std::uint32_t reconnects = 0;

  [[nodiscard]] bool is_sound() const;
  [[nodiscard]] std::uint64_t met() const;
};

/// Everything that does not depend on the machine, then `machine`: what does.
[[nodiscard]] Json json_of(const ClusterReport& report);
/// For a terminal.
[[nodiscard]] std::string text_of(const ClusterReport& report, const Paint& paint);
/// One HTML page that needs nothing else.
[[nodiscard]] std::string page_of(const ClusterReport& report);

/// 1234567 → "12,345.67": fen as yuan, and lots as cards.
[[nodiscard]] std::string hundredths(std::uint64_t number);
/// "12,345".
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace karst::tool
