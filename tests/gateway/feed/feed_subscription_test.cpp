// Subscribing, resuming, slowness and ends, message by message.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "tests/gateway/feed/event_script.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/gateway/feed/random_market.hpp"
#include "tests/support/random_run.hpp"

namespace karst::feed::test {
namespace {

constexpr InstrumentId first_id = instrument_id(0, 1);
constexpr InstrumentId second_id = instrument_id(0, 2);

class FeedSubscription : public testing::Test {
 protected:
  FeedLimits limits_;
  EventScript script_{first_id};

  static v1::Code code_of(FeedPublisher& publisher, const v1::Subscribe& request) {
    Subscriber& subscriber = publisher.attach();
    publisher.subscribe(subscriber, request, 77);
    const auto messages = take_all(publisher, subscriber);
    EXPECT_FALSE(messages.empty());
    EXPECT_TRUE(messages[0].has_subscribed());
    EXPECT_EQ(messages[0].subscribed().request_id(), 77U);
    if (messages[0].subscribed().code() != v1::CODE_OK) {
      EXPECT_EQ(messages.size(), 1U);
      EXPECT_EQ(subscriber.subscriptions(), 0U);
    }
    publisher.detach(subscriber);
    return messages[0].subscribed().code();
  }
};

TEST_F(FeedSubscription, a_request_is_checked_before_anything_changes) {
  limits_.subscriptions_max = 2;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  EXPECT_EQ(code_of(publisher, subscribe_to({Schema::mbo}, {first_id})), v1::CODE_OK);
  EXPECT_EQ(code_of(publisher, subscribe_to({Schema::mbo})), v1::CODE_OK);
  EXPECT_EQ(code_of(publisher, subscribe_to({})), v1::CODE_INVALID_FIELD);
  EXPECT_EQ(code_of(publisher, subscribe_to({Schema::mbo}, {second_id})),
            v1::CODE_UNKNOWN_INSTRUMENT);
  EXPECT_EQ(code_of(publisher, subscribe_to({Schema::mbo, Schema::trades, Schema::status})),
            v1::CODE_TOO_MANY_SUBSCRIPTIONS);
  v1::Subscribe request = subscribe_to({Schema::mbo});
  request.add_schemas(static_cast<v1::FeedSchema>(7));
  EXPECT_EQ(code_of(publisher, request), v1::CODE_UNKNOWN_SCHEMA);
  request = subscribe_to({Schema::mbo});
  request.set_on_slow(static_cast<v1::OnSlow>(3));
  EXPECT_EQ(code_of(publisher, request), v1::CODE_INVALID_FIELD);
  request = subscribe_to({Schema::mbo});
  for (std::uint32_t i = 0; i < 1'025; ++i) request.add_instrument_ids(first_id.value());
  EXPECT_EQ(code_of(publisher, request), v1::CODE_INVALID_FIELD);
}

TEST_F(FeedSubscription, who_leaves_and_comes_back_before_reading_gets_one_snapshot) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  for (int i = 0; i < 3; ++i) {
    publisher.subscribe(subscriber, subscribe_to({Schema::mbo, Schema::status}, {first_id}));
    v1::Unsubscribe leave;
    leave.add_schemas(v1::FEED_SCHEMA_MBO);
    leave.add_schemas(v1::FEED_SCHEMA_STATUS);
    if (i == 1) leave.add_instrument_ids(first_id.value());
    publisher.unsubscribe(subscriber, leave);
  }
  EXPECT_EQ(subscriber.subscriptions(), 0U);
  EXPECT_TRUE(updates_of(take_all(publisher, subscriber)).empty()) << "nothing is subscribed to";
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}, {first_id}));
  EXPECT_EQ(updates_of(take_all(publisher, subscriber)).size(), 1U);
  EXPECT_TRUE(updates_of(take_all(publisher, subscriber)).empty());
}

TEST_F(FeedSubscription, of_many_listeners_those_that_leave_in_any_order_hear_no_more) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Random random(karst::test::seed_of_run());
  std::vector<Subscriber*> listening;
  std::uint64_t order = 0;
  for (int step = 0; step < 2'000; ++step) {
    if (listening.empty() || random.chance(11, 20)) {
      Subscriber& subscriber = publisher.attach();
      if (random.chance(1, 2)) {
        publisher.subscribe(subscriber, subscribe_to({Schema::mbo}, {first_id}));
      } else {
        publisher.subscribe(subscriber, subscribe_to({Schema::mbo}));
      }
      static_cast<void>(take_all(publisher, subscriber));
      listening.push_back(&subscriber);
    } else {
      std::swap(listening[random.below(listening.size())], listening.back());
      v1::Unsubscribe leave;
      leave.add_schemas(v1::FEED_SCHEMA_MBO);
      if (random.chance(1, 2)) publisher.unsubscribe(*listening.back(), leave);
      publisher.detach(*listening.back());
      listening.pop_back();
    }
    if (step % 100 != 0) continue;
    script_.rest(++order, Side::buy, 99, 1).to(publisher);
    for (Subscriber* subscriber : listening) {
      ASSERT_EQ(updates_of(take_all(publisher, *subscriber)).size(), 1U) << "step " << step;
    }
  }
}

TEST_F(FeedSubscription, first_the_answer_then_the_snapshot_then_every_increment) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  script_.rest(1, Side::buy, 99, 10).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}, {first_id}));
  auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].subscribed().sequence(), 2U);
  EXPECT_EQ(messages[2].heartbeat().sequence(), 2U) << "that was all";
  EXPECT_FALSE(messages[0].subscribed().resumed());
  const v1::MarketUpdate snapshot = messages[1].update();
  EXPECT_TRUE(snapshot.snapshot() && snapshot.end_of_event());
  EXPECT_EQ(snapshot.sequence(), 2U);
  ASSERT_EQ(snapshot.orders_size(), 1);
  EXPECT_EQ(snapshot.orders(0).order_id(), EventScript::id(1).value());

  script_.rest(2, Side::sell, 101, 5).to(publisher);
  script_.command(CommandType::tick).to(publisher);
  script_.rest(3, Side::sell, 102, 6).to(publisher);
  const auto updates = updates_of(take_all(publisher, subscriber));
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].sequence(), 3U);
  EXPECT_EQ(updates[0].prev_seq(), 2U);
  EXPECT_EQ(updates[0].time_ns(), 300);
  EXPECT_EQ(updates[1].sequence(), 5U);
  EXPECT_EQ(updates[1].prev_seq(), 3U);
}

TEST_F(FeedSubscription, each_schema_tells_the_same_trade_in_its_own_words) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  script_.rest(1, Side::sell, 101, 10).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::definition, Schema::status, Schema::mbo,
                                                Schema::mbp_10, Schema::mbp_1, Schema::trades}));
  take_all(publisher, subscriber);
  script_.command()
      .order(EventType::order_accepted, 2, Side::buy, 101, 4, 0)
      .trade(1, 2, 101, 4, 6, Side::buy)
      .to(publisher);
  const auto updates = updates_of(take_all(publisher, subscriber));
  ASSERT_EQ(updates.size(), 4U);
  EXPECT_EQ(updates[0].schema(), v1::FEED_SCHEMA_MBO);
  EXPECT_EQ(updates[0].orders(0).action(), v1::OrderUpdate::ACTION_FILL);
  EXPECT_EQ(updates[0].orders(0).quantity_lots(), 4U);
  for (const int level_update : {1, 2}) {
    ASSERT_EQ(updates[level_update].asks_size(), 1);
    EXPECT_EQ(updates[level_update].bids_size(), 0);
    EXPECT_EQ(updates[level_update].asks(0).price_ticks(), 101);
    EXPECT_EQ(updates[level_update].asks(0).quantity_lots(), 6U);
    EXPECT_EQ(updates[level_update].asks(0).orders(), 1U);
  }
  EXPECT_EQ(updates[0].checksum(), updates[1].checksum());
  ASSERT_EQ(updates[3].trades_size(), 1);
  EXPECT_EQ(updates[3].trades(0).taker_side(), v1::SIDE_BUY);
  EXPECT_EQ(updates[3].trades(0).quantity_lots(), 4U);
  EXPECT_FALSE(updates[3].trades(0).from_offer());
  EXPECT_EQ(updates[3].checksum(), 0U);
}

TEST_F(FeedSubscription, an_instrument_listed_later_begins_without_a_snapshot) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::definition, Schema::status, Schema::mbo}));
  take_all(publisher, subscriber);
  script_.about(second_id).contract(50).to(publisher);
  script_.rest(9, Side::buy, 49, 1).to(publisher);
  const auto updates = updates_of(take_all(publisher, subscriber));
  ASSERT_EQ(updates.size(), 3U);
  for (const v1::MarketUpdate& update : updates) {
    EXPECT_EQ(update.instrument_id(), second_id.value());
    EXPECT_EQ(update.prev_seq(), 0U);
    EXPECT_FALSE(update.snapshot());
  }
  EXPECT_EQ(updates[0].definition().kind(), v1::Definition::KIND_HOUR_CONTRACT);
  EXPECT_EQ(updates[0].definition().list_price_ticks(), 50);
  EXPECT_EQ(updates[1].status().state(), v1::INSTRUMENT_STATE_SCHEDULED);
}

TEST_F(FeedSubscription, the_bytes_are_written_once_and_shared) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  std::vector<Subscriber*> subscribers;
  for (int i = 0; i < 3; ++i) {
    subscribers.push_back(&publisher.attach());
    publisher.subscribe(*subscribers.back(), subscribe_to({Schema::mbo}));
    take_all(publisher, *subscribers.back());
  }
  script_.rest(1, Side::buy, 99, 10).to(publisher);
  std::vector<FramePtr> frames;
  for (Subscriber* subscriber : subscribers) publisher.take(*subscriber, write_bytes, frames);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0]->bytes().data(), frames[1]->bytes().data());
  EXPECT_EQ(frames[0]->bytes().data(), frames[2]->bytes().data());
  EXPECT_EQ(publisher.ring().size(), 1U);
}

TEST_F(FeedSubscription, nothing_is_written_that_nobody_asked_for) {
  limits_.ring_frames = 2;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  script_.rest(1, Side::buy, 99, 10).to(publisher);
  EXPECT_EQ(publisher.ring().size(), 0U);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}, {first_id}));
  script_.rest(2, Side::buy, 99, 10).to(publisher);
  EXPECT_EQ(publisher.ring().size(), 1U);
  publisher.detach(subscriber);
  // It may come back: written on until the ring no longer reaches to when it left.
  for (std::uint32_t i = 3; i < 20; ++i) script_.rest(i, Side::buy, 98, 1).to(publisher);
  const std::uint64_t floor = publisher.ring().floor();
  script_.rest(20, Side::buy, 98, 1).to(publisher);
  EXPECT_EQ(publisher.ring().floor(), floor);
}

TEST_F(FeedSubscription, who_resumes_gets_exactly_what_it_missed) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  RandomMarket market(7, 3);
  const auto step = [&] {
    const MarketStep& next = market.next();
    publisher.apply(next.command, next.events);
  };
  for (int i = 0; i < 100; ++i) step();
  const v1::Subscribe wish = subscribe_to({Schema::mbo, Schema::trades, Schema::mbp_10});
  Subscriber& steady = publisher.attach();
  publisher.subscribe(steady, wish);
  take_all(publisher, steady);
  for (int i = 0; i < 200; ++i) step();
  const std::uint64_t left_at = publisher.sequence();
  take_all(publisher, steady);
  for (int i = 0; i < 300; ++i) step();

  Subscriber& back = publisher.attach();
  v1::Subscribe again = wish;
  again.set_resume_after(left_at);
  publisher.subscribe(back, again);
  std::vector<v1::MarketData> messages = take_all(publisher, back);
  EXPECT_TRUE(messages[0].subscribed().resumed());
  messages.erase(messages.begin());
  const std::vector<v1::MarketData> missed = take_all(publisher, steady);
  ASSERT_EQ(messages.size(), missed.size());
  for (std::size_t i = 0; i < missed.size(); ++i) {
    EXPECT_EQ(messages[i].SerializeAsString(), missed[i].SerializeAsString());
  }
  // And goes on like everybody else.
  for (int i = 0; i < 50; ++i) step();
  EXPECT_EQ(take_all(publisher, back).size(), take_all(publisher, steady).size());
}

TEST_F(FeedSubscription, who_comes_back_too_late_gets_snapshots) {
  limits_.ring_frames = 4;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& steady = publisher.attach();
  publisher.subscribe(steady, subscribe_to({Schema::mbo}));
  for (std::uint32_t i = 1; i <= 10; ++i) script_.rest(i, Side::buy, 99, 1).to(publisher);
  EXPECT_EQ(publisher.ring().floor(), 7U);
  for (const auto& [after, is_resumed] :
       {std::pair{6U, false}, {7U, true}, {11U, true}}) {
    Subscriber& back = publisher.attach();
    v1::Subscribe request = subscribe_to({Schema::mbo});
    request.set_resume_after(after);
    publisher.subscribe(back, request);
    const auto messages = take_all(publisher, back);
    EXPECT_EQ(messages[0].subscribed().resumed(), is_resumed) << after;
    ASSERT_EQ(messages.size(), is_resumed ? 12U - after : 3U) << after;
    if (!is_resumed) {
      EXPECT_TRUE(messages[1].update().snapshot());
    }
    publisher.detach(back);
  }
  // Schemas nobody followed in between cannot be resumed.
  v1::Subscribe request = subscribe_to({Schema::mbo, Schema::trades});
  request.set_resume_after(9);
  Subscriber& back = publisher.attach();
  publisher.subscribe(back, request);
  EXPECT_FALSE(take_all(publisher, back)[0].subscribed().resumed());
}

TEST_F(FeedSubscription, a_slow_subscriber_is_cut_with_a_last_word) {
  limits_.budget_bytes = 500;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}));
  take_all(publisher, subscriber);
  for (std::uint32_t i = 1; i <= 20; ++i) script_.rest(i, Side::buy, 99, 1).to(publisher);
  EXPECT_TRUE(subscriber.is_cut());
  const auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].notice().kind(), v1::FeedNotice::KIND_DISCONNECTED);
}

TEST_F(FeedSubscription, the_server_hears_of_a_cut_also_of_one_that_never_takes_anything) {
  limits_.budget_bytes = 500;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}));
  take_all(publisher, subscriber);
  std::vector<Subscriber*> ready;
  for (std::uint32_t i = 1; !subscriber.is_cut(); ++i) {
    publisher.take_ready(ready);
    ready.clear();
    script_.rest(i, Side::buy, 99, 1).to(publisher);
  }
  publisher.take_ready(ready);
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0], &subscriber);
}

TEST_F(FeedSubscription, a_conflated_subscriber_is_told_and_gets_snapshots_and_gaps) {
  limits_.budget_bytes = 500;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber,
                      subscribe_to({Schema::mbo, Schema::trades}, {first_id}, OnSlow::conflate));
  take_all(publisher, subscriber);
  for (std::uint32_t i = 1; i <= 20; ++i) {
    script_.rest(i, Side::buy, 99, 2).trade(i, 50, 99, 1, 1, Side::sell).to(publisher);
  }
  EXPECT_FALSE(subscriber.is_cut());
  const auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].notice().kind(), v1::FeedNotice::KIND_CONFLATED);
  EXPECT_TRUE(messages[1].update().snapshot());
  EXPECT_EQ(messages[1].update().orders_size(), 20);
  EXPECT_EQ(messages[2].notice().kind(), v1::FeedNotice::KIND_GAP);
  EXPECT_EQ(messages[2].notice().after_sequence(), 1U);
  EXPECT_EQ(messages[2].notice().to_sequence(), 21U);
  EXPECT_TRUE(messages[3].update().snapshot());
  EXPECT_EQ(messages[3].update().schema(), v1::FEED_SCHEMA_TRADES);
  EXPECT_EQ(messages[4].heartbeat().sequence(), 21U);
}

TEST_F(FeedSubscription, who_asks_without_reading_is_cut) {
  limits_.budget_bytes = 1'000;
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  for (int i = 0; i < 1'000; ++i) {
    publisher.subscribe(subscriber, subscribe_to({Schema::mbo}, {}, OnSlow::conflate));
  }
  EXPECT_TRUE(subscriber.is_cut());
  EXPECT_LE(subscriber.queued_bytes(), 1'000U);
}

TEST_F(FeedSubscription, an_instruments_end_is_told_and_ends_the_subscriptions) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.contract(100).to(publisher);
  Subscriber& one = publisher.attach();
  publisher.subscribe(one, subscribe_to({Schema::mbo, Schema::status}, {first_id}));
  Subscriber& all = publisher.attach();
  publisher.subscribe(all, subscribe_to({Schema::mbo, Schema::trades}));
  take_all(publisher, one);
  take_all(publisher, all);
  script_.retire().to(publisher);
  auto messages = take_all(publisher, one);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(messages[0].update().status().retired());
  EXPECT_EQ(messages[1].notice().kind(), v1::FeedNotice::KIND_ENDED);
  EXPECT_EQ(one.subscriptions(), 0U);
  messages = take_all(publisher, all);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].notice().instrument_id(), first_id.value());
  EXPECT_EQ(all.subscriptions(), 2U);
  // The slot is used again: another instrument.
  script_.about(instrument_id(1, 1)).contract(100).to(publisher);
  script_.rest(1, Side::buy, 99, 1).to(publisher);
  const auto updates = updates_of(take_all(publisher, all));
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].instrument_id(), instrument_id(1, 1).value());
  EXPECT_EQ(updates[0].prev_seq(), 0U);
  EXPECT_TRUE(take_all(publisher, one).empty());
}

TEST_F(FeedSubscription, one_command_may_retire_an_instrument_and_use_its_slot_again) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.contract(100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo, Schema::status}));
  script_.rest(1, Side::buy, 99, 1).to(publisher);
  take_all(publisher, subscriber);
  script_.command(CommandType::list_contracts)
      .order(EventType::order_cancelled, 1, Side::buy, 99, 1, order_flag::was_booked)
      .retire(false)
      .about(instrument_id(1, 1))
      .contract(70, false)
      .to(publisher);
  const auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_TRUE(messages[0].update().status().retired());
  EXPECT_EQ(messages[1].update().orders(0).action(), v1::OrderUpdate::ACTION_REMOVE);
  EXPECT_EQ(messages[1].update().instrument_id(), first_id.value());
  EXPECT_EQ(messages[2].notice().kind(), v1::FeedNotice::KIND_ENDED);
  EXPECT_EQ(messages[3].update().instrument_id(), instrument_id(1, 1).value());
  EXPECT_EQ(messages[3].update().status().reference_ticks(), 70);
  EXPECT_EQ(messages[3].update().prev_seq(), 0U);
}

TEST_F(FeedSubscription, after_unsubscribing_nothing_more_comes) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo, Schema::mbp_1}, {first_id}));
  take_all(publisher, subscriber);
  v1::Unsubscribe request;
  request.add_schemas(v1::FEED_SCHEMA_MBO);
  publisher.unsubscribe(subscriber, request, 5);
  script_.rest(1, Side::buy, 99, 1).to(publisher);
  const auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].subscribed().code(), v1::CODE_OK);
  EXPECT_EQ(messages[0].subscribed().request_id(), 5U);
  EXPECT_EQ(messages[1].update().schema(), v1::FEED_SCHEMA_MBP_1);
}

TEST_F(FeedSubscription, a_heartbeat_says_up_to_where_everything_was_sent) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}));
  publisher.heartbeat();  // its snapshot is still to come: nothing to say
  const auto first = take_all(publisher, subscriber);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_TRUE(first[1].update().snapshot());
  EXPECT_EQ(first[2].heartbeat().sequence(), 1U) << "behind the last snapshot, at once";
  script_.command(CommandType::tick).to(publisher);
  publisher.heartbeat();
  const auto messages = take_all(publisher, subscriber);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].heartbeat().sequence(), 2U);
  EXPECT_EQ(messages[0].heartbeat().time_ns(), 200);
}

TEST_F(FeedSubscription, the_server_is_told_who_has_something_to_write) {
  FeedPublisher publisher(RandomMarket::sizes(), limits_);
  script_.product(Supply::seats, 100).to(publisher);
  Subscriber& subscriber = publisher.attach();
  std::vector<Subscriber*> ready;
  publisher.take_ready(ready);
  EXPECT_TRUE(ready.empty());
  publisher.subscribe(subscriber, subscribe_to({Schema::mbo}));
  publisher.take_ready(ready);
  ASSERT_EQ(ready.size(), 1U);
  take_all(publisher, subscriber);
  ready.clear();
  script_.rest(1, Side::buy, 99, 1).to(publisher);
  script_.rest(2, Side::buy, 99, 1).to(publisher);
  publisher.take_ready(ready);
  EXPECT_EQ(ready.size(), 1U);
}

}  // namespace
}  // namespace karst::feed::test
