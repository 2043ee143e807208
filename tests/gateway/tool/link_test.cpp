// What every networked subcommand shares: finding the exchange, log-on, failures, exit codes.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "gateway/tool/output.hpp"
#include "schemas/words/code_text.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

TEST(ToolLink, wrong_usage_says_where_the_help_is) {
  for (const char* line : {"", "no-such-thing", "watch --port 1000000", "watch --no-such-option"}) {
    std::vector<std::string> words;
    std::istringstream stream(line);
    for (std::string word; stream >> word;) words.push_back(word);
    const ToolRun run = run_tool(words, ".");
    EXPECT_EQ(run.exit, exit_usage) << line;
    EXPECT_NE(run.err.find("--help"), std::string::npos) << run.err;
  }
  const ToolRun json = run_tool({"watch", "--port", "x", "--json"}, ".");
  EXPECT_EQ(json.exit, exit_usage);
  expect_shape(json.out, "error");
  EXPECT_EQ(json.json()["error"]["code"], "USAGE");
}

TEST(ToolLink, help_is_no_failure) {
  const ToolRun run = run_tool({"watch", "--help"}, ".");
  EXPECT_EQ(run.exit, exit_ok);
  EXPECT_NE(run.out.find("KARST_HOME"), std::string::npos);
}

TEST(ToolLink, a_folder_without_an_exchange_is_said_with_the_remedy) {
  const TemporaryFolder folder;
  const ToolRun run = run_tool({"watch", "--once", "--json"}, folder.path());
  EXPECT_EQ(run.exit, exit_not_there);
  EXPECT_NE(run.err.find("--home DIR"), std::string::npos) << run.err;
  expect_shape(run.out, "error");
  EXPECT_EQ(run.json()["error"]["code"], "NO_EXCHANGE_FOLDER");
}

TEST(ToolLink, finds_the_exchange_by_its_folder_and_names_what_is_wrong) {
  ToolExchange exchange;
  EXPECT_EQ(exchange.run("watch --once").exit, exit_ok);
  EXPECT_EQ(exchange.run("watch --once --key alice").exit, exit_ok);
  EXPECT_EQ(run_tool({"watch", exchange.folder(), "--once"}, "/nowhere").exit, exit_ok);
  exchange.expect_failure("watch --once --key nobody", exit_not_there, "cannot read the key");
  exchange.expect_failure("watch --once --key ca.crt", exit_damaged, "an Ed25519 secret key");
  exchange.expect_failure("watch --once --key alice --key-id 12", exit_refused, "LOG_ON_REFUSED");
  exchange.expect_failure("watch --once --server-name elsewhere", exit_not_connected,
                          "hostname mismatch");
  exchange.stop();
  exchange.expect_failure("watch --once", exit_not_connected, "./run demo starts one");
  const Json error = exchange.json("watch --once", "error", exit_not_connected);
  EXPECT_EQ(error["error"]["code"], "CANNOT_CONNECT");
}

TEST(ToolLink, the_judge_of_shapes_judges) {
  EXPECT_NONFATAL_FAILURE(expect_shape(R"({"error": {"code": "X"}})", "error"), "required");
  EXPECT_NONFATAL_FAILURE(expect_shape("no JSON", "error"), "no JSON for error");
}

TEST(ToolLink, every_code_has_its_text_of_the_page) {
  std::ifstream page(std::string(KARST_SOURCE_DIR) + "/docs/ERRORS.md");
  int rows = 0;
  for (std::string line; std::getline(page, line);) {
    std::istringstream cells(line);
    std::string number;
    std::string name;
    std::string text;
    if (!line.starts_with("| ") || line.starts_with("| number")) continue;
    std::getline(cells, number, '|');
    std::getline(cells, number, '|');
    std::getline(cells, name, '|');
    std::getline(cells, text, '|');
    const int code = std::stoi(number);
    EXPECT_EQ(" " + code_name(code) + " ", name);
    EXPECT_EQ(" " + std::string(code_text(code)) + " ", text);
    ++rows;
  }
  EXPECT_EQ(rows, v1::Code_descriptor()->value_count());
}

}  // namespace
}  // namespace karst::test
