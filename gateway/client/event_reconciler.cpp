#include "gateway/client/event_reconciler.hpp"

#include "schemas/karst/v1/audit.pb.h"
#include "schemas/karst/v1/events.pb.h"

namespace karst::gateway {

void EventReconciler::begin(std::uint64_t last_number) {
  last_number_ = last_number;
  orders_.clear();
}

void EventReconciler::add(const v1::Orders& page) {
  for (const v1::OpenOrder& it : page.orders()) {
    orders_[it.order_id()] = {it.instrument_id(), it.side(),        it.limit_ticks(),
                              it.leaves_lots(),   it.filled_lots(), it.is_hibernated()};
  }
}

EventReconciler::Took EventReconciler::take(const v1::Event& event) {
  if (event.number() <= last_number_) return Took::repeated;
  if (event.number() != last_number_ + 1) return Took::gap;
  last_number_ = event.number();
  if (event.has_fill()) {
    const auto found = orders_.find(event.fill().order_id());
    if (found == orders_.end()) return Took::next;  // its own posted offer
    found->second.leaves_lots = event.fill().leaves_lots();
    found->second.filled_lots += event.fill().quantity_lots();
    if (found->second.leaves_lots == 0) orders_.erase(found);
    return Took::next;
  }
  if (!event.has_order()) return Took::next;
  const v1::OrderChange& change = event.order();
  if (change.what() == v1::OrderChange::WHAT_CANCELLED) {
    orders_.erase(change.order_id());
    return Took::next;
  }
  Order& order = orders_[change.order_id()];
  order.instrument_id = event.instrument_id();
  order.side = change.side();
  order.limit_ticks = change.limit_ticks();
  order.leaves_lots = change.quantity_lots();
  order.is_hibernated = change.what() == v1::OrderChange::WHAT_HIBERNATED;
  return Took::next;
}

}  // namespace karst::gateway
