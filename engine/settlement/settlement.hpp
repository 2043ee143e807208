// Money and lots: reserving, releasing, and the exchange of both in a trade.
#pragma once

#include <cstdint>

#include "engine/base/money.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// What an order of `lots` reserves in money. Requires: was found to fit.
[[nodiscard]] inline std::int64_t worst_of(const Instrument& instrument, std::int64_t limit,
                                           std::uint32_t lots, std::uint32_t remainder) {
  return worst(notional(limit, instrument.tick_value, lots), lots, instrument.greatest, remainder);
}

/// Changes what an order reserves from that of `before` lots to that of `after` lots.
/// Requires: enough is available; the order's fee remainder has not changed in between.
inline void change_reserve(State& state, const Instrument& instrument, Slot slot, Side side,
                           std::int64_t limit, std::uint32_t before, std::uint32_t after) {
  const OrderHot& order = state.orders.nodes.node(slot).hot;
  if (side == Side::buy) {
    const Money change{worst_of(instrument, limit, after, order.fee_remainder) -
                       worst_of(instrument, limit, before, order.fee_remainder)};
    Balance& balance = state.accounts.balance(order.account, instrument.currency);
    balance.available -= change;
    balance.reserved += change;
  } else {
    HoldingRow& row = state.holdings[order.row];
    row.free += before - after;
    row.reserved += after - before;
  }
}

/// Gives back what an order reserves for its leaves: nothing is reserved for no lots.
inline void release_reserve(State& state, const Instrument& instrument, Slot slot) {
  const OrderNode<OrderHot>& order = state.orders.nodes.node(slot);
  const OrderHot& hot = order.hot;
  if (hot.side == Side::buy) {
    const Money freed{worst_of(instrument, hot.limit, order.quantity, hot.fee_remainder)};
    Balance& balance = state.accounts.balance(hot.account, instrument.currency);
    balance.available += freed;
    balance.reserved -= freed;
  } else {
    HoldingRow& row = state.holdings[hot.row];
    row.free += order.quantity;
    row.reserved -= order.quantity;
  }
}

/// The arriving side of a match. What it pays and gets is summed up during the walk and booked
/// once at its end.
struct Taker {
  Slot slot;  ///< no_slot for a posted offer being lowered
  std::uint64_t id;
  std::uint32_t account;
  std::uint64_t group;  ///< no merchant has it if the taker is in none
  Side side;
  SelfMatch self_match;
  std::uint32_t row;
  std::uint32_t remainder;
  std::uint32_t leaves;
  std::int64_t limit;
  std::int64_t band_low;
  std::int64_t band_high;

  std::uint32_t leaves_before = 0;
  std::uint32_t remainder_before = 0;
  std::int64_t paid = 0;         ///< buys: notional and fees. Unit: fen
  std::int64_t earned = 0;       ///< sells: notional less fees. Unit: fen
  std::uint32_t traded = 0;      ///< Unit: lots
  std::uint32_t locked = 0;      ///< of these, bought where one resale was the last
  std::uint32_t decremented = 0; ///< lots lost to self-match prevention
};

/// Where a sell from this row is paid to.
[[nodiscard]] inline SettlementKind settlement_kind(const Instrument& instrument,
                                                    const HoldingRow& row) {
  if (HoldingTable::kind(row) == Draw::holding) return SettlementKind::resale;
  return instrument.is_compute() ? SettlementKind::capacity_escrow : SettlementKind::capacity_paid;
}

inline void pay_seller(State& state, const Instrument& instrument, std::uint32_t account,
                       std::uint32_t row, SettlementKind kind, std::int64_t amount) {
  Balance& balance = state.accounts.balance(account, instrument.currency);
  if (kind == SettlementKind::capacity_escrow) {
    balance.escrow += Money{amount};
    state.holdings[row].escrow += amount;
  } else {
    balance.available += Money{amount};
  }
}

/// Gives a buyer its lots.
inline void receive_lots(HoldingRow& row, std::uint32_t lots, std::uint32_t locked) {
  row.free += lots - locked;
  row.locked += locked;
}

/// The two events of a trade.
struct TradeFacts {
  std::uint64_t maker;
  std::uint64_t taker;
  std::int64_t price;
  std::uint32_t lots;
  std::uint32_t maker_leaves;
  std::uint32_t taker_leaves;
  Side taker_side;
  SettlementKind kind;
  std::uint32_t buyer;
  std::uint32_t seller;
  std::int64_t notional;
  std::int64_t buyer_fee;
  std::int64_t seller_fee;
};

/// Writes trade and settlement, takes the fees and moves the reference price.
/// Returns: the settlement's number.
inline std::uint64_t print_trade(State& state, Instrument& instrument, const TradeFacts& facts) {
  instrument.reference = facts.price;
  state.currencies[instrument.currency].fee_income += facts.buyer_fee + facts.seller_fee;
  state.emit(EventType::trade, static_cast<std::uint8_t>(facts.taker_side), instrument.id,
             Trade{.maker = OrderId{facts.maker},
                   .taker = OrderId{facts.taker},
                   .price = Price{facts.price},
                   .quantity = Quantity{facts.lots},
                   .maker_leaves = Quantity{facts.maker_leaves},
                   .taker_leaves = Quantity{facts.taker_leaves},
                   .match_index = state.match_index++,
                   .notional = Money{facts.notional}});
  const std::uint64_t number = state.next_settlement();
  const std::uint64_t buyer_event = state.next_event_number(facts.buyer);
  state.emit(EventType::settlement, static_cast<std::uint8_t>(facts.kind), instrument.id,
             Settlement{.number = number,
                        .buyer_event = buyer_event,
                        .seller_event = state.next_event_number(facts.seller),
                        .buyer_fee = Money{facts.buyer_fee},
                        .seller_fee = Money{facts.seller_fee},
                        .buyer = AccountId{facts.buyer},
                        .seller = AccountId{facts.seller}});
  return number;
}

/// A posted offer mints licences: their event, after the settlement.
inline void print_entitlement(State& state, Instrument& instrument, std::uint64_t settlement,
                              std::uint32_t account, std::int64_t price, std::uint32_t lots) {
  instrument.minted += lots;
  state.emit(EventType::entitlement, 0, instrument.id,
             Entitlement{.settlement = settlement,
                         .account_event = state.next_event_number(account),
                         .price = Price{price},
                         .account = AccountId{account},
                         .issuer = AccountId{instrument.issuer},
                         .quantity = Quantity{lots},
                         .version = instrument.version,
                         .reserved = 0});
}

/// Settles one trade between a taker and the resting order in `maker`, which has `maker_leaves`
/// left. The maker's money and lots move at once, the taker's are summed up.
inline void settle_trade(State& state, Instrument& instrument, Taker& taker, Slot maker,
                         std::int64_t price, std::uint32_t lots, std::uint32_t maker_leaves) {
  OrderHot& hot = state.orders.nodes.node(maker).hot;
  const std::int64_t value = notional(price, instrument.tick_value, lots);
  const std::uint32_t maker_remainder = hot.fee_remainder;
  Fee maker_fee = fee_on(value, lots, instrument.maker, maker_remainder);
  Fee taker_fee = fee_on(value, lots, instrument.taker, taker.remainder);
  hot.fee_remainder = static_cast<std::uint16_t>(maker_fee.remainder);
  taker.remainder = taker_fee.remainder;
  taker.traded += lots;
  HoldingRow& maker_row = state.holdings[hot.row];
  const bool is_offer = taker.slot == no_slot;
  SettlementKind kind = SettlementKind::offer;
  if (taker.side == Side::buy) {
    maker_fee.amount = std::min(maker_fee.amount, value);
    kind = settlement_kind(instrument, maker_row);
    maker_row.reserved -= lots;
    pay_seller(state, instrument, hot.account, hot.row, kind, value - maker_fee.amount);
    taker.paid += value + taker_fee.amount;
    if (kind == SettlementKind::resale && instrument.resale == Resale::once) taker.locked += lots;
  } else {
    taker_fee.amount = std::min(taker_fee.amount, value);
    taker.earned += value - taker_fee.amount;
    bool is_locked = false;
    if (is_offer) {
      taker.remainder = 0;
    } else {
      kind = settlement_kind(instrument, state.holdings[taker.row]);
      is_locked = kind == SettlementKind::resale && instrument.resale == Resale::once;
    }
    receive_lots(maker_row, lots, is_locked ? lots : 0);
    const std::int64_t freed =
        worst_of(instrument, price, maker_leaves + lots, maker_remainder) -
        worst_of(instrument, price, maker_leaves, hot.fee_remainder);
    Balance& balance = state.accounts.balance(hot.account, instrument.currency);
    balance.reserved -= Money{freed};
    balance.available += Money{freed - value - maker_fee.amount};
  }
  const bool is_buy = taker.side == Side::buy;
  const std::uint64_t number = print_trade(
      state, instrument,
      {.maker = state.orders.nodes.id(maker),
       .taker = taker.id,
       .price = price,
       .lots = lots,
       .maker_leaves = maker_leaves,
       .taker_leaves = is_offer ? 0 : taker.leaves,
       .taker_side = taker.side,
       .kind = kind,
       .buyer = is_buy ? taker.account : hot.account,
       .seller = is_buy ? hot.account : taker.account,
       .notional = value,
       .buyer_fee = is_buy ? taker_fee.amount : maker_fee.amount,
       .seller_fee = is_buy ? maker_fee.amount : taker_fee.amount});
  if (is_offer) print_entitlement(state, instrument, number, hot.account, price, lots);
}

/// Books what a taker's walk came to. Afterwards the order reserves exactly for its leaves.
inline void settle_taker(State& state, const Instrument& instrument, Taker& taker) {
  Balance& balance = state.accounts.balance(taker.account, instrument.currency);
  if (taker.slot == no_slot) {
    balance.available += Money{taker.earned};
    return;
  }
  OrderNode<OrderHot>& node = state.orders.nodes.node(taker.slot);
  HoldingRow& row = state.holdings[taker.row];
  if (taker.side == Side::buy) {
    const std::int64_t freed =
        worst_of(instrument, taker.limit, taker.leaves_before, taker.remainder_before) -
        worst_of(instrument, taker.limit, taker.leaves, taker.remainder);
    balance.reserved -= Money{freed};
    balance.available += Money{freed - taker.paid};
    receive_lots(row, taker.traded, taker.locked);
  } else {
    row.reserved -= taker.traded + taker.decremented;
    row.free += taker.decremented;
    pay_seller(state, instrument, taker.account, taker.row, settlement_kind(instrument, row),
               taker.earned);
  }
  node.quantity = taker.leaves;
  node.hot.fee_remainder = static_cast<std::uint16_t>(taker.remainder);
}

}  // namespace karst
