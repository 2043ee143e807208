// The order book written again, naively, to compare with.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "engine/book/order_book.hpp"

namespace karst::test {

struct NaiveOrder {
  std::uint64_t id;
  std::uint32_t quantity;
  friend bool operator==(const NaiveOrder&, const NaiveOrder&) = default;
};

struct NaiveEvent {
  enum class Kind { trade, decrement, cancel } kind;
  std::uint64_t maker;
  std::int64_t price;
  std::uint32_t lots;
  bool is_filled;
  friend bool operator==(const NaiveEvent&, const NaiveEvent&) = default;
};

/// A price-time book written for being obviously right: sorted maps of deques, searched linearly.
class NaiveBook {
 public:
  using Levels = std::map<std::int64_t, std::deque<NaiveOrder>>;

  void insert(std::uint64_t id, Side side, std::int64_t price, std::uint32_t quantity) {
    levels(side)[price].push_back({id, quantity});
  }

  void remove(std::uint64_t id, Side side, std::int64_t price) {
    auto& queue = levels(side).at(price);
    queue.erase(find(queue, id));
    if (queue.empty()) {
      levels(side).erase(price);
    }
  }

  void reduce(std::uint64_t id, Side side, std::int64_t price, std::uint32_t quantity) {
    auto& queue = levels(side).at(price);
    find(queue, id)->quantity = quantity;
  }

  /// The prices of a side, best first.
  std::vector<std::int64_t> prices(Side side) const {
    std::vector<std::int64_t> list;
    for (const auto& [price, queue] : sides_[static_cast<int>(side) - 1]) {
      list.push_back(price);
    }
    if (side == Side::buy) {
      std::reverse(list.begin(), list.end());
    }
    return list;
  }

  const std::deque<NaiveOrder>& queue(Side side, std::int64_t price) const {
    return sides_[static_cast<int>(side) - 1].at(price);
  }

  /// `verdict(id)` answers for a maker; what happens is appended to `events`.
  template <class F>
  WalkResult match(Side taker_side, std::int64_t limit, std::uint32_t& quantity,
                   std::uint32_t touches_max, F&& verdict, std::vector<NaiveEvent>& events) {
    const Side side = opposite(taker_side);
    if (quantity == 0) {
      return WalkResult::filled;
    }
    for (const std::int64_t price : prices(side)) {
      if (taker_side == Side::buy ? price > limit : price < limit) {
        break;
      }
      const std::deque<NaiveOrder> makers = queue(side, price);
      for (const NaiveOrder& maker : makers) {
        if (touches_max-- == 0) {
          return WalkResult::bound;
        }
        switch (verdict(maker.id)) {
          case Verdict::stop:
            return WalkResult::stopped;
          case Verdict::skip:
            break;
          case Verdict::cancel_maker:
            remove(maker.id, side, price);
            events.push_back({NaiveEvent::Kind::cancel, maker.id, price, 0, false});
            break;
          case Verdict::trade:
            take(NaiveEvent::Kind::trade, maker, side, price, quantity, events);
            break;
          case Verdict::decrement:
            take(NaiveEvent::Kind::decrement, maker, side, price, quantity, events);
            break;
        }
        if (quantity == 0) {
          return WalkResult::filled;
        }
      }
    }
    return WalkResult::limit_reached;
  }

 private:
  Levels& levels(Side side) { return sides_[static_cast<int>(side) - 1]; }

  static std::deque<NaiveOrder>::iterator find(std::deque<NaiveOrder>& queue, std::uint64_t id) {
    return std::find_if(queue.begin(), queue.end(), [&](const auto& o) { return o.id == id; });
  }

  void take(NaiveEvent::Kind kind, const NaiveOrder& maker, Side side, std::int64_t price,
            std::uint32_t& quantity, std::vector<NaiveEvent>& events) {
    const std::uint32_t lots = std::min(quantity, maker.quantity);
    quantity -= lots;
    if (lots == maker.quantity) {
      remove(maker.id, side, price);
    } else {
      reduce(maker.id, side, price, maker.quantity - lots);
    }
    events.push_back({kind, maker.id, price, lots, lots == maker.quantity});
  }

  Levels sides_[2];
};

}  // namespace karst::test
