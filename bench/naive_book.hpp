// The baseline the order book is compared with: what one writes first from the standard library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "engine/base/side.hpp"

namespace karst::bench {

/// Price-time matching of many instruments with sorted maps of lists, and one hash map from order
/// id to place. It is meant to be clear and reasonable, not slow on purpose: nothing is searched
/// linearly.
class NaiveBooks {
 public:
  explicit NaiveBooks(std::size_t instruments) : books_(instruments) {}

  void add(std::uint64_t id, std::size_t instrument, Side side, std::int64_t price,
           std::uint32_t quantity) {
    Levels& levels = levels_of(instrument, side);
    // Buy prices are stored negated, so that the best level is the first one on both sides.
    const auto level = levels.try_emplace(side == Side::buy ? -price : price).first;
    level->second.push_back({id, quantity});
    places_.emplace(id, Place{&levels, level, std::prev(level->second.end())});
  }

  /// Returns: whether there was such an order.
  bool cancel(std::uint64_t id) {
    const auto found = places_.find(id);
    if (found == places_.end()) {
      return false;
    }
    const Place place = found->second;
    place.level->second.erase(place.order);
    if (place.level->second.empty()) {
      place.levels->erase(place.level);
    }
    places_.erase(found);
    return true;
  }

  /// Matches an immediate-or-cancel order, calling `f(maker, price, lots)` for each trade.
  /// Returns: the lots left.
  template <class F>
  std::uint32_t take(std::size_t instrument, Side side, std::int64_t limit, std::uint32_t quantity,
                     F&& f) {
    Levels& levels = levels_of(instrument, opposite(side));
    const std::int64_t reach = side == Side::buy ? limit : -limit;
    while (quantity != 0 && !levels.empty() && levels.begin()->first <= reach) {
      const auto level = levels.begin();
      Order& maker = level->second.front();
      const std::uint32_t lots = std::min(quantity, maker.quantity);
      quantity -= lots;
      maker.quantity -= lots;
      f(maker.id, side == Side::buy ? level->first : -level->first, lots);
      if (maker.quantity == 0) {
        places_.erase(maker.id);
        level->second.pop_front();
        if (level->second.empty()) {
          levels.erase(level);
        }
      }
    }
    return quantity;
  }

  /// Returns: whether the side has a best price, which is then put into `price`.
  bool best(std::size_t instrument, Side side, std::int64_t& price) {
    const Levels& levels = levels_of(instrument, side);
    if (levels.empty()) {
      return false;
    }
    price = side == Side::buy ? -levels.begin()->first : levels.begin()->first;
    return true;
  }

 private:
  struct Order {
    std::uint64_t id;
    std::uint32_t quantity;
  };
  using Levels = std::map<std::int64_t, std::list<Order>>;
  struct Place {
    Levels* levels;
    Levels::iterator level;
    std::list<Order>::iterator order;
  };
  struct Book {
    Levels sides[2];
  };

  Levels& levels_of(std::size_t instrument, Side side) {
    return books_[instrument].sides[static_cast<int>(side) - 1];
  }

  std::vector<Book> books_;
  std::unordered_map<std::uint64_t, Place> places_;
};

}  // namespace karst::bench
