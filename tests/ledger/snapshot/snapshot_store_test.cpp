#include "ledger/snapshot/snapshot_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "engine/seams/random.hpp"
#include "ledger/files/crc32c.hpp"
#include "tests/support/machine/sim_storage.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

const std::string directory = "snapshots";
constexpr std::uint32_t shard = 4;

// The state after that many commands: any bytes, no two alike.
std::vector<std::byte> state_after(std::uint64_t command, std::size_t bytes) {
  Random random(command);
  std::vector<std::byte> state(bytes);
  for (std::byte& byte : state) byte = static_cast<std::byte>(random.next());
  return state;
}

SnapshotInfo info_after(std::uint64_t command) {
  SnapshotInfo info;
  info.shard = shard;
  info.command = command;
  info.log_seq = command / 10;
  info.time_ns = command * 1000;
  info.event_hash = command * 7;
  return info;
}

StateHash hash_after(std::uint64_t command) {
  StateHash hash{};
  hash[0] = static_cast<std::byte>(command);
  hash[31] = std::byte{9};
  return hash;
}

Status write(SnapshotStore& store, std::uint64_t command, std::size_t bytes) {
  Result<SnapshotWriter> writer = store.begin(info_after(command));
  if (!writer) return writer.error();
  const std::vector<std::byte> state = state_after(command, bytes);
  for (std::size_t at = 0; at < bytes; at += 1000) {
    const std::size_t piece = std::min<std::size_t>(1000, bytes - at);
    if (Status put = writer->append(std::span(state).subspan(at, piece)); !put) return put;
  }
  return store.commit(std::move(writer).value(), hash_after(command));
}

struct Collector final : SnapshotSink {
  SnapshotInfo info;
  std::vector<std::byte> bytes;
  void begin(const SnapshotInfo& begun) override {
    info = begun;
    bytes.clear();
  }
  bool take(std::span<const std::byte> more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return true;
  }
  bool end() override { return bytes.size() == info.length; }
};

struct SnapshotStoreTest : ::testing::Test {
  sim::SimStorage storage;
  SnapshotStore store{storage, directory, shard};

  void SetUp() override { ASSERT_TRUE(store.open().ok()); }
};

TEST_F(SnapshotStoreTest, a_state_is_loaded_as_it_was_written) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5000},
                                  snapshot_block_payload_bytes, 2 * snapshot_block_bytes + 17}) {
    ASSERT_TRUE(write(store, 100 + bytes, bytes).ok());
    Collector collector;
    const Result<SnapshotLoad> load = store.load(collector);
    ASSERT_TRUE(load.ok()) << load.error().text();
    ASSERT_TRUE(load->info.has_value());
    EXPECT_EQ(load->info->command, 100 + bytes);
    EXPECT_EQ(load->info->log_seq, (100 + bytes) / 10);
    EXPECT_EQ(load->info->event_hash, (100 + bytes) * 7);
    EXPECT_EQ(load->info->state_hash, hash_after(100 + bytes));
    EXPECT_EQ(collector.bytes, state_after(100 + bytes, bytes));
  }
}

TEST_F(SnapshotStoreTest, without_snapshots_there_is_nothing_to_load_and_nothing_wrong) {
  Collector collector;
  const Result<SnapshotLoad> load = store.load(collector);
  ASSERT_TRUE(load.ok());
  EXPECT_FALSE(load->info.has_value());
  EXPECT_TRUE(load->rejected.empty());
  EXPECT_FALSE(store.trim_floor()->has_value());
}

TEST_F(SnapshotStoreTest, a_bad_snapshot_is_reported_and_the_older_one_is_used) {
  ASSERT_TRUE(write(store, 10, 3000).ok());
  ASSERT_TRUE(write(store, 20, 3000).ok());
  storage.flip_bit(store.path(20), 1500, 3);
  Collector collector;
  const Result<SnapshotLoad> load = store.load(collector);
  ASSERT_TRUE(load.ok());
  EXPECT_EQ(load->info->command, 10U);
  EXPECT_EQ(collector.bytes, state_after(10, 3000));
  ASSERT_EQ(load->rejected.size(), 1U);
  EXPECT_EQ(load->rejected[0].what, store.path(20));
  EXPECT_EQ(load->rejected[0].offset, snapshot_header_bytes);
  storage.flip_bit(store.path(10), 2, 0);
  EXPECT_EQ(store.load(collector).error().code, ErrorCode::corrupt);
}

TEST_F(SnapshotStoreTest, the_two_newest_verified_snapshots_are_kept_and_set_the_floor) {
  for (std::uint64_t command = 10; command <= 50; command += 10) {
    ASSERT_TRUE(write(store, command, 500).ok());
  }
  EXPECT_EQ(store.trim_floor().value(), 4U);
  storage.flip_bit(store.path(40), 300, 1);
  EXPECT_EQ(store.trim_floor().value(), 3U) << "40 is bad: 30 is the older of two good ones";
  EXPECT_EQ(store.trim().value(), 2U);
  EXPECT_EQ(store.commands().value(), (std::vector<std::uint64_t>{50, 40, 30}));
}

TEST_F(SnapshotStoreTest, a_newer_format_is_refused_and_left_untouched) {
  ASSERT_TRUE(write(store, 10, 100).ok());
  ASSERT_TRUE(write(store, 20, 100).ok());
  std::vector<std::byte> newer = storage.bytes(store.path(20));
  newer[8] = std::byte{2};
  const std::uint32_t crc = crc32c(std::span<const std::byte>(newer).first(124));
  std::memcpy(&newer[124], &crc, 4);
  storage.put(store.path(20), newer);
  const std::uint64_t changes = storage.changes();
  Collector collector;
  EXPECT_EQ(store.load(collector).error().code, ErrorCode::unknown_format);
  EXPECT_EQ(store.trim().error().code, ErrorCode::unknown_format);
  EXPECT_EQ(storage.changes(), changes);
  EXPECT_EQ(storage.bytes(store.path(20)), newer);
}

TEST_F(SnapshotStoreTest, every_header_bit_and_random_bits_are_found_with_file_and_offset) {
  const std::size_t bytes = snapshot_block_bytes + 4321;
  ASSERT_TRUE(write(store, 10, bytes).ok());
  const std::string path = store.path(10);
  const auto expect_found = [&](std::uint64_t offset, unsigned bit) {
    storage.flip_bit(path, offset, bit);
    const Result<SnapshotInfo> verified = verify_snapshot(storage, path);
    ASSERT_FALSE(verified.ok()) << "bit " << bit << " of byte " << offset;
    EXPECT_EQ(verified.error().code, ErrorCode::corrupt);
    EXPECT_EQ(verified.error().what, path);
    const std::uint64_t block =
        (offset - snapshot_header_bytes) / snapshot_block_bytes * snapshot_block_bytes;
    const std::uint64_t where = offset < snapshot_header_bytes ? 0 : snapshot_header_bytes + block;
    EXPECT_EQ(verified.error().offset, where);
    storage.flip_bit(path, offset, bit);
  };
  for (std::uint64_t offset = 0; offset < snapshot_header_bytes; ++offset) {
    for (unsigned bit = 0; bit < 8; ++bit) expect_found(offset, bit);
  }
  Random random(test::seed_of_run());
  for (std::int64_t i = 0; i < test::effort(200); ++i) {
    expect_found(random.below(storage.bytes(path).size()),
                 static_cast<unsigned>(random.below(8)));
  }
  ASSERT_TRUE(verify_snapshot(storage, path).ok());
}

TEST_F(SnapshotStoreTest, a_snapshot_cut_or_grown_by_a_byte_is_bad) {
  ASSERT_TRUE(write(store, 10, 2000).ok());
  const std::vector<std::byte> good = storage.bytes(store.path(10));
  for (const int change : {-1, 1, -2000, -2100}) {
    std::vector<std::byte> other = good;
    other.resize(static_cast<std::size_t>(static_cast<int>(good.size()) + change));
    storage.put(store.path(10), other);
    EXPECT_FALSE(verify_snapshot(storage, store.path(10)).ok()) << change;
  }
}

// Three snapshots and a trim, with the machine stopping at the n-th change.
bool run_script(sim::SimStorage& storage, std::uint64_t& committed) {
  SnapshotStore store(storage, directory, shard);
  if (!store.open()) return false;
  for (std::uint64_t command = 10; command <= 40; command += 10) {
    if (!write(store, command, 1700)) return false;
    committed = command;
    if (!store.trim()) return false;
  }
  return true;
}

TEST(SnapshotStoreCrash, a_committed_snapshot_survives_a_crash_at_every_change) {
  std::uint64_t points = 0;
  for (bool was_reached = true; was_reached;) {
    points += 1;
    for (const sim::Loss loss : sim::every_loss) {
      sim::SimStorage storage(points);
      storage.crash_at_change(points);
      std::uint64_t committed = 0;
      was_reached = !run_script(storage, committed);
      storage.restart(loss);
      SnapshotStore store(storage, directory, shard);
      ASSERT_TRUE(store.open().ok());
      Collector collector;
      const Result<SnapshotLoad> load = store.load(collector);
      ASSERT_TRUE(load.ok()) << load.error().text() << " at " << points << " " << name(loss);
      EXPECT_TRUE(load->rejected.empty()) << "a half-written snapshot bears a name";
      const std::uint64_t found = load->info ? load->info->command : 0;
      EXPECT_GE(found, committed) << "at change " << points << ", " << name(loss);
      EXPECT_LE(found, committed + 10);
      if (found != 0) {
        EXPECT_EQ(collector.bytes, state_after(found, 1700));
      }
      const std::size_t kept = store.newest_verified()->size();
      EXPECT_GE(kept, std::min<std::size_t>(2, committed / 10)) << "at " << points;
    }
  }
  EXPECT_GT(points, 20U);
}

TEST(SnapshotStoreCrash, a_failure_of_any_call_leaves_the_committed_snapshots) {
  std::uint64_t points = 0;
  for (bool was_reached = true; was_reached;) {
    points += 1;
    for (const ErrorCode code : {ErrorCode::io, ErrorCode::no_space}) {
      sim::SimStorage storage(points);
      storage.fail_call(points, code);
      std::uint64_t committed = 0;
      was_reached = !run_script(storage, committed);
      storage.restart(sim::Loss::lost);
      SnapshotStore store(storage, directory, shard);
      ASSERT_TRUE(store.open().ok());
      Collector collector;
      const Result<SnapshotLoad> load = store.load(collector);
      ASSERT_TRUE(load.ok()) << load.error().text();
      EXPECT_GE(load->info ? load->info->command : 0, committed);
    }
  }
  EXPECT_GT(points, 40U);
}

}  // namespace
}  // namespace karst
