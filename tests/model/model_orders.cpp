// The commands about orders: every check by code, then what cannot fail (docs/ENGINE.md §4).
#include "tests/model/model.hpp"
#include "tests/model/request.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t window_lengths[] = {10 * ns_per_second, ns_per_hour, ns_per_day};

}  // namespace

RejectCode Model::may_trade(const Merchant& merchant) const {
  if (merchant.state == MerchantState::suspended) return RejectCode::account_suspended;
  if (merchant.state == MerchantState::exited) return RejectCode::account_exited;
  return merchant.is_killed() ? RejectCode::account_killed : RejectCode::none;
}

/// Counts one message in all three windows, or in none and returns false.
bool Model::count_message(Merchant& merchant) const {
  std::array<Window, 3> counted = merchant.windows;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const std::int64_t index = now_ / window_lengths[i];
    if (counted[i].index != index) counted[i] = Window{index, 0};
    if (counted[i].count >= merchant.messages_max[i]) return false;
    ++counted[i].count;
  }
  merchant.windows = counted;
  return true;
}

/// Codes 16 to 19; counts the message if it gets so far.
RejectCode Model::may_trade_and_count() {
  Merchant& merchant = merchants_.at(command_->account);
  if (const RejectCode code = may_trade(merchant); code != RejectCode::none) return code;
  return count_message(merchant) ? RejectCode::none : RejectCode::rate_exceeded;
}

/// Codes 30 to 35.
RejectCode Model::tradable(const Instrument& on) const {
  switch (effective_state(on)) {
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
    case InstrumentState::open:
      break;
  }
  return is_certificate_valid(on) ? RejectCode::none : RejectCode::certificate_expired;
}

/// Codes 37 to 39.
RejectCode Model::eligible(const Instrument& on, AccountId buyer) const {
  const Merchant& merchant = merchants_.at(buyer);
  if (merchant.tier < on.tier_min) return RejectCode::tier_too_low;
  if (merchant.clearance < on.clearance_min) return RejectCode::clearance_too_low;
  if (on.domestic_only && !merchant.domestic) return RejectCode::cross_border_denied;
  return RejectCode::none;
}

RejectCode Model::place_order() {
  const PlaceOrder& wish = command_->place_order;
  Merchant& merchant = merchants_.at(command_->account);
  const auto known = merchant.client_ids.find(wish.client_order_id);
  if (known != merchant.client_ids.end()) {
    const ClientId& first = client_ids_.at(known->second);
    if (first.request != request_of(wish)) return RejectCode::client_order_id_in_use;
    answer_repeated(first.sequence, first.account_event, first.order, RejectCode::none);
    return RejectCode::none;
  }
  if (const RejectCode code = may_trade_and_count(); code != RejectCode::none) return code;
  const Instrument* on = find_instrument(wish.instrument);
  if (on == nullptr) return RejectCode::unknown_instrument;
  if (const RejectCode code = tradable(*on); code != RejectCode::none) return code;
  const bool is_buy = wish.side == Side::buy;
  if (!is_buy && on->is_non_rival()) return RejectCode::mode_not_allowed;
  if (is_buy) {
    const RejectCode code = eligible(*on, command_->account);
    if (code != RejectCode::none) return code;
  }
  const bool is_resale = wish.draw == Draw::holding;
  if (is_resale && on->is_product && on->resale == Resale::none) {
    return RejectCode::resale_not_allowed;
  }
  const Band band = band_of(*on);
  const bool is_market = wish.kind == OrderKind::market;
  const std::int64_t limit = !is_market ? wish.limit.value() : (is_buy ? band.high : band.low);
  for (const auto check : {&Model::within_bounds, &Model::within_limits, &Model::affordable}) {
    const RejectCode code = (this->*check)(*on, wish, limit);
    if (code != RejectCode::none) return code;
  }
  if (find_sweep(on->id) != nullptr) return RejectCode::book_busy;

  accept(*on, wish, limit);
  return RejectCode::none;
}

/// Codes 50 to 54.
RejectCode Model::within_bounds(const Instrument& on, const PlaceOrder& wish,
                                std::int64_t limit) const {
  if (limit < on.price_min || limit > on.price_max) return RejectCode::price_out_of_bounds;
  const std::uint32_t quantity = wish.quantity.value();
  if (quantity < 1 || quantity > on.quantity_max) return RejectCode::quantity_out_of_bounds;
  if (worst(on, limit, quantity, 0) > money_max) return RejectCode::amount_out_of_bounds;
  const bool is_late = wish.expiry.value() != 0 && wish.expiry.value() <= now_;
  return is_late ? RejectCode::expiry_in_past : RejectCode::none;
}

/// Codes 55 to 58.
RejectCode Model::within_limits(const Instrument& on, const PlaceOrder& wish,
                                std::int64_t limit) const {
  const Merchant& merchant = merchants_.at(command_->account);
  const std::uint32_t quantity = wish.quantity.value();
  if (quantity > merchant.order_quantity_max) return RejectCode::order_size_exceeded;
  if (Wide{limit} * on.tick_value * quantity > merchant.order_notional_max) {
    return RejectCode::order_notional_exceeded;
  }
  if (merchant.orders.size() >= merchant.open_orders_max) return RejectCode::open_orders_exceeded;
  const bool has_client_id = wish.client_order_id != ClientOrderId{};
  if (has_client_id && merchant.client_ids.size() >= configure_.client_ids_per_account_max) {
    return RejectCode::client_order_ids_exceeded;
  }
  return RejectCode::none;
}

/// Codes 70 to 75.
RejectCode Model::affordable(const Instrument& on, const PlaceOrder& wish,
                             std::int64_t limit) const {
  const AccountId account = command_->account;
  const std::uint32_t quantity = wish.quantity.value();
  if (wish.kind == OrderKind::post_only && crosses(on, wish.side, limit)) {
    return RejectCode::post_only_would_trade;
  }
  if (wish.side == Side::buy) {
    if (cash(account, on.currency).available < worst(on, limit, quantity, 0)) {
      return RejectCode::insufficient_funds;
    }
  } else if (row(account, on.id, wish.draw).free < quantity) {
    return wish.draw == Draw::capacity ? RejectCode::insufficient_capacity
                                       : RejectCode::insufficient_holding;
  }
  if (orders_.size() >= configure_.orders_max) return RejectCode::exchange_full;
  const bool needs_row = wish.side == Side::buy && !has_row({account, on.id, Draw::holding});
  if (needs_row && rows_.size() >= configure_.holdings_max) return RejectCode::exchange_full;
  const bool has_client_id = wish.client_order_id != ClientOrderId{};
  if (has_client_id && client_ids_.size() >= configure_.client_ids_max) {
    return RejectCode::exchange_full;
  }
  const bool may_rest =
      wish.time_in_force != TimeInForce::ioc && wish.time_in_force != TimeInForce::fok;
  if (may_rest && !has_room(on, wish.side, limit, quantity)) return RejectCode::exchange_full;
  return RejectCode::none;
}

std::int64_t Model::expiry_of(const Instrument& on, const PlaceOrder& wish) const {
  if (wish.time_in_force != TimeInForce::day) return wish.expiry.value();
  const std::int64_t offset = calendars_.at(on.calendar);
  return ((now_ + offset) / ns_per_day + 1) * ns_per_day - offset;
}

void Model::accept(const Instrument& on, const PlaceOrder& wish, std::int64_t limit) {
  Order& order = new_order();
  order.account = command_->account;
  order.key = command_->key;
  order.instrument = wish.instrument;
  order.entry = command_->sequence;
  order.limit = limit;
  order.expiry = expiry_of(on, wish);
  order.leaves = wish.quantity.value();
  order.tag = wish.tag;
  order.side = wish.side;
  order.kind = wish.kind;
  order.time_in_force = wish.time_in_force;
  order.self_match = wish.self_match;
  order.draw = wish.draw;
  merchants_.at(order.account).orders[order.entry] = order.id;
  if (order.expiry != 0) {
    timers_.insert({order.expiry, TimerKind::order_expiry, order.id.value()});
  }
  if (order.side == Side::buy) static_cast<void>(row_of({order.account, on.id, Draw::holding}));
  reserve(order);

  const bool is_fok = wish.time_in_force == TimeInForce::fok;
  const std::uint32_t minimum = is_fok || wish.all_or_none ? order.leaves : wish.minimum.value();
  const bool rests_at_once = !crosses(on, order.side, limit) && order.may_rest() && minimum == 0;
  const std::uint8_t booked = rests_at_once ? order_flag::booked : std::uint8_t{0};
  emit_order(EventType::order_accepted, order, 0, order.leaves,
             static_cast<std::uint8_t>(order_flag::answer | booked));
  if (wish.client_order_id != ClientOrderId{}) keep_client_id(order, wish);
  if (rests_at_once) return put_in_book(order);

  arrive(order, minimum, is_fok ? CancelReason::fill_or_kill : CancelReason::minimum_not_met);
}

void Model::keep_client_id(const Order& order, const PlaceOrder& wish) {
  const std::uint64_t number = ++client_ids_ever_;
  client_ids_[number] = ClientId{order.account, wish.client_order_id, request_of(wish),
                                 order.id,      command_->sequence,   answer_->account_event};
  merchants_.at(order.account).client_ids[wish.client_order_id] = number;
  timers_.insert({now_ + ns_per_day, TimerKind::client_id, number});
}

/// Codes 30 to 56 of an amend that gives up the order's place.
RejectCode Model::can_move(const Order& order, std::int64_t limit, std::int64_t total) const {
  const Instrument& on = *find_instrument(order.instrument);
  const Merchant& merchant = merchants_.at(order.account);
  const std::int64_t leaves = total - order.filled;
  if (const RejectCode code = tradable(on); code != RejectCode::none) return code;
  if (order.side == Side::buy) {
    const RejectCode code = eligible(on, order.account);
    if (code != RejectCode::none) return code;
  }
  if (limit < on.price_min || limit > on.price_max) return RejectCode::price_out_of_bounds;
  if (leaves < 1 || total > on.quantity_max) return RejectCode::quantity_out_of_bounds;
  if (worst(on, limit, leaves, order.fee_remainder) > money_max) {
    return RejectCode::amount_out_of_bounds;
  }
  if (total > merchant.order_quantity_max) return RejectCode::order_size_exceeded;
  if (Wide{limit} * on.tick_value * leaves > merchant.order_notional_max) {
    return RejectCode::order_notional_exceeded;
  }
  return RejectCode::none;
}

/// Codes 70 to 76 of an order that is there already: what it holds counts as available.
RejectCode Model::can_carry(const Order& order, std::int64_t limit, std::uint32_t leaves) const {
  const Instrument& on = *find_instrument(order.instrument);
  if (order.kind == OrderKind::post_only && crosses(on, order.side, limit)) {
    return RejectCode::post_only_would_trade;
  }
  if (order.side == Side::buy) {
    const Wide there = Wide{cash(order.account, on.currency).available} + order.reserved;
    if (there < worst(on, limit, leaves, order.fee_remainder)) {
      return RejectCode::insufficient_funds;
    }
  } else {
    const bool holds = order.where != Where::hibernated;
    const Wide there =
        Wide{row(order.account, on.id, order.draw).free} + (holds ? order.leaves : 0);
    if (there < leaves) {
      return order.draw == Draw::capacity ? RejectCode::insufficient_capacity
                                          : RejectCode::insufficient_holding;
    }
  }
  if (!has_room(on, order.side, limit, leaves)) return RejectCode::exchange_full;
  return find_sweep(on.id) != nullptr ? RejectCode::book_busy : RejectCode::none;
}

RejectCode Model::amend_order() {
  const AmendOrder& wish = command_->amend_order;
  if (const RejectCode code = may_trade_and_count(); code != RejectCode::none) return code;
  Order* order = find_own_order(wish.order);
  if (order == nullptr) return RejectCode::unknown_order;
  if (order->where == Where::hibernated) return RejectCode::order_hibernated;
  const std::int64_t total = wish.quantity.value();
  const std::int64_t leaves = total - order->filled;
  const std::int64_t limit = wish.limit.value();

  if (limit == order->limit && leaves <= order->leaves) {
    if (leaves < 1) return RejectCode::quantity_out_of_bounds;
    if (find_sweep(order->instrument) != nullptr) return RejectCode::book_busy;
    release(*order);
    lose_lots(*order, order->leaves - static_cast<std::uint32_t>(leaves));
    reserve(*order);
    emit_order(EventType::order_amended, *order, 0, order->leaves,
               order_flag::answer | order_flag::booked | order_flag::was_booked);
    return RejectCode::none;
  }
  if (const RejectCode code = can_move(*order, limit, total); code != RejectCode::none) return code;
  const auto new_leaves = static_cast<std::uint32_t>(leaves);
  const RejectCode code = can_carry(*order, limit, new_leaves);
  if (code != RejectCode::none) return code;

  release(*order);
  take_from_book(*order);
  order->limit = limit;
  order->leaves = new_leaves;
  reserve(*order);
  const bool rests_at_once = !crosses(*find_instrument(order->instrument), order->side, limit);
  const int booked = rests_at_once ? order_flag::booked : 0;
  emit_order(EventType::order_amended, *order, 0, order->leaves,
             static_cast<std::uint8_t>(order_flag::answer | order_flag::was_booked |
                                       order_flag::moved | booked));
  go_on_from_match(*order);
  return RejectCode::none;
}

RejectCode Model::cancel_order() {
  const CancelOrder& wish = command_->cancel_order;
  OrderId id = wish.order;
  if (id.is_none()) {
    const Merchant& merchant = merchants_.at(command_->account);
    const auto known = merchant.client_ids.find(wish.client_order_id);
    if (known == merchant.client_ids.end()) return RejectCode::unknown_order;
    id = client_ids_.at(known->second).order;
  }
  Order* order = find_own_order(id);
  if (order == nullptr) return RejectCode::unknown_order;
  if (find_sweep(order->instrument) != nullptr) return RejectCode::book_busy;

  cancel(*order, CancelReason::by_client, true);
  return RejectCode::none;
}

RejectCode Model::mass_cancel() {
  const MassCancel& wish = command_->mass_cancel;
  std::size_t queued = 0;
  for (const Job& job : jobs_) {
    if (job.kind == Job::Kind::account && job.account == command_->account) ++queued;
  }
  Job job;
  job.kind = Job::Kind::account;
  job.reason = CancelReason::by_mass_cancel;
  job.account = command_->account;
  job.instrument = wish.instrument;
  job.side = wish.side;
  job.tag = wish.tag;
  job.queued = command_->sequence;
  const bool joins = rules_ >= 3 && find_waiting(job) != nullptr;
  if (queued >= account_jobs_max && !joins) return RejectCode::exchange_full;

  answer_done();
  queue_account_job(job);
  return RejectCode::none;
}

RejectCode Model::hibernate_order() {
  Order* order = find_own_order(command_->hibernate_order.order);
  if (order == nullptr) return RejectCode::unknown_order;
  if (order->where == Where::hibernated) return RejectCode::order_hibernated;
  if (find_sweep(order->instrument) != nullptr) return RejectCode::book_busy;

  emit_order(EventType::order_hibernated, *order, 0, order->leaves,
             order_flag::answer | order_flag::was_booked);
  release(*order);
  take_from_book(*order);
  order->where = Where::hibernated;
  find_instrument(order->instrument)->hibernated.push_back(order->id);
  return RejectCode::none;
}

RejectCode Model::reactivate_order() {
  if (const RejectCode code = may_trade_and_count(); code != RejectCode::none) return code;
  Order* order = find_own_order(command_->reactivate_order.order);
  if (order == nullptr) return RejectCode::unknown_order;
  if (order->where != Where::hibernated) return RejectCode::order_not_hibernated;
  Instrument& on = *find_instrument(order->instrument);
  if (const RejectCode code = tradable(on); code != RejectCode::none) return code;
  if (order->side == Side::buy) {
    const RejectCode code = eligible(on, order->account);
    if (code != RejectCode::none) return code;
  }
  if (worst(on, order->limit, order->leaves, order->fee_remainder) > money_max) {
    return RejectCode::amount_out_of_bounds;
  }
  if (const RejectCode code = can_carry(*order, order->limit, order->leaves);
      code != RejectCode::none) {
    return code;
  }

  std::erase(on.hibernated, order->id);
  order->where = Where::arriving;
  reserve(*order);
  const int booked = crosses(on, order->side, order->limit) ? 0 : order_flag::booked;
  emit_order(EventType::order_reactivated, *order, 0, order->leaves,
             static_cast<std::uint8_t>(order_flag::answer | booked));
  go_on_from_match(*order);
  return RejectCode::none;
}

RejectCode Model::post_offer() {
  const PostOffer& wish = command_->post_offer;
  if (const RejectCode code = may_trade_and_count(); code != RejectCode::none) return code;
  Instrument* on = find_instrument(wish.instrument);
  if (on == nullptr) return RejectCode::unknown_instrument;
  if (!on->is_product || on->issuer != command_->account) return RejectCode::not_issuer;
  if (const RejectCode code = tradable(*on); code != RejectCode::none) return code;
  if (!on->is_non_rival()) return RejectCode::mode_not_allowed;
  const std::int64_t price = wish.price.value();
  const bool is_within = on->price_min <= price && price <= on->price_max;
  if (price != 0 && !is_within) return RejectCode::price_out_of_bounds;
  if (find_sweep(on->id) != nullptr) return RejectCode::book_busy;

  on->offer = price;
  const std::uint64_t account_event = next_number(on->issuer);
  OfferPosted& posted = emit(EventType::offer_posted, 0, on->id).offer;
  posted.account_event = account_event;
  posted.client_seq = command_->client_seq;
  posted.price = wish.price;
  posted.account = on->issuer;
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, account_event);
  start_offer_sweep(*on);
  return RejectCode::none;
}

}  // namespace karst::model
