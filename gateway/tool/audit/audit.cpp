#include "gateway/tool/audit/audit.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "gateway/tool/audit/audit_question.hpp"
#include "ledger/index/balances.hpp"
#include "ledger/record/record.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

constexpr std::uint64_t page_rows_max = 500;

v1::QueryTransactions transactions_query(const AuditOptions& options, AuditQuestion& question) {
  v1::QueryTransactions query;
  query.set_everyone(options.merchant.empty());
  if (!options.merchant.empty()) query.set_account_id(question.merchant(options.merchant));
  if (!options.with.empty()) {
    query.set_with_account_id(question.merchant(options.with));
    if (query.with_account_id() == query.account_id()) {
      question.output().fail({exit_usage, "USAGE", "--with needs another merchant"});
    }
  }
  if (!options.instrument.empty()) {
    query.set_instrument_id(question.instrument(options.instrument));
  }
  if (options.order) query.set_order_id(*options.order);
  if (!options.kind.empty()) {
    query.set_kind(static_cast<std::uint32_t>(*kind_named(options.kind)));
  }
  query.set_reference(options.reference);
  query.set_from_time_ns(question.time(options.from_time, "--from-time"));
  query.set_to_time_ns(question.time(options.to_time, "--to-time"));
  // The log counts its records from 0.
  if (options.from != 0) query.set_from_seq(options.from - 1);
  if (options.before != 0) query.set_before_seq(options.before - 1);
  query.set_newest_first(options.from == 0 && !options.is_oldest_first);
  return query;
}

void show(const AuditOptions& options, AuditQuestion& question, const v1::Transaction& it) {
  const Output& output = question.output();
  if (options.is_csv) return output.line({}, csv_line(transaction_row(question.words(), it)));
  output.line(output.is_json() ? transaction_json(question.words(), it) : Json(),
              output.is_json() ? std::string() : transaction_text(question.words(), it));
}

/// The end of a list never comes without a word: for programs on standard error.
void tell_end(const AuditOptions& options, const AuditQuestion& question,
              const std::string& words) {
  if (!options.is_csv && !options.link.is_json) return question.output().line({}, words);
  std::fprintf(stderr, "karst audit: %s\n", words.c_str());
}

/// What merchants traded, added up.
struct TurnoverRow {
  std::uint64_t trades = 0;
  std::uint64_t bought_lots = 0;
  std::int64_t bought = 0;
  std::uint64_t sold_lots = 0;
  std::int64_t sold = 0;
  std::int64_t fees = 0;
};
using MerchantAndCurrency = std::pair<std::uint32_t, std::uint32_t>;

std::map<MerchantAndCurrency, TurnoverRow> turnover_of(v1::QueryTurnover query,
                                                       AuditQuestion& question) {
  std::map<MerchantAndCurrency, TurnoverRow> all;
  do {
    v1::Request request;
    *request.mutable_query_turnover() = query;
    const v1::Response response = question.ask(request);
    const v1::Turnover& answer = response.turnover();
    for (const v1::TurnoverOf& it : answer.merchants()) {
      TurnoverRow& row = all[{it.account_id(), it.currency_id()}];
      row.trades += it.trades();
      row.bought_lots += it.bought_lots();
      row.bought += it.bought_fen();
      row.sold_lots += it.sold_lots();
      row.sold += it.sold_fen();
      row.fees += it.fees_fen();
    }
    question.words().add(answer.names());
    query.set_from_seq(answer.next_seq());
  } while (query.from_seq() != 0);
  return all;
}

AssetNumber currency_asset(std::uint32_t currency) {
  return asset_of(CurrencyId{static_cast<std::uint16_t>(currency)});
}

std::string period_text(const AuditOptions& options) {
  return (options.from_time.empty() ? "" : " from " + options.from_time) +
         (options.to_time.empty() ? "" : " to " + options.to_time);
}

}  // namespace

int run_audit_transactions(const AuditOptions& options) {
  AuditQuestion question(options);
  v1::QueryTransactions query = transactions_query(options, question);
  if (options.is_csv) question.output().line({}, csv_line(transaction_columns()));
  std::uint64_t left = options.limit;
  bool has_more = options.before != 1;  // on the wire "before the first" is "not asked for"
  while (has_more && left != 0) {
    query.set_limit(static_cast<std::uint32_t>(std::min(left, page_rows_max)));
    v1::Request request;
    *request.mutable_query_transactions() = query;
    const v1::Response response = question.ask(request);
    const v1::Transactions& answer = response.transactions();
    question.words().add(answer.names());
    for (const v1::Transaction& it : answer.transactions()) show(options, question, it);
    left -= static_cast<std::uint64_t>(answer.transactions_size());
    has_more = answer.has_more();
    if (query.newest_first()) {
      query.set_before_seq(answer.next_seq());
    } else {
      query.set_from_seq(answer.next_seq());
    }
  }
  if (left == options.limit) {
    tell_end(options, question, "no settlement is like that");
  } else if (has_more) {
    const std::string next = query.newest_first()
                                 ? "--before " + std::to_string(query.before_seq() + 1)
                                 : "--from " + std::to_string(query.from_seq() + 1);
    tell_end(options, question,
             "there may be more: go on with " + next + ", or ask for more at once: --limit N");
  }
  return exit_ok;
}

int run_audit_balance(const AuditOptions& options) {
  AuditQuestion question(options);
  v1::QueryLedgerBalances query = question.balances_at(options.at);
  query.set_account_id(question.merchant(options.merchant));
  const AuditQuestion::Balances found = question.balances(query);
  LedgerWords& words = question.words();
  Json balances = Json::array();
  Table table{{"account", "asset", "balance"}, {}, {false, false, true}};
  for (const v1::LedgerBalance& it : found.rows) {
    const AccountNumber account{it.account()};
    const AssetNumber asset{it.asset()};
    balances.push_back(balance_json(words, account, asset, "balance", it.balance()));
    table.rows.push_back(
        {account_text(account), words.asset(asset), amount_text(asset, it.balance())});
  }
  const Json json = {{"merchant", query.account_id()},
                     {"name", words.merchant(query.account_id())},
                     {"settlement", std::to_string(found.size)},
                     {"balances", std::move(balances)}};
  const std::string after = "after settlement " + std::to_string(found.size);
  if (table.rows.empty() && !options.is_csv) {
    question.output().answer(
        json, "merchant " + std::to_string(query.account_id()) + " has nothing, " + after);
  } else {
    question.print(json, table, {"account", "asset", "balance"}, after);
  }
  return exit_ok;
}

int run_audit_trial_balance(const AuditOptions& options) {
  AuditQuestion question(options);
  v1::QueryLedgerBalances query = question.balances_at(options.at);
  query.set_everyone(true);
  const AuditQuestion::Balances found = question.balances(query);
  LedgerWords& words = question.words();
  Json balances = Json::array();
  Table table{{"account", "asset", "balance"}, {}, {false, false, true}};
  __extension__ using Sum = __int128;
  std::map<AssetNumber, Sum> sums;
  for (const v1::LedgerBalance& it : found.rows) {
    const AccountNumber account{it.account()};
    const AssetNumber asset{it.asset()};
    sums[asset] += it.balance();
    if (options.link.is_json) {
      balances.push_back(balance_json(words, account, asset, "balance", it.balance()));
    }
    table.rows.push_back(
        {account_text(account), words.asset(asset), amount_text(asset, it.balance())});
  }
  const bool is_even = std::ranges::all_of(sums, [](const auto& it) { return it.second == 0; });
  question.print({{"settlement", std::to_string(found.size)},
                  {"assets", sums.size()},
                  {"is_even", is_even},
                  {"balances", std::move(balances)}},
                 table, {"account", "asset", "balance"},
                 "after settlement " + std::to_string(found.size) + ": " +
                     std::to_string(sums.size()) + " assets, " +
                     (is_even ? "every one sums to 0" : "NOT every one sums to 0"));
  return is_even ? exit_ok : exit_damaged;
}

int run_audit_fees(const AuditOptions& options) {
  AuditQuestion question(options);
  const bool is_by_day = options.by == "day";
  v1::QueryFees query;
  query.set_from_time_ns(question.time(options.from_time, "--from-time"));
  query.set_to_time_ns(question.time(options.to_time, "--to-time"));
  const std::optional<std::int64_t> offset = parse_duration(options.utc_offset);
  if (!offset) {
    question.output().fail({exit_usage, "USAGE", "--utc-offset: as in 8h or -3h30m"});
  }
  query.set_utc_offset_ns(*offset);
  std::map<std::pair<std::int64_t, std::uint32_t>, std::int64_t> income;
  do {
    v1::Request request;
    *request.mutable_query_fees() = query;
    const v1::Response response = question.ask(request);
    for (const v1::FeesOfDay& it : response.fees().days()) {
      income[{is_by_day ? it.day_ns() : 0, it.currency_id()}] += it.income_fen();
    }
    question.words().add(response.fees().names());
    query.set_from_time_ns(response.fees().next_time_ns());
  } while (query.from_time_ns() != 0);
  constexpr std::size_t date_columns = 10;  // "2026-11-22"
  Json lines = Json::array();
  Table table{{"day", "currency", "income"}, {}, {false, false, true}};
  for (const auto& [key, fen] : income) {
    const std::string day =
        is_by_day ? format_time(key.first + *offset).substr(0, date_columns) : "";
    const std::string currency = question.words().asset(currency_asset(key.second));
    Json line{{"currency", currency}, {"income", format_money(fen)}};
    if (is_by_day) line["day"] = day;
    lines.push_back(std::move(line));
    table.rows.push_back({is_by_day ? day : "all", currency, format_money(fen)});
  }
  question.print(
      {{"by", options.by}, {"fees", std::move(lines)}}, table, {"day", "currency", "income"},
      table.rows.empty() ? "no fees" + period_text(options) : "fees" + period_text(options));
  return exit_ok;
}

int run_audit_turnover(const AuditOptions& options) {
  AuditQuestion question(options);
  v1::QueryTurnover query;
  query.set_from_time_ns(question.time(options.from_time, "--from-time"));
  query.set_to_time_ns(question.time(options.to_time, "--to-time"));
  if (!options.instrument.empty()) {
    query.set_instrument_id(question.instrument(options.instrument));
  }
  const auto all = turnover_of(query, question);
  std::vector<std::pair<MerchantAndCurrency, TurnoverRow>> rows(all.begin(), all.end());
  const auto size_of = [&](const TurnoverRow& row) {
    if (options.by == "sold") return row.sold;
    return options.by == "trades" ? static_cast<std::int64_t>(row.trades) : row.bought;
  };
  std::ranges::stable_sort(
      rows, [&](const auto& a, const auto& b) { return size_of(a.second) > size_of(b.second); });
  const std::size_t merchants = rows.size();
  if (rows.size() > options.limit) rows.resize(options.limit);
  Json lines = Json::array();
  Table table{{"merchant", "name", "currency", "trades", "bought lots", "bought", "sold lots",
               "sold", "fees"},
              {},
              {true, false, false, true, true, true, true, true, true}};
  for (const auto& [key, row] : rows) {
    const std::string name = question.words().merchant(key.first);
    const std::string currency = question.words().asset(currency_asset(key.second));
    lines.push_back({{"account_id", key.first},
                     {"name", name},
                     {"currency", currency},
                     {"trades", row.trades},
                     {"bought_lots", row.bought_lots},
                     {"bought", format_money(row.bought)},
                     {"sold_lots", row.sold_lots},
                     {"sold", format_money(row.sold)},
                     {"fees", format_money(row.fees)}});
    table.rows.push_back({std::to_string(key.first), name, currency, std::to_string(row.trades),
                          std::to_string(row.bought_lots), format_money(row.bought),
                          std::to_string(row.sold_lots), format_money(row.sold),
                          format_money(row.fees)});
  }
  std::string below = "by " + options.by + period_text(options) + ", " +
                      std::to_string(rows.size()) + " of " + std::to_string(merchants) + " rows";
  if (rows.size() < merchants) below += ": more with --limit " + std::to_string(merchants);
  question.print({{"by", options.by}, {"rows", merchants}, {"merchants", std::move(lines)}}, table,
                 {"merchant", "name", "currency", "trades", "bought_lots", "bought", "sold_lots",
                  "sold", "fees"},
                 below);
  return exit_ok;
}

}  // namespace karst::tool
