// What the simulated disk and log do, so that the tests that lean on them stand on something.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/machine/sim_log.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst::sim {
namespace {

std::vector<std::byte> some_bytes(std::size_t count, int value) {
  return std::vector<std::byte>(count, static_cast<std::byte>(value));
}

// A durable file of eight sectors of ones, with two written over and not synced.
void write_unsynced(SimStorage& storage) {
  storage.put("d/a", some_bytes(8 * SimStorage::sector_bytes, 1));
  const FileHandle file = storage.open("d/a", OpenMode::write).value();
  for (const std::uint64_t sector : {2, 5}) {
    const auto twos = some_bytes(SimStorage::sector_bytes, 2);
    ASSERT_TRUE(storage.write(file, sector * SimStorage::sector_bytes, twos).ok());
  }
}

// The sectors by what they hold: 1, 2, or -1 for anything else.
std::vector<int> sectors(const SimStorage& storage) {
  std::vector<int> found;
  const std::vector<std::byte>& bytes = storage.bytes("d/a");
  for (std::size_t at = 0; at < bytes.size(); at += SimStorage::sector_bytes) {
    const auto sector = std::span(bytes).subspan(at, SimStorage::sector_bytes);
    const bool is_even = std::set<std::byte>(sector.begin(), sector.end()).size() == 1;
    found.push_back(is_even ? std::to_integer<int>(sector[0]) : -1);
  }
  return found;
}

TEST(SimStorage, a_crash_loses_keeps_tears_or_reorders_what_was_not_synced) {
  std::set<std::vector<int>> torn;
  std::set<std::vector<int>> reordered;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    for (const Loss loss : every_loss) {
      SimStorage storage(seed);
      write_unsynced(storage);
      storage.restart(loss);
      const std::vector<int> found = sectors(storage);
      const std::vector<int> changed{found[2], found[5]};
      EXPECT_EQ(found[0] + found[1] + found[3] + found[4] + found[6] + found[7], 6);
      if (loss == Loss::lost) {
        EXPECT_EQ(changed, (std::vector<int>{1, 1}));
      }
      if (loss == Loss::kept) {
        EXPECT_EQ(changed, (std::vector<int>{2, 2}));
      }
      if (loss == Loss::torn) torn.insert(changed);
      if (loss == Loss::reordered) reordered.insert(changed);
    }
  }
  EXPECT_EQ(torn, (std::set<std::vector<int>>{{-1, 1}, {2, -1}, {2, 2}}));
  EXPECT_EQ(reordered.size(), 9U) << "old, new or garbage, each on its own";
}

TEST(SimStorage, what_was_synced_and_named_durably_survives_everything) {
  for (const Loss loss : every_loss) {
    SimStorage storage;
    const FileHandle file = storage.open("d/a", OpenMode::create).value();
    ASSERT_TRUE(storage.write(file, 0, some_bytes(100, 7)).ok());
    ASSERT_TRUE(storage.sync(file).ok());
    ASSERT_TRUE(storage.sync_directory("d").ok());
    storage.restart(loss);
    EXPECT_EQ(storage.bytes("d/a"), some_bytes(100, 7));
  }
}

TEST(SimStorage, a_name_not_synced_is_lost_with_the_power_and_seen_without) {
  SimStorage storage;
  storage.put("d/a", some_bytes(10, 1));
  ASSERT_TRUE(storage.rename("d/a", "d/b").ok());
  storage.restart(Loss::kept);
  EXPECT_TRUE(storage.exists("d/b"));
  storage.restart(Loss::lost);
  EXPECT_TRUE(storage.exists("d/a"));
  EXPECT_FALSE(storage.exists("d/b"));
}

TEST(SimStorage, after_a_failed_sync_memory_shows_what_the_device_need_not_have) {
  bool was_lost = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimStorage storage(seed);
    write_unsynced(storage);
    storage.fail_syncs_from(1);
    const FileHandle file = storage.open("d/a", OpenMode::write).value();
    EXPECT_FALSE(storage.sync(file).ok());
    EXPECT_EQ(sectors(storage)[2], 2);
    storage.restart(Loss::kept);
    const FileHandle again = storage.open("d/a", OpenMode::write).value();
    EXPECT_TRUE(storage.sync(again).ok()) << "and a second sync says that all is well";
    storage.restart(Loss::lost);
    was_lost = was_lost || sectors(storage)[2] != 2;
  }
  EXPECT_TRUE(was_lost);
}

TEST(SimStorage, the_nth_call_fails_and_the_nth_change_crashes) {
  SimStorage storage;
  storage.fail_call(2, ErrorCode::io);
  const Result<FileHandle> file = storage.open("d/a", OpenMode::create);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(storage.size(*file).error().code, ErrorCode::io);
  EXPECT_TRUE(storage.size(*file).ok());
  storage.crash_at_change(2);
  EXPECT_TRUE(storage.write(*file, 0, some_bytes(3, 1)).ok());
  EXPECT_EQ(storage.sync(*file).error().code, ErrorCode::crashed);
  EXPECT_EQ(storage.list("d").error().code, ErrorCode::crashed);
  storage.restart(Loss::kept);
  EXPECT_TRUE(storage.list("d").ok());
}

// Appends a batch of one command. Returns: what the leader learns.
Appended append(SimLog& log, const Leadership& leadership, std::uint64_t command) {
  const std::byte payload{1};
  return log.append(leadership, {command, 1, 0, {&payload, 1}}).value();
}

TEST(SimLog, every_outcome_comes_as_planned_and_resolves_truly) {
  SimLog log;
  Leadership leadership = log.acquire(0).value();
  EXPECT_EQ(log.execute(), Execute::after_commit);
  EXPECT_EQ(append(log, leadership, 1).outcome, AppendOutcome::committed);

  log.plan(Fate::unknown_mine);
  const Appended mine = append(log, leadership, 2);
  EXPECT_EQ(mine.outcome, AppendOutcome::unknown);
  EXPECT_EQ(log.resolve(mine.seq).value(), Resolution::mine);

  log.plan(Fate::unknown_absent);
  const Appended absent = append(log, leadership, 3);
  EXPECT_EQ(absent.outcome, AppendOutcome::unknown);
  EXPECT_EQ(log.resolve(absent.seq).value(), Resolution::absent);
  EXPECT_EQ(append(log, leadership, 3).seq, absent.seq) << "so the place is free";

  log.plan(Fate::unknown_other);
  const Appended other = append(log, leadership, 4);
  EXPECT_EQ(other.outcome, AppendOutcome::unknown);
  EXPECT_EQ(log.resolve(other.seq).value(), Resolution::other);
  EXPECT_EQ(append(log, leadership, 4).outcome, AppendOutcome::fenced);

  leadership = log.acquire(0).value();
  log.plan(Fate::fenced);
  EXPECT_EQ(append(log, leadership, 4).outcome, AppendOutcome::fenced);

  std::uint64_t commands = 0;
  ASSERT_TRUE(log.follow(1, [&](const LoggedBatch& batch) {
    commands += batch.count;
    return true;
  }).ok());
  EXPECT_EQ(commands, 3U);
  ASSERT_TRUE(log.trim(2).ok());
  EXPECT_EQ(log.follow(1, [](const LoggedBatch&) { return true; }).error().code,
            ErrorCode::trimmed);
}

}  // namespace
}  // namespace karst::sim
