// Subscribers of an exchange that was put back to a backup: who may go on, and who starts anew.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

#include "tests/gateway/feed/event_script.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/gateway/feed/random_market.hpp"

namespace karst::feed::test {
namespace {

constexpr InstrumentId instrument{1};
constexpr std::uint64_t life = 4'711;

/// One exchange up to its backup, and twice what came then: `lost_` what it did itself, `present_`
/// what the restored one did, which has as many commands and more.
class FeedIncarnation : public testing::Test {
 protected:
  FeedIncarnation() : lost_(RandomMarket::sizes(), {}), present_(RandomMarket::sizes(), {}) {
    for (FeedPublisher* publisher : {&lost_, &present_}) {
      EventScript script(instrument);
      script.product(Supply::seats, 100).to(*publisher);
      publisher->subscribe(publisher->attach(), everything());
      for (std::uint32_t i = 1; i <= 4; ++i) script.rest(i, Side::buy, 90 + i, 1).to(*publisher);
      if (publisher == &present_) script.incarnation(life, backup).to(*publisher);
      const std::int64_t price = publisher == &lost_ ? 80 : 70;
      for (std::uint32_t i = 5; i <= 9; ++i) script.rest(i, Side::buy, price, 1).to(*publisher);
    }
  }

  static v1::Subscribe everything() {
    return subscribe_to({Schema::definition, Schema::status, Schema::mbo, Schema::trades});
  }
  static FeedWish wish() {
    FeedWish wish;
    wish.schemas = all_schemas;
    return wish;
  }

  v1::SubscribeReply answer(std::uint64_t after, std::optional<std::uint64_t> told) {
    v1::Subscribe request = everything();
    request.set_resume_after(after);
    if (told) request.set_incarnation(*told);
    Subscriber& subscriber = present_.attach();
    present_.subscribe(subscriber, request);
    const v1::SubscribeReply reply = take_all(present_, subscriber)[0].subscribed();
    EXPECT_EQ(subscriber.subscriptions() == 0, reply.code() != v1::CODE_OK);
    present_.detach(subscriber);
    return reply;
  }

  /// The client connects there, and reads what there is.
  static void follow(FeedClient& client, FeedPublisher& publisher) {
    Subscriber& subscriber = publisher.attach();
    publisher.subscribe(subscriber, client.connected());
    for (int i = 0; i < 3; ++i) {
      publisher.heartbeat();
      for (const v1::MarketData& message : take_all(publisher, subscriber)) {
        static_cast<void>(client.receive(message));
      }
      if (const auto mend = client.recover()) publisher.subscribe(subscriber, *mend);
    }
    publisher.detach(subscriber);
  }
  static void expect_present(const FeedClient& client) {
    const FeedClientBook* book = client.find(instrument.value())->book(Schema::mbo);
    ASSERT_NE(book, nullptr);
    std::uint32_t orders_of_lost = 0;
    std::uint32_t orders = 0;
    book->levels(Side::buy, [&](std::int64_t price, const FeedClientBook::Level& level) {
      orders += level.orders;
      orders_of_lost += price == 80 ? level.orders : 0;
    });
    EXPECT_EQ(orders, 9U);
    EXPECT_EQ(orders_of_lost, 0U);
  }

  static constexpr std::uint64_t backup = 5;  // the product and four orders
  FeedPublisher lost_;
  FeedPublisher present_;
};

TEST_F(FeedIncarnation, is_told_with_every_answer) {
  EXPECT_EQ(answer(0, std::nullopt).incarnation(), life);
  EXPECT_EQ(answer(8, life).incarnation(), life);
  EXPECT_TRUE(answer(8, life).resumed());
  EXPECT_EQ(answer(1'000, life).code(), v1::CODE_RESUME_TOO_OLD);
  EXPECT_NE(answer(1'000, life).text().find("subscribe without"), std::string::npos);
}

TEST_F(FeedIncarnation, another_one_resumes_what_both_have_and_nothing_else) {
  for (const std::optional<std::uint64_t> told : {std::optional<std::uint64_t>(), {0}}) {
    EXPECT_TRUE(answer(backup - 1, told).resumed());
    EXPECT_EQ(answer(backup, told).code(), v1::CODE_RESUME_TOO_OLD)
        << "a channel may be a command further";
    EXPECT_EQ(answer(8, told).code(), v1::CODE_RESUME_TOO_OLD);
  }
  EXPECT_EQ(answer(2, life + 1).code(), v1::CODE_RESUME_TOO_OLD);
  EXPECT_EQ(answer(0, life + 1).code(), v1::CODE_OK) << "who has nothing starts anyway";
}

TEST_F(FeedIncarnation, a_client_of_the_lost_history_starts_anew) {
  FeedClient client(wish());
  follow(client, lost_);
  EXPECT_EQ(client.position(), lost_.sequence());
  follow(client, present_);
  EXPECT_FALSE(client.refusal().has_value());
  EXPECT_EQ(client.position(), present_.sequence());
  expect_present(client);
  follow(client, present_);
  expect_present(client);
}

TEST_F(FeedIncarnation, a_client_without_a_position_forgets_what_it_knew_too) {
  FeedClient client(wish());
  follow(client, lost_);
  // It was cut before everything of the new subscription had come: it asks for snapshots.
  static_cast<void>(client.connected());
  ASSERT_EQ(client.position(), 0U);
  follow(client, present_);
  EXPECT_EQ(client.position(), present_.sequence());
  expect_present(client);
}

}  // namespace
}  // namespace karst::feed::test
