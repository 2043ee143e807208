// The baseline the order book is compared with: what one writes first from the standard library.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>

#include "engine/side.hpp"

namespace karst::bench {

/// Price-time matching with sorted maps of lists, and a hash map from order id to place. It is
/// meant to be clear and reasonable, not slow on purpose: nothing is searched linearly.
class NaiveBook {
 public:
  void add(std::uint64_t id, Side side, std::int64_t price, std::uint32_t quantity) {
    Levels& levels = levels_of(side);
    // Buy prices are stored negated, so that the best level is the first one on both sides.
    const auto level = levels.try_emplace(side == Side::buy ? -price : price).first;
    level->second.push_back({id, quantity});
    places_.emplace(id, Place{side, level, std::prev(level->second.end())});
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
      levels_of(place.side).erase(place.level);
    }
    places_.erase(found);
    return true;
  }

  /// Matches an immediate-or-cancel order, calling `f(maker, price, lots)` for each trade.
  /// Returns: the lots left.
  template <class F>
  std::uint32_t take(Side side, std::int64_t limit, std::uint32_t quantity, F&& f) {
    Levels& levels = levels_of(opposite(side));
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

  [[nodiscard]] bool is_empty(Side side) const {
    return sides_[static_cast<int>(side) - 1].empty();
  }
  /// Requires: !is_empty(side).
  [[nodiscard]] std::int64_t best(Side side) const {
    const std::int64_t key = sides_[static_cast<int>(side) - 1].begin()->first;
    return side == Side::buy ? -key : key;
  }
  [[nodiscard]] bool contains(std::uint64_t id) const { return places_.contains(id); }

 private:
  struct Order {
    std::uint64_t id;
    std::uint32_t quantity;
  };
  using Levels = std::map<std::int64_t, std::list<Order>>;
  struct Place {
    Side side;
    Levels::iterator level;
    std::list<Order>::iterator order;
  };

  Levels& levels_of(Side side) { return sides_[static_cast<int>(side) - 1]; }

  Levels sides_[2];
  std::unordered_map<std::uint64_t, Place> places_;
};

}  // namespace karst::bench
