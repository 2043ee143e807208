// The books of a real engine: totals equal at every sequence, the same records from any replay.
#include <gtest/gtest.h>

#include <map>

#include "ledger/audit/audit.hpp"
#include "ledger/files/posix_storage.hpp"
#include "tests/ledger/books/books_fixture.hpp"
#include "tests/ledger/books/engine_totals.hpp"
#include "tests/model/compare.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using namespace karst::test;
using model::Profile;
using model::RandomCommands;
using model::Twins;

constexpr model::Checks no_checks{0, 0, 0};

class BooksEngine : public testing::TestWithParam<Profile> {
 protected:
  BooksOptions options(const std::string& name) const {
    BooksOptions made = small_books(folder / name, folder / (name + ".db"));
    made.shard = 0;
    made.segment_records = 256;
    made.file_bytes = std::uint64_t{1} << 20U;
    return made;
  }

  TemporaryFolder folder;
  PosixStorage storage;
};

std::map<AccountKey, std::int64_t> balances_of(Audit& audit) {
  std::map<AccountKey, std::int64_t> all;
  const auto trial = audit.trial_balance(audit.size());
  EXPECT_TRUE(trial.ok()) << trial.error().text();
  if (!trial.ok()) return all;
  for (const TrialBalance::Row& row : trial->rows) all[row.key] = row.balance;
  for (const auto& [asset, sum] : trial->sums) EXPECT_TRUE(sum.is_even()) << asset.value();
  return all;
}

TEST_P(BooksEngine, totals_are_the_engines_and_a_replay_gives_the_same_records) {
  const std::uint64_t seed = seed_of_run();
  Random random(seed);
  const model::Model nobody;
  Twins twins(RandomCommands(seed, GetParam(), nobody).configuration(), no_checks);
  RandomCommands commands(seed, GetParam(), twins.model());
  auto books = Books::open(storage, options("live"));
  ASSERT_TRUE(books.ok()) << books.error().text();
  auto audit = Audit::open(**books);
  ASSERT_TRUE(audit.ok());
  std::vector<Step> steps;
  const auto total = static_cast<std::size_t>(effort(12'000));
  while (steps.size() < total) {
    Step& step = steps.emplace_back();
    step.command = commands.next();
    const auto difference = twins.apply(step.command);
    ASSERT_FALSE(difference.has_value()) << *difference;
    step.events = twins.events();
    const Status appended = (*books)->append(step.command, step.events);
    ASSERT_TRUE(appended.ok()) << appended.error().text();
    if (random.chance(1, 20)) {
      ASSERT_TRUE((*books)->sync().ok());
    }
    if (random.chance(1, 300)) work_all(**books);
    if (!random.chance(1, 2'000) && steps.size() != total) continue;
    ASSERT_TRUE((*books)->sync().ok());
    ASSERT_EQ((*books)->durable_source_seq(), twins.engine().settlements());
    ASSERT_EQ(balances_of(**audit), holdings_of(twins.engine())) << "command " << steps.size();
  }
  EXPECT_GT((*books)->records(), total / 50);
  const std::vector<Bytes> records = all_records(**books);

  // From the same commands, batched otherwise and stopped in between: the same records.
  for (std::size_t i = 0; i < steps.size();) {
    auto again = Books::open(storage, options("again"));
    ASSERT_TRUE(again.ok()) << again.error().text();
    // It may begin with commands that are in the log already.
    i = (*again)->next_command() - 1;
    i -= std::min<std::size_t>(i, random.below(500));
    const std::size_t stop = i + 3'000;
    for (; i < steps.size() && i < stop; ++i) {
      const Status appended = (*again)->append(steps[i].command, steps[i].events);
      ASSERT_TRUE(appended.ok()) << appended.error().text();
    }
    ASSERT_TRUE((*again)->cover().ok());
    work_all(**again);
    if (i == steps.size()) {
      EXPECT_EQ(all_records(**again), records);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(books, BooksEngine, testing::Values(Profile::adversary, Profile::traders),
                         [](const auto& run) {
                           return run.param == Profile::adversary ? "adversary" : "traders";
                         });

}  // namespace
}  // namespace karst
