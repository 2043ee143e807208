#include "gateway/sim/cluster_providers.hpp"

#include <algorithm>

namespace karst::tool {
namespace {

struct ListPrice {
  std::string_view model;
  std::int64_t yuan_per_card_hour;
};
// On-demand prices of the public clouds of the day, rounded.
constexpr std::array<ListPrice, 7> list_prices{{{"T4", 12},
                                                {"A10", 14},
                                                {"P100", 16},
                                                {"G2", 20},
                                                {"V100M16", 26},
                                                {"V100M32", 30},
                                                {"G3", 40}}};

}  // namespace

std::int64_t list_price_of(std::string_view model) {
  for (const ListPrice& it : list_prices) {
    if (it.model == model) return it.yuan_per_card_hour;
  }
  return 16;
}

std::vector<std::array<std::uint32_t, cluster_providers>> provider_lots(
    const ClusterTrace& trace) {
  std::vector<std::array<std::uint32_t, cluster_providers>> lots(trace.models.size());
  for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
    const ClusterNode& node = trace.nodes[i];
    lots[node.model][i % cluster_providers] += node.cards * lots_per_card;
  }
  return lots;
}

std::int64_t ask_price(std::int64_t list_price, std::uint32_t provider, std::uint32_t rung,
                       std::uint32_t hours_before) {
  constexpr std::int64_t whole = 100 * 100 * 100;
  const std::int64_t exact = list_price * (95 + std::int64_t{provider}) *
                             (100 + 15 * std::int64_t{rung}) * markdown_percent(hours_before);
  return std::max<std::int64_t>((exact + whole / 2) / whole, 1);
}

std::int64_t limit_of(TaskQuality quality, std::int64_t list_price) {
  switch (quality) {
    case TaskQuality::best_effort:
      return list_price * 12 / 10;
    case TaskQuality::burstable:
      return list_price * 15 / 10;
    case TaskQuality::latency_sensitive:
    case TaskQuality::guaranteed:
      break;
  }
  return list_price * 2;
}

}  // namespace karst::tool
