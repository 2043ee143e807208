#include "ledger/journal/file_log.hpp"

#include <gtest/gtest.h>

#include "tests/ledger/journal/journal_fixture.hpp"

namespace karst {
namespace {

using test::Journal;
using test::journal_directory;
using test::payload_of;
using test::small_journal;

struct FileLogTest : ::testing::Test {
  sim::SimStorage storage;
  sim::SimClock clock;
};

// The batches with commands from a place on, as (seq, first command, count).
struct Seen {
  std::uint64_t seq;
  std::uint64_t first_command;
  std::uint32_t count;
  friend bool operator==(const Seen&, const Seen&) = default;
};

std::vector<Seen> follow(FileLog& log, std::uint64_t from_seq) {
  std::vector<Seen> seen;
  const Status done = log.follow(from_seq, [&](const LoggedBatch& batch) {
    if (batch.count == 0) return true;
    seen.push_back({batch.seq, batch.first_command, batch.count});
    const auto expected = payload_of(batch.first_command, batch.count,
                                     batch.payload.size() / batch.count);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), batch.payload.begin(),
                           batch.payload.end()));
    return true;
  });
  EXPECT_TRUE(done.ok()) << done.error().text();
  return seen;
}

TEST_F(FileLogTest, a_committed_batch_is_read_back_as_it_was) {
  Journal journal(storage, clock);
  const std::uint64_t seq = journal.append(3);
  EXPECT_EQ(seq, 2U) << "the leader's own frame is the first";
  EXPECT_EQ(follow(*journal.log, 1), (std::vector<Seen>{{2, 1, 3}}));
}

TEST_F(FileLogTest, a_restart_goes_on_where_the_journal_ended) {
  {
    Journal journal(storage, clock);
    journal.append(3);
    journal.append(5);
  }
  Journal journal(storage, clock);
  EXPECT_EQ(journal.log->recovery().last_seq, 3U);
  EXPECT_EQ(journal.log->recovery().next_command, 9U);
  EXPECT_FALSE(journal.log->recovery().torn_tail.has_value());
  journal.append(1);
  EXPECT_EQ(follow(*journal.log, 1), (std::vector<Seen>{{2, 1, 3}, {3, 4, 5}, {5, 9, 1}}));
}

TEST_F(FileLogTest, the_epoch_grows_with_every_leader_and_fences_the_one_before) {
  Journal journal(storage, clock);
  EXPECT_EQ(journal.leadership.epoch, 1U);
  const Leadership old = journal.leadership;
  journal.leadership = journal.log->acquire(7).value();
  EXPECT_EQ(journal.leadership.epoch, 2U);
  const auto payload = payload_of(1, 1);
  const Result<Appended> refused = journal.log->append(old, {1, 1, 0, payload});
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->outcome, AppendOutcome::fenced);
  journal.append(1);
  journal.log.reset();
  EXPECT_EQ(Journal(storage, clock).leadership.epoch, 3U);
}

TEST_F(FileLogTest, a_group_of_batches_takes_one_write_and_one_sync) {
  Journal journal(storage, clock);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(journal.stage().ok());
  const std::uint64_t changes = storage.changes();
  const std::uint64_t syncs = storage.syncs();
  EXPECT_EQ(journal.log->durable_seq(), 1U);
  EXPECT_EQ(journal.log->sync().value(), 5U);
  EXPECT_EQ(storage.changes() - changes, 2U);
  EXPECT_EQ(storage.syncs() - syncs, 1U);
  EXPECT_EQ(follow(*journal.log, 1).size(), 4U);
}

TEST_F(FileLogTest, segments_are_filled_one_after_the_other_and_read_as_one) {
  Journal journal(storage, clock);
  std::vector<Seen> expected;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::uint64_t first = journal.next_command;
    const std::uint32_t count = 1 + i % 7;
    expected.push_back({journal.append(count, 1000), first, count});
  }
  EXPECT_GT(list_segments(storage, journal_directory)->indices.size(), 8U);
  EXPECT_EQ(follow(*journal.log, 1), expected);
  const JournalReport report = verify_journal(storage, journal_directory);
  EXPECT_TRUE(report.is_sound());
  EXPECT_EQ(report.frames, 41U);
  EXPECT_EQ(report.commands, journal.next_command - 1);
}

TEST_F(FileLogTest, a_cover_is_written_once_after_a_millisecond_of_quiet) {
  Journal journal(storage, clock);
  journal.append();
  EXPECT_FALSE(journal.log->cover_if_idle().value());
  clock.advance(1'000'000);
  EXPECT_TRUE(journal.log->cover_if_idle().value());
  clock.advance(1'000'000);
  EXPECT_FALSE(journal.log->cover_if_idle().value());
  const JournalReport report = verify_journal(storage, journal_directory);
  EXPECT_EQ(report.last_seq, 3U);
  EXPECT_EQ(report.durable_through, 2U);
}

TEST_F(FileLogTest, follow_starts_in_the_middle_and_stops_when_told_to) {
  Journal journal(storage, clock);
  for (int i = 0; i < 30; ++i) journal.append(2);
  EXPECT_EQ(follow(*journal.log, 25).front().seq, 25U);
  EXPECT_EQ(follow(*journal.log, 31).size(), 1U);
  EXPECT_TRUE(follow(*journal.log, 32).empty());
  int taken = 0;
  ASSERT_TRUE(journal.log->follow(1, [&](const LoggedBatch&) { return ++taken < 5; }).ok());
  EXPECT_EQ(taken, 5);
}

TEST_F(FileLogTest, trim_removes_whole_segments_and_never_the_newest_frame) {
  Journal journal(storage, clock);
  for (int i = 0; i < 40; ++i) journal.append(2);
  const auto before = list_segments(storage, journal_directory)->indices;
  ASSERT_TRUE(journal.log->trim(20).ok());
  const auto after = list_segments(storage, journal_directory)->indices;
  EXPECT_GT(after.front(), before.front());
  EXPECT_EQ(after.back(), before.back());
  EXPECT_EQ(follow(*journal.log, 21).front().seq, 21U);
  const Status gone = journal.log->follow(1, [](const LoggedBatch&) { return true; });
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::trimmed);
  ASSERT_TRUE(journal.log->trim(~std::uint64_t{0} - 1).ok());
  journal.log.reset();
  Journal again(storage, clock);
  EXPECT_EQ(again.log->recovery().last_seq, 41U);
  EXPECT_EQ(again.leadership.epoch, 2U);
}

TEST_F(FileLogTest, a_second_process_is_locked_out) {
  Journal journal(storage, clock);
  const auto second = FileLog::open(storage, clock, small_journal());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::locked);
  journal.log.reset();
  EXPECT_TRUE(FileLog::open(storage, clock, small_journal()).ok());
}

TEST_F(FileLogTest, after_a_failed_sync_nothing_is_acknowledged_and_nothing_works) {
  Journal journal(storage, clock);
  journal.append();
  const std::uint64_t durable = journal.log->durable_seq();
  ASSERT_TRUE(journal.stage().ok());
  storage.fail_syncs_from(1);
  EXPECT_FALSE(journal.log->sync().ok());
  const std::uint64_t changes = storage.changes();
  EXPECT_EQ(journal.log->durable_seq(), durable);
  EXPECT_EQ(journal.log->sync().error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.stage().error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.log->cover_if_idle().error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.log->acquire(7).error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.log->prepare().error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.log->resolve(durable + 1).error().code, ErrorCode::poisoned);
  EXPECT_EQ(journal.log->close().error().code, ErrorCode::poisoned);
  EXPECT_EQ(storage.changes(), changes) << "the disk is not touched again";
}

TEST_F(FileLogTest, an_append_whose_sync_failed_is_unknown) {
  Journal journal(storage, clock);
  storage.fail_syncs_from(1);
  const auto payload = payload_of(1, 1);
  const Result<Appended> lost = journal.log->append(journal.leadership, {1, 1, 0, payload});
  ASSERT_TRUE(lost.ok());
  EXPECT_EQ(lost->outcome, AppendOutcome::unknown);
}

TEST_F(FileLogTest, resolve_tells_mine_other_and_absent) {
  Journal journal(storage, clock);
  const std::uint64_t seq = journal.append();
  EXPECT_EQ(journal.log->resolve(seq).value(), Resolution::mine);
  EXPECT_EQ(journal.log->resolve(seq + 1).value(), Resolution::absent);
  ASSERT_TRUE(journal.log->acquire(7).ok());
  EXPECT_EQ(journal.log->resolve(seq).value(), Resolution::other);
}

TEST_F(FileLogTest, a_full_disk_first_ends_new_orders_then_everything_and_room_brings_it_back) {
  storage.set_capacity(3 * small_journal().segment_bytes);
  Journal journal(storage, clock);
  std::uint64_t appended = 0;
  while (journal.log->has_room_for_orders()) {
    journal.append();
    ASSERT_TRUE(journal.log->prepare().ok() ||
                journal.log->prepare().error().code == ErrorCode::no_space);
    ASSERT_LT(++appended, 100U);
  }
  // Cancels go on for the whole reserve.
  std::uint64_t reserved = 0;
  Result<std::uint64_t> seq = journal.stage();
  for (; seq.ok(); seq = journal.stage(), ++reserved) ASSERT_TRUE(journal.log->sync().ok());
  EXPECT_EQ(reserved, small_journal().reserve_bytes / journal_block_bytes - 1);
  EXPECT_EQ(seq.error().code, ErrorCode::no_space);
  EXPECT_FALSE(journal.log->has_room_for_orders());

  storage.set_capacity(~std::uint64_t{0});
  clock.advance(1'000'000'000);
  ASSERT_TRUE(journal.log->prepare().ok());
  EXPECT_TRUE(journal.log->has_room_for_orders());
  journal.append();
}

TEST_F(FileLogTest, a_batch_too_big_for_the_journal_is_refused) {
  Journal journal(storage, clock);
  const Result<std::uint64_t> seq = journal.stage(1, small_journal().segment_bytes);
  ASSERT_FALSE(seq.ok());
  EXPECT_EQ(seq.error().code, ErrorCode::invalid);
  journal.append(1, small_journal().segment_bytes - journal_header_bytes);
}

TEST_F(FileLogTest, a_full_staging_buffer_pushes_back_until_the_next_sync) {
  FileLogOptions options = small_journal();
  options.segment_bytes = 64 * journal_block_bytes;
  Journal journal(storage, clock, options);
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(journal.stage().ok());
  EXPECT_EQ(journal.stage().error().code, ErrorCode::busy);
  ASSERT_TRUE(journal.log->sync().ok());
  EXPECT_TRUE(journal.stage().ok());
}

TEST_F(FileLogTest, segments_may_have_another_size_after_a_restart) {
  {
    Journal journal(storage, clock);
    for (int i = 0; i < 20; ++i) journal.append();
  }
  FileLogOptions options = small_journal();
  options.segment_bytes = 4 * journal_block_bytes;
  {
    Journal journal(storage, clock, options);
    for (int i = 0; i < 20; ++i) journal.append();
  }
  Journal journal(storage, clock);
  EXPECT_EQ(follow(*journal.log, 1).size(), 40U);
}

TEST_F(FileLogTest, the_journal_of_another_shard_is_refused) {
  Journal(storage, clock).append();
  FileLogOptions options = small_journal();
  options.shard = 8;
  const auto opened = FileLog::open(storage, clock, options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace karst
