// NaiveLedger: the ledger's rules once more, as slowly and plainly as can be: a list of records,
// and every question answered by walking over all of it. Shares no code with ledger/.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tests/ledger/record/event_maker.hpp"

namespace karst::test {

struct NaiveLeg {
  std::uint32_t account;
  std::uint32_t asset;
  std::int64_t amount;
  int role;
  std::int64_t balance_after = 0;
  std::uint64_t account_seq = 0;
};

struct NaiveRecord {
  int kind = 0;
  std::int64_t time = 0;
  std::uint64_t command = 0;
  std::uint32_t index = 0;
  std::uint64_t number = 0;
  std::vector<NaiveLeg> legs;
  std::uint32_t instrument = 0;  // of a trade
  int mode = 0;
  std::int64_t quantity = 0;
  std::int64_t notional = 0;
  std::uint32_t about = 0;  // the merchant of a record without legs
  std::uint64_t buy_order = 0;
  std::uint64_t sell_order = 0;
  std::uint64_t reference[2] = {0, 0};
};

class NaiveLedger {
 public:
  using Key = std::pair<std::uint32_t, std::uint32_t>;

  static std::uint32_t money(CurrencyId currency) { return 0x80000000U + currency.value(); }

  void take(const Step& step) {
    for (std::size_t i = 0; i < step.events.size(); ++i) take(step, i);
  }

  std::vector<NaiveRecord> records;
  std::map<std::uint32_t, std::uint32_t> currency_of;  // by instrument

 private:
  void take(const Step& step, std::size_t i) {
    const Event& e = step.events[i];
    NaiveRecord r;
    r.time = step.command.time.value();
    r.command = step.command.sequence;
    r.index = 0x80000000U + e.index;
    const std::uint32_t lots = e.instrument.value();
    switch (e.type) {
      case EventType::merchant_admitted:
        r.kind = 1, r.number = e.merchant.number, r.about = e.merchant.account.value();
        break;
      case EventType::currency_defined:
        r.kind = 2, r.number = e.currency.number;
        break;
      case EventType::contract_listed:
        r.kind = 2, r.number = e.contract.number;
        currency_of[lots] = money(e.contract.currency);
        break;
      case EventType::product_defined:
        r.kind = 2, r.number = e.product.number, r.about = e.product.issuer.value();
        currency_of[lots] = money(e.product.currency);
        break;
      case EventType::merchant_renamed:
        r.kind = 15, r.number = e.merchant.number, r.about = e.merchant.account.value();
        break;
      case EventType::funded:
        r.kind = 3, r.number = e.cash.number;
        r.legs = {{4, money(e.cash.currency), -e.cash.amount.value(), 1},
                  {e.cash.account.value() * 8, money(e.cash.currency), e.cash.amount.value(), 1}};
        break;
      case EventType::withdrawn:
        r.kind = 4, r.number = e.cash.number;
        r.legs = {{e.cash.account.value() * 8, money(e.cash.currency), -e.cash.amount.value(), 1},
                  {4, money(e.cash.currency), e.cash.amount.value(), 1}};
        break;
      case EventType::capacity_minted:
        r.kind = 5, r.number = e.units.number;
        r.legs = {{5, lots, -std::int64_t{e.units.quantity.value()}, 2},
                  {e.units.account.value() * 8 + 4, lots, e.units.quantity.value(), 2}};
        break;
      case EventType::units_burnt:
        r.kind = 6, r.number = e.units.number;
        r.legs = {{e.units.account.value() * 8 + (e.detail == 1 ? 4U : 0U), lots,
                   -std::int64_t{e.units.quantity.value()}, 2},
                  {5, lots, e.units.quantity.value(), 2}};
        break;
      case EventType::escrow_released:
        r.kind = 8, r.number = e.escrow.number;
        r.legs = {
            {e.escrow.account.value() * 8 + 1, money(e.escrow.currency), -e.escrow.amount.value(),
             6},
            {e.escrow.account.value() * 8, money(e.escrow.currency), e.escrow.amount.value(), 1}};
        break;
      case EventType::settlement:
        settle(step.events[i - 1], e, r);
        break;
      default:
        return;
    }
    if (e.type == EventType::funded || e.type == EventType::withdrawn) {
      for (int word = 0; word < 2; ++word) r.reference[word] = e.cash.reference[word];
    }
    post(std::move(r));
  }

  void settle(const Event& trade, const Event& e, NaiveRecord& r) {
    const std::uint32_t lots = e.instrument.value();
    const std::uint32_t cash = currency_of.at(lots);
    const std::int64_t n = trade.trade.notional.value();
    const std::int64_t q = trade.trade.quantity.value();
    const std::int64_t bf = e.settlement.buyer_fee.value();
    const std::int64_t sf = e.settlement.seller_fee.value();
    const std::uint32_t buyer = e.settlement.buyer.value() * 8;
    const std::uint32_t seller = e.settlement.seller.value() * 8;
    const int kind = e.detail;
    r.kind = 7;
    r.number = e.settlement.number;
    r.index = trade.trade.match_index;
    r.instrument = lots;
    r.mode = kind == 4 ? 3 : 1;
    r.quantity = q;
    r.notional = n;
    const bool is_taker_buyer = trade.detail == 1;
    r.buy_order = (is_taker_buyer ? trade.trade.taker : trade.trade.maker).value();
    r.sell_order = (is_taker_buyer ? trade.trade.maker : trade.trade.taker).value();
    r.legs.push_back({buyer, cash, -(n + bf), 1});
    r.legs.push_back({kind == 1 ? seller + 1 : seller, cash, n - sf, kind == 1 ? 6 : 1});
    if (bf != 0) r.legs.push_back({1, cash, bf, 3});
    if (sf != 0) r.legs.push_back({1, cash, sf, 3});
    r.legs.push_back({kind == 4 ? 5U : kind == 3 ? seller : seller + 4, lots, -q, 2});
    r.legs.push_back({buyer, lots, q, 2});
  }

  void post(NaiveRecord r) {
    for (NaiveLeg& leg : r.legs) {
      auto& [balance, count] = states_[{leg.account, leg.asset}];
      leg.balance_after = balance += leg.amount;
      leg.account_seq = ++count;
    }
    records.push_back(std::move(r));
  }

  std::map<Key, std::pair<std::int64_t, std::uint64_t>> states_;
};

}  // namespace karst::test
