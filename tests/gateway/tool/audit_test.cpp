// `karst audit` against a running exchange and against its files: the same answers, and those that
// a walk over all settlements gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "gateway/tool/audit/audit_text.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"
#include "tests/support/random_run.hpp"

namespace karst::test {
namespace {

using namespace tool;

std::vector<Json> lines_in(const std::string& out) {
  std::vector<Json> lines;
  std::istringstream text(out);
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

class AuditCommands : public testing::Test {
 protected:
  AuditCommands() {
    const auto seller = exchange.connect(alice);
    const auto buyer = exchange.connect(bob);
    const auto other = exchange.connect(carol);
    for (int i = 0; i < 12; ++i) {
      const std::int64_t limit = 10'000 + i % 5;
      const auto sold = call(*seller, order(exchange.instrument(), v1::SIDE_SELL, limit, 4));
      EXPECT_EQ(sold.code(), v1::CODE_OK) << sold.ShortDebugString();
      const std::uint32_t lots = i % 2 == 0 ? 4 : 2;
      for (std::uint32_t bought = 0; bought < 4; bought += lots) {
        gateway::Client& who = i % 3 == 0 ? *other : *buyer;
        const auto reply = call(who, order(exchange.instrument(), v1::SIDE_BUY, limit, lots));
        EXPECT_EQ(reply.code(), v1::CODE_OK) << reply.ShortDebugString();
        order_of_bob = i % 3 == 0 ? order_of_bob : reply.order_id();
      }
    }
    for (const char* line :
         {"merchant rename 2 --name 'Bob and Sons'", "fund 2 12.50 --reference ICBC-7",
          "withdraw 3 1.25 --reference OUT-9", "merchant rename 2 --name 'Bob, Ltd'"}) {
      EXPECT_EQ(exchange.run(line).exit, exit_ok) << line;
    }
    const auto has_all = [&] {
      const ToolRun run = exchange.run("audit transactions --offline --kind note --limit 2");
      return run.out.find("Bob, Ltd") != std::string::npos;
    };
    for (int tries = 0; tries < 100 && !has_all(); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  /// The same from the exchange and from its files.
  [[nodiscard]] std::string both(const std::string& line) const {
    const ToolRun asked = exchange.run("audit " + line);
    const ToolRun read = exchange.run("audit " + line + " --offline");
    EXPECT_EQ(asked.exit, exit_ok) << line << "\n" << asked.err;
    EXPECT_EQ(read.exit, exit_ok) << line << "\n" << read.err;
    EXPECT_EQ(asked.out, read.out) << line;
    EXPECT_EQ(asked.err, read.err) << line;
    return asked.out;
  }
  [[nodiscard]] Json both_json(const std::string& line, const std::string& shape) const {
    const std::string out = both(line + " --json");
    expect_shape(out, shape);
    return Json::parse(out, nullptr, false);
  }

  ToolExchange exchange;
  std::uint64_t order_of_bob = 0;
};

TEST_F(AuditCommands, the_running_exchange_and_its_files_give_what_a_walk_over_everything_gives) {
  std::mt19937_64 random(seed_of_run());
  const std::vector<Json> all = lines_in(both("transactions --limit 100000 --json"));
  ASSERT_GT(all.size(), 30U);
  const auto perhaps = [&](unsigned percent) { return random() % 100 < percent; };
  const auto is_of = [](const Json& it, std::uint32_t merchant) {
    for (const Json& leg : it["legs"]) {
      if (leg["merchant"] == merchant) return true;
    }
    return it["legs"].empty() &&
           (it.value("account_id", 0U) == merchant || it.value("issuer_id", 0U) == merchant);
  };
  for (std::int64_t i = 0; i < effort(8); ++i) {
    std::string line;
    std::vector<Json> expected = all;
    const auto keep = [&](auto predicate) {
      std::erase_if(expected, [&](const Json& it) { return !predicate(it); });
    };
    if (perhaps(60)) {
      const auto merchant = static_cast<std::uint32_t>(1 + random() % 3);
      line += " --merchant " + std::to_string(merchant);
      keep([&](const Json& it) { return is_of(it, merchant); });
      if (perhaps(40)) {
        const std::uint32_t with = merchant % 3 + 1;
        line += " --with " + std::to_string(with);
        keep([&](const Json& it) { return !it["legs"].empty() && is_of(it, with); });
      }
    }
    if (perhaps(30)) {
      const std::string kind = all[random() % all.size()]["kind"];
      line += " --kind " + kind;
      keep([&](const Json& it) { return it["kind"] == kind; });
    }
    if (perhaps(30)) {
      const std::string from = all[random() % all.size()]["time"];
      line += " --from-time " + from;
      const std::uint64_t first = [&] {
        std::uint64_t least = ~std::uint64_t{0};
        for (const Json& it : all) {
          if (it["time"] != from) continue;
          least = std::min<std::uint64_t>(least, std::stoull(it["settlement"].get<std::string>()));
        }
        return least;
      }();
      keep([&](const Json& it) {
        return std::stoull(it["settlement"].get<std::string>()) >= first;
      });
    }
    if (perhaps(20)) {
      line += " --order " + std::to_string(order_of_bob);
      keep([&](const Json& it) {
        if (!it.contains("trade")) return false;
        const std::size_t at = line.find("--merchant ");
        const std::string own = at == std::string::npos ? "" : line.substr(at + 11, 1);
        for (const char* side : {"buyer", "seller"}) {
          const Json& party = it["trade"][side];
          const bool is_own = own.empty() || party["account_id"].dump() == own;
          if (party["order_id"] == std::to_string(order_of_bob) && is_own) return true;
        }
        return false;
      });
    }
    const std::uint64_t limit = 1 + random() % 20;
    std::vector<Json> found;
    std::string before;
    while (true) {
      const std::vector<Json> page = lines_in(
          both("transactions" + line + before + " --json --limit " + std::to_string(limit)));
      found.insert(found.end(), page.begin(), page.end());
      if (page.size() < limit) break;
      before = " --before " + page.back()["settlement"].get<std::string>();
    }
    EXPECT_EQ(found, expected) << line;
  }
}

TEST_F(AuditCommands, a_trade_shows_what_was_traded_between_whom_by_which_orders) {
  const std::vector<Json> found =
      lines_in(both("transactions --json --merchant 'bob and sons' --with 1 --order " +
                    std::to_string(order_of_bob)));
  ASSERT_EQ(found.size(), 1U) << "by a name it had, whatever the capitals";
  expect_shape(found[0].dump(), "audit_transaction");
  const Json& trade = found[0]["trade"];
  EXPECT_EQ(trade["instrument"], "WEATHER");
  EXPECT_EQ(trade["buyer"]["name"], "Bob, Ltd");
  EXPECT_EQ(trade["buyer"]["order_id"], std::to_string(order_of_bob));
  EXPECT_EQ(trade["seller"]["account_id"], 1);
  EXPECT_EQ(trade["mode"], "book");
  EXPECT_EQ(trade["taker"], "buy");
  const std::string csv = both("transactions --csv --merchant 'Bob, Ltd' --kind settle --limit 1");
  EXPECT_NE(csv.find(",2,\"Bob, Ltd\","), std::string::npos) << csv;
  EXPECT_EQ(lines_in(both("transactions --json --instrument weather --kind settle --limit 1000")),
            lines_in(both("transactions --json --kind settle --limit 1000")));
}

TEST(AuditCsv, no_cell_is_a_formula_to_a_spreadsheet) {
  EXPECT_EQ(csv_line({"=1+2", "+1", "@a", "-2+3", "-", "\tx", "=a,b"}),
            "'=1+2,'+1,'@a,'-2+3,'-,'\tx,\"'=a,b\"");
  EXPECT_EQ(csv_line({"", "-12.50", "-3", "a=b", "1,000", "a\"b"}),
            ",-12.50,-3,a=b,\"1,000\",\"a\"\"b\"");
}

TEST_F(AuditCommands, a_filter_of_nothing_is_not_a_filter_for_everything) {
  for (const char* words : {"transactions --merchant ''", "transactions --instrument ''",
                            "fees --from-time ''", "fees --to-time ''", "balance 1 --at ''"}) {
    const ToolRun run = exchange.run(std::string("audit ") + words);
    EXPECT_EQ(run.exit, exit_usage) << words << run.out;
    EXPECT_NE(run.err.find("must not be empty"), std::string::npos) << run.err;
  }
}

TEST_F(AuditCommands, a_list_that_ends_early_says_how_to_go_on) {
  const std::string page = both("transactions --limit 3");
  const std::size_t at = page.find("go on with --before ");
  ASSERT_NE(at, std::string::npos) << page;
  const std::string next =
      both("transactions --limit 3 " + page.substr(at + 11, page.find(',', at) - at - 11));
  EXPECT_EQ(both("transactions --limit 6").substr(0, page.find("there may be")),
            page.substr(0, page.find("there may be")));
  EXPECT_NE(next, page);
  EXPECT_EQ(both("transactions --before 1"), "no settlement is like that\n");
  EXPECT_NE(both("transactions --order 999").find("no settlement is like that"), std::string::npos);
}

TEST_F(AuditCommands, the_bank_s_reference_and_notes_are_found) {
  const std::vector<Json> bank = lines_in(both("transactions --json --reference ICBC-7"));
  ASSERT_EQ(bank.size(), 1U);
  EXPECT_EQ(bank[0]["kind"], "fund");
  EXPECT_EQ(bank[0]["reference"], "ICBC-7");
  EXPECT_EQ(bank[0]["legs"][1]["amount"], "12.50");
  EXPECT_EQ(lines_in(both("transactions --json --kind note")).size(), 2U);
  exchange.expect_failure("audit transactions --kind gossip", exit_usage, "--kind");
  exchange.expect_failure("audit transactions --merchant Nobody", exit_not_there, "Nobody");
  exchange.expect_failure("audit transactions --key alice", exit_refused, "NOT_PERMITTED");
  exchange.expect_failure("audit transactions --merchant 2 --key alice", exit_refused, "NOT_FOUND");
}

TEST_F(AuditCommands, a_statement_adds_up_and_a_balance_can_be_of_any_time) {
  const Json statement = both_json("statement 2", "audit_statement");
  EXPECT_EQ(statement["adds_up"], true);
  EXPECT_EQ(statement["name"], "Bob, Ltd");
  ASSERT_GT(statement["lines"].size(), 4U);
  EXPECT_EQ(statement["closing"], both_json("balance 2", "audit_balance")["balances"]);
  const std::string middle = statement["lines"][statement["lines"].size() / 2]["time"];
  const Json later = both_json("statement 2 --from-time " + middle, "audit_statement");
  EXPECT_EQ(later["adds_up"], true);
  EXPECT_EQ(later["opening"], both_json("balance 2 --at " + middle, "audit_balance")["balances"]);
  EXPECT_EQ(both_json("statement 2 --to-time " + middle, "audit_statement")["closing"],
            later["opening"]);
  EXPECT_LT(later["lines"].size(), statement["lines"].size());
  const std::string csv = both("statement 2 --csv");
  EXPECT_EQ(
      static_cast<std::size_t>(std::ranges::count(csv, '\n')),
      1 + statement["opening"].size() + statement["lines"].size() + statement["closing"].size());
}

TEST_F(AuditCommands, fees_by_day_and_the_largest_buyers_are_what_the_trades_add_up_to) {
  const auto fen = [](const Json& money) {
    std::string digits = money.get<std::string>();
    std::erase(digits, '.');
    return std::stoll(digits);
  };
  std::int64_t fees = 0;
  std::map<std::uint32_t, std::int64_t> bought;
  for (const Json& it : lines_in(both("transactions --json --kind settle --limit 10000"))) {
    const Json& trade = it["trade"];
    fees += fen(trade["buyer"]["fee"]) + fen(trade["seller"]["fee"]);
    bought[trade["buyer"]["account_id"]] += fen(trade["notional"]);
  }
  std::int64_t by_day = 0;
  const Json days = both_json("fees --by day", "audit_fees");
  for (const Json& day : days["fees"]) by_day += fen(day["income"]);
  EXPECT_EQ(by_day, fees);
  EXPECT_GT(fees, 0);
  const Json turnover = both_json("turnover --instrument WEATHER", "audit_turnover");
  ASSERT_EQ(turnover["merchants"].size(), 3U);
  EXPECT_EQ(turnover["merchants"][0]["account_id"], 2);
  for (const Json& row : turnover["merchants"]) {
    EXPECT_EQ(fen(row["bought"]), bought[row["account_id"]]);
  }
  EXPECT_NE(both("turnover --limit 1").find("more with --limit 3"), std::string::npos);
}

}  // namespace
}  // namespace karst::test
