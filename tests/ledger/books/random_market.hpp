// A random market: steps such as an engine makes them, with merchants who pay what they have.
#pragma once

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/ledger/record/event_maker.hpp"

namespace karst::test {

class RandomMarket {
 public:
  explicit RandomMarket(std::uint64_t seed, std::uint32_t merchants = 12,
                        std::uint32_t instruments = 6)
      : random_(seed), merchants_(merchants) {
    maker_.currency(steps_, CurrencyId{1}, "CNY");
    maker_.currency(steps_, CurrencyId{2}, "HKD");
    for (std::uint32_t i = 1; i <= merchants; ++i) {
      maker_.admit(steps_, AccountId{i}, "merchant " + std::to_string(i));
    }
    for (std::uint32_t i = 1; i <= instruments; ++i) {
      const InstrumentId id = instrument_id(0, i);
      const CurrencyId currency{static_cast<std::uint16_t>(1 + i % 2)};
      if (i % 3 == 0) {
        maker_.product(steps_, id, AccountId{i}, currency, "P" + std::to_string(i));
      } else {
        maker_.contracts(steps_, PoolId{1}, currency, 497'000 + i, {id});
      }
      instruments_.push_back({id, currency, i % 3 == 0, AccountId{i}});
    }
    endow();
  }

  /// One more command; every now and then one without events, or with many.
  const Step& next() {
    const std::uint64_t dice = random_() % 100;
    if (dice < 10) {
      fund();
    } else if (dice < 11) {
      maker_.rename(steps_, AccountId{merchant()}, "Name " + std::to_string(random_() % 40));
    } else if (dice < 14) {
      mint();
    } else if (dice < 18) {
      expire();
    } else if (dice < 25) {
      maker_.begin(steps_, CommandType::tick, AccountId{0}, gap());
    } else {
      const std::uint64_t trades = dice < 90 ? 1 : 2 + random_() % 5;
      Step& step = maker_.begin(steps_, CommandType::place_order, AccountId{1}, gap());
      for (std::uint64_t i = 0; i < trades; ++i) trade(step);
    }
    return steps_.back();
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const EventMaker& maker() const { return maker_; }

  struct Instrument {
    InstrumentId id;
    CurrencyId currency;
    bool is_product;
    AccountId issuer;
  };
  [[nodiscard]] const std::vector<Instrument>& instruments() const { return instruments_; }

 private:
  using Cash = std::pair<std::uint32_t, std::uint32_t>;  // merchant, currency
  using Lots = std::pair<std::uint32_t, std::uint32_t>;  // merchant, instrument

  std::int64_t gap() { return 1 + static_cast<std::int64_t>(random_() % 3'000'000'000'000); }
  std::uint32_t merchant() { return 1 + static_cast<std::uint32_t>(random_() % merchants_); }

  // Money and lots for everybody, so that there is trade from the start.
  void endow() {
    for (std::uint32_t who = 1; who <= merchants_; ++who) {
      for (const std::uint16_t currency : {std::uint16_t{1}, std::uint16_t{2}}) {
        maker_.cash(steps_, EventType::funded, AccountId{who}, CurrencyId{currency}, 1'000'000);
        cash_[{who, currency}] = 1'000'000;
      }
    }
    for (const Instrument& what : instruments_) {
      if (what.is_product) continue;
      Step& step = maker_.begin(steps_, CommandType::mint_capacity, what.issuer);
      for (std::uint32_t who = 1; who <= merchants_; ++who) {
        maker_.units(step, EventType::capacity_minted, what.id, AccountId{who}, 5'000,
                     Draw::capacity);
        capacity_[{who, what.id.value()}] = 5'000;
      }
    }
  }

  void fund() {
    const std::uint32_t who = merchant();
    const CurrencyId currency{static_cast<std::uint16_t>(1 + random_() % 2)};
    std::int64_t& cash = cash_[{who, currency.value()}];
    if (cash > 0 && random_() % 3 == 0) {
      const std::int64_t amount = 1 + static_cast<std::int64_t>(random_() % cash);
      maker_.cash(steps_, EventType::withdrawn, AccountId{who}, currency, amount, reference());
      cash -= amount;
    } else {
      const std::int64_t amount = 1 + static_cast<std::int64_t>(random_() % 50'000);
      maker_.cash(steps_, EventType::funded, AccountId{who}, currency, amount, reference());
      cash += amount;
    }
  }

  // Few enough to come twice.
  Reference reference() { return {7, random_() % 40}; }

  void mint() {
    const Instrument& what = instruments_[random_() % instruments_.size()];
    Step& step = maker_.begin(steps_, CommandType::mint_capacity, AccountId{1}, gap());
    if (what.is_product) return;
    const std::uint32_t who = merchant();
    const auto lots = static_cast<std::uint32_t>(1 + random_() % 500);
    maker_.units(step, EventType::capacity_minted, what.id, AccountId{who}, lots, Draw::capacity);
    capacity_[{who, what.id.value()}] += lots;
  }

  // What an hour's end does, for one row of one instrument.
  void expire() {
    Step& step = maker_.begin(steps_, CommandType::tick, AccountId{0}, gap());
    const Instrument& what = instruments_[random_() % instruments_.size()];
    const std::uint32_t who = merchant();
    std::int64_t& escrow = escrow_[{who, what.currency.value()}];
    if (escrow > 0) {
      maker_.escrow(step, AccountId{who}, what.currency, escrow);
      cash_[{who, what.currency.value()}] += escrow;
      escrow = 0;
    }
    auto& free = random_() % 2 == 0 ? capacity_ : holding_;
    std::uint32_t& lots = free[{who, what.id.value()}];
    if (lots > 0) {
      maker_.units(step, EventType::units_burnt, what.id, AccountId{who}, lots,
                   &free == &capacity_ ? Draw::capacity : Draw::holding);
      lots = 0;
    }
  }

  void trade(Step& step) {
    const Instrument& what = instruments_[random_() % instruments_.size()];
    TradeWish wish;
    wish.instrument = what.id;
    wish.buyer = AccountId{merchant()};
    wish.seller = AccountId{merchant()};
    wish.price = 1 + static_cast<std::int64_t>(random_() % 50);
    wish.quantity = static_cast<std::uint32_t>(1 + random_() % 20);
    wish.taker = random_() % 2 == 0 ? Side::buy : Side::sell;
    wish.maker_order = OrderId{1 + random_() % 60};
    wish.taker_order = OrderId{100 + random_() % 400};
    std::uint32_t* from = nullptr;
    if (what.is_product && random_() % 2 == 0) {
      wish.kind = SettlementKind::offer;
      wish.seller = what.issuer;
      wish.maker_order = OrderId{0};
      wish.taker = Side::buy;
    } else if (std::uint32_t& lots = holding_[{wish.seller.value(), what.id.value()}];
               lots >= wish.quantity) {
      wish.kind = SettlementKind::resale;
      from = &lots;
    } else {
      wish.kind = SettlementKind::capacity_escrow;
      from = &capacity_[{wish.seller.value(), what.id.value()}];
      if (*from < wish.quantity) return;
    }
    wish.notional = wish.price * wish.quantity * 2;
    wish.buyer_fee = wish.notional * static_cast<std::int64_t>(random_() % 3) / 100;
    wish.seller_fee = wish.notional * static_cast<std::int64_t>(random_() % 3) / 100;
    std::int64_t& cash = cash_[{wish.buyer.value(), what.currency.value()}];
    if (wish.buyer == wish.seller || cash < wish.notional + wish.buyer_fee) return;
    cash -= wish.notional + wish.buyer_fee;
    auto& to = wish.kind == SettlementKind::capacity_escrow ? escrow_ : cash_;
    to[{wish.seller.value(), what.currency.value()}] += wish.notional - wish.seller_fee;
    if (from != nullptr) *from -= wish.quantity;
    holding_[{wish.buyer.value(), what.id.value()}] += wish.quantity;
    maker_.trade(step, wish);
  }

  std::mt19937_64 random_;
  std::uint32_t merchants_;
  EventMaker maker_;
  std::vector<Step> steps_;
  std::vector<Instrument> instruments_;
  std::map<Cash, std::int64_t> cash_;
  std::map<Cash, std::int64_t> escrow_;
  std::map<Lots, std::uint32_t> capacity_;
  std::map<Lots, std::uint32_t> holding_;
};

}  // namespace karst::test
