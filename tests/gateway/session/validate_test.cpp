// validate_only through a session: the code of the very command that follows, and no trace of it.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "schemas/translate/translate.hpp"
#include "tests/gateway/daemon/local_exchange.hpp"
#include "tests/schemas/translate/random_command.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::LocalClient;
using test::LocalExchange;

class Validate : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.make_market();
    operator_.log_on(test::operator_key);
    alice_.log_on(test::alice);
    bob_.log_on(test::bob);
  }

  /// Anything at all, from the operator; but it leaves the keys of this test alive.
  v1::Command any_command() {
    const auto& types = all_commands;
    Command command = test::random_command(types[random_.below(types.size())], random_);
    if (command.type == CommandType::revoke_key) command.revoke_key.revoked_key = KeyId{60};
    v1::Command wire;
    schemas::to_wire(command, wire);
    wire.set_client_seq(0);
    if (random_.chance(1, 2))
      wire.set_account_id(static_cast<std::uint32_t>(random_.between(3, 5)));
    return wire;
  }
  /// Something a merchant does, most often possible.
  v1::Command trading_command() {
    v1::Command command;
    if (!orders_.empty() && random_.chance(1, 3)) {
      const std::uint64_t order = orders_[random_.below(orders_.size())];
      command.mutable_cancel_order()->set_order_id(order);
    } else if (!orders_.empty() && random_.chance(1, 4)) {
      v1::AmendOrder& amend = *command.mutable_amend_order();
      amend.set_order_id(orders_[random_.below(orders_.size())]);
      amend.set_limit_ticks(static_cast<std::int64_t>(random_.between(90, 110)));
      amend.set_quantity_lots(static_cast<std::uint32_t>(random_.between(1, 20)));
    } else {
      const auto side = random_.chance(1, 2) ? v1::SIDE_SELL : v1::SIDE_BUY;
      command = test::order(static_cast<std::uint32_t>(random_.between(1, 2)), side,
                            static_cast<std::int64_t>(random_.between(90, 110)),
                            static_cast<std::uint32_t>(random_.between(1, 20)));
    }
    return command;
  }

  LocalExchange exchange_;
  LocalClient operator_{exchange_};
  LocalClient alice_{exchange_};
  LocalClient bob_{exchange_};
  Random random_{test::seed_of_run()};
  std::vector<std::uint64_t> orders_;
};

TEST_F(Validate, has_the_code_of_the_command_right_after_it_and_changes_nothing) {
  const std::int64_t steps = test::effort(5'000);
  std::map<v1::Code, std::uint64_t> codes;
  for (std::int64_t i = 0; i < steps; ++i) {
    const bool is_trading = random_.chance(4, 5);
    const std::array<LocalClient*, 2> merchants{&alice_, &bob_};
    LocalClient& client = is_trading ? *merchants[random_.below(2)] : operator_;
    v1::Command command = is_trading ? trading_command() : any_command();
    const bool is_pending = exchange_.engine.has_pending_work();
    const std::uint64_t before = exchange_.engine.state_hash();
    const std::uint64_t sequence = exchange_.engine.sequence();
    command.set_validate_only(true);
    const v1::Reply foretold = client.command(command);
    ASSERT_EQ(exchange_.engine.state_hash(), before) << command.ShortDebugString();
    ASSERT_EQ(exchange_.engine.sequence(), sequence);
    command.set_validate_only(false);
    const v1::Reply reply = client.command(command);
    if (reply.code() == v1::CODE_OK && reply.order_id() != 0) orders_.push_back(reply.order_id());
    exchange_.pass_ms(1);
    if (is_pending) continue;  // what is left over comes before the command
    ASSERT_EQ(foretold.code(), reply.code()) << command.ShortDebugString();
    ASSERT_EQ(foretold.value(), reply.value()) << command.ShortDebugString();
    ASSERT_EQ(foretold.field(), reply.field()) << command.ShortDebugString();
    ASSERT_EQ(foretold.is_repeated(), reply.is_repeated()) << command.ShortDebugString();
    ++codes[reply.code()];
  }
  EXPECT_GT(codes[v1::CODE_OK], 0U);
  std::printf("%zu codes, %llu OK\n", codes.size(),
              static_cast<unsigned long long>(codes[v1::CODE_OK]));
}

TEST_F(Validate, says_that_it_takes_two_and_keeps_nothing_for_it) {
  exchange_.begin_four_eyes();
  v1::Command command;
  command.set_account_id(3);
  command.set_validate_only(true);
  command.mutable_set_merchant_state()->set_state(v1::MERCHANT_STATE_EXITED);
  const v1::Reply reply = operator_.command(command);
  EXPECT_EQ(reply.code(), v1::CODE_NEEDS_TWO);
  EXPECT_TRUE(reply.validated_only());
  v1::Command proposal;
  proposal.set_validate_only(true);
  *proposal.mutable_propose()->mutable_command() = command;
  proposal.mutable_propose()->mutable_command()->clear_validate_only();
  EXPECT_EQ(operator_.command(proposal).code(), v1::CODE_OK);
  EXPECT_TRUE(exchange_.engine.proposals().empty());
}

TEST_F(Validate, a_number_is_checked_but_not_used_up) {
  v1::Command command = test::order(1, v1::SIDE_SELL, 100, 1);
  command.set_validate_only(true);
  command.set_client_seq(7);
  const v1::Reply gap = alice_.command(command);
  EXPECT_EQ(gap.code(), v1::CODE_SEQ_GAP);
  EXPECT_EQ(gap.value(), 1);
  command.set_client_seq(1);
  EXPECT_EQ(alice_.command(command).code(), v1::CODE_OK);
  command.set_validate_only(false);
  EXPECT_FALSE(alice_.command(command).is_repeated());
  command.set_validate_only(true);
  const v1::Reply again = alice_.command(command);
  EXPECT_EQ(again.code(), v1::CODE_OK);
  EXPECT_TRUE(again.is_repeated());
}

}  // namespace
}  // namespace karst
