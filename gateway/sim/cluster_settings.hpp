// What the exchange of a cluster replay is configured with.
#pragma once

#include <cstdint>

#include "engine/base/units.hpp"
#include "gateway/sim/own_exchange.hpp"

namespace karst::tool {

/// The one currency of the market.
inline constexpr CurrencyId cluster_currency{1};
/// Its days end at midnight in Guiyang. Unit: ns
inline constexpr std::int64_t cluster_utc_offset_ns = 8 * ns_per_hour;

/// What the exchange is made for.
struct ClusterSizes {
  std::uint32_t models = 0;
  std::uint32_t providers = 0;
  std::uint32_t hours_listed = 0;
};

/// A trace clock, room for the market, and nothing refused or forgotten on the way.
[[nodiscard]] OwnExchange::Settings cluster_settings(const ClusterSizes& sizes);

}  // namespace karst::tool
