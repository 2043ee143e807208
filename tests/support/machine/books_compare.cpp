#include "tests/support/machine/books_compare.hpp"

#include <algorithm>

#include "ledger/audit/audit.hpp"

namespace karst::sim {
namespace {

constexpr std::uint64_t sizes_compared = 8;

// What stands under a row's name in both stores; marks are places in files and may differ.
constexpr const char* postings =
    "SELECT segment, account, asset, first, block FROM posting "
    "ORDER BY segment, account, asset, first";
constexpr const char* accounts =
    "SELECT merchant, seq, 0, 0, details FROM account ORDER BY merchant, seq";
constexpr const char* assets = "SELECT asset, seq, 0, 0, details FROM asset ORDER BY asset, seq";

std::string compare_records(const Books& one, const Books& other) {
  if (one.records() != other.records()) {
    return std::to_string(one.records()) + " records, and " + std::to_string(other.records());
  }
  RecordReader first(one.log());
  RecordReader second(other.log());
  if (one.records() > 0 && (!first.seek(0) || !second.seek(0))) return "no first record";
  for (std::uint64_t seq = 0; seq < one.records(); ++seq) {
    const Result<RecordView> here = first.next();
    const Result<RecordView> there = second.next();
    if (!here) return here.error().text();
    if (!there) return there.error().text();
    if (!std::ranges::equal(here->bytes(), there->bytes())) {
      return "record " + std::to_string(seq) + " differs";
    }
  }
  return "";
}

std::string compare_rows(Database& one, Database& other, const char* sql) {
  Result<Statement> first = one.prepare(sql);
  Result<Statement> second = other.prepare(sql);
  if (!first) return first.error().text();
  if (!second) return second.error().text();
  for (std::uint64_t row = 0;; ++row) {
    const Result<bool> here = first->step();
    const Result<bool> there = second->step();
    if (!here) return here.error().text();
    if (!there) return there.error().text();
    if (*here != *there) return "a store has more rows: " + std::string(sql);
    if (!*here) return "";
    bool is_same = std::ranges::equal(first->blob(4), second->blob(4));
    for (int column = 0; column < 4; ++column) {
      is_same = is_same && first->integer(column) == second->integer(column);
    }
    if (!is_same) return "row " + std::to_string(row) + " differs: " + sql;
  }
}

std::string compare_stores(const Books& one, const Books& other) {
  if (one.options().store_path.empty() || other.options().store_path.empty()) return "";
  if (one.indexed_segments() != other.indexed_segments()) return "other segments are indexed";
  const StorePlace here = one.options().store();
  const StorePlace there = other.options().store();
  Result<Database> first = Database::open(here.path, Database::Mode::read, here.vfs);
  Result<Database> second = Database::open(there.path, Database::Mode::read, there.vfs);
  if (!first) return first.error().text();
  if (!second) return second.error().text();
  for (const char* sql : {postings, accounts, assets}) {
    const std::string found = compare_rows(*first, *second, sql);
    if (!found.empty()) return found;
  }
  return "";
}

std::string compare_trial(Audit& one, Audit& other, std::uint64_t size) {
  const Result<TrialBalance> here = one.trial_balance(size);
  const Result<TrialBalance> there = other.trial_balance(size);
  if (!here) return here.error().text();
  if (!there) return there.error().text();
  const bool is_same = std::ranges::equal(
      here->rows, there->rows, [](const TrialBalance::Row& a, const TrialBalance::Row& b) {
        return a.key == b.key && a.balance == b.balance;
      });
  if (!is_same) return "the trial balance at " + std::to_string(size) + " differs";
  for (const auto& [asset, sum] : here->sums) {
    if (!sum.is_even()) return "the trial balance at " + std::to_string(size) + " is not even";
  }
  return "";
}

std::string compare_postings(const Books& one, const Books& other, AccountKey key) {
  Result<PostingIndex> first = PostingIndex::open(one);
  Result<PostingIndex> second = PostingIndex::open(other);
  if (!first) return first.error().text();
  if (!second) return second.error().text();
  for (const Direction direction : {Direction::ascending, Direction::descending}) {
    PostingCursor here(*first, key, 0, one.records(), direction);
    PostingCursor there(*second, key, 0, one.records(), direction);
    while (true) {
      const auto next = here.next();
      const auto other_next = there.next();
      if (!next) return next.error().text();
      if (!other_next) return other_next.error().text();
      if (*next != *other_next) {
        return "the postings of account " + std::to_string(key.account.value()) + " differ";
      }
      if (!*next) break;
    }
  }
  return "";
}

std::string compare_answers(const Books& one, const Books& other) {
  Result<std::unique_ptr<Audit>> first = Audit::open(one);
  Result<std::unique_ptr<Audit>> second = Audit::open(other);
  if (!first) return first.error().text();
  if (!second) return second.error().text();
  std::vector<AccountKey> keys = one.keys();
  std::vector<AccountKey> others = other.keys();
  std::ranges::sort(keys);
  std::ranges::sort(others);
  if (keys != others) return "other accounts";
  for (std::uint64_t i = 0; i <= sizes_compared; ++i) {
    const std::uint64_t size = one.records() * i / sizes_compared;
    if (std::string found = compare_trial(**first, **second, size); !found.empty()) return found;
    for (const AccountKey key : keys) {
      const Result<AccountState> here = (*first)->state(key, size);
      const Result<AccountState> there = (*second)->state(key, size);
      if (!here) return here.error().text();
      if (!there) return there.error().text();
      if (*here != *there) return "the state of an account differs";
    }
  }
  for (const AccountKey key : keys) {
    if (std::string found = compare_postings(one, other, key); !found.empty()) return found;
  }
  return "";
}

}  // namespace

std::string difference(const Books& one, const Books& other) {
  for (const auto compare : {compare_records, compare_stores, compare_answers}) {
    std::string found = compare(one, other);
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace karst::sim
