// karstd on a journal whose newest time is ten years ahead of the wall clock, over the wire.
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using test::TestExchange;

constexpr std::int64_t ten_years_ns = 3'650 * ns_per_day;

v1::Status status_of(gateway::Client& client) {
  v1::Request request;
  request.mutable_query_status();
  return test::ask(client, request).status();
}

/// Leaves a journal with a market, ten years ahead of the wall clock.
void make_journal_of_the_future(TestExchange& exchange) {
  exchange.set_config("clock", "\"trace\"");
  exchange.start_process();
  exchange.make_market();
  const auto client = exchange.connect(test::operator_key);
  v1::Request request;
  request.mutable_set_time()->set_time_ns(std::time(nullptr) * ns_per_second + ten_years_ns);
  ASSERT_EQ(test::ask(*client, request).reply().code(), v1::CODE_OK);
  exchange.end_process(SIGTERM);
  exchange.set_config("clock", "\"real\"");
}

TEST(ClockHeld, orders_wait_and_cancels_go_on_until_an_operator_accepts_the_clock) {
  TestExchange exchange;
  make_journal_of_the_future(exchange);
  exchange.start_process();
  {
    const auto alice = exchange.connect(test::alice);
    const v1::Command order = test::order(exchange.instrument(), v1::SIDE_SELL, 100, 5);
    EXPECT_EQ(test::call(*alice, order).code(), v1::CODE_CLOCK_HELD);
    v1::Command check = order;
    check.set_validate_only(true);
    EXPECT_EQ(test::call(*alice, check).code(), v1::CODE_CLOCK_HELD);
    v1::Command cancel;
    cancel.mutable_mass_cancel();
    EXPECT_EQ(test::call(*alice, cancel).code(), v1::CODE_OK);
    const v1::Status status = status_of(*alice);
    EXPECT_TRUE(status.is_clock_held());
    EXPECT_LT(status.clock_ahead_ns(), -3'649 * ns_per_day);
    EXPECT_NE(exchange.process_log().find("days behind the exchange's time: only what lessens"),
              std::string::npos)
        << exchange.process_log();
  }
  exchange.end_process(SIGKILL);
  exchange.start_process(0, {}, "--accept-clock");
  EXPECT_NE(exchange.process_log().find("the wall clock is accepted (--accept-clock)"),
            std::string::npos);
  const auto alice = exchange.connect(test::alice);
  const v1::Command order = test::order(exchange.instrument(), v1::SIDE_SELL, 100, 5);
  EXPECT_EQ(test::call(*alice, order).code(), v1::CODE_OK);
  EXPECT_FALSE(status_of(*alice).is_clock_held());
}

TEST(ClockHeld, an_operator_accepts_the_clock_of_a_running_exchange_by_a_journaled_command) {
  TestExchange exchange;
  make_journal_of_the_future(exchange);
  exchange.start_process();
  v1::Command word;
  {
    const auto chief = exchange.connect(test::operator_key);
    const auto alice = exchange.connect(test::alice);
    const v1::Status status = status_of(*chief);
    ASSERT_TRUE(status.is_clock_held());
    word.mutable_accept_clock()->set_step_ns(status.clock_ahead_ns());
    EXPECT_EQ(test::call(*alice, word).code(), v1::CODE_NOT_PERMITTED);
    EXPECT_TRUE(status_of(*chief).is_clock_held());
    v1::Command other = word;
    other.mutable_accept_clock()->set_step_ns(status.clock_ahead_ns() + 5 * ns_per_second);
    EXPECT_EQ(test::call(*chief, other).code(), v1::CODE_CLOCK_HELD) << "another step than it is";
    const v1::Reply reply = test::call(*chief, word);
    EXPECT_EQ(reply.code(), v1::CODE_OK);
    EXPECT_GT(reply.sequence(), 0U) << "it stands in the journal";
    EXPECT_FALSE(status_of(*chief).is_clock_held());
    EXPECT_EQ(test::call(*chief, word).code(), v1::CODE_WRONG_STATE) << "nothing is held";
    const v1::Command order = test::order(exchange.instrument(), v1::SIDE_SELL, 100, 5);
    EXPECT_EQ(test::call(*alice, order).code(), v1::CODE_OK);
    EXPECT_NE(exchange.process_log().find("the wall clock is accepted (key "), std::string::npos)
        << exchange.process_log();
  }
  exchange.end_process(SIGKILL);
  exchange.start_process();  // the journal is replayed; that the wall clock is behind is asked anew
  const auto chief = exchange.connect(test::operator_key);
  const v1::Status status = status_of(*chief);
  EXPECT_TRUE(status.is_clock_held());
  word.mutable_accept_clock()->set_step_ns(status.clock_ahead_ns());
  EXPECT_EQ(test::call(*chief, word).code(), v1::CODE_OK);
}

}  // namespace
}  // namespace karst
