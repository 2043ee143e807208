// Merchants, money, keys and sessions (docs/ENGINE.md §3).
#include "tests/model/model.hpp"

namespace karst::model {

void Model::emit_merchant(EventType type, AccountId account, std::uint64_t number) {
  const std::uint64_t account_event = next_number(account);
  const Merchant& merchant = merchants_.at(account);
  MerchantChange& change = emit(type).merchant;
  change.number = number;
  change.account_event = account_event;
  change.account = account;
  change.group = merchant.group;
  change.state = merchant.state;
  change.tier = merchant.tier;
  change.clearance = merchant.clearance;
  change.domestic = merchant.domestic;
  change.killed = merchant.is_killed();
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, account_event);
}

RejectCode Model::admit_merchant() {
  const AdmitMerchant& wish = command_->admit_merchant;
  if (merchants_.contains(command_->account)) return RejectCode::already_exists;

  Merchant& merchant = merchants_[command_->account];
  merchant.group = wish.group;
  merchant.tier = wish.tier;
  merchant.clearance = wish.clearance;
  merchant.domestic = wish.domestic;
  emit_merchant(EventType::merchant_admitted, command_->account, ++settlements_);
  return RejectCode::none;
}

RejectCode Model::set_merchant_state() {
  Merchant& merchant = merchants_.at(command_->account);
  if (merchant.state == MerchantState::exited) return RejectCode::account_exited;

  merchant.state = command_->set_merchant_state.state;
  if (merchant.state == MerchantState::exited) {
    queue_account_job(command_->account, CancelReason::merchant_not_admitted);
  }
  emit_merchant(EventType::merchant_changed, command_->account, 0);
  return RejectCode::none;
}

RejectCode Model::set_merchant_limits() {
  const SetMerchantLimits& limits = command_->set_merchant_limits;
  Merchant& merchant = merchants_.at(command_->account);
  merchant.order_quantity_max = limits.order_quantity_max.value();
  merchant.open_orders_max = limits.open_orders_max;
  merchant.order_notional_max = limits.order_notional_max.value();
  merchant.messages_max = {limits.messages_per_10s_max, limits.messages_per_hour_max,
                           limits.messages_per_day_max};
  emit_merchant(EventType::merchant_changed, command_->account, 0);
  return RejectCode::none;
}

RejectCode Model::set_merchant_profile() {
  const SetMerchantProfile& profile = command_->set_merchant_profile;
  Merchant& merchant = merchants_.at(command_->account);
  merchant.group = profile.group;
  merchant.tier = profile.tier;
  merchant.clearance = profile.clearance;
  merchant.domestic = profile.domestic;
  emit_merchant(EventType::merchant_changed, command_->account, 0);
  return RejectCode::none;
}

RejectCode Model::rename_merchant() {
  emit_merchant(EventType::merchant_renamed, command_->account, ++settlements_);
  return RejectCode::none;
}

RejectCode Model::kill_switch() {
  const bool on = command_->kill_switch.on;
  const bool is_operator =
      command_->key.is_none() || (keys_.at(command_->key).scopes & scope::operate) != 0;
  Merchant& merchant = merchants_.at(command_->account);
  if (is_operator) merchant.killed_by_operator = on;
  if (!is_operator || !on) merchant.killed_by_itself = on;
  if (on) queue_account_job(command_->account, CancelReason::kill_switch);
  emit_merchant(EventType::merchant_changed, command_->account, 0);
  return RejectCode::none;
}

/// Answers a reference that is known already; nothing if it is new.
std::optional<RejectCode> Model::known_reference(const Reference& reference, CurrencyId currency,
                                                 Money amount) {
  const auto found = references_.find(reference);
  if (found == references_.end()) return std::nullopt;
  const Movement& first = found->second;
  const bool is_same = first.type == command_->type && first.account == command_->account &&
                       first.currency == currency && first.amount == amount.value();
  if (!is_same) return RejectCode::reference_in_use;
  answer_repeated(first.sequence, first.account_event, OrderId{0}, RejectCode::none);
  return RejectCode::none;
}

void Model::move_cash(EventType type, CurrencyId currency, Money amount,
                      const Reference& reference) {
  const AccountId account = command_->account;
  const std::int64_t moved = type == EventType::funded ? amount.value() : -amount.value();
  balances_[{account, currency}].available += moved;
  custody_[currency] += moved;
  const std::uint64_t account_event = next_number(account);
  CashMoved& cash = emit(type).cash;
  cash.number = ++settlements_;
  cash.account_event = account_event;
  cash.amount = amount;
  cash.reference = reference;
  cash.account = account;
  cash.currency = currency;
  references_[reference] = Movement{command_->type,     account,      currency, amount.value(),
                                    command_->sequence, account_event};
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, account_event);
}

RejectCode Model::fund() {
  const Fund& wish = command_->fund;
  if (const auto known = known_reference(wish.reference, wish.currency, wish.amount)) return *known;
  if (merchants_.at(command_->account).state == MerchantState::exited) {
    return RejectCode::account_exited;
  }
  if (!currencies_.contains(wish.currency)) return RejectCode::unknown_currency;
  if (Wide{custody(wish.currency)} + wish.amount.value() > money_max) {
    return RejectCode::amount_out_of_bounds;
  }
  const std::uint32_t kept = rules_ >= 3 ? (configure_.references_max + 15) / 16 : 0;
  if (references_.size() + kept >= configure_.references_max) return RejectCode::exchange_full;

  move_cash(EventType::funded, wish.currency, wish.amount, wish.reference);
  return RejectCode::none;
}

RejectCode Model::withdraw() {
  const Withdraw& wish = command_->withdraw;
  if (const auto known = known_reference(wish.reference, wish.currency, wish.amount)) return *known;
  if (!currencies_.contains(wish.currency)) return RejectCode::unknown_currency;
  if (cash(command_->account, wish.currency).available < wish.amount.value()) {
    return RejectCode::insufficient_funds;
  }
  if (references_.size() >= configure_.references_max) return RejectCode::exchange_full;

  move_cash(EventType::withdrawn, wish.currency, wish.amount, wish.reference);
  return RejectCode::none;
}

void Model::emit_session(EventType type, KeyId id) {
  const Key& key = keys_.at(id);
  const std::uint64_t account_event = next_number(key.account);
  SessionChange& change = emit(type).session;
  change.account_event = account_event;
  change.last_client_seq = key.last_client_seq;
  change.account = key.account;
  change.key = id;
  change.epoch = key.epoch;
  change.scopes = key.scopes;
  if (type != EventType::dead_man_fired) {
    remember_as(RejectCode::none, OrderId{0}, command_->sequence, account_event);
  }
}

RejectCode Model::create_key() {
  const CreateKey& wish = command_->create_key;
  if (keys_.contains(wish.new_key)) return RejectCode::already_exists;
  if (wish.new_key.value() > configure_.keys_max) {
    const auto before = keys_.find(KeyId{wish.new_key.value() - configure_.keys_max});
    if (before == keys_.end() || !before->second.revoked) return RejectCode::wrong_state;
    if (before->second.grace_due) return RejectCode::wrong_state;
    for (const Job& job : jobs_) {
      if (job.key == before->first) return RejectCode::wrong_state;
    }
  }

  Key& key = keys_[wish.new_key];
  key.account = command_->account;
  key.scopes = wish.scopes;
  emit_session(EventType::key_created, wish.new_key);
  return RejectCode::none;
}

RejectCode Model::revoke_key() {
  const KeyId id = command_->revoke_key.revoked_key;
  const auto found = keys_.find(id);
  if (found == keys_.end()) return RejectCode::unknown_key;
  Key& key = found->second;
  if (key.revoked) return RejectCode::key_revoked;
  const bool is_operator = (key.scopes & scope::operate) != 0;
  if (four_eyes_ && is_operator && count_operators() <= 2) return RejectCode::too_few_operators;

  key.revoked = true;
  key.dead_man = 0;
  drop_dead_man(id);
  if (key.session_open) end_session(id);
  emit_session(EventType::key_revoked, id);
  return RejectCode::none;
}

RejectCode Model::open_session() {
  Key& key = keys_.at(command_->key);
  ++key.epoch;
  key.session_open = true;
  key.grace = command_->open_session.disconnect_grace_ns;
  drop_grace(command_->key);
  emit_session(EventType::session_opened, command_->key);
  return RejectCode::none;
}

void Model::end_session(KeyId id) {
  Key& key = keys_.at(id);
  key.session_open = false;
  if (key.grace >= 0) stand_grace(id, now_ + key.grace);
}

RejectCode Model::close_session() {
  end_session(command_->key);
  emit_session(EventType::session_closed, command_->key);
  return RejectCode::none;
}

RejectCode Model::set_dead_man() {
  Key& key = keys_.at(command_->key);
  key.dead_man = command_->set_dead_man.timeout_ns;
  drop_dead_man(command_->key);
  if (key.dead_man != 0) stand_dead_man(command_->key, now_ + key.dead_man);
  answer_done();
  return RejectCode::none;
}

Cash Model::cash(AccountId account, CurrencyId currency) const {
  const auto found = balances_.find({account, currency});
  return found == balances_.end() ? Cash{} : found->second;
}

std::int64_t Model::income(CurrencyId currency) const {
  const auto found = income_.find(currency);
  return found == income_.end() ? 0 : found->second;
}

std::int64_t Model::custody(CurrencyId currency) const {
  const auto found = custody_.find(currency);
  return found == custody_.end() ? 0 : found->second;
}

}  // namespace karst::model
