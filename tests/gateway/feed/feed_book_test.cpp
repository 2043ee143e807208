// What each event does to the feed's book.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/feed/feed_book.hpp"
#include "tests/gateway/feed/event_script.hpp"
#include "tests/gateway/feed/random_market.hpp"

namespace karst::feed::test {
namespace {

constexpr int booked = order_flag::booked;
constexpr int was_booked = order_flag::was_booked;
constexpr int moved = order_flag::moved;

class FeedBookOf : public testing::Test {
 protected:
  const InstrumentId id_ = instrument_id(0, 1);
  FeedBook book_{RandomMarket::sizes()};
  EventScript script_{id_};

  /// Applies the command's events. Returns: the steps as text.
  std::string apply(const EventScript& script) {
    std::string text;
    for (const Event& event : script.events()) {
      const OrderStep step = book_.apply(event);
      static const char* const actions[] = {"", "add", "reduce", "move", "fill", "remove", "offer"};
      if (step.action == OrderAction::none) continue;
      if (!text.empty()) text += ", ";
      text += std::string(actions[static_cast<int>(step.action)]) + " " +
              std::to_string(slot_of(step.order)) + (step.side == Side::buy ? " bid " : " ask ") +
              std::to_string(step.quantity.value()) + " @ " + std::to_string(step.price.value());
    }
    return text;
  }
  /// The queue of both sides: bids | asks, best first, oldest first.
  std::string queue() {
    std::string sides[2];
    book_.orders(slot_of(id_), [&](const OrderStep& order) {
      sides[order.side == Side::buy ? 0 : 1] += std::to_string(slot_of(order.order)) + ":" +
                                                std::to_string(order.quantity.value()) + "@" +
                                                std::to_string(order.price.value()) + " ";
    });
    book_.check_invariants();
    return sides[0] + "| " + sides[1];
  }
  void open_with_three_bids() {
    apply(script_.product(Supply::seats, 100));
    apply(script_.rest(1, Side::buy, 99, 10));
    apply(script_.rest(2, Side::buy, 99, 20));
    apply(script_.rest(3, Side::buy, 98, 30));
  }
};

TEST_F(FeedBookOf, an_accepted_order_that_rests_joins_the_back) {
  open_with_three_bids();
  EXPECT_EQ(apply(script_.rest(4, Side::buy, 99, 5)), "add 4 bid 5 @ 99");
  EXPECT_EQ(queue(), "1:10@99 2:20@99 4:5@99 3:30@98 | ");
}

TEST_F(FeedBookOf, a_taker_fills_makers_and_rests_with_what_is_left) {
  open_with_three_bids();
  script_.command()
      .order(EventType::order_accepted, 4, Side::sell, 99, 40, 0)
      .trade(1, 4, 99, 10, 0, Side::sell)
      .trade(2, 4, 99, 20, 0, Side::sell)
      .order(EventType::order_booked, 4, Side::sell, 99, 10, booked);
  EXPECT_EQ(apply(script_), "fill 1 bid 10 @ 99, fill 2 bid 20 @ 99, add 4 ask 10 @ 99");
  EXPECT_EQ(queue(), "3:30@98 | 4:10@99 ");
  EXPECT_EQ(book_.reference(1), Price{99});
}

TEST_F(FeedBookOf, a_taker_that_does_not_rest_leaves_no_trace) {
  open_with_three_bids();
  script_.command()
      .order(EventType::order_accepted, 4, Side::sell, 99, 15, 0)
      .trade(1, 4, 99, 4, 6, Side::sell)
      .order(EventType::order_cancelled, 4, Side::sell, 99, 11, 0);
  EXPECT_EQ(apply(script_), "fill 1 bid 4 @ 99");
  EXPECT_EQ(queue(), "1:6@99 2:20@99 3:30@98 | ");
}

TEST_F(FeedBookOf, a_pure_reduction_keeps_its_place) {
  open_with_three_bids();
  script_.command().order(EventType::order_amended, 1, Side::buy, 99, 4, booked | was_booked);
  EXPECT_EQ(apply(script_), "reduce 1 bid 4 @ 99");
  EXPECT_EQ(queue(), "1:4@99 2:20@99 3:30@98 | ");
}

TEST_F(FeedBookOf, another_amend_goes_to_the_back) {
  open_with_three_bids();
  script_.command().order(EventType::order_amended, 1, Side::buy, 98, 12,
                          booked | was_booked | moved);
  EXPECT_EQ(apply(script_), "move 1 bid 12 @ 98");
  EXPECT_EQ(queue(), "2:20@99 3:30@98 1:12@98 | ");
}

TEST_F(FeedBookOf, an_amend_that_crosses_leaves_the_book_before_it_trades) {
  open_with_three_bids();
  apply(script_.rest(4, Side::sell, 105, 8));
  script_.command()
      .order(EventType::order_amended, 1, Side::buy, 105, 10, was_booked | moved)
      .trade(4, 1, 105, 8, 0, Side::buy)
      .order(EventType::order_booked, 1, Side::buy, 105, 2, booked);
  EXPECT_EQ(apply(script_), "remove 1 bid 10 @ 99, fill 4 ask 8 @ 105, add 1 bid 2 @ 105");
  EXPECT_EQ(queue(), "1:2@105 2:20@99 3:30@98 | ");
}

TEST_F(FeedBookOf, cancelled_and_hibernated_orders_leave_it) {
  open_with_three_bids();
  script_.command().order(EventType::order_cancelled, 2, Side::buy, 99, 20, was_booked);
  EXPECT_EQ(apply(script_), "remove 2 bid 20 @ 99");
  script_.command().order(EventType::order_hibernated, 1, Side::buy, 99, 10, was_booked);
  EXPECT_EQ(apply(script_), "remove 1 bid 10 @ 99");
  EXPECT_EQ(queue(), "3:30@98 | ");
  script_.command().order(EventType::order_cancelled, 1, Side::buy, 99, 10, 0);
  EXPECT_EQ(apply(script_), "");  // hibernated: it was in no book
}

TEST_F(FeedBookOf, a_reactivated_order_joins_the_back) {
  open_with_three_bids();
  script_.command().order(EventType::order_hibernated, 1, Side::buy, 99, 10, was_booked);
  apply(script_);
  script_.command().order(EventType::order_reactivated, 1, Side::buy, 99, 10, booked);
  EXPECT_EQ(apply(script_), "add 1 bid 10 @ 99");
  EXPECT_EQ(queue(), "2:20@99 1:10@99 3:30@98 | ");
}

TEST_F(FeedBookOf, a_maker_loses_lots_to_self_match_prevention) {
  open_with_three_bids();
  script_.command()
      .order(EventType::order_accepted, 4, Side::sell, 99, 7, 0)
      .order(EventType::order_amended, 1, Side::buy, 99, 3, booked | was_booked)
      .order(EventType::order_amended, 4, Side::sell, 99, 1, 0)
      .order(EventType::order_booked, 4, Side::sell, 100, 1, booked);
  EXPECT_EQ(apply(script_), "reduce 1 bid 3 @ 99, add 4 ask 1 @ 100");
  EXPECT_EQ(queue(), "1:3@99 2:20@99 3:30@98 | 4:1@100 ");
}

TEST_F(FeedBookOf, a_slot_used_again_is_another_order) {
  open_with_three_bids();
  script_.command().order(EventType::order_cancelled, 1, Side::buy, 99, 10, was_booked);
  apply(script_);
  script_.command().order(EventType::order_accepted, 1, Side::sell, 110, 5, booked);
  std::vector<Event> events = script_.events();
  events[0].order.order = order_id(3, 1);
  book_.apply(events[0]);
  EXPECT_EQ(queue(), "2:20@99 3:30@98 | 1:5@110 ");
}

TEST_F(FeedBookOf, a_posted_offer_is_an_ask_of_unlimited_size) {
  apply(script_.product(Supply::non_rival, 500));
  apply(script_.rest(1, Side::buy, 480, 2));
  EXPECT_EQ(apply(script_.offer(500)), "offer 0 ask 0 @ 500");
  Depth depth;
  book_.depth(1, depth);
  ASSERT_EQ(depth.side(Side::sell).size(), 1U);
  EXPECT_EQ(depth.side(Side::sell)[0], (DepthLevel{500, quantity_unlimited, 1}));
  // Hit by a buyer it stays; lowered it sweeps the bids; withdrawn it is gone.
  script_.command()
      .order(EventType::order_accepted, 2, Side::buy, 500, 3, 0)
      .trade(0, 2, 500, 3, 0, Side::buy);
  EXPECT_EQ(apply(script_), "");
  script_.offer(480).trade(1, 0, 480, 2, 0, Side::sell);
  EXPECT_EQ(apply(script_), "offer 0 ask 0 @ 480, fill 1 bid 2 @ 480");
  EXPECT_EQ(apply(script_.offer(0)), "offer 0 ask 0 @ 0");
  book_.depth(1, depth);
  EXPECT_EQ(depth, Depth());
}

TEST_F(FeedBookOf, depth_shows_the_ten_best_levels) {
  apply(script_.product(Supply::seats, 100));
  for (std::uint32_t i = 1; i <= 12; ++i) {
    apply(script_.rest(i, Side::sell, 100 + 70 * i, i));
    apply(script_.rest(100 + i, Side::sell, 100 + 70 * i, 1));
  }
  Depth depth;
  book_.depth(1, depth);
  ASSERT_EQ(depth.side(Side::sell).size(), 10U);
  EXPECT_EQ(depth.side(Side::sell)[0], (DepthLevel{170, 2, 2}));
  EXPECT_EQ(depth.side(Side::sell)[9], (DepthLevel{800, 11, 2}));
}

TEST_F(FeedBookOf, state_and_reference_follow_the_events) {
  apply(script_.contract(100));
  EXPECT_EQ(book_.state(1), InstrumentState::scheduled);
  EXPECT_EQ(book_.reference(1), Price{100});
  apply(script_.state(InstrumentState::open, StateReason::gate_opened, 100));
  EXPECT_EQ(book_.state(1), InstrumentState::open);
  apply(script_.state(InstrumentState::halted, StateReason::band_breach, 107));
  EXPECT_EQ(book_.reference(1), Price{107});
  apply(script_.retire());
  EXPECT_FALSE(book_.is_listed(id_));
}

}  // namespace
}  // namespace karst::feed::test
