// Who speaks, what has been answered before, and the answers themselves (docs/ENGINE.md §1, §2).
#include <cstring>

#include "tests/model/fields.hpp"
#include "tests/model/model.hpp"
#include "tests/model/request.hpp"

namespace karst::model {
namespace {

bool leaves_no_number(RejectCode code) {
  const auto number = static_cast<int>(code);
  return number <= 6 || (number >= 11 && number <= 13);
}

OrderId named_order(const Command& command) {
  switch (command.type) {
    case CommandType::amend_order:
      return command.amend_order.order;
    case CommandType::cancel_order:
      return command.cancel_order.order;
    case CommandType::hibernate_order:
      return command.hibernate_order.order;
    case CommandType::reactivate_order:
      return command.reactivate_order.order;
    default:
      return OrderId{0};
  }
}

}  // namespace

std::vector<Event> Model::apply(const Command& command) {
  command_ = &command;
  now_ = command.time.value();
  events_.clear();
  matches_ = 0;
  swept_book_ = InstrumentId{0};
  swept_ = 0;
  answer_.reset();
  if (configured_) {
    const bool is_hold = command.type == CommandType::clock_held && command.key.is_none() &&
                         rules_ >= 3 && are_fields_valid(command, configure_);
    if (is_hold && command.clock_held.held) clock_held_ = true;
    run_timers_and_jobs();
    continue_a_sweep();
    execute();
  } else {
    execute_unconfigured();
  }
  command_ = nullptr;
  return std::move(events_);
}

void Model::execute_unconfigured() {
  const bool is_exchange = command_->key.is_none();
  if (!is_exchange) return reject(RejectCode::unknown_key);
  if (command_->type == CommandType::tick) return;
  if (command_->type != CommandType::configure) return reject(RejectCode::not_configured);
  if (!are_fields_valid(*command_, configure_)) return reject(RejectCode::invalid_field);
  configure_ = command_->configure;
  configured_ = true;
  answer_done();
}

void Model::execute() {
  const bool is_exchange = command_->key.is_none();
  if (is_exchange && command_->type == CommandType::tick) return;
  if (!is_exchange && is_refused_speaker()) return;

  RejectCode code = RejectCode::none;
  if (!are_fields_valid(*command_, configure_) || is_of_later_rules()) {
    code = RejectCode::invalid_field;
  } else if (!is_permitted()) {
    code = RejectCode::not_permitted;
  } else if (needs_merchant(*command_) && !merchants_.contains(command_->account)) {
    code = RejectCode::unknown_account;
  } else {
    code = takes_two() ? refuse_alone() : carry_out();
  }
  if (code != RejectCode::none) reject(code);

  if (!is_exchange && command_->client_seq != 0 && !is_never_numbered(command_->type)) {
    Key& key = keys_.at(command_->key);
    key.last_client_seq = command_->client_seq;
    key.answers[command_->client_seq] = *answer_;
    key.answers[command_->client_seq].request = request_of(*command_);
    if (key.answers.size() > configure_.answers_per_key) key.answers.erase(key.answers.begin());
  }
}

/// Whether the command would mean something by rules that are not followed yet.
bool Model::is_of_later_rules() const {
  if (rules_ < traits_of(command_->type).since_rules) return true;
  if (command_->type == CommandType::define_product) {
    return rules_ < 5 && command_->define_product->title != Text<64>{};
  }
  return rules_ < 3 && command_->type == CommandType::create_key &&
         command_->create_key.new_key.value() >= configure_.keys_max;
}

/// Whether the key may not speak at all, or has been answered already; says so.
bool Model::is_refused_speaker() {
  const auto found = keys_.find(command_->key);
  if (found == keys_.end()) {
    reject(RejectCode::unknown_key);
    return true;
  }
  Key& key = found->second;
  if (key.revoked) {
    reject(RejectCode::key_revoked);
    return true;
  }
  const bool is_fenced = command_->epoch != 0 && command_->type != CommandType::open_session &&
                         (!key.session_open || command_->epoch != key.epoch);
  if (is_fenced) {
    reject(RejectCode::session_fenced);
    return true;
  }
  key.last_word = now_;
  return is_answered_before(key);
}

bool Model::is_answered_before(Key& key) {
  const std::uint64_t number = command_->client_seq;
  if (number == 0 || is_never_numbered(command_->type)) return false;
  const std::uint64_t last = key.last_client_seq;
  if (number == last + 1) return false;
  if (number > last) {
    reject(RejectCode::seq_gap, static_cast<std::int64_t>(last + 1));
    return true;
  }
  if (last - number >= configure_.answers_per_key) {
    reject(RejectCode::answer_expired);
    return true;
  }
  const Remembered& first = key.answers.at(number);
  if (first.request != request_of(*command_)) {
    reject(RejectCode::idempotency_conflict);
    return true;
  }
  answer_repeated(first.sequence, first.account_event, first.order, first.code);
  return true;
}

bool Model::may_speak_for_account() const {
  if (command_->key.is_none()) return true;
  const Key& key = keys_.at(command_->key);
  return command_->account == key.account || (key.scopes & scope::operate) != 0;
}

bool Model::is_permitted() const {
  if (command_->key.is_none()) return true;
  const Key& key = keys_.at(command_->key);
  const bool is_own = command_->account == key.account;
  const bool may_trade = (key.scopes & scope::trade) != 0;
  switch (command_->type) {
    case CommandType::configure:
    case CommandType::tick:
    case CommandType::adopt_rules:
    case CommandType::begin_incarnation:
    case CommandType::clock_held:
    case CommandType::grow:
      return false;
    case CommandType::open_session:
    case CommandType::close_session:
    case CommandType::set_dead_man:
    case CommandType::heartbeat:
      return is_own;
    default:
      break;
  }
  if ((key.scopes & scope::operate) != 0) return true;
  switch (command_->type) {
    case CommandType::place_order:
    case CommandType::amend_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer:
      return is_own && may_trade;
    case CommandType::kill_switch:
    case CommandType::cancel_order:
    case CommandType::mass_cancel:
    case CommandType::hibernate_order:
      return is_own && (may_trade || (key.scopes & scope::cancel_only) != 0);
    default:
      return false;
  }
}

RejectCode Model::grow() {
  const bool has_later_key = !keys_.empty() && keys_.rbegin()->first.value() >= configure_.keys_max;
  if (has_later_key && command_->grow.keys_max != configure_.keys_max) {
    return RejectCode::wrong_state;
  }
  configure_ = command_->grow;
  answer_done();
  return RejectCode::none;
}

RejectCode Model::adopt_rules() {
  const std::uint32_t version = command_->adopt_rules.version;
  if (version <= rules_ || version > rules_newest) return RejectCode::invalid_field;
  if (rules_ < 2) is_capacity_kept_ = pools_.empty();
  rules_ = version;
  answer_done();
  return RejectCode::none;
}

RejectCode Model::begin_incarnation() {
  const BeginIncarnation& wish = command_->begin_incarnation;
  if (wish.number == 0) return RejectCode::invalid_field;
  std::uint64_t skipped = 0;
  for (const Life& life : lives_) {
    if (life.number == wish.number || life.after > wish.after) return RejectCode::invalid_field;
    skipped += 2 * life.uses;
  }
  if (wish.after >= command_->sequence) return RejectCode::invalid_field;
  if (lives_.size() == lives_max) return RejectCode::exchange_full;
  const std::uint64_t left = 2 * uses_end - skipped;
  const std::uint64_t drawn = (wish.number * 0x9e3779b97f4a7c15) >> 32;
  const std::uint64_t uses = (left / 32 + ((drawn * (left / 8)) >> 32)) / 2;
  IncarnationBegun& begun = emit(EventType::incarnation_begun).incarnation;
  begun.number = wish.number;
  begun.before = lives_.empty() ? 0 : lives_.back().number;
  begun.after = wish.after;
  lives_.push_back({wish.number, wish.after, command_->sequence, uses});
  uses_skipped_ += uses;
  std::vector<std::uint32_t> still_good;
  for (const std::uint32_t slot : released_slots_) {
    if (order_uses_[slot] + uses >= uses_end) continue;
    order_uses_[slot] += static_cast<std::uint32_t>(uses);
    still_good.push_back(slot);
  }
  released_slots_ = still_good;
  return RejectCode::none;
}

void Model::emit_clock(EventType type, std::int64_t step_ns) {
  ClockChange& change = emit(type, clock_held_ ? 1 : 0).clock;
  change.client_seq = command_->client_seq;
  change.step_ns = step_ns;
  change.key = command_->key;
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
}

void Model::end_hold() {
  clock_held_ = false;
  for (const Job& job : held_jobs_) jobs_.push_back(job);
  held_jobs_.clear();
}

RejectCode Model::clock_held() {
  clock_held_ = command_->clock_held.held;
  if (!clock_held_) end_hold();
  emit_clock(EventType::clock_held, 0);
  return RejectCode::none;
}

RejectCode Model::accept_clock() {
  if (!clock_held_) return RejectCode::wrong_state;
  end_hold();
  emit_clock(EventType::clock_accepted, command_->accept_clock.step_ns);
  return RejectCode::none;
}

/// Requires: the fields are valid, the key may do this, the merchant exists.
/// Returns:  none once the answer has been written.
RejectCode Model::carry_out() {
  switch (command_->type) {
#define KARST_MODEL_CASE(name, number, Body, ...) \
  case CommandType::name: return name();
    KARST_COMMANDS(KARST_MODEL_CASE)
#undef KARST_MODEL_CASE
  }
  return RejectCode::invalid_field;
}

RejectCode Model::configure() { return RejectCode::not_configured; }

RejectCode Model::tick() { return RejectCode::not_permitted; }

RejectCode Model::heartbeat() {
  answer_done();
  return RejectCode::none;
}

Event& Model::emit(EventType type, std::uint8_t detail, InstrumentId instrument) {
  Event event;
  std::memset(static_cast<void*>(&event), 0, sizeof event);
  event.sequence = command_->sequence;
  event.index = static_cast<std::uint16_t>(events_.size());
  event.type = type;
  event.detail = detail;
  event.instrument = instrument;
  events_.push_back(event);
  return events_.back();
}

/// The next number of the account's event log; 0 for the exchange, which has none.
std::uint64_t Model::next_number(AccountId account) {
  const auto found = merchants_.find(account);
  return found == merchants_.end() ? 0 : ++found->second.events;
}

AccountId Model::answer_account() const {
  return is_about_no_merchant(command_->type) ? AccountId{0} : command_->account;
}

void Model::reject(RejectCode code, std::int64_t value) {
  const bool has_number = !leaves_no_number(code) && may_speak_for_account();
  const std::uint64_t number = has_number ? next_number(answer_account()) : 0;
  Answer& answer = emit(EventType::rejected, static_cast<std::uint8_t>(code)).answer;
  answer.client_seq = command_->client_seq;
  answer.account_event = number;
  answer.value = value;
  answer.order = named_order(*command_);
  answer.account = answer_account();
  answer.key = command_->key;
  answer.command = command_->type;
  remember_as(code, answer.order, command_->sequence, number);
}

void Model::answer_done() {
  const std::uint64_t number = next_number(answer_account());
  Answer& answer = emit(EventType::done).answer;
  answer.client_seq = command_->client_seq;
  answer.account_event = number;
  answer.account = answer_account();
  answer.key = command_->key;
  answer.command = command_->type;
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, number);
}

void Model::answer_repeated(std::uint64_t sequence, std::uint64_t account_event, OrderId order,
                            RejectCode code) {
  Repeated& repeated = emit(EventType::repeated).repeated;
  repeated.client_seq = command_->client_seq;
  repeated.original_sequence = sequence;
  repeated.original_account_event = account_event;
  repeated.order = order;
  repeated.account = answer_account();
  repeated.key = command_->key;
  repeated.command = command_->type;
  repeated.code = code;
  remember_as(code, order, sequence, account_event);
}

void Model::remember_as(RejectCode code, OrderId order, std::uint64_t sequence,
                        std::uint64_t account_event) {
  answer_ = Remembered{{}, code, order, sequence, account_event};
}

}  // namespace karst::model
