// The books on a disk that crashes, fills up, fails and flips bits.
#include <gtest/gtest.h>

#include <random>

#include "ledger/files/crc32c.hpp"
#include "tests/ledger/books/books_fixture.hpp"
#include "tests/support/machine/sim_storage.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using namespace karst::test;
using sim::Loss;
using sim::SimStorage;

constexpr std::size_t commands_of_script = 200;

BooksOptions options_here() {
  BooksOptions options = small_books("books", "");
  options.file_bytes = 24U << 10U;  // six blocks: several files in one script
  return options;
}

std::vector<Step> script() { return market_steps(21, commands_of_script); }

/// Feeds what is missing, syncing after every third command and covering after every tenth, until
/// the end or the first error. `acked` = the records some sync has said to be durable.
Status run(Books& books, const std::vector<Step>& steps, std::uint64_t& acked) {
  for (std::size_t i = books.next_command() - 1; i < steps.size(); ++i) {
    if (Status status = books.append(steps[i].command, steps[i].events); !status) return status;
    if (i % 3 != 2 && i + 1 != steps.size()) continue;
    const Result<std::uint64_t> synced = i % 10 == 5 ? books.cover() : books.sync();
    if (!synced) return synced.error();
    acked = *synced;
    const Result<bool> worked = books.work();
    if (!worked && worked.error().code != ErrorCode::no_space) return worked.error();
  }
  return {};
}

std::vector<Bytes> clean_run(const std::vector<Step>& steps) {
  SimStorage storage;
  auto books = Books::open(storage, options_here());
  EXPECT_TRUE(books.ok()) << books.error().text();
  std::uint64_t acked = 0;
  EXPECT_TRUE(run(**books, steps, acked).ok());
  EXPECT_GT(acked, 0u);
  return all_records(**books);
}

// One crash at the n-th change, then a new process that finishes the script.
void crash_once(const std::vector<Step>& steps, const std::vector<Bytes>& expected,
                std::uint64_t change, Loss loss, bool& has_crashed) {
  SCOPED_TRACE("change " + std::to_string(change) + ", " + sim::name(loss));
  SimStorage storage(change);
  storage.crash_at_change(change);
  std::uint64_t acked = 0;
  {
    auto books = Books::open(storage, options_here());
    if (books.ok()) static_cast<void>(run(**books, steps, acked));
  }
  has_crashed = storage.has_crashed();
  storage.restart(loss);
  auto books = Books::open(storage, options_here());
  ASSERT_TRUE(books.ok()) << books.error().text();
  ASSERT_GE((*books)->records(), acked);
  std::vector<Bytes> kept = all_records(**books);
  ASSERT_TRUE(std::equal(kept.begin(), kept.end(), expected.begin()));
  const Status finished = run(**books, steps, acked);
  ASSERT_TRUE(finished.ok()) << finished.error().text();
  ASSERT_EQ(all_records(**books), expected);
}

TEST(BooksCrash,
     at_every_change_of_the_disk_nothing_acknowledged_is_lost_or_comes_out_differently) {
  const auto steps = script();
  const auto expected = clean_run(steps);
  for (const Loss loss : sim::every_loss) {
    bool has_crashed = true;
    std::uint64_t change = 0;
    while (has_crashed && !testing::Test::HasFatalFailure()) {
      crash_once(steps, expected, ++change, loss, has_crashed);
    }
    EXPECT_GT(change, 50u);
  }
}

TEST(BooksCrash, after_a_failed_sync_no_record_is_said_to_be_durable) {
  const auto steps = script();
  const auto expected = clean_run(steps);
  for (std::uint64_t n = 1; n < 40; ++n) {
    SimStorage storage(n);
    std::uint64_t acked = 0;
    {
      auto books = Books::open(storage, options_here());
      ASSERT_TRUE(books.ok());
      storage.fail_syncs_from(n);
      const Status status = run(**books, steps, acked);
      if (status.ok()) break;
      EXPECT_EQ((*books)->records(), acked);
      EXPECT_EQ((*books)->sync().error().code, ErrorCode::poisoned);
    }
    storage.restart(Loss::reordered);
    auto books = Books::open(storage, options_here());
    ASSERT_TRUE(books.ok()) << books.error().text();
    ASSERT_GE((*books)->records(), acked);
    ASSERT_TRUE(run(**books, steps, acked).ok());
    ASSERT_EQ(all_records(**books), expected);
  }
}

TEST(BooksCrash, a_full_disk_stops_the_ledger_alone_and_it_catches_up) {
  const auto steps = script();
  const auto expected = clean_run(steps);
  SimStorage storage;
  storage.set_capacity(60U << 10U);
  BooksOptions options = options_here();
  options.staged_bytes_max = 4'096;
  auto books = Books::open(storage, options);
  ASSERT_TRUE(books.ok());
  std::uint64_t acked = 0;
  const Status full = run(**books, steps, acked);
  ASSERT_FALSE(full.ok());
  ASSERT_EQ(full.error().code, ErrorCode::no_space) << full.error().text();
  // The pipeline goes on trading and offers the ledger its commands now and then.
  std::size_t i = (*books)->next_command() - 1;
  Status status;
  while (i < steps.size() && (status = (*books)->append(steps[i].command, steps[i].events)).ok()) {
    ++i;
  }
  ASSERT_LT(i, steps.size());
  EXPECT_EQ(status.error().code, ErrorCode::busy);
  EXPECT_EQ((*books)->sync().error().code, ErrorCode::no_space);
  EXPECT_EQ((*books)->records(), acked);
  storage.set_capacity(~std::uint64_t{0});
  ASSERT_TRUE((*books)->sync().ok());
  ASSERT_TRUE(run(**books, steps, acked).ok());
  EXPECT_EQ(all_records(**books), expected);
}

TEST(BooksCrash, every_flipped_bit_of_a_covered_log_is_found_or_in_unused_space) {
  std::mt19937_64 random(seed_of_run());
  const auto steps = script();
  SimStorage storage;
  std::vector<Bytes> expected;
  {
    auto books = Books::open(storage, options_here());
    ASSERT_TRUE(books.ok());
    std::uint64_t acked = 0;
    ASSERT_TRUE(run(**books, steps, acked).ok());
    ASSERT_TRUE((*books)->cover().ok());
    expected = all_records(**books);
  }
  const auto names = storage.list("books/log").value();
  std::int64_t found = 0;
  std::int64_t unused = 0;
  for (std::int64_t i = 0; i < effort(1'000); ++i) {
    const std::string& name = names[random() % names.size()];
    if (!name.ends_with(".log")) continue;
    const std::string path = "books/log/" + name;
    const std::uint64_t offset = random() % storage.bytes(path).size();
    const auto bit = static_cast<unsigned>(random() % 8);
    storage.flip_bit(path, offset, bit);
    BooksOptions options = options_here();
    options.read_only = true;  // repairs nothing
    auto books = Books::open(storage, options);
    if (!books.ok()) {
      ++found;
      EXPECT_EQ(books.error().code, ErrorCode::corrupt) << books.error().text();
      EXPECT_EQ(books.error().what, path);
      EXPECT_LE(books.error().offset, offset);
    } else {
      ++unused;  // behind the last frame of a file, or the covering frame itself
      EXPECT_EQ(all_records(**books), expected);
    }
    storage.flip_bit(path, offset, bit);
  }
  EXPECT_GT(found, unused);
}

TEST(BooksCrash, every_bit_of_every_header_is_guarded) {
  const auto steps = script();
  SimStorage storage;
  {
    auto books = Books::open(storage, options_here());
    ASSERT_TRUE(books.ok());
    std::uint64_t acked = 0;
    ASSERT_TRUE(run(**books, steps, acked).ok());
    ASSERT_TRUE((*books)->cover().ok());
  }
  BooksOptions options = options_here();
  options.read_only = true;
  const std::string path = "books/log/00000000000000000000.log";
  for (std::uint64_t offset = 0; offset < RecordFrame::bytes; ++offset) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      storage.flip_bit(path, offset, bit);
      const auto books = Books::open(storage, options);
      ASSERT_FALSE(books.ok()) << offset << "." << bit;
      EXPECT_EQ(books.error().code, ErrorCode::corrupt);
      storage.flip_bit(path, offset, bit);
    }
  }
}

TEST(BooksCrash, a_last_frame_gone_bad_is_cut_and_comes_again) {
  const auto steps = script();
  const auto expected = clean_run(steps);
  SimStorage storage;
  std::uint64_t acked = 0;
  {
    auto books = Books::open(storage, options_here());
    ASSERT_TRUE(books.ok());
    ASSERT_TRUE(run(**books, steps, acked).ok());
  }
  const auto names = storage.list("books/log").value();
  std::string last;
  for (const std::string& name : names) {
    if (name.ends_with(".log")) last = "books/log/" + name;
  }
  // The first payload byte of the last frame.
  std::uint64_t at = 0;
  for (std::uint64_t offset = 0; offset < storage.bytes(last).size(); offset += 4096) {
    RecordFrame frame;
    if (decode(std::span(storage.bytes(last)).subspan(offset), frame) == FrameLook::sound) {
      at = offset;
    }
  }
  storage.flip_bit(last, at + RecordFrame::bytes + 9, 3);
  auto books = Books::open(storage, options_here());
  ASSERT_TRUE(books.ok()) << books.error().text();
  EXPECT_TRUE((*books)->opened().log.was_cut);
  EXPECT_EQ((*books)->opened().log.cut_file, last);
  EXPECT_EQ((*books)->opened().log.cut_offset, at);
  EXPECT_LT((*books)->records(), acked);
  ASSERT_TRUE(run(**books, steps, acked).ok());
  EXPECT_EQ(all_records(**books), expected);
}

TEST(BooksCrash, a_log_of_a_newer_build_is_refused_and_left_alone) {
  const auto steps = script();
  SimStorage storage;
  {
    auto books = Books::open(storage, options_here());
    ASSERT_TRUE(books.ok());
    std::uint64_t acked = 0;
    ASSERT_TRUE(run(**books, steps, acked).ok());
  }
  const std::string path = "books/log/00000000000000000000.log";
  Bytes bytes = storage.bytes(path);
  bytes[4] = std::byte{RecordFrame::version + 1};
  const std::uint32_t crc = crc32c(std::span(bytes).first(60));
  store_be(bytes.data() + 60, crc);
  storage.put(path, bytes);
  EXPECT_EQ(Books::open(storage, options_here()).error().code, ErrorCode::unknown_format);
  EXPECT_EQ(storage.bytes(path), bytes);
}

}  // namespace
}  // namespace karst
