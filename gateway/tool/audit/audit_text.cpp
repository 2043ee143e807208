#include "gateway/tool/audit/audit_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/command/enclosed.hpp"
#include "gateway/tool/command_words.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "ledger/record/record.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

constexpr const char* exchange_accounts[] = {"none",         "fee income", "tax",  "guarantee fund",
                                             "bank custody", "issue",      "none", "rounding"};
constexpr const char* merchant_accounts[] = {"main",     "escrow", "bond", "disputed",
                                             "capacity", "none",   "none", "none"};

const char* account_kind_text(AccountNumber account) {
  const unsigned kind = account.value() % (1U << account_kind_bits);
  return merchant_of(account).is_none() ? exchange_accounts[kind] : merchant_accounts[kind];
}

std::string padded(std::string text, std::size_t columns) {
  if (text.size() < columns) text.append(columns - text.size(), ' ');
  return text;
}

std::string right_aligned(const std::string& text, std::size_t columns) {
  return text.size() < columns ? std::string(columns - text.size(), ' ') + text : text;
}

std::string mode_text(std::uint32_t mode) { return name(static_cast<TradeMode>(mode)); }

/// What an open_account, a define_asset or a note tells: "  merchant 51, Cloud Atlas",
/// "  instrument 7, GUIAN-P@2026-11-22T09Z".
std::string defined_text(const LedgerWords& words, const v1::Transaction& it) {
  const v1::DefinedFacts& defined = it.defined();
  if (defined.asset() == 0) {
    const bool is_renamed = static_cast<RecordKind>(it.kind()) == RecordKind::note;
    return "  merchant " + std::to_string(defined.account_id()) +
           (is_renamed ? " is called " : ", ") + defined.text();
  }
  const AssetNumber asset{defined.asset()};
  if (is_currency(asset)) return "  " + words.asset(asset);
  return "  " + asset_text(asset) + ", " + words.asset(asset) +
         (defined.title().empty() ? "" : ", " + defined.title());
}

/// The command of a confirmation, as the wire says it; nothing set where this build cannot read it.
v1::Command confirmed_command(const v1::ConfirmedFacts& confirmed) {
  EnclosedCommand bytes{};
  const std::string& given = confirmed.command();
  v1::Command wire;
  Command command;
  if (given.size() > bytes.size()) return wire;
  std::ranges::copy(given, bytes.begin());
  if (disclose(bytes, command)) schemas::enclosed_to_wire(command, wire);
  return wire;
}

std::string confirmed_text(const v1::ConfirmedFacts& confirmed, const std::string& between) {
  return words_of(confirmed_command(confirmed)) + between + "asked for by key " +
         std::to_string(confirmed.key_id()) + " (proposal " +
         std::to_string(confirmed.proposal_id()) + "), confirmed by key " +
         std::to_string(confirmed.confirmed_by_key_id());
}

Json confirmed_json(const v1::ConfirmedFacts& confirmed) {
  Digest hash{};
  if (confirmed.hash().size() == hash.size()) std::ranges::copy(confirmed.hash(), hash.begin());
  return {{"proposal", std::to_string(confirmed.proposal_id())},
          {"words", words_of(confirmed_command(confirmed))},
          {"key", confirmed.key_id()},
          {"confirmed_by_key", confirmed.confirmed_by_key_id()},
          {"hash", gateway::to_hex(hash)}};
}

std::string party_text(const LedgerWords& words, const v1::TradeParty& party) {
  const std::string order =
      party.order_id() == 0 ? "no order" : "order " + std::to_string(party.order_id());
  return words.numbered(party.account_id()) + ", " + order + ", fee " +
         format_money(party.fee_fen());
}

std::string trade_text(const LedgerWords& words, const v1::TradeFacts& trade) {
  const std::string currency =
      words.asset(asset_of(CurrencyId{static_cast<std::uint16_t>(trade.currency_id())}));
  std::string text = "\n    " + words.asset(AssetNumber{trade.instrument_id()}) + ": " +
                     lots_text(trade.quantity_lots()) + " at " + format_money(trade.price_fen()) +
                     " = " + format_money(trade.notional_fen()) + " " + currency + ", " +
                     mode_text(trade.mode()) + ", taker " +
                     (trade.taker() == v1::SIDE_BUY ? "buys" : "sells");
  if (trade.has_buyer()) text += "\n    buyer  " + party_text(words, trade.buyer());
  if (trade.has_seller()) text += "\n    seller " + party_text(words, trade.seller());
  return text;
}

Json party_json(const LedgerWords& words, const v1::TradeParty& party) {
  Json json{{"account_id", party.account_id()},
            {"name", words.merchant(party.account_id())},
            {"order_id", nullptr},
            {"fee", format_money(party.fee_fen())}};
  if (party.order_id() != 0) json["order_id"] = std::to_string(party.order_id());
  return json;
}

Json trade_json(const LedgerWords& words, const v1::TradeFacts& trade) {
  const CurrencyId currency{static_cast<std::uint16_t>(trade.currency_id())};
  Json json{{"instrument_id", trade.instrument_id()},
            {"instrument", words.asset(AssetNumber{trade.instrument_id()})},
            {"quantity_lots", trade.quantity_lots()},
            {"price", format_money(trade.price_fen())},
            {"notional", format_money(trade.notional_fen())},
            {"currency", words.asset(asset_of(currency))},
            {"mode", mode_text(trade.mode())},
            {"taker", trade.taker() == v1::SIDE_BUY ? "buy" : "sell"}};
  if (trade.has_buyer()) json["buyer"] = party_json(words, trade.buyer());
  if (trade.has_seller()) json["seller"] = party_json(words, trade.seller());
  return json;
}

void add_defined(const LedgerWords& words, const v1::DefinedFacts& defined, Json& json) {
  if (defined.asset() == 0) {
    json["account_id"] = defined.account_id();
    json["name"] = defined.text();
    return;
  }
  if (!defined.title().empty()) json["title"] = defined.title();
  const AssetNumber asset{defined.asset()};
  if (is_currency(asset)) {
    json["currency_id"] = currency_of(asset).value();
    json["currency"] = defined.text();
    return;
  }
  json["instrument_id"] = instrument_of(asset).value();
  json["instrument"] = words.asset(asset);
  if (defined.pool_id() == 0) {
    json["symbol"] = defined.text();
    json["issuer_id"] = defined.account_id();
  } else {
    json["pool_id"] = defined.pool_id();
    json["hour"] = format_hour(defined.hour());
  }
}

void set_amount(Json& json, const std::string& what, AssetNumber asset, std::int64_t amount) {
  if (is_currency(asset)) {
    json[what] = format_money(amount);
    json[what + "_fen"] = amount;
  } else {
    json[what + "_lots"] = amount;
  }
}

/// A spreadsheet would calculate the cell: whoever chooses a name must not run anything there.
bool is_formula(const std::string& cell) {
  if (cell.empty() || std::string_view("=+-@\t\r").find(cell[0]) == std::string_view::npos) {
    return false;
  }
  const bool is_number = cell[0] == '-' && cell.size() > 1 &&
                         cell.find_first_not_of("0123456789.", 1) == std::string::npos;
  return !is_number;
}

}  // namespace

void LedgerWords::add(const google::protobuf::RepeatedPtrField<v1::LedgerName>& names) {
  for (const v1::LedgerName& it : names) {
    (it.asset() == 0 ? merchants_[it.account_id()] : assets_[it.asset()]) = it.name();
  }
}

std::string LedgerWords::merchant(std::uint32_t number) const {
  const auto found = merchants_.find(number);
  return found == merchants_.end() ? std::string() : found->second;
}

std::string LedgerWords::numbered(std::uint32_t number) const {
  const std::string called = merchant(number);
  return std::to_string(number) + (called.empty() ? "" : " " + called);
}

std::string LedgerWords::asset(AssetNumber asset) const {
  const auto found = assets_.find(asset.value());
  return found == assets_.end() ? asset_text(asset) : found->second;
}

std::string account_text(AccountNumber account) {
  const AccountId merchant = merchant_of(account);
  const std::string owner =
      merchant.is_none() ? "exchange" : "merchant " + std::to_string(merchant.value());
  return owner + " " + account_kind_text(account);
}

std::string asset_text(AssetNumber asset) {
  return is_currency(asset) ? "currency " + std::to_string(currency_of(asset).value())
                            : "instrument " + std::to_string(instrument_of(asset).value());
}

std::string amount_text(AssetNumber asset, std::int64_t amount) {
  return is_currency(asset) ? format_money(amount) : std::to_string(amount);
}

std::string reference_text(const std::string& bytes) {
  const std::string text = bytes.substr(0, bytes.find('\0'));
  const bool is_text = !text.empty() &&
                       bytes.find_first_not_of('\0', text.size()) == std::string::npos &&
                       std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (is_text) return text;
  constexpr const char* digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<unsigned char>(c) >> 4U];
    hex += digits[static_cast<unsigned char>(c) & 15U];
  }
  return hex;
}

std::string kind_text(std::uint32_t kind) { return name(static_cast<RecordKind>(kind)); }

std::string transaction_text(const LedgerWords& words, const v1::Transaction& it) {
  std::string text = "settlement " + std::to_string(it.seq() + 1) + "  " + kind_text(it.kind()) +
                     "  " + format_time(it.time_ns()) + "  command " + std::to_string(it.command());
  if (it.has_defined()) text += defined_text(words, it);
  if (it.has_confirmed()) text += "  " + confirmed_text(it.confirmed(), "\n    ");
  if (!it.reference().empty()) text += "  reference " + reference_text(it.reference());
  if (it.has_trade()) text += trade_text(words, it.trade());
  for (const v1::Leg& leg : it.legs()) {
    const AssetNumber asset{leg.asset()};
    const std::string sign = leg.amount() > 0 ? "+" : "";
    text += "\n    " + padded(account_text(AccountNumber{leg.account()}), 28) + " " +
            padded(words.asset(asset), 20) + " " +
            right_aligned(sign + amount_text(asset, leg.amount()), 18) + "  -> " +
            amount_text(asset, leg.balance_after());
  }
  return text;
}

Json transaction_json(const LedgerWords& words, const v1::Transaction& it) {
  Json legs = Json::array();
  for (const v1::Leg& leg : it.legs()) {
    const AssetNumber asset{leg.asset()};
    Json json = balance_json(words, AccountNumber{leg.account()}, asset, "amount", leg.amount());
    set_amount(json, "balance_after", asset, leg.balance_after());
    legs.push_back(std::move(json));
  }
  Json json{{"settlement", std::to_string(it.seq() + 1)},
            {"kind", kind_text(it.kind())},
            {"time", format_time(it.time_ns())},
            {"command", std::to_string(it.command())}};
  if (it.has_trade()) json["trade"] = trade_json(words, it.trade());
  if (!it.reference().empty()) json["reference"] = reference_text(it.reference());
  json["legs"] = std::move(legs);
  if (it.has_defined()) add_defined(words, it.defined(), json);
  if (it.has_confirmed()) json["confirmed"] = confirmed_json(it.confirmed());
  return json;
}

const std::vector<std::string>& transaction_columns() {
  static const std::vector<std::string> columns{
      "settlement", "time",        "kind",      "command",       "instrument",  "quantity_lots",
      "price",      "notional",    "currency",  "mode",          "taker",       "buyer",
      "buyer_name", "buyer_order", "buyer_fee", "seller",        "seller_name", "seller_order",
      "seller_fee", "reference",   "merchant",  "merchant_name", "amount",      "text"};
  return columns;
}

std::vector<std::string> transaction_row(const LedgerWords& words, const v1::Transaction& it) {
  std::vector<std::string> row{std::to_string(it.seq() + 1), format_time(it.time_ns()),
                               kind_text(it.kind()), std::to_string(it.command())};
  const auto add_party = [&](bool is_there, const v1::TradeParty& party) {
    if (!is_there) return static_cast<void>(row.insert(row.end(), 4, ""));
    row.push_back(std::to_string(party.account_id()));
    row.push_back(words.merchant(party.account_id()));
    row.push_back(party.order_id() == 0 ? "" : std::to_string(party.order_id()));
    row.push_back(format_money(party.fee_fen()));
  };
  if (it.has_trade()) {
    const v1::TradeFacts& trade = it.trade();
    const CurrencyId currency{static_cast<std::uint16_t>(trade.currency_id())};
    row.push_back(words.asset(AssetNumber{trade.instrument_id()}));
    row.push_back(std::to_string(trade.quantity_lots()));
    row.push_back(format_money(trade.price_fen()));
    row.push_back(format_money(trade.notional_fen()));
    row.push_back(words.asset(asset_of(currency)));
    row.push_back(mode_text(trade.mode()));
    row.push_back(trade.taker() == v1::SIDE_BUY ? "buy" : "sell");
    add_party(trade.has_buyer(), trade.buyer());
    add_party(trade.has_seller(), trade.seller());
    row.insert(row.end(), 5, "");
    return row;
  }
  // Of what moves between a merchant and the exchange, or two accounts of one merchant: what the
  // merchant's last leg says.
  const v1::Leg* of_merchant = nullptr;
  for (const v1::Leg& leg : it.legs()) {
    if (!merchant_of(AccountNumber{leg.account()}).is_none()) of_merchant = &leg;
  }
  const AssetNumber asset{of_merchant != nullptr ? of_merchant->asset() : it.defined().asset()};
  const bool is_money = is_currency(asset);
  row.push_back(asset.is_none() || is_money ? "" : words.asset(asset));
  row.insert(row.end(), 3, "");
  row.push_back(is_money ? words.asset(asset) : "");
  row.insert(row.end(), 10, "");
  row.push_back(it.reference().empty() ? "" : reference_text(it.reference()));
  const std::uint32_t merchant = of_merchant != nullptr
                                     ? merchant_of(AccountNumber{of_merchant->account()}).value()
                                     : it.defined().account_id();
  row.push_back(merchant == 0 ? "" : std::to_string(merchant));
  row.push_back(words.merchant(merchant));
  row.push_back(of_merchant == nullptr ? "" : amount_text(asset, of_merchant->amount()));
  row.push_back(it.has_confirmed() ? confirmed_text(it.confirmed(), "; ") : it.defined().text());
  return row;
}

Json balance_json(const LedgerWords& words, AccountNumber account, AssetNumber asset,
                  const char* what, std::int64_t amount) {
  Json json = {{"account", account.value()},
               {"merchant", merchant_of(account).value()},
               {"account_kind", account_kind_text(account)},
               {"asset", asset.value()}};
  if (is_currency(asset)) {
    json["currency_id"] = currency_of(asset).value();
    json["currency"] = words.asset(asset);
  } else {
    json["instrument_id"] = instrument_of(asset).value();
    json["instrument"] = words.asset(asset);
  }
  set_amount(json, what, asset, amount);
  return json;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = (is_formula(cells[i]) ? "'" : "") + cells[i];
    if (i != 0) line += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line;
}

}  // namespace karst::tool
