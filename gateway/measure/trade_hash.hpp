// The hash and totals by which trade streams are compared.
#pragma once

#include <cstdint>

namespace karst::tool {

/// A trade as the flow files know it, with order ids as in the file.
struct FlowTrade {
  std::uint64_t taker;
  std::uint64_t maker;
  std::int64_t price;      // Unit: ticks
  std::uint64_t quantity;  // Unit: lots
};

/// Order-sensitive 64-bit hash of a trade stream, with wrapping arithmetic, and its totals.
struct TradeHash {
  std::uint64_t hash = 1469598103934665603;
  std::uint64_t trades = 0;
  std::uint64_t quantity = 0;  // Unit: lots
  std::uint64_t notional = 0;  // Unit: ticks x lots

  void add(const FlowTrade& trade) {
    const auto price = static_cast<std::uint64_t>(trade.price);
    hash ^= trade.taker * 0x9E3779B97F4A7C15 + trade.maker * 0xC2B2AE3D27D4EB4F +
            price * 0x165667B19E3779F9 + trade.quantity;
    hash *= 1099511628211;
    ++trades;
    quantity += trade.quantity;
    notional += price * trade.quantity;
  }

  friend bool operator==(const TradeHash&, const TradeHash&) = default;
};

}  // namespace karst::tool
