// The bytes others rely on: CRC-32, the checksum over levels (the vectors of docs/FEED.md), frames.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/feed/crc32.hpp"
#include "gateway/feed/depth.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"

namespace karst::feed::test {
namespace {

std::uint32_t crc_of(std::string_view text) {
  return crc32({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(FeedVectors, crc32_is_the_common_one) {
  EXPECT_EQ(crc_of(""), 0U);
  EXPECT_EQ(crc_of("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc_of("The quick brown fox jumps over the lazy dog"), 0x414fa339U);
}

TEST(FeedVectors, crc32_is_the_same_from_every_length_and_alignment) {
  std::array<std::uint8_t, 64> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  for (std::size_t from = 0; from < 8; ++from) {
    for (std::size_t size = 0; from + size <= bytes.size(); ++size) {
      std::uint32_t remainder = ~0U;  // bit by bit, as the standard has it
      for (std::size_t i = 0; i < size; ++i) {
        remainder ^= bytes[from + i];
        for (int bit = 0; bit < 8; ++bit) {
          remainder = (remainder >> 1) ^ (remainder % 2 != 0 ? 0xedb88320U : 0U);
        }
      }
      ASSERT_EQ(crc32({bytes.data() + from, size}), ~remainder) << from << " " << size;
    }
  }
}

// docs/FEED.md lists these three with their bytes.
TEST(FeedVectors, checksum_of_an_empty_book) { EXPECT_EQ(checksum(Depth()), 0x6522df69U); }

TEST(FeedVectors, checksum_of_a_small_book) {
  Depth depth;
  depth.push(Side::buy, {2'500, 10, 1});
  depth.push(Side::buy, {2'499, 7, 2});
  depth.push(Side::sell, {2'501, 1'000'000, 3});
  EXPECT_EQ(checksum(depth), 0xaca5f764U);
  EXPECT_EQ(checksum(depth, 1), 0x618d6f7bU);  // as mbp-1 has it
}

TEST(FeedVectors, checksum_of_a_posted_offer) {
  Depth depth;
  depth.push(Side::buy, {900, 3, 1});
  depth.push(Side::sell, {1'200, quantity_unlimited, 1});
  EXPECT_EQ(checksum(depth), 0xba259be0U);
}

TEST(FeedVectors, the_checksum_is_over_the_bytes_as_drawn) {
  Depth depth;
  depth.push(Side::buy, {0x0102030405060708, 0x1112131415161718, 0x21222324});
  const std::vector<std::uint8_t> bytes{1,    0,    0,    0,    0,    0,    0,    0,     // counts
                                        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,  // price
                                        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,  // lots
                                        0x24, 0x23, 0x22, 0x21};                         // orders
  EXPECT_EQ(checksum(depth), crc32(bytes));
}

TEST(FeedVectors, a_frame_is_length_response_market_data) {
  v1::FeedHeartbeat heartbeat;
  heartbeat.set_sequence(300);
  const FramePtr frame = make_frame(heartbeat);
  const std::vector<std::uint8_t> expected{0,    0,    0,   7,  // bytes that follow
                                           0x3a, 5,             // Response.market_data
                                           0x1a, 3,             // MarketData.heartbeat
                                           0x08, 0xac, 0x02};   // sequence 300
  EXPECT_EQ(std::vector<std::uint8_t>(frame->bytes().begin(), frame->bytes().end()), expected);
  EXPECT_EQ(read_frame(*frame).heartbeat().sequence(), 300U);
}

TEST(FeedVectors, a_large_update_comes_in_numbered_parts) {
  FeedWriter writer;
  std::vector<FramePtr> frames;
  writer.begin({Schema::mbo, InstrumentId{5}, 9, 7, Time{1}, false}, frames);
  constexpr std::uint32_t steps = 2 * entries_per_frame_max + 1;
  for (std::uint32_t i = 0; i < steps; ++i) {
    writer.add(OrderStep{OrderAction::add, Side::buy, Quantity{1}, OrderId{i + 1}, Price{10}});
  }
  writer.end(42);
  ASSERT_EQ(frames.size(), 3U);
  std::uint64_t order = 0;
  for (std::uint32_t part = 0; part < 3; ++part) {
    const v1::MarketUpdate update = read_frame(*frames[part]).update();
    EXPECT_EQ(update.part(), part);
    EXPECT_EQ(update.end_of_event(), part == 2);
    EXPECT_EQ(update.prev_seq(), 7U);
    EXPECT_EQ(update.checksum(), part == 2 ? 42U : 0U);
    for (const v1::OrderUpdate& step : update.orders()) EXPECT_EQ(step.order_id(), ++order);
  }
  EXPECT_EQ(order, steps);
}

}  // namespace
}  // namespace karst::feed::test
