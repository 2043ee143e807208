// One command: who speaks, what is left over, what is asked, what it came to.
#include "engine/engine.hpp"

#include "engine/assert.hpp"
#include "engine/command_check.hpp"
#include "engine/command_codec.hpp"
#include "engine/continuation.hpp"
#include "engine/hash.hpp"
#include "engine/reference_data.hpp"
#include "engine/state.hpp"
#include "engine/trading.hpp"

namespace karst {
namespace {

[[nodiscard]] bool is_session_command(CommandType type) {
  return type == CommandType::open_session || type == CommandType::close_session ||
         type == CommandType::set_dead_man || type == CommandType::heartbeat;
}

/// Whether the command is about a merchant; if not, its account is ignored.
[[nodiscard]] bool is_personal(CommandType type) {
  switch (type) {
    case CommandType::admit_merchant:
    case CommandType::set_merchant_state:
    case CommandType::set_merchant_limits:
    case CommandType::set_merchant_profile:
    case CommandType::kill_switch:
    case CommandType::fund:
    case CommandType::withdraw:
    case CommandType::create_key:
    case CommandType::open_session:
    case CommandType::close_session:
    case CommandType::set_dead_man:
    case CommandType::heartbeat:
    case CommandType::mint_capacity:
    case CommandType::define_product:
    case CommandType::place_order:
    case CommandType::amend_order:
    case CommandType::cancel_order:
    case CommandType::mass_cancel:
    case CommandType::hibernate_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer: return true;
    default: return false;
  }
}

/// What a merchant's own key needs for a command; 0 = no merchant's key may say it.
[[nodiscard]] std::uint8_t scopes_needed(CommandType type) {
  switch (type) {
    case CommandType::place_order:
    case CommandType::amend_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer: return scope::trade;
    case CommandType::kill_switch:
    case CommandType::cancel_order:
    case CommandType::mass_cancel:
    case CommandType::hibernate_order: return scope::trade | scope::cancel_only;
    case CommandType::open_session:
    case CommandType::close_session:
    case CommandType::set_dead_man:
    case CommandType::heartbeat: return scope::all;
    default: return 0;
  }
}

/// The order a command names by id; none if it names none.
[[nodiscard]] OrderId order_in(const Command& command) {
  switch (command.type) {
    case CommandType::amend_order: return command.amend_order.order;
    case CommandType::cancel_order: return command.cancel_order.order;
    case CommandType::hibernate_order: return command.hibernate_order.order;
    case CommandType::reactivate_order: return command.reactivate_order.order;
    default: return OrderId{0};
  }
}

/// The slot of the instrument whose book a command names; 0 for none.
[[nodiscard]] std::uint32_t named_book(const State& state, const Command& command) {
  switch (command.type) {
    case CommandType::place_order:
    case CommandType::post_offer: {
      const InstrumentId id = command.type == CommandType::place_order
                                  ? command.place_order.instrument
                                  : command.post_offer.instrument;
      return state.instruments.find(id) != nullptr ? slot_of(id) : 0;
    }
    case CommandType::amend_order:
    case CommandType::cancel_order:
    case CommandType::hibernate_order:
    case CommandType::reactivate_order: {
      const Slot slot = named_order(state, command);
      return slot == no_slot ? 0 : state.orders.nodes.cold(slot).instrument;
    }
    default: return 0;
  }
}

/// Codes 1-6. Whether the command is new, and if not, what it came to the first time.
struct Speech {
  RejectCode code = RejectCode::none;
  std::int64_t value = 0;  ///< seq_gap: the number expected
  bool is_repeated = false;
  bool is_numbered = false;  ///< new, and to be remembered
  std::uint64_t hash = 0;    ///< of the request
};

[[nodiscard, gnu::noinline, gnu::cold]] Speech hear_again(State& state, const Command& command,
                                                          std::uint64_t hash) {
  const Key& key = state.keys[command.key];
  if (command.client_seq > key.last_client_seq) {
    return {RejectCode::seq_gap, static_cast<std::int64_t>(key.last_client_seq + 1)};
  }
  if (key.last_client_seq - command.client_seq >= state.keys.answers_per_key()) {
    return {RejectCode::answer_expired};
  }
  if (state.keys.answer(command.key, command.client_seq).request_hash != hash) {
    return {RejectCode::idempotency_conflict};
  }
  return {.is_repeated = true};
}

[[nodiscard]] Speech hear(State& state, const Command& command) {
  if (command.key.is_none()) return {};
  if (!state.keys.is_known(command.key)) return {RejectCode::unknown_key};
  Key& key = state.keys[command.key];
  if (key.is_revoked != 0) return {RejectCode::key_revoked};
  if (command.epoch != 0 && command.type != CommandType::open_session &&
      (key.is_open == 0 || command.epoch != key.epoch)) {
    return {RejectCode::session_fenced};
  }
  key.last_word_ns = command.time.value();
  if (command.client_seq == 0 ||
      (is_session_command(command.type) && command.type != CommandType::set_dead_man)) {
    return {};
  }
  const std::uint64_t hash = request_hash(command);
  if (command.client_seq == key.last_client_seq + 1) [[likely]] {
    return {.is_numbered = true, .hash = hash};
  }
  return hear_again(state, command, hash);
}

/// Codes 10-13: is it well formed, may the key say it, is there such a merchant.
[[nodiscard]] RejectCode admit(const State& state, const Command& command) {
  const bool is_exchange = command.key.is_none();
  if (!state.is_configured && command.type != CommandType::configure) {
    return RejectCode::not_configured;
  }
  const bool is_unnumbered =
      is_session_command(command.type) && command.type != CommandType::set_dead_man;
  if (is_exchange ? (command.client_seq != 0 || command.epoch != 0 ||
                     is_session_command(command.type))
                  : (is_unnumbered && command.client_seq != 0) ||
                        (command.type == CommandType::close_session && command.epoch == 0)) {
    return RejectCode::invalid_field;
  }
  if ((command.reserved[0] | command.reserved[1] | command.reserved[2]) != 0) {
    return RejectCode::invalid_field;
  }
  const bool is_well_formed = command.type == CommandType::place_order
                                  ? has_valid_fields(command.place_order)
                                  : has_valid_fields(command, state.config);
  if (!is_well_formed) return RejectCode::invalid_field;
  if (!is_exchange) {
    const Key& key = state.keys[command.key];
    const bool is_own = key.account == command.account.value();
    const bool is_operator = (key.scopes & scope::operate) != 0 &&
                             command.type != CommandType::configure &&
                             command.type != CommandType::tick;
    const bool is_allowed =
        is_session_command(command.type)
            ? is_own
            : is_operator || (is_own && (key.scopes & scopes_needed(command.type)) != 0);
    if (!is_allowed) return RejectCode::not_permitted;
  }
  if (state.is_configured && command.type == CommandType::configure) {
    return RejectCode::not_configured;
  }
  const bool may_be_exchange =
      command.account.is_none() &&
      (command.type == CommandType::create_key || is_session_command(command.type));
  if (command.type != CommandType::admit_merchant && is_personal(command.type) &&
      !may_be_exchange && !state.accounts.is_known(command.account)) {
    return RejectCode::unknown_account;
  }
  return RejectCode::none;
}

[[nodiscard]] Outcome configure(State& state, const Command& command) {
  KARST_ASSERT(std::memcmp(&command.configure, &state.config, sizeof(Configure)) == 0);
  state.is_configured = true;
  emit_done(state, command, 0);
  return {};
}

/// The rarer commands.
[[nodiscard, gnu::noinline]] Outcome operate(State& state, const Command& command) {
  const bool is_operator = command.key.is_none() ||
                           (state.keys[command.key].scopes & scope::operate) != 0;
  switch (command.type) {
    case CommandType::configure: return configure(state, command);
    case CommandType::define_currency: return define_currency(state, command);
    case CommandType::define_calendar: return define_calendar(state, command);
    case CommandType::define_fees: return define_fees(state, command);
    case CommandType::admit_merchant: return admit_merchant(state, command);
    case CommandType::set_merchant_state: return set_merchant_state(state, command);
    case CommandType::set_merchant_limits: return set_merchant_limits(state, command);
    case CommandType::set_merchant_profile: return set_merchant_profile(state, command);
    case CommandType::kill_switch: return kill_switch(state, command, is_operator);
    case CommandType::fund:
    case CommandType::withdraw: return move_cash(state, command);
    case CommandType::create_key: return create_key(state, command);
    case CommandType::revoke_key: return revoke_key(state, command);
    case CommandType::open_session: return open_session(state, command);
    case CommandType::close_session: return close_session(state, command);
    case CommandType::set_dead_man: return set_dead_man(state, command);
    case CommandType::define_pool: return define_pool(state, command);
    case CommandType::set_pool_capacity: return set_pool_capacity(state, command);
    case CommandType::set_pool_terms: return set_pool_terms(state, command);
    case CommandType::list_contracts: return list_contracts(state, command);
    case CommandType::mint_capacity: return mint_capacity(state, command);
    case CommandType::define_product: return define_product(state, command);
    case CommandType::set_product_terms: return set_product_terms(state, command);
    case CommandType::set_instrument_state: return set_instrument_state(state, command);
    case CommandType::halt: return halt(state, command);
    case CommandType::resume: return resume(state, command);
    case CommandType::mass_cancel: {
      const Outcome outcome = mass_cancel(state, command);
      if (outcome.code == RejectCode::none) {
        emit_done(state, command, command.account.value());
      }
      return outcome;
    }
    case CommandType::heartbeat: emit_done(state, command, command.account.value()); return {};
    default: return {RejectCode::invalid_field};
  }
}

[[nodiscard]] Outcome carry_out(State& state, const Command& command, bool is_busy) {
  switch (command.type) {
    case CommandType::place_order: return place_order(state, command, is_busy);
    case CommandType::cancel_order: return cancel_order(state, command, is_busy);
    case CommandType::amend_order: return amend_order(state, command, is_busy);
    case CommandType::hibernate_order: return hibernate_order(state, command, is_busy);
    case CommandType::reactivate_order: return reactivate_order(state, command, is_busy);
    case CommandType::post_offer: return post_offer(state, command, is_busy);
    default: return operate(state, command);
  }
}

/// Whether a refusal stands in the merchant's event log.
[[nodiscard]] bool is_logged(const State& state, const Command& command, RejectCode code) {
  const bool is_before_account = code < RejectCode::invalid_field ||
                                 (code >= RejectCode::not_permitted &&
                                  code <= RejectCode::unknown_account);
  const bool may_speak_for = command.key.is_none() ||
                             state.keys[command.key].account == command.account.value() ||
                             (state.keys[command.key].scopes & scope::operate) != 0;
  return !is_before_account && is_personal(command.type) && may_speak_for &&
         state.accounts.is_known(command.account);
}

void emit_rejected(State& state, const Command& command, RejectCode code, std::int64_t value) {
  const bool is_in_log = is_logged(state, command, code);
  const std::uint32_t account = is_in_log ? command.account.value() : 0;
  const std::uint64_t number = state.next_event_number(account);
  state.emit(EventType::rejected, static_cast<std::uint8_t>(code), InstrumentId{0}).answer = {
      .client_seq = command.client_seq,
      .account_event = number,
      .value = value,
      .order = order_in(command),
      .account = is_personal(command.type) ? command.account : AccountId{0},
      .key = command.key,
      .command = command.type,
      .reserved = {}};
  state.note_answer(number, order_in(command).value());
}

void emit_repeated(State& state, const Command& command, const RememberedAnswer& answer) {
  state.emit(EventType::repeated, 0, InstrumentId{0}).repeated = {
      .client_seq = command.client_seq,
      .original_sequence = answer.sequence,
      .original_account_event = answer.event_and_code >> 8,
      .order = OrderId{answer.order},
      .account = is_personal(command.type) ? command.account : AccountId{0},
      .key = command.key,
      .command = command.type,
      .code = static_cast<RejectCode>(answer.event_and_code & 0xff),
      .reserved = {}};
}

/// Remembers what a numbered command came to.
void remember(State& state, const Command& command, std::uint64_t hash, const Outcome& outcome) {
  Key& key = state.keys[command.key];
  key.last_client_seq = command.client_seq;
  state.keys.answer(command.key, command.client_seq) = {
      .request_hash = hash,
      .sequence = outcome.is_repeated ? outcome.repeated_sequence : command.sequence,
      .order = state.answer_order,
      .event_and_code = state.answer_event << 8 | static_cast<std::uint64_t>(outcome.code)};
}

/// From the words to their answer. Writes the answer and all that follows.
void answer(State& state, const Command& command, bool is_busy) {
  if (command.type == CommandType::tick && command.key.is_none()) return;
  const Speech speech = hear(state, command);
  if (speech.code != RejectCode::none) [[unlikely]] {
    emit_rejected(state, command, speech.code, speech.value);
    return;
  }
  if (speech.is_repeated) [[unlikely]] {
    emit_repeated(state, command, state.keys.answer(command.key, command.client_seq));
    return;
  }
  Outcome outcome{admit(state, command)};
  if (outcome.code == RejectCode::none) {
    outcome = carry_out(state, command, is_busy);
  }
  if (outcome.code != RejectCode::none) {
    emit_rejected(state, command, outcome.code, 0);
  } else if (outcome.is_repeated) {
    emit_repeated(state, command,
                  {.request_hash = 0,
                   .sequence = outcome.repeated_sequence,
                   .order = state.answer_order,
                   .event_and_code = state.answer_event << 8});
  }
  if (speech.is_numbered) remember(state, command, speech.hash, outcome);
}

}  // namespace

Engine::Engine(const Configure& sizes) : state_(std::make_unique<State>(sizes)) {
  KARST_ASSERT(is_valid(sizes));
}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Applied Engine::apply(const Command& command, EventRing& ring) {
  State& state = *state_;
  KARST_ASSERT(command.sequence == state.sequence + 1 && command.time.value() > state.now);
  state.sequence = command.sequence;
  state.now = command.time.value();
  state.ring = &ring;
  state.first_event = ring.next;
  state.match_index = 0;
  state.makers_left = state.config.makers_per_command_max;
  bool is_busy = false;
  if (has_work(state)) [[unlikely]] {
    fire_timers_and_jobs(state);
    const std::uint32_t named = named_book(state, command);
    state.makers_left -= continue_sweeps(state, named, command.type == CommandType::tick);
    is_busy = named != 0 && state.instruments[named].pending != 0;
  }
  const std::uint64_t answer_at = ring.next;
  answer(state, command, is_busy);
  for (std::uint64_t at = state.first_event; at != ring.next; ++at) {
    state.event_hash = mix(state.event_hash, ring.at(at));
  }
  const auto count = static_cast<std::uint32_t>(ring.next - state.first_event);
  KARST_ASSERT(count <= events_per_command_max);
  return {state.first_event, count,
          ring.next == answer_at ? Applied::no_answer
                                 : static_cast<std::uint32_t>(answer_at - state.first_event)};
}

void Engine::prefetch(const Command& command) const {
  const State& state = *state_;
  state.keys.prefetch(command.key, command.client_seq);
  if (command.type == CommandType::place_order) {
    const PlaceOrder& order = command.place_order;
    state.instruments.prefetch(order.instrument);
    state.accounts.prefetch(command.account.value(), 1);
    state.holdings.prefetch(
        command.account.value(),
        HoldingTable::asset(order.instrument,
                            order.side == Side::buy ? Draw::holding : order.draw));
  } else if (command.type == CommandType::cancel_order) {
    const Slot slot = slot_of(command.cancel_order.order);
    if (slot < state.orders.nodes.capacity()) {
      state.orders.nodes.prefetch(slot);
      state.orders.nodes.prefetch_cold(slot);
      state.links.prefetch(slot);
    }
  }
}

}  // namespace karst
