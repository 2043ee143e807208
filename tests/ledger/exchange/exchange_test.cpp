// The exchange with its threads: what is submitted comes back once, durable, in order.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "ledger/events/event_log.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/machine/memory_store.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;

constexpr std::uint32_t merchants = 3;

void expect_in_order(const RunningExchange& running) {
  for (std::size_t i = 1; i < running.sequences().size(); ++i) {
    ASSERT_EQ(running.sequences()[i], running.sequences()[i - 1] + 1);
    ASSERT_LT(running.times()[i - 1], running.times()[i]);
  }
}

TEST(PipelineExchange, every_submission_is_answered_once_in_order) {
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  const std::vector<Command> opening = test::whole_opening(merchants);
  running.submit_all(opening);
  const std::vector<Command> orders = sim::trading(1, 2'000, 1);
  running.submit_all(orders, opening.size());
  running.await_answers(opening.size() + orders.size());
  EXPECT_EQ(running.answers().size(), opening.size() + orders.size());
  for (std::size_t i = 0; i < opening.size(); ++i) {
    EXPECT_NE(running.answers().at(i).type, EventType::rejected) << "command " << i;
  }
  expect_in_order(running);
  running.exchange().stop();
  EXPECT_FALSE(running.exchange().has_failed());
}

TEST(PipelineExchange, a_restart_goes_on_where_the_last_life_ended) {
  const TemporaryFolder directory;
  const std::vector<Command> opening = test::whole_opening(merchants);
  const std::vector<Command> orders = sim::trading(1, 500, 2);
  std::uint64_t hash = 0;
  std::uint64_t durable = 0;
  {
    RunningExchange running(directory.path());
    running.submit_all(opening);
    running.submit_all({orders.begin(), orders.begin() + 300}, opening.size());
    running.await_answers(opening.size() + 300);
    hash = running.ask<std::uint64_t>([](const Engine& it) { return it.state_hash(); });
    running.exchange().stop();
    durable = running.exchange().durable();
  }
  RunningExchange running(directory.path());
  EXPECT_EQ(running.report().sequence, durable);
  EXPECT_EQ(running.ask<std::uint64_t>([](const Engine& it) { return it.state_hash(); }), hash);
  // What was answered before comes again as the same answer, then new ones follow.
  running.submit_all({orders.begin() + 290, orders.end()});
  running.await_answers(210);
  for (std::uint64_t handle = 0; handle < 10; ++handle) {
    EXPECT_EQ(running.answers().at(handle).type, EventType::repeated);
  }
  EXPECT_NE(running.answers().at(10).type, EventType::repeated);
  expect_in_order(running);
}

TEST(PipelineExchange, four_threads_submit_at_once_and_nothing_is_lost) {
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  const std::vector<Command> opening = test::whole_opening(4);
  running.submit_all(opening);
  running.await_answers(opening.size());
  constexpr std::uint32_t each = 500;
  std::vector<std::thread> threads;
  for (std::uint32_t merchant = 1; merchant <= 4; ++merchant) {
    threads.emplace_back([&running, merchant] {
      const std::vector<Command> orders = sim::trading(merchant, each, 3);
      for (std::size_t i = 0; i < orders.size(); ++i) {
        const std::uint64_t handle = std::uint64_t{merchant} << 32U | i;
        while (running.exchange().submit(orders[i], running.port().id(), handle) !=
               Submitted::accepted) {
          std::this_thread::yield();
        }
      }
    });
  }
  running.await_answers(opening.size() + 4 * each);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(running.answers().size(), opening.size() + 4 * each);
  expect_in_order(running);
}

TEST(PipelineExchange, what_is_not_sequenced_when_it_stops_is_refused) {
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  running.exchange().stop();
  EXPECT_EQ(running.exchange().submit(sim::create_operator_key(), running.port().id(), 1),
            Submitted::stopped);
}

TEST(PipelineExchange, stores_get_every_command_once_over_restarts) {
  const TemporaryFolder directory;
  sim::MemoryStore memory;
  const std::vector<Command> opening = test::whole_opening(merchants);
  {
    RunningExchange running(directory.path(), RunningExchange::small_config(), {&memory});
    running.submit_all(opening);
    running.await_answers(opening.size());
    running.exchange().stop();
    EXPECT_EQ(memory.durable_sequence(), running.exchange().durable());
  }
  {
    RunningExchange running(directory.path());  // the store is not there
    running.submit_all(sim::trading(1, 100, 4));
    running.await_answers(100);
  }
  RunningExchange running(directory.path(), RunningExchange::small_config(), {&memory});
  EXPECT_EQ(memory.durable_sequence(), running.report().sequence);
  ASSERT_EQ(running.report().stores.size(), 1U);
  EXPECT_EQ(running.report().stores[0].from, opening.size() + 1);
}

// A store that fails now and then, as one on a full disk does.
class FailingStore final : public DerivedStore {
 public:
  std::atomic<bool> is_failing{false};
  std::atomic<std::uint64_t> last{0};

  [[nodiscard]] const char* name() const override { return "failing"; }
  [[nodiscard]] std::uint64_t durable_sequence() const override { return last; }
  [[nodiscard]] Status append(const Executed& executed) override {
    if (is_failing) return Error{ErrorCode::no_space, "append", "a failing store"};
    EXPECT_EQ(executed.command.sequence, last + 1);
    last = executed.command.sequence;
    return {};
  }
  [[nodiscard]] Status sync() override { return {}; }
  [[nodiscard]] Status reset() override {
    if (is_failing) return Error{ErrorCode::no_space, "reset", "a failing store"};
    return {};
  }
};

TEST(PipelineExchange, a_store_that_fails_stops_nobody_and_catches_up) {
  const TemporaryFolder directory;
  FailingStore store;
  ExchangeConfig config = RunningExchange::small_config();
  std::atomic<int> left{0};
  std::atomic<int> returned{0};
  config.on_store = [&](const DerivedStore&, const Error* error) {
    (error != nullptr ? left : returned).fetch_add(1);
  };
  RunningExchange running(directory.path(), config, {&store});
  const std::vector<Command> opening = test::whole_opening(merchants);
  running.submit_all(opening);
  running.await_answers(opening.size());
  store.is_failing = true;
  // More than the queues hold: a store that held its place would stop the trading.
  const std::vector<Command> orders = sim::trading(1, 3'000, 5);
  running.submit_all(orders, opening.size());
  running.await_answers(opening.size() + orders.size());
  EXPECT_EQ(left, 1);
  EXPECT_LT(store.last, running.exchange().durable());
  store.is_failing = false;
  while (returned == 0) running.poll_or_wait();
  running.exchange().stop();
  EXPECT_EQ(store.last, running.exchange().durable());
}

TEST(PipelineExchange, an_idle_exchange_does_what_is_due) {
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  const std::vector<Command> opening = test::whole_opening(merchants);
  running.submit_all(opening);
  std::vector<Command> orders = sim::trading(1, 1, 6);
  PlaceOrder& order = orders[0].place_order;
  orders[0].type = CommandType::place_order;
  order.side = Side::sell;
  order.draw = Draw::capacity;
  order.kind = OrderKind::limit;
  order.limit = Price{100};
  order.time_in_force = TimeInForce::gtd;
  order.expiry = Time{static_cast<std::int64_t>(SystemClock().wall_ns()) + 50'000'000};
  running.submit_all(orders, opening.size());
  running.await_answers(opening.size() + 1);
  EXPECT_EQ(running.answers().at(opening.size()).type, EventType::order_accepted);
  const std::uint64_t before = running.sequences().back();
  while (running.sequences().back() == before) running.poll_or_wait();  // the tick
  std::vector<OpenOrder> open;
  running.ask<bool>([&](const Engine& engine) {
    engine.open_orders(AccountId{1}, open);
    return true;
  });
  EXPECT_TRUE(open.empty());
}

TEST(PipelineExchange, snapshots_are_made_beside_the_trading_and_used) {
  const TemporaryFolder directory;
  ExchangeConfig config = RunningExchange::small_config();
  config.snapshots.every_commands = 400;
  const std::vector<Command> opening = test::whole_opening(merchants);
  {
    RunningExchange running(directory.path(), config);
    running.submit_all(opening);
    const std::vector<Command> orders = sim::trading(1, 3'000, 7);
    running.submit_all(orders, opening.size());
    running.await_answers(opening.size() + orders.size());
    while (running.snapshots().commands().value().size() < 2) {
      running.exchange().request_snapshot();
      const std::uint64_t handle = 1'000'000 + running.answers().size();
      running.submit_all({sim::create_operator_key()}, handle);
      running.await_answers(running.answers().size() + 1);
    }
  }
  RunningExchange running(directory.path(), config);
  EXPECT_GT(running.report().snapshot_sequence, 0U);
  EXPECT_LT(running.report().commands_replayed, running.report().sequence);
}

TEST(PipelineExchange, a_snapshot_that_is_asked_for_is_made_though_nobody_speaks) {
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  const std::vector<Command> opening = test::whole_opening(merchants);
  running.submit_all(opening);
  running.await_answers(opening.size());
  ASSERT_TRUE(running.exchange().request_snapshot());
  for (int tries = 0; tries < 400 && running.snapshots().commands().value().empty(); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(running.snapshots().commands().value(),
            std::vector<std::uint64_t>{running.exchange().durable()});
}

TEST(PipelineExchange, a_command_passes_between_however_many_questions) {
  constexpr std::size_t questions = 400;
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  running.submit_all(test::whole_opening(merchants));
  running.await_answers(test::whole_opening(merchants).size());
  std::atomic<bool> may_go_on{false};
  std::atomic<std::size_t> asked{0};
  std::atomic<std::size_t> asked_before_command{0};
  ASSERT_TRUE(running.exchange().ask([&](const Engine&, std::uint64_t) {
    while (!may_go_on.load()) std::this_thread::yield();
  }));
  const std::uint64_t last = running.exchange().durable();
  for (std::size_t i = 0; i < questions; ++i) {
    ASSERT_TRUE(running.exchange().ask([&, last](const Engine&, std::uint64_t sequence) {
      ++asked;
      if (sequence == last) ++asked_before_command;
    }));
  }
  running.submit_all(sim::trading(1, 1, 3), 1'000);
  may_go_on.store(true);
  while (asked.load() < questions) running.poll_or_wait();
  EXPECT_LT(asked_before_command.load(), questions / 10);
}

TEST(PipelineExchange, a_long_question_has_a_turn_of_the_engine_for_itself) {
  constexpr std::size_t questions = 20;
  const TemporaryFolder directory;
  RunningExchange running(directory.path());
  running.submit_all(test::whole_opening(merchants));
  running.await_answers(test::whole_opening(merchants).size());
  std::atomic<bool> may_go_on{false};
  std::atomic<std::size_t> asked{0};
  std::vector<std::uint64_t> seen;
  const Command command = sim::trading(1, 1, 3).front();
  ASSERT_TRUE(running.exchange().ask([&](const Engine&, std::uint64_t) {
    while (!may_go_on.load()) std::this_thread::yield();
  }));
  for (std::size_t i = 0; i < questions; ++i) {
    ASSERT_TRUE(running.exchange().ask(
        [&](const Engine&, std::uint64_t sequence) {
          seen.push_back(sequence);
          static_cast<void>(running.exchange().submit(command, 0, 0));
          ++asked;
        },
        Exchange::question_steps_per_turn));
  }
  may_go_on.store(true);
  while (asked.load() < questions) running.poll_or_wait();
  for (std::size_t i = 1; i < questions; ++i) {
    EXPECT_GT(seen[i], seen[i - 1]) << "the command of the one before has passed";
  }
}

}  // namespace
}  // namespace karst
