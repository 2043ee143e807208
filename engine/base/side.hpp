// Buy and sell.
#pragma once

#include <cstdint>

namespace karst {

/// Side of an order; zero is never a meaningful value.
enum class Side : std::uint8_t { buy = 1, sell = 2 };

[[nodiscard]] constexpr Side opposite(Side side) {
  return static_cast<Side>(3 - static_cast<std::uint8_t>(side));
}

}  // namespace karst
