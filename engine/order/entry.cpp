// Placing and cancelling where nothing is known beforehand, and client order ids.
#include "engine/order/entry.hpp"

#include "engine/state/work.hpp"

namespace karst {

RejectCode check_client_id_room(const State& state, const Account& account) {
  if (account.client_ids >= state.config.client_ids_per_account_max) {
    return RejectCode::client_order_ids_exceeded;
  }
  return state.client_ids.is_full() ? RejectCode::exchange_full : RejectCode::none;
}

void remember_client_id(State& state, const Command& command, Slot slot) {
  const std::uint32_t at = state.client_ids.insert(
      {.id = command.place_order.client_order_id,
       .request_hash = request_hash(command.place_order),
       .order = state.orders.nodes.id(slot),
       .sequence = command.sequence,
       .account_event = state.accounts[command.account.value()].event_number + 1,
       .number = 0,
       .account = command.account.value(),
       .zero = 0});
  ++state.accounts[command.account.value()].client_ids;
  state.timers.set({state.now + ns_per_day, state.client_ids[at].number, TimerKind::client_id,
                    state.timer<TimerKind::client_id>(at)});
}

void fire_client_id(State& state, const Timer& timer) {
  const std::uint32_t slot = timer.handle - state.timer<TimerKind::client_id>(0);
  const ClientIdEntry& entry = state.client_ids[slot];
  if (state.orders.nodes.find(entry.order) != no_slot) {
    state.timers.set({state.now + ns_per_day, timer.id, timer.kind, timer.handle});
    return;
  }
  --state.accounts[entry.account].client_ids;
  state.client_ids.erase(slot);
}

Checked<PlaceOrder> check(const State& state, const Command& command, const PlaceOrder& order) {
  if (!is_none(order.client_order_id)) {
    const std::uint32_t at = state.client_ids.find(command.account.value(), order.client_order_id);
    if (at != ClientIdTable::none) {
      const ClientIdEntry& entry = state.client_ids[at];
      if (entry.request_hash != request_hash(order)) return RejectCode::client_order_id_in_use;
      return FirstAnswer{entry.sequence, entry.account_event, entry.order};
    }
  }
  RejectCode code = check_speaker(state, command);
  if (code != RejectCode::none) return code;
  Found<PlaceOrder> found;
  code = check_place<Course::any>(
      state, command, state.instruments.find(order.instrument), found.entry);
  if (code != RejectCode::none) return code;
  return found;
}

void carry_out(State& state, const Command& command, const Checked<PlaceOrder>& checked) {
  place_order<Course::any>(state, command,
                           state.instruments[slot_of(command.place_order.instrument)],
                           checked.found.entry);
}

Checked<CancelOrder> check(const State& state, const Command& command, const CancelOrder&) {
  return check_cancel<Course::any>(state, command);
}

void carry_out(State& state, const Command& command, const Checked<CancelOrder>& checked) {
  cancel_order(state, command, checked.found.slot);
}

}  // namespace karst
