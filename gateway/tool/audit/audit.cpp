#include "gateway/tool/audit/audit.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/engine.hpp"
#include "gateway/tool/audit/audit_text.hpp"
#include "gateway/tool/output.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/books/books.hpp"
#include "ledger/exchange/recovery.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/snapshot/snapshot_store.hpp"

namespace karst::tool {
namespace {

/// The books of an exchange, opened for reading: beside a running karstd too.
struct OpenBooks {
  PosixStorage storage;
  std::unique_ptr<Books> books;
  std::unique_ptr<Audit> audit;

  [[nodiscard]] Status open(const std::string& directory) {
    const ExchangeDirectory files(directory);
    const Result<std::uint64_t> journal_begin = command_before_journal(storage, files);
    if (!journal_begin) return journal_begin.error();
    Result<std::unique_ptr<Books>> opened =
        Books::open(storage, {.directory = files.books(),
                              .store_path = files.books_database(),
                              .read_only = true,
                              .notice = [](const std::string& words) {
                                std::fprintf(stderr, "karst audit: %s\n", words.c_str());
                              }});
    if (!opened) return opened.error();
    books = std::move(opened).value();
    if (Status reaches = check_reach(*journal_begin, *books); !reaches) return reaches;
    Result<std::unique_ptr<Audit>> auditor = Audit::open(*books);
    if (!auditor) return auditor.error();
    audit = std::move(auditor).value();
    return {};
  }
};

/// After which settlement an answer is to be true: the one asked for, or the newest. One that is
/// not there yet ends the program.
[[nodiscard]] std::uint64_t settlement_asked(const AuditOptions& options, const OpenBooks& open,
                                             const Output& output) {
  const std::uint64_t newest = open.audit->size();
  const std::uint64_t asked = options.at.value_or(newest);
  if (asked > newest) {
    output.fail({exit_not_there, "NOT_FOUND",
                 "settlement " + std::to_string(asked) + " is not in the books",
                 "the newest is " + std::to_string(newest)});
  }
  return asked;
}

/// One account's balance by the books, as the engine says it should be.
struct Comparison {
  const Books& ledger;
  Audit& audit;
  std::uint64_t size;
  std::uint64_t compared = 0;
  std::uint64_t differences = 0;

  [[nodiscard]] Status expect(AccountNumber account, AssetNumber asset, std::int64_t engine) {
    const Result<std::int64_t> books = audit.balance({account, asset}, size);
    if (!books) return books.error();
    ++compared;
    if (*books == engine) return {};
    ++differences;
    std::fprintf(stderr, "karst audit: %s, %s: books %s, engine %s\n",
                 account_text(account).c_str(), asset_text(ledger, asset).c_str(),
                 amount_text(asset, *books).c_str(), amount_text(asset, engine).c_str());
    return {};
  }
};

[[nodiscard]] Status compare(const Engine& engine, Comparison& comparison) {
  for (std::uint16_t id = 1; id < engine.sizes().currencies_max; ++id) {
    const CurrencyId currency{id};
    if (engine.currency_code(currency) == nullptr) continue;
    const AssetNumber asset = asset_of(currency);
    Status status = comparison.expect(account_number(ExchangeAccount::fee_income), asset,
                                      engine.fee_income(currency).value());
    if (!status) return status;
    status = comparison.expect(account_number(ExchangeAccount::bank_custody), asset,
                               -engine.custody(currency).value());
    if (!status) return status;
    for (std::uint32_t merchant = 1; merchant < engine.accounts_end(); ++merchant) {
      const AccountId account{merchant};
      if (engine.account(account) == nullptr) continue;
      const Balance balance = engine.balance(account, currency);
      status = comparison.expect(account_number(account, AccountKind::main), asset,
                                 (balance.available + balance.reserved).value());
      if (!status) return status;
      status = comparison.expect(account_number(account, AccountKind::escrow), asset,
                                 balance.escrow.value());
      if (!status) return status;
    }
  }
  return {};
}

// The lots of every instrument that the engine still has, and what was issued of it.
[[nodiscard]] Status compare_lots(const Engine& engine, Comparison& comparison) {
  std::map<AccountKey, std::int64_t> lots_of;
  std::vector<HoldingRow> rows;
  engine.holdings(rows);
  for (const HoldingRow& row : rows) {
    const AccountKind kind = (row.asset & 1U) != 0 ? AccountKind::main : AccountKind::capacity;
    const AssetNumber asset = asset_of(InstrumentId{row.asset >> 1U});
    const std::int64_t lots =
        std::int64_t{row.free} + std::int64_t{row.reserved} + std::int64_t{row.locked};
    lots_of[{account_number(AccountId{row.account}, kind), asset}] += lots;
    lots_of[{account_number(ExchangeAccount::issue), asset}] -= lots;
  }
  // Whoever the books say has some of them, and the engine does not, has none by the engine.
  std::set<AssetNumber> assets;
  for (const auto& [key, lots] : lots_of) assets.insert(key.asset);
  for (const AccountKey& key : comparison.ledger.keys()) {
    if (assets.contains(key.asset)) lots_of.try_emplace(key, 0);
  }
  for (const auto& [key, lots] : lots_of) {
    if (Status status = comparison.expect(key.account, key.asset, lots); !status) return status;
  }
  return {};
}

}  // namespace

int run_audit_transactions(const AuditOptions& options) {
  const Output output(options.is_json);
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return output.failed(failure_of(status.error()));
  }
  AuditFilter filter;
  filter.from_seq = options.from - 1;  // the log counts its records from 0
  if (options.merchant) filter.merchant = AccountId{*options.merchant};
  if (options.instrument) filter.instrument = InstrumentId{*options.instrument};
  AuditPaging paging;
  std::uint64_t left = options.limit;
  do {
    paging.limit = left;
    const Result<AuditPage> page = open.audit->find(filter, paging);
    if (!page) return output.failed(failure_of(page.error()));
    for (const Record& record : page->records) {
      output.line(options.is_json ? record_json(*open.books, record) : Json(),
                  options.is_json ? std::string() : record_text(*open.books, record));
    }
    left -= page->records.size();
    paging.cursor = page->cursor;
  } while (left != 0 && paging.cursor);
  if (left == options.limit && !options.is_json) output.line({}, "no settlement is like that");
  return exit_ok;
}

int run_audit_balance(const AuditOptions& options) {
  const Output output(options.is_json);
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return output.failed(failure_of(status.error()));
  }
  const std::uint64_t settlement = settlement_asked(options, open, output);
  const AccountId merchant{options.merchant.value_or(0)};
  Json balances = Json::array();
  Table table{{"account", "asset", "balance"}, {}, {false, false, true}};
  for (const AccountKey& key : open.books->keys()) {
    if (merchant_of(key.account) != merchant) continue;
    const Result<std::int64_t> balance = open.audit->balance(key, settlement);
    if (!balance) return output.failed(failure_of(balance.error()));
    balances.push_back(balance_json(*open.books, key, *balance));
    table.rows.push_back({account_text(key.account), asset_text(*open.books, key.asset),
                          amount_text(key.asset, *balance)});
  }
  const Json json = {{"merchant", merchant.value()},
                     {"settlement", settlement},
                     {"balances", std::move(balances)}};
  const std::string after = "after settlement " + std::to_string(settlement);
  if (table.rows.empty()) {
    output.answer(
        json, "merchant " + std::to_string(merchant.value()) + " has never had anything, " + after);
  } else {
    output.answer(json, table, after);
  }
  return exit_ok;
}

int run_audit_trial_balance(const AuditOptions& options) {
  const Output output(options.is_json);
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return output.failed(failure_of(status.error()));
  }
  const std::uint64_t settlement = settlement_asked(options, open, output);
  const Result<TrialBalance> trial = open.audit->trial_balance(settlement);
  if (!trial) return output.failed(failure_of(trial.error()));
  Json balances = Json::array();
  Table table{{"account", "asset", "balance"}, {}, {false, false, true}};
  for (const TrialBalance::Row& row : trial->rows) {
    if (options.is_json) balances.push_back(balance_json(*open.books, row.key, row.balance));
    table.rows.push_back({account_text(row.key.account), asset_text(*open.books, row.key.asset),
                          amount_text(row.key.asset, row.balance)});
  }
  bool is_even = true;
  for (const auto& [asset, sum] : trial->sums) is_even = is_even && sum.is_even();
  output.answer({{"settlement", trial->size},
                 {"assets", trial->sums.size()},
                 {"is_even", is_even},
                 {"balances", std::move(balances)}},
                table,
                "after settlement " + std::to_string(trial->size) + ": " +
                    std::to_string(trial->sums.size()) + " assets, " +
                    (is_even ? "every one sums to 0" : "NOT every one sums to 0"));
  return is_even ? exit_ok : exit_damaged;
}

int run_audit_reconcile(const AuditOptions& options) {
  const Output output(options.is_json);
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return output.failed(failure_of(status.error()));
  }
  const std::uint64_t size = open.audit->size();
  if (size == 0) {
    return output.failed({exit_not_there, "NOT_FOUND", "the books have no settlement yet", {}});
  }
  // The newest command the books cover: behind it, engine and books speak of the same, and there
  // is a snapshot at or before it however far the journal was trimmed.
  const std::uint64_t command = open.books->durable_command();
  const ExchangeDirectory files(options.directory);
  SnapshotStore snapshots(open.storage, files.snapshots(), 0);
  Replay replay = replay_from(&snapshots, command);
  const Status replayed = replay_files(open.storage, files.journal(), replay, command, nullptr);
  if (!replayed) return output.failed(failure_of(replayed.error()));
  if (!replay.has_engine()) {
    return output.failed(failure_of(Error{ErrorCode::not_found, "replay", "the journal"}));
  }
  Comparison comparison{*open.books, *open.audit, size};
  Status compared = compare(replay.engine(), comparison);
  if (compared) compared = compare_lots(replay.engine(), comparison);
  if (!compared) return output.failed(failure_of(compared.error()));
  output.answer({{"command", command},
                 {"settlement", size},
                 {"compared", comparison.compared},
                 {"differences", comparison.differences}},
                "after command " + std::to_string(command) + ", settlement " +
                    std::to_string(size) + ": " + std::to_string(comparison.compared) +
                    " balances compared, " + std::to_string(comparison.differences) + " different");
  return comparison.differences == 0 ? exit_ok : exit_damaged;
}

}  // namespace karst::tool
