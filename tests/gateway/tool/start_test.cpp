// The first subcommands of a new exchange: init, keygen, demo.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "gateway/config/config.hpp"
#include "gateway/config/version.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

TEST(ToolStart, init_makes_a_folder_once) {
  const TemporaryFolder parent;
  const std::string folder = parent.path() + "/x";
  const ToolRun made = run_tool({"init", folder, "--json"}, ".");
  EXPECT_EQ(made.exit, exit_ok) << made.err;
  expect_shape(made.out, "init");
  EXPECT_TRUE(std::filesystem::exists(std::string(made.json()["operator_key"])));
  const ToolRun again = run_tool({"init", folder}, ".");
  EXPECT_EQ(again.exit, exit_in_the_way);
  EXPECT_NE(again.err.find("start what is there: karstd "), std::string::npos) << again.err;
}

TEST(ToolStart, both_programs_say_which_they_are_and_how_they_are_used) {
  const auto karstd = [](const char* word) { return run_built("karstd", {word}, "."); };
  const std::string version = std::string(" ") + gateway::version + "\n";
  EXPECT_EQ(run_tool({"--version"}, ".").out, "karst" + version);
  EXPECT_EQ(karstd("--version").out, "karstd" + version);
  const ToolRun help = karstd("--help");
  EXPECT_EQ(help.exit, 0);
  EXPECT_NE(help.out.find("karst init DIR"), std::string::npos) << help.out;
  const ToolRun wrong = karstd("--halp");
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_EQ(wrong.err, help.out);
}

TEST(ToolStart, without_a_port_in_the_configuration_it_is_7420_to_both_programs) {
  const TemporaryFolder parent;
  const std::string folder = parent.path() + "/x";
  ASSERT_EQ(run_tool({"init", folder}, ".").exit, exit_ok);
  ASSERT_EQ(std::system(("sed -i '/^port = /d' " + folder + "/karst.toml").c_str()), 0);
  const auto config = gateway::load_config(folder + "/karst.toml");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->server.port, 7'420);
  gateway::ClientConfig client;
  LinkOptions options;
  options.home = folder;
  ASSERT_FALSE(fill_client_config(options, client));
  EXPECT_EQ(client.peer.port, 7'420);
}

TEST(ToolStart, karstd_takes_the_folder_and_says_that_another_runs_on_it) {
  const ToolExchange exchange;
  const ToolRun checked = run_built("karstd", {"--check-config", exchange.folder()}, ".");
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_NE(checked.out.find("merchants"), std::string::npos) << checked.out;
  const ToolRun second = run_built("karstd", {exchange.folder()}, ".");
  EXPECT_EQ(second.exit, 1);
  EXPECT_NE(second.err.find("another karstd runs on these files"), std::string::npos)
      << second.err;
}

TEST(ToolStart, keygen_prints_the_public_part) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/mine.key";
  const ToolRun made = run_tool({"keygen", path, "--json"}, ".");
  EXPECT_EQ(made.exit, exit_ok) << made.err;
  expect_shape(made.out, "keygen");
  EXPECT_EQ(run_tool({"keygen", path}, ".").exit, exit_in_the_way);
}

TEST(ToolStart, a_client_certificate_opens_an_exchange_that_asks_for_one) {
  ToolExchange exchange;
  const std::string mine = exchange.folder() + "/mine";
  const std::string make = "client-certificate " + exchange.folder() + " Me " + mine;
  EXPECT_EQ(exchange.json(make, "client_certificate")["certificate"], mine + ".crt");
  exchange.expect_failure(make, exit_in_the_way, "already exists");
  exchange.stop();
  exchange.set_config("client_ca", "\"ca.crt\"");
  exchange.start();
  exchange.expect_failure("status", exit_not_connected, "karst client-certificate");
  EXPECT_EQ(exchange.run("status --tls-certificate " + mine).exit, exit_ok);
  exchange.expect_failure("status --tls-certificate nothing", exit_damaged, "read the client's");
}

TEST(ToolStart, the_demo_trades_with_a_key_of_its_own) {
  ToolExchange exchange;
  const Json done = exchange.json("demo --seconds 2", "demo");
  EXPECT_GT(done.value("orders", 0), 0);
  EXPECT_TRUE(std::filesystem::exists(exchange.folder() + "/demo.key"));
  // The operator may speak while it runs the next time.
  EXPECT_EQ(exchange.run("demo --seconds 1 --key demo").exit, exit_ok);
  exchange.stop();
  exchange.expect_failure("demo --seconds 1", exit_not_connected, "./run demo starts one");
}

TEST(ToolStart, a_word_that_is_no_subcommand_is_said_with_what_may_be_meant) {
  const auto said = [](const std::vector<std::string>& words) { return run_tool(words, ".").err; };
  EXPECT_NE(said({"wacth"}).find("no subcommand wacth; did you mean watch"), std::string::npos);
  EXPECT_NE(said({"mer"}).find("did you mean merchant"), std::string::npos);
  EXPECT_NE(said({"merchant", "admt"}).find("did you mean admit"), std::string::npos);
  EXPECT_NE(said({"merchant", "xyz"}).find("no subcommand xyz\n"), std::string::npos);
  EXPECT_NE(said({"keys"}).find("keys what? revoke or create\n"), std::string::npos);
}

}  // namespace
}  // namespace karst::test
