// Books of a random market, and what a walk over every record knows of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "ledger/audit/audit.hpp"
#include "ledger/files/posix_storage.hpp"
#include "tests/ledger/books/books_fixture.hpp"
#include "tests/ledger/books/naive_ledger.hpp"
#include "tests/support/random_run.hpp"

namespace karst::test {

/// Books that are partly in the store, partly in sealed tails, partly in the open one.
class NaiveBooks : public testing::Test {
 protected:
  /// So many commands at full effort, and 300 more.
  void make_books(int commands) {
    random.seed(seed_of_run());
    auto opened = Books::open(storage, small_books(folder / "books", folder / "ledger.db"));
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    books = std::move(opened).value();
    const auto steps = market_steps(random(), static_cast<std::size_t>(effort(commands)) + 300);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      ASSERT_TRUE(books->append(steps[i].command, steps[i].events).ok());
      naive.take(steps[i]);
      if (random() % 5 == 0) {
        ASSERT_TRUE(books->sync().ok());
      }
      if (i == steps.size() / 2) work_all(*books);
    }
    ASSERT_TRUE(books->sync().ok());
    ASSERT_GT(books->indexed_segments(), 1u);
    ASSERT_GT(books->records() / 64, books->indexed_segments() + 1u);
    auto audit_opened = Audit::open(*books);
    ASSERT_TRUE(audit_opened.ok()) << audit_opened.error().text();
    audit = std::move(audit_opened).value();
  }

  TemporaryFolder folder;
  PosixStorage storage;
  std::mt19937_64 random;
  NaiveLedger naive;
  std::unique_ptr<Books> books;
  std::unique_ptr<Audit> audit;
};

}  // namespace karst::test
