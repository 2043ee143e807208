// Flow files are read exactly or refused with a reason; the report ring loses nothing.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/report_ring.hpp"

namespace karst::test {
namespace {

/// A file of the test's own, gone when the test is over.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes)
      : path_(::testing::TempDir() + "karst_flow_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class Value>
std::string little_endian(Value value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// An add of 7 lots at 100 by a seller on instrument 1, then its cancel.
std::string small_flow(std::uint64_t operations = 2, std::uint64_t orders = 1) {
  std::string bytes("MEOPS01\0", 8);
  bytes += little_endian(std::uint32_t{1}) + little_endian(std::uint32_t{2});
  bytes += little_endian(operations) + little_endian(std::uint64_t{1});
  bytes += little_endian(std::uint32_t{65536}) + little_endian(std::uint32_t{1});
  bytes +=
      little_endian(orders) + little_endian(std::uint64_t{0}) + little_endian(std::uint64_t{0});
  bytes += little_endian(std::uint64_t{0 | 1 << 2 | 1 << 3 | 7 << 13 | std::uint64_t{100} << 23});
  bytes += little_endian(std::uint64_t{1 | 1 << 2 | 1 << 3 | std::uint64_t{1} << 23});
  return bytes;
}

ErrorCode code_of(const std::string& bytes) {
  const TemporaryFile file(bytes);
  const auto flow = tool::read_flow(file.path());
  return flow.ok() ? ErrorCode{} : flow.error().code;
}

TEST(FlowFile, A_flow_is_read_as_the_format_says) {
  const TemporaryFile file(small_flow());
  const auto flow = tool::read_flow(file.path());
  ASSERT_TRUE(flow.ok()) << flow.error().text();
  EXPECT_EQ((*flow).instruments, 2U);
  EXPECT_EQ((*flow).prefill, 1U);
  ASSERT_EQ((*flow).commands.size(), 2U);
  const tool::FlowCommand& add = (*flow).commands[0];
  EXPECT_EQ(add.type, tool::FlowType::add);
  EXPECT_EQ(add.side, Side::sell);
  EXPECT_EQ(add.instrument, 1U);
  EXPECT_EQ(add.quantity, 7U);
  EXPECT_EQ(add.value, 100U);
  EXPECT_EQ((*flow).commands[1].type, tool::FlowType::cancel);
  EXPECT_EQ((*flow).commands[1].value, 1U);
}

TEST(FlowFile, What_is_not_a_flow_is_refused_with_its_reason) {
  EXPECT_EQ(tool::read_flow("/nowhere/at/all").error().code, ErrorCode::not_found);
  EXPECT_EQ(code_of("something else"), ErrorCode::unknown_format);
  EXPECT_EQ(code_of(small_flow().substr(0, 60)), ErrorCode::unknown_format);
  EXPECT_EQ(code_of(small_flow(3)), ErrorCode::corrupt);
  EXPECT_EQ(code_of(small_flow(2, 2)), ErrorCode::corrupt);
  EXPECT_EQ(code_of(small_flow().substr(0, 72)), ErrorCode::corrupt);
  std::string bad_type = small_flow();
  bad_type[64] |= 3;
  EXPECT_EQ(code_of(bad_type), ErrorCode::corrupt);
  std::string cancel_of_none = small_flow();
  cancel_of_none[75] = 1;
  EXPECT_EQ(code_of(cancel_of_none), ErrorCode::corrupt);
  EXPECT_EQ(code_of(std::string("\xFD"
                                "7zXZ\0torn",
                                10)),
            ErrorCode::corrupt);
}

TEST(FlowFile, A_book_flow_is_read_as_the_format_says) {
  std::string bytes = "MEBOOK01" + little_endian(std::uint32_t{1}) +
                      little_endian(std::uint32_t{0}) + little_endian(std::uint64_t{1}) +
                      std::string(40, '\0');
  bytes += std::string("\2\1\1\0", 4) + little_endian(std::uint32_t{9}) +
           little_endian(std::uint64_t{77}) + little_endian(std::int64_t{-5});
  const TemporaryFile file(bytes);
  const auto messages = tool::read_book_flow(file.path());
  ASSERT_TRUE(messages.ok()) << messages.error().text();
  ASSERT_EQ((*messages).size(), 1U);
  const tool::BookMessage& message = (*messages)[0];
  EXPECT_EQ(message.type, tool::BookMessageType::modify);
  EXPECT_EQ(message.side(), Side::sell);
  EXPECT_EQ(message.is_ioc, 1);
  EXPECT_EQ(message.quantity, 9U);
  EXPECT_EQ(message.order_id, 77U);
  EXPECT_EQ(message.price, -5);
}

TEST(ReportRing, Another_thread_reads_every_record_in_order_through_a_small_ring) {
  constexpr std::uint64_t count = 200'000;
  tool::ReportRing<std::uint64_t> ring(64);
  std::uint64_t expected = 0;
  std::thread consumer([&] {
    while (expected < count) {
      const auto records = ring.read();
      for (const std::uint64_t record : records) {
        ASSERT_EQ(record, expected++);
      }
      ring.release(records.size());
      if (records.empty()) {
        std::this_thread::yield();
      }
    }
  });
  for (std::uint64_t i = 0; i < count; ++i) {
    ring.next() = i;
    if (i % 7 == 0) {
      ring.publish();
    }
  }
  ring.publish();
  consumer.join();
  EXPECT_EQ(expected, count);
}

}  // namespace
}  // namespace karst::test
