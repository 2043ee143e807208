#include "gateway/tool/replay_itch.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <unordered_map>

#include "engine/client_order_book.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t orders_capacity_max = 1U << 20;
constexpr std::uint32_t pages_capacity_max = 1U << 16;

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
    case ItchType::replace:
      ++counts.replaces;
      break;
  }
}

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
    if (message.type == ItchType::reduce) {
      counts_.excess += message.quantity > order.quantity ? 1 : 0;
      return take(order, std::min(message.quantity, order.quantity));
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
    if (message.type == ItchType::reduce) {
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

void print(const char* mode, const ItchCounts& counts) {
  std::printf("%s: %" PRIu64 " adds, %" PRIu64 " deletes, %" PRIu64 " reduces, %" PRIu64
              " replaces\n",
              mode, counts.adds, counts.deletes, counts.reduces, counts.replaces);
  std::printf("  %" PRIu64 " unknown, %" PRIu64 " gone, %" PRIu64 " duplicates, %" PRIu64
              " reduced by too much, %" PRIu64 " refused\n",
              counts.unknown, counts.gone, counts.duplicates, counts.excess, counts.refused);
  std::printf("  %" PRIu64 " trades, %" PRIu64 " lots, hash %016" PRIx64 "\n", counts.trades.trades,
              counts.trades.quantity, counts.trades.hash);
  const auto text = [](const std::optional<std::int64_t>& price) {
    return price ? std::to_string(*price) : std::string("none");
  };
  std::printf("  bid %s, ask %s, %" PRIu64 " open orders\n", text(counts.best_bid).c_str(),
              text(counts.best_ask).c_str(), counts.open_orders);
}

void print_json(const char* mode, const ItchCounts& counts) {
  const auto text = [](const std::optional<std::int64_t>& price) {
    return price ? std::to_string(*price) : std::string("null");
  };
  std::printf("\"%s\": {\"adds\": %" PRIu64 ", \"deletes\": %" PRIu64 ", \"reduces\": %" PRIu64
              ", \"replaces\": %" PRIu64 ", \"unknown\": %" PRIu64 ", \"gone\": %" PRIu64
              ", \"duplicates\": %" PRIu64 ", \"excess\": %" PRIu64 ", \"refused\": %" PRIu64,
              mode, counts.adds, counts.deletes, counts.reduces, counts.replaces, counts.unknown,
              counts.gone, counts.duplicates, counts.excess, counts.refused);
  std::printf(", \"trades\": %" PRIu64 ", \"quantity\": %" PRIu64 ", \"hash\": \"%016" PRIx64
              "\", \"best_bid\": %s, \"best_ask\": %s, \"open_orders\": %" PRIu64 "}",
              counts.trades.trades, counts.trades.quantity, counts.trades.hash,
              text(counts.best_bid).c_str(), text(counts.best_ask).c_str(), counts.open_orders);
}

int fail(const Error& error) {
  std::fprintf(stderr, "karst: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

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

int run_replay_itch(const ReplayItchOptions& options) {
  const auto flow = read_itch(options.file);
  if (!flow.ok()) {
    return fail(flow.error());
  }
  bool is_sound = true;
  bool is_first = true;
  const auto report = [&](const char* mode, const ItchCounts& counts) {
    is_sound = is_sound && counts.is_sound();
    if (options.is_json) {
      std::printf("%s", is_first ? "{" : ", ");
      print_json(mode, counts);
    } else {
      print(mode, counts);
    }
    is_first = false;
  };
  if (options.mode != "match") {
    report("build", build_itch(*flow));
  }
  if (options.mode != "build") {
    const auto counts = match_itch(*flow);
    if (!counts.ok()) {
      return fail(counts.error());
    }
    report("match", *counts);
  }
  if (options.is_json) {
    std::printf("}\n");
  }
  if (!is_sound) {
    std::fprintf(stderr, "karst: %s is not consistent\n", options.file.c_str());
  }
  return is_sound ? 0 : 1;
}

}  // namespace karst::tool
