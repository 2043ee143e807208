// The rarer moves in an order's life.
#include "engine/order/life.hpp"

#include <algorithm>

namespace karst {

std::uint32_t make_row(State& state, Instrument& instrument, std::uint32_t account, Draw kind) {
  const std::uint32_t row = state.holdings.make(account, HoldingTable::asset(instrument.id, kind));
  (instrument.last_row == HoldingTable::none ? instrument.first_row
                                             : state.holdings[instrument.last_row].next) = row;
  instrument.last_row = row;
  return row;
}

void pass_over_generations(State& state, std::uint32_t slot, std::uint64_t entered) {
  std::uint32_t generations = 0;
  for (const Incarnation& it : state.incarnations) {
    if (it.begun >= entered) generations += it.generations;
  }
  state.orders.nodes.pass_over_generations(slot, generations);
}

void enter_hibernation(State& state, Slot slot) {
  OrderHot& hot = state.orders.nodes.node(slot).hot;
  Instrument& instrument = state.instruments[hot.instrument];
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  node.next = no_slot;
  node.prev = instrument.last_hibernated;
  (node.prev == no_slot ? instrument.first_hibernated : state.orders.nodes.node(node.prev).next) =
      slot;
  instrument.last_hibernated = slot;
  hot.state = OrderState::hibernated;
}

void leave_hibernation(State& state, Slot slot) {
  Instrument& instrument = state.instruments[state.orders.nodes.node(slot).hot.instrument];
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  (node.prev == no_slot ? instrument.first_hibernated : state.orders.nodes.node(node.prev).next) =
      node.next;
  (node.next == no_slot ? instrument.last_hibernated : state.orders.nodes.node(node.next).prev) =
      node.prev;
}

void clear_sweep(State& state, Instrument& instrument) {
  instrument.pending = 0;
  std::erase(state.sweeps, slot_of(instrument.id));
}

bool is_meant(const State& state, const Job& job, const OrderHot& order) {
  return order.account == job.account && order.entered < job.queued &&
         (job.instrument == 0 ||
          job.instrument == state.instruments[order.instrument].id.value()) &&
         (job.side == 0 || job.side == static_cast<std::uint8_t>(order.side)) &&
         (job.tag == 0 || job.tag == order.tag) && (job.key == 0 || job.key == order.key);
}

void queue_release(State& state, const Job& job) {
  if (state.rules >= rules_of_joined_jobs && state.jobs.join(job)) return;
  ++state.accounts[job.account].jobs;
  state.jobs.push(job);
}

CancelReason doom_of(const State& state, Slot slot) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (hot.expires && state.orders.nodes.cold(slot).expiry_ns <= state.now) {
    return CancelReason::expired;
  }
  const Instrument& instrument = state.instruments[hot.instrument];
  const InstrumentState effective = effective_state(instrument, state.now);
  if (effective == InstrumentState::closed) return CancelReason::gate_closed;
  if (effective == InstrumentState::delisted) return CancelReason::delisted;
  if (state.accounts[hot.account].jobs == 0) return CancelReason{};
  const Job* job = state.jobs.find(hot.account, hot.key,
                                   [&](const Job& it) { return is_meant(state, it, hot); });
  return job == nullptr ? CancelReason{} : job->reason;
}

}  // namespace karst
