// The whole pipeline on a disk that fails: nothing answered is lost, nothing is executed twice.
#include <gtest/gtest.h>

#include "tests/support/machine/exchange_simulation.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using sim::ExchangeCoverage;

constexpr std::uint64_t schedules = 1'000;

std::string first_of(const std::vector<std::string>& violations) {
  return violations.empty() ? std::string() : violations.front();
}

TEST(ExchangeSimulation, a_crash_at_every_change_of_the_disk_loses_no_answer) {
  ExchangeCoverage coverage;
  bool was_reached = true;
  std::uint64_t points = 0;
  for (std::uint64_t n = 1; was_reached; ++n) {
    for (const sim::Loss loss : sim::every_loss) {
      const auto violations = sim::run_exchange_crash(n, loss, coverage, was_reached);
      ASSERT_TRUE(violations.empty())
          << first_of(violations) << " (crash at change " << n << ", " << sim::name(loss) << ")";
    }
    points = n - 1;
  }
  std::printf(
      "%llu crash points x 4 losses, %llu lives, %llu torn tails cut, %llu from snapshots, "
      "%llu segments indexed, %llu audit stores rebuilt\n",
      static_cast<unsigned long long>(points), static_cast<unsigned long long>(coverage.lives),
      static_cast<unsigned long long>(coverage.torn_tails_cut),
      static_cast<unsigned long long>(coverage.recoveries_from_snapshot),
      static_cast<unsigned long long>(coverage.segments_indexed),
      static_cast<unsigned long long>(coverage.audit_stores_rebuilt));
  EXPECT_GT(points, 100U);
  EXPECT_GT(coverage.torn_tails_cut, 0U);
  EXPECT_GT(coverage.recoveries_from_snapshot, 0U);
  EXPECT_GT(coverage.snapshots_made, 0U);
  EXPECT_GT(coverage.acks_repeated, 0U);
  EXPECT_GT(coverage.store_catch_ups, 0U);
  EXPECT_GT(coverage.trades, 0U);
  EXPECT_GT(coverage.segments_indexed, 4 * points);
}

TEST(ExchangeSimulation, seeded_schedules_of_faults_lose_no_answer) {
  const std::uint64_t first_seed = test::seed_of_run();
  const auto count = static_cast<std::uint64_t>(test::effort(schedules));
  ExchangeCoverage coverage;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = first_seed + i;
    const auto violations = sim::run_exchange_schedule(seed, coverage);
    ASSERT_TRUE(violations.empty()) << first_of(violations) << " (KARST_SEED=" << seed << ")";
  }
  std::printf(
      "%llu lives, %llu acks, %llu repeated, %llu failed syncs, %llu disk full, "
      "%llu ticks, %llu stores left\n",
      static_cast<unsigned long long>(coverage.lives),
      static_cast<unsigned long long>(coverage.acks),
      static_cast<unsigned long long>(coverage.acks_repeated),
      static_cast<unsigned long long>(coverage.failed_syncs),
      static_cast<unsigned long long>(coverage.refused_disk_full),
      static_cast<unsigned long long>(coverage.ticks),
      static_cast<unsigned long long>(coverage.stores_left));
  if (count < 100) return;  // too few for every mark
  EXPECT_GT(coverage.failed_syncs, 0U);
  EXPECT_GT(coverage.stores_left, 0U);
  EXPECT_GT(coverage.stores_brought_back, 0U);
  EXPECT_GT(coverage.refused_disk_full, 0U);
  EXPECT_GT(coverage.refused_clock_held, 0U);
  EXPECT_GT(coverage.ticks, 0U);
}

TEST(ReplicatedSimulation, every_fate_of_every_append_loses_no_answer) {
  ExchangeCoverage coverage;
  bool was_reached = true;
  std::uint64_t appends = 0;
  for (std::uint64_t n = 1; was_reached; ++n) {
    for (const sim::Fate fate : sim::every_fate) {
      const auto violations = sim::run_replicated_fate(n, fate, coverage, was_reached);
      ASSERT_TRUE(violations.empty()) << first_of(violations) << " (fate " << static_cast<int>(fate)
                                      << " of append " << n << ")";
    }
    appends = n - 1;
  }
  std::printf("%llu appends, %llu lives, %llu leaders fenced, %llu refused\n",
              static_cast<unsigned long long>(appends),
              static_cast<unsigned long long>(coverage.lives),
              static_cast<unsigned long long>(coverage.leaders_fenced),
              static_cast<unsigned long long>(coverage.refused_disk_full));
  EXPECT_GT(appends, 20U);
  EXPECT_GE(coverage.leaders_fenced, 3 * appends);
  EXPECT_GE(coverage.refused_disk_full, appends);
  EXPECT_GT(coverage.acks_repeated, 0U);
}

TEST(ReplicatedSimulation, a_crash_at_every_change_of_the_leaders_disk_loses_no_answer) {
  ExchangeCoverage coverage;
  bool was_reached = true;
  std::uint64_t points = 0;
  for (std::uint64_t n = 1; was_reached; ++n) {
    for (const sim::Loss loss : sim::every_loss) {
      const auto violations = sim::run_replicated_crash(n, loss, coverage, was_reached);
      ASSERT_TRUE(violations.empty())
          << first_of(violations) << " (crash at change " << n << ", " << sim::name(loss) << ")";
    }
    points = n - 1;
  }
  std::printf("%llu crash points x 4 losses\n", static_cast<unsigned long long>(points));
  EXPECT_GT(points, 50U);
}

TEST(ReplicatedSimulation, seeded_schedules_of_faults_and_fates_lose_no_answer) {
  const std::uint64_t first_seed = test::seed_of_run();
  const auto count = static_cast<std::uint64_t>(test::effort(schedules / 2));
  ExchangeCoverage coverage;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = first_seed + i;
    const auto violations = sim::run_exchange_schedule(seed, coverage, true);
    ASSERT_TRUE(violations.empty()) << first_of(violations) << " (KARST_SEED=" << seed << ")";
  }
  std::printf("%llu lives, %llu acks, %llu repeated, %llu leaders fenced\n",
              static_cast<unsigned long long>(coverage.lives),
              static_cast<unsigned long long>(coverage.acks),
              static_cast<unsigned long long>(coverage.acks_repeated),
              static_cast<unsigned long long>(coverage.leaders_fenced));
  if (count < 50) return;  // too few for every mark
  EXPECT_GT(coverage.leaders_fenced, 0U);
  EXPECT_GT(coverage.acks_repeated, 0U);
}

}  // namespace
}  // namespace karst
