// What a Reply says of the number of its command: with `sequence` 0 none was used up.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/gateway/daemon/local_exchange.hpp"

namespace karst {
namespace {

using test::LocalClient;
using test::LocalExchange;

v1::Command cancel_of(std::uint64_t order) {
  v1::Command command;
  command.mutable_cancel_order()->set_order_id(order);
  return command;
}

class Numbering : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.make_market();
    client_.log_on(test::alice);
  }
  v1::Reply send(v1::Command command) {
    command.set_client_seq(next_);
    return client_.command(command);
  }
  /// The number of a command that was answered so is still to be used, and nothing was sequenced.
  void expect_unused(const v1::Command& command, v1::Code code) {
    const std::size_t before = exchange_.applied.size();
    const v1::Reply reply = send(command);
    EXPECT_EQ(reply.code(), code) << reply.ShortDebugString();
    EXPECT_EQ(reply.sequence(), 0U) << reply.ShortDebugString();
    EXPECT_EQ(reply.client_seq(), next_);
    EXPECT_EQ(exchange_.applied.size(), before);
    expect_next_is_good();
  }
  /// A sequenced command that was refused has used its number up.
  void expect_used(const v1::Command& command, v1::Code code) {
    const v1::Reply reply = send(command);
    EXPECT_EQ(reply.code(), code) << reply.ShortDebugString();
    EXPECT_NE(reply.sequence(), 0U);
    const v1::Reply again = send(command);
    EXPECT_TRUE(again.is_repeated());
    EXPECT_EQ(again.sequence(), reply.sequence());
    ++next_;
    expect_next_is_good();
  }
  void expect_next_is_good() {
    const v1::Reply reply = send(test::order(1, v1::SIDE_SELL, 100, 1));
    EXPECT_EQ(reply.code(), v1::CODE_OK) << reply.ShortDebugString();
    EXPECT_NE(reply.sequence(), 0U);
    ++next_;
  }

  LocalExchange exchange_;
  LocalClient client_{exchange_};
  std::uint64_t next_ = 1;
};

TEST_F(Numbering, a_reply_with_sequence_0_has_used_no_number_up_whatever_its_code) {
  v1::Command no_side = test::order(1, v1::SIDE_SELL, 100, 1);
  no_side.mutable_place_order()->clear_side();
  expect_unused(no_side, v1::CODE_INVALID_FIELD);
  expect_unused(v1::Command(), v1::CODE_INVALID_FIELD);
  v1::Command of_another = test::order(1, v1::SIDE_SELL, 100, 1);
  of_another.set_account_id(2);
  expect_unused(of_another, v1::CODE_NOT_PERMITTED);
  v1::Command fund;
  fund.mutable_fund()->set_currency_id(1);
  fund.mutable_fund()->set_amount_fen(1);
  fund.mutable_fund()->set_reference("a");
  expect_unused(fund, v1::CODE_NOT_PERMITTED);
  v1::Command keep_alive;
  keep_alive.mutable_heartbeat();
  expect_unused(keep_alive, v1::CODE_INVALID_FIELD);
  v1::Command asked = cancel_of(999);
  asked.set_validate_only(true);
  expect_unused(asked, v1::CODE_UNKNOWN_ORDER);
  asked = test::order(1, v1::SIDE_SELL, 100, 1);
  asked.set_validate_only(true);
  expect_unused(asked, v1::CODE_OK);
}

TEST_F(Numbering, a_code_below_100_with_a_sequence_has_used_its_number_up) {
  expect_used(cancel_of(999), v1::CODE_UNKNOWN_ORDER);
  expect_used(test::order(99, v1::SIDE_SELL, 100, 1), v1::CODE_UNKNOWN_INSTRUMENT);
  expect_used(test::order(1, v1::SIDE_SELL, 0, 1), v1::CODE_PRICE_OUT_OF_BOUNDS);
}

TEST_F(Numbering, codes_1_to_6_say_of_the_number_itself_that_it_is_not_the_next) {
  const v1::Command order = test::order(1, v1::SIDE_SELL, 100, 1);
  next_ = 3;
  const v1::Reply gap = send(order);
  EXPECT_EQ(gap.code(), v1::CODE_SEQ_GAP);
  EXPECT_EQ(gap.value(), 1);
  EXPECT_NE(gap.sequence(), 0U);
  next_ = 1;
  expect_next_is_good();
  next_ = 1;
  const v1::Reply conflict = send(test::order(1, v1::SIDE_SELL, 101, 1));
  EXPECT_EQ(conflict.code(), v1::CODE_IDEMPOTENCY_CONFLICT);
  next_ = 2;
  expect_next_is_good();
}

}  // namespace
}  // namespace karst
