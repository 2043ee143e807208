// OrderNames: what the merchants call their open orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "engine/engine.hpp"
#include "ledger/replay/executed.hpp"

namespace karst {

/// Client order ids by order, followed through commands and their events: an event of the engine
/// names its order by the exchange's id only. The names of open orders are a function of the
/// journal, wherever following it began.
///
/// Invariants: 1. Every open or hibernated order that was placed with a client order id is here.
///             2. Of orders that have ended at most ended_max are: an answer may still be about one
///                that was open when it was asked for.
/// Memory:  as many as the engine has client order ids, and ended_max. Nothing is kept of orders
///          without one.
/// Threads: one owner.
class OrderNames {
 public:
  static constexpr std::size_t ended_max = 65'536;

  /// Forgets all, and begins with the orders that are open in `engine`.
  void begin_with(const Engine& engine);
  void clear();

  /// Learns what the command names, so that its events can be told of. Then note_ends().
  void note_name(const Executed& executed);
  /// Learns which orders have ended by the events.
  void note_ends(const Executed& executed);

  /// All zero: it has none, or is not here.
  [[nodiscard]] ClientOrderId find(OrderId order) const;
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  void end(OrderId order);

  std::unordered_map<std::uint64_t, ClientOrderId> names_;  // by order
  std::deque<std::uint64_t> ended_;                         // oldest first
};

}  // namespace karst
