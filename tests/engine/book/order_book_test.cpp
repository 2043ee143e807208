// The order book, its pools and its id tables, case by case.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/book/client_order_book.hpp"
#include "engine/book/order_book.hpp"

namespace karst::test {
namespace {

struct Hot {
  std::uint64_t name;
  std::uint64_t zero;
};
using Pools = BookPools<Hot, NoCold>;
using Book = OrderBook<Hot, NoCold>;

constexpr std::uint32_t no_bound = 1'000'000;

/// A book with few words, for tests that read like a trading day.
struct Desk {
  explicit Desk(std::uint32_t orders = 64, std::uint32_t pages = 64, std::int64_t price_min = 1,
                std::int64_t price_max = 100'000)
      : pools(orders, pages) {
    book.open(pools, price_min, price_max);
  }

  Slot rest(Side side, std::int64_t price, std::uint32_t quantity, std::uint64_t name = 0) {
    const Slot slot = pools.nodes.allocate();
    pools.nodes.node(slot).quantity = quantity;
    pools.nodes.node(slot).hot.name = name;
    book.insert(pools, slot, side, price);
    return slot;
  }
  Slot buy(std::int64_t price, std::uint32_t quantity, std::uint64_t name = 0) {
    return rest(Side::buy, price, quantity, name);
  }
  Slot sell(std::int64_t price, std::uint32_t quantity, std::uint64_t name = 0) {
    return rest(Side::sell, price, quantity, name);
  }

  /// "name xlots @price" for each order of a side, best first.
  [[nodiscard]] std::vector<std::string> orders(Side side) const {
    std::vector<std::string> lines;
    book.orders(pools, side, [&](Slot slot, std::int64_t price) {
      const auto& node = pools.nodes.node(slot);
      lines.push_back(std::to_string(node.hot.name) + " x" + std::to_string(node.quantity) + " @" +
                      std::to_string(price));
      return true;
    });
    return lines;
  }

  Pools pools;
  Book book;
};

/// Answers one verdict for every maker, or another for one of them, and notes what happens.
struct Script {
  Desk& desk;
  Verdict usual = Verdict::trade;
  std::uint64_t special_name = 0;
  Verdict special = Verdict::trade;
  std::vector<std::string> lines = {};

  Verdict operator()(Slot slot, std::int64_t) const {
    return desk.pools.nodes.node(slot).hot.name == special_name ? special : usual;
  }
  void on_trade(Slot slot, std::int64_t price, std::uint32_t lots, bool is_filled) {
    note("trade", slot, price, lots, is_filled);
  }
  void on_decrement(Slot slot, std::int64_t price, std::uint32_t lots, bool is_filled) {
    note("decrement", slot, price, lots, is_filled);
  }
  void on_cancel(Slot slot, std::int64_t price) { note("cancel", slot, price, 0, true); }

  void note(const char* what, Slot slot, std::int64_t price, std::uint32_t lots, bool is_gone) {
    lines.push_back(std::string(what) + " " + std::to_string(desk.pools.nodes.node(slot).hot.name) +
                    " x" + std::to_string(lots) + " @" + std::to_string(price));
    if (is_gone) {
      desk.pools.nodes.release(slot);
    }
  }
};

using Lines = std::vector<std::string>;

TEST(OrderBook, The_older_of_two_equal_prices_trades_first) {
  Desk desk;
  desk.sell(250, 10, 1);
  desk.sell(250, 10, 2);
  Script script{desk};
  std::uint32_t quantity = 12;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 260, quantity, no_bound, script),
            WalkResult::filled);
  EXPECT_EQ(script.lines, (Lines{"trade 1 x10 @250", "trade 2 x2 @250"}));
  EXPECT_EQ(desk.orders(Side::sell), Lines{"2 x8 @250"});
}

TEST(OrderBook, The_better_price_trades_before_the_older_order) {
  Desk desk;
  desk.buy(99, 5, 1);
  desk.buy(101, 5, 2);
  desk.buy(100, 5, 3);
  Script script{desk};
  std::uint32_t quantity = 11;
  EXPECT_EQ(desk.book.match(desk.pools, Side::sell, 100, quantity, no_bound, script),
            WalkResult::limit_reached);
  EXPECT_EQ(quantity, 1U);
  EXPECT_EQ(script.lines, (Lines{"trade 2 x5 @101", "trade 3 x5 @100"}));
  EXPECT_EQ(desk.book.best(Side::buy), 99);
}

TEST(OrderBook, A_skipped_maker_keeps_its_place_and_the_taker_goes_on) {
  Desk desk;
  desk.sell(10, 1, 1);
  desk.sell(10, 1, 2);
  desk.sell(900, 1, 3);
  Script script{desk, Verdict::trade, 1, Verdict::skip};
  std::uint32_t quantity = 5;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 1000, quantity, no_bound, script),
            WalkResult::limit_reached);
  EXPECT_EQ(script.lines, (Lines{"trade 2 x1 @10", "trade 3 x1 @900"}));
  EXPECT_EQ(desk.orders(Side::sell), Lines{"1 x1 @10"});
  desk.book.check_invariants(desk.pools);
}

TEST(OrderBook, A_cancelled_maker_leaves_and_the_taker_goes_on) {
  Desk desk;
  desk.sell(10, 1, 1);
  desk.sell(11, 1, 2);
  Script script{desk, Verdict::trade, 1, Verdict::cancel_maker};
  std::uint32_t quantity = 1;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 11, quantity, no_bound, script),
            WalkResult::filled);
  EXPECT_EQ(script.lines, (Lines{"cancel 1 x0 @10", "trade 2 x1 @11"}));
  EXPECT_TRUE(desk.book.is_empty(Side::sell));
  EXPECT_EQ(desk.pools.pages.pages_used(), 0U);
}

TEST(OrderBook, A_decrement_lowers_both_without_a_trade) {
  Desk desk;
  desk.sell(10, 7, 1);
  Script script{desk, Verdict::decrement};
  std::uint32_t quantity = 3;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 10, quantity, no_bound, script),
            WalkResult::filled);
  EXPECT_EQ(script.lines, Lines{"decrement 1 x3 @10"});
  EXPECT_EQ(desk.orders(Side::sell), Lines{"1 x4 @10"});
}

TEST(OrderBook, A_stop_ends_the_walk_before_the_maker) {
  Desk desk;
  desk.sell(10, 1, 1);
  desk.sell(10, 1, 2);
  Script script{desk, Verdict::trade, 2, Verdict::stop};
  std::uint32_t quantity = 5;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 10, quantity, no_bound, script),
            WalkResult::stopped);
  EXPECT_EQ(quantity, 4U);
  EXPECT_EQ(desk.orders(Side::sell), Lines{"2 x1 @10"});
}

TEST(OrderBook, The_bound_counts_makers_touched_and_is_said_only_if_more_would_follow) {
  Desk desk;
  desk.sell(10, 1, 1);
  desk.sell(10, 1, 2);
  desk.sell(11, 1, 3);
  Script script{desk};
  std::uint32_t quantity = 9;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 20, quantity, 2, script), WalkResult::bound);
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, 20, quantity, 1, script),
            WalkResult::limit_reached);
  EXPECT_EQ(quantity, 6U);
}

TEST(OrderBook, Feasible_counts_what_would_trade_and_changes_nothing) {
  Desk desk;
  desk.sell(10, 4, 1);
  desk.sell(11, 5, 2);
  desk.sell(12, 6, 3);
  Script script{desk, Verdict::trade, 2, Verdict::skip};
  EXPECT_EQ(desk.book.feasible(desk.pools, Side::buy, 12, 100, script), 10U);
  EXPECT_EQ(desk.book.feasible(desk.pools, Side::buy, 11, 100, script), 4U);
  EXPECT_EQ(desk.book.feasible(desk.pools, Side::buy, 12, 7, script), 7U);
  EXPECT_EQ(desk.book.feasible(desk.pools, Side::sell, 1, 7, script), 0U);
  EXPECT_TRUE(script.lines.empty());
  EXPECT_EQ(desk.orders(Side::sell).size(), 3U);
}

TEST(OrderBook, A_reduction_keeps_priority_and_lowers_the_level) {
  Desk desk;
  const Slot first = desk.buy(5, 10, 1);
  desk.buy(5, 10, 2);
  desk.book.reduce(desk.pools, first, 3);
  EXPECT_EQ(desk.orders(Side::buy), (Lines{"1 x3 @5", "2 x10 @5"}));
  EXPECT_EQ(desk.book.level_at(desk.pools, Side::buy, 5).quantity(), 13U);
  EXPECT_EQ(desk.book.level_at(desk.pools, Side::buy, 5).count(), 2U);
}

TEST(OrderBook, Both_sides_may_stand_crossed_at_one_price) {
  Desk desk;
  desk.buy(7, 1, 1);
  desk.sell(7, 1, 2);
  desk.sell(6, 1, 3);
  EXPECT_EQ(desk.book.best(Side::buy), 7);
  EXPECT_EQ(desk.book.best(Side::sell), 6);
  EXPECT_EQ(desk.book.level_at(desk.pools, Side::buy, 7).count(), 1U);
  desk.book.check_invariants(desk.pools);
}

TEST(OrderBook, An_order_knows_its_price_and_side) {
  Desk desk(8, 8, -50, 50);
  const Slot low = desk.buy(-50, 1);
  const Slot high = desk.sell(50, 1);
  EXPECT_EQ(desk.book.price_of(desk.pools, low), -50);
  EXPECT_EQ(desk.book.side_of(desk.pools, low), Side::buy);
  EXPECT_EQ(desk.book.price_of(desk.pools, high), 50);
  EXPECT_EQ(desk.book.side_of(desk.pools, high), Side::sell);
  EXPECT_EQ(desk.book.front(desk.pools, Side::sell), high);
}

TEST(OrderBook, Without_a_page_an_insert_is_refused_and_nothing_changes) {
  Desk desk(8, 1);
  desk.buy(100, 1, 1);
  EXPECT_EQ(desk.pools.pages.pages_free(), 0U);
  EXPECT_TRUE(desk.book.can_insert(desk.pools, Side::buy, 101));
  EXPECT_FALSE(desk.book.can_insert(desk.pools, Side::buy, 10'000));
  const Slot slot = desk.pools.nodes.allocate();
  desk.pools.nodes.node(slot).quantity = 1;
  EXPECT_FALSE(desk.book.try_insert(desk.pools, slot, Side::sell, 101));
  EXPECT_TRUE(desk.book.is_empty(Side::sell));
  desk.book.check_invariants(desk.pools);
}

TEST(OrderBook, A_level_takes_lots_up_to_its_counter_and_not_one_more) {
  constexpr std::uint32_t full_orders = 512;  // of the largest size fill 2^40 - 1 lots, but for 511
  Desk desk(600, 8);
  for (std::uint32_t i = 0; i < full_orders; ++i) {
    desk.buy(5, quantity_max);
  }
  EXPECT_TRUE(desk.book.can_insert(desk.pools, Side::buy, 5, 511));
  EXPECT_FALSE(desk.book.can_insert(desk.pools, Side::buy, 5, 512));
  EXPECT_FALSE(desk.book.can_insert(desk.pools, Side::buy, 5));
  EXPECT_TRUE(desk.book.can_insert(desk.pools, Side::buy, 6));
  desk.buy(5, 511);
  EXPECT_EQ(desk.book.level_at(desk.pools, Side::buy, 5).quantity(), Level::level_quantity_max);
  EXPECT_EQ(desk.book.level_at(desk.pools, Side::buy, 5).count(), full_orders + 1);
  desk.book.check_invariants(desk.pools);
}

TEST(OrderBook, A_level_s_count_has_an_end_too) {
  Level level{0, 0, Level::level_count_max << 40};
  EXPECT_FALSE(level.has_room(1));
  level.totals -= Level::one_order;
  EXPECT_TRUE(level.has_room(1));
}

TEST(OrderBook, A_market_may_wander_across_its_whole_width_and_back) {
  constexpr std::int64_t width = (std::int64_t{1} << 30) - 1;
  Desk desk(8, 8, 0, width);
  desk.sell(0, 1, 1);
  desk.sell(width, 1, 2);
  desk.sell(width / 2, 1, 3);
  EXPECT_EQ(desk.orders(Side::sell), (Lines{"1 x1 @0", "3 x1 @536870911", "2 x1 @1073741823"}));
  Script script{desk};
  std::uint32_t quantity = 3;
  EXPECT_EQ(desk.book.match(desk.pools, Side::buy, width, quantity, no_bound, script),
            WalkResult::filled);
  EXPECT_EQ(desk.pools.pages.pages_used() + desk.pools.pages.branches_used(), 0U);
  desk.sell(width, 1, 4);
  EXPECT_EQ(desk.book.best(Side::sell), width);
}

TEST(NodePool, A_stale_or_invented_id_finds_nothing) {
  Pools pools(4, 1);
  const Slot slot = pools.nodes.allocate();
  const std::uint64_t id = pools.nodes.id(slot);
  EXPECT_EQ(pools.nodes.find(id), slot);
  pools.nodes.release(slot);
  EXPECT_EQ(pools.nodes.find(id), no_slot);
  EXPECT_EQ(pools.nodes.find(id + (std::uint64_t{1} << 32)), no_slot);
  EXPECT_EQ(pools.nodes.allocate(), slot);
  EXPECT_EQ(pools.nodes.find(id), no_slot);
  EXPECT_NE(pools.nodes.id(slot), id);
  EXPECT_EQ(pools.nodes.find(id | 3), no_slot) << "a slot never handed out";
  EXPECT_EQ(pools.nodes.find(~std::uint64_t{0}), no_slot);
}

TEST(NodePool, The_last_slot_given_back_is_the_first_given_out) {
  Pools pools(3, 1);
  const Slot a = pools.nodes.allocate();
  const Slot b = pools.nodes.allocate();
  const Slot c = pools.nodes.allocate();
  EXPECT_TRUE(pools.nodes.is_full());
  EXPECT_EQ(pools.nodes.try_allocate(), no_slot);
  pools.nodes.release(a);
  pools.nodes.release(c);
  EXPECT_EQ(pools.nodes.slots_free(), 2U);
  EXPECT_EQ(pools.nodes.allocate(), c);
  EXPECT_EQ(pools.nodes.allocate(), a);
  EXPECT_EQ(pools.nodes.used(), 3U);
  EXPECT_NE(b, a);
}

struct HotWithGeneration {
  std::uint64_t name;
  std::uint32_t generation;
  std::uint32_t zero;
};

TEST(NodePool, A_slot_whose_generations_are_used_up_is_retired) {
  NodePool<HotWithGeneration, NoCold> nodes(2);
  const Slot slot = nodes.allocate();
  nodes.node(slot).hot.generation = 0xffffffff;  // as after 2^31 orders in this slot
  const std::uint64_t last_id = nodes.id(slot);
  EXPECT_EQ(nodes.find(last_id), slot);
  nodes.release(slot);
  EXPECT_EQ(nodes.find(last_id), no_slot);
  EXPECT_EQ(nodes.slots_free(), 1U);
  EXPECT_NE(nodes.allocate(), slot);
  EXPECT_TRUE(nodes.is_full());
  nodes.check_invariants();
}

TEST(OrderIdTable, Ids_that_collide_are_found_after_any_of_them_is_removed) {
  // With few places, many ids share one; remove them in every rotation.
  for (std::uint32_t first = 0; first < 8; ++first) {
    OrderIdTable table(8);
    for (std::uint32_t i = 0; i < 8; ++i) {
      ASSERT_TRUE(table.insert(i * 1'000'003, i));
    }
    EXPECT_FALSE(table.insert(0, 99));
    for (std::uint32_t k = 0; k < 8; ++k) {
      const std::uint32_t i = (first + k) % 8;
      ASSERT_EQ(table.remove(i * 1'000'003), i);
      ASSERT_EQ(table.find(i * 1'000'003), no_slot);
      table.check_invariants();
      for (std::uint32_t other = k + 1; other < 8; ++other) {
        ASSERT_EQ(table.find((first + other) % 8 * 1'000'003), (first + other) % 8);
      }
    }
    EXPECT_EQ(table.used(), 0U);
  }
}

TEST(OrderIdTable, Any_64_bit_value_is_an_id) {
  OrderIdTable table(4, 12345);
  EXPECT_TRUE(table.insert(0, 0));
  EXPECT_TRUE(table.insert(~std::uint64_t{0}, 1));
  EXPECT_TRUE(table.insert(12345, 2));
  EXPECT_EQ(table.find(0), 0U);
  EXPECT_EQ(table.find(~std::uint64_t{0}), 1U);
  EXPECT_EQ(table.find(12345), 2U);
  EXPECT_EQ(table.remove(7), no_slot);
}

}  // namespace
}  // namespace karst::test
