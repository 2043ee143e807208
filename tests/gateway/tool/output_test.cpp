// What cannot be written to standard output is an error of every subcommand and of both programs;
// who reads only the first lines is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gateway/tool/exit_code.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

/// Runs the line with nowhere to write to.
void expect_lost(const std::string& line, const std::string& home) {
  for (const char* const where : {" > /dev/full", " >&-"}) {
    const ToolRun run = run_shell(line + where, home);
    EXPECT_EQ(run.exit, exit_failed) << line << where << "\n" << run.err;
    EXPECT_NE(run.err.find("OUTPUT_LOST"), std::string::npos) << line << where << "\n" << run.err;
  }
}

/// Runs the line into a pipe that nobody reads any more.
void expect_no_reader_is_no_error(const std::string& line, const std::string& home) {
  const ToolRun run = run_shell("{ sleep 0.2; " + line + "; echo \"ended $?\" >&2; } | true", home);
  EXPECT_EQ(run.err, "ended 0\n") << line;
}

TEST(Output, that_is_lost_is_an_error_of_all_that_needs_no_exchange) {
  const TemporaryFolder room;
  for (const char* line :
       {"karst --help", "karst --version", "karst buy --help", "karst completion bash",
        "karst complete ''", "karstd --help", "karstd --version"}) {
    expect_lost(line, room.path());
    expect_no_reader_is_no_error(line, room.path());
  }
  const std::string home = room.path() + "/exchange";
  const ToolRun made = run_shell("karst init " + home + " --json > /dev/full", home);
  EXPECT_EQ(made.exit, exit_failed) << made.err;
  EXPECT_TRUE(std::filesystem::exists(home + "/operator.key"));
  expect_lost("karstd --check-config " + home, home);
  expect_no_reader_is_no_error("karstd --check-config " + home, home);
}

TEST(Output, that_is_lost_is_an_error_of_all_that_asks_an_exchange) {
  const ToolExchange exchange;
  const std::string data = exchange.folder() + "/data";
  for (const std::string& line :
       {std::string("karst status"), std::string("karst status --json"),
        std::string("karst instruments"), std::string("karst watch --once"),
        std::string("karst watch --once --json"), std::string("karst balance --key alice"),
        std::string("karst events --key alice --json"), "karst journal verify " + data,
        "karst journal dump " + data, "karst journal dump --json " + data,
        "karst audit transactions " + data, "karst audit trial-balance --json " + data}) {
    expect_lost(line, exchange.folder());
    expect_no_reader_is_no_error(line, exchange.folder());
  }
  // What would go on for ever ends when nobody reads it.
  expect_no_reader_is_no_error("timeout 20 karst watch --json", exchange.folder());
  expect_no_reader_is_no_error("timeout 20 karst events --follow --key alice --after 0",
                               exchange.folder());
}

TEST(Output, of_a_failure_keeps_the_code_of_the_failure) {
  const TemporaryFolder room;
  const ToolRun run =
      run_shell("karst status --home " + room.path() + " --json > /dev/full", room.path());
  EXPECT_EQ(run.exit, exit_not_there) << run.err;
  EXPECT_NE(run.err.find("ca.crt"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("OUTPUT_LOST"), std::string::npos) << run.err;
}

/// Finds numbers of the shape that are named as an id.
void expect_ids_are_text(const Json& shape, const std::string& path) {
  static const std::vector<std::string> ids{
      "order_id",    "sequence",         "as_of_sequence", "snapshot_sequence", "books_sequence",
      "client_seq",  "event_number",     "settlement",     "command",           "time_ns",
      "batch",       "first_seq",        "last_seq",       "first_command",     "last_command",
      "incarnation", "incarnation_after"};
  for (const auto& [name, below] : shape.items()) {
    const bool is_id = std::ranges::find(ids, name) != ids.end();
    if (is_id && below.is_object() && below.contains("type")) {
      EXPECT_NE(below["type"], "integer") << path << "/" << name;
    }
    if (below.is_structured()) expect_ids_are_text(below, path + "/" + name);
  }
}

TEST(Output, has_ids_of_64_bits_as_text_in_json) {
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(KARST_SOURCE_DIR) + "/docs/json")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("audit_")) continue;  // of the books: files_test.cpp
    std::ifstream file(entry.path());
    expect_ids_are_text(Json::parse(file), name);
  }
}

}  // namespace
}  // namespace karst::test
