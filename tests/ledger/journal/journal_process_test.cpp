// Real processes on a real disk: killed around every storage call, killed at random times, and run
// into a file system that is really full.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "engine/seams/random.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "tests/ledger/journal/journal_fixture.hpp"
#include "tests/support/random_run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst {
namespace {

// A PosixStorage that kills its process at the n-th moment: before and after each call that opens,
// writes, syncs or names something is one.
class KillingStorage final : public Storage {
  template <typename Call>
  auto around(const Call& call) {
    tick();
    auto result = call();
    tick();
    return result;
  }
  void tick() {
    moment_ += 1;
    if (moment_ == kill_at_) ::kill(::getpid(), SIGKILL);
  }

 public:
  explicit KillingStorage(std::uint64_t kill_at) : kill_at_(kill_at) {}

  Result<FileHandle> open(std::string_view path, OpenMode mode) override {
    return around([&] { return disk_.open(path, mode); });
  }
  Status close(FileHandle file) override { return disk_.close(file); }
  Result<std::uint64_t> size(FileHandle file) override { return disk_.size(file); }
  Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                           std::span<std::byte> bytes) override {
    return disk_.read(file, offset, bytes);
  }
  Status write(FileHandle file, std::uint64_t offset, std::span<const std::byte> bytes) override {
    return around([&] { return disk_.write(file, offset, bytes); });
  }
  Status append(FileHandle file, std::span<const std::byte> bytes) override {
    return around([&] { return disk_.append(file, bytes); });
  }
  Status write_through(FileHandle file, std::uint64_t offset,
                       std::span<const std::byte> bytes) override {
    return around([&] { return disk_.write_through(file, offset, bytes); });
  }
  Status preallocate(FileHandle file, std::uint64_t bytes) override {
    return around([&] { return disk_.preallocate(file, bytes); });
  }
  Status truncate(FileHandle file, std::uint64_t bytes) override {
    return around([&] { return disk_.truncate(file, bytes); });
  }
  Status sync(FileHandle file) override {
    return around([&] { return disk_.sync(file); });
  }
  Status drop_cache(FileHandle file) override {
    return around([&] { return disk_.drop_cache(file); });
  }
  Status rename(std::string_view from, std::string_view to) override {
    return around([&] { return disk_.rename(from, to); });
  }
  Status unlink(std::string_view path) override {
    return around([&] { return disk_.unlink(path); });
  }
  Status sync_directory(std::string_view path) override {
    return around([&] { return disk_.sync_directory(path); });
  }
  Status create_directory(std::string_view path) override { return disk_.create_directory(path); }
  Result<std::vector<std::string>> list(std::string_view path) override {
    return disk_.list(path);
  }
  Result<std::uint64_t> space_left(std::string_view path) override {
    return disk_.space_left(path);
  }
  Result<FileHandle> lock(std::string_view path) override { return disk_.lock(path); }

 private:
  PosixStorage disk_;
  std::uint64_t kill_at_;
  std::uint64_t moment_ = 0;
};

// The process under test: appends batches for ever and says which are committed. Never returns.
[[noreturn]] void run_client(const FileLogOptions& options, std::uint64_t kill_at, int acks) {
  KillingStorage storage(kill_at);
  const SystemClock clock;
  Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
  if (!log) ::_exit(3);
  const Result<Leadership> leadership = (*log)->acquire(options.shard);
  if (!leadership) ::_exit(4);
  std::uint64_t command = (*log)->recovery().next_command;
  for (;;) {
    const auto count = static_cast<std::uint32_t>(1 + command % 6);
    const auto payload = test::payload_of(command, count);
    const Result<Appended> done =
        (*log)->append(*leadership, {command, count, clock.wall_ns(), payload});
    if (!done || done->outcome != AppendOutcome::committed) ::_exit(5);
    command += count;
    const std::uint64_t last = command - 1;
    if (::write(acks, &last, sizeof last) != sizeof last) ::_exit(6);
    if (done->seq % 40 == 0 && !(*log)->trim(done->seq - 30)) ::_exit(7);
  }
}

struct JournalProcess : ::testing::Test {
  test::TemporaryFolder folder;
  FileLogOptions options = test::small_journal();
  std::uint64_t acked = 0;  // last command the client was told is committed

  void SetUp() override { options.directory = folder / "journal"; }

  // One life of the process, ended by a kill: its own, or ours after that many microseconds.
  void live_and_die(std::uint64_t kill_at, useconds_t kill_after_us) {
    int ends[2] = {};
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      run_client(options, kill_at, ends[1]);
    }
    ::close(ends[1]);
    if (kill_after_us != 0) {
      ::usleep(kill_after_us);
      ::kill(child, SIGKILL);
    }
    for (std::uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last;) acked = last;
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the process ended by itself: " << WEXITSTATUS(status);
  }

  // Every acknowledged command is there once, in order and as it was; what is more is whole.
  void compare() {
    PosixStorage storage;
    Result<JournalReader> reader =
        JournalReader::open(storage, options.directory, JournalReader::earliest);
    if (!reader) {
      ASSERT_EQ(reader.error().code, ErrorCode::not_found) << reader.error().text();
      ASSERT_EQ(acked, 0U);
      return;
    }
    std::uint64_t last = 0;
    for (;;) {
      const Result<bool> more = reader->next();
      ASSERT_TRUE(more.ok()) << more.error().text();
      if (!*more) break;
      const FrameHeader& header = reader->header();
      last = header.next_command() - 1;
      if (header.kind != FrameKind::batch) continue;
      ASSERT_EQ(header.count, 1 + header.first_command % 6);
      const auto expected = test::payload_of(header.first_command, header.count);
      ASSERT_TRUE(std::ranges::equal(reader->payload(), expected));
    }
    ASSERT_GE(last, acked) << "acknowledged and lost";
    acked = last;  // what recovery finds counts from now on
  }
};

TEST_F(JournalProcess, killed_before_and_after_every_call_it_loses_nothing_acknowledged) {
  constexpr std::uint64_t moments = 120;  // the first thirty or so lie in the recovery
  const auto lives = static_cast<std::uint64_t>(test::effort(120));
  for (std::uint64_t life = 0; life < lives; ++life) {
    const std::uint64_t moment = 1 + life * 77 % moments;
    ASSERT_NO_FATAL_FAILURE(live_and_die(moment, 0));
    ASSERT_NO_FATAL_FAILURE(compare()) << "killed at moment " << moment;
  }
  EXPECT_GT(acked, 0U);
}

TEST_F(JournalProcess, killed_at_random_times_it_loses_nothing_acknowledged) {
  Random random(test::seed_of_run());
  for (std::int64_t i = 0; i < test::effort(50); ++i) {
    ASSERT_NO_FATAL_FAILURE(
        live_and_die(0, static_cast<useconds_t>(random.between(1'000, 25'000))));
    ASSERT_NO_FATAL_FAILURE(compare());
  }
}

// Runs into a full file system. Returns: what is wrong, 0 for nothing; 77 if it cannot be mounted.
int fill_a_real_disk(FileLogOptions options) {
  if (::unshare(CLONE_NEWNS) != 0) return 77;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  const std::filesystem::path mounted = std::filesystem::path(options.directory).parent_path();
  if (::mount("none", mounted.c_str(), "tmpfs", 0, "size=1m") != 0) return 77;
  options.segment_bytes = 64 * journal_block_bytes;
  PosixStorage storage;
  const SystemClock clock;
  Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
  if (!log) return 1;
  const Result<Leadership> leadership = (*log)->acquire(options.shard);
  if (!leadership) return 2;
  std::uint64_t command = 1;
  const auto append = [&]() -> Result<Appended> {
    const auto payload = test::payload_of(command, 1);
    const Result<Appended> done = (*log)->append(*leadership, {command, 1, 0, payload});
    if (done) command += 1;
    return done;
  };
  const std::uint64_t batches_max = (std::uint64_t{1} << 20U) / journal_block_bytes;
  while ((*log)->has_room_for_orders() && command <= batches_max) {
    const Result<Appended> done = append();
    if (!done || done->outcome != AppendOutcome::committed) return 3;
    static_cast<void>((*log)->prepare());
  }
  if ((*log)->has_room_for_orders()) return 4;
  std::uint64_t reserved = 0;  // what must always work goes on until the reserve is used up
  Result<Appended> done = append();
  for (; done.ok() && done->outcome == AppendOutcome::committed; done = append()) reserved += 1;
  if (done.ok() || done.error().code != ErrorCode::no_space) return 5;
  if (reserved + 1 < options.reserve_bytes / journal_block_bytes) return 6;
  log->reset();
  const JournalReport report = verify_journal(storage, options.directory);
  return report.is_sound() && report.last_command == command - 1 ? 0 : 7;
}

TEST_F(JournalProcess, a_really_full_disk_refuses_new_orders_before_it_refuses_cancels) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_a_real_disk(options));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "may not mount a file system here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace karst
