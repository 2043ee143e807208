// The record log by itself: frames that end where their blocks do.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ledger/record_log.hpp"
#include "ledger/record_reader.hpp"
#include "tests/sim/sim_storage.hpp"

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

TEST(RecordLog, a_file_without_records_is_never_replaced_by_the_next) {
  sim::SimStorage storage;
  const RecordLog::Options options{"log", 2 * RecordFrame::block_bytes};
  const auto visit = [](const RecordView&) { return Status{}; };
  {
    auto log = RecordLog::open(storage, options, {}, visit);
    ASSERT_TRUE(log.ok()) << log.error().text();
    ASSERT_TRUE((*log)->commit(1, 0).ok());
    ASSERT_TRUE((*log)->commit(2, 0).ok());
    EXPECT_EQ((*log)->commit(3, 0).error().code, ErrorCode::already_exists);
    EXPECT_EQ((*log)->commit(3, 0).error().code, ErrorCode::poisoned);
  }
  const auto log = RecordLog::open(storage, options, {}, visit);
  ASSERT_TRUE(log.ok()) << log.error().text();
  EXPECT_EQ((*log)->command(), 2u);
}

}  // namespace
}  // namespace karst
