// Random commands through engine and model: identical events, invariants after every command.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/model/compare.hpp"
#include "tests/model/market_text.hpp"
#include "tests/support/random_run.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t commands_per_seed = 50'000;

struct Stream {
  const char* name;
  Profile profile;
  std::uint64_t first_seed;
  std::int64_t commands;
};

class RandomStream : public testing::TestWithParam<Stream> {};

/// Seeds of the same profile until the commands are used up; fixed ones, so that a change of
/// either implementation is judged by the same streams.
TEST_P(RandomStream, commands_have_the_same_events_in_engine_and_model) {
  const Stream& run = GetParam();
  Coverage coverage;
  std::int64_t left = test::effort(run.commands);
  for (std::uint64_t seed = run.first_seed; left > 0; ++seed) {
    const auto commands = static_cast<std::uint64_t>(std::min(left, commands_per_seed));
    const auto difference = compare_random(seed, run.profile, commands, Checks{}, coverage);
    ASSERT_FALSE(difference.has_value()) << *difference;
    left -= commands_per_seed;
  }
  std::printf("trades %llu, rejects of %zu codes, cancels of %zu reasons, %llu with sweeps\n",
              static_cast<unsigned long long>(coverage.events[EventType::trade]),
              coverage.rejects.size(), coverage.cancels.size(),
              static_cast<unsigned long long>(coverage.commands_with_sweeps));
}

INSTANTIATE_TEST_SUITE_P(model, RandomStream,
                         testing::Values(Stream{"adversary_1", Profile::adversary, 1'000, 500'000},
                                         Stream{"adversary_2", Profile::adversary, 2'000, 500'000},
                                         Stream{"traders_1", Profile::traders, 3'000, 500'000},
                                         Stream{"traders_2", Profile::traders, 4'000, 500'000}),
                         [](const auto& run) { return run.param.name; });

TEST(RandomCommands, of_a_new_seed_have_the_same_events_in_engine_and_model) {
  const std::uint64_t seed = test::seed_of_run();
  Coverage coverage;
  for (const Profile profile : {Profile::adversary, Profile::traders}) {
    const auto commands = static_cast<std::uint64_t>(test::effort(20'000));
    const auto difference = compare_random(seed, profile, commands, Checks{}, coverage);
    ASSERT_FALSE(difference.has_value()) << *difference;
  }
}

}  // namespace
}  // namespace karst::model
