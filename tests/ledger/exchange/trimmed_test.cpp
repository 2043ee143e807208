// An exchange whose journal no longer reaches its beginning: what is derived is made again from
// what there is, and what cannot be is said. And how the journal comes to be trimmed.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ledger/offline/backup.hpp"
#include "ledger/offline/offline.hpp"
#include "tests/frozen/frozen_market.hpp"
#include "tests/frozen/unpack_frozen.hpp"
#include "tests/ledger/books/engine_totals.hpp"

namespace karst {
namespace {

using test::FrozenExchange;
using test::TemporaryFolder;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

class Trimmed : public testing::Test {
 protected:
  void SetUp() override { test::unpack_frozen("f18906d", "trimmed", folder.path()); }

  // Opens it, trades on and stops. Returns: what recovery said of the store.
  RecoveryReport::Store live(const char* store) {
    FrozenExchange exchange(folder.path());
    const std::vector<RecoveryReport::Store> stores = exchange.running().report().stores;
    exchange.send(test::frozen::commands_of(test::frozen::lives - 1));
    exchange.running().exchange().stop();
    EXPECT_FALSE(exchange.running().exchange().has_failed());
    records = exchange.books().records();
    hashed = exchange.books().hashed();
    entries = entries_of(exchange.events());
    return *std::ranges::find(stores, store, &RecoveryReport::Store::name);
  }

  static std::size_t entries_of(const EventLog& log) {
    std::size_t count = 0;
    for (std::uint32_t account = 1; account <= test::frozen::merchants; ++account) {
      for (std::uint64_t number = 0; number < 5'000; ++number) {
        const Result<AccountPage> page = log.read(AccountId{account}, number, 5'000);
        if (!page || page->is_too_old) continue;
        count += page->entries.size();
        break;
      }
    }
    return count;
  }

  static void damage(const fs::path& path) { fs::remove_all(path); }

  TemporaryFolder folder;
  const ExchangeDirectory files{folder.path()};
  PosixStorage storage;
  std::uint64_t records = 0;
  HashedRecords hashed;
  std::size_t entries = 0;
};

TEST_F(Trimmed, is_rebuilt_from_the_record_log_and_the_journal) {
  EXPECT_FALSE(live("books").error);
  const TemporaryFolder into;
  const Result<Rebuilt> rebuilt = rebuild_stores(storage, files, ExchangeDirectory(into.path()), 0);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
  EXPECT_GT(rebuilt->behind_command, 0U);
  EXPECT_EQ(rebuilt->records, hashed);
  const Result<Rebuilt> again = rebuild_stores(storage, files, ExchangeDirectory(into.path()), 0);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
}

TEST_F(Trimmed, makes_store_and_balances_again_when_they_are_gone) {
  damage(files.books_database());
  damage(files.books() + "/balances");
  const RecoveryReport::Store books = live("books");
  EXPECT_FALSE(books.error);
  EXPECT_GT(books.from, 0U);
  EXPECT_GT(records, 435U);
}

TEST_F(Trimmed, begins_its_event_log_where_the_journal_begins_when_it_is_gone) {
  damage(files.events());
  const RecoveryReport::Store events = live("event log");
  EXPECT_FALSE(events.error) << events.error->text();
  EXPECT_GT(events.from, 0U);
  EXPECT_GT(entries, 0U);
}

// The records of before are nowhere else: the exchange trades, and says that it keeps no books.
TEST_F(Trimmed, trades_on_without_books_when_the_record_log_is_gone) {
  damage(files.books());
  const RecoveryReport::Store books = live("books");
  ASSERT_TRUE(books.error);
  EXPECT_EQ(books.error->code, ErrorCode::trimmed) << books.error->text();
  EXPECT_EQ(records, 0U);
  // And goes on with them when they are put back.
  const TemporaryFolder backup;
  test::unpack_frozen("f18906d", "trimmed", backup.path());
  damage(files.books());
  fs::copy(backup.path() + "/books", files.books(), fs::copy_options::recursive);
  EXPECT_FALSE(live("books").error);
  EXPECT_GT(records, 435U);
}

TEST_F(Trimmed, says_that_settlements_are_missing_wherever_it_is_asked_without_its_record_log) {
  ASSERT_TRUE(check_records(storage, files, 0).ok());
  damage(files.books());
  static_cast<void>(live("books"));
  EXPECT_EQ(check_records(storage, files, 0).error().code, ErrorCode::corrupt);
  EXPECT_EQ(compare_records(storage, files, 0).error().code, ErrorCode::corrupt);
  const TemporaryFolder into;
  EXPECT_EQ(back_up(storage, files, ExchangeDirectory(into.path()), 0).error().code,
            ErrorCode::corrupt);
}

TEST_F(Trimmed, is_not_copied_in_silence_with_a_damaged_record_log) {
  const std::string log = files.books() + "/log/00000000000000000000.log";
  {
    std::fstream file(log, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(200);
    file.put('!');
  }
  const TemporaryFolder into;
  const Result<BackupReport> made = back_up(storage, files, ExchangeDirectory(into.path()), 0);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::corrupt) << made.error().text();
}

TEST_F(Trimmed, compares_what_journal_and_record_log_both_have) {
  const Result<ComparedRecords> compared = compare_records(storage, files, 0);
  ASSERT_TRUE(compared.ok()) << compared.error().text();
  EXPECT_GT(compared->through_command, compared->behind_command);
  EXPECT_EQ(compared->records, 435U);
}

std::uint64_t frozen_records(Storage& storage, const ExchangeDirectory& files) {
  BooksOptions options = FrozenExchange::books_options(files.path());
  options.read_only = true;
  const Result<std::unique_ptr<Books>> books = Books::open(storage, options);
  return books ? books.value()->records() : 0;
}

// Two folders of other histories: the books of one beside the journal of the other.
TEST(RecordsCompared, books_of_another_history_are_found_at_the_start_and_by_doctor_and_rebuild) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  test::unpack_frozen("f18906d", "whole", folder.path());
  test::unpack_frozen("555a1a6", "whole", other.path());
  const ExchangeDirectory files(folder.path());
  fs::remove_all(files.books());
  fs::copy(other.path() + "/books", files.books(), fs::copy_options::recursive);
  PosixStorage storage;
  const Result<ComparedRecords> compared = compare_records(storage, files, 0);
  ASSERT_FALSE(compared.ok());
  EXPECT_EQ(compared.error().code, ErrorCode::corrupt) << compared.error().text();
  const std::uint64_t records = frozen_records(storage, files);
  FrozenExchange exchange(folder.path());
  const RecoveryReport report = exchange.running().report();
  const auto books = std::ranges::find(report.stores, "books", &RecoveryReport::Store::name);
  ASSERT_TRUE(books->error);
  EXPECT_EQ(books->error->code, ErrorCode::corrupt) << books->error->text();
  exchange.running().exchange().stop();
  EXPECT_EQ(exchange.books().records(), records) << "nothing was added";
}

// How the stores let the journal go.

template <typename Condition>
bool comes_true(FrozenExchange& exchange, const Condition& condition) {
  for (int tries = 0; tries < 200 && !condition(); ++tries) {
    exchange.running().poll();
    std::this_thread::sleep_for(milliseconds(50));
  }
  return condition();
}

TEST(TrimmedJournal, stores_come_up_to_a_snapshot_so_that_the_next_start_begins_with_it) {
  const TemporaryFolder folder;
  FrozenExchange exchange(folder.path());
  exchange.send(test::frozen::commands_of(0));
  exchange.running().exchange().request_snapshot();
  const auto newest = [&] {
    const auto commands = exchange.running().snapshots().commands();
    return commands && !commands->empty() ? commands->front() : 0;
  };
  ASSERT_TRUE(comes_true(exchange, [&] { return newest() != 0; }));
  EXPECT_TRUE(
      comes_true(exchange, [&] { return exchange.books_store().durable_sequence() >= newest(); }))
      << "books durable up to " << exchange.books_store().durable_sequence() << ", snapshot at "
      << newest();
  exchange.send({test::frozen::commands_of(1).front()});
  exchange.running().exchange().stop();
  EXPECT_EQ(exchange.books_store().durable_sequence(),
            exchange.running().exchange().stopped_at().sequence);
}

TEST(TrimmedJournal, is_bounded_in_bytes_in_a_market_that_settles_all_the_time) {
  const TemporaryFolder folder;
  ExchangeConfig config = FrozenExchange::config();
  config.snapshots.every_commands = 1'000'000;
  config.snapshots.every_journal_bytes = std::uint64_t{1} << 20U;
  FrozenExchange exchange(folder.path(), config);
  const auto newest = [&] {
    const auto commands = exchange.running().snapshots().commands();
    return commands && !commands->empty() ? commands->front() : 0;
  };
  // So many commands take 7 MiB and more, each in a block of its own. How many snapshots that comes
  // to depends on the machine: one comes of it in any case, and behind every life one is asked for.
  for (std::uint32_t life = 0; life < test::frozen::lives; ++life) {
    exchange.send(test::frozen::commands_of(life));
    ASSERT_TRUE(comes_true(exchange, [&] { return newest() != 0; })) << "for so many bytes";
    exchange.running().exchange().request_snapshot();
    const std::uint64_t end = exchange.running().exchange().durable();
    ASSERT_TRUE(comes_true(exchange, [&] { return newest() >= end; }));
  }
  std::uint64_t bytes = 0;
  EXPECT_TRUE(comes_true(exchange,
                         [&] {
                           bytes = 0;
                           for (const auto& entry : fs::directory_iterator(
                                    ExchangeDirectory(folder.path()).journal())) {
                             bytes += entry.is_regular_file() ? entry.file_size() : 0;
                           }
                           return bytes <= std::uint64_t{5} << 20U;
                         }))
      << bytes << " bytes of journal";
}

TEST(RecordFrames, hold_what_is_settled_within_half_a_second) {
  const TemporaryFolder folder;
  FrozenExchange exchange(folder.path());
  exchange.send(test::frozen::commands_of(0));
  ASSERT_TRUE(comes_true(exchange, [&] { return exchange.books().records() > 100; }));
  const std::uint64_t before = exchange.books().records();
  const std::vector<Command> commands = test::frozen::commands_of(1);
  for (const Command& command : commands) {
    exchange.send({command});
    std::this_thread::sleep_for(milliseconds(8));
  }
  exchange.running().exchange().stop();
  const std::uint64_t records = exchange.books().records();
  ASSERT_GT(records, before + 100);
  // A mark stands at the begin of every frame, and at every 16th record behind it.
  const std::size_t marks = exchange.books().log().marks(before, records).size();
  EXPECT_LT(marks, (records - before) / 6);
}

}  // namespace
}  // namespace karst
