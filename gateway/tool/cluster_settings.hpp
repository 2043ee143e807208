// What the exchange of a cluster replay is configured with.
#pragma once

#include <cstdint>

#include "gateway/tool/own_exchange.hpp"

namespace karst::tool {

/// What the exchange is made for.
struct ClusterSizes {
  std::uint32_t models = 0;
  std::uint32_t providers = 0;
  std::uint32_t hours_listed = 0;
};

/// A trace clock, room for the market, and nothing refused or forgotten on the way.
[[nodiscard]] OwnExchange::Settings cluster_settings(const ClusterSizes& sizes);

}  // namespace karst::tool
