// Market data over TLS from a real exchange under order flow: whoever reads has the engine's books,
// whoever does not is cut or conflated as it chose, and trading waits for nobody.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/gateway/daemon/feed_follower.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using feed::FeedWish;
using feed::mask_of;
using feed::OnSlow;
using feed::Schema;
using test::EngineBooks;
using test::FeedFollower;
using test::OrderFlow;

constexpr std::uint32_t products = 3;
constexpr std::uint32_t first_key = 100;

class SocketFeed : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.set_config("subscriber_budget_kib", "64");
    exchange_.set_config("send_buffer_kib", "16");
    exchange_.set_config("idle_timeout_ms", "600000");
    exchange_.start();
    exchange_.make_market(products);
  }

  /// A subscriber with a key of its own.
  FeedFollower& add(FeedWish wish) {
    const test::TestKey key{first_key + static_cast<std::uint32_t>(followers_.size()), 3,
                            scope::read};
    exchange_.make_key(key);
    followers_.push_back(std::make_unique<FeedFollower>(exchange_, key, std::move(wish)));
    return *followers_.back();
  }
  /// Connections as the exchange counts them.
  std::uint64_t connections() {
    v1::Request query;
    query.mutable_query_status();
    return test::ask(*watcher(), query).status().connections();
  }
  gateway::Client* watcher() {
    if (watcher_ == nullptr) watcher_ = exchange_.connect(test::auditor);
    return watcher_.get();
  }
  EngineBooks stop_and_replay() {
    watcher_.reset();
    exchange_.stop();
    return EngineBooks(exchange_.folder() + "/data/journal");
  }

  test::TestExchange exchange_;
  const std::uint64_t seed_ = test::seed_of_run();
  std::vector<std::unique_ptr<FeedFollower>> followers_;
  std::unique_ptr<gateway::Client> watcher_;
};

TEST_F(SocketFeed, of_20_subscribers_2_never_read_and_the_others_books_are_the_engines) {
  constexpr feed::SchemaMask some[] = {mask_of(Schema::mbo) | mask_of(Schema::trades),
                                       mask_of(Schema::mbp_10), mask_of(Schema::mbp_1),
                                       feed::all_schemas};
  FeedFollower& cut = add({feed::all_schemas, {}, OnSlow::disconnect});
  FeedFollower& conflated = add({feed::all_schemas, {}, OnSlow::conflate});
  for (std::size_t i = 0; i < 18; ++i) {
    add({some[i % 4], {}, i % 2 == 0 ? OnSlow::disconnect : OnSlow::conflate});
  }
  for (const auto& follower : followers_) follower->connect();
  cut.hold_unread(4'096);
  conflated.hold_unread(4'096);
  OrderFlow flow(exchange_, products, seed_);
  const auto read_18 = [&] {
    for (std::size_t i = 2; i < followers_.size(); ++i) ASSERT_TRUE(followers_[i]->read()) << i;
  };
  const auto carol = exchange_.connect(test::carol);
  const std::uint64_t all = connections();
  std::chrono::nanoseconds worst{0};
  // Until the exchange has hung up on the first, and half as long again for the second.
  int rounds = 500;
  bool is_cut = false;
  for (int round = 1; round <= rounds && !HasFatalFailure(); ++round) {
    flow.run(256, read_18);
    cut.stay_alive();
    conflated.stay_alive();
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(test::call(*carol, test::order(1, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_OK);
    worst = std::max<std::chrono::nanoseconds>(worst, std::chrono::steady_clock::now() - begin);
    if (is_cut || connections() == all) continue;
    is_cut = true;
    rounds = round + round / 2 + 1;
  }
  EXPECT_TRUE(is_cut);
  EXPECT_LT(worst, std::chrono::seconds(5)) << "trading waited for a reader";
  EXPECT_EQ(connections(), all - 1) << "the conflated one is still there";
  conflated.hold_unread(1 << 20);
  const std::uint64_t last = flow.last_sequence();
  for (std::size_t i = 1; i < followers_.size(); ++i) {
    ASSERT_TRUE(followers_[i]->read_up_to(last)) << i;
  }
  while (cut.read()) {
  }
  EXPECT_TRUE(conflated.is_conflated());
  const EngineBooks books = stop_and_replay();
  EXPECT_GT(books.trades(), 100U);
  std::size_t compared = 0;
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    EXPECT_EQ(followers_[i]->misfits(), 0U) << i;
    EXPECT_EQ(followers_[i]->is_conflated(), i == 1) << i;
    if (i >= 1) compared += followers_[i]->expect_equal(books, i >= 2);
  }
  EXPECT_GT(compared, 18 * books.last_sequence() / 2);
  std::printf("%llu commands, %llu trades, %zu books compared, slowest acknowledgement %lld us\n",
              static_cast<unsigned long long>(books.last_sequence()),
              static_cast<unsigned long long>(books.trades()), compared,
              static_cast<long long>(worst.count() / 1'000));
}

TEST_F(SocketFeed, one_that_is_cut_and_reads_on_slowly_is_told_before_it_is_hung_up_on) {
  FeedFollower& slow = add({feed::all_schemas, {}, OnSlow::disconnect});
  FeedFollower& quick = add({mask_of(Schema::mbo), {}, OnSlow::conflate});
  slow.connect();
  quick.connect();
  slow.hold_unread(4'096);
  OrderFlow flow(exchange_, products, seed_);
  // It reads all the while, but a few thousand bytes of every hundred thousand, and is cut for it.
  bool is_open = true;
  for (int round = 0; round < 60 && is_open; ++round) {
    flow.run(256, [&] { ASSERT_TRUE(quick.read()); });
    slow.stay_alive();
    is_open = slow.read();
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (is_open && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    is_open = slow.read();
  }
  EXPECT_TRUE(slow.is_told());
  EXPECT_EQ(slow.misfits(), 0U);
}

TEST_F(SocketFeed, more_subscribers_than_have_a_turn_at_once_all_get_every_increment) {
  for (std::size_t i = 0; i < 80; ++i) add({mask_of(Schema::mbo), {}, OnSlow::disconnect});
  for (const auto& follower : followers_) follower->connect();
  OrderFlow flow(exchange_, products, seed_);
  for (int round = 0; round < 8; ++round) {
    flow.run(32, [] {});  // less than a subscriber's budget in all: nobody is too slow
  }
  for (const auto& follower : followers_) ASSERT_TRUE(follower->read_up_to(flow.last_sequence()));
  const EngineBooks books = stop_and_replay();
  std::size_t compared = 0;
  for (const auto& follower : followers_) {
    EXPECT_EQ(follower->misfits(), 0U);
    compared += follower->expect_equal(books, true);
  }
  EXPECT_GT(compared, followers_.size() * 100);
}

TEST_F(SocketFeed, lossy_consumers_that_reconnect_at_random_end_with_the_engines_books) {
  for (int i = 0; i < 4; ++i) add({feed::all_schemas, {}, OnSlow::conflate}).connect();
  OrderFlow flow(exchange_, products, seed_);
  Random random(seed_ ^ 0x5eed);
  std::size_t reconnected = 0;
  const std::int64_t rounds = test::effort(300) + 20;
  for (std::int64_t round = 0; round < rounds; ++round) {
    flow.run(20, [&] {
      FeedFollower& one = *followers_[random.below(followers_.size())];
      EXPECT_TRUE(!one.is_connected() || one.read());
    });
    FeedFollower& one = *followers_[random.below(followers_.size())];
    if (!one.is_connected()) {
      one.connect();
      ++reconnected;
    } else if (random.below(3) == 0) {
      one.drop();
    }
  }
  std::size_t resumed = 0;
  for (const auto& one : followers_) {
    if (!one->is_connected()) one->connect();
    ASSERT_TRUE(one->read_up_to(flow.last_sequence()));
    resumed += one->resumed();
  }
  const EngineBooks books = stop_and_replay();
  for (const auto& one : followers_) {
    EXPECT_EQ(one->misfits(), 0U);
    EXPECT_GT(one->expect_equal(books, false), 0U);
  }
  EXPECT_GT(reconnected, 0U);
  std::printf("%zu reconnections, %zu resumed without snapshots\n", reconnected, resumed);
}

}  // namespace
}  // namespace karst
