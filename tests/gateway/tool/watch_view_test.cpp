// What `karst watch` draws, line by line.
#include <gtest/gtest.h>

#include <string>

#include "gateway/tool/trade/watch_view.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/gateway/feed/random_market.hpp"

namespace karst::tool {
namespace {

using feed::FeedClient;
using feed::FeedWish;

v1::MarketData update_of(v1::FeedSchema schema, std::uint64_t sequence) {
  v1::MarketData message;
  v1::MarketUpdate& update = *message.mutable_update();
  update.set_schema(schema);
  update.set_instrument_id(131'073);
  update.set_sequence(sequence);
  update.set_snapshot(true);
  update.set_end_of_event(true);
  return message;
}

void add(google::protobuf::RepeatedPtrField<v1::PriceLevel>& side, std::int64_t price,
         std::uint64_t quantity, std::uint32_t orders) {
  v1::PriceLevel& level = *side.Add();
  level.set_price_ticks(price);
  level.set_quantity_lots(quantity);
  level.set_orders(orders);
}

class WatchView : public testing::Test {
 protected:
  FeedClient client_{FeedWish{feed::all_schemas, {}, feed::OnSlow::conflate}};

  void receive(const v1::MarketData& message) {
    EXPECT_EQ(client_.receive(message), feed::Received::applied);
  }
  void SetUp() override {
    v1::MarketData message = update_of(v1::FEED_SCHEMA_DEFINITION, 7);
    v1::Definition& definition = *message.mutable_update()->mutable_definition();
    definition.set_kind(v1::Definition::KIND_HOUR_CONTRACT);
    definition.set_symbol("GZ-A");
    definition.set_currency("CNY");
    definition.set_unit(v1::UNIT_P_HOUR);
    definition.set_tick_value_fen(5);
    definition.set_delivery_hour(490'000);
    receive(message);
    message = update_of(v1::FEED_SCHEMA_STATUS, 7);
    message.mutable_update()->mutable_status()->set_state(v1::INSTRUMENT_STATE_OPEN);
    message.mutable_update()->mutable_status()->set_reference_ticks(500);
    receive(message);
  }
  void receive_book() {
    v1::MarketData message = update_of(v1::FEED_SCHEMA_MBP_10, 9);
    v1::MarketUpdate& update = *message.mutable_update();
    add(*update.mutable_bids(), 499, 120, 3);
    add(*update.mutable_bids(), 498, 7, 1);
    add(*update.mutable_asks(), 502, 40, 2);
    add(*update.mutable_asks(), 505, quantity_unlimited, 1);
    feed::Depth depth;
    depth.push(Side::buy, {499, 120, 3});
    depth.push(Side::buy, {498, 7, 1});
    depth.push(Side::sell, {502, 40, 2});
    depth.push(Side::sell, {505, quantity_unlimited, 1});
    update.set_checksum(checksum(depth));
    receive(message);
  }
  void receive_trades() {
    receive(update_of(v1::FEED_SCHEMA_TRADES, 9));
    v1::MarketData message = update_of(v1::FEED_SCHEMA_TRADES, 10);
    v1::MarketUpdate& update = *message.mutable_update();
    update.set_snapshot(false);
    update.set_prev_seq(9);
    update.set_time_ns((3'600 * 5 + 60 * 4 + 3) * 1'000'000'000LL);
    for (const auto& [price, lots, side] :
         {std::tuple{502, 4U, v1::SIDE_BUY}, {499, 15U, v1::SIDE_SELL}}) {
      v1::TradePrint& trade = *update.add_trades();
      trade.set_match_index(static_cast<std::uint32_t>(update.trades_size()) - 1);
      trade.set_price_ticks(price);
      trade.set_quantity_lots(lots);
      trade.set_taker_side(side);
    }
    receive(message);
  }
};

TEST_F(WatchView, a_ladder_with_the_trades_beside_it) {
  receive_book();
  receive_trades();
  EXPECT_EQ(watch_frame(client_, 131'073, {76, 9, false}),
            "GZ-A@2025-11-24T16Z (131073)  CNY per P_HOUR\n"
            "open, last 24.95, sequence 9\n"
            "    n        bid      price        ask    n  trades\n"
            "                                             05:04:03     24.95      15 sell\n"
            "                      25.25  unlimited    1  05:04:03     25.10       4 buy\n"
            "                      25.10         40    2\n"
            "    3        120      24.95\n"
            "    1          7      24.90\n"
            "\n");
}

TEST_F(WatchView, a_narrow_terminal_has_no_trades_and_no_wide_line) {
  receive_book();
  receive_trades();
  EXPECT_EQ(watch_frame(client_, 131'073, {40, 8, false}),
            "GZ-A@2025-11-24T16Z (131073)  CNY per P_\n"
            "open, last 24.95, sequence 9\n"
            "    n        bid      price        ask\n"
            "                      25.25  unlimited\n"
            "                      25.10         40\n"
            "    3        120      24.95\n"
            "    1          7      24.90\n"
            "\n");
}

TEST_F(WatchView, colours_dress_bids_and_asks_and_take_no_columns) {
  receive_book();
  const std::string frame = watch_frame(client_, 131'073, {60, 8, true});
  EXPECT_NE(frame.find("\x1b[1mGZ-A@2025-11-24T16Z (131073)\x1b[0m"), std::string::npos);
  EXPECT_NE(frame.find("\x1b[32m120\x1b[0m      \x1b[32m24.95\x1b[0m"), std::string::npos);
  EXPECT_NE(frame.find("\x1b[31m25.10\x1b[0m"), std::string::npos);
}

TEST_F(WatchView, without_a_book_it_says_so) {
  const std::string frame = watch_frame(client_, 131'073, {60, 8, false});
  EXPECT_NE(frame.find("open, last 25.00, waiting for the book\n"), std::string::npos);
  const std::string unknown = watch_frame(client_, 5, {60, 8, false});
  EXPECT_EQ(unknown.find("? (5)  ticks\nunknown, last -, waiting for the book\n"), 0U);
}

TEST_F(WatchView, a_list_of_all_instruments) {
  receive_book();
  receive_trades();
  EXPECT_EQ(watch_list(client_, {80, 24, false}),
            "      id  name                       state          bid      ask     last trades\n"
            "  131073  GZ-A@2025-11-24T16Z        open         24.95    25.10    24.95      2\n");
}

TEST_F(WatchView, a_line_of_json) {
  receive_book();
  receive_trades();
  EXPECT_EQ(watch_json(client_, 131'073),
            "{\"instrument\":131073,\"symbol\":\"GZ-A\",\"state\":\"open\",\"sequence\":\"9\","
            "\"reference_ticks\":500,\"bids\":[[499,120,3],[498,7,1]],"
            "\"asks\":[[502,40,2],[505,null,1]],\"trades\":["
            "{\"sequence\":\"10\",\"match_index\":0,\"time_ns\":\"18243000000000\","
            "\"price_ticks\":502,\"quantity_lots\":4,\"taker_side\":\"buy\"},"
            "{\"sequence\":\"10\",\"match_index\":1,\"time_ns\":\"18243000000000\","
            "\"price_ticks\":499,\"quantity_lots\":15,\"taker_side\":\"sell\"}]}\n");
}

TEST_F(WatchView, a_frame_always_has_its_size) {
  feed::FeedPublisher publisher(feed::test::RandomMarket::sizes(), {});
  feed::test::RandomMarket market(11, 3);
  feed::test::ConnectedClient follower(publisher, {feed::all_schemas, {}, feed::OnSlow::conflate});
  follower.connect();
  for (int step = 0; step < 500; ++step) {
    const feed::test::MarketStep& next = market.next();
    publisher.apply(next.command, next.events);
    follower.read();
    for (const WatchStyle style : {WatchStyle{40, 8, false}, {80, 24, false}, {120, 40, false}}) {
      const std::string frame = watch_frame(follower.client(), market.instrument(0).value(), style);
      std::size_t lines = 0;
      std::size_t column = 0;
      for (const char c : frame) {
        column = c == '\n' ? 0 : column + 1;
        lines += c == '\n' ? 1 : 0;
        ASSERT_LE(column, style.width);
      }
      ASSERT_EQ(lines, style.height);
    }
  }
}

}  // namespace
}  // namespace karst::tool
