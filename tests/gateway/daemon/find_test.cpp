// What a client can find out of its orders and fills, over TLS from a real exchange: by every name
// and by time, live and after a restart.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "gateway/client/calls.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using test::TestExchange;

v1::Command named(v1::Command command, const std::string& name) {
  command.mutable_place_order()->set_client_order_id(name);
  return command;
}

class Find : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.start();
    exchange_.make_market();
  }

  v1::OrderFound find(gateway::Client& client, std::uint64_t id, const std::string& name) {
    v1::QueryOrder query;
    query.set_order_id(id);
    query.set_client_order_id(name);
    const Result<v1::OrderFound> found = gateway::order(client, query);
    if (!found) last_error_ = found.error().text();
    return found ? *found : v1::OrderFound{};
  }

  /// All events of the merchant, once the log has the newest.
  std::vector<v1::Event> events_up_to(gateway::Client& client, std::uint64_t newest) {
    for (int i = 0; i < 1'000; ++i) {
      const Result<v1::Events> page = gateway::events(client, 0);
      if (page && page->events_size() != 0 &&
          page->events(page->events_size() - 1).sequence() >= newest) {
        return {page->events().begin(), page->events().end()};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "the event log does not come to " << newest;
    return {};
  }

  TestExchange exchange_;
  std::string last_error_;
};

TEST_F(Find, an_order_is_found_by_both_its_names_by_its_merchant_only_and_after_a_restart) {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  {
    const auto alice = exchange_.connect(test::alice);
    first = test::call(*alice, named(test::order(1, v1::SIDE_SELL, 100, 10), "desk-1")).order_id();
    second = test::call(*alice, test::order(1, v1::SIDE_SELL, 101, 5)).order_id();
  }
  for (const bool is_restarted : {false, true}) {
    if (is_restarted) {
      exchange_.stop();
      exchange_.start();
    }
    const auto alice = exchange_.connect(test::alice);
    const auto bob = exchange_.connect(test::bob);
    const v1::OrderFound by_id = find(*alice, first, "");
    const v1::OrderFound by_name = find(*alice, 0, "desk-1");
    for (const v1::OrderFound& found : {by_id, by_name}) {
      EXPECT_EQ(found.order_id(), first);
      EXPECT_EQ(found.client_order_id(), "desk-1");
      EXPECT_EQ(found.order().client_order_id(), "desk-1");
      EXPECT_EQ(found.order().leaves_lots(), 10U);
      EXPECT_GT(found.sequence(), 0U);
    }
    EXPECT_EQ(by_id.sequence(), by_name.sequence());
    EXPECT_GT(by_name.event_number(), 0U);
    EXPECT_EQ(find(*alice, second, "").client_order_id(), "");
    const Result<v1::Orders> open = gateway::orders(*alice);
    ASSERT_TRUE(open && open->orders_size() == 2);
    EXPECT_EQ(open->orders(0).client_order_id(), "desk-1");
    EXPECT_EQ(open->orders(0).sequence(), by_id.sequence());
    EXPECT_EQ(open->orders(1).client_order_id(), "");
    // Nobody else's names are told, and what is no name is refused.
    EXPECT_EQ(find(*bob, first, "").order_id(), 0U);
    EXPECT_NE(last_error_.find("NOT_FOUND"), std::string::npos) << last_error_;
    EXPECT_EQ(find(*bob, 0, "desk-1").order_id(), 0U);
    EXPECT_NE(last_error_.find("NOT_FOUND"), std::string::npos) << last_error_;
    EXPECT_EQ(find(*alice, 0, "desk-2").order_id(), 0U);
    EXPECT_NE(last_error_.find("NOT_FOUND"), std::string::npos) << last_error_;
    EXPECT_EQ(find(*alice, 0, "").order_id(), 0U);
    EXPECT_NE(last_error_.find("order_id"), std::string::npos) << last_error_;
    EXPECT_EQ(find(*alice, first, "desk-1").order_id(), 0U);
    EXPECT_NE(last_error_.find("client_order_id"), std::string::npos) << last_error_;
    EXPECT_EQ(find(*alice, 0, std::string(17, 'x')).order_id(), 0U);
    EXPECT_NE(last_error_.find("client_order_id"), std::string::npos) << last_error_;
    const auto operating = exchange_.connect(test::auditor);
    v1::QueryOrder query;
    query.set_account_id(test::alice.account);
    query.set_client_order_id("desk-1");
    const Result<v1::OrderFound> audited = gateway::order(*operating, query);
    EXPECT_TRUE(audited && audited->order_id() == first);
  }
}

TEST_F(Find, an_order_that_has_ended_is_still_known_by_its_merchants_name) {
  const auto alice = exchange_.connect(test::alice);
  const v1::Reply placed =
      test::call(*alice, named(test::order(1, v1::SIDE_SELL, 100, 10), "desk-1"));
  v1::Command cancel;
  cancel.mutable_cancel_order()->set_order_id(placed.order_id());
  ASSERT_EQ(test::call(*alice, cancel).code(), v1::CODE_OK);
  const v1::OrderFound found = find(*alice, 0, "desk-1");
  EXPECT_EQ(found.order_id(), placed.order_id());
  EXPECT_FALSE(found.has_order());
  EXPECT_EQ(found.sequence(), placed.sequence());
  EXPECT_EQ(found.event_number(), placed.event_number());
  EXPECT_EQ(find(*alice, placed.order_id(), "").order_id(), 0U);
  EXPECT_NE(last_error_.find("NOT_FOUND"), std::string::npos);
}

TEST_F(Find, events_say_when_and_of_which_order_live_and_from_the_log) {
  gateway::ClientConfig config = exchange_.client_config(test::alice);
  config.follow_events = true;
  std::vector<v1::Event> live;
  config.handlers.on_event = [&](const v1::Event& event) { live.push_back(event); };
  auto followed = gateway::Client::connect(config);
  ASSERT_TRUE(followed);
  gateway::Client& alice = **followed;
  const v1::Reply placed =
      test::call(alice, named(test::order(1, v1::SIDE_SELL, 100, 10), "desk-1"));
  const auto bob = exchange_.connect(test::bob);
  const v1::Reply bought = test::call(*bob, named(test::order(1, v1::SIDE_BUY, 100, 4), "b-7"));
  const auto operating = exchange_.connect(test::operator_key);
  v1::Command rename;
  rename.set_account_id(test::alice.account);
  rename.mutable_rename_merchant()->set_name("云图 Atlas");
  const v1::Reply renamed = test::call(*operating, rename);
  ASSERT_EQ(renamed.code(), v1::CODE_OK);
  while (live.empty() || live.back().sequence() < renamed.sequence()) {
    ASSERT_TRUE(alice.poll(5'000));
  }
  std::map<std::uint64_t, std::int64_t> times{{placed.sequence(), placed.engine_ns()},
                                              {bought.sequence(), bought.engine_ns()},
                                              {renamed.sequence(), renamed.engine_ns()}};
  const std::vector<v1::Event> stored = events_up_to(alice, renamed.sequence());
  ASSERT_EQ(live.size(), stored.size());
  int of_the_order = 0;
  for (std::size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(live[i].SerializeAsString(), stored[i].SerializeAsString());
    const v1::Event& event = live[i];
    EXPECT_GT(event.time_ns(), 0);
    if (times.contains(event.sequence())) {
      EXPECT_EQ(event.time_ns(), times[event.sequence()]);
    }
    if (!event.has_order() && !event.has_fill()) continue;
    ++of_the_order;
    EXPECT_EQ(event.client_order_id(), "desk-1") << event.ShortDebugString();
  }
  EXPECT_EQ(of_the_order, 2) << "accepted, and a fill by somebody else's command";
  EXPECT_EQ(live.back().merchant().name(), "云图 Atlas");
  for (const v1::Event& event : events_up_to(*bob, bought.sequence())) {
    EXPECT_EQ(event.client_order_id(), event.has_fill() ? "b-7" : event.client_order_id());
  }
}

TEST_F(Find, fills_of_a_time_are_those_a_look_at_all_events_finds) {
  const auto alice = exchange_.connect(test::alice);
  const auto bob = exchange_.connect(test::bob);
  std::uint64_t newest = 0;
  for (int i = 0; i < 12; ++i) {
    newest = test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 2)).sequence();
    if (i % 3 != 0) newest = test::call(*bob, test::order(1, v1::SIDE_BUY, 100, 2)).sequence();
  }
  const std::vector<v1::Event> all = events_up_to(*alice, newest);
  std::vector<std::int64_t> edges{1};
  for (std::size_t i = 0; i < all.size(); i += 5) {
    edges.push_back(all[i].time_ns());
    edges.push_back(all[i].time_ns() + 1);
  }
  std::size_t found = 0;
  for (const std::int64_t from : edges) {
    for (std::int64_t to : edges) {
      if (to == 1) to = 0;
      std::vector<std::uint64_t> expected;
      for (const v1::Event& it : all) {
        const bool is_meant =
            it.has_fill() && it.time_ns() >= from && (to == 0 || it.time_ns() < to);
        if (is_meant) expected.push_back(it.number());
      }
      for (const std::uint32_t limit : {0U, 3U}) {
        std::vector<std::uint64_t> numbers;
        v1::Request request;
        v1::QueryEvents& query = *request.mutable_query_events();
        query.set_from_time_ns(from);
        query.set_to_time_ns(to);
        query.set_fills_only(true);
        query.set_limit(limit);
        v1::Events page;
        do {
          page = test::ask(*alice, request).events();
          for (const v1::Event& it : page.events()) numbers.push_back(it.number());
          query.set_after_number(page.next_after());
        } while (page.has_more());
        EXPECT_EQ(numbers, expected) << from << " " << to;
      }
      const Result<v1::Events> by_call = gateway::fills(*alice, from, to);
      ASSERT_TRUE(by_call);
      EXPECT_EQ(static_cast<std::size_t>(by_call->events_size()), expected.size());
      found += expected.size();
    }
  }
  EXPECT_GT(found, 20U);
  v1::Request wrong;
  wrong.mutable_query_events()->set_to_time_ns(-1);
  EXPECT_EQ(test::ask(*alice, wrong).reply().field(), "to_time_ns");
}

TEST_F(Find, a_trade_print_names_the_settlement_of_both_fills) {
  std::vector<v1::TradePrint> prints;
  gateway::ClientConfig config = exchange_.client_config(test::carol);
  config.handlers.on_market_data = [&](const v1::MarketData& data) {
    for (const v1::TradePrint& it : data.update().trades()) prints.push_back(it);
  };
  auto watching = gateway::Client::connect(config);
  ASSERT_TRUE(watching);
  v1::Request subscribe;
  subscribe.mutable_subscribe()->add_schemas(v1::FEED_SCHEMA_TRADES);
  (*watching)->queue(subscribe);
  ASSERT_TRUE((*watching)->flush().ok());
  for (Result<bool> came = false; !came || !*came;) came = (*watching)->poll(200);
  const auto alice = exchange_.connect(test::alice);
  const auto bob = exchange_.connect(test::bob);
  ASSERT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 2)).code(), v1::CODE_OK);
  ASSERT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 101, 2)).code(), v1::CODE_OK);
  const v1::Reply bought = test::call(*bob, test::order(1, v1::SIDE_BUY, 101, 4));
  while (prints.size() < 2) ASSERT_TRUE((*watching)->poll(5'000));
  std::vector<std::uint64_t> settled;
  for (const v1::Event& it : events_up_to(*bob, bought.sequence())) {
    if (it.has_fill()) settled.push_back(it.fill().settlement());
  }
  ASSERT_EQ(settled.size(), 2U);
  EXPECT_GT(settled[0], 0U);
  EXPECT_EQ(prints[0].settlement(), settled[0]);
  EXPECT_EQ(prints[1].settlement(), settled[1]);
}

TEST_F(Find, replies_name_what_was_made_and_instruments_are_found_by_that_name) {
  const auto operating = exchange_.connect(test::operator_key);
  const auto made = [&](const v1::Command& command) {
    const v1::Reply reply = test::call(*operating, command);
    EXPECT_EQ(reply.code(), v1::CODE_OK) << reply.ShortDebugString();
    return reply.made();
  };
  v1::Command command;
  v1::DefinePool& pool = *command.mutable_define_pool();
  pool.set_pool_id(3);
  pool.set_operator_account_id(test::bob.account);
  pool.set_symbol("GUIAN-P");
  pool.set_accelerator("A900");
  pool.set_unit(v1::UNIT_P_HOUR);
  auto all = made(command);
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0].kind(), v1::Made::KIND_POOL);
  EXPECT_EQ(all[0].id(), 3U);
  EXPECT_EQ(all[0].name(), "GUIAN-P");
  v1::SetPoolTerms& terms = *command.mutable_set_pool_terms();
  terms.set_pool_id(3);
  terms.set_currency_id(1);
  terms.set_calendar_id(1);
  terms.set_fee_schedule_id(1);
  terms.set_tick_value_fen(1);
  terms.set_price_min_ticks(1);
  terms.set_price_max_ticks(1'000);
  terms.set_list_price_ticks(100);
  terms.set_quantity_lots_max(1'000);
  terms.set_grade(v1::GRADE_STANDARD);
  terms.set_gate_open_lead_ns(30 * ns_per_day);
  EXPECT_EQ(made(command).size(), 0);
  const std::int64_t hour = std::chrono::duration_cast<std::chrono::hours>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count() +
                            3;
  v1::ListContracts& list = *command.mutable_list_contracts();
  list.set_pool_id(3);
  list.set_from_hour(hour);
  list.set_hours(4);
  for (const bool is_restarted : {false, true}) {
    if (is_restarted) {
      exchange_.stop();
      exchange_.start();
      list.set_from_hour(hour + 4);
    }
    const auto again = exchange_.connect(test::operator_key);
    const v1::Reply reply = test::call(*again, command);
    ASSERT_EQ(reply.made_size(), 4) << reply.ShortDebugString();
    v1::QueryInstruments query;
    query.set_pool_id(3);
    query.set_delivery_from_hour(list.from_hour());
    const auto viewer = exchange_.connect(test::alice_viewer);
    const Result<v1::Instruments> found = gateway::instruments(*viewer, query);
    ASSERT_TRUE(found && found->instruments_size() == 4);
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(reply.made(i).kind(), v1::Made::KIND_INSTRUMENT);
      EXPECT_EQ(reply.made(i).id(), found->instruments(i).instrument_id());
      EXPECT_EQ(reply.made(i).name(), found->instruments(i).name());
      EXPECT_TRUE(reply.made(i).name().starts_with("GUIAN-P@20")) << reply.made(i).name();
      EXPECT_EQ(found->instruments(i).definition().delivery_hour(), list.from_hour() + i);
      EXPECT_EQ(found->instruments(i).provider_account_id(), test::bob.account);
    }
  }
  // What is only asked, and what is refused, makes nothing.
  const auto operator_again = exchange_.connect(test::operator_key);
  const v1::Reply twice = test::call(*operator_again, command);
  EXPECT_EQ(twice.code(), v1::CODE_ALREADY_EXISTS);
  EXPECT_EQ(twice.made_size(), 0);
}

}  // namespace
}  // namespace karst
