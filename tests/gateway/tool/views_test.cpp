// `karst offers`, `orders`, `holdings`, `balance`, `instruments`, `events`: posted offers, and how
// things stand.
#include <atomic>
#include <sstream>
#include <thread>

#include "tests/gateway/tool/trade_fixture.hpp"

namespace karst::test {
namespace {

using namespace tool;

TEST_F(TradeCommands, an_offer_is_posted_taken_lowered_and_withdrawn) {
  const Json nothing = exchange.json("offers list --key bob", "offers");
  ASSERT_EQ(nothing.size(), 1U);
  EXPECT_TRUE(nothing[0]["price"].is_null());
  exchange.expect_failure("offers take ATLAS --key bob", exit_not_there, "is not offered now");
  exchange.expect_failure("offers lower ATLAS 900 --key alice", exit_not_there,
                          "karst offers post");
  EXPECT_EQ(exchange.json("offers post ATLAS 1000 --key alice", "offer")["price"], "1000.00");
  EXPECT_EQ(exchange.json("offers list --key bob", "offers")[0]["price"], "1000.00");
  const Json taken = exchange.json("offers take ATLAS 2 --key bob", "order");
  EXPECT_EQ(taken["state"], "filled");
  EXPECT_EQ(taken["notional"], "2000.00");
  exchange.expect_failure("offers take ATLAS --max-price 999 --key bob", exit_refused,
                          "offered at 1000.00");
  const ToolRun bid = run("buy ATLAS 1 --price 950 --key carol");
  EXPECT_NE(bid.out.find("rests in the book"), std::string::npos) << bid.out << bid.err;
  exchange.expect_failure("offers lower ATLAS 1000 --key alice", exit_usage, "at 1000.00 now");
  const ToolRun lowered = run("offers lower ATLAS 900 --key alice");
  EXPECT_EQ(lowered.exit, exit_ok) << lowered.err;
  const ToolRun licences = run("holdings --key carol");
  EXPECT_NE(licences.out.find("ATLAS"), std::string::npos) << licences.out;
  EXPECT_TRUE(exchange.json("offers withdraw ATLAS --key alice", "offer")["price"].is_null());
  EXPECT_TRUE(exchange.json("offers list --key bob", "offers")[0]["price"].is_null());
}

TEST_F(TradeCommands, offers_are_the_issuers_and_of_products_without_a_book) {
  exchange.expect_failure("offers post ATLAS 1000 --key bob", exit_refused, "NOT_ISSUER");
  exchange.expect_failure("offers post WEATHER 1000 --key alice", exit_usage, "trades in a book");
  exchange.expect_failure("offers post ATLAS 1000.50 --key alice", exit_usage, "steps of 1.00");
  exchange.expect_failure("offers", exit_usage, "--help");
  EXPECT_EQ(exchange.json("offers list --mine --key alice", "offers").size(), 1U);
  EXPECT_EQ(exchange.json("offers list --mine --key bob", "offers").size(), 0U);
}

TEST_F(TradeCommands, instruments_are_listed_with_what_is_bid_and_asked) {
  ASSERT_EQ(run("buy WEATHER 7 --price 2.50 --key bob").exit, exit_ok);
  ASSERT_EQ(run("offers post ATLAS 1000 --key alice").exit, exit_ok);
  const Json all = exchange.json("instruments", "instruments");
  ASSERT_EQ(all.size(), 5U);  // WEATHER, ATLAS, three hours
  EXPECT_EQ(all[0]["instrument"], "WEATHER");
  EXPECT_EQ(all[0]["bid"], "2.50");
  EXPECT_EQ(all[0]["bid_lots"], 7);
  EXPECT_TRUE(all[0]["ask"].is_null());
  EXPECT_EQ(all[1]["ask"], "1000.00");
  EXPECT_TRUE(all[1]["ask_lots"].is_null());
  EXPECT_EQ(all[2]["kind"], "hour");
  const ToolRun hours = run("instruments gy --open --key viewer");
  EXPECT_EQ(hours.exit, exit_ok) << hours.err;
  EXPECT_NE(hours.out.find(first_hour()), std::string::npos) << hours.out;
  EXPECT_EQ(hours.out.find("WEATHER"), std::string::npos) << hours.out;
  EXPECT_NE(run("instruments nothing-like-it").out.find("none of the 5"), std::string::npos);
}

TEST_F(TradeCommands, an_instrument_is_watched_by_its_name) {
  ASSERT_EQ(run("buy GY@next 7 --price 2.50 --key bob").exit, exit_ok);
  const ToolRun ladder = run("watch --once --instrument gy@next --key viewer");
  EXPECT_EQ(ladder.exit, exit_ok) << ladder.err;
  EXPECT_EQ(ladder.out.find(first_hour()), 0U) << ladder.out;
  EXPECT_NE(ladder.out.find("2.50"), std::string::npos) << ladder.out;
  exchange.expect_failure("watch --once --instrument GX@next", exit_not_there,
                          "karst instruments");
}

TEST_F(TradeCommands, a_journal_that_is_being_written_is_not_called_damaged) {
  std::atomic<bool> is_over = false;
  std::thread trader([&] {
    const auto client = exchange.connect(bob);
    for (std::int64_t i = 0; !is_over; ++i) {
      static_cast<void>(call(*client, test::order(exchange.instrument(), v1::SIDE_BUY,
                                                  1 + i % 100, 1)));
    }
  });
  for (int i = 0; i < 10; ++i) {
    const ToolRun verified = run("journal verify " + exchange.folder() + "/data");
    EXPECT_EQ(verified.exit, exit_ok) << verified.out << verified.err;
  }
  is_over = true;
  trader.join();
}

TEST_F(TradeCommands, an_empty_account_is_said_in_words) {
  EXPECT_EQ(run("orders --key bob").out, "no open orders\n");
  EXPECT_EQ(run("holdings --key bob").out, "nothing is held\n");
  const ToolRun balance = run("balance --key bob");
  EXPECT_NE(balance.out.find("CNY       10000000.00       0.00       0.00  10000000.00\n"),
            std::string::npos)
      << balance.out;
}

TEST_F(TradeCommands, views_are_of_oneself_or_of_anyone_for_who_may_ask) {
  for (const char* view : {"orders", "holdings", "balance", "events"}) {
    EXPECT_EQ(exchange.json(std::string(view) + " --key viewer", view).is_discarded(), false);
    EXPECT_EQ(run(std::string(view) + " --key auditor --account 2").exit, exit_ok) << view;
    exchange.expect_failure(std::string(view) + " --key alice --account 2", exit_not_there,
                            "no merchant 2 that this key may ask about");
    exchange.expect_failure(std::string(view) + " --key auditor", exit_usage, "--account N");
  }
}

TEST_F(TradeCommands, events_tell_what_happened_in_order) {
  ASSERT_EQ(run("sell WEATHER 5 --price 2 --from capacity --key alice").exit, exit_ok);
  ASSERT_EQ(run("buy WEATHER 3 --price 2 --key bob").exit, exit_ok);
  Json events = exchange.json("events --key bob", "events");
  ASSERT_GE(events.size(), 4U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]["number"], std::to_string(i + 1));
  }
  while (events.size() > 1 && events.back().contains("session")) {
    events.erase(events.size() - 1);  // each subcommand's own log-on and end
  }
  EXPECT_NE(events.back()["text"].get<std::string>().find("bought 3 lots of WEATHER at 2.00"),
            std::string::npos)
      << events.back();
  EXPECT_EQ(events.back()["instrument"], "WEATHER");
  EXPECT_EQ(exchange.json("events --limit 2 --key bob", "events").size(), 2U);
  EXPECT_EQ(exchange.json("events --after 1 --limit 2 --key bob", "events")[0]["number"], "2");
  const ToolRun text = run("events --key bob");
  EXPECT_NE(text.out.find("funded 10000000.00 CNY, "), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find("opened: key"), std::string::npos) << text.out;
  const ToolRun all = run("events --sessions --key bob");
  EXPECT_NE(all.out.find("opened: key 12"), std::string::npos) << all.out;
}

TEST_F(TradeCommands, an_order_and_its_fills_are_found_by_what_its_merchant_calls_it) {
  ASSERT_EQ(run("sell WEATHER 5 --price 2 --from capacity --client-id desk-1 --key alice").exit,
            exit_ok);
  ASSERT_EQ(run("buy WEATHER 3 --price 2 --key bob").exit, exit_ok);
  const Json found = exchange.json("order --client-id desk-1 --key alice", "order_found");
  EXPECT_EQ(found["client_order_id"], "desk-1");
  EXPECT_EQ(found["order"]["open_lots"], 2);
  const std::string number = found["order_id"].get<std::string>();
  EXPECT_EQ(exchange.json("order " + number + " --key alice", "order_found")["sequence"],
            found["sequence"]);
  EXPECT_EQ(exchange.json("orders --key alice", "orders")["orders"][0]["client_order_id"],
            "desk-1");
  exchange.expect_failure("order " + number + " --key bob", exit_not_there, "karst orders");
  exchange.expect_failure("order --key alice", exit_usage, "--client-id NAME");
  const Json fills = exchange.json("fills --key alice", "events");
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_EQ(fills[0]["client_order_id"], "desk-1");
  const auto time = fills[0]["time"].get<std::string>();
  EXPECT_EQ(exchange.json("fills --from-time " + time + " --key alice", "events").size(), 1U);
  EXPECT_EQ(exchange.json("fills --to-time " + time + " --key alice", "events").size(), 0U);
  const ToolRun text = run("fills --key alice");
  EXPECT_NE(text.out.find(time + "  sold 3 lots of WEATHER"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("[desk-1]"), std::string::npos) << text.out;
  ASSERT_EQ(run("buy WEATHER 2 --price 2 --key bob").exit, exit_ok);
  const ToolRun ended = run("order --client-id desk-1 --key alice");
  EXPECT_NE(ended.out.find("open no longer"), std::string::npos) << ended.out << ended.err;
}

TEST_F(TradeCommands, instruments_are_found_by_what_they_are) {
  const auto names = [&](const std::string& options) {
    std::string all;
    for (const Json& it : exchange.json("instruments " + options, "instruments")) {
      all += it["instrument"].get<std::string>() + " ";
    }
    return all;
  };
  EXPECT_EQ(names("--kind product"), "WEATHER ATLAS ");
  EXPECT_EQ(names("--provider 1"), "WEATHER ATLAS ");
  EXPECT_EQ(names("--prefix ATL"), "ATLAS ");
  EXPECT_EQ(names("--state halted"), "");
  const std::string hours = names("--kind hour");
  EXPECT_EQ(names("--provider 3"), hours);
  EXPECT_TRUE(hours.starts_with(first_hour() + " ")) << hours;
  const std::string first = first_hour().substr(first_hour().find('@') + 1, 13);
  EXPECT_EQ(names("--to-hour " + first + ":00Z"), "");
  EXPECT_EQ(names("--from-hour " + first + ":00Z"), hours);
  exchange.expect_failure("instruments --from-hour noon", exit_usage, "is a full hour");
}

TEST_F(TradeCommands, events_are_followed_and_gone_on_with_after_a_number) {
  ASSERT_EQ(run("buy WEATHER 3 --price 2 --key bob").exit, exit_ok);
  const Json past = exchange.json("events --key bob", "events");
  const std::size_t half = past.size() / 2;
  const ToolRun followed =
      run("events --follow --after " + std::to_string(half) + " --limit " +
          std::to_string(past.size() - half) + " --key bob --json");
  EXPECT_EQ(followed.exit, exit_ok) << followed.err;
  std::istringstream lines(followed.out);
  std::size_t number = half;
  for (std::string line; std::getline(lines, line); ++number) {
    EXPECT_EQ(Json::parse(line), past[number]) << line;
  }
  EXPECT_EQ(number, past.size());
  expect_shape(followed.out.substr(0, followed.out.find('\n')), "event");
  const ToolRun text = run("events --follow --after 0 --limit 1 --sessions --key bob");
  EXPECT_NE(text.err.find("karst events --follow --after 1"), std::string::npos) << text.err;
  const ToolRun money = run("events --follow --after 0 --limit 3 --key bob");
  EXPECT_NE(money.out.find("funded 10000000.00 CNY, "), std::string::npos) << money.out;
  exchange.expect_failure("events --follow", exit_usage, "it has no events");
}

}  // namespace
}  // namespace karst::test
