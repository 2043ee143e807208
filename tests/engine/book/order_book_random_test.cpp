// Random operations on a few books that share their pools, compared with the naive book.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "engine/book/order_book.hpp"
#include "tests/engine/book/order_book_naive.hpp"
#include "tests/support/random_run.hpp"

namespace karst::test {
namespace {

struct Hot {
  std::uint64_t id;
  std::uint32_t generation;
  std::uint32_t book;
};
struct HotWithoutGeneration {
  std::uint64_t id;
  std::uint64_t book;
};
struct Cold {
  std::uint64_t id_again;
};

/// Bytes in memory, written and read in one order.
struct Bytes {
  std::string data;
  std::size_t at = 0;

  template <class Row>
  void rows(Section, const Row* from, std::size_t count) {
    more(from, count);
  }
  template <class Row>
  void more(const Row* from, std::size_t count) {
    data.append(reinterpret_cast<const char*>(from), count * sizeof(Row));
  }
};
struct BytesReader {
  const std::string& data;
  std::size_t at = 0;

  template <class Row>
  void rows(Section, Row* to, std::size_t count) {
    more(to, count);
  }
  template <class Row>
  void more(Row* to, std::size_t count) {
    const std::size_t size = count * sizeof(Row);
    ASSERT_LE(at + size, data.size());
    if (size != 0) {
      std::memcpy(static_cast<void*>(to), data.data() + at, size);
    }
    at += size;
  }
};

struct Case {
  std::int64_t price_min;
  std::int64_t price_max;
  std::int64_t spread;  // orders come within this many ticks of the book's middle, mostly
  std::uint32_t orders_capacity;
  std::uint32_t pages_capacity;
  std::uint32_t quantity_max;
};

template <class HotPart>
class RandomRun {
  using Book = OrderBook<HotPart, Cold>;
  using Pools = BookPools<HotPart, Cold>;
  static constexpr std::uint32_t books_count = 3;

  struct Known {
    std::uint32_t book;
    Side side;
    std::int64_t price;
    std::uint64_t exchange_id;
  };

 public:
  RandomRun(const Case& shape, std::uint64_t seed)
      : case_(shape),
        random_(seed),
        pools_(std::make_unique<Pools>(shape.orders_capacity, shape.pages_capacity)) {
    for (Book& book : books_) {
      book.open(*pools_, case_.price_min, case_.price_max);
    }
  }

  /// Returns: how many inserts were refused for want of pages or counters.
  int run(int operations) {
    for (int i = 0; i < operations; ++i) {
      step();
      if (i % 1024 == 0) {
        compare_all();
      }
      if (i % 16384 == 1) {
        restore();
      }
      if (::testing::Test::HasFatalFailure()) {
        return refused_;
      }
    }
    compare_all();
    drain();
    EXPECT_GT(trades_, operations / 100);
    return refused_;
  }

 private:
  struct Policy {
    RandomRun& run;
    Book& book;
    std::vector<NaiveEvent> events;

    Verdict operator()(Slot slot, std::int64_t price) {
      EXPECT_EQ(book.price_of(*run.pools_, slot), price);
      return run.verdict(run.pools_->nodes.node(slot).hot.id);
    }
    void on_trade(Slot slot, std::int64_t price, std::uint32_t lots, bool is_filled) {
      note(NaiveEvent::Kind::trade, slot, price, lots, is_filled);
    }
    void on_decrement(Slot slot, std::int64_t price, std::uint32_t lots, bool is_filled) {
      note(NaiveEvent::Kind::decrement, slot, price, lots, is_filled);
    }
    void on_cancel(Slot slot, std::int64_t price) {
      note(NaiveEvent::Kind::cancel, slot, price, 0, false);
    }
    void note(NaiveEvent::Kind kind, Slot slot, std::int64_t price, std::uint32_t lots,
              bool is_filled) {
      const std::uint64_t id = run.pools_->nodes.node(slot).hot.id;
      events.push_back({kind, id, price, lots, is_filled});
      if (is_filled || kind == NaiveEvent::Kind::cancel) {
        run.forget(id, slot);
      }
    }
  };

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  /// A fixed answer per maker and walk, so that both books hear the same.
  Verdict verdict(std::uint64_t id) const {
    const std::uint64_t mixed = (id ^ salt_) * 0x9E3779B97F4A7C15;
    const std::uint64_t roll = (mixed >> 32) % 1000;
    if (roll >= tameness_) {
      return Verdict::trade;
    }
    constexpr Verdict wild[] = {Verdict::skip, Verdict::cancel_maker, Verdict::decrement,
                                Verdict::skip};
    return roll % 97 == 0 ? Verdict::stop : wild[roll % 4];
  }

  std::int64_t random_price(Side side) {
    const std::int64_t width = case_.price_max - case_.price_min;
    if (below(50) == 0) {
      return case_.price_min +
             static_cast<std::int64_t>(below(static_cast<std::uint64_t>(width) + 1));
    }
    const auto offset = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(case_.spread)));
    const std::int64_t middle = case_.price_min + width / 2 + drift_;
    const std::int64_t price = side == Side::buy ? middle - offset + 2 : middle + offset - 2;
    return std::clamp(price, case_.price_min, case_.price_max);
  }

  void step() {
    const std::uint64_t roll = below(100);
    if (below(5000) == 0) {
      drift_ = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(case_.spread))) -
               case_.spread / 2;
      growth_ = below(3) * 10;
    }
    if (roll < 40 + growth_) {
      insert();
    } else if (roll < 70) {
      cancel();
    } else if (roll < 80) {
      shrink();
    } else {
      take();
    }
  }

  void insert() {
    const auto book = static_cast<std::uint32_t>(below(books_count));
    const Side side = below(2) == 0 ? Side::buy : Side::sell;
    const std::int64_t price = random_price(side);
    const auto quantity = static_cast<std::uint32_t>(1 + below(case_.quantity_max));
    if (pools_->nodes.is_full()) {
      ASSERT_EQ(pools_->nodes.used(), case_.orders_capacity);
      return;
    }
    const bool can = books_[book].can_insert(*pools_, side, price, quantity);
    ASSERT_TRUE(can || pools_->pages.pages_free() == 0 || quantity > 1000);
    const Slot slot = pools_->nodes.allocate();
    pools_->nodes.node(slot).quantity = quantity;
    pools_->nodes.node(slot).hot.id = ++last_id_;
    pools_->nodes.node(slot).hot.book = book;
    pools_->nodes.cold(slot).id_again = last_id_;
    ASSERT_EQ(books_[book].try_insert(*pools_, slot, side, price), can);
    if (!can) {
      ++refused_;
      pools_->nodes.release(slot);
      return;
    }
    naive_[book].insert(last_id_, side, price, quantity);
    known_[last_id_] = {book, side, price, pools_->nodes.id(slot)};
    ids_.push_back(last_id_);
  }

  /// A random order that still rests, or 0. Ids of orders that are gone are checked and dropped.
  std::uint64_t pick() {
    for (int attempt = 0; attempt < 8 && !ids_.empty(); ++attempt) {
      const std::size_t at = below(ids_.size());
      if (known_.contains(ids_[at])) {
        return ids_[at];
      }
      ids_[at] = ids_.back();
      ids_.pop_back();
    }
    return 0;
  }

  Slot slot_of(std::uint64_t id) {
    const Known& known = known_.at(id);
    const Slot slot = pools_->nodes.find(known.exchange_id);
    EXPECT_NE(slot, no_slot);
    EXPECT_EQ(pools_->nodes.node(slot).hot.id, id);
    EXPECT_EQ(pools_->nodes.cold(slot).id_again, id);
    EXPECT_EQ(books_[known.book].side_of(*pools_, slot), known.side);
    EXPECT_EQ(books_[known.book].price_of(*pools_, slot), known.price);
    return slot;
  }

  /// The order has left its book: its slot goes back, and its exchange id is stale from now on.
  void forget(std::uint64_t id, Slot slot) {
    const std::uint64_t exchange_id = known_.at(id).exchange_id;
    ASSERT_EQ(pools_->nodes.find(exchange_id), slot);
    pools_->nodes.release(slot);
    ASSERT_EQ(pools_->nodes.find(exchange_id), no_slot);
    ASSERT_EQ(pools_->nodes.find(exchange_id + (std::uint64_t{1} << 32)), no_slot);
    known_.erase(id);
  }

  void cancel() {
    const std::uint64_t id = pick();
    if (id == 0) {
      return;
    }
    const Known known = known_.at(id);
    const Slot slot = slot_of(id);
    books_[known.book].remove(*pools_, slot);
    naive_[known.book].remove(id, known.side, known.price);
    forget(id, slot);
  }

  void shrink() {
    const std::uint64_t id = pick();
    if (id == 0) {
      return;
    }
    const Known known = known_.at(id);
    const Slot slot = slot_of(id);
    const std::uint32_t quantity = pools_->nodes.node(slot).quantity;
    const auto left = static_cast<std::uint32_t>(below(quantity + std::uint64_t{1}));
    if (below(2) == 0 && left >= 1) {
      books_[known.book].reduce(*pools_, slot, left);
      naive_[known.book].reduce(id, known.side, known.price, left);
    } else if (left < quantity) {
      const bool is_filled = books_[known.book].fill(*pools_, slot, quantity - left);
      ASSERT_EQ(is_filled, left == 0);
      if (is_filled) {
        naive_[known.book].remove(id, known.side, known.price);
        forget(id, slot);
      } else {
        naive_[known.book].reduce(id, known.side, known.price, left);
      }
    }
  }

  std::int64_t random_limit(Side side) {
    switch (below(16)) {
      case 0:
        return std::numeric_limits<std::int64_t>::max();
      case 1:
        return std::numeric_limits<std::int64_t>::min();
      case 2:
        return side == Side::buy ? case_.price_min - 1 : case_.price_max + 1;
      default:
        return random_price(opposite(side));
    }
  }

  void take() {
    const auto book = static_cast<std::uint32_t>(below(books_count));
    const Side side = below(2) == 0 ? Side::buy : Side::sell;
    const std::int64_t limit = random_limit(side);
    const auto touches_max = static_cast<std::uint32_t>(below(3) == 0 ? below(6) : 4096);
    const auto quantity =
        static_cast<std::uint32_t>(below(5ULL * case_.quantity_max) % quantity_max);
    salt_ = random_();
    tameness_ = below(3) * 200;
    Policy policy{*this, books_[book], {}};
    const std::uint64_t feasible =
        books_[book].feasible(*pools_, side, limit, quantity, policy, touches_max);
    ASSERT_TRUE(policy.events.empty());
    std::uint32_t left = quantity;
    const WalkResult result = books_[book].match(*pools_, side, limit, left, touches_max, policy);
    std::vector<NaiveEvent> expected;
    std::uint32_t expected_left = quantity;
    const WalkResult expected_result = naive_[book].match(
        side, limit, expected_left, touches_max, [&](std::uint64_t id) { return verdict(id); },
        expected);
    ASSERT_EQ(result, expected_result);
    ASSERT_EQ(left, expected_left);
    ASSERT_EQ(policy.events, expected);
    std::uint64_t traded = 0;
    for (const NaiveEvent& event : expected) {
      traded += event.kind == NaiveEvent::Kind::trade ? event.lots : 0;
      trades_ += event.kind == NaiveEvent::Kind::trade ? 1 : 0;
    }
    ASSERT_EQ(feasible, traded);
  }

  void compare_all() {
    pools_->nodes.check_invariants();
    for (std::uint32_t book = 0; book < books_count; ++book) {
      books_[book].check_invariants(*pools_);
      for (const Side side : {Side::buy, Side::sell}) {
        compare_side(book, side);
      }
    }
    ASSERT_EQ(pools_->nodes.used(), known_.size());
  }

  void compare_side(std::uint32_t book, Side side) {
    const std::vector<std::int64_t> prices = naive_[book].prices(side);
    ASSERT_EQ(books_[book].is_empty(side), prices.empty());
    if (!prices.empty()) {
      ASSERT_EQ(books_[book].best(side), prices.front());
      ASSERT_EQ(pools_->nodes.node(books_[book].front(*pools_, side)).hot.id,
                naive_[book].queue(side, prices.front()).front().id);
    }
    std::size_t at = 0;
    books_[book].levels(*pools_, side,
                        [&](std::int64_t price, std::uint64_t lots, std::uint32_t count) {
                          std::uint64_t expected = 0;
                          for (const NaiveOrder& order : naive_[book].queue(side, price)) {
                            expected += order.quantity;
                          }
                          EXPECT_EQ(price, prices.at(at++));
                          EXPECT_EQ(lots, expected);
                          EXPECT_EQ(count, naive_[book].queue(side, price).size());
                          return true;
                        });
    ASSERT_EQ(at, prices.size());
    std::vector<NaiveOrder> orders;
    books_[book].orders(*pools_, side, [&](Slot slot, std::int64_t) {
      orders.push_back({pools_->nodes.node(slot).hot.id, pools_->nodes.node(slot).quantity});
      return true;
    });
    std::vector<NaiveOrder> expected;
    for (const std::int64_t price : prices) {
      const auto& queue = naive_[book].queue(side, price);
      expected.insert(expected.end(), queue.begin(), queue.end());
    }
    ASSERT_EQ(orders, expected);
  }

  /// Saves everything, and goes on with what is loaded into new pools.
  void restore() {
    Bytes saved;
    pools_->save(saved);
    for (const Book& book : books_) {
      book.save(saved);
    }
    auto pools = std::make_unique<Pools>(case_.orders_capacity, case_.pages_capacity);
    BytesReader reader{saved.data};
    ASSERT_TRUE(pools->load(reader));
    for (Book& book : books_) {
      book.load(reader);
    }
    ASSERT_EQ(reader.at, saved.data.size());
    pools_ = std::move(pools);
    Bytes again;
    pools_->save(again);
    for (const Book& book : books_) {
      book.save(again);
    }
    ASSERT_EQ(again.data, saved.data);
  }

  /// An empty market gives everything back.
  void drain() {
    while (!known_.empty()) {
      const auto [id, known] = *known_.begin();
      const Slot slot = slot_of(id);
      books_[known.book].remove(*pools_, slot);
      forget(id, slot);
    }
    EXPECT_EQ(pools_->nodes.used(), 0U);
    EXPECT_EQ(pools_->pages.pages_used(), 0U);
    EXPECT_EQ(pools_->pages.branches_used(), 0U);
    for (const Book& book : books_) {
      book.check_invariants(*pools_);
    }
  }

  Case case_;
  std::mt19937_64 random_;
  std::unique_ptr<Pools> pools_;
  Book books_[books_count];
  NaiveBook naive_[books_count];
  std::unordered_map<std::uint64_t, Known> known_;
  std::vector<std::uint64_t> ids_;
  std::uint64_t last_id_ = 0;
  std::uint64_t salt_ = 0;
  std::uint64_t tameness_ = 0;
  std::uint64_t growth_ = 0;
  std::int64_t drift_ = 0;
  int trades_ = 0;
  int refused_ = 0;
};

const int operations = static_cast<int>(effort(1'000'000));

TEST(OrderBookRandom, A_narrow_book_agrees_with_the_naive_one) {
  RandomRun<Hot>({1, 60, 30, 500, 6, 100}, seed_of_run()).run(operations);
}

TEST(OrderBookRandom, A_book_of_common_width_agrees_with_the_naive_one) {
  RandomRun<Hot>({1, 65535, 400, 2000, 1000, 1000}, seed_of_run()).run(operations);
}

TEST(OrderBookRandom, A_thin_book_agrees_with_the_naive_one) {
  RandomRun<Hot>({0, 4095, 3, 20, 12, 10}, seed_of_run()).run(operations);
}

TEST(OrderBookRandom, Negative_prices_agree_with_the_naive_book) {
  RandomRun<HotWithoutGeneration>({-5000, 3000, 200, 2000, 200, 50}, seed_of_run()).run(operations);
}

TEST(OrderBookRandom, The_widest_book_agrees_with_the_naive_one) {
  RandomRun<Hot>({-(1 << 29), (1 << 29) - 1, 3'000'000, 300, 900, 20}, seed_of_run())
      .run(operations);
}

TEST(OrderBookRandom, Prices_far_from_zero_agree_with_the_naive_book) {
  constexpr std::int64_t far = std::int64_t{1} << 62;
  RandomRun<Hot>({far - 100'000, far, 500, 1000, 400, 20}, seed_of_run()).run(operations);
  RandomRun<Hot>({-far, -far + 100'000, 500, 1000, 400, 20}, seed_of_run()).run(operations / 4);
}

TEST(OrderBookRandom, Scarce_pages_refuse_inserts_and_nothing_else) {
  RandomRun<Hot> run({1, 1 << 20, 1000, 1000, 20, 20}, seed_of_run());
  EXPECT_GT(run.run(operations), operations / 1000);
}

TEST(OrderBookRandom, Quantities_near_the_counters_end_agree_with_the_naive_book) {
  RandomRun<HotWithoutGeneration> run({1, 8, 4, 30'000, 8, quantity_max}, seed_of_run());
  // The counters need a while to fill.
  EXPECT_GT(run.run(std::max(operations, 1'000'000)), 1000);
}

}  // namespace
}  // namespace karst::test
