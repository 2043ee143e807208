// The ten providers of a cluster: who owns which cards, and what they ask for them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/sim/cluster_trace.hpp"

namespace karst::tool {

inline constexpr std::uint32_t cluster_providers = 10;

/// One price of a provider's ladder and the lots it has at it.
struct AskRung {
  std::int64_t price = 0;  ///< Unit: fen per lot-hour
  std::uint32_t lots = 0;
};
inline constexpr std::uint32_t ask_rungs = 4;

/// Hours before delivery at which every provider lowers what it has not sold.
inline constexpr std::array<std::uint32_t, 3> markdown_hours{24, 6, 2};

/// What a card of the model costs by the list. Unit: fen per lot-hour, which is yuan per card-hour.
/// A model that is not on it costs 16.
[[nodiscard]] std::int64_t list_price_of(std::string_view model);

/// Lots of each provider in every hour: [model][provider]. Node i of the file is of provider
/// i mod 10.
[[nodiscard]] std::vector<std::array<std::uint32_t, cluster_providers>> provider_lots(
    const ClusterTrace& trace);

/// Percent of its price that a provider asks `hours` before delivery: 100, and after each of the
/// markdowns 90, 75 and 60.
[[nodiscard]] constexpr std::int64_t markdown_percent(std::uint32_t hours) {
  if (hours > markdown_hours[0]) return 100;
  if (hours > markdown_hours[1]) return 90;
  return hours > markdown_hours[2] ? 75 : 60;
}

/// The price of rung 0, 1, 2 or 3 of provider 0 .. 9: list × (95 + provider) % × (100 + 15 rung) %
/// × the markdown, rounded to the nearest fen, at least 1. So prices rise with what is sold and
/// fall towards the gate.
[[nodiscard]] std::int64_t ask_price(std::int64_t list_price, std::uint32_t provider,
                                     std::uint32_t rung, std::uint32_t hours_before);

/// The lots of a rung: a quarter, what does not divide going to the first ones.
[[nodiscard]] constexpr std::uint32_t rung_lots(std::uint32_t lots, std::uint32_t rung) {
  return lots / ask_rungs + (rung < lots % ask_rungs ? 1 : 0);
}

/// What a task pays at most, by its quality: 1.2 times the list price for best effort, 1.5 for
/// burstable, twice for the others; rounded down.
[[nodiscard]] std::int64_t limit_of(TaskQuality quality, std::int64_t list_price);

}  // namespace karst::tool
