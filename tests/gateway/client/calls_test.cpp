// The typed calls: every command has one, every question has one, and refusals are told apart.
#include "gateway/client/calls.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using gateway::CallFor;
using test::TestExchange;

class Calls : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.start();
    exchange_.make_market();
  }

  [[nodiscard]] v1::PlaceOrder sell(std::int64_t limit, std::uint32_t lots) const {
    return test::order(exchange_.instrument(), v1::SIDE_SELL, limit, lots).place_order();
  }

  TestExchange exchange_;
};

/// The code of an answer; the call must have been answered.
v1::Code code(const Result<v1::Reply>& reply) {
  EXPECT_TRUE(reply.ok()) << (reply ? "" : reply.error().text());
  return reply ? reply->code() : v1::CODE_BUSY;
}

TEST_F(Calls, an_order_lives_through_all_of_a_merchants_commands) {
  const auto alice = exchange_.connect(test::alice);
  const Result<v1::Reply> placed = gateway::call(*alice, sell(100, 10));
  ASSERT_EQ(code(placed), v1::CODE_OK);
  v1::AmendOrder amend;
  amend.set_order_id(placed->order_id());
  amend.set_limit_ticks(101);
  amend.set_quantity_lots(8);
  EXPECT_EQ(code(gateway::call(*alice, amend)), v1::CODE_OK);
  v1::HibernateOrder hibernate;
  hibernate.set_order_id(placed->order_id());
  EXPECT_EQ(code(gateway::call(*alice, hibernate)), v1::CODE_OK);
  v1::ReactivateOrder reactivate;
  reactivate.set_order_id(placed->order_id());
  EXPECT_EQ(code(gateway::call(*alice, reactivate)), v1::CODE_OK);
  const Result<v1::Orders> orders = gateway::orders(*alice);
  ASSERT_TRUE(orders) << orders.error().text();
  ASSERT_EQ(orders->orders_size(), 1);
  EXPECT_EQ(orders->orders(0).limit_ticks(), 101);
  EXPECT_EQ(orders->orders(0).leaves_lots(), 8U);
  v1::CancelOrder cancel;
  cancel.set_order_id(placed->order_id());
  EXPECT_EQ(code(gateway::call(*alice, cancel)), v1::CODE_OK);
  EXPECT_EQ(code(gateway::call(*alice, cancel)), v1::CODE_UNKNOWN_ORDER);
  EXPECT_EQ(code(gateway::call(*alice, v1::MassCancel())), v1::CODE_OK);
  EXPECT_EQ(code(gateway::call(*alice, v1::SetDeadMan())), v1::CODE_OK);
  EXPECT_EQ(code(gateway::call(*alice, v1::PostOffer())), v1::CODE_UNKNOWN_INSTRUMENT);
}

TEST_F(Calls, validate_only_uses_no_number_and_makes_no_order) {
  const auto alice = exchange_.connect(test::alice);
  const Result<v1::Reply> checked =
      gateway::call(*alice, sell(100, 10), CallFor{.validate_only = true});
  EXPECT_EQ(code(checked), v1::CODE_OK);
  EXPECT_TRUE(checked->validated_only());
  EXPECT_EQ(alice->next_client_seq(), 1U);
  EXPECT_EQ(gateway::orders(*alice)->orders_size(), 0);
}

TEST_F(Calls, orders_are_all_there_whatever_number_of_pages_they_take) {
  exchange_.stop();
  exchange_.set_config("commands_burst", "2000");
  exchange_.start();
  const auto alice = exchange_.connect(test::alice);
  constexpr int count = 620;  // a page is 500
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(code(gateway::call(*alice, sell(100 + i, 1))), v1::CODE_OK);
  }
  const Result<v1::Orders> orders = gateway::orders(*alice);
  ASSERT_TRUE(orders) << orders.error().text();
  ASSERT_EQ(orders->orders_size(), count);
  for (int i = 0; i < count; ++i) EXPECT_EQ(orders->orders(i).limit_ticks(), 100 + i);
  // A page at a time, while what was on the last page goes away.
  v1::Request request;
  v1::QueryOrders& query = *request.mutable_query_orders();
  query.set_limit(100);
  int seen = 0;
  int cancelled = 0;
  for (bool has_more = true; has_more;) {
    const v1::Orders page = test::ask(*alice, request).orders();
    ASSERT_LE(page.orders_size(), 100);
    for (const v1::OpenOrder& it : page.orders()) EXPECT_EQ(it.limit_ticks(), 100 + seen++);
    v1::CancelOrder last;
    last.set_order_id(page.orders(page.orders_size() - 1).order_id());
    ASSERT_EQ(code(gateway::call(*alice, last)), v1::CODE_OK);
    ++cancelled;
    has_more = page.has_more();
    EXPECT_EQ(page.next_cursor().empty(), !has_more);
    query.set_cursor(page.next_cursor());
  }
  EXPECT_EQ(seen, count);
  query.set_cursor("of another kind");
  EXPECT_EQ(test::ask(*alice, request).reply().field(), "cursor");
  query.clear_cursor();
  const int left = count - cancelled;
  query.set_skip(static_cast<std::uint32_t>(left - 13));
  EXPECT_EQ(test::ask(*alice, request).orders().orders_size(), 13);
  query.set_skip(20'001);
  EXPECT_EQ(test::ask(*alice, request).reply().field(), "skip");
}

/// Carries out `command` so many times, many at once.
void call_often(gateway::Client& client, const v1::Command& command, int count) {
  constexpr int unanswered_max = 1'000;
  int answered = 0;
  int refused = 0;
  client.handlers().on_reply = [&](const v1::Reply& reply) {
    ++answered;
    refused += reply.code() == v1::CODE_OK ? 0 : 1;
  };
  for (int sent = 0; answered < count;) {
    for (; sent < count && sent - answered < unanswered_max; ++sent) {
      v1::Request request;
      *request.mutable_command() = command;
      request.mutable_command()->set_client_seq(client.next_client_seq());
      client.set_next_client_seq(client.next_client_seq() + 1);
      client.queue(request);
    }
    ASSERT_TRUE(client.flush());
    const Result<bool> came = client.poll(30'000);
    ASSERT_TRUE(came && *came);
  }
  EXPECT_EQ(refused, 0);
  client.handlers().on_reply = {};
}

TEST_F(Calls, a_page_of_orders_is_not_empty_while_there_are_more) {
  exchange_.stop();
  exchange_.set_config("commands_burst", "1000000");
  exchange_.set_config("commands_per_second", "1000000");
  exchange_.start();
  const auto bob = exchange_.connect(test::bob);
  constexpr int count = 33'200;  // more than one question looks at without something to show
  call_often(*bob, test::order(exchange_.instrument(), v1::SIDE_BUY, 1, 1), count);
  v1::Request request;
  v1::QueryOrders& query = *request.mutable_query_orders();
  query.set_limit(1);
  query.set_skip(20'000);
  const v1::Orders middle = test::ask(*bob, request).orders();
  query.set_cursor(middle.next_cursor());
  query.set_skip(12'999);
  const v1::Orders late = test::ask(*bob, request).orders();
  ASSERT_EQ(late.orders_size(), 1);
  ASSERT_TRUE(late.has_more());
  // The order that the cursor stands at goes: the exchange finds its place from the oldest on.
  v1::CancelOrder cancel;
  cancel.set_order_id(late.orders(0).order_id());
  ASSERT_EQ(code(gateway::call(*bob, cancel)), v1::CODE_OK);
  query.clear_skip();
  query.set_cursor(late.next_cursor());
  query.set_limit(500);
  int rest = 0;
  for (bool has_more = true; has_more;) {
    const v1::Orders page = test::ask(*bob, request).orders();
    ASSERT_GT(page.orders_size(), 0);
    rest += page.orders_size();
    query.set_cursor(page.next_cursor());
    has_more = page.has_more();
  }
  EXPECT_EQ(rest, count - 33'001);
}

TEST_F(Calls, questions_answer_about_oneself_and_refuse_what_is_not_ones_own) {
  const auto bob = exchange_.connect(test::bob);
  const auto alice = exchange_.connect(test::alice);
  ASSERT_EQ(code(gateway::call(*alice, sell(100, 10))), v1::CODE_OK);
  v1::PlaceOrder buy = sell(100, 4);
  buy.set_side(v1::SIDE_BUY);
  buy.set_draw(v1::DRAW_UNSPECIFIED);
  const Result<v1::Reply> bought = gateway::call(*bob, buy);
  ASSERT_EQ(code(bought), v1::CODE_OK);
  const Result<v1::Balances> balances = gateway::balances(*bob);
  ASSERT_TRUE(balances);
  EXPECT_EQ(balances->balances(0).currency(), "CNY");
  EXPECT_EQ(balances->balances(0).available_fen(), 1'000'000'000 - 400);
  const Result<v1::Holdings> holdings = gateway::holdings(*bob);
  ASSERT_TRUE(holdings);
  ASSERT_EQ(holdings->holdings_size(), 1);
  EXPECT_EQ(holdings->holdings(0).free_lots(), 4U);
  const Result<v1::Events> events = gateway::events(*bob, bought->event_number() - 1);
  ASSERT_TRUE(events);
  const Result<v1::Balances> other = gateway::balances(*bob, test::alice.account);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::not_found) << other.error().text();
  const Result<v1::Events> too_many = gateway::events(*bob, 0, 501);
  ASSERT_FALSE(too_many);
  EXPECT_NE(too_many.error().text().find("INVALID_FIELD"), std::string::npos);
  EXPECT_NE(too_many.error().text().find("limit"), std::string::npos);
}

TEST_F(Calls, operators_act_for_merchants_and_see_the_exchange) {
  const auto op = exchange_.connect(test::operator_key);
  v1::Halt halt;
  halt.set_instrument_id(exchange_.instrument());
  EXPECT_EQ(code(gateway::call(*op, halt)), v1::CODE_OK);
  v1::Resume resume;
  resume.set_instrument_id(exchange_.instrument());
  EXPECT_EQ(code(gateway::call(*op, resume)), v1::CODE_OK);
  v1::AcceptClock word;
  word.set_step_ns(1);
  EXPECT_EQ(code(gateway::call(*op, word)), v1::CODE_WRONG_STATE) << "nothing is held";
  v1::Fund fund;
  fund.set_currency_id(1);
  fund.set_amount_fen(5);
  fund.set_reference("a bank reference");
  EXPECT_EQ(code(gateway::call(*op, fund, CallFor{.account = test::bob.account})), v1::CODE_OK);
  EXPECT_EQ(gateway::balances(*op, test::bob.account)->balances(0).available_fen(), 1'000'000'005);
  const Result<v1::Status> status = gateway::status(*op);
  ASSERT_TRUE(status);
  EXPECT_GT(status->last_sequence(), 0U);
  const Result<v1::AccessLog> accesses = gateway::access_log(*op);
  ASSERT_TRUE(accesses);
  ASSERT_GE(accesses->accesses_size(), 2);  // newest first: this question, then the one before
  EXPECT_EQ(accesses->accesses(1).question(), "QueryBalances");
  EXPECT_EQ(accesses->accesses(1).account_id(), test::bob.account);
  v1::QueryTransactions all;
  all.set_everyone(true);
  EXPECT_TRUE(gateway::transactions(*op, all));
  const Result<v1::Proposals> waiting = gateway::proposals(*op);
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(waiting->four_eyes());
  EXPECT_EQ(waiting->proposals_size(), 0);
}

}  // namespace
}  // namespace karst
