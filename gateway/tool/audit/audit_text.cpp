#include "gateway/tool/audit/audit_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "ledger/record/accounts.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

constexpr const char* record_kinds[record_kinds_end] = {
    "none",    "open_account", "define_asset", "fund",    "withdraw", "mint",  "burn", "settle",
    "release", "deliver",      "refund",       "reverse", "adjust",   "close", "key",  "note"};
constexpr const char* exchange_accounts[] = {"none",         "fee income", "tax",  "guarantee fund",
                                             "bank custody", "issue",      "none", "rounding"};
constexpr const char* merchant_accounts[] = {"main",     "escrow", "bond", "disputed",
                                             "capacity", "none",   "none", "none"};

const char* record_kind_text(RecordKind kind) {
  return record_kinds[static_cast<unsigned>(kind) % record_kinds_end];
}

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

/// "amount_fen" or "amount_lots": the unit is in the name.
std::string with_unit(const char* name, AssetNumber asset) {
  return std::string(name) + (is_currency(asset) ? "_fen" : "_lots");
}

Json key_json(const Books& books, AccountNumber account, AssetNumber asset) {
  Json json = {{"account", account.value()},
               {"merchant", merchant_of(account).value()},
               {"account_kind", account_kind_text(account)},
               {"asset", asset.value()}};
  if (is_currency(asset)) {
    json["currency_id"] = currency_of(asset).value();
    if (std::string code = books.currency_code(asset); !code.empty()) {
      json["currency"] = std::move(code);
    }
  } else {
    json["instrument_id"] = instrument_of(asset).value();
  }
  return json;
}

std::string unpadded(std::span<const char> text) {
  return {text.begin(), std::ranges::find(text, '\0')};
}

/// What an open_account, a define_asset or a note tells: "merchant 51, Cloud Atlas", "instrument 7,
/// pool 1, 2026-11-22T09Z". Empty for all others.
std::string definition_text(const Books& books, const Record& record) {
  if (record.account) {
    return "  merchant " + std::to_string(record.account->merchant.value()) + ", " +
           unpadded(record.account->name);
  }
  if (record.name) {
    return "  merchant " + std::to_string(record.name->merchant.value()) + " is called " +
           unpadded(record.name->name);
  }
  if (!record.asset) return "";
  const std::string text = "  " + asset_text(books, record.asset->asset);
  switch (record.asset->what) {
    case AssetClass::currency:
      return text;
    case AssetClass::contract:
      return text + ", pool " + std::to_string(record.asset->pool.value()) + ", " +
             format_hour(record.asset->hour.value());
    case AssetClass::product:
      return text + ", " + unpadded(record.asset->text) +
             (record.title ? ", " + unpadded(record.title->title) : "");
  }
  return text;
}

/// The same as fields of the record's JSON.
void add_definition(const Record& record, Json& json) {
  if (record.account) {
    json["account_id"] = record.account->merchant.value();
    json["name"] = unpadded(record.account->name);
  }
  if (record.name) {
    json["account_id"] = record.name->merchant.value();
    json["name"] = unpadded(record.name->name);
  }
  if (record.title) json["title"] = unpadded(record.title->title);
  if (!record.asset) return;
  const AssetDetails& asset = *record.asset;
  if (asset.what == AssetClass::currency) {
    json["currency_id"] = currency_of(asset.asset).value();
    json["currency"] = unpadded(asset.text);
    return;
  }
  json["instrument_id"] = instrument_of(asset.asset).value();
  if (asset.what == AssetClass::product) {
    json["symbol"] = unpadded(asset.text);
    json["issuer_id"] = asset.issuer.value();
  } else {
    json["pool_id"] = asset.pool.value();
    json["hour"] = format_hour(asset.hour.value());
  }
}

}  // namespace

std::string account_text(AccountNumber account) {
  const AccountId merchant = merchant_of(account);
  const std::string owner =
      merchant.is_none() ? "exchange" : "merchant " + std::to_string(merchant.value());
  return owner + " " + account_kind_text(account);
}

std::string asset_text(const Books& books, AssetNumber asset) {
  if (!is_currency(asset)) return "instrument " + std::to_string(instrument_of(asset).value());
  const std::string code = books.currency_code(asset);
  return code.empty() ? "currency " + std::to_string(currency_of(asset).value()) : code;
}

std::string amount_text(AssetNumber asset, std::int64_t amount) {
  return is_currency(asset) ? format_money(amount) : std::to_string(amount);
}

std::string record_text(const Books& books, const Record& record) {
  std::string text = "settlement " + std::to_string(record.source_seq) + "  " +
                     record_kind_text(record.kind) + "  " + format_time(record.time.value()) +
                     "  command " + std::to_string(record.ext_id.command) +
                     definition_text(books, record);
  for (const Leg& leg : record.legs) {
    const std::string sign = leg.amount > 0 ? "+" : "";
    text += "\n    " + padded(account_text(leg.account), 28) + " " +
            padded(asset_text(books, leg.asset), 20) + " " +
            right_aligned(sign + amount_text(leg.asset, leg.amount), 18) + "  -> " +
            amount_text(leg.asset, leg.balance_after);
  }
  return text;
}

Json record_json(const Books& books, const Record& record) {
  Json legs = Json::array();
  for (const Leg& leg : record.legs) {
    Json json = key_json(books, leg.account, leg.asset);
    json[with_unit("amount", leg.asset)] = leg.amount;
    json[with_unit("balance_after", leg.asset)] = leg.balance_after;
    legs.push_back(std::move(json));
  }
  Json json{{"settlement", record.source_seq},
            {"kind", record_kind_text(record.kind)},
            {"time", format_time(record.time.value())},
            {"command", record.ext_id.command},
            {"legs", std::move(legs)}};
  add_definition(record, json);
  return json;
}

Json balance_json(const Books& books, const AccountKey& key, std::int64_t balance) {
  Json json = key_json(books, key.account, key.asset);
  json[with_unit("balance", key.asset)] = balance;
  return json;
}

}  // namespace karst::tool
