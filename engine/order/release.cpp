// Orders that are on their way out: cancelled one by one, by expiry or by release jobs.
#include "engine/order/life.hpp"
#include "engine/state/work.hpp"

namespace karst {

void fire_order_expiry(State& state, const Timer& timer) {
  cancel(state, state.orders.nodes.find(timer.id), CancelReason::expired);
}

/// Cancels the next order of an instrument. Returns: false if there is none.
bool step_drain(State& state, const Job& job) {
  const Instrument* instrument = state.instruments.find(InstrumentId{job.instrument});
  if (instrument == nullptr) return false;
  const Book& book = state.instruments.book(slot_of(instrument->id));
  Slot slot = instrument->first_hibernated;
  for (const Side side : {Side::sell, Side::buy}) {
    if (!book.is_empty(side)) slot = book.front(state.orders, side);
  }
  if (slot == no_slot) return false;
  // The next step comes at once, and its order lies anywhere in memory.
  const Slot next = state.orders.nodes.node(slot).next;
  if (next < state.orders.nodes.capacity()) {
    state.orders.nodes.prefetch(next);
    state.links.prefetch(next);
  }
  cancel(state, slot, job.reason);
  return true;
}

/// Looks at the next order of a merchant. Returns: false if there is none that is meant.
bool step_account(State& state, const Job& job) {
  const Slot slot = state.jobs.is_front_started()
                        ? state.jobs.front_cursor()
                        : state.accounts[job.account].oldest_order;
  if (slot == no_slot) return false;
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (hot.entered >= job.queued) return false;
  state.jobs.move_front_cursor(state.links.newer(slot));
  if (is_meant(state, job, hot)) cancel(state, slot, job.reason);
  return true;
}

}  // namespace karst
