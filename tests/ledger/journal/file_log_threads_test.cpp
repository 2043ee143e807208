// The threading contract: one thread stages, one syncs, one prepares, others follow and trim.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "tests/ledger/journal/journal_fixture.hpp"
#include "tests/support/random_run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst {
namespace {

struct FileLogThreads : ::testing::Test {
  PosixStorage storage;
  SystemClock clock;
  FileLogOptions options = test::small_journal();
  test::TemporaryFolder folder;

  void SetUp() override {
    options.directory = folder / "journal";
    options.segment_bytes = 32 * journal_block_bytes;
  }
};

TEST_F(FileLogThreads, staging_syncing_preparing_following_and_trimming_go_side_by_side) {
  std::unique_ptr<FileLog> log = FileLog::open(storage, clock, options).value();
  const Leadership leadership = log->acquire(options.shard).value();
  const auto batches = static_cast<std::uint64_t>(test::effort(3000));
  std::atomic<bool> is_done = false;
  std::atomic<std::uint64_t> failures = 0;
  const auto keep_doing = [&](const auto& work) {
    return std::thread([&is_done, work] {
      while (!is_done) {
        work();
        std::this_thread::yield();
      }
    });
  };
  std::vector<std::thread> threads;
  threads.push_back(keep_doing([&] {
    const bool is_ok = log->has_staged() ? log->sync().ok() : log->cover_if_idle().ok();
    if (!is_ok) failures += 1;
  }));
  threads.push_back(keep_doing([&] {
    if (!log->prepare()) failures += 1;
  }));
  std::atomic<std::uint64_t> followed = 0;  // what a follower has seen
  threads.push_back(keep_doing([&] {
    const Status status = log->follow(followed + 1, [&](const LoggedBatch& batch) {
      if (batch.seq != followed + 1) failures += 1;
      followed = batch.seq;
      return true;
    });
    if (!status) failures += 1;
    if (!log->trim(followed / 2)) failures += 1;
  }));

  std::uint64_t command = 1;
  std::uint64_t last_seq = 0;
  for (std::uint64_t i = 0; i < batches && failures == 0;) {
    const auto payload = test::payload_of(command, 3);
    const Batch batch{command, 3, clock.wall_ns(), payload};
    const Result<std::uint64_t> seq = log->stage(leadership, batch);
    if (!seq) {
      ASSERT_EQ(seq.error().code, ErrorCode::busy);
      std::this_thread::yield();
      continue;
    }
    EXPECT_GT(*seq, last_seq);
    last_seq = *seq;
    command += 3;
    ++i;
  }
  while (failures == 0 && (log->durable_seq() < last_seq || followed < last_seq)) {
    std::this_thread::yield();
  }
  is_done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0U);
  ASSERT_TRUE(log->close().ok());
  log.reset();
  const JournalReport report = verify_journal(storage, options.directory);
  EXPECT_TRUE(report.is_sound()) << report.fault->text();
  EXPECT_EQ(report.last_command, command - 1);
  EXPECT_GT(report.first_seq, 1U) << "trimmed meanwhile";
}

}  // namespace
}  // namespace karst
