// The checks every order passes, in order of precedence.
#pragma once

#include <cstdint>

#include "engine/order/matching.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Codes 16-18: may the merchant trade at all.
[[nodiscard]] inline RejectCode check_merchant(const Account& account) {
  if (account.is_admitted() && account.killed == 0) [[likely]] return RejectCode::none;
  if (account.state == MerchantState::suspended) return RejectCode::account_suspended;
  if (account.state == MerchantState::exited) return RejectCode::account_exited;
  return RejectCode::account_killed;
}

/// Codes 30-34 for a state in which nothing trades.
[[nodiscard]] constexpr RejectCode shut(InstrumentState state) {
  switch (state) {
    case InstrumentState::open: return RejectCode::none;
    case InstrumentState::scheduled: return RejectCode::instrument_scheduled;
    case InstrumentState::halted: return RejectCode::instrument_halted;
    case InstrumentState::suspended: return RejectCode::instrument_suspended;
    case InstrumentState::closed: return RejectCode::instrument_closed;
    case InstrumentState::delisted: return RejectCode::instrument_delisted;
  }
  return RejectCode::instrument_closed;
}

/// Codes 30-35: does the instrument trade now.
[[nodiscard]] inline RejectCode check_open(const Instrument& instrument, std::int64_t now) {
  if (instrument.state == InstrumentState::open && now < instrument.tradable_until_ns) [[likely]] {
    return RejectCode::none;
  }
  const RejectCode code = shut(effective_state(instrument, now));
  if (code != RejectCode::none) return code;
  return now < instrument.tradable_until_ns ? RejectCode::none : RejectCode::certificate_expired;
}

/// Codes 37-39: may this merchant buy it.
[[nodiscard]] inline RejectCode check_buyer(const Account& account, const Instrument& instrument) {
  const std::uint32_t has = account.levels;
  const std::uint32_t needs = instrument.levels_needed;
  if (level::suffices(has, needs)) [[likely]] return RejectCode::none;
  if (level::tier(has) < level::tier(needs)) return RejectCode::tier_too_low;
  if (level::clearance(has) < level::clearance(needs)) return RejectCode::clearance_too_low;
  return RejectCode::cross_border_denied;
}

/// What an order would be; the checks of size, money and room look at nothing else.
struct Ask {
  Side side;
  OrderKind kind;
  TimeInForce time_in_force;
  Draw draw;
  std::int64_t limit;
  std::uint32_t lots;       ///< to be reserved
  std::uint32_t remainder;  ///< fee remainder carried
  std::uint32_t held_lots;  ///< the order already reserves for as many
  std::int64_t held_limit;  ///< at this limit
};

/// Notional and worst case; beyond amount_max if either does not fit.
[[nodiscard]] inline Need need_of(const Instrument& instrument, const Ask& ask) {
  if (instrument.is_narrow != 0) [[likely]] {
    return narrow_need(ask.limit, instrument.tick_value, ask.lots, instrument.greatest,
                       ask.remainder);
  }
  const std::int64_t value = checked_notional(ask.limit, instrument.tick_value, ask.lots);
  if (value > amount_max) [[unlikely]] return {value, value};
  return {value, checked_worst(value, ask.lots, instrument.greatest, ask.remainder)};
}

/// Codes 70-73: would it trade although it must not; is what it needs there.
/// `row`: the holding row of a sell; none counts as 0 lots.
[[nodiscard]] inline RejectCode check_cover(const State& state, const Instrument& instrument,
                                            std::uint32_t account, const Ask& ask,
                                            const Need& need, std::uint32_t row) {
  if (ask.kind == OrderKind::post_only &&
      is_crossing(state.instruments.book(slot_of(instrument.id)), instrument, ask.side,
                  ask.limit)) {
    return RejectCode::post_only_would_trade;
  }
  if (ask.side == Side::buy) {
    const std::int64_t held =
        ask.held_lots == 0
            ? 0
            : worst_of(instrument, ask.held_limit, ask.held_lots, ask.remainder);
    const Balance& balance = state.accounts.balance(account, instrument.currency);
    if (balance.available.value() + held < need.worst) [[unlikely]] {
      return RejectCode::insufficient_funds;
    }
    return RejectCode::none;
  }
  const std::uint32_t free = row == HoldingTable::none ? 0 : state.holdings[row].free;
  if (std::uint64_t{free} + ask.held_lots >= ask.lots) [[likely]] return RejectCode::none;
  return ask.draw == Draw::capacity ? RejectCode::insufficient_capacity
                                    : RejectCode::insufficient_holding;
}

/// Part of code 75: is there a level for it, should it come to rest.
[[nodiscard]] inline bool has_level(const State& state, const Instrument& instrument,
                                    const Ask& ask) {
  return ask.time_in_force > TimeInForce::day ||
         state.instruments.book(slot_of(instrument.id))
             .can_insert(state.orders, ask.side, ask.limit, ask.lots);
}

}  // namespace karst
