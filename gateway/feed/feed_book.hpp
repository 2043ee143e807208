// The books of all instruments as the engine's events tell them, order by order.
#pragma once

#include <cstdint>

#include "engine/base/lazy_array.hpp"
#include "engine/base/units.hpp"
#include "engine/book/order_book.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "gateway/feed/depth.hpp"

namespace karst::feed {

/// What one event did to one resting order: the `mbo` schema. The numbers are those of
/// karst.v1.OrderUpdate.Action.
enum class OrderAction : std::uint8_t {
  none = 0,
  add = 1,
  reduce = 2,
  move = 3,
  fill = 4,
  remove = 5,
  offer = 6,
};

struct OrderStep {
  OrderAction action;
  Side side;
  Quantity quantity;  ///< see karst.v1.OrderUpdate.Action
  OrderId order;
  Price price;
};

/// The books of all instruments, rebuilt from the engine's events and nothing else.
///
/// Every event that concerns a resting order is one step of that order. What is not in a book
/// (an order being matched, a pending sweep, a hibernated order) is not here either.
///
/// Invariants: 1. After the events of a command, each book holds the orders the engine's holds,
///                in the same priority.
///             2. An order stands in the slot its id names, with the generation its id names.
/// Errors:     none; an event that does not fit what is known stops the process.
/// Memory:     36 bytes per order slot and about 17 per price level ever used; 160 per instrument.
/// Threads:    owned by one.
class FeedBook {
 public:
  explicit FeedBook(const Configure& sizes);

  /// Takes the next event. Returns: the step of a resting order it tells of, or action none.
  /// Complexity: O(1); no allocation.
  OrderStep apply(const Event& event);

  /// Whether `instrument` is listed and not retired.
  [[nodiscard]] bool is_listed(InstrumentId instrument) const {
    return slot_of(instrument) < slots_max_ && !instrument.is_none() &&
           instruments_[slot_of(instrument)].id == instrument;
  }
  /// The instrument in a slot, or none. Requires: slot < slots_max().
  [[nodiscard]] InstrumentId instrument(std::uint32_t slot) const { return instruments_[slot].id; }
  [[nodiscard]] std::uint32_t slots_max() const { return slots_max_; }

  [[nodiscard]] InstrumentState state(std::uint32_t slot) const { return instruments_[slot].state; }
  /// The last trade's or resumption's price, else the list price.
  [[nodiscard]] Price reference(std::uint32_t slot) const { return instruments_[slot].reference; }
  /// The posted offer; 0 = none.
  [[nodiscard]] Price offer(std::uint32_t slot) const { return instruments_[slot].offer; }

  /// The best ten levels of each side; a posted offer is an ask of unlimited size.
  void depth(std::uint32_t slot, Depth& to) const;

  /// Calls `f(OrderStep)` with an `add` for each order: bids, then asks, in order of priority.
  template <class F>
  void orders(std::uint32_t slot, F&& f) const;

  /// Puts what an engine's snapshot holds in place, instead of the events that led there.
  /// `restore_order` appends: call it in order of priority.
  void restore_instrument(InstrumentId instrument, InstrumentState state, Price reference,
                          Price offer);
  void restore_order(InstrumentId instrument, OrderId order, Side side, Price price,
                     Quantity quantity);

  /// Asserts the invariants. Complexity: O(orders).
  void check_invariants() const;

 private:
  struct HotOrder {
    std::uint32_t generation;  // of the order's id: odd while it rests
    std::uint32_t instrument;  // slot
    std::uint64_t zero;
  };
  using Book = OrderBook<HotOrder, NoCold>;
  struct Instrument {
    InstrumentId id;  // none: the slot is not in use
    InstrumentState state;
    Price reference;
    Price offer;
    Book book;
  };

  void list(InstrumentId instrument, InstrumentState state, Price reference);
  [[nodiscard]] Instrument& listed(InstrumentId instrument);
  /// The slot of a resting order of this instrument.
  [[nodiscard]] Slot resting(const Instrument& instrument, OrderId order) const;

  OrderStep add(const Event& event, OrderAction action);
  OrderStep remove(const Event& event);
  OrderStep amend(const Event& event);
  OrderStep fill(const Event& event);
  OrderStep post_offer(const Event& event);
  void insert(Instrument& instrument, OrderId order, Side side, Price price, Quantity quantity);
  void erase(Instrument& instrument, Slot slot);

  BookPools<HotOrder, NoCold> pools_;
  std::uint32_t orders_max_;
  std::uint32_t slots_max_;
  LazyArray<Instrument> instruments_;  // by slot
};

template <class F>
void FeedBook::orders(std::uint32_t slot, F&& f) const {
  const Instrument& instrument = instruments_[slot];
  for (const Side side : {Side::buy, Side::sell}) {
    instrument.book.orders(pools_, side, [&](Slot at, std::int64_t price) {
      const auto& node = pools_.nodes.node(at);
      f(OrderStep{OrderAction::add, side, Quantity{node.quantity},
                  order_id(node.hot.generation, at), Price{price}});
      return true;
    });
  }
}

}  // namespace karst::feed
