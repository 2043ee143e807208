#include "ledger/record/posting.hpp"

#include <algorithm>

namespace karst {
namespace {

constexpr AccountNumber fee_income = account_number(ExchangeAccount::fee_income);
constexpr AccountNumber bank_custody = account_number(ExchangeAccount::bank_custody);
constexpr AccountNumber issue = account_number(ExchangeAccount::issue);

Error unexpected(const char* what, const Event& event) {
  return Error{ErrorCode::invalid, what,
               "event " + std::to_string(event.sequence) + "." + std::to_string(event.index),
               Error::no_offset, 0};
}

template <std::size_t To, std::size_t From>
std::array<char, To> widened(const std::array<char, From>& text) {
  static_assert(From <= To);
  std::array<char, To> wide{};
  std::ranges::copy(text, wide.begin());
  return wide;
}

AccountNumber main_of(AccountId merchant) { return account_number(merchant, AccountKind::main); }
AccountNumber capacity_of(AccountId merchant) {
  return account_number(merchant, AccountKind::capacity);
}

// What goes one way leaves the other: two legs that sum to zero.
void move(RecordDraft& draft, AccountNumber from, Role from_role, AccountNumber to, Role to_role,
          AssetNumber asset, std::int64_t amount) {
  draft.add(from, asset, -amount, from_role);
  draft.add(to, asset, amount, to_role);
}

// Whose the purses of a settlement are.
struct Parties {
  AccountId buyer;
  AccountId seller;

  [[nodiscard]] AccountNumber account_of(Purse purse) const {
    switch (purse) {
      case Purse::buyer:
        return main_of(buyer);
      case Purse::seller:
        return main_of(seller);
      case Purse::escrow:
        return account_number(seller, AccountKind::escrow);
      case Purse::capacity:
        return capacity_of(seller);
      case Purse::fee_income:
        return fee_income;
      case Purse::issue:
        return issue;
    }
    return AccountNumber{0};
  }
};

// All that a merchant's account gives and gets of an asset is one leg; the exchange's are one each.
void net(RecordDraft& draft, AccountNumber account, AssetNumber asset, std::int64_t amount,
         Role role) {
  if (!merchant_of(account).is_none()) {
    for (DraftLeg& leg : std::span(draft.legs.data(), draft.legs_count)) {
      if (leg.account != account || leg.asset != asset) continue;
      leg.amount += amount;
      return;
    }
  }
  draft.add(account, asset, amount, role);
}

void open_account(const Command& command, const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::open_account;
  AccountDetails details{event.merchant.account,   event.merchant.group,    event.merchant.tier,
                         event.merchant.clearance, event.merchant.domestic, {}};
  if (command.type == CommandType::admit_merchant) details.name = command.admit_merchant.name;
  draft.extend(details);
}

void note_name(const Command& command, const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::note;
  draft.extend(MerchantName{event.merchant.account, command.rename_merchant.name});
}

void note_confirmation(const Command& command, const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::note;
  draft.extend(ConfirmedCommand{event.proposal.proposal, event.proposal.by, event.proposal.key,
                                command.confirm->hash, command.confirm->command});
}

void move_cash(const Event& event, RecordDraft& draft) {
  const AssetNumber asset = asset_of(event.cash.currency);
  const AccountNumber account = main_of(event.cash.account);
  if (event.type == EventType::funded) {
    draft.kind = RecordKind::fund;
    move(draft, bank_custody, Role::cash, account, Role::cash, asset, event.cash.amount.value());
  } else {
    draft.kind = RecordKind::withdraw;
    move(draft, account, Role::cash, bank_custody, Role::cash, asset, event.cash.amount.value());
  }
  draft.extend(BankReference{event.cash.reference});
}

void release_escrow(const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::release;
  move(draft, account_number(event.escrow.account, AccountKind::escrow), Role::escrow,
       main_of(event.escrow.account), Role::cash, asset_of(event.escrow.currency),
       event.escrow.amount.value());
}

void move_units(const Event& event, RecordDraft& draft) {
  const AssetNumber asset = asset_of(event.instrument);
  const std::int64_t quantity = event.units.quantity.value();
  if (event.type == EventType::capacity_minted) {
    draft.kind = RecordKind::mint;
    move(draft, issue, Role::units, capacity_of(event.units.account), Role::units, asset, quantity);
    return;
  }
  const bool is_capacity = static_cast<Draw>(event.detail) == Draw::capacity;
  draft.kind = RecordKind::burn;
  move(draft, is_capacity ? capacity_of(event.units.account) : main_of(event.units.account),
       Role::units, issue, Role::units, asset, quantity);
}

void define_currency(const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::define_asset;
  AssetDetails details;
  details.asset = asset_of(event.currency.currency);
  details.what = AssetClass::currency;
  details.text = widened<16>(event.currency.code);
  draft.extend(details);
}

void define_contract(const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::define_asset;
  AssetDetails details;
  details.asset = asset_of(event.instrument);
  details.what = AssetClass::contract;
  details.currency = asset_of(event.contract.currency);
  details.pool = event.contract.pool;
  details.hour = event.contract.hour;
  draft.extend(details);
}

void define_product(const Command& command, const Event& event, RecordDraft& draft) {
  draft.kind = RecordKind::define_asset;
  AssetDetails details;
  details.asset = asset_of(event.instrument);
  details.what = AssetClass::product;
  details.supply = static_cast<std::uint8_t>(event.product.supply);
  details.resale = static_cast<std::uint8_t>(event.product.resale);
  details.currency = asset_of(event.product.currency);
  details.issuer = event.product.issuer;
  details.version = event.product.version;
  if (command.type != CommandType::define_product) return draft.extend(details);
  const DefineProduct& body = command.define_product;
  details.unit = static_cast<std::uint8_t>(body.unit);
  details.text = body.symbol;
  draft.extend(details);
  if (body.title[0] != '\0') draft.extend(ProductTitle{body.title});
}

}  // namespace

std::uint64_t settlement_number(const Event& event) {
  std::uint64_t number = 0;
  if (!traits_of(event.type).is_settled) return number;
  visit_event_body(event, [&](const auto& body) {
    if constexpr (requires { body.number; }) number = body.number;
  });
  return number;
}

void Posting::learn(InstrumentId instrument, CurrencyId currency) {
  const std::uint32_t slot = slot_of(instrument);
  if (slot >= denominations_.size()) denominations_.resize(slot + 1);
  denominations_[slot] = {instrument, currency};
}

void Posting::learn(const AssetDetails& asset) {
  if (asset.what == AssetClass::currency) return;
  learn(instrument_of(asset.asset), currency_of(asset.currency));
}

CurrencyId Posting::currency_of_instrument(InstrumentId instrument) const {
  const std::uint32_t slot = slot_of(instrument);
  if (slot >= denominations_.size()) return CurrencyId{0};
  const Denomination& known = denominations_[slot];
  return known.instrument == instrument ? known.currency : CurrencyId{0};
}

Status Posting::settle(std::span<const Event> events, std::size_t index, RecordDraft& draft) const {
  const Event& event = events[index];
  if (index == 0 || events[index - 1].type != EventType::trade) {
    return unexpected("post a settlement without its trade", event);
  }
  const Trade& trade = events[index - 1].trade;
  const Settlement& settlement = event.settlement;
  const auto kind = static_cast<SettlementKind>(event.detail);
  const CurrencyId currency = currency_of_instrument(event.instrument);
  if (currency.is_none()) return unexpected("post a trade of an unknown instrument", event);
  const std::int64_t notional = trade.notional.value();
  const std::int64_t quantity = trade.quantity.value();
  const std::int64_t buyer_fee = settlement.buyer_fee.value();
  const std::int64_t seller_fee = settlement.seller_fee.value();
  if (legs_of(kind).empty()) return unexpected("post a settlement of an unknown kind", event);
  if (notional <= 0 || quantity <= 0 || buyer_fee < 0 || seller_fee < 0 || seller_fee > notional) {
    return unexpected("post a trade whose amounts make no sense", event);
  }

  draft.kind = RecordKind::settle;
  draft.ext_id.index = trade.match_index;
  const Parties parties{settlement.buyer, settlement.seller};
  const LegAmounts amounts{notional, buyer_fee, seller_fee, quantity};
  for (const LegRow& leg : legs_of(kind)) {
    const std::int64_t amount = amounts.of(leg.amount);
    if (amount == 0) continue;
    const bool is_lots = leg.amount == LegAmount::lots;
    const AssetNumber asset = is_lots ? asset_of(event.instrument) : asset_of(currency);
    net(draft, parties.account_of(leg.from), asset, -amount, is_lots ? Role::units : Role::cash);
    net(draft, parties.account_of(leg.to), asset, amount, leg.role);
  }

  TradeDetails details;
  details.instrument = event.instrument;
  details.quantity = trade.quantity;
  details.price = trade.price;
  if (index + 1 < events.size() && events[index + 1].type == EventType::entitlement) {
    details.version = events[index + 1].entitlement.version;
  }
  details.mode = kind == SettlementKind::offer ? TradeMode::posted : TradeMode::book;
  details.taker = static_cast<Side>(events[index - 1].detail);
  details.flags = static_cast<std::uint8_t>((buyer_fee > 0 ? trade_flag::buyer_fee : 0) |
                                            (seller_fee > 0 ? trade_flag::seller_fee : 0));
  details.settlement = event.detail;
  draft.extend(details);
  const bool is_taker_buyer = details.taker == Side::buy;
  draft.extend(TradeOrders{is_taker_buyer ? trade.taker : trade.maker,
                           is_taker_buyer ? trade.maker : trade.taker});
  return {};
}

Status Posting::translate_event(const Command& command, std::span<const Event> events,
                                std::size_t index, RecordDraft& draft) {
  const Event& event = events[index];
  switch (event.type) {
    case EventType::settlement:
      return settle(events, index, draft);
    case EventType::funded:
    case EventType::withdrawn:
      move_cash(event, draft);
      return {};
    case EventType::merchant_admitted:
      open_account(command, event, draft);
      return {};
    case EventType::merchant_renamed:
      if (command.type != CommandType::rename_merchant) return unexpected("learn a name", event);
      note_name(command, event, draft);
      return {};
    case EventType::command_confirmed:
      if (command.type != CommandType::confirm) return unexpected("learn what is meant", event);
      note_confirmation(command, event, draft);
      return {};
    case EventType::escrow_released:
      release_escrow(event, draft);
      return {};
    case EventType::capacity_minted:
    case EventType::units_burnt:
      move_units(event, draft);
      return {};
    case EventType::currency_defined:
      define_currency(event, draft);
      return {};
    case EventType::contract_listed:
      if (event.contract.currency.is_none()) return unexpected("learn a currency", event);
      learn(event.instrument, event.contract.currency);
      define_contract(event, draft);
      return {};
    case EventType::product_defined:
      if (event.product.currency.is_none()) return unexpected("learn a currency", event);
      learn(event.instrument, event.product.currency);
      define_product(command, event, draft);
      return {};
    default:
      return unexpected("post an event that has no postings", event);
  }
}

Status Posting::translate(const Command& command, std::span<const Event> events,
                          std::vector<RecordDraft>& drafts) {
  const std::size_t before = drafts.size();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::uint64_t number = settlement_number(events[i]);
    if (number == 0) continue;
    RecordDraft& draft = drafts.emplace_back();
    draft.source = shard_;
    draft.time = command.time;
    draft.ext_id = {command.sequence, ext_index_of_event | events[i].index, shard_};
    draft.source_seq = number;
    if (Status posted = translate_event(command, events, i, draft); !posted) {
      drafts.resize(before);
      return posted;
    }
  }
  return {};
}

}  // namespace karst
