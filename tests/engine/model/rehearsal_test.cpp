// Engine::rehearse(): the answer of a command beforehand, and nothing else.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <map>

#include "tests/model/compare.hpp"
#include "tests/model/market_text.hpp"
#include "tests/support/random_run.hpp"

namespace karst::model {
namespace {

/// What the answer event says, as a rehearsal would have said it.
Rehearsal said_by(const Event& answer) {
  if (answer.type == EventType::rejected) {
    return {static_cast<RejectCode>(answer.detail), false, answer.answer.value};
  }
  if (answer.type == EventType::repeated) return {answer.repeated.code, true, 0};
  return {};
}

class Rehearsals : public testing::TestWithParam<Profile> {};

TEST_P(Rehearsals, foretell_the_answer_of_every_command_and_change_nothing) {
  constexpr std::uint64_t hashed_every = 16;
  const std::uint64_t seed = test::seed_of_run();
  const std::int64_t commands = test::effort(100'000);
  std::map<RejectCode, std::uint64_t> codes;
  std::uint64_t compared = 0;
  std::uint64_t repeated = 0;
  const Model nobody;
  const Configure sizes = RandomCommands(seed, GetParam(), nobody).configuration();
  Twins twins(sizes, Checks{.invariants_every = 0, .states_every = 0, .snapshots_every = 0});
  RandomCommands stream(seed, GetParam(), twins.model());
  for (std::int64_t i = 0; i < commands; ++i) {
    const Command command = stream.next();
    const Engine& engine = twins.engine();
    // What is due or left over would come first; a rehearsal leaves it out.
    const bool is_first = engine.next_due() <= command.time || engine.has_pending_work();
    const bool is_hashed = static_cast<std::uint64_t>(i) % hashed_every == 0;
    const std::uint64_t before = is_hashed ? engine.state_hash() : 0;
    const Rehearsal rehearsal = engine.rehearse(command);
    ASSERT_EQ(is_hashed ? engine.state_hash() : 0, before) << i;
    const auto difference = twins.apply(command);
    ASSERT_FALSE(difference.has_value()) << *difference;
    const bool is_tick = command.type == CommandType::tick && command.key.is_none();
    if (is_first || is_tick) continue;
    const Rehearsal answer = said_by(twins.events().at(0));
    ASSERT_EQ(rehearsal.code, answer.code) << i << ": " << text_of(command, Names());
    ASSERT_EQ(rehearsal.is_repeated, answer.is_repeated) << i << ": " << text_of(command, Names());
    ASSERT_EQ(rehearsal.value, answer.value) << i << ": " << text_of(command, Names());
    ++compared;
    ++codes[answer.code];
    repeated += answer.is_repeated ? 1 : 0;
  }
  EXPECT_GT(compared, static_cast<std::uint64_t>(commands) / 8);
  std::printf("%llu answers foretold, %zu codes, %llu repeated\n",
              static_cast<unsigned long long>(compared), codes.size(),
              static_cast<unsigned long long>(repeated));
}

INSTANTIATE_TEST_SUITE_P(model, Rehearsals, testing::Values(Profile::adversary, Profile::traders),
                         [](const auto& run) {
                           return run.param == Profile::adversary ? "adversary" : "traders";
                         });

}  // namespace
}  // namespace karst::model
