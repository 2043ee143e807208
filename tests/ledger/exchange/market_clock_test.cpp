// The exchange's own time under wall clocks that jump: said by hand, and random against an oracle.
#include "ledger/exchange/market_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/seams/random.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000 * ms;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t year = 365 * day;
constexpr std::int64_t begun = 1'790'000'000 * second;  // autumn 2026

/// A machine: true time, and a wall clock that is wrong by `wrong_ns`.
struct Machine {
  std::int64_t passed_ns = 0;
  std::int64_t wrong_ns = 0;
  std::int64_t booted_ns = 77 * second;

  [[nodiscard]] std::int64_t truth_ns() const { return begun + passed_ns; }
  [[nodiscard]] std::int64_t wall_ns() const { return truth_ns() + wrong_ns; }
  [[nodiscard]] ClockReading reading() const {
    return {static_cast<std::uint64_t>(booted_ns + passed_ns),
            static_cast<std::uint64_t>(wall_ns())};
  }
};

std::int64_t read(MarketClock& clock, const Machine& machine) {
  return static_cast<std::int64_t>(clock.read(machine.reading()));
}

/// A clock at work, the wall clock right.
struct AtWork {
  AtWork() { clock.begin(machine.reading(), std::nullopt); }
  std::int64_t after(std::int64_t ns) {
    machine.passed_ns += ns;
    return read(clock, machine);
  }
  Machine machine;
  MarketClock clock;
};

TEST(MarketClock, follows_a_wall_clock_that_is_right) {
  AtWork it;
  EXPECT_EQ(it.after(0), begun);
  EXPECT_EQ(it.after(hour), begun + hour);
  EXPECT_FALSE(it.clock.is_held());
}

TEST(MarketClock, a_jump_of_two_seconds_is_led_out_at_500_ppm) {
  for (const std::int64_t jump : {2 * second, -2 * second}) {
    AtWork it;
    it.machine.wrong_ns = jump;
    const std::int64_t pace = jump > 0 ? 1 : -1;
    EXPECT_EQ(it.after(second), begun + second + pace * second / 2'000);
    EXPECT_FALSE(it.clock.is_held());
    const std::int64_t later = it.after(2 * hour);
    EXPECT_EQ(later, it.machine.wall_ns());
  }
}

TEST(MarketClock, a_longer_jump_holds_time_until_the_wall_clock_is_back) {
  for (const std::int64_t jump :
       {2 * second + 1, -2 * second - 1, hour, -hour, day, -day, 10 * year, -10 * year}) {
    AtWork it;
    it.machine.wrong_ns = jump;
    EXPECT_EQ(it.after(second), begun + second) << jump;
    EXPECT_TRUE(it.clock.is_held()) << jump;
    EXPECT_EQ(it.clock.wall_ahead_ns(), jump);
    EXPECT_EQ(it.after(hour), begun + second + hour) << jump;
    it.machine.wrong_ns = 0;
    EXPECT_EQ(it.after(ms), begun + second + hour + ms) << jump;
    EXPECT_FALSE(it.clock.is_held()) << jump;
  }
}

TEST(MarketClock, a_suspended_machine_is_no_jump) {
  AtWork it;
  EXPECT_EQ(it.after(3 * day), begun + 3 * day);  // both clocks have gone on meanwhile
  EXPECT_FALSE(it.clock.is_held());
}

TEST(MarketClock, at_a_start_the_wall_clock_is_believed_within_a_gap) {
  struct Case {
    std::int64_t ahead_ns;  // the wall clock of the last command
    bool is_held;
    std::int64_t from_ns;  // where time begins, after the last command
  };
  constexpr std::int64_t gap = 30 * day;
  constexpr std::array<Case, 9> cases{{{0, false, 0},
                                       {hour, false, hour},
                                       {gap, false, gap},
                                       {gap + 1, true, 0},
                                       {10 * year, true, 0},
                                       {-second, false, 0},
                                       {-2 * second, false, 0},
                                       {-2 * second - 1, true, 0},
                                       {-10 * year, true, 0}}};
  for (const Case& it : cases) {
    Machine machine;
    MarketClock clock;
    const std::int64_t last = begun - it.ahead_ns;
    clock.begin(machine.reading(), Time{last});
    EXPECT_EQ(clock.is_held(), it.is_held) << it.ahead_ns;
    EXPECT_EQ(read(clock, machine), last + it.from_ns) << it.ahead_ns;
    EXPECT_EQ(clock.is_held(), it.is_held) << it.ahead_ns;
  }
}

TEST(MarketClock, an_accepted_wall_clock_is_gone_to_or_waited_for) {
  MarketClock::Config config;
  config.is_wall_accepted = true;
  Machine machine;
  MarketClock ahead(config);
  ahead.begin(machine.reading(), Time{begun - 10 * year});
  EXPECT_EQ(read(ahead, machine), begun);
  EXPECT_FALSE(ahead.is_held());

  // The last command is an hour late: time cannot go back, and it does not stand either.
  MarketClock behind(config);
  behind.begin(machine.reading(), Time{begun + hour});
  EXPECT_EQ(read(behind, machine), begun + hour);
  EXPECT_FALSE(behind.is_held());
  machine.passed_ns += 20 * second;
  EXPECT_EQ(read(behind, machine), begun + hour + 20 * second - 10 * ms);
  machine.wrong_ns = -day;
  static_cast<void>(read(behind, machine));
  EXPECT_TRUE(behind.is_held());
  machine.wrong_ns = hour;  // where the exchange is, by luck
  static_cast<void>(read(behind, machine));
  EXPECT_FALSE(behind.is_held());
}

TEST(MarketClock, an_operator_accepts_what_is_held_and_as_far_as_was_seen) {
  for (const std::int64_t jump : {hour, -hour, 10 * year, -10 * year}) {
    AtWork it;
    EXPECT_FALSE(it.clock.accept(jump)) << "nothing is held";
    it.machine.wrong_ns = jump;
    EXPECT_EQ(it.after(second), begun + second);
    EXPECT_FALSE(it.clock.accept(jump + 2 * second + 1));
    EXPECT_FALSE(it.clock.accept(-jump));
    EXPECT_TRUE(it.clock.is_held());
    EXPECT_TRUE(it.clock.accept(jump - second)) << "about as far";
    EXPECT_FALSE(it.clock.is_held());
    EXPECT_FALSE(it.clock.accept(jump)) << "once";
    const std::int64_t to = begun + second + std::max<std::int64_t>(jump - second, 0);
    const std::int64_t pace = second / 2'000;  // ahead or back to the wall clock
    EXPECT_EQ(it.after(second), to + second + (jump > 0 ? pace : -pace));
    EXPECT_FALSE(it.clock.is_held());
    it.machine.wrong_ns = jump + 3 * hour;
    static_cast<void>(it.after(second));
    EXPECT_TRUE(it.clock.is_held()) << "another step needs another word";
  }
}

TEST(MarketClock, nothing_an_operator_can_accept_is_too_much_for_it) {
  constexpr std::array<std::int64_t, 7> odd{INT64_MIN, -1, 0, 1, hour, std::int64_t{1} << 62U,
                                            INT64_MAX};
  for (const std::int64_t wrong : odd) {
    for (const std::int64_t step : odd) {
      MarketClock clock;
      clock.begin({0, static_cast<std::uint64_t>(begun)}, std::nullopt);
      const std::uint64_t before = clock.read({1, static_cast<std::uint64_t>(wrong)});
      static_cast<void>(clock.accept(step));
      ASSERT_GE(clock.read({2, static_cast<std::uint64_t>(wrong)}), before);
    }
  }
}

TEST(MarketClock, nothing_a_clock_can_say_is_too_much_for_it) {
  constexpr std::array<std::uint64_t, 6> odd{0,           1,    1ULL << 62U, (1ULL << 63U) - 1,
                                             1ULL << 63U, ~0ULL};
  for (const std::uint64_t first : odd) {
    for (const std::uint64_t later : odd) {
      MarketClock clock;
      clock.begin({first, later}, Time{static_cast<std::int64_t>(later >> 1U)});
      std::uint64_t last = 0;
      for (const std::uint64_t boottime : odd) {
        for (const std::uint64_t wall : odd) {
          const std::uint64_t now = clock.read({boottime, wall});
          ASSERT_GE(now, last);
          ASSERT_LT(now, (1ULL << 63U) - 1'024);
          last = now;
        }
      }
    }
  }
}

TEST(MarketClock, what_is_taken_while_held_lessens_risk) {
  constexpr std::int64_t apart_ns = 3'600'000'000'000;
  Command command{};
  for (const CommandType type :
       {CommandType::cancel_order, CommandType::mass_cancel, CommandType::hibernate_order,
        CommandType::halt, CommandType::revoke_key, CommandType::open_session,
        CommandType::close_session, CommandType::set_dead_man, CommandType::heartbeat}) {
    command.type = type;
    EXPECT_TRUE(is_taken_while_held(command, apart_ns)) << static_cast<int>(type);
  }
  for (const CommandType type :
       {CommandType::fund, CommandType::withdraw, CommandType::place_order,
        CommandType::amend_order, CommandType::reactivate_order, CommandType::post_offer,
        CommandType::mint_capacity, CommandType::list_contracts, CommandType::set_pool_capacity,
        CommandType::define_product, CommandType::resume, CommandType::admit_merchant}) {
    command.type = type;
    EXPECT_FALSE(is_taken_while_held(command, apart_ns)) << static_cast<int>(type);
  }
  command.type = CommandType::kill_switch;
  for (const bool on : {true, false}) {
    command.kill_switch.on = on;
    EXPECT_EQ(is_taken_while_held(command, apart_ns), on);
  }
  command.type = CommandType::set_instrument_state;
  command.set_instrument_state.state = InstrumentState::suspended;
  EXPECT_TRUE(is_taken_while_held(command, apart_ns));
  command.set_instrument_state.state = InstrumentState::open;
  EXPECT_FALSE(is_taken_while_held(command, apart_ns));
}

TEST(MarketClock, says_by_how_much_the_wall_clock_is_wrong) {
  EXPECT_EQ(wall_ahead_text(3'650 * day),
            "the wall clock is 3650 days ahead of the exchange's time");
  EXPECT_EQ(wall_ahead_text(-hour), "the wall clock is 60 minutes behind the exchange's time");
  EXPECT_EQ(wall_ahead_text(2 * second + 1),
            "the wall clock is 2 seconds ahead of the exchange's time");
}

/// What time must be, from first principles: how far it went at the last step, and where to.
class Oracle {
 public:
  void begin(const Machine& machine, std::int64_t last_ns, const MarketClock::Config& config) {
    const std::int64_t ahead = machine.wall_ns() - last_ns;
    const auto gap = static_cast<std::int64_t>(config.start_gap_max_ns);
    const bool is_believed = ahead >= -2 * second && ahead <= gap;
    expected_ns_ = is_believed && ahead > 0 ? machine.wall_ns() : last_ns;
    passed_ns_ = machine.passed_ns;
  }
  /// Empty, or what is wrong with the time the clock says.
  std::string judge(const Machine& machine, const MarketClock& clock, std::int64_t time_ns) {
    const std::int64_t elapsed = machine.passed_ns - passed_ns_;
    const std::int64_t undisturbed = expected_ns_ + elapsed;
    const std::int64_t apart = machine.wall_ns() - undisturbed;
    const bool is_held = std::abs(apart) > 2 * second;
    const std::int64_t led = time_ns - undisturbed;
    passed_ns_ = machine.passed_ns;
    expected_ns_ = time_ns;
    if (clock.is_held() != is_held) return is_held ? "is not held" : "is held";
    if (is_held) return led == 0 ? "" : "is led while held";
    if (std::abs(led) > elapsed / 2'000 + 1) return "is led too fast";
    if (std::abs(apart - led) > std::abs(apart)) return "is led away from the wall clock";
    const bool is_slow = std::abs(led) < elapsed / 2'000 && led != apart;
    return is_slow ? "is led too slowly" : "";
  }

 private:
  std::int64_t expected_ns_ = 0;
  std::int64_t passed_ns_ = 0;
};

std::int64_t random_error(Random& random) {
  constexpr std::array<std::int64_t, 8> sizes{second,   2 * second, 3 * second, hour,
                                              20 * day, 40 * day,   year,       10 * year};
  const std::int64_t size = sizes[random.below(sizes.size())];
  const std::int64_t odd = static_cast<std::int64_t>(random.below(20)) - 10;
  return (random.chance(1, 2) ? size : -size) + odd * (random.chance(1, 2) ? 1 : ms);
}

/// One random life of machine and exchange. Returns: "", or what went wrong.
std::string random_life(std::uint64_t seed) {
  Random random(seed);
  Machine machine;
  MarketClock::Config config;
  MarketClock clock(config);
  Oracle oracle;
  clock.begin(machine.reading(), std::nullopt);
  oracle.begin(machine, machine.wall_ns(), config);
  std::int64_t last = machine.wall_ns();
  for (int step = 0; step < 400; ++step) {
    const std::uint64_t dice = random.below(40);
    if (dice == 0) machine.wrong_ns = random_error(random);
    if (dice < 6 && dice > 0) machine.wrong_ns = 0;
    if (dice == 6) machine.passed_ns += static_cast<std::int64_t>(random.below(3 * day));
    if (dice == 7) {  // the exchange stands still, perhaps the machine too
      machine.passed_ns += static_cast<std::int64_t>(random.below(40 * day));
      machine.booted_ns = static_cast<std::int64_t>(random.below(hour)) - machine.passed_ns;
      clock = MarketClock(config);
      clock.begin(machine.reading(), Time{last});
      oracle.begin(machine, last, config);
    }
    machine.passed_ns += static_cast<std::int64_t>(random.below(random.chance(1, 3) ? 900 : hour));
    const std::int64_t now = read(clock, machine);
    if (now < last) return "time goes back";
    last = now;
    if (std::string wrong = oracle.judge(machine, clock, now); !wrong.empty()) {
      return wrong + " at step " + std::to_string(step);
    }
  }
  return "";
}

TEST(MarketClock, random_jumps_standstills_and_starts_agree_with_an_oracle) {
  const std::uint64_t seed = test::seed_of_run();
  const std::int64_t lives = test::effort(2'000);
  for (std::int64_t i = 0; i < lives; ++i) {
    const std::string wrong = random_life(seed + static_cast<std::uint64_t>(i));
    ASSERT_EQ(wrong, "") << "KARST_SEED=" << seed + static_cast<std::uint64_t>(i);
  }
}

}  // namespace
}  // namespace karst
