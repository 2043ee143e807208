// Placing and cancelling an order: nine commands in ten, so all of it is inlined. The compiler,
// left alone, finds it too much for one function and calls the smallest parts.
//
// Both are written once and made twice: for any command, and for the usual one, of which so much
// is known that many questions fall away when it is compiled.
#pragma once

#include "engine/command/codec.hpp"
#include "engine/order/life.hpp"
#include "engine/order/matching.hpp"
#include "engine/order/risk.hpp"
#include "engine/state/handler.hpp"
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
  if (slot == no_slot || state.orders.nodes.node(slot).hot.account != command.account.value())
      [[unlikely]] {
    return no_slot;
  }
  const std::uint32_t instrument = state.orders.nodes.node(slot).hot.instrument;
  return !is_usual && is_doomed(state, slot, state.instruments[instrument]) ? no_slot : slot;
}

/// Whether the book of an order has not finished an earlier sweep.
[[nodiscard]] inline bool is_busy(const State& state, Slot slot) {
  return state.instruments[state.orders.nodes.node(slot).hot.instrument].pending != 0;
}

/// What the commands that name an order of one's own find out: which one it is.
struct NamedOrder {
  Slot slot = no_slot;
};
template <>
struct Found<CancelOrder> : NamedOrder {};
template <>
struct Found<HibernateOrder> : NamedOrder {};
template <>
struct Found<ReactivateOrder> : NamedOrder {};
template <>
struct Found<AmendOrder> : NamedOrder {
  std::uint32_t leaves = 0;  ///< what is left to trade afterwards
  bool keeps_place = false;
};

/// Errors: unknown_order, book_busy. Source: docs/ENGINE.md §4.
template <Course course>
[[nodiscard, gnu::always_inline]] inline Checked<CancelOrder> check_cancel(const State& state,
                                                                           const Command& command) {
  const Slot slot = own_order<course>(state, command);
  if (slot == no_slot) [[unlikely]]
    return RejectCode::unknown_order;
  if (course == Course::any && is_busy(state, slot)) return RejectCode::book_busy;
  return Found<CancelOrder>{{slot}};
}

[[gnu::always_inline]] inline void cancel_order(State& state, const Command& command, Slot slot) {
  cancel(state, slot, CancelReason::by_client, order_flag::answer, command.client_seq);
}

/// The end of the calendar's local day. Source: MARKET.md §4, DAY.
[[nodiscard]] inline std::int64_t day_end(const State& state, const Instrument& instrument) {
  const std::int64_t offset = state.calendars[instrument.calendar].utc_offset_ns;
  return (floor_div(state.now + offset, ns_per_day) + 1) * ns_per_day - offset;
}

/// An order on its way in, with what the checks found out on the way.
struct Entry {
  std::int64_t expiry_ns = 0;
  std::uint32_t row = HoldingTable::none;
  Place place{};  ///< where it would rest
  Ask ask{};
  Need need{};
};

template <>
struct Found<PlaceOrder> {
  Entry entry;
};

/// The order a command asks for.
template <Course course>
[[nodiscard, gnu::always_inline]] inline Ask ask_of(const Instrument& instrument,
                                                    const PlaceOrder& order) {
  constexpr bool is_usual = course == Course::usual;
  std::int64_t limit = order.limit.value();
  if (!is_usual && order.kind == OrderKind::market) {
    const Band band = band_of(instrument);
    limit = order.side == Side::buy ? band.high : band.low;
  }
  return {.side = order.side,
          .kind = is_usual ? OrderKind::limit : order.kind,
          .time_in_force = order.time_in_force,
          .draw = order.draw,
          .limit = limit,
          .lots = order.quantity.value(),
          .remainder = 0,
          .held_lots = 0,
          .held_limit = 0};
}

/// When it ends by itself; 0 = never.
template <Course course>
[[nodiscard, gnu::always_inline]] inline std::int64_t expiry_of(const State& state,
                                                                const Instrument& instrument,
                                                                const PlaceOrder& order) {
  if (course == Course::usual) return 0;
  if (order.time_in_force == TimeInForce::gtd) return order.expiry.value();
  return order.time_in_force == TimeInForce::day ? day_end(state, instrument) : 0;
}

/// Codes 70-75. Finds the row an order reserves from or buys into, and the level it may rest at.
[[nodiscard, gnu::always_inline]] inline RejectCode check_room(const State& state,
                                                               const Instrument& instrument,
                                                               std::uint32_t account_id,
                                                               const PlaceOrder& order,
                                                               Entry& entry) {
  const Book& book = state.instruments.book(slot_of(order.instrument));
  // A buy draws from nothing and becomes a holding.
  entry.row = state.holdings.find(account_id, HoldingTable::asset(order.instrument, order.draw));
  const RejectCode code =
      check_cover(state, instrument, account_id, entry.ask, entry.need, entry.row);
  if (code != RejectCode::none) [[unlikely]]
    return code;
  if (state.orders.nodes.is_full()) [[unlikely]]
    return RejectCode::exchange_full;
  if (entry.row == HoldingTable::none && state.holdings.rows_free() == 0) [[unlikely]] {
    return RejectCode::exchange_full;
  }
  if (order.time_in_force <= TimeInForce::day) {
    entry.place = book.place(state.orders, order.side, entry.ask.limit, entry.ask.lots);
    if (!entry.place.has_room) [[unlikely]]
      return RejectCode::exchange_full;
  } else {
    book.prefetch_front(state.orders, opposite(order.side));
  }
  return RejectCode::none;
}

/// Codes 58 and 75 for orders with a client order id.
[[nodiscard]] RejectCode check_client_id_room(const State& state, const Account& account);
/// Keeps the client order id of an order that is about to be accepted.
void remember_client_id(State& state, const Command& command, Slot slot);

/// Fills in the order, whose holding row is `row`, and takes what it reserves.
/// Requires: all checks passed.
[[gnu::always_inline]] inline Slot enter_order(State& state, const Instrument& instrument,
                                               const Command& command, const Entry& entry,
                                               std::uint32_t row) {
  const PlaceOrder& order = command.place_order;
  const Slot slot = state.orders.nodes.allocate();
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  node.quantity = entry.ask.lots;
  // Field by field: a whole one put together first would be read back in wider pieces at once.
  OrderHot& hot = node.hot;
  hot.account = command.account.value();
  hot.row = row;
  hot.fee_remainder = 0;
  hot.set_kind(order.side, entry.ask.kind, order.time_in_force, entry.expiry_ns != 0,
               order.self_match, order.draw, OrderState::pending);
  hot.limit = entry.ask.limit;
  hot.entered = command.sequence;
  hot.total = entry.ask.lots;
  hot.key = command.key.value();
  hot.tag = order.tag;
  hot.instrument = slot_of(order.instrument);
  if (entry.expiry_ns != 0) [[unlikely]]
    state.orders.nodes.cold(slot).expiry_ns = entry.expiry_ns;
  reserve(state, instrument, order.side, command.account.value(), row, entry.need.worst,
          entry.ask.lots);
  return slot;
}

/// Codes 24-76 for an order whose merchant may trade. `instrument`: what it names; null if there is
/// none. Source: docs/ENGINE.md §4.
template <Course course>
[[nodiscard, gnu::always_inline]] inline RejectCode check_place(const State& state,
                                                                const Command& command,
                                                                const Instrument* instrument,
                                                                Entry& entry) {
  constexpr bool is_usual = course == Course::usual;
  const PlaceOrder& order = command.place_order;
  const std::uint32_t account_id = command.account.value();
  const Account& account = state.accounts[account_id];
  const bool has_client_id = !is_usual && !is_none(order.client_order_id);
  if (instrument == nullptr) [[unlikely]]
    return RejectCode::unknown_instrument;
  entry.ask = ask_of<course>(*instrument, order);
  entry.expiry_ns = expiry_of<course>(state, *instrument, order);
  RejectCode code = check_order<Wish::enter>(state, account, *instrument, entry.ask,
                                             order.quantity.value(), entry.expiry_ns, entry.need);
  if (code != RejectCode::none) [[unlikely]]
    return code;
  RejectCode id_code = RejectCode::none;
  if (has_client_id) [[unlikely]] {
    id_code = check_client_id_room(state, account);
    if (id_code == RejectCode::client_order_ids_exceeded) return id_code;
  }
  code = check_room(state, *instrument, account_id, order, entry);
  if (code != RejectCode::none) [[unlikely]]
    return code;
  if (id_code != RejectCode::none) [[unlikely]]
    return id_code;
  return !is_usual && instrument->pending != 0 ? RejectCode::book_busy : RejectCode::none;
}

/// Lets an order in: it rests, or meets the other side. Requires: check_place() found `entry`.
template <Course course>
[[gnu::always_inline]] inline void place_order(State& state, const Command& command,
                                               Instrument& instrument, const Entry& entry) {
  constexpr bool is_usual = course == Course::usual;
  const PlaceOrder& order = command.place_order;
  Book& book = state.instruments.book(slot_of(order.instrument));
  std::uint32_t row = entry.row;
  if (row == HoldingTable::none) [[unlikely]] {
    row = make_row(state, instrument, command.account.value(), Draw::holding);
  }
  const Slot slot = enter_order(state, instrument, command, entry, row);
  if (!is_usual && !is_none(order.client_order_id)) [[unlikely]] {
    remember_client_id(state, command, slot);
  }
  const bool must_trade = !is_usual && (order.all_or_none || order.minimum.value() != 0);
  if (order.time_in_force <= TimeInForce::day && !must_trade &&
      !is_crossing(book, instrument, order.side, entry.ask.limit)) {
    enlist(state, slot);
    rest(state, instrument, book, slot, entry.place, EventType::order_accepted, 0,
         command.client_seq);
    return;
  }
  const bool is_fok = !is_usual && order.time_in_force == TimeInForce::fok;
  const bool is_all = is_fok || (must_trade && order.all_or_none);
  walk_in(state, instrument, slot,
          {.event = EventType::order_accepted,
           .flags = 0,
           .client_seq = command.client_seq,
           .minimum = is_all       ? entry.ask.lots
                      : must_trade ? order.minimum.value()
                                   : 0,
           .too_few = is_fok ? CancelReason::fill_or_kill : CancelReason::minimum_not_met,
           .is_listed = false});
}

}  // namespace karst
