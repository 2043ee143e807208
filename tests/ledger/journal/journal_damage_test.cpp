// What is torn, what is damaged, and that neither is ever taken for the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>

#include "engine/seams/random.hpp"
#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"
#include "tests/ledger/journal/journal_fixture.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::Journal;
using test::journal_directory;
using test::small_journal;

// Where a frame stands.
struct Place {
  std::string file;
  std::uint64_t offset = 0;
  FrameHeader header;
};

std::vector<Place> places(Storage& storage) {
  std::vector<Place> found;
  Result<JournalReader> reader =
      JournalReader::open(storage, journal_directory, JournalReader::earliest);
  EXPECT_TRUE(reader.ok());
  while (reader->next().value()) {
    found.push_back({reader->file(), reader->offset(), reader->header()});
  }
  return found;
}

struct JournalDamage : ::testing::Test {
  sim::SimStorage storage;
  sim::SimClock clock;

  // Three segments and a bit, the last batch of 600 bytes.
  void write_journal(bool is_closed) {
    Journal journal(storage, clock);
    for (std::uint32_t i = 0; i < 22; ++i) journal.append(1 + i % 4, i % 5 == 0 ? 2000 : 150);
    journal.append(4, 150);
    if (is_closed) {
      ASSERT_TRUE(journal.log->close().ok());
    }
  }

  // Opens the journal as the exchange does when it starts.
  Result<JournalRecovery> open() {
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage, clock, small_journal());
    if (!opened) return opened.error();
    return (*opened)->recovery();
  }

  // Writes over a part of a file.
  void overwrite(const std::string& path, std::uint64_t offset, std::span<const std::byte> bytes) {
    std::vector<std::byte> file = storage.bytes(path);
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
    storage.put(path, std::move(file));
  }
};

TEST_F(JournalDamage, a_last_frame_torn_at_any_byte_is_cut_whole_and_nothing_else) {
  write_journal(false);
  const std::vector<Place> frames = places(storage);
  const Place last = frames.back();
  const std::vector<std::byte> good = storage.bytes(last.file);
  const std::uint64_t end = last.offset + journal_header_bytes + last.header.length;
  for (std::uint64_t torn_at = last.offset; torn_at < end; ++torn_at) {
    std::vector<std::byte> torn = good;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(torn_at), torn.end(), std::byte{0});
    storage.put(last.file, torn);
    const Result<JournalRecovery> recovery = open();
    ASSERT_TRUE(recovery.ok()) << recovery.error().text();
    ASSERT_EQ(recovery->last_seq, last.header.seq - 1) << "torn at byte " << torn_at;
    ASSERT_EQ(recovery->torn_tail.has_value(), torn_at != last.offset);
    if (recovery->torn_tail.has_value()) {
      EXPECT_EQ(recovery->torn_tail->file, last.file);
      EXPECT_EQ(recovery->torn_tail->offset, last.offset);
      EXPECT_EQ(recovery->torn_tail->seq, last.header.seq);
    }
    const auto rest = std::span(storage.bytes(last.file)).subspan(last.offset);
    ASSERT_TRUE(is_zero(rest)) << "what was cut is gone";
  }
}

TEST_F(JournalDamage, the_journal_goes_on_over_a_cut_tail) {
  write_journal(false);
  const Place last = places(storage).back();
  storage.flip_bit(last.file, last.offset + 300, 2);
  {
    Journal journal(storage, clock);
    ASSERT_TRUE(journal.log->recovery().torn_tail.has_value());
    EXPECT_EQ(journal.next_command, last.header.first_command);
    EXPECT_EQ(journal.append(2), last.header.seq + 1);
  }
  EXPECT_TRUE(verify_journal(storage, journal_directory).is_sound());
  EXPECT_FALSE(open()->torn_tail.has_value());
}

TEST_F(JournalDamage, every_bit_of_every_header_is_found_with_file_and_offset) {
  write_journal(true);
  const std::vector<Place> frames = places(storage);
  for (const Place& frame : frames) {
    const bool is_covered = frame.header.kind != FrameKind::cover;
    for (std::uint64_t byte = 0; byte < journal_header_bytes; ++byte) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        storage.flip_bit(frame.file, frame.offset + byte, bit);
        const JournalReport report = verify_journal(storage, journal_directory);
        if (is_covered) {
          ASSERT_FALSE(report.is_sound()) << "frame " << frame.header.seq << " byte " << byte;
          EXPECT_EQ(report.fault->code, ErrorCode::corrupt);
          EXPECT_EQ(report.fault->what, frame.file);
          EXPECT_EQ(report.fault->offset, frame.offset);
        } else {
          ASSERT_TRUE(report.torn_tail.has_value());
          EXPECT_EQ(report.torn_tail->offset, frame.offset);
        }
        storage.flip_bit(frame.file, frame.offset + byte, bit);
      }
    }
  }
  EXPECT_TRUE(verify_journal(storage, journal_directory).is_sound());
}

TEST_F(JournalDamage, random_bits_anywhere_are_found_and_never_cut_from_what_was_acknowledged) {
  write_journal(true);
  const std::vector<Place> frames = places(storage);
  const std::uint64_t covered = frames.back().header.durable_through;
  const std::vector<std::uint64_t> segments =
      list_segments(storage, journal_directory)->indices;
  Random random(test::seed_of_run());
  for (std::int64_t i = 0; i < test::effort(1500); ++i) {
    const std::string path =
        segment_path(journal_directory, segments[random.below(segments.size())]);
    const std::uint64_t offset = random.below(storage.bytes(path).size());
    const auto bit = static_cast<unsigned>(random.below(8));
    storage.flip_bit(path, offset, bit);
    const JournalReport report = verify_journal(storage, journal_directory);
    const auto hit = std::find_if(frames.begin(), frames.end(), [&](const Place& frame) {
      return frame.file == path && offset >= frame.offset &&
             offset < frame.offset + frame.header.frame_bytes();
    });
    const auto where = [&] { return path + ":" + std::to_string(offset); };
    if (hit != frames.end() && hit->header.seq <= covered) {
      ASSERT_FALSE(report.is_sound()) << where();
      EXPECT_FALSE(report.torn_tail.has_value()) << where();
      EXPECT_EQ(report.fault->what, path);
      EXPECT_EQ(report.fault->offset, hit->offset);
    } else {  // the zeros behind, or the cover: found all the same
      EXPECT_TRUE(report.torn_tail.has_value() || !report.is_sound()) << where();
    }
    storage.flip_bit(path, offset, bit);
  }
}

TEST_F(JournalDamage, opening_a_damaged_journal_changes_no_byte_of_it) {
  write_journal(true);
  const std::vector<Place> frames = places(storage);
  const Place& frame = frames[frames.size() - 3];
  storage.flip_bit(frame.file, frame.offset + 200, 5);
  const std::vector<std::byte> before = storage.bytes(frame.file);
  const Result<JournalRecovery> recovery = open();
  ASSERT_FALSE(recovery.ok());
  EXPECT_EQ(recovery.error().code, ErrorCode::corrupt);
  EXPECT_EQ(recovery.error().what, frame.file);
  EXPECT_EQ(recovery.error().offset, frame.offset);
  EXPECT_EQ(storage.bytes(frame.file), before);
}

TEST_F(JournalDamage, a_missing_segment_is_damage) {
  write_journal(true);
  ASSERT_GE(list_segments(storage, journal_directory)->indices.size(), 3U);
  ASSERT_TRUE(storage.unlink(segment_path(journal_directory, 2)).ok());
  const Result<JournalRecovery> recovery = open();
  ASSERT_FALSE(recovery.ok());
  EXPECT_EQ(recovery.error().code, ErrorCode::corrupt);
  EXPECT_EQ(recovery.error().what, segment_path(journal_directory, 2));
}

TEST_F(JournalDamage, swapped_segments_and_repeated_frames_are_damage) {
  write_journal(true);
  const std::vector<std::byte> first = storage.bytes(segment_path(journal_directory, 1));
  const std::vector<std::byte> second = storage.bytes(segment_path(journal_directory, 2));
  storage.put(segment_path(journal_directory, 1), second);
  storage.put(segment_path(journal_directory, 2), first);
  EXPECT_FALSE(verify_journal(storage, journal_directory).is_sound());
  storage.put(segment_path(journal_directory, 1), first);
  storage.put(segment_path(journal_directory, 2), second);
  ASSERT_TRUE(verify_journal(storage, journal_directory).is_sound());

  const std::vector<Place> frames = places(storage);
  const auto block = std::span(first).subspan(frames[0].offset, journal_block_bytes);
  overwrite(frames[2].file, frames[2].offset, block);
  const JournalReport report = verify_journal(storage, journal_directory);
  ASSERT_FALSE(report.is_sound());
  EXPECT_EQ(report.fault->offset, frames[2].offset);
}

// A frame whose bytes are sound but which says something else.
void forge(sim::SimStorage& storage, const Place& frame,
           const std::function<void(FrameHeader&)>& change) {
  FrameHeader header = frame.header;
  change(header);
  std::vector<std::byte> file = storage.bytes(frame.file);
  encode_frame_header(header, std::span(file).subspan(frame.offset).first<journal_header_bytes>());
  storage.put(frame.file, std::move(file));
}

TEST_F(JournalDamage, a_sound_frame_that_does_not_fit_its_place_is_refused) {
  write_journal(true);
  const std::vector<Place> frames = places(storage);
  const Place& frame = frames[4];
  const std::vector<std::byte> good = storage.bytes(frame.file);
  using Change = std::function<void(FrameHeader&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"shard", [](FrameHeader& header) { header.shard += 1; }},
      {"sequence", [](FrameHeader& header) { header.seq += 1; }},
      {"first command", [](FrameHeader& header) { header.first_command += 1; }},
      {"epoch", [](FrameHeader& header) { header.epoch += 1; }},
      {"hash", [](FrameHeader& header) { header.previous[3] ^= std::byte{1}; }},
      {"durable_through", [](FrameHeader& header) { header.durable_through = 1; }},
      {"durable_through", [](FrameHeader& header) { header.durable_through = header.seq; }},
      {"kind", [](FrameHeader& header) { header.kind = FrameKind::cover; }},
      {"kind", [](FrameHeader& header) { header.kind = static_cast<FrameKind>(9); }},
      {"count", [](FrameHeader& header) { header.count = 0; }},
      {"length", [](FrameHeader& header) { header.length = 1U << 30U; }},
      {"time", [](FrameHeader& header) { header.leader_time_ns += 1; }},
  };
  for (const auto& [what, change] : changes) {
    forge(storage, frame, change);
    const JournalReport report = verify_journal(storage, journal_directory);
    ASSERT_FALSE(report.is_sound()) << what;
    EXPECT_EQ(report.fault->code, ErrorCode::corrupt) << what;
    storage.put(frame.file, good);
  }
}

TEST_F(JournalDamage, a_newer_format_is_refused_and_left_untouched) {
  write_journal(true);
  const std::vector<Place> frames = places(storage);
  for (const Place& frame : {frames[0], frames[frames.size() - 2], frames.back()}) {
    const std::vector<std::byte> good = storage.bytes(frame.file);
    std::vector<std::byte> newer = good;
    std::byte* header = newer.data() + frame.offset;
    store_le<std::uint16_t>(header + 8, journal_format + 1);
    store_le<std::uint32_t>(header + 124, crc32c({header, 124}));
    storage.put(frame.file, newer);
    EXPECT_EQ(verify_journal(storage, journal_directory).fault->code, ErrorCode::unknown_format);
    const Result<JournalRecovery> recovery = open();
    ASSERT_FALSE(recovery.ok());
    EXPECT_EQ(recovery.error().code, ErrorCode::unknown_format);
    EXPECT_EQ(recovery.error().what, frame.file);
    EXPECT_EQ(storage.bytes(frame.file), newer);
    storage.put(frame.file, good);
  }
}

TEST_F(JournalDamage, bytes_the_device_never_got_do_not_come_back_after_a_failed_sync) {
  {
    Journal journal(storage, clock);
    journal.append();
    ASSERT_TRUE(journal.stage().ok());
    storage.fail_syncs_from(1);
    ASSERT_FALSE(journal.log->sync().ok());
  }
  // The process is gone, the machine is not: memory still shows the batch.
  storage.restart(sim::Loss::kept);
  const std::uint64_t last = open()->last_seq;
  storage.restart(sim::Loss::lost);
  EXPECT_EQ(open()->last_seq, last) << "recovery counted on bytes that only memory had";
}

/// A disk beside which somebody writes: the first look at a block finds it still full of zeros.
class WrittenMeanwhile final : public sim::SimStorage {
 public:
  void hide(std::uint64_t offset) { hidden_ = offset; }

  [[nodiscard]] Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                                         std::span<std::byte> bytes) override {
    Result<std::size_t> got = SimStorage::read(file, offset, bytes);
    if (got && hidden_ && offset <= *hidden_ && *hidden_ + journal_block_bytes <= offset + *got) {
      const auto block = bytes.subspan(*hidden_ - offset, journal_block_bytes);
      std::ranges::fill(block, std::byte{0});
      hidden_.reset();
    }
    return got;
  }

 private:
  std::optional<std::uint64_t> hidden_;
};

TEST(JournalBeside, a_frame_that_is_being_written_when_it_is_looked_at_is_no_damage) {
  WrittenMeanwhile storage;
  sim::SimClock clock;
  {
    Journal journal(storage, clock);
    for (std::uint32_t i = 0; i < 6; ++i) journal.append();
    ASSERT_TRUE(journal.log->close().ok());
  }
  const std::size_t frames = places(storage).size();
  ASSERT_GT(frames, 5U);
  for (std::uint64_t block = 0; block + 1 < frames; ++block) {
    Result<JournalReader> reader =
        JournalReader::open(storage, journal_directory, JournalReader::earliest);
    ASSERT_TRUE(reader.ok()) << reader.error().text();
    reader->read_through(JournalReader::no_limit);  // what open() has read is looked at anew
    storage.hide(block * journal_block_bytes);
    std::size_t seen = 0;
    for (;;) {
      const Result<bool> more = reader->next();
      ASSERT_TRUE(more.ok()) << "block " << block << ": " << more.error().text();
      if (!*more) break;
      ++seen;
    }
    EXPECT_EQ(seen, frames) << "block " << block;
  }
}

}  // namespace
}  // namespace karst
