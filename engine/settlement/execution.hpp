// The execution of a trade: whatever brings two parties together ends here.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/trade_mode.hpp"
#include "engine/settlement/legs.hpp"
#include "engine/settlement/reserve.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// What a party that meets many others pays and gets, summed up and booked once at the end.
struct Tally {
  std::int64_t cash = 0;     ///< a buyer has to pay, a seller to get. Unit: fen
  std::uint32_t lots = 0;    ///< bought or sold
  std::uint32_t locked = 0;  ///< of these, bought where one resale was the last
};

/// One side of an execution: whose order, from or into which row, at which fee.
struct Party {
  std::uint32_t account;
  std::uint32_t row;        ///< holding row its lots go into or come from; of an offer none
  std::uint64_t order;      ///< id; 0 = a posted offer
  std::uint32_t leaves;     ///< lots of the order left afterwards; of an offer 0
  std::uint32_t remainder;  ///< of its fees so far
  std::int64_t limit;       ///< by which a buy reserves
  Tally* tally;             ///< where its part is summed up; null = booked at once
};

struct Execution {
  TradeMode mode;
  Side taker;  ///< who came later
  std::int64_t price;
  std::uint32_t lots;
  Party buyer;
  Party seller;
};

/// What both sides' fees came to.
struct ExecutionFees {
  Fee buyer;
  Fee seller;
};

/// What a sale from this row is; of an offer there is none.
[[nodiscard]] inline SettlementKind settlement_kind(const State& state,
                                                    const Instrument& instrument, TradeMode mode,
                                                    std::uint32_t row) {
  if (mode == TradeMode::posted) [[unlikely]]
    return SettlementKind::offer;
  if (HoldingTable::kind(state.holdings[row]) == Draw::holding) return SettlementKind::resale;
  return instrument.traits().capacity_sale;
}

/// Who gives and gets how much money in a trade, whatever its kind. Unit: fen
struct Dues {
  std::int64_t of_buyer;
  std::int64_t to_payee;
  std::int64_t to_exchange;
};
[[nodiscard]] constexpr Dues dues_of(std::int64_t value, std::int64_t buyer_fee,
                                     std::int64_t seller_fee) {
  return {value + buyer_fee, value - seller_fee, buyer_fee + seller_fee};
}

/// Where the lots of a sale of that kind come from: issued, of a holding, or of capacity.
[[nodiscard]] constexpr Purse source_of(SettlementKind kind) {
  if (kind == SettlementKind::offer) return Purse::issue;
  return kind == SettlementKind::resale ? Purse::seller : Purse::capacity;
}

/// Whether what is written out here for speed is what the table of legs says of the kind.
[[nodiscard]] consteval bool is_moved_as_listed(SettlementKind kind) {
  constexpr LegAmounts amounts{
      .notional = 1'000'003, .buyer_fee = 101, .seller_fee = 17, .lots = 7};
  constexpr Dues dues = dues_of(amounts.notional, amounts.buyer_fee, amounts.seller_fee);
  constexpr std::size_t purses = static_cast<std::size_t>(Purse::issue) + 1;
  const auto at = [](Purse purse) { return static_cast<std::size_t>(purse); };
  std::int64_t cash[purses] = {};
  std::int64_t lots[purses] = {};
  for (const LegRow& leg : legs_of(kind)) {
    auto& moved = leg.amount == LegAmount::lots ? lots : cash;
    moved[at(leg.from)] -= amounts.of(leg.amount);
    moved[at(leg.to)] += amounts.of(leg.amount);
  }
  cash[at(Purse::buyer)] += dues.of_buyer;
  cash[at(is_escrowed(kind) ? Purse::escrow : Purse::seller)] -= dues.to_payee;
  cash[at(Purse::fee_income)] -= dues.to_exchange;
  lots[at(Purse::buyer)] -= amounts.lots;
  lots[at(source_of(kind))] += amounts.lots;
  const auto is_zero = [](std::int64_t left) { return left == 0; };
  return !legs_of(kind).empty() && std::ranges::all_of(cash, is_zero) &&
         std::ranges::all_of(lots, is_zero);
}
static_assert(is_moved_as_listed(SettlementKind::capacity_escrow));
static_assert(is_moved_as_listed(SettlementKind::capacity_paid));
static_assert(is_moved_as_listed(SettlementKind::resale));
static_assert(is_moved_as_listed(SettlementKind::offer));

/// Whether lots bought so can not be sold again.
[[nodiscard]] inline bool is_last_sale(const Instrument& instrument, SettlementKind kind) {
  return kind == SettlementKind::resale && instrument.resale == Resale::once;
}

/// Pays a seller where its kind of settlement says. `row`: that of the lots.
[[gnu::always_inline]] inline void pay_seller(State& state, const Instrument& instrument,
                                              std::uint32_t account, std::uint32_t row,
                                              SettlementKind kind, std::int64_t amount) {
  Balance& balance = state.accounts.balance(account, instrument.currency);
  if (is_escrowed(kind)) {
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

/// Takes from a buyer what it owes and gives it its lots, and frees what it need no longer reserve.
/// `remainder`: of its fees afterwards.
[[gnu::always_inline]] inline void settle_buyer(State& state, const Instrument& instrument,
                                                const Execution& it, std::int64_t owed,
                                                std::uint32_t locked, std::uint32_t remainder) {
  const Party& buyer = it.buyer;
  if (buyer.tally != nullptr) {
    buyer.tally->cash += owed;
    buyer.tally->lots += it.lots;
    buyer.tally->locked += locked;
    return;
  }
  Balance& balance = state.accounts.balance(buyer.account, instrument.currency);
  const std::int64_t freed =
      worst_of(instrument, buyer.limit, buyer.leaves + it.lots, buyer.remainder) -
      worst_of(instrument, buyer.limit, buyer.leaves, remainder);
  spend(balance, freed, owed);
  receive_lots(state.holdings[buyer.row], it.lots, locked);
}

/// Takes a seller's lots and gives it what it has earned.
[[gnu::always_inline]] inline void settle_seller(State& state, const Instrument& instrument,
                                                 const Execution& it, SettlementKind kind,
                                                 std::int64_t earned) {
  const Party& seller = it.seller;
  if (seller.tally != nullptr) {
    seller.tally->cash += earned;
    seller.tally->lots += it.lots;
    return;
  }
  if (source_of(kind) != Purse::issue) take(state.holdings[seller.row].reserved, it.lots);
  pay_seller(state, instrument, seller.account, seller.row, kind, earned);
}

/// The two events of a trade. Returns: the settlement's number.
[[gnu::always_inline]] inline std::uint64_t print_trade(State& state, const Instrument& instrument,
                                                        const Execution& it, SettlementKind kind,
                                                        std::int64_t value,
                                                        const ExecutionFees& fees) {
  const bool is_buy = it.taker == Side::buy;
  const Party& taker = is_buy ? it.buyer : it.seller;
  const Party& maker = is_buy ? it.seller : it.buyer;
  state.emit(EventType::trade, static_cast<std::uint8_t>(it.taker), instrument.id,
             Trade{.maker = OrderId{maker.order},
                   .taker = OrderId{taker.order},
                   .price = Price{it.price},
                   .quantity = Quantity{it.lots},
                   .maker_leaves = Quantity{maker.leaves},
                   .taker_leaves = Quantity{taker.leaves},
                   .match_index = state.match_index++,
                   .notional = Money{value}});
  const std::uint64_t number = state.next_settlement();
  const std::uint64_t buyer_event = state.next_event_number(it.buyer.account);
  state.emit(EventType::settlement, static_cast<std::uint8_t>(kind), instrument.id,
             Settlement{.number = number,
                        .buyer_event = buyer_event,
                        .seller_event = state.next_event_number(it.seller.account),
                        .buyer_fee = Money{fees.buyer.amount},
                        .seller_fee = Money{fees.seller.amount},
                        .buyer = AccountId{it.buyer.account},
                        .seller = AccountId{it.seller.account}});
  return number;
}

/// A posted offer mints licences: their event, after the settlement.
inline void print_entitlement(State& state, Instrument& instrument, const Execution& it,
                              std::uint64_t settlement) {
  instrument.minted += it.lots;
  state.emit(EventType::entitlement, 0, instrument.id,
             Entitlement{.settlement = settlement,
                         .account_event = state.next_event_number(it.buyer.account),
                         .price = Price{it.price},
                         .account = AccountId{it.buyer.account},
                         .issuer = AccountId{instrument.issuer},
                         .quantity = Quantity{it.lots},
                         .version = instrument.version,
                         .reserved = 0});
}

/// Carries out a trade: takes the fees, moves money and lots as the legs of its kind say, moves the
/// reference price, and says what happened. What a party with a tally pays and gets waits there for
/// the end of the walk.
///
/// Requires: both may trade; what they need is reserved, that of a party without a tally for
///           `leaves` + `lots`.
/// Returns:  the fees; the callers keep their remainders with the orders.
[[gnu::always_inline]] inline ExecutionFees execute(State& state, Instrument& instrument,
                                                    const Execution& it) {
  const Party& buyer = it.buyer;
  const Party& seller = it.seller;
  const bool is_buy = it.taker == Side::buy;
  const std::int64_t value = notional(it.price, instrument.tick_value, it.lots);
  ExecutionFees fees{
      fee_on(value, it.lots, is_buy ? instrument.taker : instrument.maker, buyer.remainder),
      fee_on(value, it.lots, is_buy ? instrument.maker : instrument.taker, seller.remainder)};
  fees.seller.amount = std::min(fees.seller.amount, value);
  const SettlementKind kind = settlement_kind(state, instrument, it.mode, seller.row);
  const Dues dues = dues_of(value, fees.buyer.amount, fees.seller.amount);
  settle_buyer(state, instrument, it, dues.of_buyer, is_last_sale(instrument, kind) ? it.lots : 0,
               fees.buyer.remainder);
  settle_seller(state, instrument, it, kind, dues.to_payee);
  state.currencies[instrument.currency].fee_income += dues.to_exchange;
  instrument.reference = it.price;
  const std::uint64_t number = print_trade(state, instrument, it, kind, value, fees);
  if (it.mode == TradeMode::posted) [[unlikely]] {
    print_entitlement(state, instrument, it, number);
  }
  return fees;
}

}  // namespace karst
