// `karst audit statement`: what a merchant had, everything that moved, what it has.
#include <map>
#include <nlohmann/json.hpp>

#include "gateway/tool/audit/audit_question.hpp"
#include "ledger/index/balances.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

struct StatementMove {
  std::uint64_t settlement = 0;
  std::int64_t time_ns = 0;
  std::string what;
  v1::Leg leg;
};

using StatementBalances = std::map<AccountKey, std::int64_t>;

StatementBalances by_key(const AuditQuestion::Balances& balances) {
  StatementBalances all;
  for (const v1::LedgerBalance& it : balances.rows) {
    all[{AccountNumber{it.account()}, AssetNumber{it.asset()}}] = it.balance();
  }
  return all;
}

/// "settle GUIAN-P@2026-11-22T09Z", "fund ICBC-0001", "burn".
std::string what_of(const LedgerWords& words, const v1::Transaction& it) {
  if (it.has_trade()) {
    return kind_text(it.kind()) + " " + words.asset(AssetNumber{it.trade().instrument_id()});
  }
  return kind_text(it.kind()) +
         (it.reference().empty() ? "" : " " + reference_text(it.reference()));
}

/// All legs of the merchant in the settlements behind the first `from` of them, up to `to`.
std::vector<StatementMove> moves_of(AuditQuestion& question, std::uint32_t merchant,
                                    std::uint64_t from, std::uint64_t to) {
  std::vector<StatementMove> moves;
  v1::Request request;
  v1::QueryTransactions& query = *request.mutable_query_transactions();
  query.set_account_id(merchant);
  query.set_from_seq(from);
  query.set_before_seq(to);
  bool has_more = from < to;
  while (has_more) {
    const v1::Response response = question.ask(request);
    const v1::Transactions& answer = response.transactions();
    question.words().add(answer.names());
    for (const v1::Transaction& it : answer.transactions()) {
      for (const v1::Leg& leg : it.legs()) {
        if (merchant_of(AccountNumber{leg.account()}).value() != merchant) continue;
        moves.push_back({it.seq() + 1, it.time_ns(), what_of(question.words(), it), leg});
      }
    }
    query.set_from_seq(answer.next_seq());
    has_more = answer.has_more();
  }
  return moves;
}

/// Whether every balance follows from the one before, and the last are the closing ones.
bool adds_up(const StatementBalances& opening, const std::vector<StatementMove>& moves,
             StatementBalances closing) {
  StatementBalances now = opening;
  for (const StatementMove& move : moves) {
    std::int64_t& balance = now[{AccountNumber{move.leg.account()}, AssetNumber{move.leg.asset()}}];
    if (__builtin_add_overflow(balance, move.leg.amount(), &balance)) return false;
    if (balance != move.leg.balance_after()) return false;
  }
  const auto is_zero = [](const auto& it) { return it.second == 0; };
  std::erase_if(now, is_zero);
  std::erase_if(closing, is_zero);
  return now == closing;
}

Json balances_json(const LedgerWords& words, const AuditQuestion::Balances& balances) {
  Json all = Json::array();
  for (const v1::LedgerBalance& it : balances.rows) {
    all.push_back(balance_json(words, AccountNumber{it.account()}, AssetNumber{it.asset()},
                               "balance", it.balance()));
  }
  return all;
}

Json moves_json(const LedgerWords& words, const std::vector<StatementMove>& moves) {
  Json all = Json::array();
  for (const StatementMove& move : moves) {
    const AssetNumber asset{move.leg.asset()};
    Json line{{"settlement", std::to_string(move.settlement)},
              {"time", format_time(move.time_ns)},
              {"what", move.what}};
    line.update(
        balance_json(words, AccountNumber{move.leg.account()}, asset, "amount", move.leg.amount()));
    const bool is_money = is_currency(asset);
    if (is_money) {
      line["balance_after"] = format_money(move.leg.balance_after());
      line["balance_after_fen"] = move.leg.balance_after();
    }
    if (!is_money) line["balance_after_lots"] = move.leg.balance_after();
    all.push_back(std::move(line));
  }
  return all;
}

}  // namespace

int run_audit_statement(const AuditOptions& options) {
  AuditQuestion question(options);
  const std::uint32_t merchant = question.merchant(options.merchant);
  const auto balances_before = [&](const std::string& time, const char* option, bool is_begin) {
    v1::QueryLedgerBalances query;
    query.set_account_id(merchant);
    if (is_begin && time.empty()) query.set_at_size(0);
    query.set_at_time_ns(question.time(time, option));
    return question.balances(query);
  };
  const auto opened = balances_before(options.from_time, "--from-time", true);
  const auto closed = balances_before(options.to_time, "--to-time", false);
  if (closed.size < opened.size) {
    question.output().fail({exit_usage, "USAGE", "--to-time is before --from-time"});
  }
  const auto moves = moves_of(question, merchant, opened.size, closed.size);
  const LedgerWords& words = question.words();
  Table table{{"time", "settlement", "what", "account", "asset", "amount", "balance"},
              {},
              {false, true, false, false, false, true, true}};
  const auto add_balances = [&](const char* what, const AuditQuestion::Balances& balances) {
    for (const v1::LedgerBalance& it : balances.rows) {
      const AssetNumber asset{it.asset()};
      table.rows.push_back({"", "", what, account_text(AccountNumber{it.account()}),
                            words.asset(asset), "", amount_text(asset, it.balance())});
    }
  };
  add_balances("opening", opened);
  for (const StatementMove& move : moves) {
    const AssetNumber asset{move.leg.asset()};
    table.rows.push_back({format_time(move.time_ns), std::to_string(move.settlement), move.what,
                          account_text(AccountNumber{move.leg.account()}), words.asset(asset),
                          amount_text(asset, move.leg.amount()),
                          amount_text(asset, move.leg.balance_after())});
  }
  add_balances("closing", closed);
  const bool is_even = adds_up(by_key(opened), moves, by_key(closed));
  const std::string below = "merchant " + words.numbered(merchant) + ", settlements " +
                            std::to_string(opened.size + 1) + " to " + std::to_string(closed.size) +
                            ": " + std::to_string(moves.size()) + " lines, which " +
                            (is_even ? "add up" : "do NOT add up");
  question.print({{"merchant", merchant},
                  {"name", words.merchant(merchant)},
                  {"behind_settlement", std::to_string(opened.size)},
                  {"through_settlement", std::to_string(closed.size)},
                  {"adds_up", is_even},
                  {"opening", balances_json(words, opened)},
                  {"lines", moves_json(words, moves)},
                  {"closing", balances_json(words, closed)}},
                 table, {"time", "settlement", "what", "account", "asset", "amount", "balance"},
                 below);
  return is_even ? exit_ok : exit_damaged;
}

}  // namespace karst::tool
