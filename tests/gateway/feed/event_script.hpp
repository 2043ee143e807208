// Events written by hand, a line each.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst::feed::test {

/// The events of one command after another, for one instrument.
class EventScript {
 public:
  explicit EventScript(InstrumentId instrument) : instrument_(instrument) {}

  /// Begins the next command.
  EventScript& command(CommandType type = CommandType::place_order) {
    const std::uint64_t sequence = command_.sequence + 1;
    command_ = Command();
    command_.sequence = sequence;
    command_.time = Time{static_cast<std::int64_t>(sequence) * 100};
    command_.type = type;
    events_.clear();
    return *this;
  }
  EventScript& product(Supply supply, std::int64_t list_price) {
    command(CommandType::define_product);
    Event& event = add(EventType::product_defined);
    event.product.list_price = Price{list_price};
    event.product.supply = supply;
    return *this;
  }
  EventScript& contract(std::int64_t list_price, bool is_new_command = true) {
    if (is_new_command) command(CommandType::list_contracts);
    add(EventType::contract_listed).contract.list_price = Price{list_price};
    return *this;
  }
  EventScript& order(EventType type, std::uint32_t number, Side side, std::int64_t price,
                     std::uint32_t lots, int flags) {
    Event& event = add(type);
    event.order.order = id(number);
    event.order.side = side;
    event.order.limit = Price{price};
    event.order.quantity = Quantity{lots};
    event.order.flags = static_cast<std::uint8_t>(flags);
    return *this;
  }
  /// A resting order arrives, in a command of its own.
  EventScript& rest(std::uint32_t number, Side side, std::int64_t price, std::uint32_t lots) {
    command();
    return order(EventType::order_accepted, number, side, price, lots, order_flag::booked);
  }
  EventScript& trade(std::uint32_t maker, std::uint32_t taker, std::int64_t price,
                     std::uint32_t lots, std::uint32_t maker_leaves, Side taker_side) {
    Event& event = add(EventType::trade);
    event.detail = static_cast<std::uint8_t>(taker_side);
    event.trade.maker = maker == 0 ? OrderId{0} : id(maker);
    event.trade.taker = taker == 0 ? OrderId{0} : id(taker);
    event.trade.price = Price{price};
    event.trade.quantity = Quantity{lots};
    event.trade.maker_leaves = Quantity{maker_leaves};
    return *this;
  }
  EventScript& offer(std::int64_t price) {
    command(CommandType::post_offer);
    add(EventType::offer_posted).offer.price = Price{price};
    return *this;
  }
  EventScript& state(InstrumentState state, StateReason reason, std::int64_t reference) {
    command(CommandType::halt);
    Event& event = add(EventType::instrument_state);
    event.detail = static_cast<std::uint8_t>(state);
    event.state.reason = reason;
    event.state.reference = Price{reference};
    return *this;
  }
  EventScript& retire(bool is_new_command = true) {
    if (is_new_command) command(CommandType::tick);
    add(EventType::instrument_retired).state.reason = StateReason::delivery_ended;
    return *this;
  }
  EventScript& incarnation(std::uint64_t number, std::uint64_t after) {
    command(CommandType::begin_incarnation);
    Event& event = add(EventType::incarnation_begun);
    event.instrument = InstrumentId{0};
    event.incarnation.number = number;
    event.incarnation.after = after;
    return *this;
  }
  EventScript& about(InstrumentId instrument) {
    instrument_ = instrument;
    return *this;
  }

  /// Hands the command over to a publisher.
  template <class Publisher>
  EventScript& to(Publisher& publisher) {
    publisher.apply(command_, events_);
    return *this;
  }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] static OrderId id(std::uint32_t number) { return order_id(1, number); }

 private:
  Event& add(EventType type) {
    Event event;
    std::memset(static_cast<void*>(&event), 0, sizeof event);
    event.sequence = command_.sequence;
    event.index = static_cast<std::uint16_t>(events_.size());
    event.type = type;
    event.instrument = instrument_;
    events_.push_back(event);
    return events_.back();
  }

  InstrumentId instrument_;
  Command command_;
  std::vector<Event> events_;
};

}  // namespace karst::feed::test
