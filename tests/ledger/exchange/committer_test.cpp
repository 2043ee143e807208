// What the sync thread releases, whatever the sequencer was interrupted at.
#include "ledger/exchange/committer.hpp"

#include <gtest/gtest.h>

#include "tests/ledger/journal/journal_fixture.hpp"

namespace karst {
namespace {

struct CommitterTest : testing::Test {
  sim::SimClock clock;
  sim::SimStorage storage{1};
  test::Journal journal{storage, clock};
  Pipeline pipeline{{.submissions = 2, .commands = 64, .events = 4 * events_per_command_max}};
  Committer committer{pipeline, *journal.log};
};

TEST_F(CommitterTest, releases_what_a_sync_has_made_durable) {
  const std::uint64_t seq = journal.stage().value();
  ASSERT_TRUE(committer.staged(seq, 1));
  EXPECT_EQ(pipeline.durable(), 0U);
  EXPECT_TRUE(committer.step().value());
  EXPECT_EQ(pipeline.durable(), 1U);
  EXPECT_FALSE(committer.step().value());
}

// The sync thread may be awake, and quicker than the sequencer's next line.
TEST_F(CommitterTest, releases_a_batch_that_was_synced_before_it_was_noted) {
  const std::uint64_t seq = journal.stage().value();
  EXPECT_TRUE(committer.step().value());
  EXPECT_EQ(pipeline.durable(), 0U);
  ASSERT_TRUE(committer.staged(seq, 1));
  EXPECT_TRUE(committer.step().value());
  EXPECT_EQ(pipeline.durable(), 1U) << "nobody else would ever release it";
}

}  // namespace
}  // namespace karst
