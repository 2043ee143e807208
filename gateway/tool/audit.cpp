#include "gateway/tool/audit.hpp"

#include <cinttypes>
#include <cstdio>
#include <memory>

#include "engine/engine.hpp"
#include "gateway/tool/output.hpp"
#include "ledger/audit.hpp"
#include "ledger/books.hpp"
#include "ledger/exchange_directory.hpp"
#include "ledger/offline.hpp"
#include "ledger/posix_storage.hpp"
#include "ledger/recovery.hpp"
#include "ledger/snapshot_store.hpp"

namespace karst::tool {
namespace {

int fail(const Error& error, const AuditOptions& options) {
  return Output(options.is_json).failed(failure_of(error));
}

/// The books of an exchange, opened for reading: beside a running karstd too.
struct OpenBooks {
  PosixStorage storage;
  std::unique_ptr<Books> books;
  std::unique_ptr<Audit> audit;

  [[nodiscard]] Status open(const std::string& directory) {
    const ExchangeDirectory files(directory);
    Result<std::unique_ptr<Books>> opened = Books::open(
        storage, {.directory = files.books(), .store_path = files.books_database(),
                  .read_only = true});
    if (!opened) return opened.error();
    books = std::move(opened).value();
    Result<std::unique_ptr<Audit>> auditor = Audit::open(*books);
    if (!auditor) return auditor.error();
    audit = std::move(auditor).value();
    return {};
  }
};

[[nodiscard]] const char* name_of(RecordKind kind) {
  constexpr const char* names[record_kinds_end] = {
      "none",    "open_account", "define_asset", "fund",   "withdraw", "mint",  "burn", "settle",
      "release", "deliver",      "refund",       "reverse", "adjust",  "close", "key",  "note"};
  return names[static_cast<unsigned>(kind) % record_kinds_end];
}

[[nodiscard]] std::string name_of(AccountNumber account) {
  constexpr const char* exchange[] = {"none",         "fee income", "tax",  "guarantee fund",
                                      "bank custody", "issue",      "none", "rounding"};
  constexpr const char* merchant[] = {"main",     "escrow", "bond", "disputed",
                                      "capacity", "none",   "none", "none"};
  const unsigned kind = account.value() % (1U << account_kind_bits);
  if (merchant_of(account).is_none()) return std::string("exchange ") + exchange[kind];
  return "merchant " + std::to_string(merchant_of(account).value()) + " " + merchant[kind];
}

[[nodiscard]] std::string name_of(AssetNumber asset) {
  if (is_currency(asset)) return "currency " + std::to_string(currency_of(asset).value());
  return "instrument " + std::to_string(instrument_of(asset).value());
}

void print(const Record& record, bool is_json) {
  if (!is_json) {
    std::printf("%" PRIu64 "  %s  at %" PRId64 " ns\n", record.seq, name_of(record.kind),
                record.time.value());
    for (const Leg& leg : record.legs) {
      std::printf("    %-28s %-20s %+18" PRId64 "  -> %" PRId64 "\n",
                  name_of(leg.account).c_str(), name_of(leg.asset).c_str(), leg.amount,
                  leg.balance_after);
    }
    return;
  }
  std::printf("{\"seq\":%" PRIu64 ",\"kind\":\"%s\",\"time_ns\":%" PRId64 ",\"legs\":[",
              record.seq, name_of(record.kind), record.time.value());
  const char* comma = "";
  for (const Leg& leg : record.legs) {
    std::printf("%s{\"account\":%u,\"asset\":%u,\"amount\":%" PRId64 ",\"balance_after\":%" PRId64
                "}",
                comma, leg.account.value(), leg.asset.value(), leg.amount, leg.balance_after);
    comma = ",";
  }
  std::printf("]}\n");
}

void print(const AccountKey& key, std::int64_t balance, bool is_json) {
  if (is_json) {
    std::printf("{\"account\":%u,\"asset\":%u,\"balance\":%" PRId64 "}\n", key.account.value(),
                key.asset.value(), balance);
  } else {
    std::printf("%-28s %-20s %20" PRId64 "\n", name_of(key.account).c_str(),
                name_of(key.asset).c_str(), balance);
  }
}

/// One account's balance by the books, as the engine says it should be.
struct Comparison {
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
    std::fprintf(stderr, "karst audit: %s, %s: books %" PRId64 ", engine %" PRId64 "\n",
                 name_of(account).c_str(), name_of(asset).c_str(), *books, engine);
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

}  // namespace

int run_audit_transactions(const AuditOptions& options) {
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return fail(status.error(), options);
  }
  AuditFilter filter;
  filter.from_seq = options.from;
  if (options.at) filter.to_seq = *options.at;
  if (options.merchant) filter.merchant = AccountId{*options.merchant};
  if (options.instrument) filter.instrument = InstrumentId{*options.instrument};
  AuditPaging paging;
  paging.limit = options.limit;
  std::uint64_t left = options.limit;
  do {
    paging.limit = left;
    const Result<AuditPage> page = open.audit->find(filter, paging);
    if (!page) return fail(page.error(), options);
    for (const Record& record : page->records) print(record, options.is_json);
    left -= page->records.size();
    paging.cursor = page->cursor;
  } while (left != 0 && paging.cursor);
  return exit_ok;
}

int run_audit_balance(const AuditOptions& options) {
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return fail(status.error(), options);
  }
  const std::uint64_t size = options.at.value_or(open.audit->size());
  for (const AccountKey& key : open.books->keys()) {
    if (merchant_of(key.account) != AccountId{options.merchant.value_or(0)}) continue;
    const Result<std::int64_t> balance = open.audit->balance(key, size);
    if (!balance) return fail(balance.error(), options);
    print(key, *balance, options.is_json);
  }
  return exit_ok;
}

int run_audit_trial_balance(const AuditOptions& options) {
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return fail(status.error(), options);
  }
  const Result<TrialBalance> trial =
      open.audit->trial_balance(options.at.value_or(open.audit->size()));
  if (!trial) return fail(trial.error(), options);
  for (const TrialBalance::Row& row : trial->rows) print(row.key, row.balance, options.is_json);
  bool is_even = true;
  for (const auto& [asset, sum] : trial->sums) is_even = is_even && sum.is_even();
  if (options.is_json) {
    std::printf("{\"records\":%" PRIu64 ",\"assets\":%zu,\"is_even\":%s}\n", trial->size,
                trial->sums.size(), is_even ? "true" : "false");
  } else {
    std::printf("after %" PRIu64 " records: %zu assets, %s\n", trial->size, trial->sums.size(),
                is_even ? "every one sums to 0" : "NOT every one sums to 0");
  }
  return is_even ? exit_ok : exit_damaged;
}

int run_audit_reconcile(const AuditOptions& options) {
  OpenBooks open;
  if (const Status status = open.open(options.directory); !status) {
    return fail(status.error(), options);
  }
  const std::uint64_t size = open.audit->size();
  if (size == 0) return fail(Error{ErrorCode::not_found, "reconcile", "no records yet"}, options);
  // The newest command that left a record: behind it, engine and books speak of the same.
  const Result<Record> last = open.audit->by_seq(size - 1);
  if (!last) return fail(last.error(), options);
  const std::uint64_t command = last->ext_id.command;
  const ExchangeDirectory files(options.directory);
  SnapshotStore snapshots(open.storage, files.snapshots(), 0);
  Replay replay = replay_from(&snapshots, command);
  const Status replayed = replay_files(open.storage, files.journal(), replay, command, nullptr);
  if (!replayed) return fail(replayed.error(), options);
  if (!replay.has_engine()) {
    return fail(Error{ErrorCode::not_found, "replay", "the journal"}, options);
  }
  Comparison comparison{*open.audit, size};
  if (const Status status = compare(replay.engine(), comparison); !status) {
    return fail(status.error(), options);
  }
  std::printf(options.is_json
                  ? "{\"command\":%" PRIu64 ",\"records\":%" PRIu64 ",\"compared\":%" PRIu64
                    ",\"differences\":%" PRIu64 "}\n"
                  : "command %" PRIu64 ", %" PRIu64 " records: %" PRIu64
                    " balances compared, %" PRIu64 " different\n",
              command, size, comparison.compared, comparison.differences);
  return comparison.differences == 0 ? exit_ok : exit_damaged;
}

}  // namespace karst::tool
