// What the tasks of a cluster trace ask of the market, and when.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/sim/cluster_trace.hpp"

namespace karst::tool {

/// The trace is taken in steps; what is created within one is asked for at its beginning. Gates
/// close at the beginning of a step, so a step never straddles one.
inline constexpr std::int64_t cluster_step_s = 300;
/// How long before its hour a contract's gate closes.
inline constexpr std::int64_t cluster_gate_lead_s = 900;

/// Which part of the demand is wanted.
struct DemandOptions {
  std::uint32_t hours = 0;  ///< delivery hours of the market: 1 .. hours after the trace's begin
  std::uint32_t scale = 0;  ///< Unit: percent of the capacity; 0 = the tasks as they are
  std::uint64_t seed = 1;
};

/// One task's wish: `lots` in every hour of [first_hour, first_hour + hours).
struct ClusterWish {
  std::int64_t created_s = 0;    ///< Unit: seconds after the beginning of the trace
  std::uint32_t first_hour = 0;  ///< the first whose gate is open when it is created
  std::uint32_t hours = 0;       ///< cut off at the end of the market; at least one
  std::uint32_t lots = 0;
  std::uint32_t models = 0;  ///< as in ClusterTask
  TaskQuality quality = TaskQuality::best_effort;
};

struct ClusterDemand {
  std::vector<ClusterWish> wishes;     ///< by creation; those of one second in their order
  std::uint64_t requested = 0;         ///< Unit: lot-hours
  std::uint64_t capacity = 0;          ///< Unit: lot-hours
  std::uint64_t tasks_too_late = 0;    ///< created when the last gate was closed, or after it
};

/// The first delivery hour whose gate is open at `created_s`.
[[nodiscard]] constexpr std::uint32_t first_open_hour(std::int64_t created_s) {
  return static_cast<std::uint32_t>((created_s + cluster_gate_lead_s) / 3'600 + 1);
}

/// With scale 0 every task that is created before the market ends, at its own time. Else tasks are
/// drawn with replacement until the lots they ask for are on average that share of the capacity;
/// a drawn task keeps its time of day and gets a day of the market (two thirds of the days of the
/// public trace have no task at all, so the days of the trace cannot be kept).
///
/// Errors: invalid: no task asks for anything within these hours, or more than wishes_max do.
[[nodiscard]] Result<ClusterDemand> cluster_demand(const ClusterTrace& trace,
                                                   const DemandOptions& options);

/// Most tasks of one run.
inline constexpr std::size_t wishes_max = std::size_t{1} << 24;

}  // namespace karst::tool
