// Commands whose body lies beside them: through the rings, the pipeline, the journal and a restart.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "engine/command/rules.hpp"
#include "ledger/exchange/mpsc_ring.hpp"
#include "ledger/replay/replay.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;

constexpr std::size_t products = 300;

/// As long as titles can be, and each its own.
std::string title(std::size_t number) {
  std::string text = "product " + std::to_string(number);
  return text + std::string(sizeof(Text<64>) - text.size(), '.');
}

std::string title_of(const Command& command) {
  const Text<64>& title = command.define_product->title;
  return {title.begin(), title.end()};
}

/// The exchange's own: not numbered.
Command titled(const std::vector<Command>& opening, std::size_t number) {
  const auto is_product = [](const Command& it) { return it.type == CommandType::define_product; };
  Command command = *std::ranges::find_if(opening, is_product);
  command.key = KeyId{0};
  command.client_seq = 0;
  std::ranges::copy(title(number), command.define_product->title.begin());
  return command;
}

/// Every title that comes by, in order.
struct Titles {
  std::vector<std::string> seen;
  void note(const Command& command) {
    if (command.type != CommandType::define_product) return;
    const std::string title = title_of(command);
    if (title.front() != '\0') seen.push_back(title);
  }
  void expect_all() const {
    ASSERT_EQ(seen.size(), products);
    for (std::size_t i = 0; i < products; ++i) EXPECT_EQ(seen[i], title(i));
  }
};

TEST(MpscRing, hands_over_what_lies_beside_a_command) {
  MpscRing<Command> ring(4);
  const std::vector<Command> opening = test::whole_opening(1);
  Command taken = titled(opening, 1);
  for (std::size_t i = 0; i < 10; ++i) {
    Command given = titled(opening, i);
    ASSERT_TRUE(i % 2 == 0 ? ring.push(given) : ring.push(std::move(given)));
    ASSERT_TRUE(ring.push(Command{}));
    ASSERT_TRUE(ring.pop(taken));
    EXPECT_EQ(title_of(taken), title(i));
    ASSERT_TRUE(ring.pop(taken));
    EXPECT_EQ(taken.type, CommandType{});
  }
  ASSERT_TRUE(ring.push(titled(opening, 2)));  // goes with the ring
}

TEST(LongCommands, of_several_threads_come_back_whole_and_again_from_the_journal) {
  const TemporaryFolder directory;
  const std::vector<Command> opening = test::whole_opening(2);
  std::uint64_t hash = 0;
  {
    ExchangeConfig config = RunningExchange::small_config();
    config.pipeline = {1U << 4U, 1U << 6U, 1U << 17U};  // so that every place is used again
    config.sequencer.batch_commands_max = 16;
    RunningExchange running(directory.path(), config);
    Command adopt;
    adopt.type = CommandType::adopt_rules;
    adopt.adopt_rules.version = rules_of_titles;
    running.submit_all({adopt});
    running.submit_all(opening, 1);
    running.await_answers(opening.size() + 1);
    const auto submit = [&](auto made) {
      for (std::size_t i = 0; i < products; ++i) {
        while (running.exchange().submit(made(i), 0, 0) == Submitted::busy) {
          std::this_thread::yield();
        }
      }
    };
    std::thread speaker([&] { submit([&](std::size_t i) { return titled(opening, i); }); });
    std::thread other([&] {
      const std::vector<Command> orders = sim::trading(1, products, 1);
      submit([&](std::size_t i) { return orders[i]; });
    });
    Titles titles;
    std::size_t count = 0;
    while (count < 2 * products && !running.exchange().has_failed()) {
      count += running.port().poll([&](const Delivery& it) { titles.note(it.command); });
    }
    speaker.join();
    other.join();
    titles.expect_all();
    hash = running.ask<std::uint64_t>([](const Engine& it) { return it.state_hash(); });
    running.exchange().stop();
    EXPECT_FALSE(running.exchange().has_failed());
  }
  RunningExchange running(directory.path());
  EXPECT_EQ(running.ask<std::uint64_t>([](const Engine& it) { return it.state_hash(); }), hash);
  Titles titles;
  Replay replay;
  const Status replayed =
      replay_log(running.log(), replay, ~std::uint64_t{0} - 1, [&](const Executed& it) -> Status {
        titles.note(it.command);
        return {};
      });
  ASSERT_TRUE(replayed.ok()) << replayed.error().text();
  titles.expect_all();
}

}  // namespace
}  // namespace karst
