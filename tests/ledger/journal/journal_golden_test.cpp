// Frozen journals and snapshots: every build reads those of every format before it, and today's
// writes them byte for byte. With KARST_UPDATE_GOLDEN set the files are written anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ledger/snapshot/snapshot_store.hpp"
#include "tests/ledger/journal/journal_fixture.hpp"

namespace karst {
namespace {

using test::Journal;
using test::journal_directory;
using test::payload_of;

const std::filesystem::path golden =
    std::filesystem::path(KARST_SOURCE_DIR) / "tests/ledger/golden";

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

// Compares with the frozen file, or freezes.
void expect_golden(const std::string& name, const std::vector<std::byte>& bytes) {
  if (std::getenv("KARST_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories((golden / name).parent_path());
    std::ofstream stream(golden / name, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
  }
  EXPECT_TRUE(read_file(golden / name) == bytes) << name << " is written differently";
}

FileLogOptions golden_options() {
  FileLogOptions options = test::small_journal();
  options.segment_bytes = 4 * journal_block_bytes;
  return options;
}

TEST(JournalGolden, todays_journal_is_byte_for_byte_the_frozen_one) {
  sim::SimStorage storage;
  sim::SimClock clock;
  {
    Journal journal(storage, clock, golden_options());
    journal.append(3);
    clock.advance(5'000'000);
    journal.append(2, 3000);
    ASSERT_TRUE(journal.log->close().ok());
  }
  Journal again(storage, clock, golden_options());
  again.append(1);
  expect_golden("journal_1/0000000001.journal", storage.bytes("journal/0000000001.journal"));
  expect_golden("journal_1/0000000002.journal", storage.bytes("journal/0000000002.journal"));
}

TEST(JournalGolden, the_frozen_journal_of_format_1_is_read) {
  sim::SimStorage storage;
  sim::SimClock clock;
  for (const char* name : {"0000000001.journal", "0000000002.journal"}) {
    storage.put(journal_directory + "/" + name, read_file(golden / "journal_1" / name));
  }
  const JournalReport report = verify_journal(storage, journal_directory);
  ASSERT_TRUE(report.is_sound()) << report.fault->text();
  EXPECT_EQ(report.frames, 6U);
  EXPECT_EQ(report.commands, 6U);
  EXPECT_EQ(report.epochs, 2U);
  EXPECT_EQ(report.last_seq, 6U);
  EXPECT_EQ(report.durable_through, 5U);

  Journal journal(storage, clock, golden_options());
  EXPECT_EQ(journal.leadership.epoch, 3U);
  EXPECT_EQ(journal.next_command, 7U);
  std::vector<std::uint32_t> counts;
  ASSERT_TRUE(journal.log->follow(1, [&](const LoggedBatch& batch) {
    if (batch.count == 0) return true;
    counts.push_back(batch.count);
    const auto expected = payload_of(batch.first_command, batch.count,
                                     batch.payload.size() / batch.count);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), batch.payload.begin()));
    return true;
  }).ok());
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{3, 2, 1}));
}

SnapshotInfo golden_info() {
  SnapshotInfo info;
  info.shard = 7;
  info.command = 1234;
  info.log_seq = 56;
  info.log_hash.fill(std::byte{0xab});
  info.time_ns = 1'700'000'000'000'000'000U;
  info.event_hash = 0x0123456789abcdefU;
  return info;
}

StateHash golden_hash() {
  StateHash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::byte>(i + 1);
  return hash;
}

TEST(SnapshotGolden, todays_snapshot_is_byte_for_byte_the_frozen_one) {
  sim::SimStorage storage;
  SnapshotStore store(storage, "snapshots", 7);
  ASSERT_TRUE(store.open().ok());
  Result<SnapshotWriter> writer = store.begin(golden_info());
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->append(payload_of(1, 10)).ok());
  ASSERT_TRUE(store.commit(std::move(writer).value(), golden_hash()).ok());
  expect_golden("snapshot_1.snapshot", storage.bytes(store.path(1234)));
}

TEST(SnapshotGolden, the_frozen_snapshot_of_format_1_is_read) {
  sim::SimStorage storage;
  storage.put("snapshot", read_file(golden / "snapshot_1.snapshot"));
  Result<SnapshotReader> reader = SnapshotReader::open(storage, "snapshot");
  ASSERT_TRUE(reader.ok()) << reader.error().text();
  const SnapshotInfo& info = reader->info();
  EXPECT_EQ(info.shard, 7U);
  EXPECT_EQ(info.command, 1234U);
  EXPECT_EQ(info.log_seq, 56U);
  EXPECT_EQ(info.log_hash, golden_info().log_hash);
  EXPECT_EQ(info.time_ns, golden_info().time_ns);
  EXPECT_EQ(info.event_hash, golden_info().event_hash);
  EXPECT_EQ(info.state_hash, golden_hash());
  const auto bytes = reader->next();
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(std::vector<std::byte>(bytes->begin(), bytes->end()), payload_of(1, 10));
}

}  // namespace
}  // namespace karst
