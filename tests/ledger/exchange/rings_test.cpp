// The queues of the pipeline, alone.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "ledger/exchange/bell.hpp"
#include "ledger/exchange/mpsc_ring.hpp"
#include "ledger/exchange/spsc_ring.hpp"

namespace karst {
namespace {

TEST(PipelineRings, a_full_spsc_ring_takes_nothing_and_keeps_order) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(4));
  for (int i = 0; i < 4; ++i) {
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_EQ(*ring.front(), i);
    ring.pop();
  }
  EXPECT_EQ(ring.front(), nullptr);
  EXPECT_TRUE(ring.push(5));
  EXPECT_EQ(*ring.front(), 5);
}

TEST(PipelineRings, a_full_mpsc_ring_takes_nothing_and_keeps_order) {
  MpscRing<int> ring(2);
  EXPECT_TRUE(ring.is_empty());
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  int item = 0;
  EXPECT_TRUE(ring.pop(item));
  EXPECT_EQ(item, 1);
  EXPECT_TRUE(ring.push(3));
  EXPECT_TRUE(ring.pop(item));
  EXPECT_TRUE(ring.pop(item));
  EXPECT_EQ(item, 3);
  EXPECT_FALSE(ring.pop(item));
}

TEST(PipelineRings, each_of_four_pushers_arrives_whole_and_in_its_order) {
  constexpr std::uint64_t pushers = 4;
  constexpr std::uint64_t each = 20'000;
  MpscRing<std::uint64_t> ring(64);
  Bell bell;
  std::vector<std::thread> threads;
  for (std::uint64_t pusher = 0; pusher < pushers; ++pusher) {
    threads.emplace_back([&, pusher] {
      for (std::uint64_t i = 0; i < each; ++i) {
        while (!ring.push(pusher << 32U | i)) std::this_thread::yield();
        bell.ring();
      }
    });
  }
  std::vector<std::uint64_t> next(pushers);
  for (std::uint64_t taken = 0; taken < pushers * each;) {
    const std::uint32_t seen = bell.signals();
    std::uint64_t item = 0;
    if (!ring.pop(item)) {
      bell.wait(seen, Bell::for_ever);
      continue;
    }
    const std::uint64_t pusher = item >> 32U;
    ASSERT_LT(pusher, pushers);
    ASSERT_EQ(item & 0xffffffffU, next[pusher]);
    ++next[pusher];
    ++taken;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(ring.is_empty());
}

TEST(PipelineRings, a_bell_rung_before_the_wait_is_not_lost) {
  Bell bell;
  const std::uint32_t seen = bell.signals();
  bell.ring();
  bell.wait(seen, Bell::for_ever);  // returns at once, or the test hangs
  EXPECT_NE(bell.signals(), seen);
}

TEST(PipelineRings, a_wait_ends_when_its_time_is_over) {
  Bell bell;
  bell.wait(bell.signals(), 1'000'000);
  SUCCEED();
}

}  // namespace
}  // namespace karst
