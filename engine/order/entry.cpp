// The part of order entry that concerns client order ids.
#include "engine/order/entry.hpp"

namespace karst {

Outcome check_client_id(State& state, const Command& command) {
  const std::uint32_t at =
      state.client_ids.find(command.account.value(), command.place_order.client_order_id);
  if (at == ClientIdTable::none) return Outcome::done;
  const ClientIdEntry& entry = state.client_ids[at];
  if (entry.request_hash != request_hash(command.place_order)) {
    return refuse(RejectCode::client_order_id_in_use);
  }
  state.note_first_answer(entry.sequence, entry.account_event, entry.order);
  return Outcome::repeated;
}

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
                    state.client_id_timer(at)});
}

}  // namespace karst
