#include "tests/support/machine/journal_simulation.hpp"

#include <gtest/gtest.h>

#include "tests/support/random_run.hpp"

namespace karst::sim {
namespace {

constexpr std::uint64_t script_commands = 200;

// Every place of a script is tried, but every tenth only where a run is to be short (sanitizers).
std::uint64_t stride() { return test::effort(10) >= 10 ? 1 : 10; }

TEST(JournalSimulation, a_crash_at_every_change_of_the_disk_loses_nothing_acknowledged) {
  JournalCoverage coverage;
  std::uint64_t points = 1;
  for (bool was_reached = true; was_reached; points += stride()) {
    for (const Loss loss : every_loss) {
      const auto violations =
          run_journal_crash(points, loss, script_commands, coverage, was_reached);
      for (const std::string& violation : violations) {
        ADD_FAILURE() << violation << "; crash at change " << points << ", " << name(loss);
      }
    }
    ASSERT_LT(points, 5000U);
  }
  EXPECT_GT(points, 100U);
  EXPECT_GT(coverage.torn_tails_cut, 0U);
  EXPECT_GT(coverage.batches_lost_unacked, 0U);
  EXPECT_GT(coverage.batches_kept_unacked, 0U);
  EXPECT_GT(coverage.segments_trimmed, 0U);
  std::printf("crash points to %llu x 4 losses, %llu torn tails cut, %llu batches acknowledged\n",
              static_cast<unsigned long long>(points - 2),
              static_cast<unsigned long long>(coverage.torn_tails_cut),
              static_cast<unsigned long long>(coverage.batches_acked));
}

TEST(JournalSimulation, a_failure_of_any_call_loses_nothing_acknowledged) {
  JournalCoverage coverage;
  std::uint64_t points = 1;
  for (bool was_reached = true; was_reached; points += stride()) {
    for (const ErrorCode code : {ErrorCode::io, ErrorCode::no_space}) {
      for (const Loss loss : {Loss::kept, Loss::lost}) {
        for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
          const auto violations = run_journal_failure(points, more, code, loss, script_commands,
                                                      coverage, was_reached);
          for (const std::string& violation : violations) {
            ADD_FAILURE() << violation << "; call " << points << " and " << more << " more: "
                          << karst::name(code) << ", " << name(loss);
          }
        }
      }
    }
    ASSERT_LT(points, 20'000U);
  }
  EXPECT_GT(coverage.disk_full, 0U);
  EXPECT_GT(coverage.failed_syncs, 0U);
}

TEST(JournalSimulation, random_schedules_of_faults_lose_nothing_acknowledged) {
  const std::uint64_t seed = test::seed_of_run();
  const auto schedules = static_cast<std::uint64_t>(test::effort(1000));
  JournalCoverage coverage;
  for (std::uint64_t i = 0; i < schedules; ++i) {
    const auto violations = run_journal_schedule(seed + i, coverage);
    for (const std::string& violation : violations) {
      ADD_FAILURE() << violation << "; seed " << seed + i;
    }
    if (HasFailure()) break;
  }
  if (schedules < 100) return;
  EXPECT_GT(coverage.torn_tails_cut, 0U);
  EXPECT_GT(coverage.crashes_in_recovery, 0U);
  EXPECT_GT(coverage.damage_refused, 0U);
  EXPECT_GT(coverage.disk_full, 0U);
  EXPECT_GT(coverage.failed_syncs, 0U);
  EXPECT_GT(coverage.segments_trimmed, 0U);
}

}  // namespace
}  // namespace karst::sim
