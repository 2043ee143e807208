// One thread writes, one indexes, two ask: every answer is true of the size it names.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "ledger/audit/audit.hpp"
#include "ledger/files/posix_storage.hpp"
#include "tests/ledger/books/books_fixture.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using namespace karst::test;

/// Asks about random accounts until told to stop.
void ask(const Books& books, std::uint64_t seed, const std::atomic<bool>& is_over,
         std::atomic<std::uint64_t>& answers) {
  std::mt19937_64 random(seed);
  auto audit = Audit::open(books);
  ASSERT_TRUE(audit.ok()) << audit.error().text();
  do {
    const std::vector<AccountKey> keys = books.keys();
    if (keys.empty()) continue;
    const AccountKey key = keys[random() % keys.size()];
    const std::uint64_t size = (*audit)->size();
    const auto statement = (*audit)->last_lines(key, size, 50);
    ASSERT_TRUE(statement.ok()) << statement.error().text();
    ASSERT_EQ((*audit)->balance(key, size).value(), statement->closing.balance);
    AuditFilter filter;
    filter.account = key.account;
    filter.to_seq = size;
    const auto page = (*audit)->find(filter, {Direction::descending, std::nullopt, 20});
    ASSERT_TRUE(page.ok()) << page.error().text();
    ASSERT_GE(page->as_of, size);
    for (const Record& record : page->records) ASSERT_LT(record.seq, size);
    ++answers;
  } while (!is_over);
}

TEST(BooksThreads, answers_beside_the_writer_are_true_of_the_size_they_name) {
  const std::uint64_t seed = seed_of_run();
  const auto steps = market_steps(seed, static_cast<std::size_t>(effort(6'000)) + 600);
  const TemporaryFolder folder;
  PosixStorage storage;
  BooksOptions options = small_books(folder / "books", folder / "ledger.db");
  options.tails_max = 4;
  auto opened = Books::open(storage, options);
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  Books& books = **opened;
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> answers{0};
  std::thread worker([&] {
    while (!is_over) {
      const Result<bool> worked = books.work();
      ASSERT_TRUE(worked.ok()) << worked.error().text();
      if (!*worked) std::this_thread::yield();
    }
  });
  std::thread first([&] { ask(books, seed + 1, is_over, answers); });
  std::thread second([&] { ask(books, seed + 2, is_over, answers); });
  std::mt19937_64 random(seed);
  for (const Step& step : steps) {
    Status status = books.append(step.command, step.events);
    while (!status && status.error().code == ErrorCode::busy) {
      ASSERT_TRUE(books.sync().ok());
      std::this_thread::yield();
      status = books.append(step.command, step.events);
    }
    ASSERT_TRUE(status.ok()) << status.error().text();
    if (random() % 10 == 0) {
      ASSERT_TRUE(books.sync().ok());
    }
  }
  ASSERT_TRUE(books.sync().ok());
  is_over = true;
  worker.join();
  first.join();
  second.join();
  EXPECT_GT(answers, 1u);
}

}  // namespace
}  // namespace karst
