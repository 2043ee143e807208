// Tab: the words that fit, as the program itself says them.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/completion.hpp"
#include "tests/gateway/tool/every_subcommand.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

std::vector<std::string> words(const std::vector<std::string>& typed) {
  CLI::App app{"", "karst"};
  add_commands(app);
  std::vector<std::string> found;
  for (const Candidate& it : complete(app, typed)) found.push_back(it.word);
  return found;
}

using Words = std::vector<std::string>;

TEST(Completion, offers_subcommands_options_and_values) {
  EXPECT_EQ(words({"merchant", ""}), (Words{"admit", "rename", "suspend", "readmit", "exit"}));
  EXPECT_EQ(words({"merchant", "a"}), (Words{"admit"}));
  EXPECT_EQ(words({"merchant", "admit", "--na"}), (Words{"--name"}));
  EXPECT_EQ(words({"pool", "terms", "9", "--grade", "s"}), (Words{"standard", "spot"}));
  EXPECT_EQ(words({"keys", "create", "--scopes", "read,t"}), (Words{"read,trade"}));
  EXPECT_EQ(words({"completion", "--x"}), Words{});
  EXPECT_EQ(words({"pool", "terms", "--list-price", ""}), Words{}) << "a value of one's own";
}

TEST(Completion, every_subcommand_explains_itself) {
  CLI::App app{"", "karst"};
  add_commands(app);
  const std::function<void(const CLI::App&)> look = [&](const CLI::App& at) {
    for (const CLI::App* next : at.get_subcommands({})) {
      EXPECT_FALSE(next->get_description().empty()) << next->get_name();
      for (const CLI::Option* option : next->get_options()) {
        const bool is_word = option->get_type_name().find('{') != std::string::npos;
        EXPECT_TRUE(is_word || !option->get_description().empty())
            << next->get_name() << " " << option->get_name();
      }
      look(*next);
    }
  };
  look(app);
}

TEST(ToolPage, names_every_subcommand_and_every_shape) {
  const std::string source = KARST_SOURCE_DIR;
  std::ifstream stream(source + "/docs/TOOL.md");
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  CLI::App app{"", "karst"};
  add_commands(app);
  const std::function<void(const CLI::App&, const std::string&)> look =
      [&](const CLI::App& at, const std::string& path) {
        const auto below = at.get_subcommands([](const CLI::App*) { return true; });
        const bool is_named = page.find("| `" + path + "` |") != std::string::npos;
        EXPECT_TRUE(is_named || !below.empty()) << path;
        for (const CLI::App* next : below) {
          look(*next, path + (path.empty() ? "" : " ") + next->get_name());
        }
      };
  look(app, "");
  for (const auto& entry : std::filesystem::directory_iterator(source + "/docs/json")) {
    EXPECT_NE(page.find("(json/" + entry.path().filename().string() + ")"), std::string::npos)
        << entry.path();
  }
}

TEST(EverySubcommand, has_a_row_and_answers_as_it_says) {
  std::map<std::string, const SubcommandRow*> rows;
  for (const auto& [name, table] : subcommand_tables()) {
    for (const SubcommandRow& row : table) EXPECT_TRUE(rows.emplace(row.path, &row).second);
  }
  CLI::App app{"", "karst"};
  add_commands(app);
  std::size_t leaves = 0;
  const std::function<void(const CLI::App&, const std::string&)> look =
      [&](const CLI::App& at, const std::string& path) {
        const auto below = at.get_subcommands([](const CLI::App*) { return true; });
        for (const CLI::App* next : below) {
          look(*next, path + (path.empty() ? "" : " ") + next->get_name());
        }
        if (!below.empty()) return;
        ++leaves;
        const auto found = rows.find(path);
        ASSERT_NE(found, rows.end()) << path << " has no row in every_subcommand.txt";
        const bool has_json = at.get_option_no_throw("--json") != nullptr;
        EXPECT_EQ(has_json, found->second->answer != Answer::no_json) << path;
        EXPECT_EQ(has_json, !found->second->shape.empty()) << path;
        EXPECT_NE(found->second->exit, tool::exit_ok) << path << " has no mistake";
      };
  look(app, "");
  EXPECT_EQ(leaves, rows.size()) << "a row is about no subcommand";
}

TEST(Completion, scripts_are_what_their_shells_understand) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const ToolRun run = run_tool({"completion", shell}, ".");
    EXPECT_EQ(run.exit, exit_ok);
    EXPECT_NE(run.out.find(" complete "), std::string::npos) << shell;
  }
  EXPECT_EQ(run_tool({"completion", "dos"}, ".").exit, exit_usage);
  const ToolRun asked = run_tool({"complete", "merchant", "rea"}, ".");
  EXPECT_EQ(asked.out, "readmit\tlet a suspended merchant trade again\n");
  // bash itself, with what it has after: karst merchant ad<Tab>
  const std::string program = std::string(KARST_BINARY_DIR) + "/karst";
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/out";
  const std::string script = "source <(" + program + " completion bash); COMP_WORDS=(" + program +
                             " merchant ad); COMP_CWORD=2; _karst; echo ${COMPREPLY[@]} > " + out;
  ASSERT_EQ(std::system(("bash -c '" + script + "'").c_str()), 0);
  std::ifstream stream(out);
  std::string word;
  EXPECT_TRUE(std::getline(stream, word));
  EXPECT_EQ(word, "admit");
}

}  // namespace
}  // namespace karst::test
