// Timers in their order, and jobs that are done bit by bit (docs/ENGINE.md §5).
#include <algorithm>
#include <limits>

#include "tests/model/model.hpp"

namespace karst::model {

void Model::run_timers_and_jobs() {
  std::uint32_t units = configure_.releases_per_command_max;
  for (; units > 0 && !timers_.empty(); --units) {
    const auto [deadline, kind, id] = *timers_.begin();
    if (deadline > now_) break;
    timers_.erase(timers_.begin());
    fire(kind, id);
  }
  for (; units > 0 && !jobs_.empty(); --units) step_job();
}

std::int64_t Model::next_due() const {
  return timers_.empty() ? std::numeric_limits<std::int64_t>::max() : std::get<0>(*timers_.begin());
}

void Model::fire(TimerKind kind, std::uint64_t id) {
  switch (kind) {
    case TimerKind::lifecycle:
      return fire_lifecycle(*find_instrument(InstrumentId{static_cast<std::uint32_t>(id)}));
    case TimerKind::order_expiry:
      return cancel(orders_.at(OrderId{id}), CancelReason::expired);
    case TimerKind::grace:
      return fire_grace(KeyId{static_cast<std::uint32_t>(id)});
    case TimerKind::dead_man:
      return fire_dead_man(KeyId{static_cast<std::uint32_t>(id)});
    case TimerKind::client_id:
      return fire_client_id(id);
    case TimerKind::proposal:
      return fire_proposal(id);
  }
}

void Model::fire_lifecycle(Instrument& on) {
  const InstrumentState before = on.state;
  std::int64_t next = on.gate_close;
  switch (on.stage) {
    case Stage::gate_open:
      on.stage = Stage::gate_close;
      if (before == InstrumentState::scheduled) {
        on.state = InstrumentState::open;
        emit_state(on, before, StateReason::gate_opened);
      }
      break;
    case Stage::gate_close:
      on.stage = Stage::hour_end;
      on.state = InstrumentState::closed;
      emit_state(on, before, StateReason::gate_closed);
      queue_drain(on, CancelReason::gate_closed);
      next = (on.hour + 1) * ns_per_hour;
      break;
    case Stage::hour_end:
    case Stage::settling: {
      on.stage = Stage::settling;
      Job job;
      job.kind = Job::Kind::settle;
      job.instrument = on.id;
      if (clock_held_) {
        held_jobs_.push_back(job);
      } else {
        jobs_.push_back(job);
      }
      return;
    }
  }
  timers_.insert({next, TimerKind::lifecycle, on.id.value()});
}

void Model::stand_grace(KeyId id, std::int64_t due) {
  keys_.at(id).grace_due = due;
  timers_.insert({due, TimerKind::grace, id.value()});
}

void Model::drop_grace(KeyId id) {
  auto& due = keys_.at(id).grace_due;
  if (due) timers_.erase({*due, TimerKind::grace, id.value()});
  due.reset();
}

void Model::stand_dead_man(KeyId id, std::int64_t due) {
  keys_.at(id).dead_man_due = due;
  timers_.insert({due, TimerKind::dead_man, id.value()});
}

void Model::drop_dead_man(KeyId id) {
  auto& due = keys_.at(id).dead_man_due;
  if (due) timers_.erase({*due, TimerKind::dead_man, id.value()});
  due.reset();
}

void Model::fire_grace(KeyId id) {
  Key& key = keys_.at(id);
  key.grace_due.reset();
  queue_account_job(key.account, CancelReason::session_lost, id);
}

void Model::fire_dead_man(KeyId id) {
  Key& key = keys_.at(id);
  key.dead_man_due.reset();
  if (key.last_word + key.dead_man > now_) return stand_dead_man(id, key.last_word + key.dead_man);
  key.dead_man = 0;
  emit_session(EventType::dead_man_fired, id);
  queue_account_job(key.account, CancelReason::dead_man, id);
}

void Model::fire_client_id(std::uint64_t number) {
  const ClientId& known = client_ids_.at(number);
  if (orders_.contains(known.order)) {
    timers_.insert({now_ + ns_per_day, TimerKind::client_id, number});
    return;
  }
  merchants_.at(known.account).client_ids.erase(known.id);
  client_ids_.erase(number);
}

void Model::queue_drain(const Instrument& on, CancelReason reason) {
  Job job;
  job.kind = Job::Kind::drain;
  job.reason = reason;
  job.instrument = on.id;
  jobs_.push_back(job);
}

void Model::queue_account_job(AccountId account, CancelReason reason, KeyId key) {
  if (account.is_none()) return;  // keys of the exchange have no orders of their own
  Job job;
  job.kind = Job::Kind::account;
  job.reason = reason;
  job.account = account;
  job.key = key;
  job.queued = command_->sequence;
  queue_account_job(job);
}

void Model::queue_account_job(const Job& job) {
  if (Job* waiting = rules_ >= 3 ? find_waiting(job) : nullptr; waiting != nullptr) {
    waiting->queued = job.queued;
  } else {
    jobs_.push_back(job);
  }
}

/// A job that does the same and has not looked at any order yet.
Job* Model::find_waiting(const Job& like) {
  for (Job& job : jobs_) {
    const bool is_same = job.kind == Job::Kind::account && job.account == like.account &&
                         job.reason == like.reason && job.instrument == like.instrument &&
                         job.side == like.side && job.tag == like.tag && job.key == like.key;
    if (is_same && job.cursor == 0) return &job;
  }
  return nullptr;
}

/// One unit of the job at the head; the unit that finds it finished takes it away.
void Model::step_job() {
  Job& job = jobs_.front();
  bool goes_on = false;
  switch (job.kind) {
    case Job::Kind::drain:
      goes_on = step_drain(job);
      break;
    case Job::Kind::account:
      goes_on = step_account(job);
      break;
    case Job::Kind::settle:
      goes_on = step_settle(job);
      break;
  }
  if (!goes_on) jobs_.pop_front();
}

bool Model::step_drain(const Job& job) {
  const Instrument& on = *find_instrument(job.instrument);
  OrderId next{0};
  if (!on.bids.empty()) {
    next = on.bids.rbegin()->second.queue.front();
  } else if (!on.asks.empty()) {
    next = on.asks.begin()->second.queue.front();
  } else if (!on.hibernated.empty()) {
    next = on.hibernated.front();
  } else {
    return false;
  }
  cancel(orders_.at(next), job.reason);
  return true;
}

bool Model::step_account(Job& job) {
  const auto merchant = merchants_.find(job.account);
  if (merchant == merchants_.end()) return false;
  const auto next = merchant->second.orders.upper_bound(job.cursor);
  if (next == merchant->second.orders.end() || next->first >= job.queued) return false;
  job.cursor = next->first;
  Order& order = orders_.at(next->second);
  if (job.matches(order)) cancel(order, job.reason);
  return true;
}

bool Model::step_settle(const Job& job) {
  Instrument& on = *find_instrument(job.instrument);
  if (const Sweep* sweep = find_sweep(on.id)) {
    cancel(orders_.at(sweep->order), CancelReason::instrument_not_open);
    return true;
  }
  if (on.rows.empty()) {
    retire(on);
    return false;
  }
  const RowKey key = on.rows.front();
  settle_row(on, key);
  on.rows.erase(on.rows.begin());
  rows_.erase(key);
  return true;
}

void Model::settle_row(Instrument& on, const RowKey& key) {
  const Row row = rows_.at(key);
  if (row.escrow > 0) {
    Cash& cash = balances_[{key.account, on.currency}];
    cash.escrow -= row.escrow;
    cash.available += row.escrow;
    const std::uint64_t account_event = next_number(key.account);
    EscrowReleased& released = emit(EventType::escrow_released, 0, on.id).escrow;
    released.number = ++settlements_;
    released.account_event = account_event;
    released.amount = Money{row.escrow};
    released.account = key.account;
    released.currency = on.currency;
  }
  const std::uint32_t lots = row.free + row.locked;
  if (lots == 0) return;
  on.burnt += lots;
  const std::uint64_t account_event = next_number(key.account);
  const auto detail = static_cast<std::uint8_t>(key.kind);
  UnitsMoved& units = emit(EventType::units_burnt, detail, on.id).units;
  units.number = ++settlements_;
  units.account_event = account_event;
  units.hour = Hour{on.hour};
  units.account = key.account;
  units.quantity = Quantity{lots};
  units.pool = on.pool;
}

void Model::retire(Instrument& on) {
  StateChange& change = emit(EventType::instrument_retired, 0, on.id).state;
  change.reference = Price{on.reference};
  change.hour = Hour{on.hour};
  change.pool = on.pool;
  change.reason = StateReason::delivery_ended;
  change.before = InstrumentState::closed;
  places_.erase({on.pool, on.hour % hour_places});
  const std::uint32_t slot = slot_of(on.id);
  const bool is_used_up = slot_uses_[slot] % instrument_generations_max == 0;
  if (rules_ >= 3 && is_used_up) ++slots_lost_;
  if (rules_ < 3 || !is_used_up) retired_slots_.push_back(slot);
  instruments_.erase(slot);
}

}  // namespace karst::model
