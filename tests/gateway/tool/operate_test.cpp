// Every subcommand of the operator: its success, its JSON, and its most likely mistake.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>

#include "gateway/tool/deed.hpp"
#include "schemas/words/human_units.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

std::int64_t this_hour() {
  return std::chrono::duration_cast<std::chrono::hours>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Runs the line with --json, which must carry out `command`. Returns: its answer.
Json expect_done(const ToolExchange& exchange, const std::string& line,
                 const std::string& command) {
  const Json json = exchange.json(line, "reply");
  EXPECT_EQ(json.value("command", ""), command) << line;
  EXPECT_GT(number_of(json["sequence"]), 0) << line;
  return json;
}

TEST(ToolOperate, admits_suspends_and_limits_merchants) {
  const ToolExchange exchange;
  const ToolRun admitted = exchange.run("merchant admit 51 --name 'Cloud Atlas' --tier 3");
  EXPECT_EQ(admitted.exit, exit_ok) << admitted.err;
  EXPECT_TRUE(admitted.out.starts_with("merchant 51 is admitted (command ")) << admitted.out;
  exchange.expect_failure("merchant admit 51 --name Again", exit_refused, "ALREADY_EXISTS");
  exchange.expect_failure("merchant admit 52", exit_usage, "--name is required");
  exchange.expect_failure("merchant admit fifty --name X", exit_usage, "fifty is no whole number");

  const ToolRun renamed = exchange.run("merchant rename 51 --name '\u6570\u636e\u5546'");
  EXPECT_TRUE(renamed.out.starts_with("merchant 51 is called \u6570\u636e\u5546 (command "))
      << renamed.out << renamed.err;
  exchange.expect_failure("merchant rename 51 --name 'E\u0301lan'", exit_usage,
                          "normal form C");

  EXPECT_EQ(expect_done(exchange, "merchant suspend 51", "set_merchant_state")["account"], 51);
  exchange.expect_failure("merchant suspend 99", exit_refused, "karst merchant admit ACCOUNT");
  expect_done(exchange, "merchant readmit 51", "set_merchant_state");
  expect_done(exchange, "group 51 7 --tier 3 --clearance 1 --domestic", "set_merchant_profile");
  exchange.expect_failure("group 51 7", exit_usage, "--tier is required");

  expect_done(exchange, "limits 51 --order-value 500000.00 --open-orders 2", "set_merchant_limits");
  exchange.expect_failure("limits 51 --order-value 0.001", exit_usage,
                          "0.001 is no amount like 1250.50");
  exchange.expect_failure("limits 51", exit_usage, "what is not said is not limited");
  expect_done(exchange, "kill 51", "kill_switch");
  exchange.expect_failure("kill", exit_usage, "account is required");
  expect_done(exchange, "unkill 51", "kill_switch");
  exchange.expect_failure("unkill 99", exit_refused, "UNKNOWN_ACCOUNT");

  expect_done(exchange, "merchant exit 51", "set_merchant_state");
  exchange.expect_failure("merchant readmit 51", exit_refused, "ACCOUNT_EXITED");
  exchange.expect_failure("merchant exit 99 --key alice", exit_refused, "NOT_PERMITTED");
}

TEST(ToolOperate, books_money_once_for_each_reference) {
  const ToolExchange exchange;
  const std::string fund = "fund 1 250000.05 --reference ICBC-0001";
  EXPECT_EQ(expect_done(exchange, fund, "fund")["is_repeated"], false);
  EXPECT_EQ(expect_done(exchange, fund, "fund")["is_repeated"], true);
  exchange.expect_failure("fund 1 1.00 --reference ICBC-0001", exit_refused, "REFERENCE_IN_USE");
  exchange.expect_failure("fund 1 1.005 --reference X", exit_usage, "1.005 is no amount");
  exchange.expect_failure("fund 1 10", exit_usage, "--reference is required");
  expect_done(exchange, "withdraw 1 1200.50 --reference OUT-0001", "withdraw");
  exchange.expect_failure("withdraw 1 90000000000 --reference OUT-2", exit_refused,
                          "INSUFFICIENT_FUNDS");
  // 10^9 fen at first, 25,000,005 in, 120,050 out.
  const auto client = exchange.connect(alice);
  v1::Request question;
  question.mutable_query_balances();
  const v1::Response balances = ask(*client, question);
  EXPECT_EQ(balances.balances().balances(0).available_fen(), 1'024'879'955);
}

TEST(ToolOperate, defines_what_is_traded) {
  const ToolExchange exchange;
  expect_done(exchange, "currency 2 HKD", "define_currency");
  exchange.expect_failure("currency 2 USD", exit_refused, "ALREADY_EXISTS");
  expect_done(exchange, "calendar 2 --utc-offset=-5h", "define_calendar");
  exchange.expect_failure("calendar 3 --utc-offset 8", exit_usage, "8 is no duration like 8h");
  expect_done(exchange, "fees 2 --maker-bps 5 --taker-bps 10 --taker-per-lot 0.01", "define_fees");
  exchange.expect_failure("fees 3 --maker-bps 5001", exit_refused, "INVALID_FIELD");

  expect_done(exchange, "pool define 9 --operator 1 --symbol GUIAN-P --accelerator MIXED",
              "define_pool");
  exchange.expect_failure("pool define 8 --operator 1 --symbol A --accelerator B --unit hour",
                          exit_usage, "p_hour");
  const std::string from = " --from " + format_hour(this_hour() + 2);
  const std::string last = " --from " + format_hour(this_hour() + 4);
  exchange.expect_failure("contracts list 9" + from, exit_refused, "WRONG_STATE");
  expect_done(exchange,
              "pool terms 9 --tick 0.05 --list-price 28.00 --price-max 112.00 "
              "--currency 2 --calendar 2 --fees 2",
              "set_pool_terms");  // the lowest price is a tick
  exchange.expect_failure("pool terms 9 --tick 0.05 --list-price 28.01 --price-max 112.00",
                          exit_usage, "28.01 is no multiple of the tick 0.05");
  expect_done(exchange, "contracts list 9 --hours 3" + from, "list_contracts");
  exchange.expect_failure("contracts list 9" + from, exit_refused, "ALREADY_EXISTS");
  exchange.expect_failure("contracts list 9 --from 2026-12-01T00:30Z", exit_usage, "full hour");
  exchange.expect_failure("capacity mint 1 9 100" + from, exit_refused, "karst capacity set");
  expect_done(exchange, "capacity set 9 2000", "set_pool_capacity");
  expect_done(exchange, "capacity set 9 1000", "set_pool_capacity");
  exchange.expect_failure("capacity set 7 2000", exit_refused, "UNKNOWN_POOL");
  EXPECT_EQ(
      expect_done(exchange, "capacity mint 1 9 100 --hours 3" + from, "mint_capacity")["account"],
      1);
  exchange.expect_failure("capacity set 9 99", exit_refused, "CAPACITY_EXCEEDED");
  exchange.expect_failure("capacity mint 1 9 100 --hours 2" + last, exit_refused,
                          "UNKNOWN_INSTRUMENT");
}

TEST(ToolOperate, lists_products_and_changes_their_state) {
  const ToolExchange exchange;
  const std::string product =
      "product list 1 --symbol CLIMATE --list-price 1800.00 --price-max 18000.00";
  expect_done(exchange, product + " --certificate 2099-12-31", "define_product");
  expect_done(exchange, product + " --title '\u6c14\u5019' --certificate 2099-12-31",
              "define_product");
  exchange.expect_failure(product + " --title 'E\u0301lan' --certificate 2099-12-31", exit_usage,
                          "normal form C");
  exchange.expect_failure(product + " --title 'a\xff' --certificate 2099-12-31", exit_usage,
                          "no text in UTF-8");
  const std::string too_long = " --title " + std::string(65, 'x') + " --certificate 2099-12-31";
  exchange.expect_failure(product + too_long, exit_refused, "INVALID_FIELD (title)");
  exchange.expect_failure(product, exit_usage, "--certificate is required");
  exchange.expect_failure(product + " --certificate tomorrow", exit_usage, "no time like");
  const std::string hash(64, 'a');
  expect_done(exchange, "product terms 1 --certificate 2099-12-31T12:00+08:00 --terms-hash " + hash,
              "set_product_terms");
  exchange.expect_failure("product terms 1 --certificate 2099-12-31 --terms-hash abc", exit_usage,
                          "64 hexadecimal digits");
  expect_done(exchange, "instrument suspend 1", "set_instrument_state");
  exchange.expect_failure("instrument suspend 1", exit_refused, "WRONG_STATE");
  expect_done(exchange, "instrument open 1", "set_instrument_state");
  exchange.expect_failure("instrument open 99", exit_refused, "UNKNOWN_INSTRUMENT");
  expect_done(exchange, "halt weather", "halt");
  exchange.expect_failure("halt WETHER", exit_not_there, "WETHER");
  exchange.expect_failure("resume WEATHER --reference 1.205", exit_usage, "no amount");
  exchange.expect_failure("halt 1", exit_refused, "WRONG_STATE");
  expect_done(exchange, "resume WEATHER --reference 1.20", "resume");
  exchange.expect_failure("resume 1", exit_refused, "WRONG_STATE");
  expect_done(exchange, "instrument delist 1", "set_instrument_state");
  exchange.expect_failure("instrument delist 1", exit_refused, "WRONG_STATE");
}

TEST(ToolOperate, a_merchant_hears_that_the_operators_kill_switch_still_stands) {
  const ToolExchange exchange;
  const std::string who = std::to_string(alice.account);
  expect_done(exchange, "kill " + who, "kill_switch");
  expect_done(exchange, "kill " + who + " --key alice", "kill_switch");
  EXPECT_EQ(expect_done(exchange, "unkill " + who + " --key alice", "kill_switch")["is_killed"],
            true);
  const ToolRun again = exchange.run("unkill " + who + " --key alice");
  EXPECT_EQ(again.exit, exit_ok) << again.err;
  EXPECT_NE(again.out.find("an operator's kill switch still stands"), std::string::npos)
      << again.out;
  EXPECT_EQ(expect_done(exchange, "unkill " + who, "kill_switch")["is_killed"], false);
  EXPECT_FALSE(expect_done(exchange, "kill " + who, "kill_switch").contains("is_killed"));
}

TEST(ToolOperate, validate_only_does_nothing) {
  const ToolExchange exchange;
  const Json json = exchange.json("fund 1 10 --reference A --validate-only", "reply");
  EXPECT_EQ(json["is_validated_only"], true);
  EXPECT_EQ(json["sequence"], "0");
  exchange.expect_failure("merchant suspend 99 --validate-only", exit_refused, "UNKNOWN_ACCOUNT");
  EXPECT_EQ(expect_done(exchange, "fund 1 10 --reference A", "fund")["is_repeated"], false);
}

TEST(ToolOperate, makes_keys_that_can_log_on) {
  const ToolExchange exchange;
  const std::string create = "keys create 51 --account 2 --scopes read,trade";
  const Json key = exchange.json(create, "key");
  const std::string path = exchange.folder() + "/51.key";
  EXPECT_EQ(key["file"], path);
  EXPECT_EQ(key["scopes"], (Json{"read", "trade"}));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(exchange.run("watch --once --key 51").exit, exit_ok);

  exchange.expect_failure(create, exit_in_the_way, "no key is ever overwritten");
  const std::string other = exchange.folder() + "/other.key";
  exchange.expect_failure(create + " --file " + other, exit_refused, "ALREADY_EXISTS");
  EXPECT_FALSE(std::filesystem::exists(other)) << "a refused key leaves no file";
  EXPECT_FALSE(std::filesystem::exists(other + ".proposed"));
  exchange.expect_failure("keys create 52 --scopes trade", exit_usage, "--account N or --exchange");
  exchange.expect_failure("keys create 52 --account 2 --scopes fly", exit_usage, "fly");
  const Json made_elsewhere = exchange.json(
      "keys create 52 --exchange --scopes audit --public-key " + std::string(64, '1'), "key");
  EXPECT_TRUE(made_elsewhere["file"].is_null());

  expect_done(exchange, "keys revoke 51", "revoke_key");
  exchange.expect_failure("keys revoke 51", exit_refused, "KEY_REVOKED");
  exchange.expect_failure("keys revoke 1", exit_usage, "another operator's key");
  exchange.expect_failure("watch --once --key 51", exit_refused, "LOG_ON_REFUSED");
}

/// Says yes to what waits under that number, as one who has seen it.
std::string confirmation(const ToolExchange& exchange, const std::string& number) {
  const Json all = exchange.json("proposals", "proposals");
  for (const Json& it : all["proposals"]) {
    if (it["proposal"] != number) continue;
    return "confirm " + number + " --key second --hash " + it["hash"].get<std::string>();
  }
  ADD_FAILURE() << number << " does not wait: " << all;
  return "confirm " + number;
}

std::string proposal_of(const Json& waiting) { return waiting["error"].value("value", ""); }

TEST(ToolOperate, two_operators_do_what_one_may_not) {
  const ToolExchange exchange(true);
  const Json waiting = exchange.json("merchant exit 3", "error", exit_needs_second);
  EXPECT_EQ(waiting["error"]["code"], "NEEDS_TWO");
  const std::string number = proposal_of(waiting);
  exchange.expect_failure("merchant exit 2", exit_needs_second, "--key FILE");
  exchange.expect_failure("merchant exit 2 --validate-only", exit_needs_second, "nothing waits");
  exchange.expect_failure("merchant exit 99", exit_refused, "UNKNOWN_ACCOUNT");
  const std::string yes = confirmation(exchange, number);
  // Nobody is at a terminal: what it is is shown, and has to be said again.
  exchange.expect_failure("confirm " + number + " --key second", exit_usage,
                          "end the membership of merchant 3 for ever");
  exchange.expect_failure("confirm " + number + " --key second --hash " + std::string(64, '0'),
                          exit_refused, "not the hash");
  const std::string own = yes.substr(0, yes.find(" --key")) + yes.substr(yes.find(" --hash"));
  exchange.expect_failure(own, exit_refused, "OWN_PROPOSAL");
  const Json confirmed = exchange.json(yes, "reply");
  EXPECT_FALSE(confirmed["is_waiting"].get<bool>());
  exchange.expect_failure("merchant readmit 3", exit_refused, "ACCOUNT_EXITED");
  exchange.expect_failure(yes, exit_refused, "UNKNOWN_PROPOSAL");
}

TEST(ToolOperate, what_waits_survives_a_restart) {
  ToolExchange exchange(true);
  const std::string number = proposal_of(exchange.json("merchant exit 3", "error",
                                                     exit_needs_second));
  const std::string yes = confirmation(exchange, number);
  exchange.set_config("port", "0");
  exchange.stop();
  exchange.start();
  exchange.set_config("port", std::to_string(exchange.port()));
  EXPECT_EQ(exchange.run(yes).exit, exit_ok);
}

TEST(ToolOperate, a_key_that_waits_for_a_second_operator_is_no_key_file_yet) {
  const ToolExchange exchange(true);
  const std::string path = exchange.folder() + "/60.key";
  const std::string create = "keys create 60 --exchange --scopes operate";
  const Json key = exchange.json(create, "error", exit_needs_second);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(path + ".proposed"));
  EXPECT_NE(key["error"]["hint"].get<std::string>().find(path + ".proposed becomes " + path),
            std::string::npos)
      << key;
  exchange.expect_failure("watch --once --key 60.key.proposed", exit_refused, "LOG_ON_REFUSED");
  exchange.expect_failure("keys create 61 --exchange --scopes operate --file " + path,
                          exit_in_the_way, "waits to be key 60");
  // Asked again while it waits, it is the same key; confirmed, it gets its file.
  const Json again = exchange.json(create, "error", exit_needs_second);
  EXPECT_EQ(exchange.run(confirmation(exchange, proposal_of(again))).exit, exit_ok);
  const Json made = exchange.json(create, "key");
  EXPECT_EQ(made["file"], path);
  EXPECT_EQ(made["is_repeated"], true);
  EXPECT_FALSE(std::filesystem::exists(path + ".proposed"));
  EXPECT_EQ(exchange.run("status --key 60").exit, exit_ok);
  exchange.expect_failure(create, exit_in_the_way, "no key is ever overwritten");
  // A number that is taken is nobody's to confirm, and leaves no file.
  exchange.expect_failure("keys create 11 --exchange --scopes operate", exit_refused,
                          "ALREADY_EXISTS");
  EXPECT_FALSE(std::filesystem::exists(exchange.folder() + "/11.key.proposed"));
}

TEST(ToolOperate, says_what_the_exchange_does_and_who_asked) {
  const ToolExchange exchange;
  const Json status = exchange.json("status", "status");
  EXPECT_GT(number_of(status["sequence"]), 10);
  EXPECT_EQ(status["sessions"], 1);
  EXPECT_NE(exchange.run("status").out.find("newest command"), std::string::npos);
  EXPECT_EQ(exchange.json("status --key alice", "status")["sessions"], 1);
  exchange.expect_failure("status /nowhere", exit_not_there, "--home DIR");

  const auto client = exchange.connect(operator_key);
  v1::Request question;
  question.mutable_query_balances()->set_account_id(2);
  static_cast<void>(ask(*client, question));
  const Json accesses = exchange.json("access-log --limit 1 --key auditor", "access_log");
  ASSERT_EQ(accesses.size(), 1U);
  exchange.expect_failure("access-log --key alice", exit_refused, "NOT_PERMITTED");
  exchange.expect_failure("access-log --limit 0", exit_usage, "--limit");
}

TEST(ToolOperate, reaches_every_field_of_every_command_of_an_operator) {
  // Made by the exchange itself, sent by sessions and merchants, or with a subcommand of its own.
  const std::set<std::string> others{
      "begin_incarnation", "configure", "tick",        "adopt_rules",  "open_session",
      "close_session",   "clock_held",  "accept_clock", "grow",          "set_dead_man",
      "heartbeat",       "create_key",  "place_order",  "amend_order",  "propose",     "confirm",
      "cancel_order",    "mass_cancel", "post_offer",   "hibernate_order",
      "reactivate_order"};
  std::map<std::string, std::set<std::string>> filled;
  for (const Deed& deed : operate_deeds()) {
    for (const DeedOption& it : deed.options) filled[deed.body].insert(it.field);
    for (const DeedConstant& it : deed.constants) filled[deed.body].insert(it.field);
  }
  const auto* const bodies = v1::Command::descriptor()->oneof_decl(0);
  for (int i = 0; i < bodies->field_count(); ++i) {
    const std::string body = bodies->field(i)->name();
    if (others.contains(body)) continue;
    const auto* const type = bodies->field(i)->message_type();
    for (int k = 0; k < type->field_count(); ++k) {
      EXPECT_TRUE(filled[body].contains(type->field(k)->name()))
          << body << "." << type->field(k)->name();
    }
    EXPECT_FALSE(filled[body].empty()) << body;
  }
}

TEST(ToolOperate, moves_the_time_of_a_replay_only) {
  const ToolExchange exchange;
  exchange.expect_failure("clock 2026-11-22T13:00+08:00", exit_refused, "CLOCK_IS_REAL");
  exchange.expect_failure("clock accept", exit_refused, "is not held");
  exchange.expect_failure("clock noon", exit_usage, "noon is no time");
}

TEST(ToolOperate, accepts_a_wall_clock_that_is_not_believed) {
  ToolExchange exchange;
  const auto start_on = [&](const std::string& clock) {
    exchange.stop();
    exchange.set_config("clock", "\"" + clock + "\"");
    exchange.start();
    exchange.set_config("port", std::to_string(exchange.port()));
  };
  start_on("trace");
  EXPECT_EQ(exchange.run("clock 2099-01-01T08:00+08:00").exit, exit_ok);
  start_on("real");
  EXPECT_TRUE(exchange.json("status", "status")["is_clock_held"]);
  exchange.expect_failure("clock accept --key alice", exit_refused, "NOT_PERMITTED");
  EXPECT_GT(number_of(exchange.json("clock accept", "reply")["sequence"]), 0);
  EXPECT_FALSE(exchange.json("status", "status")["is_clock_held"]);
}

}  // namespace
}  // namespace karst::test
