// The record log by itself: frames that end where their blocks do.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ledger/record/record_log.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst {
namespace {

using Bytes = std::vector<std::byte>;

static_assert(RecordFrame::end_behind(RecordFrame::bytes) == RecordFrame::block_bytes);
static_assert(RecordFrame::end_behind(4'094) == 4'096);
static_assert(RecordFrame::end_behind(4'095) == 8'192);
static_assert(RecordFrame::end_behind(4'096) == 8'192);

/// A frame by what is in it, and where its payload ends, counted from its header.
struct Shape {
  std::uint64_t payload_end;
  std::size_t records;
  std::size_t legs;    ///< of all its records
  std::size_t trades;  ///< How many of the records have that extension.
};

/// Around the edge: the second block of the middle one is all padding.
constexpr Shape shapes[] = {{4'094, 17, 95, 5}, {4'096, 16, 101, 0}, {4'098, 17, 96, 4}};

/// One log on a disk of its own, and the bytes of every record that was committed.
class RecordLogEdge : public testing::TestWithParam<std::uint64_t> {
 protected:
  void open() {
    log.reset();
    auto opened = RecordLog::open(storage, {"log", GetParam()}, {},
                                  [](const RecordView&) { return Status{}; });
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    log = std::move(opened).value();
  }

  void commit(const Shape& shape) {
    for (std::size_t i = 0; i < shape.records; ++i) {
      Record record;
      record.seq = log->next_seq();
      record.source_seq = record.seq + 1;
      record.legs.resize(shape.legs / shape.records + (i < shape.legs % shape.records ? 1 : 0));
      if (i < shape.trades) record.trade = TradeDetails{};
      Bytes bytes;
      encode(record, bytes);
      std::ranges::copy(bytes, log->stage(bytes.size()));
      log->staged(bytes.size(), record.time);
      written.push_back(std::move(bytes));
    }
    ASSERT_EQ(RecordFrame::bytes + log->staged_bytes(), shape.payload_end);
    ASSERT_TRUE(log->commit(++command, log->next_seq()).ok());
  }

  void expect_all_readable() {
    ASSERT_EQ(log->records(), written.size());
    for (const std::size_t window : {RecordReader::window_for_one, RecordReader::window_for_many}) {
      RecordReader reader(*log, window);
      for (std::uint64_t seq = 0; seq < written.size(); ++seq) {
        const auto record = reader.at(seq);
        ASSERT_TRUE(record.ok()) << "record " << seq << ": " << record.error().text();
        ASSERT_TRUE(std::ranges::equal(record->bytes(), written[seq])) << "record " << seq;
      }
    }
  }

  sim::SimStorage storage;
  std::unique_ptr<RecordLog> log;
  std::vector<Bytes> written;
  std::uint64_t command = 0;
};

TEST_P(RecordLogEdge, a_reader_finds_the_frame_behind_one_that_ends_at_a_blocks_end) {
  open();
  for (const Shape& before : shapes) {
    for (const Shape& behind : shapes) {
      commit(before);
      commit(behind);
      commit({RecordFrame::bytes, 0, 0, 0});  // says only how far the ledger is
    }
  }
  commit(shapes[0]);
  expect_all_readable();
  open();
  EXPECT_FALSE(log->opened().was_cut);
  expect_all_readable();
}

// One or two frames to a file; some, as in the run that found it; all in one.
INSTANTIATE_TEST_SUITE_P(FileBytes, RecordLogEdge, testing::Values(12'288, 65'536, 1'048'576),
                         [](const auto& file) { return std::to_string(file.param); });

TEST(RecordLog, files_without_records_have_names_of_their_own) {
  sim::SimStorage storage;
  const RecordLog::Options options{"log", 2 * RecordFrame::block_bytes};
  const auto visit = [](const RecordView&) { return Status{}; };
  {
    auto log = RecordLog::open(storage, options, {}, visit);
    ASSERT_TRUE(log.ok()) << log.error().text();
    for (std::uint64_t command = 1; command <= 9; ++command) {
      ASSERT_TRUE((*log)->commit(command, 0).ok()) << command;
    }
  }
  {
    const auto log = RecordLog::open(storage, options, {}, visit);
    ASSERT_TRUE(log.ok()) << log.error().text();
    EXPECT_EQ((*log)->command(), 9u);
    EXPECT_EQ((*log)->path_of_file(4), "log/00000000000000000004.log");
    ASSERT_TRUE((*log)->commit(10, 0).ok());
    ASSERT_TRUE((*log)->commit(11, 0).ok());
  }
  // One of them missing is not overlooked, though it holds no record.
  ASSERT_TRUE(storage.unlink("log/00000000000000000002.log").ok());
  EXPECT_EQ(RecordLog::open(storage, options, {}, visit).error().code, ErrorCode::corrupt);
}

TEST(RecordLog, a_log_whose_files_bear_the_number_of_their_first_record_goes_on) {
  sim::SimStorage storage;
  const RecordLog::Options options{"log", 2 * RecordFrame::block_bytes};
  const auto visit = [](const RecordView&) { return Status{}; };
  {
    auto log = RecordLog::open(storage, options, {}, visit);
    ASSERT_TRUE(log.ok()) << log.error().text();
    for (std::uint64_t command = 1; command <= 4; ++command) {
      ASSERT_TRUE((*log)->commit(command, 0).ok());
    }
  }
  // As the first builds called them.
  ASSERT_TRUE(storage.rename("log/00000000000000000001.log", "log/00000000000000000077.log").ok());
  auto log = RecordLog::open(storage, options, {}, visit);
  ASSERT_TRUE(log.ok()) << log.error().text();
  EXPECT_EQ((*log)->command(), 4u);
  ASSERT_TRUE((*log)->commit(5, 0).ok());
  EXPECT_EQ((*log)->path_of_file(2), "log/00000000000000000078.log");
}

TEST(RecordLog, the_first_file_is_small_and_the_next_is_filled_as_it_fills) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
  sim::SimStorage storage;
  auto log =
      RecordLog::open(storage, {"log", 64 * mib}, {}, [](const RecordView&) { return Status{}; });
  ASSERT_TRUE(log.ok()) << log.error().text();
  EXPECT_FALSE((*log)->prepare().value());  // there is nothing to be ready for
  ASSERT_TRUE((*log)->commit(1, 0).ok());
  EXPECT_EQ(storage.bytes("log/00000000000000000000.log").size(), 4 * mib);
  std::uint64_t command = 1;
  while (!(*log)->has_file(1)) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE((*log)->commit(++command, 0).ok());
    Result<bool> prepared = true;
    while (prepared && *prepared) prepared = (*log)->prepare();
    ASSERT_TRUE(prepared.ok());
    if (command < 300 || (*log)->has_file(1)) continue;
    EXPECT_GT(storage.bytes("log/next.draft").size(), 2 * command * RecordFrame::block_bytes);
  }
  EXPECT_EQ(storage.bytes("log/00000000000000000001.log").size(), 8 * mib);
}

}  // namespace
}  // namespace karst
