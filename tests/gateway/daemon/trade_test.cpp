// Trading over TLS with a real exchange: from order to durable acknowledgement, fills and queries.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include "gateway/client/event_reconciler.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using test::TestExchange;

class Trade : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.start();
    exchange_.make_market();
  }
  TestExchange exchange_;
};

TEST_F(Trade, an_order_over_tls_is_acknowledged_once_it_is_durable) {
  const auto alice = exchange_.connect(test::alice);
  const v1::Reply reply =
      test::call(*alice, test::order(exchange_.instrument(), v1::SIDE_SELL, 100, 10));
  EXPECT_EQ(reply.code(), v1::CODE_OK) << reply.ShortDebugString();
  EXPECT_GT(reply.sequence(), 0U);
  EXPECT_GT(reply.event_number(), 0U);
  EXPECT_GT(reply.order_id(), 0U);
  EXPECT_EQ(reply.client_seq(), 1U);
  EXPECT_LE(reply.gateway_in_ns(), reply.engine_ns());
  EXPECT_LE(reply.engine_ns(), reply.gateway_out_ns());
}

TEST_F(Trade, both_sides_of_a_trade_get_their_fill_in_their_own_log) {
  gateway::ClientConfig config = exchange_.client_config(test::alice);
  config.follow_events = true;
  std::vector<v1::Event> events;
  config.handlers.on_event = [&](const v1::Event& event) { events.push_back(event); };
  auto followed = gateway::Client::connect(config);
  ASSERT_TRUE(followed) << followed.error().text();
  gateway::Client& alice = **followed;
  const auto bob = exchange_.connect(test::bob);
  ASSERT_EQ(test::call(alice, test::order(1, v1::SIDE_SELL, 100, 10)).code(), v1::CODE_OK);
  ASSERT_EQ(test::call(*bob, test::order(1, v1::SIDE_BUY, 120, 4)).code(), v1::CODE_OK);
  while (events.empty() || !events.back().has_fill()) {
    const Result<bool> came = alice.poll(5'000);
    ASSERT_TRUE(came && *came);
  }
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].number(), i + 1);
  const v1::Fill& fill = events.back().fill();
  EXPECT_EQ(fill.price_ticks(), 100);
  EXPECT_EQ(fill.quantity_lots(), 4U);
  EXPECT_EQ(fill.leaves_lots(), 6U);
  EXPECT_FALSE(fill.is_taker());
  EXPECT_EQ(fill.side(), v1::SIDE_SELL);

  v1::Request query;
  query.mutable_query_events();
  const v1::Response answer = test::ask(*bob, query);
  ASSERT_GT(answer.events().events_size(), 0);
  for (const v1::Event& event : answer.events().events()) EXPECT_EQ(event.account_id(), 2U);
}

TEST_F(Trade, orders_balances_and_holdings_are_answered_as_of_a_command) {
  const auto alice = exchange_.connect(test::alice);
  const auto bob = exchange_.connect(test::bob);
  const v1::Reply sell = test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 10));
  const v1::Reply buy = test::call(*bob, test::order(1, v1::SIDE_BUY, 100, 4));
  v1::Request query;
  query.mutable_query_orders();
  const v1::Response orders = test::ask(*alice, query);
  ASSERT_EQ(orders.orders().orders_size(), 1);
  EXPECT_EQ(orders.orders().orders(0).order_id(), sell.order_id());
  EXPECT_EQ(orders.orders().orders(0).leaves_lots(), 6U);
  EXPECT_EQ(orders.orders().orders(0).filled_lots(), 4U);
  EXPECT_GE(orders.orders().as_of_sequence(), buy.sequence());
  query.mutable_query_balances();
  const v1::Response balances = test::ask(*bob, query);
  ASSERT_EQ(balances.balances().balances_size(), 1);
  EXPECT_EQ(balances.balances().balances(0).available_fen(), 1'000'000'000 - 400);
  query.mutable_query_holdings();
  const v1::Response holdings = test::ask(*bob, query);
  ASSERT_EQ(holdings.holdings().holdings_size(), 1);
  EXPECT_EQ(holdings.holdings().holdings(0).free_lots(), 4U);
  EXPECT_EQ(holdings.holdings().holdings(0).row(), v1::DRAW_HOLDING);
}

TEST_F(Trade, settled_transactions_come_from_the_ledger_and_show_a_merchant_its_own_legs) {
  const auto alice = exchange_.connect(test::alice);
  const auto bob = exchange_.connect(test::bob);
  ASSERT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 10)).code(), v1::CODE_OK);
  const v1::Reply buy = test::call(*bob, test::order(1, v1::SIDE_BUY, 100, 4));
  const auto transactions = [&](gateway::Client& client, bool everyone) {
    v1::Request query;
    query.mutable_query_transactions()->set_everyone(everyone);
    v1::Response answer;
    for (int i = 0; i < 1'000 && answer.transactions().transactions_size() < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the ledger may lag a little
      answer = test::ask(client, query);
    }
    return answer.transactions();
  };
  const v1::Transactions own = transactions(*bob, false);
  ASSERT_GE(own.transactions_size(), 2);
  for (const v1::Transaction& it : own.transactions()) {
    EXPECT_TRUE(it.record().empty());
    for (const v1::Leg& leg : it.legs()) EXPECT_EQ(leg.account() >> 3U, test::bob.account);
  }
  const auto auditor = exchange_.connect(test::auditor);
  const v1::Transactions all = transactions(*auditor, true);
  EXPECT_GT(all.transactions_size(), own.transactions_size());
  for (int i = 0; i < all.transactions_size(); ++i) {
    const v1::Transaction& it = all.transactions(i);
    EXPECT_EQ(it.seq(), static_cast<std::uint64_t>(i));
    EXPECT_FALSE(it.record().empty());
    std::map<std::uint32_t, std::int64_t> sums;
    for (const v1::Leg& leg : it.legs()) sums[leg.asset()] += leg.amount();
    for (const auto& [asset, sum] : sums) EXPECT_EQ(sum, 0) << "record " << it.seq();
  }
  v1::Request query;
  query.mutable_query_access_log();
  EXPECT_GE(test::ask(*auditor, query).access_log().accesses_size(), 1);
  query.mutable_query_transactions()->set_everyone(true);
  EXPECT_EQ(test::ask(*bob, query).reply().code(), v1::CODE_NOT_PERMITTED);
  EXPECT_GT(buy.sequence(), 0U);
}

TEST_F(Trade, market_data_comes_on_the_same_connection) {
  std::vector<v1::MarketData> data;
  gateway::ClientConfig config = exchange_.client_config(test::bob);
  config.handlers.on_market_data = [&](const v1::MarketData& it) { data.push_back(it); };
  auto connected = gateway::Client::connect(config);
  ASSERT_TRUE(connected);
  gateway::Client& bob = **connected;
  v1::Request request;
  request.mutable_subscribe()->add_schemas(v1::FEED_SCHEMA_TRADES);
  request.mutable_subscribe()->add_schemas(v1::FEED_SCHEMA_MBO);
  bob.queue(request);
  ASSERT_TRUE(bob.flush());
  const auto alice = exchange_.connect(test::alice);
  ASSERT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 10)).code(), v1::CODE_OK);
  ASSERT_EQ(test::call(bob, test::order(1, v1::SIDE_BUY, 100, 4)).code(), v1::CODE_OK);
  const auto traded = [&] {
    for (const v1::MarketData& it : data) {
      for (const v1::TradePrint& trade : it.update().trades()) {
        if (trade.quantity_lots() == 4 && trade.price_ticks() == 100) return true;
      }
    }
    return false;
  };
  while (!traded()) {
    const Result<bool> came = bob.poll(5'000);
    ASSERT_TRUE(came && *came);
  }
}

TEST_F(Trade, open_orders_follow_from_the_events_alone) {
  gateway::EventReconciler orders;
  gateway::ClientConfig config = exchange_.client_config(test::alice);
  config.follow_events = true;
  config.handlers.on_event = [&](const v1::Event& event) {
    EXPECT_EQ(orders.take(event), gateway::EventReconciler::Took::next);
    EXPECT_EQ(orders.take(event), gateway::EventReconciler::Took::repeated);
  };
  auto connected = gateway::Client::connect(config);
  ASSERT_TRUE(connected);
  gateway::Client& alice = **connected;
  const auto bob = exchange_.connect(test::bob);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 8; ++i) {
    ids.push_back(test::call(alice, test::order(1, v1::SIDE_SELL, 100 + i, 10)).order_id());
  }
  v1::Command command;
  command.mutable_amend_order()->set_order_id(ids[3]);
  command.mutable_amend_order()->set_limit_ticks(300);
  command.mutable_amend_order()->set_quantity_lots(7);
  EXPECT_EQ(test::call(alice, command).code(), v1::CODE_OK);
  command.mutable_cancel_order()->set_order_id(ids[5]);
  EXPECT_EQ(test::call(alice, command).code(), v1::CODE_OK);
  command.mutable_hibernate_order()->set_order_id(ids[6]);
  EXPECT_EQ(test::call(alice, command).code(), v1::CODE_OK);
  EXPECT_EQ(test::call(*bob, test::order(1, v1::SIDE_BUY, 101, 14)).code(), v1::CODE_OK);
  const v1::Reply last = test::call(alice, test::order(1, v1::SIDE_SELL, 900, 1));
  while (orders.last_number() < last.event_number()) {
    const Result<bool> came = alice.poll(5'000);
    ASSERT_TRUE(came && *came);
  }
  v1::Request query;
  query.mutable_query_orders();
  const v1::Orders truth = test::ask(alice, query).orders();
  ASSERT_EQ(static_cast<std::size_t>(truth.orders_size()), orders.orders().size());
  for (const v1::OpenOrder& it : truth.orders()) {
    const auto found = orders.orders().find(it.order_id());
    ASSERT_NE(found, orders.orders().end());
    EXPECT_EQ(found->second.leaves_lots, it.leaves_lots());
    EXPECT_EQ(found->second.filled_lots, it.filled_lots());
    EXPECT_EQ(found->second.limit_ticks, it.limit_ticks());
    EXPECT_EQ(found->second.is_hibernated, it.is_hibernated());
  }
}

TEST_F(Trade, a_batch_is_answered_one_by_one) {
  const auto alice = exchange_.connect(test::alice);
  std::vector<v1::Reply> replies;
  alice->handlers().on_reply = [&](const v1::Reply& reply) { replies.push_back(reply); };
  v1::Request request;
  for (int i = 0; i < 5; ++i) {
    v1::Command& command = *request.mutable_batch()->add_commands();
    command = test::order(1, v1::SIDE_SELL, 200 + i, 1);
    command.set_client_seq(alice->next_client_seq() + static_cast<std::uint64_t>(i));
  }
  alice->queue(request);
  ASSERT_TRUE(alice->flush());
  while (replies.size() < 5) {
    const Result<bool> came = alice->poll(5'000);
    ASSERT_TRUE(came && *came);
  }
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(replies[i].batch_index(), i);
    EXPECT_EQ(replies[i].code(), v1::CODE_OK);
  }
}

TEST_F(Trade, validate_only_is_answered_as_the_command_would_be_and_changes_nothing) {
  const auto alice = exchange_.connect(test::alice);
  const auto bob = exchange_.connect(test::bob);
  const auto validate = [](gateway::Client& client, v1::Command command) {
    command.set_validate_only(true);
    const v1::Reply reply = test::call(client, command);
    EXPECT_EQ(reply.sequence(), 0U);
    return reply;
  };
  v1::Command sell = test::order(1, v1::SIDE_SELL, 100, 10);
  const v1::Reply good = validate(*alice, sell);
  EXPECT_EQ(good.code(), v1::CODE_OK);
  EXPECT_TRUE(good.validated_only());
  EXPECT_EQ(validate(*bob, sell).code(), v1::CODE_INSUFFICIENT_CAPACITY);
  EXPECT_EQ(validate(*bob, test::order(1, v1::SIDE_BUY, 1'000'000, 900)).code(), v1::CODE_OK);
  EXPECT_EQ(validate(*bob, test::order(1, v1::SIDE_BUY, 1'000'000, 1'001)).code(),
            v1::CODE_INSUFFICIENT_FUNDS);
  EXPECT_EQ(validate(*bob, test::order(2, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_UNKNOWN_INSTRUMENT);
  v1::Command cancel;
  cancel.mutable_cancel_order()->set_order_id(4'711);
  EXPECT_EQ(validate(*alice, cancel).code(), v1::CODE_UNKNOWN_ORDER);
  cancel.mutable_cancel_order()->set_order_id(test::call(*alice, sell).order_id());
  EXPECT_EQ(validate(*alice, cancel).code(), v1::CODE_OK);
  EXPECT_EQ(validate(*bob, cancel).code(), v1::CODE_UNKNOWN_ORDER);
  sell.mutable_place_order()->clear_draw();
  EXPECT_EQ(validate(*alice, sell).code(), v1::CODE_INVALID_FIELD);
  sell.mutable_place_order()->set_side(static_cast<v1::Side>(9));
  EXPECT_EQ(validate(*alice, sell).field(), "side");
  v1::Request query;
  query.mutable_query_orders();
  EXPECT_EQ(test::ask(*alice, query).orders().orders_size(), 1);
  EXPECT_EQ(alice->next_client_seq(), 2U);
  EXPECT_EQ(bob->next_client_seq(), 1U);
}

}  // namespace
}  // namespace karst
