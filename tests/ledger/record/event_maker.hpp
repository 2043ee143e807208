// Makes commands and the events an engine would answer with, for tests of the ledger alone.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst::test {

/// One command and what came of it.
struct Step {
  Command command;
  std::vector<Event> events;
};

template <std::size_t N>
Text<N> text(std::string_view from) {
  Text<N> padded{};
  std::copy_n(from.begin(), std::min(from.size(), N), padded.begin());
  return padded;
}

/// What a trade is made of; fees and kind are said, not computed.
struct TradeWish {
  InstrumentId instrument{};
  AccountId buyer{};
  AccountId seller{};
  std::int64_t price = 0;
  std::uint32_t quantity = 0;
  std::int64_t notional = 0;
  std::int64_t buyer_fee = 0;
  std::int64_t seller_fee = 0;
  SettlementKind kind = SettlementKind::resale;
  Side taker = Side::buy;
  std::uint32_t version = 1;
  OrderId maker_order{};
  OrderId taker_order{};
};

/// Numbers commands, events and settlements as the engine does.
class EventMaker {
 public:
  /// Starts the next command, `ns` after the last.
  Step& begin(std::vector<Step>& steps, CommandType type, AccountId account = AccountId{0},
              std::int64_t ns = 1'000'000) {
    time_ += ns;
    Step& step = steps.emplace_back();
    step.command.sequence = ++sequence_;
    step.command.time = Time{time_};
    step.command.type = type;
    step.command.account = account;
    step_matches_ = 0;
    return step;
  }

  static Event& event(Step& step, EventType type, InstrumentId instrument = InstrumentId{0}) {
    Event& made = step.events.emplace_back();
    std::ranges::fill(made.words, 0);
    made.sequence = step.command.sequence;
    made.index = static_cast<std::uint16_t>(step.events.size() - 1);
    made.type = type;
    made.detail = 0;
    made.instrument = instrument;
    return made;
  }

  void admit(std::vector<Step>& steps, AccountId merchant, std::string_view name) {
    Step& step = begin(steps, CommandType::admit_merchant, merchant);
    step.command.admit_merchant.name = text<32>(name);
    step.command.admit_merchant.tier = 3;
    Event& made = event(step, EventType::merchant_admitted);
    made.merchant.number = ++number_;
    made.merchant.account = merchant;
    made.merchant.tier = 3;
    made.merchant.domestic = true;
  }

  void rename(std::vector<Step>& steps, AccountId merchant, std::string_view name) {
    Step& step = begin(steps, CommandType::rename_merchant, merchant);
    step.command.rename_merchant.name = text<64>(name);
    Event& made = event(step, EventType::merchant_renamed);
    made.merchant.number = ++number_;
    made.merchant.account = merchant;
  }

  void currency(std::vector<Step>& steps, CurrencyId currency, std::string_view code) {
    Step& step = begin(steps, CommandType::define_currency);
    step.command.define_currency = {currency, text<8>(code)};
    Event& made = event(step, EventType::currency_defined);
    made.currency.number = ++number_;
    made.currency.code = text<8>(code);
    made.currency.currency = currency;
  }

  void contracts(std::vector<Step>& steps, PoolId pool, CurrencyId currency, std::int64_t hour,
                 const std::vector<InstrumentId>& instruments) {
    Step& step = begin(steps, CommandType::list_contracts);
    step.command.list_contracts = {pool, Hour{hour},
                                   static_cast<std::uint32_t>(instruments.size())};
    event(step, EventType::done);
    for (std::size_t i = 0; i < instruments.size(); ++i) {
      Event& made = event(step, EventType::contract_listed, instruments[i]);
      made.contract.number = ++number_;
      made.contract.hour = Hour{hour + static_cast<std::int64_t>(i)};
      made.contract.pool = pool;
      made.contract.currency = currency;
    }
  }

  void product(std::vector<Step>& steps, InstrumentId instrument, AccountId issuer,
               CurrencyId currency, std::string_view symbol, std::string_view title = {}) {
    Step& step = begin(steps, CommandType::define_product, issuer);
    step.command.define_product->currency = currency;
    step.command.define_product->unit = Unit::copy;
    step.command.define_product->symbol = text<16>(symbol);
    step.command.define_product->title = text<64>(title);
    Event& made = event(step, EventType::product_defined, instrument);
    made.product.number = ++number_;
    made.product.issuer = issuer;
    made.product.currency = currency;
    made.product.supply = Supply::non_rival;
    made.product.resale = Resale::free;
    made.product.version = 1;
  }

  void cash(std::vector<Step>& steps, EventType type, AccountId merchant, CurrencyId currency,
            std::int64_t amount, Reference reference = {1, 2}) {
    Step& step = begin(steps, type == EventType::funded ? CommandType::fund : CommandType::withdraw,
                       merchant);
    Event& made = event(step, type);
    made.cash.number = ++number_;
    made.cash.amount = Money{amount};
    made.cash.reference = reference;
    made.cash.account = merchant;
    made.cash.currency = currency;
  }

  void units(Step& step, EventType type, InstrumentId instrument, AccountId merchant,
             std::uint32_t quantity, Draw row) {
    Event& made = event(step, type, instrument);
    made.detail = static_cast<std::uint8_t>(row);
    made.units.number = ++number_;
    made.units.account = merchant;
    made.units.quantity = Quantity{quantity};
  }

  void escrow(Step& step, AccountId merchant, CurrencyId currency, std::int64_t amount) {
    Event& made = event(step, EventType::escrow_released);
    made.escrow.number = ++number_;
    made.escrow.amount = Money{amount};
    made.escrow.account = merchant;
    made.escrow.currency = currency;
  }

  void trade(Step& step, const TradeWish& wish) {
    Event& trade = event(step, EventType::trade, wish.instrument);
    trade.detail = static_cast<std::uint8_t>(wish.taker);
    trade.trade.maker = wish.maker_order;
    trade.trade.taker = wish.taker_order;
    trade.trade.price = Price{wish.price};
    trade.trade.quantity = Quantity{wish.quantity};
    trade.trade.match_index = step_matches_++;
    trade.trade.notional = Money{wish.notional};
    Event& made = event(step, EventType::settlement, wish.instrument);
    made.detail = static_cast<std::uint8_t>(wish.kind);
    made.settlement.number = ++number_;
    made.settlement.buyer_fee = Money{wish.buyer_fee};
    made.settlement.seller_fee = Money{wish.seller_fee};
    made.settlement.buyer = wish.buyer;
    made.settlement.seller = wish.seller;
    if (wish.kind != SettlementKind::offer) return;
    Event& minted = event(step, EventType::entitlement, wish.instrument);
    minted.entitlement.settlement = number_;
    minted.entitlement.account = wish.buyer;
    minted.entitlement.issuer = wish.seller;
    minted.entitlement.quantity = Quantity{wish.quantity};
    minted.entitlement.version = wish.version;
  }

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  [[nodiscard]] std::int64_t time() const { return time_; }

 private:
  std::uint64_t sequence_ = 0;
  std::uint64_t number_ = 0;
  std::uint32_t step_matches_ = 0;
  std::int64_t time_ = 1'790'000'000'000'000'000;
};

}  // namespace karst::test
