// The feed on the real engine: its books are the engine's, at every sequence and after a restart.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "engine/state/instrument_table.hpp"
#include "gateway/feed/feed_restore.hpp"
#include "tests/gateway/feed/engine_market.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/support/random_run.hpp"

namespace karst::feed::test {
namespace {

class EngineFeed : public testing::Test {
 protected:
  const std::uint64_t seed_ = karst::test::seed_of_run();
  EngineMarket market_{seed_};

  void step(FeedPublisher& publisher) {
    market_.next();
    publisher.apply(market_.command(), market_.events());
  }
};

TEST_F(EngineFeed, the_books_are_the_engines_at_every_sequence) {
  FeedPublisher publisher(EngineMarket::sizes(), {});
  ConnectedClient client(publisher, {all_schemas, {}, OnSlow::disconnect});
  client.connect();
  std::uint64_t trades = 0;
  std::set<EventType> seen;
  std::set<InstrumentState> states;
  const std::int64_t steps = karst::test::effort(20'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    client.read();
    for (const Event& event : market_.events()) {
      trades += event.type == EventType::trade ? 1 : 0;
      seen.insert(event.type);
    }
    for (const InstrumentId id : market_.listed()) {
      const Depth expected = market_.depth(id);
      Depth depth;
      publisher.book().depth(slot_of(id), depth);
      ASSERT_EQ(depth, expected) << "sequence " << market_.command().sequence;
      ASSERT_EQ(publisher.book().state(slot_of(id)), market_.engine().instrument(id)->state);
      ASSERT_EQ(publisher.book().reference(slot_of(id)).value(),
                market_.engine().instrument(id)->reference);
      states.insert(publisher.book().state(slot_of(id)));
      const FeedClientBook* book = client.book(id, Schema::mbo);
      if (book != nullptr) {
        ASSERT_EQ(checksum(book->depth()), checksum(expected));
      } else {
        ASSERT_EQ(expected, Depth());
      }
    }
  }
  EXPECT_EQ(client.count(Received::gap) + client.count(Received::mismatch), 0U);
  std::uint64_t told = 0;
  std::size_t ended = 0;
  for (const auto& [id, instrument] : client.client().instruments()) {
    told += instrument.trades_count;
    ended += instrument.is_ended ? 1 : 0;
  }
  EXPECT_EQ(told, trades);
  if (steps < 20'000) return;  // too short to have seen everything
  EXPECT_GT(ended, 0U);
  for (const EventType type :
       {EventType::order_booked, EventType::order_amended, EventType::order_cancelled,
        EventType::order_hibernated, EventType::order_reactivated, EventType::trade,
        EventType::self_match_prevented, EventType::entitlement, EventType::contract_listed,
        EventType::product_changed, EventType::instrument_state, EventType::instrument_retired,
        EventType::offer_posted}) {
    EXPECT_TRUE(seen.contains(type)) << static_cast<int>(type);
  }
  EXPECT_EQ(states.size(), 5U);
}

TEST_F(EngineFeed, after_a_restart_from_a_snapshot_the_feed_is_the_same) {
  FeedPublisher first(EngineMarket::sizes(), {});
  const std::int64_t steps = karst::test::effort(8'000);
  std::unique_ptr<FeedPublisher> restored;
  std::unique_ptr<ConnectedClient> follower;
  for (std::int64_t i = 0; i < steps; ++i) {
    step(first);
    if (restored) {
      restored->apply(market_.command(), market_.events());
      follower->read();
    }
    if (i % 500 != 0) continue;
    FeedPublisher anew(EngineMarket::sizes(), {});
    restore(anew, market_.engine(), market_.command().time);
    ASSERT_EQ(all_snapshots(anew), all_snapshots(first)) << "sequence " << first.sequence();
    if (i == 1'000) {
      restored = std::make_unique<FeedPublisher>(EngineMarket::sizes(), FeedLimits{});
      restore(*restored, market_.engine(), market_.command().time);
      follower = std::make_unique<ConnectedClient>(*restored,
                                                   FeedWish{all_schemas, {}, OnSlow::disconnect});
      follower->connect();
    }
  }
  if (!restored) return;
  EXPECT_EQ(all_snapshots(*restored), all_snapshots(first));
  EXPECT_EQ(follower->count(Received::gap) + follower->count(Received::mismatch), 0U);
}

}  // namespace
}  // namespace karst::feed::test
