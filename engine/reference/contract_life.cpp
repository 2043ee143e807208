// The life of an hour contract: gate open, gate close, the end of the hour and what it leaves.
#include "engine/base/assert.hpp"
#include "engine/order/life.hpp"
#include "engine/order/matching.hpp"
#include "engine/settlement/reserve.hpp"
#include "engine/state/work.hpp"

namespace karst {

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

namespace {

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
  move(balance.escrow, balance.available, row.escrow);
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

}  // namespace

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

}  // namespace karst
