// BookWatch: who should have traded, kept by hand from the events of one instrument.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "engine/event/event.hpp"

namespace karst::sim {

/// A naive book that follows the released events and knows nothing of the engine: every trade must
/// be with the oldest order at the best price, and no bid may reach an ask.
///
/// Threads: one owner.
class BookWatch {
 public:
  /// Returns: what is wrong with the event, or "".
  [[nodiscard]] std::string take(const Event& event);
  /// Returns: what is wrong with the book behind a whole command, or "".
  [[nodiscard]] std::string end_of_command() const;

 private:
  // Orders by age at each price. Asks under their price, bids under its negative: best first.
  using Queue = std::map<std::int64_t, std::list<std::uint64_t>>;
  struct Place {
    Side side;
    std::int64_t rank;
  };

  [[nodiscard]] Queue& queue(Side side) { return side == Side::buy ? bids_ : asks_; }
  void add(const OrderChange& order);
  void remove(std::uint64_t order);
  [[nodiscard]] std::string trade(const Trade& trade);

  Queue bids_;
  Queue asks_;
  std::map<std::uint64_t, Place> places_;
};

}  // namespace karst::sim
