// Price-time matching of one instrument.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/base/plant.hpp"
#include "engine/base/side.hpp"
#include "engine/book/node_pool.hpp"
#include "engine/book/price_ladder.hpp"

namespace karst {

/// What a policy answers about the maker a taker has reached.
enum class Verdict : std::uint8_t {
  trade,         // both lose the lesser quantity; on_trade follows
  decrement,     // the same without a trade (self-match prevention); on_decrement follows
  skip,          // the maker stays as it is, the taker goes on to the next
  cancel_maker,  // the maker is unlinked; on_cancel follows
  stop,          // the taker goes no further
};

/// Why a walk ended.
enum class WalkResult : std::uint8_t {
  filled,         // the taker has no lots left
  limit_reached,  // nothing more rests within the taker's limit
  stopped,        // the policy said so
  bound,          // as many makers were touched as the caller allowed; more rest within the limit
};

/// Where an order will go: what OrderBook::place() found, good until the next insert into any book
/// of the same pools.
struct Place {
  std::uint32_t level;  // 0: its page is still to be made
  bool has_room;        // whether pages and counters suffice
};

/// The memory that many books share.
template <class Hot, class Cold>
struct BookPools {
  BookPools(std::uint32_t orders_capacity, std::uint32_t pages_capacity)
      : nodes(orders_capacity), pages(pages_capacity) {}

  NodePool<Hot, Cold> nodes;
  LevelPages pages;

  template <class Archive>
  void save(Archive& archive) const {
    nodes.save(archive);
    pages.save(archive);
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& archive) {
    return nodes.load(archive) && pages.load(archive);
  }
};

/// The orders of one instrument in price-time priority. It knows prices and quantities only; who
/// may trade with whom is answered by a policy, maker by maker, during the walk.
///
/// A policy is an object with
///   Verdict operator()(Slot maker, std::int64_t price);
///   void on_trade(Slot maker, std::int64_t price, std::uint32_t lots, bool is_filled);
///   void on_cancel(Slot maker, std::int64_t price);       // if it ever answers cancel_maker
///   void on_decrement(Slot, std::int64_t, std::uint32_t, bool);  // if it ever answers decrement
///   void expect(Slot maker);  // if it would know early who stands behind the one at hand
/// It releases the slot of a maker that is filled or cancelled, and changes no book while a walk
/// lasts.
///
/// Nothing trades but through match(), so the two sides may be crossed (as in an auction's entry
/// phase): they never share a level.
///
/// Invariants: 1. Within a level orders stand in the order of insert().
///             2. A level's count and quantity are those of its orders, and never wrap.
///             3. best() is the best price of its side; a level exists iff it has orders.
///             4. Every page belongs to one side of one book, and none is empty.
/// Memory:     64 bytes, and what the orders take of the pools.
/// Threads:    owned by one, together with its pools.
template <class Hot, class Cold>
class OrderBook {
 public:
  using Context = BookPools<Hot, Cold>;
  using Node = OrderNode<Hot>;

  /// Makes this the empty book of an instrument whose prices lie in [price_min, price_max].
  /// Requires: at most 2^30 prices, within +-2^62; if it was open before, it is empty.
  /// Unit:     ticks
  void open(Context& context, std::int64_t price_min, std::int64_t price_max);

  /// Finds where an order of up to `quantity` lots would go, and whether it can now. It still can
  /// after orders were matched or removed, here or in other books.
  /// Requires: the price is within the bounds.
  [[nodiscard]] Place place(const Context& context, Side side, std::int64_t price,
                            std::uint32_t quantity = quantity_max) const {
    const Ladder& ladder = ladder_of(side);
    const std::uint32_t key = ladder.key(side, price);
    const std::uint32_t page = context.pages.find_page(ladder, key);
    if (page == 0) [[unlikely]] {
      return {0, context.pages.pages_free() > 0};
    }
    const std::uint32_t level = page * LevelPages::fan_out + key % LevelPages::fan_out;
    return {level, context.pages[level].has_room(quantity)};
  }

  [[nodiscard]] bool can_insert(const Context& context, Side side, std::int64_t price,
                                std::uint32_t quantity = quantity_max) const {
    return place(context, side, price, quantity).has_room;
  }

  /// Puts an order at the back of its level; its quantity and payload are set already.
  /// Requires: `place` is what place() found for its side and price and has room; only orders of
  /// the other side have been matched or removed since.
  void insert(Context& context, Slot slot, Side side, std::int64_t price, Place place);

  /// The same in one walk. Requires: can_insert(), 1 <= quantity <= quantity_max.
  void insert(Context& context, Slot slot, Side side, std::int64_t price) {
    const bool is_inserted = try_insert(context, slot, side, price);
    KARST_ASSERT(is_inserted);
  }

  /// place() and insert() in one walk.
  /// Returns: false, and nothing has changed, if a counter or the pages do not suffice.
  [[nodiscard]] bool try_insert(Context& context, Slot slot, Side side, std::int64_t price);

  /// Unlinks an order of this book. Its slot is not released.
  void remove(Context& context, Slot slot);

  /// Lowers the quantity of an order of this book; it keeps its place.
  /// Requires: 1 <= new_quantity <= its quantity.
  void reduce(Context& context, Slot slot, std::uint32_t new_quantity) {
    Node& node = context.nodes.node(slot);
    KARST_ASSERT(new_quantity >= 1 && new_quantity <= node.quantity);
    context.pages[node.level].totals -= node.quantity - new_quantity;
    node.quantity = new_quantity;
  }

  /// Takes `lots` from an order of this book, outside a walk (auctions, blocks).
  /// Requires: 1 <= lots <= its quantity.
  /// Returns:  whether it was filled, and thereby unlinked. Its slot is not released.
  bool fill(Context& context, Slot slot, std::uint32_t lots);

  [[nodiscard]] bool is_empty(Side side) const {
    return ladder_of(side).best_key == Ladder::no_key;
  }

  /// Requires: !is_empty(side). Unit: ticks
  [[nodiscard]] std::int64_t best(Side side) const {
    return ladder_of(side).price(side, ladder_of(side).best_key);
  }

  /// The oldest order at the best price. Requires: !is_empty(side).
  [[nodiscard]] Slot front(const Context& context, Side side) const {
    return context.pages[ladder_of(side).best_level].head;
  }

  /// Price and side of an order of this book.
  [[nodiscard]] std::int64_t price_of(const Context& context, Slot slot) const {
    const Side side = side_of(context, slot);
    return ladder_of(side).price(side, context.pages.key_of(context.nodes.node(slot).level));
  }
  [[nodiscard]] Side side_of(const Context& context, Slot slot) const {
    return context.pages.side_of(context.nodes.node(slot).level);
  }

  /// The level of an order's price and side: its totals. Requires: the price is within the bounds.
  [[nodiscard]] Level level_at(const Context& context, Side side, std::int64_t price) const {
    const Ladder& ladder = ladder_of(side);
    return context.pages[context.pages.find(ladder, ladder.key(side, price))];
  }

  /// Matches a taker against the other side: best price first, oldest first within a price, while
  /// the price is within `limit` (any value) and `quantity` is left.
  ///
  /// `quantity` is lowered by what traded or was decremented. At most `touches_max` makers are
  /// asked about. Requires: quantity <= quantity_max.
  /// Complexity: O(makers touched).
  template <class Policy>
  WalkResult match(Context& context, Side taker_side, std::int64_t limit, std::uint32_t& quantity,
                   std::uint32_t touches_max, Policy& policy);

  /// The lots that match() with the same policy could trade, up to `wanted`. Only verdicts are
  /// asked for, of at most `touches_max` makers; nothing changes.
  template <class Policy>
  [[nodiscard]] std::uint64_t feasible(
      const Context& context, Side taker_side, std::int64_t limit, std::uint64_t wanted,
      Policy& policy, std::uint32_t touches_max = std::numeric_limits<std::uint32_t>::max()) const;

  /// Calls `f(price, quantity, count)` for each level, best first, until it answers false.
  template <class F>
  void levels(const Context& context, Side side, F&& f) const;

  /// Calls `f(slot, price)` for each order, best price first, oldest first, until it answers false.
  template <class F>
  void orders(const Context& context, Side side, F&& f) const;

  /// Asks for memory ahead of its use, in steps that are a memory access apart:
  ///   to insert: the book itself; prefetch_level(); prefetch_back() of what that returned;
  ///   to remove: prefetch(); prefetch_neighbours();
  ///   to match: the book itself; prefetch_best(); prefetch_front().
  /// Nothing changes and nothing need exist: any price within the bounds and any slot ever handed
  /// out may be asked about, and what is fetched may be gone when its time comes.
  static void prefetch(const Context& context, Slot slot) { context.nodes.prefetch(slot); }

  /// Returns: a level's index for prefetch_back(), for no other use.
  std::uint32_t prefetch_level(const Context& context, Side side, std::int64_t price) const {
    const Ladder& ladder = ladder_of(side);
    const std::uint32_t level = context.pages.guess(ladder, ladder.key(side, price));
    context.pages.prefetch(level);
    return level;
  }
  static void prefetch_back(const Context& context, std::uint32_t level) {
    context.nodes.prefetch(context.pages[level].tail);
  }
  /// Returns: the level's index, for prefetch_back().
  static std::uint32_t prefetch_neighbours(const Context& context, Slot slot) {
    const Node& node = context.nodes.node(slot);
    context.nodes.prefetch(node.prev);
    context.nodes.prefetch(node.next);
    context.pages.prefetch(node.level);
    return node.level;
  }
  void prefetch_best(const Context& context, Side side) const {
    context.pages.prefetch(ladder_of(side).best_level);
  }
  void prefetch_front(const Context& context, Side side) const {
    context.nodes.prefetch(context.pages[ladder_of(side).best_level].head);
  }

  /// The pools are saved and loaded apart, once for all books; a book's ladders are part of one
  /// section for all, which the caller begins, as `archive.more(Ladder*, count)`.
  static constexpr std::uint32_t ladders = 2;
  template <class Archive>
  void save(Archive& archive) const {
    archive.more(ladders_, ladders);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive.more(ladders_, ladders);
  }

  /// Asserts the invariants. Complexity: O(levels and orders).
  void check_invariants(const Context& context) const;

 private:
  [[nodiscard]] Ladder& ladder_of(Side side) { return ladders_[static_cast<int>(side) - 1]; }
  [[nodiscard]] const Ladder& ladder_of(Side side) const {
    return ladders_[static_cast<int>(side) - 1];
  }

  /// Puts an order at the back of a level. Requires: the level has room.
  static void link(Context& context, Ladder& ladder, Level& level, std::uint32_t index,
                   std::uint32_t key, Slot slot);

  /// Takes an order out of its level's list and totals.
  static void unlink(Context& context, Level& level, Slot slot, std::uint32_t lots);

  Ladder ladders_[ladders];
};

template <class Hot, class Cold>
void OrderBook<Hot, Cold>::open(Context&, std::int64_t price_min, std::int64_t price_max) {
  constexpr std::int64_t price_limit = std::int64_t{1} << 62;
  KARST_ASSERT(-price_limit <= price_min && price_min <= price_max && price_max <= price_limit);
  KARST_ASSERT(price_max - price_min < Ladder::width_max);
  for (const Side side : {Side::buy, Side::sell}) {
    Ladder& ladder = ladder_of(side);
    ladder = Ladder{};
    ladder.clear();
  }
}

template <class Hot, class Cold>
inline void OrderBook<Hot, Cold>::link(Context& context, Ladder& ladder, Level& level,
                                       std::uint32_t index, std::uint32_t key, Slot slot) {
  Node& node = context.nodes.node(slot);
  node.level = index;
  if (level.is_empty()) {
    level.head = slot;
    context.pages.occupy(ladder, index, key);
  } else if constexpr (planted("newest_first")) {
    node.next = level.head;
    context.nodes.node(level.head).prev = slot;
    level.head = slot;
    level.add(node.quantity);
    return;
  } else {
    node.prev = level.tail;
    context.nodes.node(level.tail).next = slot;
  }
  level.tail = slot;
  level.add(node.quantity);
}

template <class Hot, class Cold>
inline void OrderBook<Hot, Cold>::insert(Context& context, Slot slot, Side side, std::int64_t price,
                                         Place place) {
  Ladder& ladder = ladder_of(side);
  std::uint32_t index = place.level;
  if (index == 0) [[unlikely]] {
    index = context.pages.make_page(ladder, side, price) * LevelPages::fan_out;
    index += ladder.key(side, price) % LevelPages::fan_out;
  }
  link(context, ladder, context.pages[index], index, ladder.key(side, price), slot);
}

template <class Hot, class Cold>
inline bool OrderBook<Hot, Cold>::try_insert(Context& context, Slot slot, Side side,
                                             std::int64_t price) {
  Ladder& ladder = ladder_of(side);
  std::uint32_t key = ladder.key(side, price);
  std::uint32_t page = context.pages.find_page(ladder, key);
  if (page == 0) [[unlikely]] {
    if (context.pages.pages_free() == 0) {
      return false;
    }
    page = context.pages.make_page(ladder, side, price);
    key = ladder.key(side, price);
  }
  const std::uint32_t index = page * LevelPages::fan_out + key % LevelPages::fan_out;
  Level& level = context.pages[index];
  if (!level.has_room(context.nodes.node(slot).quantity)) [[unlikely]] {
    return false;
  }
  link(context, ladder, level, index, key, slot);
  return true;
}

template <class Hot, class Cold>
inline void OrderBook<Hot, Cold>::unlink(Context& context, Level& level, Slot slot,
                                         std::uint32_t lots) {
  const Node& node = context.nodes.node(slot);
  level.subtract(lots);
  // The neighbours are read only where they exist: the first order's prev and the last one's next
  // are unspecified, which spares touching the new first and last order.
  (level.head == slot ? level.head : context.nodes.node(node.prev).next) = node.next;
  (level.tail == slot ? level.tail : context.nodes.node(node.next).prev) = node.prev;
}

template <class Hot, class Cold>
inline void OrderBook<Hot, Cold>::remove(Context& context, Slot slot) {
  const Node& node = context.nodes.node(slot);
  Level& level = context.pages[node.level];
  unlink(context, level, slot, node.quantity);
  if (level.is_empty()) {
    context.pages.vacate(ladder_of(context.pages.side_of(node.level)), node.level);
  }
}

template <class Hot, class Cold>
bool OrderBook<Hot, Cold>::fill(Context& context, Slot slot, std::uint32_t lots) {
  Node& node = context.nodes.node(slot);
  KARST_ASSERT(lots >= 1 && lots <= node.quantity);
  if (lots < node.quantity) {
    reduce(context, slot, node.quantity - lots);
    return false;
  }
  remove(context, slot);
  node.quantity = 0;
  return true;
}

template <class Hot, class Cold>
template <class Policy>
inline WalkResult OrderBook<Hot, Cold>::match(Context& context, Side taker_side, std::int64_t limit,
                                              std::uint32_t& quantity, std::uint32_t touches_max,
                                              Policy& policy) {
  const Side maker_side = opposite(taker_side);
  Ladder& ladder = ladder_of(maker_side);
  const std::uint32_t reach = ladder.reach(maker_side, limit);
  if (quantity == 0) {
    return WalkResult::filled;
  }
  std::uint32_t key = ladder.best_key;
  std::uint32_t index = ladder.best_level;
  bool is_behind_skipped = false;
  while (key < reach) {
    const std::int64_t price = ladder.price(maker_side, key);
    Level& level = context.pages[index];
    const Slot last = level.tail;
    Slot next = level.head;
    for (Slot slot = next;; slot = next) {
      if (touches_max-- == 0) {
        return WalkResult::bound;
      }
      Node& node = context.nodes.node(slot);
      next = node.next;
      if constexpr (requires { policy.expect(next); }) {
        const bool goes_on = quantity > node.quantity;
        if (goes_on && slot != last) {
          policy.expect(next);
        } else if (goes_on) {
          const std::uint32_t next_level = context.pages.next(ladder, key + 1);
          context.nodes.prefetch(context.pages[next_level].head);
        }
      }
      const Verdict verdict = policy(slot, price);
      if (verdict == Verdict::trade || verdict == Verdict::decrement) [[likely]] {
        const std::uint32_t lots = std::min(quantity, node.quantity);
        const bool is_filled = lots == node.quantity;
        quantity -= lots;
        node.quantity -= lots;
        if (is_filled) {
          unlink(context, level, slot, lots);
          if (level.is_empty()) {
            context.pages.vacate(ladder, index);
          }
        } else {
          level.totals -= lots;
        }
        if constexpr (requires { policy.on_decrement(slot, price, lots, is_filled); }) {
          if (verdict == Verdict::decrement) {
            policy.on_decrement(slot, price, lots, is_filled);
          } else {
            policy.on_trade(slot, price, lots, is_filled);
          }
        } else {
          policy.on_trade(slot, price, lots, is_filled);
        }
        if (quantity == 0) {
          return WalkResult::filled;
        }
      } else if (verdict == Verdict::cancel_maker) {
        if constexpr (requires { policy.on_cancel(slot, price); }) {
          unlink(context, level, slot, node.quantity);
          if (level.is_empty()) {
            context.pages.vacate(ladder, index);
          }
          policy.on_cancel(slot, price);
        }
      } else if (verdict == Verdict::stop) {
        return WalkResult::stopped;
      } else {
        is_behind_skipped = true;
      }
      if (slot == last) {
        break;
      }
    }
    if (is_behind_skipped) [[unlikely]] {
      index = context.pages.next(ladder, key + 1);
      key = index == 0 ? Ladder::no_key : context.pages.key_of(index);
    } else {
      key = ladder.best_key;
      index = ladder.best_level;
    }
  }
  return WalkResult::limit_reached;
}

template <class Hot, class Cold>
template <class Policy>
std::uint64_t OrderBook<Hot, Cold>::feasible(const Context& context, Side taker_side,
                                             std::int64_t limit, std::uint64_t wanted,
                                             Policy& policy, std::uint32_t touches_max) const {
  std::uint64_t traded = 0;
  std::uint64_t left = wanted;
  const Side maker_side = opposite(taker_side);
  const std::uint32_t reach = ladder_of(maker_side).reach(maker_side, limit);
  orders(context, maker_side, [&](Slot slot, std::int64_t price) {
    if (left == 0 || touches_max-- == 0 || ladder_of(maker_side).key(maker_side, price) >= reach) {
      return false;
    }
    const Verdict verdict = policy(slot, price);
    if (verdict == Verdict::stop) {
      return false;
    }
    if (verdict == Verdict::trade || verdict == Verdict::decrement) {
      const std::uint64_t lots = std::min<std::uint64_t>(left, context.nodes.node(slot).quantity);
      left -= lots;
      traded += verdict == Verdict::trade ? lots : 0;
    }
    return true;
  });
  return traded;
}

template <class Hot, class Cold>
template <class F>
void OrderBook<Hot, Cold>::levels(const Context& context, Side side, F&& f) const {
  const Ladder& ladder = ladder_of(side);
  std::uint32_t index = ladder.best_level;
  while (index != 0) {
    const std::uint32_t key = context.pages.key_of(index);
    const Level& level = context.pages[index];
    if (!f(ladder.price(side, key), level.quantity(), level.count())) {
      return;
    }
    index = context.pages.next(ladder, key + 1);
  }
}

template <class Hot, class Cold>
template <class F>
void OrderBook<Hot, Cold>::orders(const Context& context, Side side, F&& f) const {
  const Ladder& ladder = ladder_of(side);
  std::uint32_t index = ladder.best_level;
  while (index != 0) {
    const std::uint32_t key = context.pages.key_of(index);
    const Level& level = context.pages[index];
    for (Slot slot = level.head;; slot = context.nodes.node(slot).next) {
      if (!f(slot, ladder.price(side, key))) {
        return;
      }
      if (slot == level.tail) {
        break;
      }
    }
    index = context.pages.next(ladder, key + 1);
  }
}

template <class Hot, class Cold>
void OrderBook<Hot, Cold>::check_invariants(const Context& context) const {
  for (const Side side : {Side::buy, Side::sell}) {
    const Ladder& ladder = ladder_of(side);
    context.pages.check_invariants(ladder, side, [&](std::uint32_t index, std::uint32_t key) {
      const Level& level = context.pages[index];
      std::uint64_t lots = 0;
      std::uint32_t count = 0;
      Slot older = no_slot;
      for (Slot slot = level.head;; slot = context.nodes.node(slot).next) {
        const Node& node = context.nodes.node(slot);
        KARST_ASSERT(context.nodes.generation(slot) % 2 == 1);
        KARST_ASSERT(node.level == index && price_of(context, slot) == ladder.price(side, key));
        KARST_ASSERT(older == no_slot || node.prev == older);
        KARST_ASSERT(node.quantity >= 1 && node.quantity <= quantity_max);
        lots += node.quantity;
        KARST_ASSERT(++count <= level.count());
        older = slot;
        if (slot == level.tail) {
          break;
        }
      }
      KARST_ASSERT(lots == level.quantity() && count == level.count());
    });
  }
}

}  // namespace karst
