// EventReconciler: a merchant's open orders, kept from the events of its log.
#pragma once

#include <cstdint>
#include <map>

namespace karst::v1 {
class Event;
class Orders;
}  // namespace karst::v1

namespace karst::gateway {

/// Takes events in the order of their numbers, from wherever it begins; says when one is missing.
/// Whatever came over which connection, and however often: the state is that of the log.
class EventReconciler {
 public:
  struct Order {
    std::uint32_t instrument_id = 0;
    int side = 0;  ///< v1::Side
    std::int64_t limit_ticks = 0;
    std::uint32_t leaves_lots = 0;
    std::uint32_t filled_lots = 0;  ///< since the reconciler began or the order was entered
    bool is_hibernated = false;
  };

  enum class Took : std::uint8_t {
    next,      ///< The event was the next one.
    repeated,  ///< It is known already; nothing was changed.
    gap,       ///< Events before it are missing; nothing was changed. Ask for them, or begin anew.
  };

  [[nodiscard]] Took take(const v1::Event& event);

  /// Begins anew behind event `last_number`, with the orders that were open then (all pages of
  /// them, one after another).
  void begin(std::uint64_t last_number);
  void add(const v1::Orders& page);

  /// The newest event taken; what to log on with, beside the incarnation it came in. After
  /// RESUME_TOO_OLD: begin().
  [[nodiscard]] std::uint64_t last_number() const { return last_number_; }
  /// Open and hibernated orders by id.
  [[nodiscard]] const std::map<std::uint64_t, Order>& orders() const { return orders_; }

 private:
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Order> orders_;
};

}  // namespace karst::gateway
