// What is read beside a running exchange is sound: the copy of its files, and its books.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "ledger/offline/backup.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/frozen/frozen_market.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::FrozenExchange;
using test::TemporaryFolder;

// Trades, `at_once` commands at a time, beside `looks` looks in a thread of its own: about
// `each` commands a look, so that files do not outgrow the time there is.
void trade_beside(const std::string& directory, std::size_t at_once, std::size_t each,
                  std::int64_t looks, const std::function<void()>& look) {
  FrozenExchange exchange(directory);
  exchange.send(test::whole_opening(test::frozen::merchants));
  const std::size_t count = each * static_cast<std::size_t>(looks);
  std::vector<std::vector<Command>> traders;
  const std::uint64_t seed = test::seed_of_run();
  for (std::uint32_t m = 1; m <= test::frozen::merchants; ++m) {
    traders.push_back(sim::trading(m, static_cast<std::uint32_t>(count), seed));
  }
  std::atomic<std::int64_t> looked{0};
  std::thread beside([&] {
    for (; looked < looks && !testing::Test::HasFatalFailure(); ++looked) look();
    looked = looks;
  });
  std::vector<Command> commands;
  for (std::size_t i = 0; i < count && looked < looks; ++i) {
    for (const std::vector<Command>& trader : traders) commands.push_back(trader[i]);
    if (commands.size() >= at_once) exchange.send_at_once(std::exchange(commands, {}));
    if (i % 500 == 499) exchange.running().exchange().request_snapshot();
    while (i > each * static_cast<std::size_t>(looked + 1) && looked < looks) {
      std::this_thread::yield();
    }
  }
  beside.join();
  EXPECT_FALSE(exchange.running().exchange().has_failed());
}

TEST(Beside, the_copy_of_a_running_exchange_is_one_whenever_its_files_roll) {
  const TemporaryFolder directory;
  PosixStorage storage;
  trade_beside(directory.path(), 1, 100, test::effort(16), [&] {
    const TemporaryFolder into;
    const Result<BackupReport> made =
        back_up(storage, ExchangeDirectory(directory.path()), ExchangeDirectory(into.path()), 0);
    ASSERT_TRUE(made.ok()) << made.error().text();
  });
}

TEST(Beside, the_books_of_a_running_exchange_read_without_a_fault) {
  const TemporaryFolder directory;
  PosixStorage storage;
  std::uint64_t before = 0;
  BooksOptions options = FrozenExchange::books_options(directory.path());
  options.read_only = true;
  options.notice = [&](const std::string& words) { ADD_FAILURE() << words; };
  trade_beside(directory.path(), 64, 30, test::effort(1'000), [&] {
    Result<std::unique_ptr<Books>> books = Books::open(storage, options);
    ASSERT_TRUE(books.ok()) << books.error().text();
    const std::uint64_t records = (*books)->records();
    EXPECT_GE(records, before);
    before = records;
    RecordReader reader((*books)->log());
    std::uint64_t seq = records < 1'000 ? 0 : records - 1'000;
    ASSERT_TRUE(records == 0 || reader.seek(seq).ok());
    for (; seq < records; ++seq) {
      const Result<RecordView> record = reader.next();
      ASSERT_TRUE(record.ok()) << record.error().text();
      ASSERT_EQ(record->seq(), seq);
    }
  });
}

}  // namespace
}  // namespace karst
