#include "gateway/measure/itch_match.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <unordered_map>

#include "engine/book/client_order_book.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t orders_capacity_max = 1U << 20;
constexpr std::uint32_t pages_capacity_max = 1U << 16;

/// The book as the source has it: the orders it knows, and what rests at each price.
class BuiltBook {
 public:
  explicit BuiltBook(ItchCounts& counts) : counts_(counts) {}

  void apply(const ItchMessage& message) {
    if (message.type == ItchType::add) {
      return add(message.id, {message.price, message.quantity, message.side});
    }
    const auto found = orders_.find(message.id);
    if (found == orders_.end()) {
      ++counts_.unknown;
      return;
    }
    Order& order = found->second;
    if (takes_off(message.type)) {
      counts_.excess += message.quantity > order.quantity ? 1 : 0;
      take(order, std::min(message.quantity, order.quantity));
      const bool is_executed = message.type == ItchType::execute && order.quantity == 0;
      if (is_executed) orders_.erase(found);
      return;
    }
    const Side side = order.side;
    take(order, order.quantity);
    orders_.erase(found);
    if (message.type == ItchType::replace) {
      add(message.new_id, {message.price, message.quantity, side});
    }
  }

  void finish() {
    const Levels& bids = levels(Side::buy);
    const Levels& asks = levels(Side::sell);
    if (!bids.empty()) {
      counts_.best_bid = bids.rbegin()->first;
    }
    if (!asks.empty()) {
      counts_.best_ask = asks.begin()->first;
    }
    counts_.open_orders = orders_.size();
  }

 private:
  using Levels = std::map<std::int64_t, std::uint64_t>;  // price to lots, none at zero

  struct Order {
    std::uint32_t price;
    std::uint32_t quantity;
    Side side;
  };

  Levels& levels(Side side) { return levels_[static_cast<int>(side) - 1]; }

  void add(std::uint64_t id, const Order& order) {
    if (!orders_.try_emplace(id, order).second) {
      ++counts_.duplicates;
      return;
    }
    levels(order.side)[order.price] += order.quantity;
  }

  void take(Order& order, std::uint32_t lots) {
    if (lots == 0) {
      return;
    }
    const auto level = levels(order.side).find(order.price);
    level->second -= lots;
    order.quantity -= lots;
    if (level->second == 0) {
      levels(order.side).erase(level);
    }
  }

  ItchCounts& counts_;
  std::unordered_map<std::uint64_t, Order> orders_;
  Levels levels_[2];
};

/// The source's messages on a matching book, which keeps fewer orders than the source does.
class MatchedBook {
 public:
  MatchedBook(ItchCounts& counts, ClientOrderBook& book) : counts_(counts), book_(book) {}

  void apply(const ItchMessage& message) {
    if (message.type == ItchType::add) {
      return add(message.id, message, message.side);
    }
    const auto found = sides_.find(message.id);
    if (found == sides_.end()) {
      ++counts_.unknown;
      return;
    }
    is_gone_ = false;
    if (takes_off(message.type)) {
      return book_.reduce(message.id, message.quantity, *this);
    }
    const Side side = found->second;
    sides_.erase(found);
    book_.cancel(message.id, *this);
    if (message.type != ItchType::replace) {
      return;
    }
    if (!is_gone_) {
      add(message.new_id, message, side);
    } else if (!sides_.try_emplace(message.new_id, side).second) {
      ++counts_.duplicates;
    }
  }

  void finish() {
    book_.check_invariants();
    if (!book_.is_empty(Side::buy)) {
      counts_.best_bid = book_.best(Side::buy);
    }
    if (!book_.is_empty(Side::sell)) {
      counts_.best_ask = book_.best(Side::sell);
    }
    counts_.open_orders = book_.orders_resting();
  }

  // What the book says.
  void accepted(const ClientOrder&) {}
  void reduced(std::uint64_t, std::uint32_t) {}
  void cancelled(std::uint64_t, std::uint32_t) {}
  void traded(std::uint64_t taker, std::uint64_t maker, std::int64_t price, std::uint32_t lots) {
    counts_.trades.add({taker, maker, price, lots});
  }
  void rejected(std::uint64_t, ClientReject reason) {
    is_gone_ = reason == ClientReject::unknown_id;
    ++(is_gone_ ? counts_.gone : counts_.refused);
  }

 private:
  void add(std::uint64_t id, const ItchMessage& message, Side side) {
    if (!sides_.try_emplace(id, side).second) {
      ++counts_.duplicates;
      return;
    }
    book_.insert({id, message.price, message.quantity, side, false}, *this);
  }

  ItchCounts& counts_;
  ClientOrderBook& book_;
  std::unordered_map<std::uint64_t, Side> sides_;  // of every order the source still knows
  bool is_gone_ = false;                           // what the last reference was about
};

}  // namespace

void count(ItchCounts& counts, ItchType type) {
  switch (type) {
    case ItchType::add:
      ++counts.adds;
      break;
    case ItchType::remove:
      ++counts.deletes;
      break;
    case ItchType::reduce:
      ++counts.reduces;
      break;
    case ItchType::execute:
      ++counts.executions;
      break;
    case ItchType::replace:
      ++counts.replaces;
      break;
  }
}

ItchCounts build_itch(const ItchFlow& flow) {
  ItchCounts counts;
  BuiltBook book(counts);
  for (const ItchMessage& message : flow.messages) {
    count(counts, message.type);
    book.apply(message);
  }
  book.finish();
  return counts;
}

Result<ItchCounts> match_itch(const ItchFlow& flow) {
  std::int64_t price_min = std::numeric_limits<std::uint32_t>::max();
  std::int64_t price_max = 0;
  std::size_t orders = 1;
  for (const ItchMessage& message : flow.messages) {
    if (message.type == ItchType::add || message.type == ItchType::replace) {
      price_min = std::min<std::int64_t>(price_min, message.price);
      price_max = std::max<std::int64_t>(price_max, message.price);
      ++orders;
    }
  }
  price_min = std::min(price_min, price_max);
  if (price_max - price_min >= Ladder::width_max) {
    return Error{ErrorCode::invalid, "open a book as wide as the prices", flow.symbol,
                 Error::no_offset, 0};
  }
  const auto capacity = [orders](std::uint32_t most) {
    return static_cast<std::uint32_t>(std::min<std::size_t>(orders, most));
  };
  const auto book = std::make_unique<ClientOrderBook>(
      capacity(orders_capacity_max), capacity(pages_capacity_max), price_min, price_max);
  ItchCounts counts;
  MatchedBook matched(counts, *book);
  for (const ItchMessage& message : flow.messages) {
    count(counts, message.type);
    matched.apply(message);
  }
  matched.finish();
  return counts;
}

}  // namespace karst::tool
