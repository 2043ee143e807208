#include "tests/support/machine/book_watch.hpp"

namespace karst::sim {

void BookWatch::add(const OrderChange& order) {
  const std::int64_t price = order.limit.value();
  const Place place{order.side, order.side == Side::buy ? -price : price};
  queue(place.side)[place.rank].push_back(order.order.value());
  places_[order.order.value()] = place;
}

void BookWatch::remove(std::uint64_t order) {
  const auto found = places_.find(order);
  if (found == places_.end()) return;
  Queue& side = queue(found->second.side);
  const auto level = side.find(found->second.rank);
  level->second.remove(order);
  if (level->second.empty()) side.erase(level);
  places_.erase(found);
}

std::string BookWatch::trade(const Trade& trade) {
  const std::uint64_t maker = trade.maker.value();
  const std::string about = "trade with order " + std::to_string(maker);
  const auto found = places_.find(maker);
  if (found == places_.end()) return about + ", which is not in the book";
  const auto& [rank, orders] = *queue(found->second.side).begin();
  if (rank != found->second.rank) return about + ", which is not at the best price";
  if (orders.front() != maker) return about + ", which is not the oldest at its price";
  if (trade.maker_leaves.value() == 0) remove(maker);
  return "";
}

std::string BookWatch::take(const Event& event) {
  switch (event.type) {
    case EventType::trade:
      return trade(event.trade);
    case EventType::order_accepted:
    case EventType::order_booked:
    case EventType::order_reactivated:
      if ((event.order.flags & order_flag::booked) != 0) add(event.order);
      return "";
    case EventType::order_amended:
      if ((event.order.flags & order_flag::moved) == 0) return "";
      remove(event.order.order.value());
      if ((event.order.flags & order_flag::booked) != 0) add(event.order);
      return "";
    case EventType::order_cancelled:
    case EventType::order_hibernated:
      remove(event.order.order.value());
      return "";
    default:
      return "";
  }
}

std::string BookWatch::end_of_command() const {
  if (bids_.empty() || asks_.empty()) return "";
  return -bids_.begin()->first < asks_.begin()->first ? "" : "a bid reaches an ask";
}

}  // namespace karst::sim
