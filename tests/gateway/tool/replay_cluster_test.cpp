// `karst replay cluster` as a program: its answer's shape, and its most likely mistake.
#include <gtest/gtest.h>

#include <string>

#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

const std::string trace = std::string(KARST_SOURCE_DIR) + "/tests/gateway/sim/cluster/";

TEST(ToolReplayCluster, answers_in_its_shape_and_every_demand_is_accounted_for) {
  const TemporaryFolder folder;
  const ToolRun run = run_tool({"replay", "cluster", "--nodes", trace + "nodes.csv", "--tasks",
                                trace + "tasks.csv", "--data", folder.path() + "/x", "--hours",
                                "3", "--json"},
                               folder.path());
  EXPECT_EQ(run.exit, tool::exit_ok) << run.err;
  expect_shape(run.out, "replay_cluster");
  const Json report = run.json();
  EXPECT_EQ(report["is_sound"], true);
  const Json& demand = report["demand"];
  std::uint64_t sum = demand["met_lots"].get<std::uint64_t>();
  for (const auto& [reason, lots] : demand["unmet_lots"].items()) sum += lots.get<std::uint64_t>();
  EXPECT_EQ(sum, report["requested_lot_hours"]);
  EXPECT_EQ(demand["requested_lots"], report["requested_lot_hours"]);
  EXPECT_EQ(demand["met_lots"], report["sold_lot_hours"]);
  for (const Json& pool : report["pools"]) {
    for (const Json& hour : pool["hours"]) EXPECT_LE(hour["sold_lots"], hour["capacity_lots"]);
  }
}

TEST(ToolReplayCluster, says_which_file_is_missing) {
  const TemporaryFolder folder;
  const ToolRun run = run_tool({"replay", "cluster", "--nodes", trace + "nodes.csv", "--tasks",
                                "/no/tasks.csv", "--data", folder.path() + "/x", "--json"},
                               folder.path());
  EXPECT_EQ(run.exit, tool::exit_not_there);
  expect_shape(run.out, "error");
  EXPECT_NE(run.err.find("/no/tasks.csv"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace karst::test
