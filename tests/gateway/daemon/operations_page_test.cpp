// docs/OPERATIONS.md: its sample of `karstd --check-config` is what a new exchange's configuration
// comes to.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "gateway/config/config.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst {
namespace {

TEST(OperationsPage, shows_what_check_config_prints) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/karst.toml";
  std::ofstream(path) << gateway::config_text(std::string(64, '0'));
  const Result<gateway::Config> config = gateway::load_config(path);
  ASSERT_TRUE(config) << config.error().text();
  const std::string expected = "$ karstd --check-config karst.toml\n" +
                               gateway::capacity_table(*config) +
                               gateway::retention_table(*config) +
                               "\nthe exchange has these sizes\n";
  std::ifstream page(KARST_SOURCE_DIR "/docs/OPERATIONS.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_NE(text.find("```\n" + expected + "```"), std::string::npos)
      << "docs/OPERATIONS.md should say:\n"
      << expected;
}

}  // namespace
}  // namespace karst
