// What `karst init` and `keys create` leave when they are killed anywhere does not stand in the way
// of the same again, and nothing of anybody else is touched.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gateway/trust/key_file.hpp"
#include "tests/gateway/tool/killed_run.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// The files of an exchange that was made, and no other: all that karstd needs fits together.
void expect_whole(const std::string& folder, const std::string& what) {
  std::vector<std::string> names;
  for (const auto& it : std::filesystem::directory_iterator(folder)) {
    names.push_back(it.path().filename());
  }
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"ca.crt", "ca.key", "karst.toml", "notes.txt",
                                             "operator.key", "server.crt", "server.key"}))
      << what;
  EXPECT_EQ(text_of(folder + "/notes.txt"), "mine") << what;
  const auto key = read_key_file(folder + "/operator.key");
  ASSERT_TRUE(key) << what;
  EXPECT_NE(text_of(folder + "/karst.toml").find(gateway::to_hex(key->secret.public_key())),
            std::string::npos)
      << what;
  const ToolRun look = run_tool({"doctor", folder}, folder);
  EXPECT_EQ(look.exit, exit_ok) << what << "\n" << look.out;
}

TEST(Killed, init_is_made_again) {
  const TemporaryFolder parent;
  int step = 1;
  for (bool is_killed = true; is_killed; ++step) {
    const std::string folder = parent.path() + "/" + std::to_string(step);
    std::filesystem::create_directory(folder);
    write(folder + "/notes.txt", "mine");
    is_killed = kill_at_step({"init", folder}, folder, step);
    const std::string what = "step " + std::to_string(step);
    const bool was_made = std::filesystem::exists(folder + "/karst.toml");
    const ToolRun again = run_tool({"init", folder}, folder);
    EXPECT_EQ(again.exit, was_made ? exit_in_the_way : exit_ok) << what << "\n" << again.err;
    // No port is asked for: who else is on this machine is not the question.
    ASSERT_EQ(std::system(("sed -i 's/^port = .*/port = 0/' " + folder + "/karst.toml").c_str()),
              0);
    expect_whole(folder, what);
  }
  EXPECT_GT(step, 20);
}

TEST(Killed, init_removes_nothing_of_anybody_else) {
  const TemporaryFolder parent;
  for (const char* there : {"ca.key", "operator.key", "server.crt", "karst.toml.unfinished"}) {
    const std::string folder = parent.path() + "/of-" + there;
    std::filesystem::create_directory(folder);
    write(folder + "/" + there, "mine");
    const ToolRun run = run_tool({"init", folder}, folder);
    EXPECT_EQ(run.exit, exit_in_the_way) << there;
    EXPECT_NE(run.err.find(there), std::string::npos) << run.err;
    EXPECT_EQ(text_of(folder + "/" + there), "mine");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << there;
  }
}

TEST(Killed, keys_create_is_said_again) {
  const ToolExchange exchange;
  int step = 1;
  for (bool is_killed = true; is_killed; ++step) {
    const std::string number = std::to_string(100 + step);
    const std::string file = exchange.folder() + "/" + number + ".key";
    const std::vector<std::string> words{"keys",     "create", number,   "--exchange",
                                         "--scopes", "audit",  "--file", file};
    is_killed = kill_at_step(words, exchange.folder(), step);
    const std::string what = "step " + std::to_string(step);
    const bool was_made = std::filesystem::exists(file);
    const ToolRun again = run_tool(words, exchange.folder());
    EXPECT_EQ(again.exit, was_made ? exit_in_the_way : exit_ok) << what << "\n" << again.err;
    EXPECT_FALSE(std::filesystem::exists(file + ".proposed")) << what;
    const ToolRun used = exchange.run("status --key " + file);
    EXPECT_EQ(used.exit, exit_ok) << what << "\n" << used.err;
  }
  EXPECT_GT(step, 5);
}

}  // namespace
}  // namespace karst::test
