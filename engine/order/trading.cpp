// Amend, hibernate, reactivate, mass cancel, post an offer.
#include "engine/order/trading.hpp"

#include <algorithm>

#include "engine/order/entry.hpp"

namespace karst {
namespace {

/// An amend that gives up the order's place: checked like a new order.
[[nodiscard]] RejectCode check_move(const State& state, const Command& command, Slot slot,
                                    std::uint32_t leaves) {
  const AmendOrder& amend = command.amend_order;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderHot& hot = node.hot;
  const Account& account = state.accounts[hot.account];
  const Instrument& instrument = state.instruments[hot.instrument];
  RejectCode code = check_open(instrument, state.now);
  if (code == RejectCode::none && hot.side == Side::buy) code = check_buyer(account, instrument);
  if (code != RejectCode::none) return code;
  const std::int64_t limit = amend.limit.value();
  if (limit < instrument.price_min || limit > instrument.price_max) {
    return RejectCode::price_out_of_bounds;
  }
  if (leaves == 0 || amend.quantity.value() > instrument.quantity_max) {
    return RejectCode::quantity_out_of_bounds;
  }
  const Ask ask{.side = hot.side,
                .kind = hot.kind,
                .time_in_force = hot.time_in_force,
                .draw = hot.draw,
                .limit = limit,
                .lots = leaves,
                .remainder = hot.fee_remainder,
                .held_lots = node.quantity,
                .held_limit = hot.limit};
  const Need need = need_of(instrument, ask);
  if (need.worst > amount_max) return RejectCode::amount_out_of_bounds;
  if (amend.quantity.value() > account.quantity_max) return RejectCode::order_size_exceeded;
  if (need.notional > account.notional_max) return RejectCode::order_notional_exceeded;
  code = check_cover(state, instrument, hot.account, ask, need, hot.row);
  if (code != RejectCode::none) return code;
  return has_level(state, instrument, ask) ? RejectCode::none : RejectCode::exchange_full;
}

}  // namespace

Outcome amend_order(State& state, const Command& command, bool is_busy) {
  const AmendOrder& amend = command.amend_order;
  const std::uint32_t account_id = command.account.value();
  RejectCode code = check_merchant(state.accounts[account_id]);
  if (code != RejectCode::none) return refuse(code);
  if (!state.accounts.count_message(account_id, state.now)) {
    return refuse(RejectCode::rate_exceeded);
  }
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return refuse(RejectCode::unknown_order);
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  OrderHot& hot = node.hot;
  if (hot.state == OrderState::hibernated) return refuse(RejectCode::order_hibernated);
  const std::uint32_t filled = hot.total - node.quantity;
  const std::uint32_t total = amend.quantity.value();
  const std::uint32_t leaves = total - std::min(total, filled);
  const bool keeps_place = amend.limit.value() == hot.limit && leaves <= node.quantity;
  if (keeps_place) {
    if (leaves == 0) return refuse(RejectCode::quantity_out_of_bounds);
  } else {
    code = check_move(state, command, slot, leaves);
    if (code != RejectCode::none) return refuse(code);
  }
  if (is_busy) return refuse(RejectCode::book_busy);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  Instrument& instrument = state.instruments[hot.instrument];
  Book& book = state.instruments.book(hot.instrument);
  hot.total = total;
  if (keeps_place) {
    change_reserve(state, instrument, slot, hot.side, hot.limit, node.quantity, leaves);
    book.reduce(state.orders, slot, leaves);
    emit_order(state, instrument, EventType::order_amended, 0, slot, leaves,
               order_flag::answer | order_flag::booked | order_flag::was_booked,
               command.client_seq);
    return Outcome::done;
  }
  book.remove(state.orders, slot);
  release_reserve(state, instrument, slot);
  hot.limit = amend.limit.value();
  node.quantity = leaves;
  change_reserve(state, instrument, slot, hot.side, hot.limit, 0, leaves);
  arrive(state, instrument, slot,
         {.event = EventType::order_amended,
          .flags = order_flag::was_booked | order_flag::moved,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
  return Outcome::done;
}

Outcome hibernate_order(State& state, const Command& command, bool is_busy) {
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return refuse(RejectCode::unknown_order);
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (hot.state == OrderState::hibernated) return refuse(RejectCode::order_hibernated);
  if (is_busy) return refuse(RejectCode::book_busy);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  const Instrument& instrument = state.instruments[hot.instrument];
  state.instruments.book(hot.instrument).remove(state.orders, slot);
  release_reserve(state, instrument, slot);
  enter_hibernation(state, slot);
  emit_order(state, instrument, EventType::order_hibernated, 0, slot,
             state.orders.nodes.node(slot).quantity, order_flag::answer | order_flag::was_booked,
             command.client_seq);
  return Outcome::done;
}

Outcome reactivate_order(State& state, const Command& command, bool is_busy) {
  const std::uint32_t account_id = command.account.value();
  const Account& account = state.accounts[account_id];
  RejectCode code = check_merchant(account);
  if (code != RejectCode::none) return refuse(code);
  if (!state.accounts.count_message(account_id, state.now)) {
    return refuse(RejectCode::rate_exceeded);
  }
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return refuse(RejectCode::unknown_order);
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderHot& hot = node.hot;
  if (hot.state != OrderState::hibernated) return refuse(RejectCode::order_not_hibernated);
  Instrument& instrument = state.instruments[hot.instrument];
  code = check_open(instrument, state.now);
  if (code == RejectCode::none && hot.side == Side::buy) code = check_buyer(account, instrument);
  if (code != RejectCode::none) return refuse(code);
  const Ask ask{.side = hot.side,
                .kind = hot.kind,
                .time_in_force = hot.time_in_force,
                .draw = hot.draw,
                .limit = hot.limit,
                .lots = node.quantity,
                .remainder = hot.fee_remainder,
                .held_lots = 0,
                .held_limit = 0};
  const Need need = need_of(instrument, ask);
  if (need.worst > amount_max) return refuse(RejectCode::amount_out_of_bounds);
  code = check_cover(state, instrument, account_id, ask, need, hot.row);
  if (code != RejectCode::none) return refuse(code);
  if (!has_level(state, instrument, ask)) return refuse(RejectCode::exchange_full);
  if (is_busy) return refuse(RejectCode::book_busy);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  leave_hibernation(state, slot);
  change_reserve(state, instrument, slot, hot.side, hot.limit, 0, node.quantity);
  arrive(state, instrument, slot,
         {.event = EventType::order_reactivated,
          .flags = 0,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
  return Outcome::done;
}

Outcome mass_cancel(State& state, const Command& command) {
  constexpr std::uint16_t jobs_per_account_max = 16;
  const std::uint32_t account = command.account.value();
  const Job job =
      Job::of_account(account, CancelReason::by_mass_cancel, command.sequence, command.mass_cancel);
  const bool is_joined = state.rules >= rules_of_joined_jobs && state.jobs.can_join(job);
  if (!is_joined && state.accounts[account].jobs >= jobs_per_account_max) {
    return refuse(RejectCode::exchange_full);
  }
  if (state.is_rehearsal) return Outcome::done;
  queue_release(state, job);
  return Outcome::done;
}

Outcome post_offer(State& state, const Command& command, bool is_busy) {
  const std::uint32_t account_id = command.account.value();
  RejectCode code = check_merchant(state.accounts[account_id]);
  if (code != RejectCode::none) return refuse(code);
  if (!state.accounts.count_message(account_id, state.now)) {
    return refuse(RejectCode::rate_exceeded);
  }
  Instrument* instrument = state.instruments.find(command.post_offer.instrument);
  if (instrument == nullptr) return refuse(RejectCode::unknown_instrument);
  if (instrument->is_product == 0 || instrument->issuer != account_id) {
    return refuse(RejectCode::not_issuer);
  }
  code = check_open(*instrument, state.now);
  if (code != RejectCode::none) return refuse(code);
  if (instrument->is_posted == 0) return refuse(RejectCode::mode_not_allowed);
  const std::int64_t price = command.post_offer.price.value();
  if (price != 0 && (price < instrument->price_min || price > instrument->price_max)) {
    return refuse(RejectCode::price_out_of_bounds);
  }
  if (is_busy) return refuse(RejectCode::book_busy);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  instrument->offer = price;
  emit_offer(state, *instrument, command.client_seq, true);
  sweep_offer(state, *instrument);
  return Outcome::done;
}

}  // namespace karst
