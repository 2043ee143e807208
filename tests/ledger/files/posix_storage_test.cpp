#include "ledger/files/posix_storage.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/ledger/journal/journal_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst {
namespace {

struct PosixStorageTest : ::testing::TestWithParam<bool> {
  PosixStorage storage{GetParam()};
  test::TemporaryFolder folder;
  const std::string& directory = folder.path();
};

std::vector<std::byte> some_bytes(std::size_t count, int value) {
  return std::vector<std::byte>(count, static_cast<std::byte>(value));
}

TEST_P(PosixStorageTest, what_is_written_is_read_back) {
  const FileHandle file = storage.open(directory + "/a", OpenMode::create_new).value();
  ASSERT_TRUE(storage.write(file, 10, some_bytes(5, 1)).ok());
  ASSERT_TRUE(storage.append(file, some_bytes(5, 2)).ok());
  ASSERT_TRUE(storage.sync(file).ok());
  EXPECT_EQ(storage.size(file).value(), 20U);
  std::vector<std::byte> read(30);
  EXPECT_EQ(storage.read(file, 0, read).value(), 20U);
  EXPECT_EQ(read[9], std::byte{0});
  EXPECT_EQ(read[10], std::byte{1});
  EXPECT_EQ(read[19], std::byte{2});
  ASSERT_TRUE(storage.truncate(file, 12).ok());
  EXPECT_EQ(storage.size(file).value(), 12U);
  EXPECT_TRUE(storage.close(file).ok());
}

TEST_P(PosixStorageTest, a_durable_write_into_a_preallocated_file_is_seen_by_other_handles) {
  const FileHandle file = storage.open(directory + "/a", OpenMode::create).value();
  ASSERT_TRUE(storage.preallocate(file, 16 * Storage::block_bytes).ok());
  ASSERT_TRUE(storage.sync(file).ok());
  EXPECT_EQ(storage.size(file).value(), 16 * Storage::block_bytes);
  const FileHandle direct = storage.open(directory + "/a", OpenMode::write_direct).value();
  alignas(4096) static std::array<std::byte, 2 * Storage::block_bytes> blocks;
  blocks.fill(std::byte{9});
  ASSERT_TRUE(storage.write_through(direct, Storage::block_bytes, blocks).ok());
  std::vector<std::byte> read(4 * Storage::block_bytes);
  ASSERT_TRUE(storage.drop_cache(file).ok());
  EXPECT_EQ(storage.read(file, 0, read).value(), read.size());
  EXPECT_EQ(read[Storage::block_bytes - 1], std::byte{0});
  EXPECT_EQ(read[Storage::block_bytes], std::byte{9});
  EXPECT_EQ(read[3 * Storage::block_bytes], std::byte{0});
  EXPECT_TRUE(storage.close(file).ok());
  EXPECT_TRUE(storage.close(direct).ok());
}

TEST_P(PosixStorageTest, errors_say_what_and_where) {
  const Result<FileHandle> none = storage.open(directory + "/none", OpenMode::write);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_EQ(none.error().text(), "not found: open at " + directory + "/none (errno 2)");
  ASSERT_TRUE(storage.close(storage.open(directory + "/a", OpenMode::create).value()).ok());
  EXPECT_EQ(storage.open(directory + "/a", OpenMode::create_new).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ(storage.unlink(directory + "/none").error().code, ErrorCode::not_found);
  EXPECT_EQ(storage.list(directory + "/none").error().code, ErrorCode::not_found);
}

TEST_P(PosixStorageTest, names_are_made_renamed_listed_and_removed) {
  ASSERT_TRUE(storage.create_directory(directory + "/x/y").ok());
  ASSERT_TRUE(storage.create_directory(directory + "/x/y").ok());
  for (const char* name : {"/x/b", "/x/a"}) {
    ASSERT_TRUE(storage.close(storage.open(directory + name, OpenMode::create).value()).ok());
  }
  EXPECT_EQ(storage.list(directory + "/x").value(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(storage.rename(directory + "/x/a", directory + "/x/c").ok());
  ASSERT_TRUE(storage.unlink(directory + "/x/b").ok());
  ASSERT_TRUE(storage.sync_directory(directory + "/x").ok());
  EXPECT_EQ(storage.list(directory + "/x").value(), (std::vector<std::string>{"c"}));
  EXPECT_GT(storage.space_left(directory).value(), 0U);
}

TEST_P(PosixStorageTest, another_process_is_locked_out_until_the_first_ends) {
  const std::string path = directory + "/LOCK";
  const FileHandle mine = storage.lock(path).value();
  EXPECT_EQ(storage.lock(path).error().code, ErrorCode::locked);
  const auto other_process_gets_it = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      const Result<FileHandle> theirs = PosixStorage().lock(path);
      ::_exit(theirs.ok() ? 1 : theirs.error().code == ErrorCode::locked ? 0 : 2);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(other_process_gets_it(), 0) << "locked out";
  EXPECT_TRUE(storage.close(mine).ok());
  EXPECT_EQ(other_process_gets_it(), 1);
}

TEST_P(PosixStorageTest, a_journal_on_a_real_disk_is_read_back_after_a_restart) {
  const SystemClock clock;
  FileLogOptions options = test::small_journal();
  options.directory = directory + "/journal";
  std::uint64_t next_command = 1;
  for (std::uint64_t life = 1; life <= 3; ++life) {
    Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
    ASSERT_TRUE(log.ok()) << log.error().text();
    EXPECT_EQ(FileLog::open(storage, clock, options).error().code, ErrorCode::locked);
    const Leadership leadership = (*log)->acquire(options.shard).value();
    EXPECT_EQ(leadership.epoch, life);
    EXPECT_EQ((*log)->recovery().next_command, next_command);
    for (std::uint32_t i = 0; i < 30; ++i) {
      const auto payload = test::payload_of(next_command, 1 + i, 50);
      const Result<Appended> done =
          (*log)->append(leadership, {next_command, 1 + i, clock.wall_ns(), payload});
      ASSERT_TRUE(done.ok()) << done.error().text();
      EXPECT_EQ(done->outcome, AppendOutcome::committed);
      next_command += 1 + i;
    }
    std::uint64_t commands = 0;
    const Status followed = (*log)->follow(1, [&](const LoggedBatch& batch) {
      commands += batch.count;
      return true;
    });
    ASSERT_TRUE(followed.ok()) << followed.error().text();
    EXPECT_EQ(commands, next_command - 1);
  }
  const JournalReport report = verify_journal(storage, options.directory);
  EXPECT_TRUE(report.is_sound()) << report.fault->text();
  EXPECT_EQ(report.epochs, 3U);
}

INSTANTIATE_TEST_SUITE_P(WaysToWrite, PosixStorageTest, ::testing::Values(true, false),
                         [](const auto& way) { return way.param ? "direct" : "through_cache"; });

}  // namespace
}  // namespace karst
