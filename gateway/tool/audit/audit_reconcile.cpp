// `karst audit reconcile`: the books against the engine, replayed.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/engine.hpp"
#include "gateway/config/data_directory.hpp"
#include "gateway/tool/audit/audit.hpp"
#include "gateway/tool/audit/audit_text.hpp"
#include "gateway/tool/audit/open_books.hpp"
#include "gateway/tool/output.hpp"
#include "ledger/exchange/recovery.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/snapshot/snapshot_store.hpp"

namespace karst::tool {
namespace {

/// One account's balance by the books, as the engine says it should be.
struct Comparison {
  const Books& ledger;
  Audit& audit;
  std::uint64_t size;
  std::uint64_t compared = 0;
  std::uint64_t differences = 0;

  [[nodiscard]] std::string name_of(AssetNumber asset) const {
    const std::string code = ledger.currency_code(asset);
    return code.empty() ? asset_text(asset) : code;
  }

  [[nodiscard]] Status expect(AccountNumber account, AssetNumber asset, std::int64_t engine) {
    const Result<std::int64_t> books = audit.balance({account, asset}, size);
    if (!books) return books.error();
    ++compared;
    if (*books == engine) return {};
    ++differences;
    std::fprintf(stderr, "karst audit: %s, %s: books %s, engine %s\n",
                 account_text(account).c_str(), name_of(asset).c_str(),
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

int run_audit_reconcile(const AuditOptions& options) {
  const Output output(options.link.is_json);
  OpenBooks open;
  if (const Status status = open.open(data_directory(options.link.home)); !status) {
    return output.failed(failure_of(status.error()));
  }
  const std::uint64_t size = open.audit->size();
  if (size == 0) {
    return output.failed({exit_not_there, "NOT_FOUND", "the books have no settlement yet", {}});
  }
  // The newest command the books cover: behind it, engine and books speak of the same, and there
  // is a snapshot at or before it however far the journal was trimmed.
  const std::uint64_t command = open.books->durable_command();
  const ExchangeDirectory files(data_directory(options.link.home));
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
  output.answer({{"command", std::to_string(command)},
                 {"settlement", std::to_string(size)},
                 {"compared", comparison.compared},
                 {"differences", comparison.differences}},
                "after command " + std::to_string(command) + ", settlement " +
                    std::to_string(size) + ": " + std::to_string(comparison.compared) +
                    " balances compared, " + std::to_string(comparison.differences) + " different");
  return comparison.differences == 0 ? exit_ok : exit_damaged;
}

}  // namespace karst::tool
