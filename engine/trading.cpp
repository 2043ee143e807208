// Place, amend, cancel, hibernate, reactivate, mass cancel, post an offer.
#include "engine/trading.hpp"

#include <algorithm>

#include "engine/assert.hpp"
#include "engine/matching.hpp"
#include "engine/order_life.hpp"
#include "engine/reference_data.hpp"
#include "engine/risk.hpp"

namespace karst {
namespace {

[[nodiscard]] bool is_none(const ClientOrderId& id) { return (id[0] | id[1]) == 0; }

/// Everything a placed order says, as one word: two equal requests are the same request.
[[nodiscard]] std::uint64_t hash_of(const PlaceOrder& order) {
  const std::uint64_t small =
      static_cast<std::uint64_t>(order.side) | static_cast<std::uint64_t>(order.kind) << 8 |
      static_cast<std::uint64_t>(order.time_in_force) << 16 |
      static_cast<std::uint64_t>(order.self_match) << 24 |
      static_cast<std::uint64_t>(order.draw) << 32 |
      static_cast<std::uint64_t>(order.all_or_none) << 40;
  std::uint64_t hash = mix(hash_seed, small, order.instrument.value());
  hash = mix(hash, order.quantity.value(), order.minimum.value());
  hash = mix(hash, static_cast<std::uint64_t>(order.limit.value()), order.tag);
  return mix(hash, static_cast<std::uint64_t>(order.expiry.value()));
}

/// The end of the calendar's local day. Source: MARKET.md §4, DAY.
[[nodiscard]] std::int64_t day_end(const State& state, const Instrument& instrument) {
  const std::int64_t offset = state.calendars[instrument.calendar].utc_offset_ns;
  return (floor_div(state.now + offset, ns_per_day) + 1) * ns_per_day - offset;
}

/// An order on its way in, with what the checks found out on the way.
struct Entry {
  Instrument* instrument = nullptr;
  std::int64_t expiry_ns = 0;
  std::uint32_t row = HoldingTable::none;
  Ask ask{};
};

/// Codes 20-58: what it is about, is it open, is it within bounds.
[[nodiscard]] RejectCode check_bounds(const State& state, const Account& account,
                                      const PlaceOrder& order, Entry& entry, Need& need) {
  const Instrument& instrument = *entry.instrument;
  const bool is_buy = order.side == Side::buy;
  if (const RejectCode code = check_open(instrument, state.now); code != RejectCode::none) {
    return code;
  }
  if (instrument.is_posted != 0 && !is_buy) return RejectCode::mode_not_allowed;
  if (is_buy) {
    const RejectCode code = check_buyer(account, instrument);
    if (code != RejectCode::none) return code;
  } else if (order.draw == Draw::holding && instrument.is_product != 0 &&
             instrument.resale == Resale::none) {
    return RejectCode::resale_not_allowed;
  }
  const std::uint32_t lots = order.quantity.value();
  std::int64_t limit = order.limit.value();
  if (order.kind == OrderKind::market) {
    const Band band = band_of(instrument);
    limit = is_buy ? band.high : band.low;
  } else if (limit < instrument.price_min || limit > instrument.price_max) {
    return RejectCode::price_out_of_bounds;
  }
  if (lots < 1 || lots > instrument.quantity_max) return RejectCode::quantity_out_of_bounds;
  entry.ask = {.side = order.side,
               .kind = order.kind,
               .time_in_force = order.time_in_force,
               .draw = order.draw,
               .limit = limit,
               .lots = lots,
               .remainder = 0,
               .held_lots = 0,
               .held_limit = 0};
  need = need_of(instrument, entry.ask);
  if (need.worst > amount_max) return RejectCode::amount_out_of_bounds;
  if (order.time_in_force >= TimeInForce::gtd && order.time_in_force <= TimeInForce::day) {
    entry.expiry_ns = order.time_in_force == TimeInForce::gtd ? order.expiry.value()
                                                              : day_end(state, instrument);
    if (entry.expiry_ns <= state.now) return RejectCode::expiry_in_past;
  }
  if (lots > account.quantity_max) return RejectCode::order_size_exceeded;
  if (need.notional > account.notional_max) return RejectCode::order_notional_exceeded;
  if (account.open_orders >= account.orders_max) return RejectCode::open_orders_exceeded;
  return RejectCode::none;
}

/// Codes 70-76. Finds the row an order reserves from or buys into.
[[nodiscard]] RejectCode check_room(const State& state, std::uint32_t account_id,
                                    const PlaceOrder& order, Entry& entry, const Need& need) {
  const Instrument& instrument = *entry.instrument;
  const Draw kind = order.side == Side::buy ? Draw::holding : order.draw;
  entry.row = state.holdings.find(account_id, HoldingTable::asset(instrument.id, kind));
  const RejectCode code =
      check_cover(state, instrument, account_id, entry.ask, need, entry.row);
  if (code != RejectCode::none) return code;
  const bool has_room =
      !state.orders.nodes.is_full() &&
      (entry.row != HoldingTable::none || state.holdings.rows_free() > 0) &&
      (is_none(order.client_order_id) || !state.client_ids.is_full()) &&
      has_level(state, instrument, entry.ask);
  return has_room ? RejectCode::none : RejectCode::exchange_full;
}

/// Fills in the order's two parts. Requires: all checks passed.
Slot enter_order(State& state, const Command& command, const Entry& entry) {
  const PlaceOrder& order = command.place_order;
  const Slot slot = state.orders.nodes.allocate();
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  node.quantity = entry.ask.lots;
  node.hot.account = command.account.value();
  node.hot.row = entry.row;
  node.hot.fee_remainder = 0;
  node.hot.flags = entry.expiry_ns != 0 ? OrderHot::expires : std::uint16_t{0};
  state.orders.nodes.cold(slot) = {.limit = entry.ask.limit,
                                   .expiry_ns = entry.expiry_ns,
                                   .entered = command.sequence,
                                   .total = entry.ask.lots,
                                   .key = command.key.value(),
                                   .tag = order.tag,
                                   .instrument = slot_of(order.instrument),
                                   .side = order.side,
                                   .kind = order.kind,
                                   .time_in_force = order.time_in_force,
                                   .self_match = order.self_match,
                                   .draw = order.draw,
                                   .state = OrderState::pending,
                                   .zero = {}};
  return slot;
}

void remember_client_id(State& state, const Command& command, Slot slot) {
  const std::uint32_t at = state.client_ids.insert(
      {.id = command.place_order.client_order_id,
       .request_hash = hash_of(command.place_order),
       .order = state.orders.nodes.id(slot),
       .sequence = command.sequence,
       .account_event = state.accounts[command.account.value()].event_number + 1,
       .number = 0,
       .account = command.account.value(),
       .zero = 0});
  ++state.accounts[command.account.value()].client_ids;
  state.timers.set({state.now + ns_per_day, state.client_ids[at].number, TimerKind::client_id,
                    state.client_id_timer(at)});
}

/// Code 14: the client order id was used before.
[[nodiscard]] Outcome check_client_id(State& state, const Command& command) {
  const std::uint32_t at =
      state.client_ids.find(command.account.value(), command.place_order.client_order_id);
  if (at == ClientIdTable::none) return {};
  const ClientIdEntry& entry = state.client_ids[at];
  if (entry.request_hash != hash_of(command.place_order)) {
    return {RejectCode::client_order_id_in_use};
  }
  state.note_answer(entry.account_event, entry.order);
  return {RejectCode::none, true, entry.sequence};
}

/// The order a merchant's command names, if it is the merchant's and not on its way out.
[[nodiscard]] Slot own_order(const State& state, const Command& command) {
  const Slot slot = named_order(state, command);
  if (slot == no_slot ||
      state.orders.nodes.node(slot).hot.account != command.account.value() ||
      is_doomed(state, slot, state.instruments[state.orders.nodes.cold(slot).instrument])) {
    return no_slot;
  }
  return slot;
}

}  // namespace

Slot named_order(const State& state, const Command& command) {
  if (command.type == CommandType::cancel_order && command.cancel_order.order.is_none()) {
    const std::uint32_t at =
        state.client_ids.find(command.account.value(), command.cancel_order.client_order_id);
    return at == ClientIdTable::none ? no_slot
                                     : state.orders.nodes.find(state.client_ids[at].order);
  }
  // The four commands that name an order all begin with its id.
  static_assert(offsetof(AmendOrder, order) == 0 && offsetof(CancelOrder, order) == 0 &&
                offsetof(HibernateOrder, order) == 0 && offsetof(ReactivateOrder, order) == 0);
  return state.orders.nodes.find(command.hibernate_order.order.value());
}

Outcome place_order(State& state, const Command& command, bool is_busy) {
  const PlaceOrder& order = command.place_order;
  const std::uint32_t account_id = command.account.value();
  Account& account = state.accounts[account_id];
  if (!is_none(order.client_order_id)) {
    const Outcome outcome = check_client_id(state, command);
    if (outcome.code != RejectCode::none || outcome.is_repeated) return outcome;
  }
  if (const RejectCode code = check_merchant(account); code != RejectCode::none) return {code};
  if (!state.accounts.count_message(account_id, state.now)) return {RejectCode::rate_exceeded};
  Entry entry;
  entry.instrument = state.instruments.find(order.instrument);
  if (entry.instrument == nullptr) return {RejectCode::unknown_instrument};
  Need need{};
  RejectCode code = check_bounds(state, account, order, entry, need);
  if (code != RejectCode::none) return {code};
  if (!is_none(order.client_order_id) &&
      account.client_ids >= state.config.client_ids_per_account_max) {
    return {RejectCode::client_order_ids_exceeded};
  }
  code = check_room(state, account_id, order, entry, need);
  if (code != RejectCode::none) return {code};
  if (is_busy) return {RejectCode::book_busy};

  // From here on nothing can fail.
  if (entry.row == HoldingTable::none) {
    entry.row = make_row(state, *entry.instrument, account_id, Draw::holding);
  }
  const Slot slot = enter_order(state, command, entry);
  if (order.side == Side::buy) {
    Balance& balance = state.accounts.balance(account_id, entry.instrument->currency);
    balance.available -= Money{need.worst};
    balance.reserved += Money{need.worst};
  } else {
    HoldingRow& row = state.holdings[entry.row];
    row.free -= entry.ask.lots;
    row.reserved += entry.ask.lots;
  }
  if (!is_none(order.client_order_id)) remember_client_id(state, command, slot);
  const bool is_fok = order.time_in_force == TimeInForce::fok;
  arrive(state, *entry.instrument, slot,
         {.event = EventType::order_accepted,
          .flags = 0,
          .client_seq = command.client_seq,
          .minimum = is_fok || order.all_or_none ? entry.ask.lots : order.minimum.value(),
          .too_few = is_fok ? CancelReason::fill_or_kill : CancelReason::minimum_not_met,
          .is_listed = false});
  return {};
}

Outcome cancel_order(State& state, const Command& command, bool is_busy) {
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return {RejectCode::unknown_order};
  if (is_busy) return {RejectCode::book_busy};
  cancel(state, slot, CancelReason::by_client, order_flag::answer, command.client_seq);
  return {};
}

namespace {

/// An amend that gives up the order's place: checked like a new order.
[[nodiscard]] RejectCode check_move(const State& state, const Command& command, Slot slot,
                                    std::uint32_t leaves) {
  const AmendOrder& amend = command.amend_order;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderCold& cold = state.orders.nodes.cold(slot);
  const Account& account = state.accounts[node.hot.account];
  const Instrument& instrument = state.instruments[cold.instrument];
  RejectCode code = check_open(instrument, state.now);
  if (code == RejectCode::none && cold.side == Side::buy) code = check_buyer(account, instrument);
  if (code != RejectCode::none) return code;
  const std::int64_t limit = amend.limit.value();
  if (limit < instrument.price_min || limit > instrument.price_max) {
    return RejectCode::price_out_of_bounds;
  }
  if (leaves == 0 || amend.quantity.value() > instrument.quantity_max) {
    return RejectCode::quantity_out_of_bounds;
  }
  const Ask ask{.side = cold.side,
                .kind = cold.kind,
                .time_in_force = cold.time_in_force,
                .draw = cold.draw,
                .limit = limit,
                .lots = leaves,
                .remainder = node.hot.fee_remainder,
                .held_lots = node.quantity,
                .held_limit = cold.limit};
  const Need need = need_of(instrument, ask);
  if (need.worst > amount_max) return RejectCode::amount_out_of_bounds;
  if (amend.quantity.value() > account.quantity_max) return RejectCode::order_size_exceeded;
  if (need.notional > account.notional_max) return RejectCode::order_notional_exceeded;
  code = check_cover(state, instrument, node.hot.account, ask, need, node.hot.row);
  if (code != RejectCode::none) return code;
  return has_level(state, instrument, ask) ? RejectCode::none : RejectCode::exchange_full;
}

}  // namespace

Outcome amend_order(State& state, const Command& command, bool is_busy) {
  const AmendOrder& amend = command.amend_order;
  const std::uint32_t account_id = command.account.value();
  RejectCode code = check_merchant(state.accounts[account_id]);
  if (code != RejectCode::none) return {code};
  if (!state.accounts.count_message(account_id, state.now)) return {RejectCode::rate_exceeded};
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return {RejectCode::unknown_order};
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  OrderCold& cold = state.orders.nodes.cold(slot);
  if (cold.state == OrderState::hibernated) return {RejectCode::order_hibernated};
  const std::uint32_t filled = cold.total - node.quantity;
  const std::uint32_t total = amend.quantity.value();
  const std::uint32_t leaves = total - std::min(total, filled);
  const bool keeps_place = amend.limit.value() == cold.limit && leaves <= node.quantity;
  if (keeps_place) {
    if (leaves == 0) return {RejectCode::quantity_out_of_bounds};
  } else {
    code = check_move(state, command, slot, leaves);
    if (code != RejectCode::none) return {code};
  }
  if (is_busy) return {RejectCode::book_busy};

  // From here on nothing can fail.
  Instrument& instrument = state.instruments[cold.instrument];
  Book& book = state.instruments.book(cold.instrument);
  cold.total = total;
  if (keeps_place) {
    change_reserve(state, instrument, slot, cold.side, cold.limit, node.quantity, leaves);
    book.reduce(state.orders, slot, leaves);
    emit_order(state, EventType::order_amended, 0, slot, leaves,
               order_flag::answer | order_flag::booked | order_flag::was_booked,
               command.client_seq);
    return {};
  }
  book.remove(state.orders, slot);
  change_reserve(state, instrument, slot, cold.side, cold.limit, node.quantity, 0);
  cold.limit = amend.limit.value();
  node.quantity = leaves;
  change_reserve(state, instrument, slot, cold.side, cold.limit, 0, leaves);
  arrive(state, instrument, slot,
         {.event = EventType::order_amended,
          .flags = order_flag::was_booked | order_flag::moved,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
  return {};
}

Outcome hibernate_order(State& state, const Command& command, bool is_busy) {
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return {RejectCode::unknown_order};
  const OrderCold& cold = state.orders.nodes.cold(slot);
  if (cold.state == OrderState::hibernated) return {RejectCode::order_hibernated};
  if (is_busy) return {RejectCode::book_busy};

  // From here on nothing can fail.
  const std::uint32_t leaves = state.orders.nodes.node(slot).quantity;
  state.instruments.book(cold.instrument).remove(state.orders, slot);
  change_reserve(state, state.instruments[cold.instrument], slot, cold.side, cold.limit, leaves, 0);
  enter_hibernation(state, slot);
  emit_order(state, EventType::order_hibernated, 0, slot, leaves,
             order_flag::answer | order_flag::was_booked, command.client_seq);
  return {};
}

Outcome reactivate_order(State& state, const Command& command, bool is_busy) {
  const std::uint32_t account_id = command.account.value();
  const Account& account = state.accounts[account_id];
  RejectCode code = check_merchant(account);
  if (code != RejectCode::none) return {code};
  if (!state.accounts.count_message(account_id, state.now)) return {RejectCode::rate_exceeded};
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return {RejectCode::unknown_order};
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderCold& cold = state.orders.nodes.cold(slot);
  if (cold.state != OrderState::hibernated) return {RejectCode::order_not_hibernated};
  Instrument& instrument = state.instruments[cold.instrument];
  code = check_open(instrument, state.now);
  if (code == RejectCode::none && cold.side == Side::buy) code = check_buyer(account, instrument);
  if (code != RejectCode::none) return {code};
  const Ask ask{.side = cold.side,
                .kind = cold.kind,
                .time_in_force = cold.time_in_force,
                .draw = cold.draw,
                .limit = cold.limit,
                .lots = node.quantity,
                .remainder = node.hot.fee_remainder,
                .held_lots = 0,
                .held_limit = 0};
  const Need need = need_of(instrument, ask);
  if (need.worst > amount_max) return {RejectCode::amount_out_of_bounds};
  code = check_cover(state, instrument, account_id, ask, need, node.hot.row);
  if (code != RejectCode::none) return {code};
  if (!has_level(state, instrument, ask)) return {RejectCode::exchange_full};
  if (is_busy) return {RejectCode::book_busy};

  // From here on nothing can fail.
  leave_hibernation(state, slot);
  change_reserve(state, instrument, slot, cold.side, cold.limit, 0, node.quantity);
  arrive(state, instrument, slot,
         {.event = EventType::order_reactivated,
          .flags = 0,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
  return {};
}

Outcome mass_cancel(State& state, const Command& command) {
  constexpr std::uint16_t jobs_per_account_max = 16;
  Account& account = state.accounts[command.account.value()];
  if (account.jobs >= jobs_per_account_max) return {RejectCode::exchange_full};
  ++account.jobs;
  state.jobs.push({.kind = JobKind::account,
                   .reason = CancelReason::by_mass_cancel,
                   .side = command.mass_cancel.side,
                   .zero = 0,
                   .account = command.account.value(),
                   .instrument = command.mass_cancel.instrument.value(),
                   .tag = command.mass_cancel.tag,
                   .key = 0,
                   .zeros = 0,
                   .queued = command.sequence});
  return {};
}

Outcome post_offer(State& state, const Command& command, bool is_busy) {
  const std::uint32_t account_id = command.account.value();
  RejectCode code = check_merchant(state.accounts[account_id]);
  if (code != RejectCode::none) return {code};
  if (!state.accounts.count_message(account_id, state.now)) return {RejectCode::rate_exceeded};
  Instrument* instrument = state.instruments.find(command.post_offer.instrument);
  if (instrument == nullptr) return {RejectCode::unknown_instrument};
  if (instrument->is_product == 0 || instrument->issuer != account_id) {
    return {RejectCode::not_issuer};
  }
  code = check_open(*instrument, state.now);
  if (code != RejectCode::none) return {code};
  if (instrument->is_posted == 0) return {RejectCode::mode_not_allowed};
  const std::int64_t price = command.post_offer.price.value();
  if (price != 0 && (price < instrument->price_min || price > instrument->price_max)) {
    return {RejectCode::price_out_of_bounds};
  }
  if (is_busy) return {RejectCode::book_busy};

  // From here on nothing can fail.
  instrument->offer = price;
  emit_offer(state, *instrument, command.client_seq, true);
  sweep_offer(state, *instrument);
  return {};
}

}  // namespace karst
