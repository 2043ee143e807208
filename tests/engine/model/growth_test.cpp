// An exchange is given larger sizes: what it knows stays, and there is room where there was none.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/command/check.hpp"
#include "engine/command/rules.hpp"
#include "engine/engine.hpp"
#include "engine/event/event_ring.hpp"
#include "tests/engine/model/rules_fixture.hpp"
#include "tests/support/random_run.hpp"

namespace karst::model {
namespace {

using Size = std::uint32_t Configure::*;

constexpr Size tables[] = {&Configure::accounts_max,    &Configure::keys_max,
                           &Configure::instruments_max, &Configure::orders_max,
                           &Configure::holdings_max,    &Configure::level_pages_max,
                           &Configure::client_ids_max,  &Configure::references_max,
                           &Configure::currencies_max,  &Configure::pools_max};
constexpr Size bounds[] = {&Configure::client_ids_per_account_max,
                           &Configure::makers_per_command_max, &Configure::makers_per_bystander_max,
                           &Configure::releases_per_command_max};

class Growth : public Rules {
 protected:
  RejectCode grow(const Configure& to, KeyId key = KeyId{0}) {
    Command command = about(CommandType::grow);
    command.key = key;
    command.grow = Grow{to};
    return send(command);
  }

  RejectCode make_key(std::uint32_t id) {
    Command command = about(CommandType::create_key);
    command.create_key.new_key = KeyId{id};
    command.create_key.scopes = scope::operate;
    return send(command);
  }

  RejectCode revoke(std::uint32_t id) {
    Command command = about(CommandType::revoke_key);
    command.revoke_key.revoked_key = KeyId{id};
    return send(command);
  }

  RejectCode fund(std::uint64_t reference) {
    Command command = about(CommandType::fund, alice);
    command.fund = {CurrencyId{1}, Money{100}, {reference, 1}};
    return send(command);
  }

  RejectCode sell(std::uint64_t client_id, std::int64_t limit) {
    Command command = about(CommandType::place_order, alice);
    PlaceOrder& wish = command.place_order;
    wish.instrument = twins_.model().instruments().begin()->second.id;
    wish.quantity = Quantity{1};
    wish.limit = Price{limit};
    wish.client_order_id = {client_id, client_id};
    wish.side = Side::sell;
    wish.kind = OrderKind::limit;
    wish.time_in_force = TimeInForce::gtc;
    wish.self_match = SelfMatch::cancel_newest;
    wish.draw = Draw::capacity;
    return send(command);
  }
};

TEST_F(Growth, begins_with_the_rules_that_know_it_and_is_said_by_the_exchange_itself) {
  EXPECT_EQ(grow(sizes()), RejectCode::invalid_field);
  ASSERT_EQ(adopt(rules_of_growth - 1), RejectCode::none);
  EXPECT_EQ(grow(sizes()), RejectCode::invalid_field);
  ASSERT_EQ(adopt(rules_of_growth), RejectCode::none);
  ASSERT_EQ(make_key(1), RejectCode::none);
  EXPECT_EQ(grow(sizes(), KeyId{1}), RejectCode::not_permitted);
  EXPECT_EQ(grow(sizes()), RejectCode::none);
  EXPECT_EQ(twins_.events().back().type, EventType::done);
}

TEST_F(Growth, makes_nothing_less_and_remembers_as_many_answers) {
  ASSERT_EQ(adopt(rules_newest), RejectCode::none);
  const auto refused = [&](Size size, std::uint32_t value) {
    Configure to = sizes();
    to.*size = value;
    return grow(to) == RejectCode::invalid_field;
  };
  for (const Size size : tables) EXPECT_TRUE(refused(size, sizes().*size - 1));
  for (const Size size : bounds) EXPECT_TRUE(refused(size, sizes().*size - 1));
  EXPECT_TRUE(refused(&Configure::answers_per_key, 1));
  EXPECT_TRUE(refused(&Configure::answers_per_key, 4));
  EXPECT_TRUE(refused(&Configure::orders_max, (1U << 26) + 1));
  EXPECT_TRUE(refused(&Configure::instruments_max, instrument_slots_max + 1));
  EXPECT_EQ(twins_.engine().sizes().orders_max, sizes().orders_max);
}

TEST_F(Growth, names_the_field_that_would_be_less) {
  Command command = about(CommandType::grow);
  command.grow = Grow{sizes()};
  command.grow.holdings_max -= 1;
  EXPECT_STREQ(wrong_field(command, sizes()), "holdings_max");
  command.grow = Grow{sizes()};
  command.grow.answers_per_key *= 2;
  EXPECT_STREQ(wrong_field(command, sizes()), "answers_per_key");
}

TEST_F(Growth, leaves_the_places_of_keys_alone_once_one_was_given_again) {
  ASSERT_EQ(adopt(rules_newest), RejectCode::none);
  for (const std::uint32_t id : {1, 2, 3}) ASSERT_EQ(make_key(id), RejectCode::none);
  EXPECT_EQ(make_key(5), RejectCode::wrong_state);
  Configure to = sizes();
  to.keys_max = 6;
  ASSERT_EQ(grow(to), RejectCode::none);
  for (const std::uint32_t id : {4, 5}) EXPECT_EQ(make_key(id), RejectCode::none);
  ASSERT_EQ(revoke(1), RejectCode::none);
  to.keys_max = 7;
  ASSERT_EQ(grow(to), RejectCode::none) << "a revoked key has its place as before";
  ASSERT_EQ(make_key(8), RejectCode::none);
  to.keys_max = 8;
  EXPECT_EQ(grow(to), RejectCode::wrong_state);
  to.keys_max = 7;
  to.orders_max += 1;
  EXPECT_EQ(grow(to), RejectCode::none);
}

TEST_F(Growth, gives_room_to_tables_that_are_full) {
  ASSERT_EQ(adopt(rules_newest), RejectCode::none);
  make_market();
  for (std::uint64_t i = 1; i <= 15; ++i) ASSERT_EQ(fund(i), RejectCode::none);
  EXPECT_EQ(fund(16), RejectCode::exchange_full);
  ASSERT_EQ(sell(1, 101), RejectCode::none);
  ASSERT_EQ(sell(2, 102), RejectCode::none);
  EXPECT_EQ(sell(3, 103), RejectCode::client_order_ids_exceeded);
  Configure to = sizes();
  to.references_max += 2;
  to.client_ids_per_account_max = 3;
  ASSERT_EQ(grow(to), RejectCode::none);
  EXPECT_EQ(fund(16), RejectCode::none);
  EXPECT_EQ(sell(3, 103), RejectCode::none);
  EXPECT_EQ(sell(1, 101), RejectCode::none) << "what was remembered is";
  EXPECT_EQ(twins_.events().back().type, EventType::repeated);
}

/// Engines that are fed the same commands, one of which has grown to the sizes that the other one
/// has had from the beginning. There is room for everything, so they differ in nothing else.
class GrownEngine : public testing::TestWithParam<Profile> {
 protected:
  struct Running {
    explicit Running(const Configure& sizes) : engine(sizes) {
      Command configure;
      configure.type = CommandType::configure;
      configure.configure = sizes;
      say(configure);
    }
    void say(Command command) {
      command.sequence = engine.sequence() + 1;
      ring.next = 0;
      (void)engine.apply(command, ring);
    }
    [[nodiscard]] std::vector<std::uint8_t> saved() const {
      std::vector<std::uint8_t> bytes;
      engine.save(bytes);
      return bytes;
    }

    Engine engine;
    std::vector<Event> memory = std::vector<Event>(events_per_command_max);
    EventRing ring{memory.data(), memory.size() - 1, 0};
  };

  /// What a random market of that seed said, but for the sizes.
  static std::vector<Command> market(std::uint64_t seed, std::size_t commands) {
    Model model;
    RandomCommands random(seed, GetParam(), model);
    std::vector<Command> said;
    while (said.size() < commands) {
      const Command command = random.next();
      (void)model.apply(command);
      if (command.type != CommandType::configure && command.type != CommandType::grow) {
        said.push_back(command);
      }
    }
    return said;
  }

  static Configure roomy_sizes() {
    Configure sizes{.accounts_max = 80,
                    .keys_max = 1'000,
                    .instruments_max = 1'000,
                    .orders_max = 5'000,
                    .holdings_max = 5'000,
                    .level_pages_max = 2'000,
                    .client_ids_max = 5'000,
                    .references_max = 20'000,
                    .currencies_max = 4,
                    .pools_max = 5,
                    .answers_per_key = 16,
                    .client_ids_per_account_max = 40,
                    .makers_per_command_max = 2,
                    .makers_per_bystander_max = 1,
                    .releases_per_command_max = 2};
    return sizes;
  }
};

TEST_P(GrownEngine, is_byte_by_byte_one_that_was_so_large_from_the_beginning) {
  std::uint64_t seed = test::seed_of_run();
  while (rules_of_seed(seed) != rules_newest) ++seed;
  constexpr std::size_t commands = 3'000;
  for (int round = 0; round < 4; ++round, seed += rules_newest) {
    const std::vector<Command> said = market(seed, commands);
    Random random(seed);
    const Configure small = roomy_sizes();
    Configure large = small;
    for (const Size size : tables) {
      large.*size += static_cast<std::uint32_t>(random.between(round == 0 ? 1 : 0, 70));
    }
    const std::size_t grows_at = random.between(200, commands - 300);
    Running grown(small);
    Running born(large);
    for (std::size_t at = 0; at < said.size(); ++at) {
      Command command = said[at];
      if (at >= grows_at) command.time = Time{command.time.value() + 1};
      if (at == grows_at) {
        Command growth;
        growth.type = CommandType::grow;
        growth.grow = Grow{large};
        growth.time = Time{command.time.value() - 1};
        for (Running* it : {&grown, &born}) it->say(growth);
        ASSERT_EQ(grown.saved(), born.saved()) << "seed " << seed << " command " << at;
        ASSERT_EQ(grown.engine.sizes().orders_max, large.orders_max);
      }
      // One that only the smaller exchange takes for nonsense.
      if ((wrong_field(command, small) == nullptr) != (wrong_field(command, large) == nullptr)) {
        continue;
      }
      for (Running* it : {&grown, &born}) it->say(command);
      ASSERT_EQ(grown.engine.event_hash(), born.engine.event_hash())
          << "seed " << seed << " at " << at;
    }
    ASSERT_EQ(grown.saved(), born.saved()) << "seed " << seed;
    grown.engine.check_invariants();
  }
}

TEST_P(GrownEngine, comes_about_in_the_random_markets) {
  std::uint64_t seed = 1;
  while (rules_of_seed(seed) != rules_newest) ++seed;
  Model model;
  RandomCommands random(seed, GetParam(), model);
  int growths = 0;
  for (int i = 0; i < 4'000; ++i) {
    const std::uint32_t orders_max = model.configuration().orders_max;
    const Command command = random.next();
    (void)model.apply(command);
    const bool has_grown =
        command.type == CommandType::grow && model.configuration().orders_max > orders_max;
    growths += has_grown ? 1 : 0;
  }
  EXPECT_GT(growths, 0);
}

INSTANTIATE_TEST_SUITE_P(model, GrownEngine, testing::Values(Profile::adversary, Profile::traders),
                         [](const auto& run) {
                           return run.param == Profile::adversary ? "adversary" : "traders";
                         });

}  // namespace
}  // namespace karst::model
