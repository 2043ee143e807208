#include "gateway/sim/cluster_demand.hpp"

#include <algorithm>

#include "engine/seams/random.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
// Draws in a row that ask for nothing before the market is taken to be too short for any task.
constexpr std::uint32_t vain_draws_max = 1'000'000;

/// Adds the task as a wish, if any hour is left for it. Returns: the lot-hours it asks for.
std::uint64_t add(const ClusterTask& task, std::int64_t created_s, std::uint32_t hours_end,
                  ClusterDemand& demand) {
  const std::int64_t step_s = created_s / cluster_step_s * cluster_step_s;
  const std::uint32_t first = first_open_hour(step_s);
  if (first >= hours_end) {
    ++demand.tasks_too_late;
    return 0;
  }
  ClusterWish wish;
  wish.created_s = created_s;
  wish.first_hour = first;
  wish.hours = std::min(task.hours, hours_end - first);
  wish.lots = task.lots;
  wish.models = task.models;
  wish.quality = task.quality;
  demand.wishes.push_back(wish);
  return std::uint64_t{wish.hours} * wish.lots;
}

Status draw(const ClusterTrace& trace, const DemandOptions& options, ClusterDemand& demand) {
  Random random(options.seed);
  const std::int64_t span_s = options.hours * seconds_per_hour;
  const auto days = static_cast<std::uint64_t>((span_s + seconds_per_day - 1) / seconds_per_day);
  std::uint32_t vain = 0;
  while (demand.requested * 100 < demand.capacity * options.scale) {
    const ClusterTask& task = trace.tasks[random.below(trace.tasks.size())];
    const auto day = static_cast<std::int64_t>(random.below(days));
    const std::int64_t created_s =
        (day * seconds_per_day + task.created_s % seconds_per_day) % span_s;
    const std::uint64_t asked = add(task, created_s, options.hours + 1, demand);
    demand.requested += asked;
    vain = asked == 0 ? vain + 1 : 0;
    if (vain == vain_draws_max) return Error{ErrorCode::invalid, "draw tasks", "so few hours"};
    if (demand.wishes.size() > wishes_max) {
      return Error{ErrorCode::invalid, "keep to 16,777,216 tasks", "the scale and hours given"};
    }
  }
  return {};
}

}  // namespace

Result<ClusterDemand> cluster_demand(const ClusterTrace& trace, const DemandOptions& options) {
  ClusterDemand demand;
  demand.capacity = trace.cards() * lots_per_card * options.hours;
  if (trace.tasks.empty()) return Error{ErrorCode::invalid, "find a task that asks for cards",
                                        "the trace"};
  if (options.scale != 0) {
    if (Status drawn = draw(trace, options, demand); !drawn) return drawn.error();
  } else {
    for (const ClusterTask& task : trace.tasks) {
      demand.requested += add(task, task.created_s, options.hours + 1, demand);
    }
  }
  if (demand.wishes.empty()) {
    return Error{ErrorCode::invalid, "find a task within the hours asked for", "the trace"};
  }
  std::stable_sort(demand.wishes.begin(), demand.wishes.end(),
                   [](const ClusterWish& a, const ClusterWish& b) {
                     return a.created_s < b.created_s;
                   });
  return demand;
}

}  // namespace karst::tool
