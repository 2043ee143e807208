#include "ledger/events/order_names.hpp"

#include <vector>

namespace karst {
namespace {

[[nodiscard]] bool is_none(const ClientOrderId& id) { return (id[0] | id[1]) == 0; }

}  // namespace

void OrderNames::begin_with(const Engine& engine) {
  clear();
  std::vector<ClientOrder> orders;
  engine.client_orders(orders);
  for (const ClientOrder& it : orders) names_.emplace(it.order.value(), it.id);
}

void OrderNames::clear() {
  names_.clear();
  ended_.clear();
}

void OrderNames::note_name(const Executed& executed) {
  const Command& command = executed.command;
  if (command.type != CommandType::place_order || is_none(command.place_order.client_order_id) ||
      !executed.has_answer()) {
    return;
  }
  const Event& answer = executed.events[executed.answer];
  if (answer.type != EventType::order_accepted) return;
  names_.emplace(answer.order.order.value(), command.place_order.client_order_id);
}

void OrderNames::note_ends(const Executed& executed) {
  if (names_.size() == ended_.size()) return;  // none that is open has a name
  for (const Event& event : executed.events) {
    if (event.type == EventType::order_cancelled) {
      end(event.order.order);
    } else if (event.type == EventType::trade) {
      if (event.trade.maker_leaves.value() == 0) end(event.trade.maker);
      if (event.trade.taker_leaves.value() == 0) end(event.trade.taker);
    }
  }
}

void OrderNames::end(OrderId order) {
  if (!names_.contains(order.value())) return;
  ended_.push_back(order.value());
  if (ended_.size() <= ended_max) return;
  names_.erase(ended_.front());
  ended_.pop_front();
}

ClientOrderId OrderNames::find(OrderId order) const {
  if (names_.empty() || order.is_none()) return {};
  const auto found = names_.find(order.value());
  return found == names_.end() ? ClientOrderId{} : found->second;
}

}  // namespace karst
