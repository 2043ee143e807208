// Merchants: admission, state, limits, profile, kill switch.
#include "engine/order/life.hpp"
#include "engine/state/handler.hpp"

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

/// Queues the release of all a merchant's orders.
void release_all(State& state, const Command& command, CancelReason reason) {
  queue_release(state, Job::of_account(command.account.value(), reason, command.sequence));
}

}  // namespace

Checked<AdmitMerchant> check(const State& state, const Command& command, const AdmitMerchant&) {
  if (state.accounts.is_known(command.account)) return RejectCode::already_exists;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<AdmitMerchant>&) {
  const AdmitMerchant& body = command.admit_merchant;
  state.accounts.admit(command.account.value(), body.group.value(),
                       level::word(body.tier, body.clearance, body.domestic));
  emit_merchant(state, EventType::merchant_admitted, command.account.value(),
                state.next_settlement());
}

Checked<SetMerchantState> check(const State& state, const Command& command,
                                const SetMerchantState&) {
  const Account& account = state.accounts[command.account.value()];
  if (account.state == MerchantState::exited) return RejectCode::account_exited;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetMerchantState>&) {
  Account& account = state.accounts[command.account.value()];
  account.state = command.set_merchant_state.state;
  if (account.state == MerchantState::exited) {
    release_all(state, command, CancelReason::merchant_not_admitted);
  }
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
}

Checked<SetMerchantLimits> check(const State&, const Command&, const SetMerchantLimits&) {
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetMerchantLimits>&) {
  const SetMerchantLimits& body = command.set_merchant_limits;
  Account& account = state.accounts[command.account.value()];
  account.quantity_max = body.order_quantity_max.value();
  account.orders_max = body.open_orders_max;
  account.notional_max = body.order_notional_max.value();
  const std::uint32_t rates[RateWindows::count] = {
      body.messages_per_10s_max, body.messages_per_hour_max, body.messages_per_day_max};
  state.accounts.set_rates(command.account.value(), rates);
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
}

Checked<SetMerchantProfile> check(const State&, const Command&, const SetMerchantProfile&) {
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetMerchantProfile>&) {
  const SetMerchantProfile& body = command.set_merchant_profile;
  Account& account = state.accounts[command.account.value()];
  account.group = body.group.value();
  account.levels = level::word(body.tier, body.clearance, body.domestic);
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
}

Checked<RenameMerchant> check(const State&, const Command&, const RenameMerchant&) { return {}; }

// The name itself stands in the ledger, as that of the admission does.
void carry_out(State& state, const Command& command, const Checked<RenameMerchant>&) {
  emit_merchant(state, EventType::merchant_renamed, command.account.value(),
                state.next_settlement());
}

Checked<KillSwitch> check(const State&, const Command&, const KillSwitch&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<KillSwitch>&) {
  Account& account = state.accounts[command.account.value()];
  const bool by_operator = is_operator(state, command);
  if (command.kill_switch.on) {
    account.killed |= by_operator ? Account::killed_by_operator : Account::killed_by_merchant;
    release_all(state, command, CancelReason::kill_switch);
  } else {
    account.killed &= by_operator ? 0 : Account::killed_by_operator;
  }
  emit_merchant(state, EventType::merchant_changed, command.account.value(), 0);
}

}  // namespace karst
