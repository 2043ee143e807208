// Amend, hibernate, reactivate, mass cancel, post an offer.
#include <algorithm>

#include "engine/order/entry.hpp"

namespace karst {
namespace {

/// Codes 30-75 for an order that is there already and would come into the book with `lots` to trade
/// at `limit`. `held`: what it reserves for now.
template <Wish wish>
[[nodiscard]] RejectCode check_again(const State& state, Slot slot, std::int64_t limit,
                                     std::uint32_t lots, std::uint32_t total, std::uint32_t held) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  const Instrument& instrument = state.instruments[hot.instrument];
  const Ask ask{.side = hot.side,
                .kind = hot.kind,
                .time_in_force = hot.time_in_force,
                .draw = hot.draw,
                .limit = limit,
                .lots = lots,
                .remainder = hot.fee_remainder,
                .held_lots = held,
                .held_limit = held == 0 ? 0 : hot.limit};
  Need need{};
  RejectCode code =
      check_order<wish>(state, state.accounts[hot.account], instrument, ask, total, 0, need);
  if (code != RejectCode::none) return code;
  code = check_cover(state, instrument, hot.account, ask, need, hot.row);
  if (code != RejectCode::none) return code;
  return has_level(state, instrument, ask) ? RejectCode::none : RejectCode::exchange_full;
}

/// Takes what an order needs that is there already and reserves nothing.
void reserve_again(State& state, const Instrument& instrument, const OrderNode<OrderHot>& order) {
  const OrderHot& hot = order.hot;
  reserve(state, instrument, hot.side, hot.account, hot.row,
          worst_of(instrument, hot.limit, order.quantity, hot.fee_remainder), order.quantity);
}

}  // namespace

Checked<AmendOrder> check(const State& state, const Command& command, const AmendOrder& amend) {
  RejectCode code = check_speaker(state, command);
  if (code != RejectCode::none) return code;
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return RejectCode::unknown_order;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderHot& hot = node.hot;
  if (hot.state == OrderState::hibernated) return RejectCode::order_hibernated;
  const std::uint32_t filled = hot.total - node.quantity;
  const std::uint32_t total = amend.quantity.value();
  const std::uint32_t leaves = total - std::min(total, filled);
  const bool keeps_place = amend.limit.value() == hot.limit && leaves <= node.quantity;
  if (keeps_place) {
    if (leaves == 0) return RejectCode::quantity_out_of_bounds;
  } else {
    code = check_again<Wish::move>(state, slot, amend.limit.value(), leaves, total, node.quantity);
    if (code != RejectCode::none) return code;
  }
  if (is_busy(state, slot)) return RejectCode::book_busy;
  return Found<AmendOrder>{{slot}, leaves, keeps_place};
}

void carry_out(State& state, const Command& command, const Checked<AmendOrder>& checked) {
  const AmendOrder& amend = command.amend_order;
  const Slot slot = checked.found.slot;
  const std::uint32_t leaves = checked.found.leaves;
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  OrderHot& hot = node.hot;
  Instrument& instrument = state.instruments[hot.instrument];
  Book& book = state.instruments.book(hot.instrument);
  hot.total = amend.quantity.value();
  if (checked.found.keeps_place) {
    release(state, instrument, hot, node.quantity, leaves);
    book.reduce(state.orders, slot, leaves);
    emit_order(state, instrument, EventType::order_amended, 0, slot, leaves,
               order_flag::answer | order_flag::booked | order_flag::was_booked,
               command.client_seq);
    return;
  }
  book.remove(state.orders, slot);
  release(state, instrument, hot, node.quantity);
  hot.limit = amend.limit.value();
  node.quantity = leaves;
  reserve_again(state, instrument, node);
  arrive(state, instrument, slot,
         {.event = EventType::order_amended,
          .flags = order_flag::was_booked | order_flag::moved,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
}

Checked<HibernateOrder> check(const State& state, const Command& command, const HibernateOrder&) {
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return RejectCode::unknown_order;
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (hot.state == OrderState::hibernated) return RejectCode::order_hibernated;
  if (is_busy(state, slot)) return RejectCode::book_busy;
  return Found<HibernateOrder>{{slot}};
}

void carry_out(State& state, const Command& command, const Checked<HibernateOrder>& checked) {
  const Slot slot = checked.found.slot;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const Instrument& instrument = state.instruments[node.hot.instrument];
  state.instruments.book(node.hot.instrument).remove(state.orders, slot);
  release(state, instrument, node.hot, node.quantity);
  enter_hibernation(state, slot);
  emit_order(state, instrument, EventType::order_hibernated, 0, slot, node.quantity,
             order_flag::answer | order_flag::was_booked, command.client_seq);
}

Checked<ReactivateOrder> check(const State& state, const Command& command, const ReactivateOrder&) {
  RejectCode code = check_speaker(state, command);
  if (code != RejectCode::none) return code;
  const Slot slot = own_order(state, command);
  if (slot == no_slot) return RejectCode::unknown_order;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  if (node.hot.state != OrderState::hibernated) return RejectCode::order_not_hibernated;
  code =
      check_again<Wish::reactivate>(state, slot, node.hot.limit, node.quantity, node.quantity, 0);
  if (code != RejectCode::none) return code;
  if (is_busy(state, slot)) return RejectCode::book_busy;
  return Found<ReactivateOrder>{{slot}};
}

void carry_out(State& state, const Command& command, const Checked<ReactivateOrder>& checked) {
  const Slot slot = checked.found.slot;
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  Instrument& instrument = state.instruments[node.hot.instrument];
  leave_hibernation(state, slot);
  reserve_again(state, instrument, node);
  arrive(state, instrument, slot,
         {.event = EventType::order_reactivated,
          .flags = 0,
          .client_seq = command.client_seq,
          .minimum = 0,
          .too_few = {},
          .is_listed = true});
}

namespace {

[[nodiscard]] Job job_of(const Command& command) {
  return Job::of_account(command.account.value(), CancelReason::by_mass_cancel, command.sequence,
                         command.mass_cancel);
}

}  // namespace

Checked<MassCancel> check(const State& state, const Command& command, const MassCancel&) {
  constexpr std::uint16_t jobs_per_account_max = 16;
  const bool is_joined =
      state.rules >= rules_of_joined_jobs && state.jobs.can_join(job_of(command));
  if (!is_joined && state.accounts[command.account.value()].jobs >= jobs_per_account_max) {
    return RejectCode::exchange_full;
  }
  return {};
}

void carry_out(State& state, const Command& command, const Checked<MassCancel>&) {
  queue_release(state, job_of(command));
  emit_done(state, command, command.account.value());
}

Checked<PostOffer> check(const State& state, const Command& command, const PostOffer& body) {
  RejectCode code = check_speaker(state, command);
  if (code != RejectCode::none) return code;
  const Instrument* instrument = state.instruments.find(body.instrument);
  if (instrument == nullptr) return RejectCode::unknown_instrument;
  if (instrument->issuer != command.account.value()) return RejectCode::not_issuer;
  code = check_open(*instrument, state.now);
  if (code != RejectCode::none) return code;
  if (!instrument->allows(TradeMode::posted)) return RejectCode::mode_not_allowed;
  const std::int64_t price = body.price.value();
  if (price != 0 && (price < instrument->price_min || price > instrument->price_max)) {
    return RejectCode::price_out_of_bounds;
  }
  if (instrument->pending != 0) return RejectCode::book_busy;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<PostOffer>&) {
  Instrument& instrument = state.instruments[slot_of(command.post_offer.instrument)];
  instrument.offer = command.post_offer.price.value();
  emit_offer(state, instrument, command.client_seq, true);
  sweep_offer(state, instrument);
}

}  // namespace karst
