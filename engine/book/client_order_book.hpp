// A matching engine of one instrument that stands alone: client-chosen ids, one report per change.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/book/order_book.hpp"
#include "engine/book/order_id_table.hpp"

namespace karst {

/// What a client asks of a ClientOrderBook.
struct ClientOrder {
  std::uint64_t id;
  std::int64_t price;      // limit. Unit: ticks
  std::uint32_t quantity;  // Unit: lots
  Side side;
  bool is_ioc;  // what does not trade at once is cancelled
};

/// Why a ClientOrderBook refused, in order of precedence.
enum class ClientReject : std::uint8_t {
  bad_quantity = 1,  // not 1 .. quantity_max; a reduce by nothing
  bad_price,         // outside the book's bounds
  duplicate_id,      // a new order with the id of one that rests
  unknown_id,        // a cancel, reduce or modify of an order that does not rest
  no_room,           // the orders, pages or a level's counters are used up
};

/// Price-time matching of one instrument with client-chosen 64-bit ids. Every call tells a sink
/// what happened, in order:
///   accepted(order)                       a new order passed all checks; trades follow
///   modified(order)                       the same for a modify
///   traded(taker, maker, price, lots)     ids of both; the taker is the order of the call
///   reduced(id, left)                     an order lost lots and keeps its place
///   cancelled(id, lots)                   an order left the book, or an IOC remainder was dropped
///   rejected(id, reason)                  nothing has changed
/// A sink's functions are called in place; they must not call back.
///
/// Memory:  taken at construction, touched as it is used.
/// Threads: owned by one.
class ClientOrderBook {
 public:
  ClientOrderBook(std::uint32_t orders_capacity, std::uint32_t pages_capacity,
                  std::int64_t price_min, std::int64_t price_max, std::uint64_t id_seed = 0)
      : ids_(orders_capacity, id_seed),
        pools_(orders_capacity, pages_capacity),
        price_min_(price_min),
        price_max_(price_max) {
    book_.open(pools_, price_min, price_max);
  }

  /// A new order: trades what it can, then rests unless it is IOC.
  template <class Sink>
  void insert(const ClientOrder& order, Sink& sink) {
    if (is_malformed(order, sink)) [[unlikely]] {
      return;
    }
    if (ids_.find(order.id) != no_slot) [[unlikely]] {
      return sink.rejected(order.id, ClientReject::duplicate_id);
    }
    Place place{};
    if (!order.is_ioc) {
      place = book_.place(pools_, order.side, order.price, order.quantity);
      if (!place.has_room || pools_.nodes.is_full()) [[unlikely]] {
        return sink.rejected(order.id, ClientReject::no_room);
      }
    }
    // From here on nothing can fail.
    sink.accepted(order);
    const std::uint32_t left = trade(order, sink);
    if (left == 0) {
      return;
    }
    if (order.is_ioc) {
      return sink.cancelled(order.id, left);
    }
    const Slot slot = pools_.nodes.allocate();
    rest(order, left, slot, place);
    const bool is_new = ids_.insert(order.id, slot);
    KARST_ASSERT(is_new);
  }

  template <class Sink>
  void cancel(std::uint64_t id, Sink& sink) {
    const Slot slot = ids_.remove(id);
    if (slot == no_slot) [[unlikely]] {
      return sink.rejected(id, ClientReject::unknown_id);
    }
    const std::uint32_t lots = pools_.nodes.node(slot).quantity;
    book_.remove(pools_, slot);
    pools_.nodes.release(slot);
    sink.cancelled(id, lots);
  }

  /// Takes up to `lots` off an order, which keeps its place; one with nothing left is cancelled.
  template <class Sink>
  void reduce(std::uint64_t id, std::uint32_t lots, Sink& sink) {
    if (lots == 0) [[unlikely]] {
      return sink.rejected(id, ClientReject::bad_quantity);
    }
    const Slot slot = ids_.find(id);
    if (slot == no_slot) [[unlikely]] {
      return sink.rejected(id, ClientReject::unknown_id);
    }
    const std::uint32_t quantity = pools_.nodes.node(slot).quantity;
    if (lots >= quantity) {
      return cancel(id, sink);
    }
    book_.reduce(pools_, slot, quantity - lots);
    sink.reduced(id, quantity - lots);
  }

  /// Cancel and reinsert at the new side, price and quantity, under the same id; priority is lost.
  template <class Sink>
  void modify(const ClientOrder& order, Sink& sink) {
    if (is_malformed(order, sink)) [[unlikely]] {
      return;
    }
    const Slot slot = ids_.find(order.id);
    if (slot == no_slot) [[unlikely]] {
      return sink.rejected(order.id, ClientReject::unknown_id);
    }
    if (!book_.can_insert(pools_, order.side, order.price, order.quantity)) [[unlikely]] {
      return sink.rejected(order.id, ClientReject::no_room);
    }
    // From here on nothing can fail.
    book_.remove(pools_, slot);
    sink.modified(order);
    const std::uint32_t left = trade(order, sink);
    if (left != 0 && !order.is_ioc) {
      return rest(order, left, slot, book_.place(pools_, order.side, order.price, left));
    }
    ids_.remove(order.id);
    pools_.nodes.release(slot);
    if (left != 0) {
      sink.cancelled(order.id, left);
    }
  }

  /// Asks for the memory of a call to come, in three steps, the first the furthest ahead.
  void prefetch_first(std::uint64_t id) const { ids_.prefetch(id); }
  void prefetch_second(std::uint64_t id) const { Book::prefetch(pools_, ids_.guess(id)); }
  void prefetch_third(std::uint64_t id) const { Book::prefetch_neighbours(pools_, ids_.guess(id)); }

  [[nodiscard]] std::uint32_t orders_resting() const { return ids_.used(); }
  [[nodiscard]] bool is_empty(Side side) const { return book_.is_empty(side); }
  /// Requires: !is_empty(side). Unit: ticks
  [[nodiscard]] std::int64_t best(Side side) const { return book_.best(side); }

  /// Calls `f(id, price, quantity)` for each order, best price first, oldest first.
  template <class F>
  void orders(Side side, F&& f) const {
    book_.orders(pools_, side, [&](Slot slot, std::int64_t price) {
      const auto& node = pools_.nodes.node(slot);
      f(node.hot.id, price, node.quantity);
      return true;
    });
  }

  /// Asserts the invariants of all parts, and that each order is found by its id.
  void check_invariants() const {
    pools_.nodes.check_invariants();
    book_.check_invariants(pools_);
    ids_.check_invariants();
    KARST_ASSERT(pools_.nodes.used() == ids_.used());
    for (const Side side : {Side::buy, Side::sell}) {
      book_.orders(pools_, side, [&](Slot slot, std::int64_t) {
        KARST_ASSERT(ids_.find(pools_.nodes.node(slot).hot.id) == slot);
        return true;
      });
    }
  }

 private:
  struct Hot {
    std::uint64_t id;
    std::uint32_t generation;
    std::uint32_t zero;
  };
  using Book = OrderBook<Hot, NoCold>;

  template <class Sink>
  struct Policy {
    ClientOrderBook& book;
    Sink& sink;
    std::uint64_t taker;

    Verdict operator()(Slot, std::int64_t) const { return Verdict::trade; }
    void on_trade(Slot maker, std::int64_t price, std::uint32_t lots, bool is_filled) const {
      const std::uint64_t id = book.pools_.nodes.node(maker).hot.id;
      sink.traded(taker, id, price, lots);
      if (is_filled) {
        book.ids_.remove(id);
        book.pools_.nodes.release(maker);
      }
    }
  };

  /// Rejects an order that could not even be asked for.
  template <class Sink>
  bool is_malformed(const ClientOrder& order, Sink& sink) const {
    if (order.quantity - 1 >= quantity_max) [[unlikely]] {
      sink.rejected(order.id, ClientReject::bad_quantity);
      return true;
    }
    if (order.price < price_min_ || order.price > price_max_) [[unlikely]] {
      sink.rejected(order.id, ClientReject::bad_price);
      return true;
    }
    return false;
  }

  /// Returns: the lots left.
  template <class Sink>
  std::uint32_t trade(const ClientOrder& order, Sink& sink) {
    Policy<Sink> policy{*this, sink, order.id};
    std::uint32_t left = order.quantity;
    book_.match(pools_, order.side, order.price, left, std::numeric_limits<std::uint32_t>::max(),
                policy);
    return left;
  }

  void rest(const ClientOrder& order, std::uint32_t quantity, Slot slot, Place place) {
    auto& node = pools_.nodes.node(slot);
    node.quantity = quantity;
    node.hot.id = order.id;
    book_.insert(pools_, slot, order.side, order.price, place);
  }

  OrderIdTable ids_;
  Book::Context pools_;
  Book book_;
  std::int64_t price_min_;
  std::int64_t price_max_;
};

}  // namespace karst
