// Merchants, their money, their keys and sessions.
#include "engine/order/life.hpp"
#include "engine/reference/reference_data.hpp"

namespace karst {
namespace {

void emit_merchant(State& state, EventType type, std::uint32_t id, std::uint64_t number) {
  const std::uint64_t event_number = state.next_event_number(id);
  const Account& account = state.accounts[id];
  state.emit(type, 0, InstrumentId{0},
             MerchantChange{.number = number,
                            .account_event = event_number,
                            .account = AccountId{id},
                            .group = GroupId{account.group},
                            .state = account.state,
                            .tier = level::tier(account.levels),
                            .clearance = level::clearance(account.levels),
                            .domestic = level::is_domestic(account.levels),
                            .killed = account.killed != 0,
                            .reserved = {}});
  state.note_answer(event_number, 0);
}

/// Answers with what became of a key or its session.
void answer_session(State& state, EventType type, KeyId id) {
  state.note_answer(emit_session(state, type, id), 0);
}

/// Queues the release of all a merchant's orders.
void release_all(State& state, const Command& command, CancelReason reason) {
  queue_release(state, Job::of_account(command.account.value(), reason, command.sequence));
}

/// Whether a key of this number, which is not known, may be made: its place has never been taken,
/// or by one key less, which is revoked and whose orders wait for nothing any more.
[[nodiscard]] bool has_place(const State& state, KeyId id) {
  const Key& before = state.keys.in_place(state.keys.place_of(id));
  const std::uint32_t generation = state.keys.generation_of(id);
  if (before.scopes == 0) return generation == 0;
  return generation == before.generation + 1 && before.is_revoked != 0 &&
         !state.timers.is_set(state.grace_timer(state.keys.place_of(id))) &&
         !state.jobs.has_any_of_key(id.value());
}

/// Ends a key's live session, if it has one; its orders follow after the grace.
void end_session(State& state, KeyId id) {
  Key& key = state.keys[id];
  if (key.is_open == 0) return;
  key.is_open = 0;
  if (key.grace_ns >= 0) {
    state.timers.set({state.now + key.grace_ns, id.value(), TimerKind::grace,
                      state.grace_timer(state.keys.place_of(id))});
  }
}

}  // namespace

std::uint64_t emit_session(State& state, EventType type, KeyId id) {
  const Key& key = state.keys[id];
  const std::uint64_t number = state.next_event_number(key.account);
  state.emit(type, 0, InstrumentId{0},
             SessionChange{.account_event = number,
                           .last_client_seq = key.last_client_seq,
                           .account = AccountId{key.account},
                           .key = id,
                           .epoch = key.epoch,
                           .scopes = key.scopes,
                           .reserved = {}});
  return number;
}

Outcome admit_merchant(State& state, const Command& command) {
  if (state.accounts.is_known(command.account)) return refuse(RejectCode::already_exists);
  if (state.is_rehearsal) return Outcome::done;
  const AdmitMerchant& body = command.admit_merchant;
  state.accounts.admit(command.account.value(), body.group.value(),
                       level::word(body.tier, body.clearance, body.domestic));
  emit_merchant(state, EventType::merchant_admitted, command.account.value(),
                state.next_settlement());
  return Outcome::done;
}

Outcome set_merchant_state(State& state, const Command& command) {
  Account& account = state.accounts[command.account.value()];
  if (account.state == MerchantState::exited) return refuse(RejectCode::account_exited);
  if (state.is_rehearsal) return Outcome::done;
  account.state = command.set_merchant_state.state;
  if (account.state == MerchantState::exited) {
    release_all(state, command, CancelReason::merchant_not_admitted);
  }
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
  return Outcome::done;
}

Outcome set_merchant_limits(State& state, const Command& command) {
  if (state.is_rehearsal) return Outcome::done;
  const SetMerchantLimits& body = command.set_merchant_limits;
  Account& account = state.accounts[command.account.value()];
  account.quantity_max = body.order_quantity_max.value();
  account.orders_max = body.open_orders_max;
  account.notional_max = body.order_notional_max.value();
  const std::uint32_t rates[RateWindows::count] = {
      body.messages_per_10s_max, body.messages_per_hour_max, body.messages_per_day_max};
  state.accounts.set_rates(command.account.value(), rates);
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
  return Outcome::done;
}

Outcome set_merchant_profile(State& state, const Command& command) {
  if (state.is_rehearsal) return Outcome::done;
  const SetMerchantProfile& body = command.set_merchant_profile;
  Account& account = state.accounts[command.account.value()];
  account.group = body.group.value();
  account.levels = level::word(body.tier, body.clearance, body.domestic);
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
  return Outcome::done;
}

Outcome kill_switch(State& state, const Command& command, bool is_operator) {
  if (state.is_rehearsal) return Outcome::done;
  Account& account = state.accounts[command.account.value()];
  if (command.kill_switch.on) {
    account.killed |= is_operator ? Account::killed_by_operator : Account::killed_by_merchant;
    release_all(state, command, CancelReason::kill_switch);
  } else {
    account.killed &= is_operator ? 0 : Account::killed_by_operator;
  }
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
  return Outcome::done;
}

Outcome move_cash(State& state, const Command& command) {
  const bool is_fund = command.type == CommandType::fund;
  // Both commands have the same fields.
  static_assert(sizeof(Fund) == sizeof(Withdraw) &&
                offsetof(Fund, reference) == offsetof(Withdraw, reference));
  const Fund& body = command.fund;
  const std::uint32_t at = state.references.find(body.reference);
  if (at != ReferenceTable::none) {
    const ReferenceEntry& entry = state.references[at];
    if (entry.type != command.type || entry.account != command.account.value() ||
        entry.currency != body.currency || entry.amount != body.amount.value()) {
      return refuse(RejectCode::reference_in_use);
    }
    state.note_first_answer(entry.sequence, entry.account_event, 0);
    return Outcome::repeated;
  }
  const Account& account = state.accounts[command.account.value()];
  if (is_fund && account.state == MerchantState::exited) return refuse(RejectCode::account_exited);
  const std::uint32_t id = body.currency.value();
  if (id >= state.config.currencies_max || state.currencies[id].is_known == 0) {
    return refuse(RejectCode::unknown_currency);
  }
  Currency& currency = state.currencies[id];
  Balance& balance = state.accounts.balance(command.account.value(), id);
  if (is_fund && body.amount.value() > amount_max - currency.custody) {
    return refuse(RejectCode::amount_out_of_bounds);
  }
  if (!is_fund && balance.available < body.amount) return refuse(RejectCode::insufficient_funds);
  const bool is_last_kept = is_fund && state.rules >= rules_of_lasting_tables;
  if (state.references.is_full(is_last_kept)) return refuse(RejectCode::exchange_full);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  const Money amount{is_fund ? body.amount.value() : -body.amount.value()};
  balance.available += amount;
  currency.custody += amount.value();
  const std::uint64_t number = state.next_settlement();
  const std::uint64_t event_number = state.next_event_number(command.account.value());
  state.emit(is_fund ? EventType::funded : EventType::withdrawn, 0, InstrumentId{0},
             CashMoved{.number = number,
                       .account_event = event_number,
                       .amount = body.amount,
                       .reference = body.reference,
                       .account = command.account,
                       .currency = body.currency,
                       .reserved = 0});
  state.note_answer(event_number, 0);
  state.references.insert({.reference = body.reference,
                           .amount = body.amount.value(),
                           .sequence = command.sequence,
                           .account_event = event_number,
                           .account = command.account.value(),
                           .currency = body.currency,
                           .type = command.type,
                           .zero = 0});
  return Outcome::done;
}

Outcome create_key(State& state, const Command& command) {
  const CreateKey& body = command.create_key;
  if (state.keys.is_known(body.new_key) || state.keys.is_past(body.new_key)) {
    return refuse(RejectCode::already_exists);
  }
  if (!has_place(state, body.new_key)) return refuse(RejectCode::wrong_state);
  if (state.is_rehearsal) return Outcome::done;
  state.keys.create(body.new_key, command.account, body.scopes, body.public_key);
  answer_session(state, EventType::key_created, body.new_key);
  return Outcome::done;
}

Outcome revoke_key(State& state, const Command& command) {
  const KeyId id = command.revoke_key.revoked_key;
  if (state.keys.is_past(id)) return refuse(RejectCode::key_revoked);
  if (!state.keys.is_known(id)) return refuse(RejectCode::unknown_key);
  Key& key = state.keys[id];
  if (key.is_revoked != 0) return refuse(RejectCode::key_revoked);
  if (state.is_rehearsal) return Outcome::done;
  key.is_revoked = 1;
  end_session(state, id);
  key.dead_man_ns = 0;
  state.timers.clear(state.dead_man_timer(state.keys.place_of(id)));
  answer_session(state, EventType::key_revoked, id);
  return Outcome::done;
}

Outcome open_session(State& state, const Command& command) {
  if (state.is_rehearsal) return Outcome::done;
  Key& key = state.keys[command.key];
  ++key.epoch;
  key.is_open = 1;
  key.grace_ns = command.open_session.disconnect_grace_ns;
  state.timers.clear(state.grace_timer(state.keys.place_of(command.key)));
  answer_session(state, EventType::session_opened, command.key);
  return Outcome::done;
}

Outcome close_session(State& state, const Command& command) {
  if (state.is_rehearsal) return Outcome::done;
  end_session(state, command.key);
  answer_session(state, EventType::session_closed, command.key);
  return Outcome::done;
}

Outcome set_dead_man(State& state, const Command& command) {
  if (state.is_rehearsal) return Outcome::done;
  Key& key = state.keys[command.key];
  const std::uint32_t handle = state.dead_man_timer(state.keys.place_of(command.key));
  key.dead_man_ns = command.set_dead_man.timeout_ns;
  if (key.dead_man_ns == 0) {
    state.timers.clear(handle);
  } else {
    state.timers.set(
        {state.now + key.dead_man_ns, command.key.value(), TimerKind::dead_man, handle});
  }
  emit_done(state, command, command.account.value());
  return Outcome::done;
}

}  // namespace karst
