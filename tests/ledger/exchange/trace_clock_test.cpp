// A clock that is set by submissions: stamps depend on the order of what is submitted, and on
// nothing else.
#include <gtest/gtest.h>

#include <tuple>

#include "tests/ledger/exchange/exchange_fixture.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;

/// What is kept of each command that was sequenced.
struct Course {
  std::vector<std::tuple<CommandType, std::int64_t>> commands;  // type and time
  std::vector<std::int64_t> set_at;                             // when each setting was answered
  std::uint64_t event_hash = 0;
};

constexpr std::int64_t hour_one = ns_per_hour;
constexpr std::uint64_t settings_handle = 1'000'000;

/// Submits the commands with a time between two pieces of them, until all are answered.
Course course_of(const std::vector<Command>& commands, std::uint32_t batch_commands_max,
                 bool is_slow) {
  const TemporaryFolder directory;
  ExchangeConfig config = RunningExchange::small_config();
  config.sequencer.is_trace_clock = true;
  config.sequencer.batch_commands_max = batch_commands_max;
  RunningExchange running(directory.path(), config);
  Course course;
  std::size_t answered = 0;
  const auto poll = [&] {
    running.port().poll([&](const Delivery& it) {
      course.commands.emplace_back(it.command.type, it.command.time.value());
      if (it.port != running.port().id()) return;
      ++answered;
      if (it.handle >= settings_handle) course.set_at.push_back(it.command.time.value());
    });
  };
  std::size_t submitted = 0;
  const auto submit = [&](const Command& command, std::uint64_t handle) {
    while (running.exchange().submit(command, running.port().id(), handle) == Submitted::busy) {
      poll();
    }
    ++submitted;
    while (is_slow && answered < submitted) poll();
  };
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (i % 50 == 0) {
      const auto hour = static_cast<std::int64_t>(i / 50 + 1) * hour_one;
      submit(time_submission(Time{hour}), settings_handle + i);
    }
    submit(commands[i], i);
  }
  while (answered < submitted) poll();
  running.exchange().stop();
  course.event_hash = running.exchange().stopped_at().event_hash;
  return course;
}

std::vector<Command> market_and_trading() {
  std::vector<Command> commands = test::whole_opening(3);
  const std::vector<Command> orders = sim::trading(1, 700, 5);
  commands.insert(commands.end(), orders.begin(), orders.end());
  return commands;
}

TEST(TraceClock, stamps_and_events_are_the_same_however_commands_are_batched) {
  const std::vector<Command> commands = market_and_trading();
  const Course whole = course_of(commands, 1'024, false);
  const Course one_by_one = course_of(commands, 1, false);
  const Course each_awaited = course_of(commands, 1'024, true);
  EXPECT_EQ(whole.commands, one_by_one.commands);
  EXPECT_EQ(whole.commands, each_awaited.commands);
  EXPECT_EQ(whole.event_hash, one_by_one.event_hash);
  EXPECT_EQ(whole.event_hash, each_awaited.event_hash);
}

TEST(TraceClock, time_stands_still_but_for_the_settings) {
  const Course run_of_all = course_of(market_and_trading(), 64, false);
  ASSERT_FALSE(run_of_all.set_at.empty());
  std::int64_t last = 0;
  std::size_t ticks = 0;
  for (const auto& [type, time] : run_of_all.commands) {
    ticks += type == CommandType::tick ? 1 : 0;
    // One nanosecond a command, or to the full hour.
    EXPECT_TRUE(time == last + 1 || (type == CommandType::tick && time % hour_one == 0)) << time;
    last = time;
  }
  EXPECT_GE(ticks, run_of_all.set_at.size());
  for (std::size_t i = 0; i < run_of_all.set_at.size(); ++i) {
    const auto hour = static_cast<std::int64_t>(i + 1) * hour_one;
    EXPECT_GE(run_of_all.set_at[i], hour);
    EXPECT_LT(run_of_all.set_at[i], hour + 1'000'000);
  }
}

TEST(TraceClock, a_time_that_has_passed_changes_nothing) {
  const TemporaryFolder directory;
  ExchangeConfig config = RunningExchange::small_config();
  config.sequencer.is_trace_clock = true;
  for (const std::int64_t begun : {std::int64_t{1}, 2 * hour_one}) {
    RunningExchange running(directory.path(), config);  // the second life goes on from the first
    std::vector<std::int64_t> times;
    for (const std::int64_t time : {2 * hour_one, hour_one}) {
      ASSERT_EQ(running.exchange().submit(time_submission(Time{time}), running.port().id(), 1),
                Submitted::accepted);
    }
    while (times.size() < 2) {
      running.port().poll([&](const Delivery& it) {
        if (it.port == running.port().id()) times.push_back(it.command.time.value());
      });
    }
    EXPECT_GE(times[0], 2 * hour_one);
    EXPECT_EQ(times[1], times[0] + 1);
    EXPECT_GT(times[0], begun);
  }
}

}  // namespace
}  // namespace karst
