// What one operator asks for and another confirms (docs/ENGINE.md §3, four eyes).
#include <algorithm>

#include "tests/model/fields.hpp"
#include "tests/model/model.hpp"
#include "tests/model/model_enclosed.hpp"

namespace karst::model {
namespace {

constexpr std::size_t proposals_most = 64;
constexpr std::uint8_t mighty = scope::audit | scope::operate;

bool is_dangerous(const Command& command, std::int64_t unseen_max,
                  const std::map<KeyId, Key>& keys) {
  switch (command.type) {
    case CommandType::accept_clock:
    case CommandType::set_four_eyes:
      return true;
    case CommandType::set_merchant_state:
      return command.set_merchant_state.state == MerchantState::exited;
    case CommandType::set_instrument_state:
      return command.set_instrument_state.state == InstrumentState::delisted;
    case CommandType::fund:
      return command.fund.amount.value() > unseen_max;
    case CommandType::withdraw:
      return command.withdraw.amount.value() > unseen_max;
    case CommandType::create_key:
      return (command.create_key.scopes & mighty) != 0;
    case CommandType::revoke_key: {
      const auto found = keys.find(command.revoke_key.revoked_key);
      return found != keys.end() && (found->second.scopes & mighty) != 0;
    }
    default:
      return false;
  }
}

Command enclosed_in(const EnclosedCommand& bytes) { return command_in(bytes).value_or(Command{}); }

}  // namespace

std::size_t Model::count_operators() const {
  return static_cast<std::size_t>(std::ranges::count_if(keys_, [](const auto& it) {
    return (it.second.scopes & scope::operate) != 0 && !it.second.revoked;
  }));
}

/// What the command would be refused with if it were said now; nothing changes.
RejectCode Model::try_out(const Command& command) const {
  Model trial = *this;
  trial.command_ = &command;
  trial.events_.clear();
  if (!are_fields_valid(command, configure_)) return RejectCode::invalid_field;
  if (!trial.is_permitted()) return RejectCode::not_permitted;
  if (needs_merchant(command) && !merchants_.contains(command.account)) {
    return RejectCode::unknown_account;
  }
  const RejectCode code = trial.carry_out();
  const bool is_old = code == RejectCode::none && trial.events_.front().type == EventType::repeated;
  return is_old ? RejectCode::already_exists : code;
}

/// Good commands that one operator may not say alone; what was done before is answered again.
RejectCode Model::refuse_alone() {
  const RejectCode code = try_out(*command_);
  if (code == RejectCode::already_exists) return carry_out();
  return code == RejectCode::none ? RejectCode::needs_two : code;
}

bool Model::takes_two() const {
  return four_eyes_ && is_dangerous(*command_, unseen_max_, keys_);
}

Command Model::said_now(const EnclosedCommand& bytes) const {
  Command inner = enclosed_in(bytes);
  inner.sequence = command_->sequence;
  inner.time = command_->time;
  inner.key = command_->key;
  return inner;
}

void Model::emit_proposal(EventType type, std::uint8_t detail, std::uint64_t number,
                          const Waiting& waiting, const Command* said) {
  const Command inner = enclosed_in(waiting.command);
  const std::uint64_t settlement = type == EventType::command_confirmed ? ++settlements_ : 0;
  ProposalChange& change = emit(type, detail).proposal;
  change.number = settlement;
  change.client_seq = said != nullptr ? said->client_seq : 0;
  change.proposal = number;
  change.by = waiting.by;
  change.key = said != nullptr ? said->key : KeyId{0};
  change.account = inner.account;
  change.command = inner.type;
}

RejectCode Model::propose() {
  const EnclosedCommand& bytes = command_->propose->command;
  if (const RejectCode code = try_out(said_now(bytes)); code != RejectCode::none) return code;
  if (waiting_.size() >= proposals_most) return RejectCode::exchange_full;
  const Waiting& waiting = waiting_[command_->sequence] = {now_ + ns_per_day, command_->key, bytes};
  timers_.insert({waiting.due, TimerKind::proposal, command_->sequence});
  emit_proposal(EventType::command_proposed, 0, command_->sequence, waiting, command_);
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
  return RejectCode::none;
}

RejectCode Model::confirm() {
  const Confirm& wish = *command_->confirm;
  const auto found = waiting_.find(wish.proposal);
  if (found == waiting_.end()) return RejectCode::unknown_proposal;
  Waiting& waiting = found->second;
  const bool is_void = !waiting.by.is_none() && keys_.at(waiting.by).revoked;
  if (is_void) return RejectCode::unknown_proposal;
  if (waiting.by == command_->key) return RejectCode::own_proposal;
  if (waiting.command != wish.command) return RejectCode::proposal_differs;
  const Command inner = said_now(waiting.command);
  if (const RejectCode code = try_out(inner); code != RejectCode::none) return code;

  const Command* const said = command_;
  if (waiting.by.is_none()) {
    waiting.by = said->key;
    emit_proposal(EventType::command_proposed, 1, wish.proposal, waiting, said);
  } else {
    emit_proposal(EventType::command_confirmed, 0, wish.proposal, waiting, said);
    forget_proposal(wish.proposal);
    command_ = &inner;
    static_cast<void>(carry_out());
    command_ = said;
  }
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
  return RejectCode::none;
}

RejectCode Model::retract() {
  const auto found = waiting_.find(command_->retract.proposal);
  if (found == waiting_.end()) return RejectCode::unknown_proposal;
  emit_proposal(EventType::command_retracted, static_cast<std::uint8_t>(RetractReason::by_operator),
                found->first, found->second, command_);
  forget_proposal(found->first);
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
  return RejectCode::none;
}

RejectCode Model::set_four_eyes() {
  const SetFourEyes& wish = command_->set_four_eyes;
  if (wish.on && count_operators() < 2) return RejectCode::too_few_operators;
  four_eyes_ = wish.on;
  unseen_max_ = wish.unseen_max.value();
  answer_done();
  return RejectCode::none;
}

void Model::forget_proposal(std::uint64_t number) {
  timers_.erase({waiting_.at(number).due, TimerKind::proposal, number});
  waiting_.erase(number);
}

void Model::fire_proposal(std::uint64_t number) {
  emit_proposal(EventType::command_retracted, static_cast<std::uint8_t>(RetractReason::expired),
                number, waiting_.at(number), nullptr);
  waiting_.erase(number);
}

}  // namespace karst::model
