// Every scenario file is a test; and the runner itself fails where it must.
#include "tests/scenarios/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace karst::scenarios {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(KARST_SOURCE_DIR) / "tests" / "scenarios";

std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") {
      files.push_back(fs::relative(entry.path(), folder).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class File : public testing::TestWithParam<std::string> {};

TEST_P(File, comes_to_what_its_lines_say) {
  std::ifstream in(folder / GetParam());
  std::stringstream text;
  text << in.rdbuf();
  Scenario scenario("tests/scenarios/" + GetParam(), text.str());
  const auto difference = scenario.run();
  EXPECT_FALSE(difference.has_value()) << *difference;
  EXPECT_GT(scenario.compared(), 0U) << "a scenario has to expect something";
  EXPECT_TRUE(text.str().starts_with("# ")) << "say in the first line what it shows";
}

INSTANTIATE_TEST_SUITE_P(scenario, File, testing::ValuesIn(scenario_files()), [](const auto& file) {
  std::string name = file.param.substr(0, file.param.size() - 4);
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
});

/// The blocks of the page that begin with ```scenario, in order: the first is the market that all
/// others begin with.
std::vector<std::string> examples_of(const fs::path& page) {
  std::ifstream in(page);
  std::vector<std::string> examples;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```scenario") examples.emplace_back();
    if (is_inside && line != "```") examples.back() += line + "\n";
    is_inside = line == "```scenario" || (is_inside && line != "```");
  }
  return examples;
}

TEST(MarketRules, every_example_of_the_page_comes_to_what_it_says) {
  const std::vector<std::string> examples =
      examples_of(fs::path(KARST_SOURCE_DIR) / "docs" / "MARKET_RULES.md");
  ASSERT_GT(examples.size(), 10U);
  for (std::size_t i = 1; i < examples.size(); ++i) {
    Scenario scenario("docs/MARKET_RULES.md, example " + std::to_string(i),
                      examples[0] + examples[i]);
    const auto difference = scenario.run();
    EXPECT_FALSE(difference.has_value()) << *difference;
    EXPECT_GT(scenario.compared(), 0U) << examples[i];
  }
}

constexpr const char* small_market =
    "merchant alice\n"
    "merchant bob funds 100.00\n"
    "pool gy capacity 100 list 2.50\n"
    "list gy hour 5\n"
    "mint alice 10 gy hour 5\n"
    "alice sell 10 @ 2.50 gtc\n"
    "> accepted order 1 leaves 10\n";

std::string outcome(const std::string& rest) {
  return Scenario("sample", small_market + rest).run().value_or("as expected");
}

TEST(Runner, passes_what_is_right) {
  EXPECT_EQ(outcome("bob buy 4 @ 2.60 ioc\n>  trade 4 @ 2.50  maker 1 (leaves 6) taker 2 buy\n"),
            "as expected");
}

TEST(Runner, shows_a_wrong_line_as_a_diff_with_what_went_before) {
  EXPECT_EQ(outcome("bob buy 4 @ 2.60 ioc\n> trade 4 @ 2.60 maker 1 (leaves 6) taker 2 buy\n"),
            "sample:8: this came to something else\n"
            "    list gy hour 5\n"
            "    mint alice 10 gy hour 5\n"
            "    alice sell 10 @ 2.50 gtc\n"
            "    > accepted order 1 leaves 10\n"
            "    bob buy 4 @ 2.60 ioc\n"
            "  - > trade 4 @ 2.60 maker 1 (leaves 6) taker 2 buy\n"
            "  + > trade 4 @ 2.50 maker 1 (leaves 6) taker 2 buy\n");
}

TEST(Runner, fails_on_a_line_too_few_or_too_many) {
  EXPECT_NE(outcome("bob buy 4 @ 2.60 ioc\n"), "as expected");
  EXPECT_NE(outcome("bob buy 4 @ 2.40 gtc\n> booked order 2 leaves 4\n"), "as expected");
  EXPECT_NE(outcome("bob buy 4 @ 2.40 gtc\n> accepted order 2 leaves 5\n"), "as expected");
  EXPECT_NE(outcome("bob buy 400 @ 2.40 gtc\n"), "as expected");
}

TEST(Runner, says_which_line_it_cannot_read) {
  EXPECT_EQ(outcome("bob hold 4\n"),
            "sample:8: cannot read \"bob hold 4\": \"hold\" is no command");
  EXPECT_NE(outcome("carol buy 4 @ 2.40 gtc\n"), "as expected");
  EXPECT_NE(outcome("bob buy 4 @ 2.4 gtc\n"), "as expected");
}

}  // namespace
}  // namespace karst::scenarios
