// What a cluster trace says, what its tasks ask for, and what its providers ask for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <string>

#include "gateway/sim/cluster_demand.hpp"
#include "gateway/sim/cluster_providers.hpp"

namespace karst::test {
namespace {

using tool::ClusterDemand;
using tool::ClusterTask;
using tool::ClusterTrace;
using tool::ClusterWish;

const char* const nodes_header = "sn,gpu,model\n";
const char* const tasks_header =
    "name,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time,scheduled_time\n";

Result<ClusterTrace> parse(const std::string& nodes, const std::string& tasks) {
  return tool::parse_cluster_trace(nodes_header + nodes, "nodes", tasks_header + tasks, "tasks");
}

ClusterTrace made_up() {
  const std::string folder = std::string(KARST_SOURCE_DIR) + "/tests/gateway/sim/cluster/";
  Result<ClusterTrace> trace =
      tool::read_cluster_trace(folder + "nodes.csv", folder + "tasks.csv");
  EXPECT_TRUE(trace.ok());
  return *trace;
}

TEST(cluster_trace, a_task_is_whole_hours_and_whole_lots) {
  const Result<ClusterTrace> trace = parse("a,8,G2\nb,2,T4\n",
                                           "x,1,1000,,LS,10,3610,10\n"      // an hour, a card
                                           "x,1,1000,,LS,10,3611,10\n"      // a second more
                                           "x,1,465,T4,BE,10,20,15\n"       // a share
                                           "x,8,1000,T4|Q,BE,10,20,\n"      // never scheduled
                                           "x,0,0,,BE,10,99999,10\n"        // no card
                                           "x,1,1000,Q|R,Burstable,1,2,1\n");  // no such model
  ASSERT_TRUE(trace.ok()) << trace.error().text();
  ASSERT_EQ(trace->tasks.size(), 5u);
  const std::vector<ClusterTask>& tasks = trace->tasks;
  EXPECT_EQ(tasks[0].hours, 1u);
  EXPECT_EQ(tasks[0].lots, 100u);
  EXPECT_EQ(tasks[0].models, 3u);
  EXPECT_EQ(tasks[1].hours, 2u);
  EXPECT_EQ(tasks[2].lots, 47u);
  EXPECT_EQ(tasks[2].models, 2u);
  EXPECT_EQ(tasks[3].hours, 1u);
  EXPECT_EQ(tasks[3].lots, 800u);
  EXPECT_FALSE(tasks[3].was_scheduled);
  EXPECT_EQ(tasks[4].models, 0u);
  EXPECT_EQ(trace->tasks_without_cards, 1u);
  EXPECT_EQ(trace->end_s, 99'999);
  EXPECT_EQ(trace->cards(), 10u);
  EXPECT_EQ(trace->cards(1), 2u);
}

TEST(cluster_trace, what_is_malformed_is_refused_with_its_line) {
  const struct {
    const char* nodes;
    const char* tasks;
    const char* where;
  } cases[] = {
      {"a,x,G2\n", "", "nodes:2"},
      {"a,8\n", "", "nodes:2"},
      {"a,0,G2\n", "", "nodes:2"},
      {"a,8,\n", "", "nodes:2"},
      {"a,8,G2\n", "x,1,1000,,LS,10,20\n", "tasks:2"},
      {"a,8,G2\n", "x,1,1000,,LS,10,20,10\nx,1,1001,,LS,10,20,10\n", "tasks:3"},
      {"a,8,G2\n", "x,1,1000,,XX,10,20,10\n", "tasks:2"},
      {"a,8,G2\n", "x,1,1000,,LS,-1,20,10\n", "tasks:2"},
      {"a,8,G2\n", "\n\nx,1,1000,,LS,1,20,later\n", "tasks:4"},
  };
  for (const auto& it : cases) {
    const Result<ClusterTrace> trace = parse(it.nodes, it.tasks);
    ASSERT_FALSE(trace.ok()) << it.nodes << it.tasks;
    EXPECT_EQ(trace.error().what, it.where);
  }
  const Result<ClusterTrace> headless = tool::parse_cluster_trace("sn,gpu\n", "n", "", "t");
  ASSERT_FALSE(headless.ok());
  EXPECT_NE(headless.error().text().find("model"), std::string::npos);
  EXPECT_FALSE(tool::read_cluster_trace("/nowhere/nodes.csv", "/nowhere/tasks.csv").ok());
}

TEST(cluster_demand, the_first_hour_is_the_first_whose_gate_is_open) {
  EXPECT_EQ(tool::first_open_hour(0), 1u);
  EXPECT_EQ(tool::first_open_hour(45 * 60 - 1), 1u);
  EXPECT_EQ(tool::first_open_hour(45 * 60), 2u);
  EXPECT_EQ(tool::first_open_hour(3'600), 2u);
}

TEST(cluster_demand, scale_zero_is_the_trace_as_it_is) {
  const ClusterTrace trace = made_up();
  const Result<ClusterDemand> demand = tool::cluster_demand(trace, {.hours = 48});
  ASSERT_TRUE(demand.ok());
  EXPECT_EQ(demand->wishes.size() + demand->tasks_too_late, trace.tasks.size());
  std::uint64_t requested = 0;
  for (const ClusterWish& wish : demand->wishes) {
    EXPECT_GE(wish.first_hour, 1u);
    EXPECT_GE(wish.hours, 1u);
    EXPECT_LE(wish.first_hour + wish.hours, 49u);
    requested += std::uint64_t{wish.hours} * wish.lots;
  }
  EXPECT_EQ(requested, demand->requested);
}

TEST(cluster_demand, drawn_tasks_ask_for_the_share_asked_for) {
  const ClusterTrace trace = made_up();
  for (const std::uint32_t hours : {5u, 24u, 48u, 100u}) {
    const Result<ClusterDemand> demand =
        tool::cluster_demand(trace, {.hours = hours, .scale = 90, .seed = 3});
    ASSERT_TRUE(demand.ok());
    EXPECT_GE(demand->requested * 100, demand->capacity * 90);
    // One task more at most.
    EXPECT_LE(demand->requested * 100, demand->capacity * 90 + 100 * 800ull * hours);
    EXPECT_TRUE(std::is_sorted(demand->wishes.begin(), demand->wishes.end(),
                               [](const ClusterWish& a, const ClusterWish& b) {
                                 return a.created_s < b.created_s;
                               }));
  }
}

TEST(cluster_demand, a_seed_draws_the_same_tasks_and_another_seed_others) {
  const ClusterTrace trace = made_up();
  const auto times = [&](std::uint64_t seed) {
    const Result<ClusterDemand> demand =
        tool::cluster_demand(trace, {.hours = 24, .scale = 50, .seed = seed});
    std::vector<std::int64_t> created;
    for (const ClusterWish& wish : demand->wishes) created.push_back(wish.created_s);
    return created;
  };
  EXPECT_EQ(times(1), times(1));
  EXPECT_NE(times(1), times(2));
}

TEST(cluster_demand, the_public_trace_says_what_its_page_says) {
  const std::string folder = std::string(KARST_SOURCE_DIR) + "/../shared/data/";
  if (!std::filesystem::exists(folder + "gpu_cluster_tasks.csv")) {
    GTEST_SKIP() << "no " << folder << "gpu_cluster_tasks.csv";
  }
  const Result<ClusterTrace> trace = tool::read_cluster_trace(folder + "gpu_cluster_nodes.csv",
                                                              folder + "gpu_cluster_tasks.csv");
  ASSERT_TRUE(trace.ok()) << trace.error().text();
  EXPECT_EQ(trace->nodes.size(), 1'213u);
  EXPECT_EQ(trace->cards(), 6'212u);
  EXPECT_EQ(trace->models.size(), 7u);
  EXPECT_EQ(trace->tasks.size(), 7'064u);
  EXPECT_EQ(trace->tasks.size() + trace->tasks_without_cards, 8'152u);
  EXPECT_EQ(trace->end_s, 12'902'960);
  const auto shares = std::count_if(trace->tasks.begin(), trace->tasks.end(),
                                    [](const ClusterTask& it) { return it.lots < 100; });
  EXPECT_EQ(shares, 3'078);
  const auto any = std::count_if(trace->tasks.begin(), trace->tasks.end(),
                                 [](const ClusterTask& it) { return it.models == 127; });
  EXPECT_EQ(any, 4'676);
  const Result<ClusterDemand> raw = tool::cluster_demand(*trace, {.hours = 3'584});
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(raw->requested * 1'000 / raw->capacity, 2u);  // three tenths of a percent
}

TEST(cluster_providers, a_ladder_rises_with_the_rung_and_falls_towards_the_gate) {
  for (const std::int64_t list : {12, 20, 40, 1'000}) {
    for (std::uint32_t provider = 0; provider < tool::cluster_providers; ++provider) {
      for (std::uint32_t rung = 1; rung < tool::ask_rungs; ++rung) {
        EXPECT_GT(tool::ask_price(list, provider, rung, 48),
                  tool::ask_price(list, provider, rung - 1, 48));
        EXPECT_LT(tool::ask_price(list, provider, rung, 24),
                  tool::ask_price(list, provider, rung, 25));
        EXPECT_LT(tool::ask_price(list, provider, rung, 2),
                  tool::ask_price(list, provider, rung, 3));
      }
    }
  }
  EXPECT_EQ(tool::ask_price(1'000, 5, 0, 48), 1'000);
  EXPECT_EQ(tool::ask_price(1'000, 0, 3, 1), 827);  // 0.95 × 1.45 × 0.60 = 0.8265
  EXPECT_EQ(tool::ask_price(1, 0, 0, 1), 1);
}

TEST(cluster_providers, every_card_has_one_owner_and_every_lot_one_rung) {
  const ClusterTrace trace = made_up();
  const auto lots = tool::provider_lots(trace);
  std::uint64_t sum = 0;
  for (std::uint32_t model = 0; model < trace.models.size(); ++model) {
    const std::uint64_t of_model = std::accumulate(lots[model].begin(), lots[model].end(), 0ull);
    EXPECT_EQ(of_model, trace.cards(model) * tool::lots_per_card);
    sum += of_model;
  }
  EXPECT_EQ(sum, trace.cards() * tool::lots_per_card);
  for (const std::uint32_t owned : {0u, 1u, 3u, 4u, 801u}) {
    std::uint32_t on_rungs = 0;
    for (std::uint32_t rung = 0; rung < tool::ask_rungs; ++rung) {
      on_rungs += tool::rung_lots(owned, rung);
    }
    EXPECT_EQ(on_rungs, owned);
  }
}

TEST(cluster_providers, a_limit_grows_with_the_quality) {
  EXPECT_EQ(tool::limit_of(tool::TaskQuality::best_effort, 12), 14);
  EXPECT_EQ(tool::limit_of(tool::TaskQuality::burstable, 12), 18);
  EXPECT_EQ(tool::limit_of(tool::TaskQuality::latency_sensitive, 12), 24);
  EXPECT_EQ(tool::limit_of(tool::TaskQuality::guaranteed, 12), 24);
}

}  // namespace
}  // namespace karst::test
