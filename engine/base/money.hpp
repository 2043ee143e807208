// Notional, fees and the worst case an order must reserve: exact to the fen.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/hash.hpp"
#include "engine/base/units.hpp"

namespace karst {

/// No amount of the exchange exceeds this. Unit: fen
inline constexpr std::int64_t amount_max = std::int64_t{1} << 62;
inline constexpr std::uint32_t bps_per_whole = 10'000;

/// Below it an amount times any rate in basis points fits 64 bits. Unit: fen
inline constexpr std::int64_t narrow_amount = std::int64_t{1} << 50;

/// Rates of one role. Source: MARKET.md §8.5
struct FeeRate {
  std::int64_t per_lot;  ///< Unit: fen per lot
  std::uint32_t bps;     ///< Unit: 1/10,000 of the notional
  std::uint32_t zero;
};

/// What a fee comes to, and the fraction carried to the order's next one.
struct Fee {
  std::int64_t amount;      ///< Unit: fen
  std::uint32_t remainder;  ///< Unit: fen / 10,000
};

/// The fee on one more part of an order. Carrying the remainder makes the parts add up to the fee
/// on the whole, floored once. Requires: the worst case of the order was found to fit.
[[nodiscard]] inline Fee fee_on(std::int64_t notional, std::uint32_t lots, const FeeRate& rate,
                                std::uint32_t remainder) {
  const std::int64_t flat = rate.per_lot * lots;
  if (notional < narrow_amount) [[likely]] {
    const std::uint64_t raw = static_cast<std::uint64_t>(notional) * rate.bps + remainder;
    const std::uint64_t whole = raw / bps_per_whole;
    return {flat + static_cast<std::int64_t>(whole),
            static_cast<std::uint32_t>(raw - whole * bps_per_whole)};
  }
  const Wide raw = static_cast<Wide>(notional) * rate.bps + remainder;
  return {flat + static_cast<std::int64_t>(raw / bps_per_whole),
          static_cast<std::uint32_t>(raw % bps_per_whole)};
}

/// ticks × fen per tick and lot × lots. Requires: was found to fit.
[[nodiscard]] inline std::int64_t notional(std::int64_t price, std::int64_t tick_value,
                                           std::uint32_t lots) {
  return price * tick_value * lots;
}

/// The notional, or amount_max + 1 if it is beyond.
[[nodiscard]] inline std::int64_t checked_notional(std::int64_t price, std::int64_t tick_value,
                                                   std::uint32_t lots) {
  std::int64_t per_lot = 0;
  std::int64_t product = 0;
  if (__builtin_mul_overflow(price, tick_value, &per_lot) ||
      __builtin_mul_overflow(per_lot, static_cast<std::int64_t>(lots), &product) ||
      product > amount_max) {
    return amount_max + 1;
  }
  return product;
}

/// Notional plus the greatest fee on it: what a buy reserves. Returns: amount_max + 1 if beyond.
[[nodiscard]] inline std::int64_t checked_worst(std::int64_t order_notional, std::uint32_t lots,
                                                const FeeRate& greatest, std::uint32_t remainder) {
  if (order_notional < narrow_amount && greatest.per_lot < (std::int64_t{1} << 30)) [[likely]] {
    return order_notional + fee_on(order_notional, lots, greatest, remainder).amount;
  }
  const Wide worst = static_cast<Wide>(order_notional) +
                     static_cast<Wide>(greatest.per_lot) * lots +
                     (static_cast<Wide>(order_notional) * greatest.bps + remainder) / bps_per_whole;
  return worst > amount_max ? amount_max + 1 : static_cast<std::int64_t>(worst);
}

/// The same where it is known to fit.
[[nodiscard]] inline std::int64_t worst(std::int64_t order_notional, std::uint32_t lots,
                                        const FeeRate& greatest, std::uint32_t remainder) {
  return order_notional + fee_on(order_notional, lots, greatest, remainder).amount;
}

/// Notional and worst case of an order, where the instrument is_narrow(): without a single check.
struct Need {
  std::int64_t notional;
  std::int64_t worst;
};
[[nodiscard]] inline Need narrow_need(std::int64_t price, std::int64_t tick_value,
                                      std::uint32_t lots, const FeeRate& greatest,
                                      std::uint32_t remainder) {
  const std::int64_t value = price * tick_value * lots;
  const std::uint64_t raw = static_cast<std::uint64_t>(value) * greatest.bps + remainder;
  return {value, value + greatest.per_lot * lots + static_cast<std::int64_t>(raw / bps_per_whole)};
}

/// Whether no order with prices and lots within these bounds reaches narrow_amount, nor its fee
/// per lots 2^61.
[[nodiscard]] inline bool is_narrow(std::int64_t price_min, std::int64_t price_max,
                                    std::int64_t tick_value, std::uint32_t lots_max,
                                    const FeeRate& greatest) {
  return price_min >= 0 && greatest.per_lot < (std::int64_t{1} << 30) &&
         static_cast<Wide>(price_max) * tick_value * lots_max < narrow_amount;
}

[[nodiscard]] inline FeeRate greatest(const FeeRate& a, const FeeRate& b) {
  return {std::max(a.per_lot, b.per_lot), std::max(a.bps, b.bps), 0};
}

}  // namespace karst
