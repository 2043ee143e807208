// Arrival, the walk over makers, trades and settlements (docs/ENGINE.md §4).
#include <algorithm>

#include "tests/model/model.hpp"

namespace karst::model {

bool Model::is_related(AccountId one, AccountId other) const {
  if (one == other) return true;
  const GroupId group = merchants_.at(one).group;
  return !group.is_none() && group == merchants_.at(other).group;
}

std::uint32_t Model::own_budget(InstrumentId book) const {
  const std::uint32_t used = swept_book_ == book ? swept_ : 0;
  return configure_.makers_per_command_max - std::min(used, configure_.makers_per_command_max);
}

/// An accepted order that crosses, or may not rest: wishes about its arrival, then the match.
void Model::arrive(Order& order, std::uint32_t minimum, CancelReason too_few) {
  if (minimum > 0 && count_eligible(order, minimum) < minimum) return cancel(order, too_few);
  go_on_from_match(order);
}

void Model::go_on_from_match(Order& order) {
  const Instrument& on = *find_instrument(order.instrument);
  if (order.may_rest() && !crosses(on, order.side, order.limit)) return put_in_book(order);
  const Band band = band_of(on);
  touched_ = 0;
  if (match(order, band, own_budget(on.id)) == Walk::pending) {
    sweeps_.push_back(Sweep{on.id, order.id, band});
  }
}

/// Trades the taker until it is gone, finished (in the book or cancelled), or the bound is reached.
/// Returns: pending if lots are left within the limit but no makers within the bound.
Model::Walk Model::match(Order& taker, const Band& band, std::uint32_t budget) {
  Instrument& on = *find_instrument(taker.instrument);
  taker.where = Where::arriving;
  while (taker.leaves > 0 && crosses(on, taker.side, taker.limit)) {
    if (touched_ >= budget) {
      taker.where = Where::pending;
      return Walk::pending;
    }
    ++touched_;
    if (on.is_non_rival()) {
      if (hit_offer(on, taker) == Taker::gone) return Walk::finished;
      break;
    }
    Order& maker = orders_.at(best_opposite(on, taker.side));
    if (meet(on, taker, maker, band) == Taker::gone) return Walk::finished;
  }
  finish(taker);
  return Walk::finished;
}

/// Why the maker may not trade at all, if so: it is cancelled when it is reached.
std::optional<CancelReason> Model::unfit(const Instrument& on, const Order& maker) const {
  if (const auto doom = doom_of(maker)) return doom;
  if (merchants_.at(maker.account).state != MerchantState::admitted) {
    return CancelReason::merchant_not_admitted;
  }
  const bool is_buy = maker.side == Side::buy;
  if (is_buy && eligible(on, maker.account) != RejectCode::none) return CancelReason::not_eligible;
  return std::nullopt;
}

Model::Taker Model::meet(Instrument& on, Order& taker, Order& maker, const Band& band) {
  if (const auto reason = unfit(on, maker)) {
    cancel(maker, *reason);
    return Taker::goes_on;
  }
  if (is_related(taker.account, maker.account)) return prevent_self_match(taker, maker);
  if (maker.limit < band.low || maker.limit > band.high) {
    on.state = InstrumentState::halted;
    emit_state(on, InstrumentState::open, StateReason::band_breach);
    cancel(taker, CancelReason::band_breach);
    return Taker::gone;
  }
  trade(on, &maker, &taker, taker.side, maker.limit, std::min(taker.leaves, maker.leaves));
  return Taker::goes_on;
}

Model::Taker Model::prevent_self_match(Order& taker, Order& maker) {
  const std::uint32_t lots = std::min(taker.leaves, maker.leaves);
  const std::uint64_t account_event = next_number(taker.account);
  SelfMatchPrevented& prevented =
      emit(EventType::self_match_prevented, static_cast<std::uint8_t>(taker.self_match),
           taker.instrument)
          .self_match;
  prevented.maker = maker.id;
  prevented.taker = taker.id;
  prevented.price = Price{maker.limit};
  prevented.account_event = account_event;
  prevented.taker_account = taker.account;
  prevented.maker_account = maker.account;
  prevented.quantity = Quantity{lots};

  switch (taker.self_match) {
    case SelfMatch::cancel_newest:
      cancel(taker, CancelReason::self_match);
      return Taker::gone;
    case SelfMatch::cancel_oldest:
      cancel(maker, CancelReason::self_match);
      return Taker::goes_on;
    case SelfMatch::cancel_both:
      cancel(maker, CancelReason::self_match);
      cancel(taker, CancelReason::self_match);
      return Taker::gone;
    case SelfMatch::decrement:
      break;
  }
  const bool is_taker_used_up = taker.leaves == lots;
  for (Order* order : {&maker, &taker}) {
    if (order->leaves == lots) {
      cancel(*order, CancelReason::self_match);
      continue;
    }
    const bool rests = order->where == Where::resting;
    release(*order);
    lose_lots(*order, lots);
    reserve(*order);
    const int flags = rests ? order_flag::booked | order_flag::was_booked : 0;
    emit_order(EventType::order_amended, *order, 0, order->leaves,
               static_cast<std::uint8_t>(flags));
  }
  return is_taker_used_up ? Taker::gone : Taker::goes_on;
}

/// What becomes of the order once nothing more crosses.
void Model::finish(Order& taker) {
  if (taker.leaves == 0) return forget_order(taker.id);
  if (!taker.may_rest()) return cancel(taker, CancelReason::immediate_remainder);
  if (!has_room(*find_instrument(taker.instrument), taker.side, taker.limit, taker.leaves)) {
    return cancel(taker, CancelReason::no_room);
  }
  put_in_book(taker);
  emit_order(EventType::order_booked, taker, 0, taker.leaves, order_flag::booked);
}

/// Lots the taker could trade at once, up to `wanted`; changes nothing.
std::uint64_t Model::count_eligible(const Order& taker, std::uint32_t wanted) const {
  const Instrument& on = *find_instrument(taker.instrument);
  if (on.is_non_rival()) return count_offer(on, taker);
  const Band band = band_of(on);
  std::uint32_t budget = own_budget(on.id);
  const Levels& levels = on.levels(opposite(taker.side));
  std::vector<const Level*> best_first;
  for (const auto& [price, level] : levels) {
    const bool crosses_it = taker.side == Side::buy ? price <= taker.limit : price >= taker.limit;
    if (crosses_it) best_first.push_back(&level);
  }
  if (taker.side == Side::sell) std::reverse(best_first.begin(), best_first.end());
  std::uint64_t lots = 0;
  for (const Level* level : best_first) {
    for (const OrderId id : level->queue) {
      if (lots >= wanted || budget == 0) return lots;
      --budget;
      const Order& maker = orders_.at(id);
      if (unfit(on, maker)) continue;
      if (is_related(taker.account, maker.account)) {
        if (taker.self_match == SelfMatch::cancel_oldest) continue;
        return lots;
      }
      if (maker.limit < band.low || maker.limit > band.high) return lots;
      lots += maker.leaves;
    }
  }
  return lots;
}

std::uint32_t Model::count_offer(const Instrument& on, const Order& taker) const {
  const bool is_met = crosses(on, taker.side, taker.limit) && own_budget(on.id) > 0 &&
                      may_offer(on) && !is_related(on.issuer, taker.account);
  return is_met ? std::min(taker.leaves, on.supply_left()) : 0;
}

namespace {

/// One side's fee; what is below a fen is carried in `remainder`. Unit: fen.
std::int64_t fee_on(std::int64_t& remainder, std::int64_t per_lot, std::int64_t bps,
                    std::uint32_t lots, Wide notional) {
  const Wide parts = remainder + notional * bps;
  remainder = static_cast<std::int64_t>(parts % bps_whole);
  return static_cast<std::int64_t>(Wide{per_lot} * lots + parts / bps_whole);
}

}  // namespace

/// A trade and its settlement. The issuer of a posted offer is the side without an order.
/// Requires: nothing forbids it. Orders in the book without leaves are gone afterwards.
void Model::trade(Instrument& on, Order* maker, Order* taker, Side taker_side, std::int64_t price,
                  std::uint32_t lots) {
  Trade& print = emit(EventType::trade, static_cast<std::uint8_t>(taker_side), on.id).trade;
  print.maker = maker != nullptr ? maker->id : OrderId{0};
  print.taker = taker != nullptr ? taker->id : OrderId{0};
  print.price = Price{price};
  print.quantity = Quantity{lots};
  print.maker_leaves = Quantity{maker != nullptr ? maker->leaves - lots : 0};
  print.taker_leaves = Quantity{taker != nullptr ? taker->leaves - lots : 0};
  print.match_index = matches_++;
  print.notional = Money{price * on.tick_value * lots};
  on.reference = price;

  Order* buyer = taker_side == Side::buy ? taker : maker;
  Order* seller = taker_side == Side::buy ? maker : taker;
  settle(on, *buyer, seller, buyer == maker, price, lots);
  if (maker != nullptr && maker->leaves == 0) forget_order(maker->id);
}

void Model::settle(Instrument& on, Order& buyer, Order* seller, bool is_buyer_maker,
                   std::int64_t price, std::uint32_t lots) {
  const Fees& fees = fees_.at(on.fees);
  const Wide notional = Wide{price} * on.tick_value * lots;
  std::int64_t no_remainder = 0;
  const std::int64_t buyer_fee =
      fee_on(buyer.fee_remainder, is_buyer_maker ? fees.maker_per_lot : fees.taker_per_lot,
             is_buyer_maker ? fees.maker_bps : fees.taker_bps, lots, notional);
  const std::int64_t seller_due =
      fee_on(seller != nullptr ? seller->fee_remainder : no_remainder,
             is_buyer_maker ? fees.taker_per_lot : fees.maker_per_lot,
             is_buyer_maker ? fees.taker_bps : fees.maker_bps, lots, notional);
  const auto paid = static_cast<std::int64_t>(notional);
  const std::int64_t seller_fee = std::min(seller_due, paid);

  Cash& purse = balances_[{buyer.account, on.currency}];
  purse.reserved -= buyer.reserved;
  purse.available += buyer.reserved - paid - buyer_fee;
  lose_lots(buyer, lots);
  buyer.filled += lots;
  buyer.reserved =
      static_cast<std::int64_t>(worst(on, buyer.limit, buyer.leaves, buyer.fee_remainder));
  purse.available -= buyer.reserved;
  purse.reserved += buyer.reserved;

  const SettlementKind kind = pay_seller(on, seller, lots, paid - seller_fee);
  Row& units = row_of({buyer.account, on.id, Draw::holding});
  const bool is_locked =
      kind == SettlementKind::resale && on.is_product && on.resale == Resale::once;
  (is_locked ? units.locked : units.free) += lots;
  income_[on.currency] += buyer_fee + seller_fee;

  const AccountId seller_account = seller != nullptr ? seller->account : on.issuer;
  const std::uint64_t buyer_event = next_number(buyer.account);
  const std::uint64_t seller_event = next_number(seller_account);
  Settlement& settlement =
      emit(EventType::settlement, static_cast<std::uint8_t>(kind), on.id).settlement;
  settlement.number = ++settlements_;
  settlement.buyer_event = buyer_event;
  settlement.seller_event = seller_event;
  settlement.buyer_fee = Money{buyer_fee};
  settlement.seller_fee = Money{seller_fee};
  settlement.buyer = buyer.account;
  settlement.seller = seller_account;
  if (kind != SettlementKind::offer) return;

  const std::uint64_t account_event = next_number(buyer.account);
  Entitlement& licence = emit(EventType::entitlement, 0, on.id).entitlement;
  licence.settlement = settlements_;
  licence.account_event = account_event;
  licence.price = Price{price};
  licence.account = buyer.account;
  licence.issuer = on.issuer;
  licence.quantity = Quantity{lots};
  licence.version = on.version;
}

/// Takes the lots from where the seller drew them and puts the proceeds where they belong.
SettlementKind Model::pay_seller(Instrument& on, Order* seller, std::uint32_t lots,
                                 std::int64_t proceeds) {
  if (seller == nullptr) {
    on.licences += lots;
    balances_[{on.issuer, on.currency}].available += proceeds;
    return SettlementKind::offer;
  }
  Row& row = row_of({seller->account, on.id, seller->draw});
  row.reserved -= lots;
  lose_lots(*seller, lots);
  seller->filled += lots;
  Cash& purse = balances_[{seller->account, on.currency}];
  if (seller->draw == Draw::capacity && !on.is_product) {
    row.escrow += proceeds;
    purse.escrow += proceeds;
    return SettlementKind::capacity_escrow;
  }
  purse.available += proceeds;
  return seller->draw == Draw::capacity ? SettlementKind::capacity_paid : SettlementKind::resale;
}

}  // namespace karst::model
