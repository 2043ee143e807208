// What one operator asks for and another confirms, as their sessions hear of it.
#include <gtest/gtest.h>

#include <string>

#include "engine/command/enclosed.hpp"
#include "tests/gateway/daemon/local_exchange.hpp"

namespace karst {
namespace {

using test::LocalClient;
using test::LocalExchange;

/// An exchange where what is dangerous takes two operators, and both of them.
struct FourEyes {
  FourEyes() {
    exchange.make_market();
    exchange.begin_four_eyes();
    first.log_on(test::operator_key);
    second.log_on(test::second_operator);
  }

  v1::Reply propose(const v1::Command& command) {
    v1::Command proposal;
    *proposal.mutable_propose()->mutable_command() = command;
    return first.command(proposal);
  }
  /// What waits, as `client` is told.
  static v1::Proposals waiting(LocalClient& client) {
    v1::Request request;
    request.set_request_id(5);
    static_cast<void>(request.mutable_query_proposals());
    const auto answer = client.send(request);
    EXPECT_EQ(answer.size(), 1U);
    return answer.empty() ? v1::Proposals() : answer[0].proposals();
  }
  /// Says yes to the newest that waits.
  v1::Command confirmation() {
    const v1::Proposals all = waiting(second);
    EXPECT_FALSE(all.proposals().empty());
    v1::Command command;
    if (all.proposals().empty()) return command;
    const v1::Proposal& newest = *all.proposals().rbegin();
    command.mutable_confirm()->set_proposal_id(newest.proposal_id());
    command.mutable_confirm()->set_hash(newest.hash());
    return command;
  }

  LocalExchange exchange;
  LocalClient first{exchange};
  LocalClient second{exchange};
};

v1::Command exit_of(std::uint32_t account) {
  v1::Command command;
  command.set_account_id(account);
  command.mutable_set_merchant_state()->set_state(v1::MERCHANT_STATE_EXITED);
  return command;
}

TEST(FourEyesTest, what_is_dangerous_is_proposed_by_one_operator_and_confirmed_by_another) {
  FourEyes eyes;
  EXPECT_EQ(eyes.first.command(exit_of(3)).code(), v1::CODE_NEEDS_TWO);
  const v1::Reply proposed = eyes.propose(exit_of(3));
  EXPECT_EQ(proposed.code(), v1::CODE_OK) << proposed.ShortDebugString();
  EXPECT_EQ(proposed.waiting_proposal_id(), proposed.sequence());
  const v1::Proposals all = FourEyes::waiting(eyes.second);
  ASSERT_EQ(all.proposals_size(), 1);
  EXPECT_TRUE(all.four_eyes());
  EXPECT_EQ(all.proposals(0).proposal_id(), proposed.sequence());
  EXPECT_EQ(all.proposals(0).key_id(), test::operator_key.key);
  EXPECT_EQ(all.proposals(0).command().account_id(), 3U);
  EXPECT_EQ(all.proposals(0).command().set_merchant_state().state(), v1::MERCHANT_STATE_EXITED);

  v1::Command yes = eyes.confirmation();
  EXPECT_EQ(eyes.first.command(yes).code(), v1::CODE_OWN_PROPOSAL);
  LocalClient trader(eyes.exchange);
  trader.log_on(test::alice);
  EXPECT_EQ(trader.command(yes).code(), v1::CODE_NOT_PERMITTED);
  v1::Command other = yes;
  other.mutable_confirm()->set_hash(std::string(32, 'h'));
  EXPECT_EQ(eyes.second.command(other).code(), v1::CODE_PROPOSAL_DIFFERS);
  other = yes;
  *other.mutable_confirm()->mutable_command() = exit_of(2);
  EXPECT_EQ(eyes.second.command(other).code(), v1::CODE_PROPOSAL_DIFFERS);

  const v1::Reply done = eyes.second.command(yes);
  EXPECT_EQ(done.code(), v1::CODE_OK) << done.ShortDebugString();
  EXPECT_EQ(done.waiting_proposal_id(), 0U);
  EXPECT_EQ(eyes.exchange.engine.account(AccountId{3})->state, MerchantState::exited);
  EXPECT_EQ(eyes.second.command(yes).code(), v1::CODE_UNKNOWN_PROPOSAL);
  EXPECT_EQ(FourEyes::waiting(eyes.second).proposals_size(), 0);
  // What is not dangerous needs one pair of eyes only.
  v1::Command suspend = exit_of(2);
  suspend.mutable_set_merchant_state()->set_state(v1::MERCHANT_STATE_SUSPENDED);
  EXPECT_EQ(eyes.first.command(suspend).code(), v1::CODE_OK);
}

TEST(FourEyesTest, one_operator_alone_never_makes_two) {
  FourEyes eyes;
  v1::Command key;
  key.set_use_exchange_account(true);
  key.mutable_create_key()->set_key_id(40);
  key.mutable_create_key()->set_scopes(scope::operate);
  key.mutable_create_key()->set_public_key(std::string(32, 'k'));
  EXPECT_EQ(eyes.first.command(key).code(), v1::CODE_NEEDS_TWO);
  v1::Command off;
  off.mutable_set_four_eyes();
  EXPECT_EQ(eyes.first.command(off).code(), v1::CODE_NEEDS_TWO);
  v1::Command revoke;
  revoke.mutable_revoke_key()->set_key_id(test::second_operator.key);
  EXPECT_EQ(eyes.first.command(revoke).code(), v1::CODE_TOO_FEW_OPERATORS);
  // Not by the exchange itself either, which says what stands in the configuration.
  Command own;
  own.type = CommandType::create_key;
  own.create_key.new_key = KeyId{40};
  own.create_key.scopes = scope::operate;
  eyes.exchange.command(own);
  EXPECT_EQ(eyes.exchange.engine.key(KeyId{40}), nullptr);
  Command proposal;
  proposal.type = CommandType::propose;
  proposal.propose->command = enclose(own);
  eyes.exchange.command(proposal);
  const v1::Command yes = eyes.confirmation();
  const v1::Reply one = eyes.first.command(yes);
  EXPECT_EQ(one.code(), v1::CODE_OK);
  EXPECT_NE(one.waiting_proposal_id(), 0U) << "one of the two has said yes";
  EXPECT_EQ(eyes.exchange.engine.key(KeyId{40}), nullptr);
  EXPECT_EQ(eyes.first.command(yes).code(), v1::CODE_OWN_PROPOSAL);
  EXPECT_EQ(eyes.second.command(yes).waiting_proposal_id(), 0U);
  ASSERT_NE(eyes.exchange.engine.key(KeyId{40}), nullptr);
  EXPECT_NE(eyes.exchange.hub.find_key(KeyId{40}), nullptr) << "it may log on";
}

TEST(FourEyesTest, who_is_revoked_hears_the_answer_first_and_proposes_nothing_any_more) {
  FourEyes eyes;
  v1::Command third;
  third.set_use_exchange_account(true);
  third.mutable_create_key()->set_key_id(40);
  third.mutable_create_key()->set_scopes(scope::operate);
  third.mutable_create_key()->set_public_key(std::string(32, 'k'));
  EXPECT_EQ(eyes.propose(third).code(), v1::CODE_OK);
  EXPECT_EQ(eyes.second.command(eyes.confirmation()).code(), v1::CODE_OK);
  v1::Command of_second;
  *of_second.mutable_propose()->mutable_command() = exit_of(3);
  EXPECT_EQ(eyes.second.command(of_second).code(), v1::CODE_OK);
  v1::Command revoke;
  revoke.mutable_revoke_key()->set_key_id(test::second_operator.key);
  EXPECT_EQ(eyes.propose(revoke).code(), v1::CODE_OK);
  EXPECT_EQ(FourEyes::waiting(eyes.first).proposals_size(), 2);
  const v1::Reply last = eyes.second.command(eyes.confirmation());
  EXPECT_EQ(last.code(), v1::CODE_OK) << last.ShortDebugString();
  EXPECT_NE(last.sequence(), 0U);
  EXPECT_EQ(eyes.second.farewell(), v1::CODE_KEY_REVOKED);
  EXPECT_EQ(FourEyes::waiting(eyes.first).proposals_size(), 0) << "nobody could confirm it";
  // Nor when the exchange starts anew.
  eyes.exchange.hub.begin_with(eyes.exchange.engine);
  EXPECT_EQ(FourEyes::waiting(eyes.first).proposals_size(), 0);
}

TEST(FourEyesTest, money_above_the_bound_takes_two) {
  FourEyes eyes;
  v1::Command fund;
  fund.set_account_id(2);
  fund.mutable_fund()->set_currency_id(1);
  fund.mutable_fund()->set_amount_fen(1'000'000);
  fund.mutable_fund()->set_reference("small");
  EXPECT_EQ(eyes.first.command(fund).code(), v1::CODE_OK);
  fund.mutable_fund()->set_amount_fen(1'000'001);
  fund.mutable_fund()->set_reference("large");
  EXPECT_EQ(eyes.first.command(fund).code(), v1::CODE_NEEDS_TWO);
  EXPECT_EQ(eyes.propose(fund).code(), v1::CODE_OK);
  v1::Command retract;
  retract.mutable_retract()->set_proposal_id(eyes.confirmation().confirm().proposal_id());
  EXPECT_EQ(eyes.second.command(retract).code(), v1::CODE_OK);
  EXPECT_EQ(eyes.second.command(retract).code(), v1::CODE_UNKNOWN_PROPOSAL);
  EXPECT_EQ(eyes.propose(fund).code(), v1::CODE_OK);
  EXPECT_EQ(eyes.second.command(eyes.confirmation()).code(), v1::CODE_OK);
  EXPECT_EQ(eyes.exchange.engine.balance(AccountId{2}, CurrencyId{1}).available.value(),
            1'000'000'000 + 2'000'001);
  EXPECT_EQ(eyes.propose(fund).code(), v1::CODE_ALREADY_EXISTS) << "this reference moved it";
}

TEST(FourEyesTest, what_would_be_refused_is_not_put_before_a_second_operator) {
  FourEyes eyes;
  v1::Command delist;
  delist.mutable_set_instrument_state()->set_instrument_id(99);
  delist.mutable_set_instrument_state()->set_state(v1::INSTRUMENT_STATE_DELISTED);
  v1::Command order = test::order(1, v1::SIDE_SELL, 100, 1);
  EXPECT_EQ(eyes.propose(exit_of(99)).code(), v1::CODE_UNKNOWN_ACCOUNT);
  EXPECT_EQ(eyes.propose(delist).code(), v1::CODE_UNKNOWN_INSTRUMENT);
  const v1::Reply refused = eyes.propose(order);
  EXPECT_EQ(refused.code(), v1::CODE_INVALID_FIELD);
  EXPECT_EQ(refused.field(), "command") << "nobody proposes an order";
  v1::Command numbered = exit_of(3);
  numbered.set_client_seq(1);
  EXPECT_EQ(eyes.propose(numbered).field(), "client_seq");
  EXPECT_EQ(FourEyes::waiting(eyes.second).proposals_size(), 0);
  LocalClient trader(eyes.exchange);
  trader.log_on(test::alice);
  v1::Request request;
  static_cast<void>(request.mutable_query_proposals());
  EXPECT_EQ(trader.send(request).at(0).reply().code(), v1::CODE_NOT_PERMITTED);
}

TEST(FourEyesTest, a_field_that_only_the_engine_finds_wrong_is_named) {
  FourEyes eyes;
  v1::Command currency;
  currency.mutable_define_currency()->set_currency_id(60'000);
  currency.mutable_define_currency()->set_code("XYZ");
  const v1::Reply refused = eyes.first.command(currency);
  EXPECT_EQ(refused.code(), v1::CODE_INVALID_FIELD);
  EXPECT_NE(refused.sequence(), 0U);
  EXPECT_EQ(refused.field(), "currency_id");
}

}  // namespace
}  // namespace karst
