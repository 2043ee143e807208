// `karst buy`, `sell`, `amend`, `cancel`, `mass-cancel`, `hibernate`, `reactivate` as a merchant
// uses them: what they do, what they answer, and the mistakes that are made most.
#include "tests/gateway/tool/trade_fixture.hpp"

namespace karst::test {
namespace {

using namespace tool;

TEST_F(TradeCommands, a_buy_rests_then_a_sell_trades_with_it_at_its_price) {
  const ToolRun bid = run("buy WEATHER 10 --price 2.50 --key bob");
  EXPECT_EQ(bid.exit, exit_ok) << bid.err;
  EXPECT_NE(bid.out.find("rests in the book: 10 lots at 2.50"), std::string::npos) << bid.out;
  const Json sale = exchange.json("sell weather 4 --price 2 --from capacity --key alice", "order");
  EXPECT_EQ(sale["state"], "filled");
  EXPECT_EQ(sale["filled_lots"], 4);
  EXPECT_EQ(sale["fills"][0]["price"], "2.50");
  EXPECT_EQ(sale["notional"], "10.00");
  EXPECT_EQ(sale["limit"], "2.00");
  const Json rest = exchange.json("orders --key bob", "orders");
  EXPECT_EQ(rest["orders"][0]["open_lots"], 6);
  EXPECT_EQ(rest["orders"][0]["filled_lots"], 4);
}

TEST_F(TradeCommands, a_fill_is_said_with_its_price_amount_and_fee) {
  ASSERT_EQ(run("sell WEATHER 3 --price 2 --from capacity --key alice").exit, exit_ok);
  ASSERT_EQ(run("sell WEATHER 5 --price 3 --from capacity --key alice").exit, exit_ok);
  const ToolRun bought = run("buy WEATHER 10 --market --key bob");
  EXPECT_EQ(bought.exit, exit_ok) << bought.err;
  EXPECT_EQ(bought.out.find("bought 3 WEATHER at 2.00\nbought 5 WEATHER at 3.00\n"
                            "for 21.00 CNY, fee 0.02\norder "),
            0U)
      << bought.out;
  EXPECT_NE(bought.out.find("is over: 2 lots did not trade (immediate remainder)"),
            std::string::npos)
      << bought.out;
}

TEST_F(TradeCommands, every_time_in_force_and_flag_reaches_the_engine) {
  ASSERT_EQ(run("sell WEATHER 5 --price 2 --from capacity --key alice").exit, exit_ok);
  const auto state = [&](const std::string& line) {
    const Json order = exchange.json(line, "order");
    return order["state"].get<std::string>() +
           (order["reason"].is_null() ? "" : " " + order["reason"].get<std::string>());
  };
  EXPECT_EQ(state("buy WEATHER 6 --price 2 --tif fok --key bob"), "cancelled fill or kill");
  EXPECT_EQ(state("buy WEATHER 6 --price 2 --min 6 --key bob"), "cancelled minimum not met");
  EXPECT_EQ(state("buy WEATHER 6 --price 2 --all-or-none --key bob"), "cancelled minimum not met");
  EXPECT_EQ(state("buy WEATHER 1 --price 1 --tif ioc --key bob"), "cancelled immediate remainder");
  EXPECT_EQ(state("buy WEATHER 1 --price 1.50 --post-only --key bob"), "resting");
  EXPECT_EQ(state("buy WEATHER 1 --price 1.51 --tif day --tag 7 --key bob"), "resting");
  EXPECT_EQ(state("buy WEATHER 1 --price 1.52 --until +2h --key bob"), "resting");
  EXPECT_EQ(state("buy WEATHER 1 --price 1.53 --until 2200-01-01T00:00Z --key bob"), "resting");
  const Json orders = exchange.json("orders --key bob", "orders")["orders"];
  ASSERT_EQ(orders.size(), 4U);
  EXPECT_EQ(orders[1]["time_in_force"], "day");
  EXPECT_EQ(orders[1]["tag"], 7);
  EXPECT_EQ(orders[2]["time_in_force"], "gtd");
  EXPECT_EQ(orders[3]["expires"], "2200-01-01T00:00:00Z");
  EXPECT_EQ(state("buy WEATHER 2 --price 2 --self-match oldest --key alice"), "resting");
  EXPECT_EQ(exchange.json("orders --key alice", "orders")["orders"].size(), 1U);
}

TEST_F(TradeCommands, hours_of_a_pool_are_bought_and_resold_by_name) {
  EXPECT_EQ(run("sell GY@next 20 --price 28 --from capacity --key carol").exit, exit_ok);
  const Json bought = exchange.json("buy " + first_hour() + " 5 --price 30 --key bob", "order");
  EXPECT_EQ(bought["instrument"], first_hour());
  EXPECT_EQ(bought["filled_lots"], 5);
  EXPECT_EQ(bought["fills"][0]["price"], "28.00");
  const Json resold = exchange.json("sell gy@next 2 --price 29 --key bob", "order");
  EXPECT_EQ(resold["state"], "resting");
  const Json holdings = exchange.json("holdings --key bob", "holdings")["holdings"];
  ASSERT_EQ(holdings.size(), 1U);
  EXPECT_EQ(holdings[0]["kind"], "holding");
  EXPECT_EQ(holdings[0]["free_lots"], 3);
  EXPECT_EQ(holdings[0]["reserved_lots"], 2);
  EXPECT_EQ(exchange.json("balance --key carol", "balance")["balances"][0]["escrow"], "139.93");
}

TEST_F(TradeCommands, what_cannot_be_an_order_is_said_before_anything_is_sent) {
  exchange.expect_failure("buy WEATHER 1 --key bob", exit_usage, "--price AMOUNT");
  exchange.expect_failure("buy WEATHER 1 --price 2.505 --key bob", exit_usage, "steps of 0.01");
  exchange.expect_failure("buy ATLAS 1 --price 0.50 --key bob", exit_usage, "steps of 1.00");
  exchange.expect_failure("buy WEATHER 0 --price 2 --key bob", exit_usage, "range");
  exchange.expect_failure("buy WEATHER 1 --price 2 --market --key bob", exit_usage, "excludes");
  exchange.expect_failure("buy WEATHER 1 --market --tif gtc --key bob", exit_usage, "never rests");
  exchange.expect_failure("buy WEATHER 1 --price 2 --tif gtd --key bob", exit_usage, "--until");
  exchange.expect_failure("buy WEATHER 1 --price 2 --until soon --key bob", exit_usage, "+30m");
  exchange.expect_failure("buy GY 1 --price 2 --key bob", exit_usage, "GY@next");
  exchange.expect_failure("buy GY@noon 1 --price 2 --key bob", exit_usage, "2026-11-22T09Z");
  exchange.expect_failure("buy GY@1999-01-01T00Z 1 --price 2 --key bob", exit_not_there,
                          first_hour());
  exchange.expect_failure("buy WETTER 1 --price 2 --key bob", exit_not_there, "karst instruments");
  exchange.expect_failure("buy WEATHER 1 --price 2", exit_usage, "--account N");
}

TEST_F(TradeCommands, refusals_say_what_to_do_here) {
  exchange.expect_failure("sell WEATHER 1 --price 2 --key bob", exit_refused, "--from capacity");
  exchange.expect_failure("sell WEATHER 1 --price 2 --from capacity --key bob", exit_refused,
                          "--from holding");
  exchange.expect_failure("buy WEATHER 1000000 --price 5000 --key bob", exit_refused,
                          "karst balance");
  exchange.expect_failure("buy WEATHER 1 --price 10000.01 --key bob", exit_refused,
                          "from 0.01 to 10000.00");
  exchange.expect_failure("buy GY@next 1001 --price 1 --key bob", exit_refused, "1 to 1000 lots");
  exchange.expect_failure("sell ATLAS 1 --price 2 --from capacity --key alice", exit_refused,
                          "karst offers");
  ASSERT_EQ(run("sell WEATHER 5 --price 2 --from capacity --key alice").exit, exit_ok);
  exchange.expect_failure("buy WEATHER 1 --price 2 --post-only --key bob", exit_refused,
                          "without --post-only");
  const Json error = exchange.json("buy WEATHER 1 --price 2 --key viewer", "error", exit_refused);
  EXPECT_EQ(error["error"]["code"], "NOT_PERMITTED");
}

TEST_F(TradeCommands, validate_only_does_nothing) {
  EXPECT_EQ(exchange.json("buy WEATHER 1 --price 2 --validate-only --key bob",
                          "validated")["validated"],
            true);
  EXPECT_EQ(exchange.json("orders --key bob", "orders")["orders"].size(), 0U);
}

TEST_F(TradeCommands, sent_again_an_order_is_made_once) {
  const Json first = exchange.json("buy WEATHER 3 --price 2 --key bob", "order");
  const std::string again = "buy WEATHER 3 --price 2 --key bob --client-seq " +
                            first["client_seq"].get<std::string>();
  const Json second = exchange.json(again, "order");
  EXPECT_EQ(second["is_repeated"], true);
  EXPECT_EQ(second["order_id"], first["order_id"]);
  EXPECT_EQ(second["sequence"], first["sequence"]);
  EXPECT_EQ(second["state"], "resting");
  exchange.expect_failure("buy WEATHER 4 --price 2 --key bob --client-seq 1", exit_refused,
                          "IDEMPOTENCY_CONFLICT");
  const std::string named = "buy WEATHER 3 --price 2 --client-id morning-1 --key bob";
  const Json made = exchange.json(named, "order");
  const Json repeated = exchange.json(named, "order");
  EXPECT_EQ(repeated["is_repeated"], true);
  EXPECT_EQ(repeated["order_id"], made["order_id"]);
  exchange.expect_failure("buy WEATHER 9 --price 2 --client-id morning-1 --key bob", exit_refused,
                          "another order of the last 24 hours");
  EXPECT_EQ(exchange.json("orders --key bob", "orders")["orders"].size(), 2U);
}

TEST_F(TradeCommands, an_amend_changes_size_or_price_and_may_trade) {
  ASSERT_EQ(run("sell WEATHER 3 --price 3 --from capacity --key alice").exit, exit_ok);
  const std::string id = order("buy WEATHER 10 --price 2 --key bob");
  const Json smaller = exchange.json("amend " + id + " --lots 8 --key bob", "order");
  EXPECT_EQ(smaller["state"], "resting");
  EXPECT_EQ(smaller["open_lots"], 8);
  EXPECT_EQ(smaller["limit"], "2.00");
  const Json dearer = exchange.json("amend " + id + " --price 3 --key bob", "order");
  EXPECT_EQ(dearer["state"], "resting");
  EXPECT_EQ(dearer["filled_lots"], 3);
  EXPECT_EQ(dearer["open_lots"], 5);
  exchange.expect_failure("amend " + id + " --lots 3 --key bob", exit_refused,
                          "3 lots have traded already");
  exchange.expect_failure("amend " + id + " --key bob", exit_usage, "--price AMOUNT, --lots N");
  exchange.expect_failure("amend " + id + " --lots 1 --key carol", exit_refused, "karst orders");
}

TEST_F(TradeCommands, a_cancel_names_an_order_by_number_or_by_your_own_name) {
  const std::string id = order("buy WEATHER 10 --price 2 --key bob");
  const Json cancelled = exchange.json("cancel " + id + " --key bob", "cancelled");
  EXPECT_EQ(cancelled["cancelled_lots"], 10);
  ASSERT_EQ(run("buy WEATHER 7 --price 2 --client-id mine --key bob").exit, exit_ok);
  const ToolRun by_name = run("cancel --client-id mine --key bob");
  EXPECT_EQ(by_name.exit, exit_ok) << by_name.err;
  EXPECT_NE(by_name.out.find("7 lots taken back"), std::string::npos) << by_name.out;
  exchange.expect_failure("cancel " + id + " --key bob", exit_refused, "UNKNOWN_ORDER");
  exchange.expect_failure("cancel --key bob", exit_usage, "--client-id NAME");
  const std::string other = order("buy WEATHER 10 --price 2 --key bob");
  exchange.expect_failure("cancel " + other + " --key alice", exit_refused, "UNKNOWN_ORDER");
  ASSERT_EQ(run("sell WEATHER 1 --price 9 --from capacity --key alice").exit, exit_ok);
  const Json alices = exchange.json("orders --key viewer", "orders");
  const std::string hers = alices["orders"][0]["order_id"].get<std::string>();
  EXPECT_EQ(run("cancel " + hers + " --key canceller").exit, exit_ok);
}

TEST_F(TradeCommands, whoever_says_next_hears_which_hour_it_was) {
  EXPECT_EQ(exchange.json("buy GY@next 1 --price 2 --validate-only --key bob",
                          "validated")["instrument"],
            first_hour());
  const ToolRun asked = run("halt GY@next --validate-only");
  EXPECT_NE(asked.out.find(first_hour()), std::string::npos) << asked.out;
  const ToolRun halted = run("halt GY@next");
  EXPECT_EQ(halted.out.find("instrument " + first_hour() + " is halted"), 0U) << halted.out;
  EXPECT_EQ(exchange.json("resume " + first_hour(), "reply")["instrument"], first_hour());
  exchange.expect_failure("resume GY@next", exit_refused, first_hour());
  EXPECT_EQ(exchange.json("instrument suspend GY@next", "reply")["instrument"], first_hour());
}

TEST_F(TradeCommands, an_order_is_called_what_can_be_typed) {
  for (const char* wrong : {"1234567890123456", "'a b'", "ключ"}) {
    exchange.expect_failure(std::string("buy WEATHER 1 --price 2 --key bob --client-id ") + wrong,
                            exit_usage, "UUID");
    exchange.expect_failure(std::string("cancel --key bob --client-id ") + wrong, exit_usage,
                            "UUID");
  }
  const std::string uuid = "550e8400-e29b-41d4-a716-446655440000";
  ASSERT_EQ(run("buy WEATHER 1 --price 2 --key bob --client-id " + uuid).exit, exit_ok);
  EXPECT_EQ(run("cancel --key bob --client-id " + uuid).exit, exit_ok);
}

TEST_F(TradeCommands, a_time_beyond_all_times_is_refused) {
  for (const char* until : {"+100000d", "+9223372036854775807ns", "+99999999999999999999s"}) {
    exchange.expect_failure(std::string("buy WEATHER 1 --price 2 --key bob --until ") + until,
                            exit_usage, "no time");
  }
  EXPECT_EQ(run("events --limit 9223372036854775808 --key bob").exit, exit_ok);
}

TEST_F(TradeCommands, a_mass_cancel_takes_what_matches_and_no_more) {
  ASSERT_EQ(run("buy WEATHER 1 --price 2 --tag 5 --key bob").exit, exit_ok);
  ASSERT_EQ(run("buy WEATHER 2 --price 2 --key bob").exit, exit_ok);
  ASSERT_EQ(run("buy GY@next 3 --price 2 --key bob").exit, exit_ok);
  EXPECT_EQ(exchange.json("mass-cancel --tag 5 --key bob", "mass_cancelled")["is_repeated"], false);
  // The orders are dead at once; their places are given back little by little, by later commands.
  const auto open = [&] {
    static_cast<void>(run("mass-cancel --tag 99 --key bob"));
    return exchange.json("orders --key bob", "orders")["orders"].size();
  };
  EXPECT_EQ(open(), 2U);
  const Json hour = exchange.json("mass-cancel --instrument GY@next --side buy --key bob",
                                  "mass_cancelled");
  EXPECT_EQ(hour["instrument"], first_hour());
  EXPECT_EQ(open(), 1U);
  EXPECT_EQ(run("mass-cancel --all --key bob").exit, exit_ok);
  EXPECT_EQ(open(), 0U);
  exchange.expect_failure("mass-cancel --key bob", exit_usage, "--all of them");
}

TEST_F(TradeCommands, an_order_sleeps_and_wakes) {
  const std::string id = order("buy WEATHER 10 --price 2 --key bob");
  EXPECT_EQ(exchange.json("hibernate " + id + " --key bob", "hibernated")["is_repeated"], false);
  EXPECT_EQ(exchange.json("orders --key bob", "orders")["orders"][0]["state"], "hibernated");
  EXPECT_EQ(exchange.json("balance --key bob", "balance")["balances"][0]["reserved"], "0.00");
  exchange.expect_failure("hibernate " + id + " --key bob", exit_refused, "ORDER_HIBERNATED");
  ASSERT_EQ(run("sell WEATHER 4 --price 2 --from capacity --key alice").exit, exit_ok);
  const Json awake = exchange.json("reactivate " + id + " --key bob", "order");
  EXPECT_EQ(awake["state"], "resting");
  EXPECT_EQ(awake["filled_lots"], 4);
  EXPECT_EQ(awake["open_lots"], 6);
  exchange.expect_failure("reactivate " + id + " --key bob", exit_refused,
                          "ORDER_NOT_HIBERNATED");
}

TEST_F(TradeCommands, an_operator_acts_for_a_merchant) {
  const Json made = exchange.json("buy WEATHER 3 --price 2 --account 2", "order");
  EXPECT_EQ(made["state"], "resting");
  EXPECT_EQ(exchange.json("orders --account 2", "orders")["merchant"], 2);
  EXPECT_EQ(exchange.json("orders --key bob", "orders")["orders"].size(), 1U);
  exchange.expect_failure("buy WEATHER 3 --price 2 --account 2 --key alice", exit_refused,
                          "NOT_PERMITTED");
}

}  // namespace
}  // namespace karst::test
