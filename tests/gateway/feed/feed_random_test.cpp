// Random markets: whatever happens and however connections fare, subscribers end with the book.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/gateway/feed/random_market.hpp"
#include "tests/support/random_run.hpp"

namespace karst::feed::test {
namespace {

constexpr std::uint32_t products = 4;

class RandomFeed : public testing::Test {
 protected:
  const std::uint64_t seed_ = karst::test::seed_of_run();
  RandomMarket market_{seed_, products};
  std::mt19937_64 random_{seed_ ^ 0x5eed};

  void step(FeedPublisher& publisher) {
    const MarketStep& step = market_.next();
    publisher.apply(step.command, step.events);
  }
  /// The currency and the products.
  void open(FeedPublisher& publisher) {
    for (std::uint32_t i = 0; i <= products; ++i) step(publisher);
  }
  void expect_all_equal(const ConnectedClient& client, Schema schema) {
    for (std::uint32_t i = 0; i < products; ++i) {
      const InstrumentId id = market_.instrument(i);
      expect_depth(client.book(id, schema), market_.depth(id));
    }
  }
};

TEST_F(RandomFeed, the_book_is_the_market_after_every_command) {
  FeedPublisher publisher(RandomMarket::sizes(), {});
  open(publisher);
  const std::int64_t steps = karst::test::effort(20'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    for (std::uint32_t product = 0; product < products; ++product) {
      const InstrumentId id = market_.instrument(product);
      Depth depth;
      publisher.book().depth(slot_of(id), depth);
      ASSERT_EQ(depth, market_.depth(id)) << "step " << i;
    }
    if (i % 1'000 == 0) publisher.book().check_invariants();
  }
  EXPECT_GT(market_.trades(), 100U);
}

TEST_F(RandomFeed, every_increment_leaves_the_clients_book_equal) {
  FeedPublisher publisher(RandomMarket::sizes(), {});
  ConnectedClient early(publisher, {all_schemas, {}, OnSlow::disconnect});
  early.connect();
  open(publisher);
  ConnectedClient late(publisher, {all_schemas, {}, OnSlow::disconnect});
  const std::int64_t steps = karst::test::effort(10'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    if (i == steps / 2) late.connect();
    early.read();
    late.read();
    for (const Schema schema : {Schema::mbo, Schema::mbp_10, Schema::mbp_1}) {
      for (std::uint32_t product = 0; product < products; ++product) {
        const InstrumentId id = market_.instrument(product);
        const FeedClientBook* book = early.book(id, schema);
        const Depth depth = market_.depth(id);
        if (book == nullptr) {  // nothing was ever in it
          ASSERT_EQ(depth, Depth());
          continue;
        }
        const std::size_t levels = schema == Schema::mbp_1 ? 1 : Depth::levels_max;
        ASSERT_EQ(checksum(book->depth(), levels), checksum(depth, levels)) << "step " << i;
      }
    }
  }
  EXPECT_EQ(early.count(Received::gap) + early.count(Received::mismatch), 0U);
  EXPECT_EQ(late.count(Received::gap) + late.count(Received::mismatch), 0U);
  expect_all_equal(late, Schema::mbo);
  expect_all_equal(late, Schema::mbp_10);
  expect_all_equal(late, Schema::mbp_1);
  std::uint64_t trades = 0;
  for (const auto& [id, instrument] : early.client().instruments()) {
    trades += instrument.trades_count;
    EXPECT_TRUE(instrument.definition.has_value());
    EXPECT_TRUE(instrument.status.has_value());
  }
  EXPECT_EQ(trades, market_.trades());
}

TEST_F(RandomFeed, a_lossy_consumer_that_reconnects_at_random_ends_with_the_book) {
  FeedLimits limits;
  limits.ring_frames = 400;  // so that some come back too late
  FeedPublisher publisher(RandomMarket::sizes(), limits);
  open(publisher);
  std::vector<std::unique_ptr<ConnectedClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(
        std::make_unique<ConnectedClient>(publisher, FeedWish{all_schemas, {}, OnSlow::conflate}));
  }
  const std::int64_t steps = karst::test::effort(20'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    if (random_() % 8 == 0) publisher.heartbeat();
    ConnectedClient& client = *clients[random_() % clients.size()];
    if (!client.is_connected()) {
      client.connect();
    } else if (random_() % 20 == 0) {
      client.disconnect();  // what was queued and not read is lost
    } else {
      client.read(random_() % 30);
    }
  }
  for (const auto& client : clients) {
    if (!client->is_connected()) client->connect();
    client->read();
    EXPECT_EQ(client->count(Received::gap), 0U);
    EXPECT_EQ(client->count(Received::mismatch), 0U);
    expect_all_equal(*client, Schema::mbo);
    expect_all_equal(*client, Schema::mbp_10);
    expect_all_equal(*client, Schema::mbp_1);
  }
}

TEST_F(RandomFeed, messages_lost_on_the_way_are_noticed_and_mended) {
  FeedPublisher publisher(RandomMarket::sizes(), {});
  open(publisher);
  FeedClient client({all_schemas, {}, OnSlow::disconnect});
  Subscriber& subscriber = publisher.attach();
  publisher.subscribe(subscriber, client.connected());
  std::size_t noticed = 0;
  const auto read = [&](std::uint32_t loss_percent) {
    for (const v1::MarketData& message : take_all(publisher, subscriber)) {
      if (message.has_update() && random_() % 100 < loss_percent) continue;
      const Received received = client.receive(message);
      noticed += received == Received::gap || received == Received::mismatch ? 1 : 0;
    }
    if (const auto mend = client.recover()) publisher.subscribe(subscriber, *mend);
  };
  const std::int64_t steps = karst::test::effort(10'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    read(2);
  }
  EXPECT_GT(noticed, 0U);
  // One whole round without loss shows whatever is still missing; the next mends it.
  for (int i = 0; i < 2'000; ++i) {
    step(publisher);
    read(0);
  }
  EXPECT_FALSE(client.recover().has_value());
  for (std::uint32_t product = 0; product < products; ++product) {
    const InstrumentId id = market_.instrument(product);
    for (const Schema schema : {Schema::mbo, Schema::mbp_10, Schema::mbp_1}) {
      const FeedInstrument* known = client.find(id.value());
      ASSERT_NE(known, nullptr);
      expect_depth(known->book(schema), market_.depth(id));
    }
  }
}

TEST_F(RandomFeed, of_20_subscribers_2_never_read_and_the_others_books_are_equal) {
  FeedLimits limits;
  limits.budget_bytes = 16 * 1'024;
  FeedPublisher publisher(RandomMarket::sizes(), limits);
  open(publisher);
  std::vector<std::unique_ptr<ConnectedClient>> clients;
  for (int i = 0; i < 20; ++i) {
    const OnSlow on_slow = i % 2 == 0 ? OnSlow::disconnect : OnSlow::conflate;
    clients.push_back(
        std::make_unique<ConnectedClient>(publisher, FeedWish{all_schemas, {}, on_slow}));
    clients.back()->connect();
    clients.back()->read();
  }
  const std::int64_t steps = karst::test::effort(5'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    for (std::size_t at = 2; at < clients.size(); ++at) clients[at]->read();
    for (std::uint32_t product = 0; product < products; ++product) {
      const InstrumentId id = market_.instrument(product);
      const std::uint32_t expected = checksum(market_.depth(id));
      for (std::size_t at = 2; at < clients.size(); ++at) {
        const FeedClientBook* book = clients[at]->book(id, Schema::mbp_10);
        ASSERT_NE(book, nullptr);
        ASSERT_EQ(checksum(book->depth()), expected) << "step " << i << " client " << at;
      }
    }
  }
  for (std::size_t at = 2; at < clients.size(); ++at) {
    EXPECT_EQ(clients[at]->subscriber().slow_count(), 0U);
  }
  // The one is cut with a last word, the other holds a bounded queue and converges when it reads.
  EXPECT_TRUE(clients[0]->subscriber().is_cut());
  EXPECT_FALSE(clients[1]->subscriber().is_cut());
  EXPECT_GT(clients[1]->subscriber().slow_count(), 0U);
  EXPECT_LE(clients[1]->subscriber().queued_bytes(), limits.budget_bytes);
  EXPECT_EQ(clients[0]->read(), 1U);
  EXPECT_TRUE(clients[0]->client().is_cut());
  clients[1]->read();
  expect_all_equal(*clients[1], Schema::mbo);
  expect_all_equal(*clients[1], Schema::mbp_10);
  EXPECT_EQ(clients[1]->count(Received::mismatch), 0U);
}

TEST_F(RandomFeed, a_conflated_subscriber_that_reads_little_converges) {
  FeedLimits limits;
  limits.budget_bytes = 4'096;
  FeedPublisher publisher(RandomMarket::sizes(), limits);
  open(publisher);
  ConnectedClient client(publisher, {all_schemas, {}, OnSlow::conflate});
  client.connect();
  const std::int64_t steps = karst::test::effort(20'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    step(publisher);
    if (i % 10 == 0) client.read(random_() % 20);
  }
  client.read();
  EXPECT_GT(client.subscriber().slow_count(), 10U);
  EXPECT_EQ(client.count(Received::gap) + client.count(Received::mismatch), 0U);
  expect_all_equal(client, Schema::mbo);
  expect_all_equal(client, Schema::mbp_10);
  expect_all_equal(client, Schema::mbp_1);
}

TEST_F(RandomFeed, after_a_restart_the_feed_is_the_same) {
  FeedPublisher first(RandomMarket::sizes(), {});
  RandomMarket again(seed_, products);
  FeedPublisher replayed(RandomMarket::sizes(), {});
  for (int i = 0; i < 3'000; ++i) {
    step(first);
    const MarketStep& repeated = again.next();
    replayed.apply(repeated.command, repeated.events);
  }
  const std::vector<std::uint8_t> snapshots = all_snapshots(first);
  EXPECT_GT(snapshots.size(), 1'000U);
  EXPECT_EQ(snapshots, all_snapshots(replayed));

  // From a snapshot instead of events: the state is handed over order by order.
  FeedPublisher restored(RandomMarket::sizes(), {});
  restored.reference_to_restore().restore_currency(CurrencyId{1}, {'C', 'N', 'Y'});
  for (std::uint32_t product = 0; product < products; ++product) {
    const InstrumentId id = market_.instrument(product);
    const std::uint32_t slot = slot_of(id);
    restored.reference_to_restore().restore(first.reference().terms(slot));
    FeedBook& book = restored.book_to_restore();
    book.restore_instrument(id, first.book().state(slot), first.book().reference(slot),
                            first.book().offer(slot));
    first.book().orders(slot, [&](const OrderStep& order) {
      book.restore_order(id, order.order, order.side, order.price, order.quantity);
    });
  }
  restored.restored(first.sequence(), first.time());
  EXPECT_EQ(snapshots, all_snapshots(restored));

  // And both go on alike: the increments are the same bytes.
  ConnectedClient follower(restored, {all_schemas, {}, OnSlow::disconnect});
  follower.connect();
  follower.read();
  for (int i = 0; i < 1'000; ++i) {
    const MarketStep& next = market_.next();
    first.apply(next.command, next.events);
    restored.apply(next.command, next.events);
    follower.read();
  }
  EXPECT_EQ(all_snapshots(first), all_snapshots(restored));
  expect_all_equal(follower, Schema::mbo);
}

}  // namespace
}  // namespace karst::feed::test
