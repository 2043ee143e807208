// Feeding the books, reading them back, coming back after a stop.
#include <gtest/gtest.h>

#include <random>

#include "ledger/books/books_store.hpp"
#include "ledger/files/posix_storage.hpp"
#include "tests/ledger/books/books_fixture.hpp"
#include "tests/ledger/books/naive_ledger.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using namespace karst::test;

class BooksAppend : public testing::Test {
 protected:
  std::unique_ptr<Books> open() {
    auto opened = Books::open(storage, options);
    EXPECT_TRUE(opened.ok()) << opened.error().text();
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  static void feed(Books& books, const Step& step) {
    const Status status = books.append(step.command, step.events);
    ASSERT_TRUE(status.ok()) << status.error().text();
  }

  TemporaryFolder folder;
  PosixStorage storage;
  BooksOptions options = small_books(folder / "books", folder / "ledger.db");
};

void expect_same(const Record& record, const NaiveRecord& naive) {
  EXPECT_EQ(static_cast<int>(record.kind), naive.kind);
  EXPECT_EQ(record.time.value(), naive.time);
  EXPECT_EQ(record.source_seq, naive.number);
  EXPECT_EQ(record.ext_id, (ExtId{naive.command, naive.index, 3}));
  ASSERT_EQ(record.legs.size(), naive.legs.size());
  for (std::size_t i = 0; i < record.legs.size(); ++i) {
    const NaiveLeg& leg = naive.legs[i];
    EXPECT_EQ(record.legs[i],
              (Leg{AccountNumber{leg.account}, AssetNumber{leg.asset}, leg.amount,
                   leg.balance_after, leg.account_seq, static_cast<Role>(leg.role)}));
  }
}

TEST_F(BooksAppend, records_are_those_of_the_naive_ledger_over_restarts_at_any_time) {
  std::mt19937_64 random(seed_of_run());
  const auto steps = market_steps(random(), static_cast<std::size_t>(effort(2'000)) + 100);
  NaiveLedger naive;
  auto books = open();
  for (const Step& step : steps) {
    ASSERT_EQ(step.command.sequence, books->next_command());
    feed(*books, step);
    naive.take(step);
    if (random() % 8 == 0) {
      ASSERT_TRUE(books->sync().ok());
      EXPECT_EQ(books->records(), naive.records.size());
    }
    if (random() % 16 == 0) work_all(*books);
    if (random() % 64 == 0) {
      ASSERT_TRUE(books->cover().ok());
      books.reset();
      books = open();
      ASSERT_NE(books, nullptr);
      EXPECT_FALSE(books->opened().log.was_cut);
      EXPECT_EQ(books->durable_command(), step.command.sequence);
    }
  }
  ASSERT_TRUE(books->sync().ok());
  EXPECT_GT(books->indexed_segments(), 0u);
  const auto records = all_records(*books);
  ASSERT_EQ(records.size(), naive.records.size());
  for (std::size_t seq = 0; seq < records.size(); ++seq) {
    const auto record = decode(records[seq]);
    ASSERT_TRUE(record.ok());
    expect_same(read(*record), naive.records[seq]);
    if (HasFailure()) FAIL() << "record " << seq;
  }
}

TEST_F(BooksAppend, how_commands_are_batched_does_not_change_a_record) {
  const auto steps = market_steps(7, 300);
  std::vector<std::vector<Bytes>> runs;
  for (const std::size_t batch : {1, 7, 1000}) {
    options = small_books(folder / ("batch" + std::to_string(batch)), "");
    auto books = open();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      feed(*books, steps[i]);
      if (i % batch == 0) {
        ASSERT_TRUE(books->sync().ok());
      }
    }
    ASSERT_TRUE(books->sync().ok());
    runs.push_back(all_records(*books));
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(runs[0], runs[2]);
  EXPECT_GT(runs[0].size(), 100u);
}

TEST_F(BooksAppend, commands_already_in_the_log_are_compared_and_not_written_again) {
  const auto steps = market_steps(8, 400);
  {
    auto books = open();
    for (const Step& step : steps) feed(*books, step);
    ASSERT_TRUE(books->sync().ok());
  }
  auto books = open();
  const std::uint64_t records = books->records();
  for (std::size_t i = 100; i < steps.size(); ++i) feed(*books, steps[i]);
  EXPECT_EQ(books->sync().value(), records);
}

TEST_F(BooksAppend, every_durable_frame_lets_the_journal_go_up_to_the_one_before) {
  auto books = open();
  BooksStore store(*books);
  std::uint64_t frames = 0;
  for (const Step& step : market_steps(12, 200)) {
    const std::uint64_t before = store.durable_sequence();
    ASSERT_TRUE(store.append({step.command, step.events, Executed::no_answer}).ok());
    ASSERT_TRUE(store.sync().ok());
    if (store.durable_sequence() == before) continue;  // a command without a record
    ++frames;
    EXPECT_EQ(store.trim_floor(), before);
  }
  EXPECT_GT(frames, 20U);
}

TEST_F(BooksAppend, a_record_that_comes_out_differently_stops_the_books) {
  auto steps = market_steps(9, 200);
  {
    auto books = open();
    for (const Step& step : steps) feed(*books, step);
    ASSERT_TRUE(books->sync().ok());
  }
  auto books = open();
  Step* traded = nullptr;
  for (Step& step : steps) {
    if (!step.events.empty() && step.events[0].type == EventType::trade) traded = &step;
  }
  ASSERT_NE(traded, nullptr);
  traded->events[0].trade.notional += Money{1};
  EXPECT_EQ(books->append(traded->command, traded->events).error().code, ErrorCode::corrupt);
  EXPECT_EQ(books->append(traded->command, traded->events).error().code, ErrorCode::poisoned);
  EXPECT_EQ(books->sync().error().code, ErrorCode::poisoned);
}

TEST_F(BooksAppend, a_command_left_out_is_refused) {
  const auto steps = market_steps(10, 20);
  auto books = open();
  feed(*books, steps[0]);
  EXPECT_EQ(books->append(steps[2].command, steps[2].events).error().code, ErrorCode::invalid);
}

TEST_F(BooksAppend, two_processes_cannot_have_the_same_books) {
  auto books = open();
  EXPECT_EQ(Books::open(storage, options).error().code, ErrorCode::locked);
}

TEST_F(BooksAppend, a_slow_store_makes_append_busy_and_loses_nothing) {
  const auto steps = market_steps(11, 800);
  options.tails_max = 2;
  auto books = open();
  std::size_t busy = 0;
  for (const Step& step : steps) {
    Status status = books->append(step.command, step.events);
    while (!status.ok()) {
      ASSERT_EQ(status.error().code, ErrorCode::busy) << status.error().text();
      ++busy;
      ASSERT_TRUE(books->sync().ok());
      ASSERT_TRUE(books->work().ok());
      ASSERT_EQ(books->next_command(), step.command.sequence);
      status = books->append(step.command, step.events);
    }
  }
  EXPECT_GT(busy, 0u);
  NaiveLedger naive;
  for (const Step& step : steps) naive.take(step);
  EXPECT_EQ(books->sync().value(), naive.records.size());
}

TEST_F(BooksAppend, too_much_unsynced_makes_append_busy) {
  const auto steps = market_steps(12, 400);
  options.staged_bytes_max = 2'000;
  auto books = open();
  std::size_t i = 0;
  while (books->append(steps[i].command, steps[i].events).ok()) ++i;
  ASSERT_LT(i, steps.size());
  EXPECT_EQ(books->append(steps[i].command, steps[i].events).error().code, ErrorCode::busy);
  ASSERT_TRUE(books->sync().ok());
  feed(*books, steps[i]);
}

TEST_F(BooksAppend, read_only_books_change_nothing_and_say_the_same) {
  const auto steps = market_steps(13, 500);
  std::vector<Bytes> written;
  {
    auto books = open();
    for (const Step& step : steps) feed(*books, step);
    ASSERT_TRUE(books->sync().ok());
    work_all(*books);
    written = all_records(*books);
  }
  options.read_only = true;
  auto books = open();
  ASSERT_NE(books, nullptr);
  EXPECT_EQ(all_records(*books), written);
  EXPECT_GT(books->indexed_segments(), 0u);
  options.store_path = folder / "none.db";
  auto without_store = open();
  ASSERT_NE(without_store, nullptr);
  EXPECT_EQ(all_records(*without_store), written);
  EXPECT_FALSE(std::filesystem::exists(folder / "none.db"));
}

}  // namespace
}  // namespace karst
