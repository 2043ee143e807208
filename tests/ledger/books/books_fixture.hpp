// What the tests of the books share: a script of steps, reading everything back.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/books/books.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/ledger/books/random_market.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst::test {

/// Small everything, so that a few hundred records cross every edge.
inline BooksOptions small_books(const std::string& directory, const std::string& store_path) {
  BooksOptions options;
  options.directory = directory;
  options.store_path = store_path;
  options.shard = 3;
  options.segment_records = 64;
  options.file_bytes = 64U << 10U;
  options.tails_max = 100;
  options.keys_expected = 4;
  return options;
}

inline std::vector<Step> market_steps(std::uint64_t seed, std::size_t commands) {
  RandomMarket market(seed);
  while (market.steps().size() < commands) static_cast<void>(market.next());
  return market.steps();
}

using Bytes = std::vector<std::byte>;

/// Every durable record's bytes.
inline std::vector<Bytes> all_records(const Books& books) {
  std::vector<Bytes> all;
  RecordReader reader(books.log());
  for (std::uint64_t seq = 0; seq < books.records(); ++seq) {
    const auto record = reader.at(seq);
    EXPECT_TRUE(record.ok()) << record.error().text();
    if (!record.ok()) break;
    all.emplace_back(record->bytes().begin(), record->bytes().end());
  }
  return all;
}

inline void work_all(Books& books) {
  while (true) {
    const Result<bool> worked = books.work();
    ASSERT_TRUE(worked.ok()) << worked.error().text();
    if (!*worked) return;
  }
}

}  // namespace karst::test
