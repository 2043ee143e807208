// Placing and cancelling an order: nine commands in ten, so all of it is inlined. The compiler,
// left alone, finds it too much for one function and calls the smallest parts.
//
// Both are written once and made twice: for any command, and for the usual one, of which so much
// is known that many questions fall away when it is compiled.
#pragma once

#include "engine/command/codec.hpp"
#include "engine/command/outcome.hpp"
#include "engine/order/life.hpp"
#include "engine/order/matching.hpp"
#include "engine/order/risk.hpp"
#include "engine/state/state.hpp"

namespace karst {

[[nodiscard]] inline bool is_none(const ClientOrderId& id) { return (id[0] | id[1]) == 0; }

/// What is known of a command before its handler looks at it.
enum class Course : std::uint8_t {
  any,
  /// A plain limit order without client order id, or a cancel by the order's id; to be carried out,
  /// not rehearsed; and nothing was due or left over when it came: no book is busy, no job is
  /// queued, and so no order is doomed.
  usual,
};

/// The slot of the order a command names, by id or by client order id, whoever owns it.
[[nodiscard]] inline Slot named_order(const State& state, const Command& command) {
  // The four commands that name an order all begin with its id.
  static_assert(offsetof(AmendOrder, order) == 0 && offsetof(CancelOrder, order) == 0 &&
                offsetof(HibernateOrder, order) == 0 && offsetof(ReactivateOrder, order) == 0);
  OrderId id = command.cancel_order.order;
  if (id.is_none() && command.type == CommandType::cancel_order) [[unlikely]] {
    const std::uint32_t at =
        state.client_ids.find(command.account.value(), command.cancel_order.client_order_id);
    if (at != ClientIdTable::none) id = OrderId{state.client_ids[at].order};
  }
  return state.orders.nodes.find(id.value());
}

/// The order a merchant's command names, if it is the merchant's and not on its way out.
template <Course course = Course::any>
[[nodiscard]] inline Slot own_order(const State& state, const Command& command) {
  constexpr bool is_usual = course == Course::usual;
  const Slot slot = is_usual ? state.orders.nodes.find(command.cancel_order.order.value())
                             : named_order(state, command);
  if (slot == no_slot ||
      state.orders.nodes.node(slot).hot.account != command.account.value()) [[unlikely]] {
    return no_slot;
  }
  const std::uint32_t instrument = state.orders.nodes.node(slot).hot.instrument;
  return !is_usual && is_doomed(state, slot, state.instruments[instrument]) ? no_slot : slot;
}

/// Cancels an order. Errors: unknown_order, book_busy. Source: docs/ENGINE.md §4.
template <Course course>
[[nodiscard, gnu::always_inline]] inline Outcome cancel_order(State& state, const Command& command,
                                                              bool is_busy) {
  const Slot slot = own_order<course>(state, command);
  if (slot == no_slot) [[unlikely]] return refuse(RejectCode::unknown_order);
  if (course == Course::any && is_busy) return refuse(RejectCode::book_busy);
  if (course == Course::any && state.is_rehearsal) return Outcome::done;
  cancel(state, slot, CancelReason::by_client, order_flag::answer, command.client_seq);
  return Outcome::done;
}

/// The end of the calendar's local day. Source: MARKET.md §4, DAY.
[[nodiscard]] inline std::int64_t day_end(const State& state, const Instrument& instrument) {
  const std::int64_t offset = state.calendars[instrument.calendar].utc_offset_ns;
  return (floor_div(state.now + offset, ns_per_day) + 1) * ns_per_day - offset;
}

/// An order on its way in, with what the checks found out on the way.
struct Entry {
  Book* book = nullptr;  ///< of its instrument
  std::int64_t expiry_ns = 0;
  std::uint32_t row = HoldingTable::none;
  Place place{};  ///< where it would rest
  Ask ask{};
  Need need{};
};

/// Codes 30-57: is it open, is it within bounds.
template <Course course>
[[nodiscard, gnu::always_inline]] inline RejectCode check_bounds(const State& state,
                                                                 const Account& account,
                                                                 const Instrument& instrument,
                                                                 const PlaceOrder& order,
                                                                 Entry& entry) {
  constexpr bool is_usual = course == Course::usual;
  const bool is_buy = order.side == Side::buy;
  if (const RejectCode code = check_open(instrument, state.now); code != RejectCode::none)
      [[unlikely]] {
    return code;
  }
  if (is_buy) {
    const RejectCode code = check_buyer(account, instrument);
    if (code != RejectCode::none) [[unlikely]] return code;
  } else if (instrument.is_product != 0) [[unlikely]] {
    if (instrument.is_posted != 0) return RejectCode::mode_not_allowed;
    if (order.draw == Draw::holding && instrument.resale == Resale::none) {
      return RejectCode::resale_not_allowed;
    }
  }
  const std::uint32_t lots = order.quantity.value();
  std::int64_t limit = order.limit.value();
  if (!is_usual && order.kind == OrderKind::market) {
    const Band band = band_of(instrument);
    limit = is_buy ? band.high : band.low;
  } else if (limit < instrument.price_min || limit > instrument.price_max) [[unlikely]] {
    return RejectCode::price_out_of_bounds;
  }
  if (lots - 1 >= instrument.quantity_max) [[unlikely]] return RejectCode::quantity_out_of_bounds;
  entry.ask = {.side = order.side,
               .kind = is_usual ? OrderKind::limit : order.kind,
               .time_in_force = order.time_in_force,
               .draw = order.draw,
               .limit = limit,
               .lots = lots,
               .remainder = 0,
               .held_lots = 0,
               .held_limit = 0};
  entry.need = need_of(instrument, entry.ask);
  if (instrument.is_narrow == 0 && entry.need.worst > amount_max) [[unlikely]] {
    return RejectCode::amount_out_of_bounds;
  }
  if (!is_usual &&
      (order.time_in_force == TimeInForce::gtd || order.time_in_force == TimeInForce::day)) {
    entry.expiry_ns =
        order.time_in_force == TimeInForce::gtd ? order.expiry.value() : day_end(state, instrument);
    if (entry.expiry_ns <= state.now) return RejectCode::expiry_in_past;
  }
  if (lots > account.quantity_max) [[unlikely]] return RejectCode::order_size_exceeded;
  if (entry.need.notional > account.notional_max) [[unlikely]] {
    return RejectCode::order_notional_exceeded;
  }
  if (account.open_orders >= account.orders_max) [[unlikely]] {
    return RejectCode::open_orders_exceeded;
  }
  return RejectCode::none;
}

/// Codes 70-75. Finds the row an order reserves from or buys into, and the level it may rest at.
[[nodiscard, gnu::always_inline]] inline RejectCode check_room(const State& state,
                                                               const Instrument& instrument,
                                                               std::uint32_t account_id,
                                                               const PlaceOrder& order,
                                                               Entry& entry) {
  // A buy draws from nothing and becomes a holding.
  entry.row = state.holdings.find(account_id, HoldingTable::asset(order.instrument, order.draw));
  const RejectCode code =
      check_cover(state, instrument, account_id, entry.ask, entry.need, entry.row);
  if (code != RejectCode::none) [[unlikely]] return code;
  if (state.orders.nodes.is_full()) [[unlikely]] return RejectCode::exchange_full;
  if (entry.row == HoldingTable::none && state.holdings.rows_free() == 0) [[unlikely]] {
    return RejectCode::exchange_full;
  }
  if (order.time_in_force <= TimeInForce::day) {
    entry.place = entry.book->place(state.orders, order.side, entry.ask.limit, entry.ask.lots);
    if (!entry.place.has_room) [[unlikely]] return RejectCode::exchange_full;
  } else {
    entry.book->prefetch_front(state.orders, opposite(order.side));
  }
  return RejectCode::none;
}

/// Code 14 and the answer to a resend, for orders with a client order id.
[[nodiscard]] Outcome check_client_id(State& state, const Command& command);
/// Codes 58 and 75 for orders with a client order id.
[[nodiscard]] RejectCode check_client_id_room(const State& state, const Account& account);
/// Keeps the client order id of an order that is about to be accepted.
void remember_client_id(State& state, const Command& command, Slot slot);

/// Fills in the order and takes what it reserves. Requires: all checks passed.
[[gnu::always_inline]] inline Slot enter_order(State& state, const Instrument& instrument,
                                               const Command& command, const Entry& entry) {
  const PlaceOrder& order = command.place_order;
  const Slot slot = state.orders.nodes.allocate();
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  node.quantity = entry.ask.lots;
  // Field by field: a whole one put together first would be read back in wider pieces at once.
  OrderHot& hot = node.hot;
  hot.account = command.account.value();
  hot.row = entry.row;
  hot.fee_remainder = 0;
  hot.side = order.side;
  hot.kind = order.kind;
  hot.time_in_force = order.time_in_force;
  hot.expires = entry.expiry_ns != 0;
  hot.self_match = order.self_match;
  hot.draw = order.draw;
  hot.state = OrderState::pending;
  hot.limit = entry.ask.limit;
  hot.entered = command.sequence;
  hot.total = entry.ask.lots;
  hot.key = command.key.value();
  hot.tag = order.tag;
  hot.instrument = slot_of(order.instrument);
  if (hot.expires) [[unlikely]] state.orders.nodes.cold(slot).expiry_ns = entry.expiry_ns;
  if (order.side == Side::buy) {
    Balance& balance = state.accounts.balance(command.account.value(), instrument.currency);
    balance.available -= Money{entry.need.worst};
    balance.reserved += Money{entry.need.worst};
  } else {
    HoldingRow& row = state.holdings[entry.row];
    row.free -= entry.ask.lots;
    row.reserved += entry.ask.lots;
  }
  return slot;
}

/// Places an order: every check in order of precedence, then what cannot fail.
/// Errors: codes 14-76; nothing has changed then. Source: docs/ENGINE.md §4.
template <Course course>
[[nodiscard, gnu::always_inline]] inline Outcome place_order(State& state, const Command& command,
                                                             bool is_busy) {
  constexpr bool is_usual = course == Course::usual;
  const PlaceOrder& order = command.place_order;
  const std::uint32_t account_id = command.account.value();
  Account& account = state.accounts[account_id];
  const bool has_client_id = !is_usual && !is_none(order.client_order_id);
  if (has_client_id) [[unlikely]] {
    const Outcome outcome = check_client_id(state, command);
    if (outcome != Outcome::done) return outcome;
  }
  RejectCode code = check_merchant(account);
  if (code != RejectCode::none) [[unlikely]] return refuse(code);
  if (!state.accounts.count_message(account_id, state.now)) [[unlikely]] {
    return refuse(RejectCode::rate_exceeded);
  }
  Instrument* const found = state.instruments.find(order.instrument);
  if (found == nullptr) [[unlikely]] return refuse(RejectCode::unknown_instrument);
  Instrument& instrument = *found;
  Entry entry;
  entry.book = &state.instruments.book(slot_of(order.instrument));
  code = check_bounds<course>(state, account, instrument, order, entry);
  if (code != RejectCode::none) [[unlikely]] return refuse(code);
  RejectCode id_code = RejectCode::none;
  if (has_client_id) [[unlikely]] {
    id_code = check_client_id_room(state, account);
    if (id_code == RejectCode::client_order_ids_exceeded) return refuse(id_code);
  }
  code = check_room(state, instrument, account_id, order, entry);
  if (code != RejectCode::none) [[unlikely]] return refuse(code);
  if (id_code != RejectCode::none) [[unlikely]] return refuse(id_code);
  if (!is_usual && is_busy) return refuse(RejectCode::book_busy);
  if (!is_usual && state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  if (entry.row == HoldingTable::none) [[unlikely]] {
    entry.row = make_row(state, instrument, account_id, Draw::holding);
  }
  const Slot slot = enter_order(state, instrument, command, entry);
  if (has_client_id) [[unlikely]] remember_client_id(state, command, slot);
  const bool must_trade = !is_usual && (order.all_or_none || order.minimum.value() != 0);
  if (order.time_in_force <= TimeInForce::day && !must_trade &&
      !is_crossing(*entry.book, instrument, order.side, entry.ask.limit)) {
    enlist(state, slot);
    rest(state, instrument, *entry.book, slot, entry.place, EventType::order_accepted, 0,
         command.client_seq);
    return Outcome::done;
  }
  const bool is_fok = !is_usual && order.time_in_force == TimeInForce::fok;
  const bool is_all = is_fok || (must_trade && order.all_or_none);
  walk_in(state, instrument, slot,
          {.event = EventType::order_accepted,
           .flags = 0,
           .client_seq = command.client_seq,
           .minimum = is_all ? entry.ask.lots : must_trade ? order.minimum.value() : 0,
           .too_few = is_fok ? CancelReason::fill_or_kill : CancelReason::minimum_not_met,
           .is_listed = false});
  return Outcome::done;
}

}  // namespace karst
