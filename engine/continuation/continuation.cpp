// Timers firing, jobs stepping, sweeps going on.
#include "engine/continuation/continuation.hpp"

#include "engine/base/assert.hpp"
#include "engine/order/life.hpp"
#include "engine/order/matching.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

void queue_key_release(State& state, std::uint32_t key, CancelReason reason) {
  const std::uint32_t account = state.keys[KeyId{key}].account;
  if (account == 0) return;
  queue_release(state, Job::of_account(account, reason, state.sequence, {}, key));
}

/// A contract's next moment: gate open, gate close, end of the delivery hour.
void fire_lifecycle(State& state, const Timer& timer) {
  Instrument& contract = state.instruments[timer.handle];
  const std::int64_t end_ns = (contract.hour + 1) * ns_per_hour;
  Timer next = timer;
  if (timer.deadline_ns < contract.tradable_until_ns) {
    next.deadline_ns = contract.tradable_until_ns;
    if (contract.state == InstrumentState::scheduled) {
      contract.state = InstrumentState::open;
      emit_state(state, contract, InstrumentState::scheduled, StateReason::gate_opened);
    }
  } else if (timer.deadline_ns < end_ns) {
    next.deadline_ns = end_ns;
    const InstrumentState before = contract.state;
    contract.state = InstrumentState::closed;
    emit_state(state, contract, before, StateReason::gate_closed);
    state.jobs.push(Job::drain(contract.id, CancelReason::gate_closed, state.sequence));
  } else {
    const Job job = Job::settle(contract.id, state.sequence);
    state.is_clock_held ? state.jobs.hold(job) : state.jobs.push(job);
    return;
  }
  state.timers.set(next);
}

void fire_dead_man(State& state, const Timer& timer) {
  const KeyId id{static_cast<std::uint32_t>(timer.id)};
  Key& key = state.keys[id];
  const std::int64_t due_ns = key.last_word_ns + key.dead_man_ns;
  if (due_ns > state.now) {
    state.timers.set({due_ns, timer.id, timer.kind, timer.handle});
    return;
  }
  key.dead_man_ns = 0;
  emit_session(state, EventType::dead_man_fired, id);
  queue_key_release(state, id.value(), CancelReason::dead_man);
}

void fire_client_id(State& state, const Timer& timer) {
  const std::uint32_t slot = timer.handle - state.client_id_timer(0);
  const ClientIdEntry& entry = state.client_ids[slot];
  if (state.orders.nodes.find(entry.order) != no_slot) {
    state.timers.set({state.now + ns_per_day, timer.id, timer.kind, timer.handle});
    return;
  }
  --state.accounts[entry.account].client_ids;
  state.client_ids.erase(slot);
}

void fire(State& state, const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::lifecycle: fire_lifecycle(state, timer); return;
    case TimerKind::order_expiry:
      cancel(state, state.orders.nodes.find(timer.id), CancelReason::expired);
      return;
    case TimerKind::grace:
      queue_key_release(state, static_cast<std::uint32_t>(timer.id), CancelReason::session_lost);
      return;
    case TimerKind::dead_man: fire_dead_man(state, timer); return;
    case TimerKind::client_id: fire_client_id(state, timer); return;
  }
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

void burn(State& state, const Instrument& instrument, const HoldingRow& row, Draw kind) {
  const std::uint32_t lots = row.free + row.locked;
  if (lots == 0) return;
  const std::uint64_t number = state.next_settlement();
  state.emit(EventType::units_burnt, static_cast<std::uint8_t>(kind), instrument.id,
             UnitsMoved{.number = number,
                        .account_event = state.next_event_number(row.account),
                        .hour = Hour{instrument.hour},
                        .account = AccountId{row.account},
                        .quantity = Quantity{lots},
                        .pool = PoolId{instrument.pool},
                        .reserved = {}});
}

/// Releases a provider's escrow of the hour to its available money.
void release_escrow(State& state, const Instrument& instrument, const HoldingRow& row) {
  if (row.escrow == 0) return;
  Balance& balance = state.accounts.balance(row.account, instrument.currency);
  balance.escrow -= Money{row.escrow};
  balance.available += Money{row.escrow};
  const std::uint64_t number = state.next_settlement();
  state.emit(EventType::escrow_released, 0, instrument.id,
             EscrowReleased{.number = number,
                            .account_event = state.next_event_number(row.account),
                            .amount = Money{row.escrow},
                            .account = AccountId{row.account},
                            .currency = CurrencyId{instrument.currency},
                            .reserved = 0,
                            .reserved2 = {}});
}

/// Frees the instrument's next row, or the instrument itself. Returns: false when all is done.
bool step_settle(State& state, const Job& job) {
  Instrument* instrument = state.instruments.find(InstrumentId{job.instrument});
  KARST_ASSERT(instrument != nullptr);
  if (instrument->pending != 0) {
    cancel(state, state.orders.nodes.find(instrument->pending), CancelReason::instrument_not_open);
    return true;
  }
  const std::uint32_t at = instrument->first_row;
  if (at != HoldingTable::none) {
    const HoldingRow& row = state.holdings[at];
    KARST_ASSERT(row.reserved == 0);
    release_escrow(state, *instrument, row);
    burn(state, *instrument, row, HoldingTable::kind(row));
    instrument->first_row = row.next;
    state.holdings.free(at);
    return true;
  }
  Pool& pool = state.pools[instrument->pool];
  pool.contract(instrument->hour) = 0;
  state.emit(EventType::instrument_retired, 0, instrument->id,
             StateChange{.reference = Price{instrument->reference},
                         .hour = Hour{instrument->hour},
                         .pool = PoolId{instrument->pool},
                         .reason = StateReason::delivery_ended,
                         .before = instrument->state,
                         .reserved = {}});
  state.instruments.give_back(*instrument, state.rules >= rules_of_retired_slots);
  return false;
}

/// One unit of the front job, which leaves the queue when there was nothing left to do.
void step(State& state) {
  const Job job = state.jobs.front();
  bool has_more = false;
  switch (job.kind) {
    case JobKind::drain: has_more = step_drain(state, job); break;
    case JobKind::account: has_more = step_account(state, job); break;
    case JobKind::settle: has_more = step_settle(state, job); break;
  }
  if (has_more) return;
  if (job.kind == JobKind::account) --state.accounts[job.account].jobs;
  state.jobs.pop();
}

}  // namespace

void fire_timers_and_jobs(State& state) {
  std::uint32_t units = state.config.releases_per_command_max;
  for (; units != 0 && state.timers.earliest_ns() <= state.now; --units) {
    const Timer timer = state.timers.top();
    state.timers.clear(timer.handle);
    fire(state, timer);
  }
  for (; units != 0 && !state.jobs.is_empty(); --units) step(state);
}

std::uint32_t continue_sweeps(State& state, std::uint32_t named, bool is_tick) {
  if (named != 0 && state.instruments[named].pending != 0) {
    return continue_sweep(state, state.instruments[named], state.config.makers_per_command_max);
  }
  if (!state.sweeps.empty()) {
    (void)continue_sweep(state, state.instruments[state.sweeps.front()],
                         is_tick ? state.config.makers_per_command_max
                                 : state.config.makers_per_bystander_max);
  }
  return 0;
}

}  // namespace karst
