// The checks every order passes, in order of precedence.
#pragma once

#include <cstdint>

#include "engine/order/matching.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Codes 16-18: may the merchant trade at all.
[[nodiscard]] inline RejectCode check_merchant(const Account& account) {
  if (account.is_admitted() && account.killed == 0) [[likely]]
    return RejectCode::none;
  if (account.state == MerchantState::suspended) return RejectCode::account_suspended;
  if (account.state == MerchantState::exited) return RejectCode::account_exited;
  return RejectCode::account_killed;
}

/// Codes 16-19: may the merchant trade, and say one more thing now.
[[nodiscard]] inline RejectCode check_speaker(const State& state, const Command& command) {
  const std::uint32_t account = command.account.value();
  const RejectCode code = check_merchant(state.accounts[account]);
  if (code != RejectCode::none) return code;
  return state.accounts.has_message_left(account, state.now) ? RejectCode::none
                                                             : RejectCode::rate_exceeded;
}

/// Codes 30-34 for a state in which nothing trades.
[[nodiscard]] constexpr RejectCode shut(InstrumentState state) {
  switch (state) {
    case InstrumentState::open:
      return RejectCode::none;
    case InstrumentState::scheduled:
      return RejectCode::instrument_scheduled;
    case InstrumentState::halted:
      return RejectCode::instrument_halted;
    case InstrumentState::suspended:
      return RejectCode::instrument_suspended;
    case InstrumentState::closed:
      return RejectCode::instrument_closed;
    case InstrumentState::delisted:
      return RejectCode::instrument_delisted;
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
  if (level::suffices(has, needs)) [[likely]]
    return RejectCode::none;
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
  if (value > amount_max) [[unlikely]]
    return {value, value};
  return {value, checked_worst(value, ask.lots, instrument.greatest, ask.remainder)};
}

/// How an order comes to be checked.
enum class Wish : std::uint8_t {
  enter,       ///< a new one
  move,        ///< an amend that gives up the order's place
  reactivate,  ///< back from hibernation as it was
};

/// Codes 30-57: is it open to this merchant, is it within bounds. Of every order that comes into a
/// book, whatever brings it there.
///
/// `total`: lots of the order, those filled included. `expiry_ns`: 0 = never.
/// Returns: the code; `need` is what it would reserve then.
template <Wish wish>
[[nodiscard, gnu::always_inline]] inline RejectCode check_order(
    const State& state, const Account& account, const Instrument& instrument, const Ask ask,
    std::uint32_t total, std::int64_t expiry_ns, Need& need) {
  RejectCode code = check_open(instrument, state.now);
  if (code != RejectCode::none) [[unlikely]]
    return code;
  if (ask.side == Side::buy) {
    code = check_buyer(account, instrument);
    if (code != RejectCode::none) [[unlikely]]
      return code;
  } else {
    if (!instrument.allows(TradeMode::book)) [[unlikely]]
      return RejectCode::mode_not_allowed;
    if (instrument.resale == Resale::none && ask.draw == Draw::holding) [[unlikely]] {
      return RejectCode::resale_not_allowed;
    }
  }
  // A market order comes in with the bound that the price band gives it.
  if ((wish != Wish::enter || ask.kind != OrderKind::market) &&
      (ask.limit < instrument.price_min || ask.limit > instrument.price_max)) [[unlikely]] {
    return RejectCode::price_out_of_bounds;
  }
  if (ask.lots == 0 || total - 1 >= instrument.quantity_max) [[unlikely]] {
    return RejectCode::quantity_out_of_bounds;
  }
  need = need_of(instrument, ask);
  if (instrument.is_narrow == 0 && need.worst > amount_max) [[unlikely]] {
    return RejectCode::amount_out_of_bounds;
  }
  if (wish == Wish::enter && expiry_ns != 0 && expiry_ns <= state.now) [[unlikely]] {
    return RejectCode::expiry_in_past;
  }
  if (wish == Wish::reactivate) return RejectCode::none;
  if (total > account.quantity_max) [[unlikely]]
    return RejectCode::order_size_exceeded;
  if (need.notional > account.notional_max) [[unlikely]] {
    return RejectCode::order_notional_exceeded;
  }
  if (wish == Wish::enter && account.open_orders >= account.orders_max) [[unlikely]] {
    return RejectCode::open_orders_exceeded;
  }
  return RejectCode::none;
}

/// Codes 70-73: would it trade although it must not; is what it needs there.
/// `row`: the holding row of a sell; none counts as 0 lots.
[[nodiscard]] inline RejectCode check_cover(const State& state, const Instrument& instrument,
                                            std::uint32_t account, const Ask& ask, const Need& need,
                                            std::uint32_t row) {
  if (ask.kind == OrderKind::post_only &&
      is_crossing(state.instruments.book(slot_of(instrument.id)), instrument, ask.side,
                  ask.limit)) {
    return RejectCode::post_only_would_trade;
  }
  if (ask.side == Side::buy) {
    const std::int64_t held =
        ask.held_lots == 0 ? 0 : worst_of(instrument, ask.held_limit, ask.held_lots, ask.remainder);
    const Balance& balance = state.accounts.balance(account, instrument.currency);
    if (balance.available.value() + held < need.worst) [[unlikely]] {
      return RejectCode::insufficient_funds;
    }
    return RejectCode::none;
  }
  const std::uint32_t free = row == HoldingTable::none ? 0 : state.holdings[row].free;
  if (std::uint64_t{free} + ask.held_lots >= ask.lots) [[likely]]
    return RejectCode::none;
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
