// Money in and out. A bank's reference names one movement for ever.
#include "engine/base/money.hpp"
#include "engine/settlement/reserve.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

/// The movement a reference has named before: its first answer, or code 15 for another one.
template <class Movement>
[[nodiscard]] Checked<Movement> hear_again(const ReferenceEntry& entry, const Command& command,
                                           const Movement& body) {
  if (entry.type != command.type || entry.account != command.account.value() ||
      entry.currency != body.currency || entry.amount != body.amount.value()) {
    return RejectCode::reference_in_use;
  }
  return FirstAnswer{.sequence = entry.sequence, .account_event = entry.account_event, .order = 0};
}

[[nodiscard]] bool is_known(const State& state, CurrencyId id) {
  return id.value() < state.config.currencies_max && state.currencies[id.value()].is_known != 0;
}

/// `moved`: what the merchant gets; less than zero for a withdrawal.
template <class Movement>
void move(State& state, const Command& command, const Movement& body, Money moved, EventType type) {
  take(state.accounts.balance(command.account.value(), body.currency.value()).available,
       -moved.value());
  state.currencies[body.currency.value()].custody += moved.value();
  const std::uint64_t number = state.next_settlement();
  const std::uint64_t event_number = state.next_event_number(command.account.value());
  state.emit(type, 0, InstrumentId{0},
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
}

}  // namespace

Checked<Fund> check(const State& state, const Command& command, const Fund& body) {
  const std::uint32_t at = state.references.find(body.reference);
  if (at != ReferenceTable::none) return hear_again(state.references[at], command, body);
  if (state.accounts[command.account.value()].state == MerchantState::exited) {
    return RejectCode::account_exited;
  }
  if (!is_known(state, body.currency)) return RejectCode::unknown_currency;
  if (body.amount.value() > amount_max - state.currencies[body.currency.value()].custody) {
    return RejectCode::amount_out_of_bounds;
  }
  // The last references are for withdrawals: whatever happens, merchants get their money out.
  const bool is_last_kept = state.rules >= rules_of_lasting_tables;
  if (state.references.is_full(is_last_kept)) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Fund>&) {
  move(state, command, command.fund, command.fund.amount, EventType::funded);
}

Checked<Withdraw> check(const State& state, const Command& command, const Withdraw& body) {
  const std::uint32_t at = state.references.find(body.reference);
  if (at != ReferenceTable::none) return hear_again(state.references[at], command, body);
  if (!is_known(state, body.currency)) return RejectCode::unknown_currency;
  const Balance& balance = state.accounts.balance(command.account.value(), body.currency.value());
  if (balance.available < body.amount) return RejectCode::insufficient_funds;
  if (state.references.is_full(false)) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Withdraw>&) {
  const Withdraw& body = command.withdraw;
  move(state, command, body, Money{-body.amount.value()}, EventType::withdrawn);
}

}  // namespace karst
