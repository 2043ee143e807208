// A merchant's orders page by page while the market goes on.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <set>
#include <vector>

#include "tests/model/compare.hpp"
#include "tests/support/random_run.hpp"

namespace karst::model {
namespace {

std::set<std::uint64_t> ids_of(const std::vector<OpenOrder>& orders) {
  std::set<std::uint64_t> ids;
  for (const OpenOrder& order : orders) ids.insert(order.id.value());
  return ids;
}

TEST(OrderPages, miss_no_order_that_stayed_and_give_none_twice) {
  constexpr std::uint32_t rows_max = 3;
  constexpr std::uint32_t looks_max = 5;
  const std::uint64_t seed = test::seed_of_run();
  const Model nobody;
  const Configure sizes = RandomCommands(seed, Profile::traders, nobody).configuration();
  Twins twins(sizes, Checks{.invariants_every = 0, .states_every = 0, .snapshots_every = 0});
  RandomCommands stream(seed, Profile::traders, twins.model());
  const auto go_on = [&](int commands) {
    for (int i = 0; i < commands; ++i) ASSERT_FALSE(twins.apply(stream.next()).has_value());
  };
  std::uint64_t pages = 0;
  std::uint64_t empty_pages = 0;
  std::uint64_t given = 0;
  const std::int64_t rounds = test::effort(2'000);
  for (std::int64_t round = 0; round < rounds; ++round) {
    go_on(20);
    const Engine& engine = twins.engine();
    const AccountId account{1 + static_cast<std::uint32_t>(round) % engine.accounts_end()};
    std::vector<OpenOrder> before;
    engine.open_orders(account, before);
    std::set<std::uint64_t> stayed = ids_of(before);
    std::vector<OpenOrder> got;
    OrderCursor cursor;
    bool has_more = true;
    for (int page = 0; has_more && page < 1'000; ++page) {
      const std::size_t had = got.size();
      has_more = engine.open_orders(account, cursor, rows_max, looks_max, got);
      ASSERT_LE(got.size() - had, rows_max);
      ++pages;
      empty_pages += got.size() == had ? 1 : 0;
      go_on(1);
      std::vector<OpenOrder> now;
      engine.open_orders(account, now);
      const std::set<std::uint64_t> there = ids_of(now);
      std::erase_if(stayed, [&](std::uint64_t id) { return !there.contains(id); });
    }
    ASSERT_FALSE(has_more);
    const std::set<std::uint64_t> ids = ids_of(got);
    ASSERT_EQ(ids.size(), got.size()) << "one was given twice";
    for (const std::uint64_t id : stayed) ASSERT_TRUE(ids.contains(id)) << id;
    given += got.size();
  }
  EXPECT_GT(given, 0U);
  EXPECT_GT(empty_pages, 0U) << "no cursor ever lost its order";
  std::printf("%llu orders on %llu pages\n", static_cast<unsigned long long>(given),
              static_cast<unsigned long long>(pages));
}

}  // namespace
}  // namespace karst::model
