// An exchange whose time is what its operator says, over the wire.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using test::TestExchange;

v1::Reply set_time(gateway::Client& client, std::int64_t time_ns) {
  v1::Request request;
  request.mutable_set_time()->set_time_ns(time_ns);
  return test::ask(client, request).reply();
}

TEST(TraceClock, an_exchange_on_the_real_clock_refuses_to_be_told_the_time) {
  TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const auto client = exchange.connect(test::operator_key);
  EXPECT_EQ(set_time(*client, ns_per_hour).code(), v1::CODE_CLOCK_IS_REAL);
  const auto trader = exchange.connect(test::alice);
  EXPECT_EQ(set_time(*trader, ns_per_hour).code(), v1::CODE_NOT_PERMITTED);
}

TEST(TraceClock, another_word_for_the_clock_is_refused) {
  TestExchange exchange;
  exchange.set_config("clock", "\"sundial\"");
  const Result<gateway::Config> config =
      gateway::load_config(exchange.folder() + "/karst.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().text().find("time.clock"), std::string::npos);
}

TEST(TraceClock, timers_follow_the_operator_and_survive_a_kill) {
  TestExchange exchange;
  exchange.set_config("clock", "\"trace\"");
  exchange.start_process();
  exchange.make_market();
  std::int64_t expiry_ns = 0;
  {
    const auto client = exchange.connect(test::operator_key);
    const v1::Reply bad = set_time(*client, 0);
    EXPECT_EQ(bad.code(), v1::CODE_INVALID_FIELD);
    EXPECT_EQ(bad.field(), "time_ns");
    const v1::Reply set = set_time(*client, 100 * ns_per_hour);
    EXPECT_EQ(set.code(), v1::CODE_OK);
    EXPECT_EQ(set.engine_ns(), 100 * ns_per_hour);
    expiry_ns = 101 * ns_per_hour;
    v1::Command order = test::order(exchange.instrument(), v1::SIDE_SELL, 100, 5);
    order.set_account_id(test::alice.account);
    order.mutable_place_order()->set_time_in_force(v1::TIME_IN_FORCE_GTD);
    order.mutable_place_order()->set_expiry_ns(expiry_ns);
    const v1::Reply placed = test::call(*client, order);
    EXPECT_EQ(placed.code(), v1::CODE_OK);
    EXPECT_EQ(placed.engine_ns(), 100 * ns_per_hour + 1);
  }
  const auto orders_of_alice = [&](gateway::Client& client) {
    v1::Request question;
    question.mutable_query_orders()->set_account_id(test::alice.account);
    return test::ask(client, question).orders().orders_size();
  };
  exchange.end_process(SIGKILL);
  exchange.start_process();
  const auto client = exchange.connect(test::operator_key);
  EXPECT_EQ(orders_of_alice(*client), 1);
  EXPECT_GE(set_time(*client, 1).engine_ns(), 100 * ns_per_hour + 2);  // never backwards
  EXPECT_EQ(set_time(*client, expiry_ns - 1).code(), v1::CODE_OK);
  EXPECT_EQ(orders_of_alice(*client), 1);
  EXPECT_EQ(set_time(*client, expiry_ns).code(), v1::CODE_OK);
  EXPECT_EQ(orders_of_alice(*client), 0);
}

}  // namespace
}  // namespace karst
