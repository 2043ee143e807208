// Every recorded flow gives exactly the trade stream that is known of it.
#include <gtest/gtest.h>

#include <string>

#include "bench/flow_generator.hpp"
#include "gateway/measure/book_flow.hpp"
#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/flow_layer.hpp"
#include "tests/gateway/measure/flow_data.hpp"

namespace karst::test {
namespace {

struct FlowFigures {
  const char* file;
  std::uint64_t trades;
  std::uint64_t quantity;
  std::uint64_t notional;
  std::uint64_t hash;
};

class RecordedFlow : public ::testing::TestWithParam<FlowFigures> {};

TEST_P(RecordedFlow, gives_its_trade_stream_through_the_book) {
  const FlowFigures& expected = GetParam();
  if (!has_data(expected.file)) {
    GTEST_SKIP() << "no " << data_file(expected.file);
  }
  const auto flow = tool::read_flow(data_file(expected.file));
  ASSERT_TRUE(flow.ok()) << flow.error().text();
  const auto layer = tool::make_book_layer(*flow);
  for (int i = 0; i < 2; ++i) {
    const tool::FlowPlay play = layer->play();
    EXPECT_EQ(play.trades.trades, expected.trades);
    EXPECT_EQ(play.trades.quantity, expected.quantity);
    EXPECT_EQ(play.trades.notional, expected.notional);
    EXPECT_EQ(play.trades.hash, expected.hash);
    EXPECT_EQ(play.refused, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(tool, RecordedFlow,
                         ::testing::Values(FlowFigures{"flow_1_instrument.bin.xz", 306'318,
                                                       5'832'425, 0x2c874a1e9c, 0x42e0e64dc20a0d7b},
                                           FlowFigures{"flow_1000_instruments.bin.xz", 285'981,
                                                       5'687'398, 0x2b64c9e271,
                                                       0xcaf753cb2504bc3c}));

struct BookFlowFigures {
  const char* file;
  std::uint64_t trades;
  std::uint64_t quantity;
  std::uint64_t hash;
  std::uint64_t cancel_acks;
  std::uint64_t modify_acks;
  std::uint64_t cancel_rejects;
  std::uint64_t modify_rejects;
};

class RecordedBookFlow : public ::testing::TestWithParam<BookFlowFigures> {};

TEST_P(RecordedBookFlow, gives_its_reports_whatever_the_batch) {
  const BookFlowFigures& expected = GetParam();
  if (!has_data(expected.file)) {
    GTEST_SKIP() << "no " << data_file(expected.file);
  }
  const auto messages = tool::read_book_flow(data_file(expected.file));
  ASSERT_TRUE(messages.ok()) << messages.error().text();
  for (const std::size_t batch : {std::size_t{1}, std::size_t{256}, (*messages).size()}) {
    const tool::BookFlowCounts counts = tool::play_book_flow(*messages, batch).counts;
    EXPECT_EQ(counts.trades.trades, expected.trades);
    EXPECT_EQ(counts.trades.quantity, expected.quantity);
    EXPECT_EQ(counts.trades.hash, expected.hash);
    EXPECT_EQ(counts.cancel_acks, expected.cancel_acks);
    EXPECT_EQ(counts.modify_acks, expected.modify_acks);
    EXPECT_EQ(counts.cancel_rejects, expected.cancel_rejects);
    EXPECT_EQ(counts.modify_rejects, expected.modify_rejects);
    EXPECT_EQ(counts.new_rejects, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    tool, RecordedBookFlow,
    ::testing::Values(BookFlowFigures{"book_flow_normal.bin.xz", 35'039, 1'036'190,
                                      0xd083db1a0ed87a7a, 464'602, 82'535, 20'080, 4'152},
                      BookFlowFigures{"book_flow_static.bin.xz", 411, 12'049, 0x8ec235610ddd8aca,
                                      478'688, 84'993, 8'260, 1'694},
                      BookFlowFigures{"book_flow_flash-crash.bin.xz", 35'086, 1'035'650,
                                      0x29b2797cad5827e9, 464'562, 82'510, 20'083, 4'177}));

/// The trades of a flow by the naive book.
tool::TradeHash naive_trades(const tool::Flow& flow) {
  bench::NaiveBooks books(flow.instruments);
  tool::TradeHash trades;
  std::uint64_t orders = 0;
  for (const tool::FlowCommand& command : flow.commands) {
    const auto price = static_cast<std::int64_t>(command.value);
    switch (command.type) {
      case tool::FlowType::add:
        books.add(++orders, command.instrument, command.side, price, command.quantity);
        break;
      case tool::FlowType::cancel:
        EXPECT_TRUE(books.cancel(command.value));
        break;
      case tool::FlowType::take:
        ++orders;
        books.take(command.instrument, command.side, price, command.quantity,
                   [&](std::uint64_t maker, std::int64_t at, std::uint32_t lots) {
                     trades.add({orders, maker, at, lots});
                   });
        break;
    }
  }
  return trades;
}

TEST(GeneratedFlow, gives_the_naive_book_s_trades_on_few_instruments_and_many) {
  for (const std::uint32_t instruments : {1U, 7U, 100U}) {
    const tool::Flow flow = bench::FlowGenerator(instruments, 3'000, 7).make(60'000);
    const tool::FlowPlay play = tool::make_book_layer(flow)->play();
    EXPECT_EQ(play.trades, naive_trades(flow));
    EXPECT_EQ(play.refused, 0U);
    EXPECT_GT(play.trades.trades, 1'000U);
  }
}

}  // namespace
}  // namespace karst::test
