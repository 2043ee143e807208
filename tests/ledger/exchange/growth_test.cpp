// An exchange that grows: journaled, replayed from its first command and over a snapshot of before.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/command/rules.hpp"
#include "ledger/exchange/growth.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/replay/replay.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;

ExchangeConfig config_of(const Configure& sizes) {
  ExchangeConfig config = RunningExchange::small_config();
  config.sizes = sizes;
  return config;
}

Configure larger() {
  Configure sizes = sim::small_sizes();
  sizes.accounts_max += 8;
  sizes.keys_max += 5;
  sizes.instruments_max += 3;
  sizes.orders_max *= 2;
  sizes.holdings_max += 1;
  sizes.client_ids_max += 100;
  sizes.currencies_max += 2;
  return sizes;
}

std::vector<Command> growth() {
  std::vector<Command> commands(2);
  commands[0].type = CommandType::adopt_rules;
  commands[0].adopt_rules.version = rules_newest;
  commands[1].type = CommandType::grow;
  commands[1].grow = Grow{larger()};
  return commands;
}

std::uint64_t state_hash(RunningExchange& running) {
  return running.ask<std::uint64_t>([](const Engine& it) { return it.state_hash(); });
}

/// Why a start with such sizes is refused; empty if it is not.
std::string refusal(const std::string& directory, const ExchangeConfig& config) {
  try {
    RunningExchange running(directory, config);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

class GrowingExchange : public testing::Test {
 protected:
  /// Trades, makes a snapshot, grows, trades on. Returns: the hash of the state at the end.
  std::uint64_t live() {
    RunningExchange running(directory_.path());
    const std::vector<Command> opening = test::whole_opening(2);
    running.submit_all(opening);
    running.submit_all(sim::trading(1, 100, 1), 1'000);
    running.await_answers(opening.size() + 100);
    EXPECT_TRUE(running.exchange().request_snapshot());
    for (int i = 0; i < 1'000 && running.snapshots().commands()->empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    before_ = running.snapshots().commands()->front();
    running.submit_all(growth(), 2'000);
    running.submit_all(sim::trading(2, 200, 101), 3'000);
    running.await_answers(opening.size() + 302);
    EXPECT_EQ(running.answers().at(2'001).type, EventType::done);
    const std::uint64_t hash = state_hash(running);
    running.exchange().stop();
    EXPECT_FALSE(running.exchange().has_failed());
    return hash;
  }

  [[nodiscard]] std::string journal() const {
    std::string bytes;
    const std::string path = directory_.path() + "/journal";
    for (const auto& file : std::filesystem::directory_iterator(path)) {
      std::ifstream stream(file.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(stream), {});
    }
    return bytes;
  }

  TemporaryFolder directory_;
  std::uint64_t before_ = 0;
};

TEST_F(GrowingExchange, comes_back_from_its_first_command_and_from_a_snapshot_of_before) {
  const std::uint64_t hash = live();
  {
    RunningExchange running(directory_.path(), config_of(larger()));
    EXPECT_EQ(running.report().snapshot_sequence, before_);
    EXPECT_EQ(state_hash(running), hash);
    EXPECT_EQ(running.ask<std::uint32_t>([](const Engine& it) { return it.sizes().orders_max; }),
              larger().orders_max);
    Replay replay;
    ASSERT_TRUE(replay_log(running.log(), replay, newest_sequence, nullptr).ok());
    EXPECT_EQ(replay.engine().state_hash(), hash);
    // And the shadow of the snapshots passes through it, too.
    EXPECT_TRUE(running.exchange().request_snapshot());
    for (int i = 0; i < 1'000 && running.snapshots().commands()->front() == before_; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    running.exchange().stop();
    EXPECT_FALSE(running.exchange().has_failed());
    EXPECT_GT(running.snapshots().commands()->front(), before_);
  }
  RunningExchange running(directory_.path(), config_of(larger()));
  EXPECT_GT(running.report().snapshot_sequence, before_);
  EXPECT_EQ(state_hash(running), hash);
}

TEST_F(GrowingExchange, is_never_made_less_and_nothing_is_written_by_who_tries) {
  live();
  const std::string before = journal();
  const std::string smaller = refusal(directory_.path(), config_of(sim::small_sizes()));
  EXPECT_NE(smaller.find("it can only grow at [capacity] accounts_max was 40, not 32"),
            std::string::npos)
      << smaller;
  Configure more_answers = larger();
  more_answers.answers_per_key *= 2;
  const std::string other = refusal(directory_.path(), config_of(more_answers));
  EXPECT_NE(other.find("it cannot change at [capacity] answers_per_key was "), std::string::npos)
      << other;
  EXPECT_EQ(journal(), before);
}

TEST_F(GrowingExchange, asks_first_whether_it_may) {
  live();
  int asked = 0;
  ExchangeConfig config = config_of(larger());
  config.may_grow = [&]() -> Status {
    ++asked;
    return Error{ErrorCode::no_space, "have the memory", "this machine"};
  };
  EXPECT_EQ(refusal(directory_.path(), config), "");
  EXPECT_EQ(asked, 0) << "it has these sizes";
  const std::string after_start = journal();
  config.sizes.orders_max += 1;
  EXPECT_EQ(refusal(directory_.path(), config), "no space: have the memory at this machine");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(journal(), after_start);
}

TEST_F(GrowingExchange, has_sizes_that_can_be_asked_for_when_it_does_not_run) {
  PosixStorage storage;
  const ExchangeDirectory files(directory_.path());
  const auto nobody = newest_engine(storage, files, 0);
  ASSERT_TRUE(nobody) << nobody.error().text();
  EXPECT_EQ(*nobody, nullptr);
  live();
  const auto engine = newest_engine(storage, files, 0);
  ASSERT_TRUE(engine) << engine.error().text();
  ASSERT_NE(*engine, nullptr);
  EXPECT_EQ((*engine)->sizes().keys_max, larger().keys_max);
  EXPECT_EQ(*growth_of(**engine, larger()), "");
  Configure more = larger();
  more.orders_max += 1;
  more.pools_max += 2;
  EXPECT_EQ(*growth_of(**engine, more), "orders_max from 2048 to 2049, pools_max from " +
                                            std::to_string(larger().pools_max) + " to " +
                                            std::to_string(more.pools_max));
}

}  // namespace
}  // namespace karst
