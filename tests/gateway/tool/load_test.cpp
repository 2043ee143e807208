// `karst load` against a real exchange: it makes its market, measures, and says what is wrong.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

// Numbers that the small exchange of the tests has.
const std::string numbers = " --first-account 901 --first-key 1901 --pool 9";

std::string read_file(const std::string& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(ToolLoad, makes_its_merchants_once_and_answers_every_command) {
  ToolExchange exchange;
  const std::string plot = exchange.folder() + "/load.svg";
  const std::string histogram = exchange.folder() + "/load.hgrm";
  const std::string line = "load --rate 400 --seconds 1 --warm-up 0.2 --sessions 3" + numbers;
  const Json first =
      exchange.json(line + " --plot " + plot + " --histogram " + histogram, "load");
  EXPECT_EQ(first["planned"], 480);
  std::uint64_t answered = 0;
  for (const auto& [kind, count] : first["answered"].items()) answered += count.get<unsigned>();
  EXPECT_EQ(answered, 480U);
  EXPECT_EQ(first["unanswered"], 0);
  EXPECT_EQ(first["latency_us"]["count"], 400);
  EXPECT_GE(first["latency_us"]["p50"], first["from_send_us"]["p50"].get<double>() * 0.99);
  EXPECT_GE(first["latency_us"]["max"], first["latency_us"]["p99_99"]);
  EXPECT_NE(read_file(histogram).find("#[Max     ="), std::string::npos);
  EXPECT_NE(read_file(plot).find("</svg>"), std::string::npos);
  // The same merchants go on; the text is for people.
  const ToolRun second = exchange.run(line);
  EXPECT_EQ(second.exit, exit_ok) << second.err;
  EXPECT_NE(second.out.find("due to reply"), std::string::npos) << second.out;
}

TEST(ToolLoad, trades_with_keys_that_were_given) {
  ToolExchange exchange;
  const std::string keys = " --session-key " + exchange.folder() + "/alice.key --session-key " +
                           exchange.folder() + "/bob.key";
  const std::string line =
      "load --rate 200 --seconds 0.5 --warm-up 0 --mix place=1,cancel=1" + keys;
  exchange.expect_failure(line, exit_usage, "--instrument");
  const Json report = exchange.json(line + " --instrument 1", "load");
  EXPECT_EQ(report["sessions"], 2);
  EXPECT_EQ(report["unanswered"], 0);
  EXPECT_EQ(report["answered"]["ioc"], 0);
}

TEST(ToolLoad, says_what_is_wrong_with_the_request) {
  ToolExchange exchange;
  exchange.expect_failure("load --mix place=1,dance=2", exit_usage, "place=45,cancel=40");
  exchange.expect_failure("load --seconds 0.1", exit_refused, "--first-account");
  exchange.expect_failure("load --seconds 0.1 --first-account 1 --first-key 1901 --pool 9",
                          exit_in_the_way, "somebody's at account 1");
  exchange.expect_failure("load --seconds 0.1 --key alice", exit_refused, "NOT_PERMITTED");
}

}  // namespace
}  // namespace karst::test
