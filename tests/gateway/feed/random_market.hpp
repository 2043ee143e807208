// A made-up market for the tests of the feed: random events of the engine's kind, and a naive book
// of its own to compare with.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "engine/base/units.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "gateway/feed/depth.hpp"

namespace karst::feed::test {

/// One command and what it came to.
struct MarketStep {
  Command command;
  std::vector<Event> events;
};

/// Makes consistent events without an engine: seats products with books, and one product with a
/// posted offer. Orders arrive, trade, are amended, cancelled, hibernated and reactivated.
class RandomMarket {
 public:
  /// Requires: products >= 2; the last one trades by posted offer.
  RandomMarket(std::uint64_t seed, std::uint32_t products);

  /// Sizes large enough for this market.
  [[nodiscard]] static Configure sizes();

  /// The next command: currency and products first, then random ones. Valid until the next call.
  const MarketStep& next();

  /// The best levels by the naive book.
  [[nodiscard]] Depth depth(InstrumentId instrument) const;
  [[nodiscard]] InstrumentId instrument(std::uint32_t index) const {
    return products_[index].instrument;
  }
  [[nodiscard]] std::uint32_t products() const {
    return static_cast<std::uint32_t>(products_.size());
  }
  [[nodiscard]] InstrumentId offered() const { return products_.back().instrument; }
  [[nodiscard]] std::uint64_t trades() const { return trades_; }

 private:
  struct Order {
    OrderId id;
    Side side;
    std::int64_t price;
    std::uint32_t quantity;
  };
  struct Product {
    InstrumentId instrument;
    InstrumentState state;
    std::int64_t reference;
    std::int64_t offer;
    std::vector<Order> queue;  // oldest first, all prices
    std::vector<Order> hibernated;
  };

  [[nodiscard]] std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(generator_() % below);
  }
  void begin(CommandType type);
  Event& add(EventType type, InstrumentId instrument);
  Event& add_order(EventType type, const Product& product, const Order& order, std::uint8_t flags);
  void define(Product& product, std::uint32_t index);
  void act(Product& product);
  void place(Product& product);
  void amend(Product& product);
  void cancel(Product& product);
  void hibernate(Product& product);
  void reactivate(Product& product);
  void decrement(Product& product);
  void change_state(Product& product);
  void post_offer(Product& product);
  /// Trades `taker` against the queue or the offer; what is left stays in it.
  void match(Product& product, Order& taker);
  void trade(Product& product, const Order* maker, const Order* taker, std::int64_t price,
             std::uint32_t lots, Side taker_side);
  [[nodiscard]] bool crosses(const Product& product, const Order& taker) const;
  [[nodiscard]] std::size_t best(const Product& product, Side side) const;
  [[nodiscard]] OrderId new_id();
  void free_id(OrderId id);

  std::mt19937_64 generator_;
  MarketStep step_;
  std::vector<Product> products_;
  std::uint32_t defined_ = 0;
  bool is_currency_defined_ = false;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> generations_;  // by order slot
  std::uint32_t match_index_ = 0;
  std::uint64_t trades_ = 0;
};

}  // namespace karst::feed::test
