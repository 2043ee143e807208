// The stand-alone book with client-chosen ids, compared with the naive book.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/book/client_order_book.hpp"
#include "tests/engine/book/order_book_naive.hpp"
#include "tests/support/random_run.hpp"

namespace karst::test {
namespace {

/// Notes every report as a line.
struct Lines {
  std::vector<std::string> lines;

  void accepted(const ClientOrder& order) { add("accepted", order.id); }
  void modified(const ClientOrder& order) { add("modified", order.id); }
  void cancelled(std::uint64_t id, std::uint32_t lots) { add("cancelled", id, lots); }
  void reduced(std::uint64_t id, std::uint32_t left) { add("reduced", id, left); }
  void traded(std::uint64_t taker, std::uint64_t maker, std::int64_t price, std::uint32_t lots) {
    add("traded", taker, maker, price, lots);
  }
  void rejected(std::uint64_t id, ClientReject reason) {
    add("rejected", id, static_cast<int>(reason));
  }

  template <class... Parts>
  void add(const char* what, Parts... parts) {
    std::string line = what;
    ((line += " " + std::to_string(parts)), ...);
    lines.push_back(line);
  }
};

/// The same rules over the naive book and a sorted map.
class NaiveClientBook {
 public:
  void insert(const ClientOrder& order, Lines& out) {
    if (is_malformed(order, out)) {
      return;
    }
    if (resting_.contains(order.id)) {
      return out.rejected(order.id, ClientReject::duplicate_id);
    }
    out.accepted(order);
    work(order, out);
  }
  void cancel(std::uint64_t id, Lines& out) {
    if (!resting_.contains(id)) {
      return out.rejected(id, ClientReject::unknown_id);
    }
    const auto [side, price, quantity] = resting_.at(id);
    book_.remove(id, side, price);
    resting_.erase(id);
    out.cancelled(id, quantity);
  }
  void modify(const ClientOrder& order, Lines& out) {
    if (is_malformed(order, out)) {
      return;
    }
    if (!resting_.contains(order.id)) {
      return out.rejected(order.id, ClientReject::unknown_id);
    }
    const auto [side, price, quantity] = resting_.at(order.id);
    book_.remove(order.id, side, price);
    resting_.erase(order.id);
    out.modified(order);
    work(order, out);
  }
  [[nodiscard]] std::size_t orders_resting() const { return resting_.size(); }

 private:
  struct Rest {
    Side side;
    std::int64_t price;
    std::uint32_t quantity;
  };

  static bool is_malformed(const ClientOrder& order, Lines& out) {
    if (order.quantity == 0 || order.quantity > quantity_max) {
      out.rejected(order.id, ClientReject::bad_quantity);
      return true;
    }
    if (order.price < -1000 || order.price > 1000) {
      out.rejected(order.id, ClientReject::bad_price);
      return true;
    }
    return false;
  }

  void work(const ClientOrder& order, Lines& out) {
    std::vector<NaiveEvent> events;
    std::uint32_t left = order.quantity;
    book_.match(
        order.side, order.price, left, 1'000'000, [](std::uint64_t) { return Verdict::trade; },
        events);
    for (const NaiveEvent& event : events) {
      out.traded(order.id, event.maker, event.price, event.lots);
      resting_.at(event.maker).quantity -= event.lots;
      if (event.is_filled) {
        resting_.erase(event.maker);
      }
    }
    if (left != 0 && order.is_ioc) {
      out.cancelled(order.id, left);
    } else if (left != 0) {
      book_.insert(order.id, order.side, order.price, left);
      resting_[order.id] = {order.side, order.price, left};
    }
  }

  NaiveBook book_;
  std::unordered_map<std::uint64_t, Rest> resting_;
};

ClientOrder random_order(std::mt19937_64& random, std::uint64_t id) {
  const auto price = static_cast<std::int64_t>(random() % 60) - 30;
  const auto quantity = static_cast<std::uint32_t>(1 + random() % 40);
  const Side side = random() % 2 == 0 ? Side::buy : Side::sell;
  ClientOrder order{id, side == Side::buy ? price - 10 : price + 10, quantity, side,
                    random() % 7 == 0};
  if (random() % 100 == 0) {
    order.price = static_cast<std::int64_t>(random() % 2400) - 1200;
  }
  if (random() % 200 == 0) {
    order.quantity = random() % 2 == 0 ? 0 : quantity_max + 1;
  }
  return order;
}

TEST(OrderBookClient, Reports_agree_with_the_naive_book) {
  std::mt19937_64 random(seed_of_run());
  ClientOrderBook book(2000, 200, -1000, 1000, random());
  NaiveClientBook naive;
  const std::int64_t steps = effort(1'000'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::uint64_t id = random() % 1500 * 0x100000001;
    Lines got;
    Lines expected;
    const std::uint64_t roll = random() % 10;
    book.prefetch_first(id);
    book.prefetch_second(id);
    book.prefetch_third(id);
    if (roll < 5) {
      const ClientOrder order = random_order(random, id);
      book.insert(order, got);
      naive.insert(order, expected);
    } else if (roll < 8) {
      book.cancel(id, got);
      naive.cancel(id, expected);
    } else {
      const ClientOrder order = random_order(random, id);
      book.modify(order, got);
      naive.modify(order, expected);
    }
    ASSERT_EQ(got.lines, expected.lines) << "step " << i;
    if (i % 4096 == 0) {
      book.check_invariants();
      ASSERT_EQ(book.orders_resting(), naive.orders_resting());
    }
  }
}

TEST(OrderBookClient, A_full_book_refuses_what_would_rest_and_takes_what_would_not) {
  ClientOrderBook book(2, 8, 1, 100);
  Lines out;
  book.insert({1, 50, 5, Side::buy, false}, out);
  book.insert({2, 50, 5, Side::buy, false}, out);
  book.insert({3, 50, 5, Side::buy, false}, out);
  book.insert({4, 40, 6, Side::sell, true}, out);
  EXPECT_EQ(out.lines,
            (std::vector<std::string>{"accepted 1", "accepted 2", "rejected 3 5", "accepted 4",
                                      "traded 4 1 50 5", "traded 4 2 50 1"}));
  EXPECT_EQ(book.orders_resting(), 1U);
  book.check_invariants();
}

TEST(OrderBookClient, A_modify_loses_priority_even_at_its_own_price) {
  ClientOrderBook book(4, 8, 1, 100);
  Lines out;
  book.insert({1, 50, 5, Side::buy, false}, out);
  book.insert({2, 50, 5, Side::buy, false}, out);
  book.modify({1, 50, 5, Side::buy, false}, out);
  out.lines.clear();
  book.insert({3, 50, 1, Side::sell, true}, out);
  EXPECT_EQ(out.lines, (std::vector<std::string>{"accepted 3", "traded 3 2 50 1"}));
}

TEST(OrderBookClient, A_reduced_order_keeps_its_place_and_one_reduced_to_nothing_leaves) {
  ClientOrderBook book(4, 4, 1, 100);
  Lines out;
  book.insert({1, 50, 5, Side::buy, false}, out);
  book.insert({2, 50, 5, Side::buy, false}, out);
  out.lines.clear();
  book.reduce(1, 0, out);
  book.reduce(3, 1, out);
  book.reduce(1, 3, out);
  book.check_invariants();
  book.insert({4, 50, 3, Side::sell, false}, out);
  book.reduce(1, 1, out);
  book.reduce(2, 9, out);
  EXPECT_EQ(out.lines, (std::vector<std::string>{"rejected 1 1", "rejected 3 4", "reduced 1 2",
                                                 "accepted 4", "traded 4 1 50 2", "traded 4 2 50 1",
                                                 "rejected 1 4", "cancelled 2 4"}));
  EXPECT_EQ(book.orders_resting(), 0U);
  book.check_invariants();
}

}  // namespace
}  // namespace karst::test
