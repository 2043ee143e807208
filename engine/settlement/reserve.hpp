// Money and lots: how they move, and what is set aside for open orders.
#pragma once

#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/base/money.hpp"
#include "engine/state/state.hpp"

namespace karst {

// What anybody owns changes by these few, and each asserts that what is taken was there.

inline void take(Money& from, std::int64_t amount) {
  from -= Money{amount};
  KARST_ASSERT(from.value() >= 0);
}
inline void take(std::uint32_t& from, std::uint32_t lots) {
  const bool was_there = !__builtin_sub_overflow(from, lots, &from);
  KARST_ASSERT(was_there);
}
/// From one balance to another. Requires: `amount` >= 0.
inline void move(Money& from, Money& to, std::int64_t amount) {
  take(from, amount);
  to += Money{amount};
}
inline void move(std::uint32_t& from, std::uint32_t& to, std::uint32_t lots) {
  take(from, lots);
  to += lots;
}
/// Spends `amount` of `freed` money that was reserved; the rest is available again.
inline void spend(Balance& balance, std::int64_t freed, std::int64_t amount) {
  take(balance.reserved, freed);
  take(balance.available, amount - freed);
}

/// What an order of `lots` reserves in money. Requires: was found to fit.
[[nodiscard]] inline std::int64_t worst_of(const Instrument& instrument, std::int64_t limit,
                                           std::uint32_t lots, std::uint32_t remainder) {
  return worst(notional(limit, instrument.tick_value, lots), lots, instrument.greatest, remainder);
}

/// Sets aside `worst` of a buyer's money, or `lots` of a seller's row.
inline void reserve(State& state, const Instrument& instrument, Side side, std::uint32_t account,
                    std::uint32_t row, std::int64_t worst, std::uint32_t lots) {
  if (side == Side::buy) {
    Balance& balance = state.accounts.balance(account, instrument.currency);
    move(balance.available, balance.reserved, worst);
  } else {
    move(state.holdings[row].free, state.holdings[row].reserved, lots);
  }
}

/// Gives back what an order of `before` lots reserves beyond what it needs for `after`.
inline void release(State& state, const Instrument& instrument, const OrderHot& order,
                    std::uint32_t before, std::uint32_t after = 0) {
  if (order.side == Side::buy) {
    const auto needed = [&](std::uint32_t lots) {
      return worst_of(instrument, order.limit, lots, order.fee_remainder);
    };
    Balance& balance = state.accounts.balance(order.account, instrument.currency);
    move(balance.reserved, balance.available, needed(before) - (after == 0 ? 0 : needed(after)));
  } else {
    HoldingRow& row = state.holdings[order.row];
    move(row.reserved, row.free, before - after);
  }
}

}  // namespace karst
