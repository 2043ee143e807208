// Rows and reserves, price levels and their pages, and the life of one order.
#include <algorithm>
#include <utility>

#include "tests/model/model.hpp"

namespace karst::model {

Row& Model::row_of(const RowKey& key) {
  const auto [found, is_new] = rows_.try_emplace(key);
  if (is_new) find_instrument(key.instrument)->rows.push_back(key);
  return found->second;
}

Row Model::row(AccountId account, InstrumentId instrument, Draw kind) const {
  const auto found = rows_.find({account, instrument, kind});
  return found == rows_.end() ? Row{} : found->second;
}

/// What a buy of `lots` at `limit` may cost at most, fees included. Unit: fen.
Wide Model::worst(const Instrument& on, std::int64_t limit, std::int64_t lots,
                  std::int64_t remainder) const {
  const Fees& fees = fees_.at(on.fees);
  const Wide notional = Wide{limit} * on.tick_value * lots;
  return notional + Wide{fees.per_lot_max()} * lots +
         (remainder + notional * fees.bps_max()) / bps_whole;
}

/// Sets aside what the order's leaves need. Requires: it has been checked that it is there.
void Model::reserve(Order& order) {
  const Instrument& on = *find_instrument(order.instrument);
  if (order.side == Side::buy) {
    order.reserved =
        static_cast<std::int64_t>(worst(on, order.limit, order.leaves, order.fee_remainder));
    Cash& cash = balances_[{order.account, on.currency}];
    cash.available -= order.reserved;
    cash.reserved += order.reserved;
  } else {
    Row& row = row_of({order.account, order.instrument, order.draw});
    row.free -= order.leaves;
    row.reserved += order.leaves;
  }
}

void Model::release(Order& order) {
  const Instrument& on = *find_instrument(order.instrument);
  if (order.side == Side::buy) {
    Cash& cash = balances_[{order.account, on.currency}];
    cash.available += order.reserved;
    cash.reserved -= order.reserved;
    order.reserved = 0;
  } else {
    Row& row = row_of({order.account, order.instrument, order.draw});
    row.free += order.leaves;
    row.reserved -= order.leaves;
  }
}

Band Model::band_of(const Instrument& on) const {
  if (on.band_bps == 0) return {on.price_min, on.price_max};
  const std::int64_t width = on.reference * on.band_bps / bps_whole;
  return {std::max(on.price_min, on.reference - width),
          std::min(on.price_max, on.reference + width)};
}

std::tuple<InstrumentId, Side, std::int64_t> Model::page_of(const Instrument& on, Side side,
                                                            std::int64_t limit) const {
  const std::int64_t away = side == Side::sell ? limit - on.first_ask : on.first_bid - limit;
  const std::int64_t key = away + first_key;
  const bool is_before = key < 0;  // floor division
  return {on.id, side, is_before ? -((-key - 1) / keys_per_page) - 1 : key / keys_per_page};
}

bool Model::has_room(const Instrument& on, Side side, std::int64_t limit,
                     std::uint32_t lots) const {
  const Levels& levels = on.levels(side);
  const bool has_page = !levels.empty() && pages_.contains(page_of(on, side, limit));
  if (!has_page) return pages_.size() < configure_.level_pages_max;
  const auto level = levels.find(limit);
  const std::uint64_t there = level == levels.end() ? 0 : level->second.lots;
  return there + lots < level_lots_end;
}

void Model::put_in_book(Order& order) {
  Instrument& on = *find_instrument(order.instrument);
  if (on.levels(order.side).empty()) {
    (order.side == Side::buy ? on.first_bid : on.first_ask) = order.limit;
  }
  Level& level = on.levels(order.side)[order.limit];
  level.queue.push_back(order.id);
  level.lots += order.leaves;
  ++pages_[page_of(on, order.side, order.limit)];
  order.where = Where::resting;
}

/// Requires: the order rests, with the leaves that its level counts.
void Model::take_from_book(Order& order) {
  Instrument& on = *find_instrument(order.instrument);
  Levels& levels = on.levels(order.side);
  Level& level = levels.at(order.limit);
  level.queue.erase(std::find(level.queue.begin(), level.queue.end(), order.id));
  level.lots -= order.leaves;
  if (level.queue.empty()) levels.erase(order.limit);
  const auto page = pages_.find(page_of(on, order.side, order.limit));
  if (--page->second == 0) pages_.erase(page);
  order.where = Where::arriving;
}

/// Lowers the leaves; an order in the book keeps its place, with its last lot it leaves the book.
void Model::lose_lots(Order& order, std::uint32_t lots) {
  if (order.where == Where::resting && order.leaves == lots) take_from_book(order);
  if (order.where == Where::resting) {
    find_instrument(order.instrument)->levels(order.side).at(order.limit).lots -= lots;
  }
  order.leaves -= lots;
}

OrderId Model::best_opposite(const Instrument& on, Side side) const {
  if (side == Side::buy) {
    return on.asks.empty() ? OrderId{0} : on.asks.begin()->second.queue.front();
  }
  return on.bids.empty() ? OrderId{0} : on.bids.rbegin()->second.queue.front();
}

bool Model::crosses(const Instrument& on, Side side, std::int64_t limit) const {
  if (on.is_non_rival()) return side == Side::buy && on.offer != 0 && on.offer <= limit;
  const OrderId best = best_opposite(on, side);
  if (best.is_none()) return false;
  const std::int64_t price = orders_.at(best).limit;
  return side == Side::buy ? price <= limit : price >= limit;
}

Order& Model::new_order() {
  std::uint32_t slot = 0;
  if (released_slots_.empty()) {
    slot = static_cast<std::uint32_t>(order_uses_.size());
    order_uses_.push_back(static_cast<std::uint32_t>(uses_skipped_));
  } else {
    slot = released_slots_.back();
    released_slots_.pop_back();
  }
  const std::uint32_t used_before = order_uses_[slot]++;
  const OrderId id = order_id(2 * used_before + 1, slot);
  Order& order = orders_[id];
  order.id = id;
  return order;
}

void Model::forget_order(OrderId id) {
  const Order& order = orders_.at(id);
  if (order.expiry != 0) timers_.erase({order.expiry, TimerKind::order_expiry, id.value()});
  merchants_.at(order.account).orders.erase(order.entry);
  const std::uint64_t entry = order.entry;
  orders_.erase(id);
  release_slot(slot_of(id), entry);
}

/// The slot is free, unless its uses are used up.
void Model::release_slot(std::uint32_t slot, std::uint64_t entry) {
  std::uint64_t uses = order_uses_[slot];
  for (const Life& life : lives_) uses += life.begun >= entry ? life.uses : 0;
  if (uses >= uses_end) return;
  order_uses_[slot] = static_cast<std::uint32_t>(uses);
  released_slots_.push_back(slot);
}

void Model::emit_order(EventType type, const Order& order, std::uint8_t detail,
                       std::uint32_t quantity, std::uint8_t flags) {
  const bool is_answer = (flags & order_flag::answer) != 0;
  const std::uint64_t account_event = next_number(order.account);
  OrderChange& change = emit(type, detail, order.instrument).order;
  change.order = order.id;
  change.limit = Price{order.limit};
  change.account_event = account_event;
  change.client_seq = is_answer ? command_->client_seq : 0;
  change.account = order.account;
  change.quantity = Quantity{quantity};
  change.tag = order.tag;
  change.side = order.side;
  change.time_in_force = order.time_in_force;
  change.flags = flags;
  if (is_answer) remember_as(RejectCode::none, order.id, command_->sequence, account_event);
}

/// Ends the order, wherever it is: in the book, pending, hibernated or just arriving.
void Model::cancel(Order& order, CancelReason reason, bool is_answer) {
  std::uint8_t flags = is_answer ? order_flag::answer : std::uint8_t{0};
  if (order.where == Where::resting) flags |= order_flag::was_booked;
  emit_order(EventType::order_cancelled, order, static_cast<std::uint8_t>(reason), order.leaves,
             flags);
  if (order.where == Where::hibernated) {
    auto& asleep = find_instrument(order.instrument)->hibernated;
    asleep.erase(std::find(asleep.begin(), asleep.end(), order.id));
  } else {
    release(order);
  }
  if (order.where == Where::resting) take_from_book(order);
  if (order.where == Where::pending) end_sweep(order.instrument);
  forget_order(order.id);
}

/// Why the order is as good as cancelled, if it is.
std::optional<CancelReason> Model::doom_of(const Order& order) const {
  if (order.expiry != 0 && order.expiry <= now_) return CancelReason::expired;
  const InstrumentState state = effective_state(*find_instrument(order.instrument));
  if (state == InstrumentState::closed) return CancelReason::gate_closed;
  if (state == InstrumentState::delisted) return CancelReason::delisted;
  for (const Job& job : jobs_) {
    if (job.matches(order)) return job.reason;
  }
  return std::nullopt;
}

Order* Model::find_order(OrderId id) {
  const auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

/// The order if the command's merchant may name it.
Order* Model::find_own_order(OrderId id) {
  Order* order = find_order(id);
  if (order == nullptr || order->account != command_->account) return nullptr;
  return doom_of(*order) ? nullptr : order;
}

}  // namespace karst::model
