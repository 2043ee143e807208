// One command: who speaks, what is left over, what is asked, what it came to.
#include "engine/engine.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/command/check.hpp"
#include "engine/command/codec.hpp"
#include "engine/command/traits.hpp"
#include "engine/continuation/continuation.hpp"
#include "engine/order/entry.hpp"
#include "engine/order/trading.hpp"
#include "engine/reference/begin_incarnation.hpp"
#include "engine/reference/held_clock.hpp"
#include "engine/reference/reference_data.hpp"
#include "engine/state/state.hpp"

namespace karst {
namespace {

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
      return slot == no_slot ? 0 : state.orders.nodes.node(slot).hot.instrument;
    }
    default: return 0;
  }
}

/// Codes 1-6 of a numbered command that is not the next one: what it came to the first time.
[[nodiscard]] RejectCode hear_again(State& state, const Command& command) {
  const Key& key = state.keys[command.key];
  if (command.client_seq > key.last_client_seq) return RejectCode::seq_gap;
  if (key.last_client_seq - command.client_seq >= state.keys.answers_per_key()) {
    return RejectCode::answer_expired;
  }
  if (state.keys.answer(command.key, command.client_seq).request_hash != request_hash(command)) {
    return RejectCode::idempotency_conflict;
  }
  return RejectCode::none;
}

/// Codes 1-3: is there such a key, may it still speak, is it the live session.
[[nodiscard]] RejectCode hear(const State& state, const Command& command) {
  if (command.key.is_none()) return RejectCode::none;
  if (state.keys.is_past(command.key)) return RejectCode::key_revoked;
  if (!state.keys.is_known(command.key)) return RejectCode::unknown_key;
  const Key& key = state.keys[command.key];
  if (key.is_revoked != 0) return RejectCode::key_revoked;
  if (command.epoch != 0 && command.type != CommandType::open_session &&
      (key.is_open == 0 || command.epoch != key.epoch)) {
    return RejectCode::session_fenced;
  }
  return RejectCode::none;
}

/// Code 10: does it mean anything.
[[nodiscard]] bool is_well_formed(const State& state, const Command& command) {
  const CommandTraits& traits = traits_of(command.type);
  if (command.key.is_none()
          ? command.client_seq != 0 || command.epoch != 0 || traits.is_session
          : (traits.is_unnumbered && command.client_seq != 0) ||
                (command.type == CommandType::close_session && command.epoch == 0)) {
    return false;
  }
  if (command.type == CommandType::create_key && state.rules < rules_of_lasting_tables &&
      command.create_key.new_key.value() >= state.config.keys_max) {
    return false;
  }
  return (command.reserved[0] | command.reserved[1] | command.reserved[2]) == 0 &&
         has_valid_fields(command, state.config);
}

/// Codes 10-13: is it well formed, may the key say it, is there such a merchant.
[[nodiscard]] RejectCode admit(const State& state, const Command& command) {
  if (!state.is_configured && command.type != CommandType::configure) {
    return RejectCode::not_configured;
  }
  if (!is_well_formed(state, command)) return RejectCode::invalid_field;
  const CommandTraits& traits = traits_of(command.type);
  if (!command.key.is_none()) {
    const Key& key = state.keys[command.key];
    const bool is_own = key.account == command.account.value();
    const bool is_operator = (key.scopes & scope::operate) != 0 && !traits.is_internal;
    const bool is_allowed = traits.is_session
                                ? is_own
                                : is_operator || (is_own && (key.scopes & traits.scopes) != 0);
    if (!is_allowed) return RejectCode::not_permitted;
  }
  if (state.is_configured && command.type == CommandType::configure) {
    return RejectCode::not_configured;
  }
  const bool is_exchange = command.account.is_none() && traits.may_be_exchange;
  if (command.type != CommandType::admit_merchant && traits.is_personal && !is_exchange &&
      !state.accounts.is_known(command.account)) {
    return RejectCode::unknown_account;
  }
  return RejectCode::none;
}

[[nodiscard]] Outcome configure(State& state, const Command& command) {
  KARST_ASSERT(std::memcmp(&command.configure, &state.config, sizeof(Configure)) == 0);
  if (state.is_rehearsal) return Outcome::done;
  state.is_configured = true;
  emit_done(state, command, 0);
  return Outcome::done;
}

[[nodiscard]] Outcome adopt_rules(State& state, const Command& command) {
  const std::uint32_t version = command.adopt_rules.version;
  if (version <= state.rules || version > rules_newest) return refuse(RejectCode::invalid_field);
  if (state.is_rehearsal) return Outcome::done;
  state.rules = version;
  emit_done(state, command, 0);
  return Outcome::done;
}

/// The commands that are not about orders.
[[nodiscard]] Outcome operate(State& state, const Command& command) {
  const bool is_operator = command.key.is_none() ||
                           (state.keys[command.key].scopes & scope::operate) != 0;
  switch (command.type) {
    case CommandType::configure: return configure(state, command);
    case CommandType::adopt_rules: return adopt_rules(state, command);
    case CommandType::begin_incarnation: return begin_incarnation(state, command);
    case CommandType::clock_held: return clock_held(state, command);
    case CommandType::accept_clock: return accept_clock(state, command);
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
      if (outcome == Outcome::done && !state.is_rehearsal) {
        emit_done(state, command, command.account.value());
      }
      return outcome;
    }
    case CommandType::heartbeat:
      if (!state.is_rehearsal) emit_done(state, command, command.account.value());
      return Outcome::done;
    default: return refuse(RejectCode::invalid_field);
  }
}

/// All of them, out of line.
[[nodiscard, gnu::noinline]] Outcome carry_out(State& state, const Command& command,
                                               bool is_busy) {
  switch (command.type) {
    case CommandType::place_order: return place_order<Course::any>(state, command, is_busy);
    case CommandType::cancel_order: return cancel_order<Course::any>(state, command, is_busy);
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
  if (is_before_account) return false;  // the key may be unknown, and beyond the table
  const bool may_speak_for = command.key.is_none() ||
                             state.keys[command.key].account == command.account.value() ||
                             (state.keys[command.key].scopes & scope::operate) != 0;
  return traits_of(command.type).is_personal && may_speak_for &&
         state.accounts.is_known(command.account);
}

void emit_rejected(State& state, const Command& command, RejectCode code, std::int64_t value) {
  const bool is_in_log = is_logged(state, command, code);
  const std::uint32_t account = is_in_log ? command.account.value() : 0;
  const std::uint64_t number = state.next_event_number(account);
  state.emit(EventType::rejected, static_cast<std::uint8_t>(code), InstrumentId{0},
             Answer{.client_seq = command.client_seq,
                    .account_event = number,
                    .value = value,
                    .order = order_in(command),
                    .account = traits_of(command.type).is_personal ? command.account : AccountId{0},
                    .key = command.key,
                    .command = command.type,
                    .reserved = {}});
  state.note_answer(number, order_in(command).value());
}

void emit_repeated(State& state, const Command& command, const RememberedAnswer& answer) {
  state.emit(
      EventType::repeated, 0, InstrumentId{0},
      Repeated{.client_seq = command.client_seq,
               .original_sequence = answer.sequence,
               .original_account_event = answer.event_and_code >> 8,
               .order = OrderId{answer.order},
               .account = traits_of(command.type).is_personal ? command.account : AccountId{0},
               .key = command.key,
               .command = command.type,
               .code = static_cast<RejectCode>(answer.event_and_code & 0xff),
               .reserved = {}});
}

/// Says what became of a command that was not simply carried out.
[[gnu::cold, gnu::noinline]] void emit_exception(State& state, const Command& command,
                                                 Outcome outcome) {
  if (outcome == Outcome::repeated) {
    emit_repeated(state, command,
                  {.request_hash = 0,
                   .sequence = state.answer_sequence,
                   .order = state.answer_order,
                   .event_and_code = state.answer_event << 8});
  } else {
    emit_rejected(state, command, code_of(outcome), 0);
  }
}

/// Remembers what a numbered command of the key in `place` came to.
[[gnu::always_inline]] inline void remember(State& state, std::uint32_t place,
                                            const Command& command, std::uint64_t hash,
                                            Outcome outcome) {
  state.keys.in_place(place).last_client_seq = command.client_seq;
  RememberedAnswer& answer = state.keys.answer_in(place, command.client_seq);
  answer.request_hash = hash;
  answer.sequence = outcome == Outcome::repeated ? state.answer_sequence : command.sequence;
  answer.order = state.answer_order;
  answer.event_and_code = state.answer_event << 8 | static_cast<std::uint64_t>(code_of(outcome));
}

/// The whole way from the words to their answer: who speaks, is it new, may it speak.
/// Writes the answer and all that follows. Source: docs/ENGINE.md §2.
[[gnu::noinline]] void answer_carefully(State& state, const Command& command, bool is_busy) {
  if (command.type == CommandType::tick && command.key.is_none()) return;
  RejectCode code = hear(state, command);
  const bool is_numbered = !command.key.is_none() && command.client_seq != 0 &&
                           !traits_of(command.type).is_unnumbered;
  if (code == RejectCode::none && !command.key.is_none()) {
    state.keys[command.key].last_word_ns = state.now;
  }
  const bool is_next =
      code == RejectCode::none && is_numbered &&
      command.client_seq == state.keys[command.key].last_client_seq + 1;
  if (code == RejectCode::none && is_numbered && !is_next) {
    code = hear_again(state, command);
    if (code == RejectCode::none) {
      emit_repeated(state, command, state.keys.answer(command.key, command.client_seq));
      return;
    }
  }
  if (code != RejectCode::none) {
    const bool is_gap = code == RejectCode::seq_gap;
    const std::uint64_t expected = is_gap ? state.keys[command.key].last_client_seq + 1 : 0;
    emit_rejected(state, command, code, static_cast<std::int64_t>(expected));
    return;
  }
  Outcome outcome = refuse(admit(state, command));
  if (outcome == Outcome::done) outcome = carry_out(state, command, is_busy);
  if (outcome != Outcome::done) emit_exception(state, command, outcome);
  if (!is_next) return;
  remember(state, state.keys.place_of(command.key), command, request_hash(command), outcome);
}

/// Whether a command is of this type and its reserved bytes are zero: one word.
[[nodiscard]] bool is_plainly(const Command& command, CommandType type) {
  static_assert(offsetof(Command, reserved) == offsetof(Command, type) + 1);
  std::uint32_t word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&command) + offsetof(Command, type),
              sizeof word);
  return word == static_cast<std::uint32_t>(type);
}

/// Whether a merchant's own live key, with one of these scopes, says the next thing.
[[nodiscard]] inline bool is_usual_speaker(const Key& key, const Command& command,
                                           std::uint8_t scopes) {
  // A later key of its place has another number than its place.
  if ((key.scopes & scopes) == 0 || (key.is_revoked | key.generation) != 0) [[unlikely]] {
    return false;
  }
  if (key.account != command.account.value() || key.account == 0) [[unlikely]] return false;
  if (command.epoch != 0 && (key.is_open == 0 || command.epoch != key.epoch)) [[unlikely]] {
    return false;
  }
  return command.client_seq == key.last_client_seq + 1;
}

/// Returns: how many events the command came to.
[[gnu::always_inline]] inline std::uint32_t count_events(const State& state) {
  const EventRing& ring = *state.ring;
  const std::uint64_t count = ring.next - state.first_event;
  KARST_ASSERT(count <= events_per_command_max);
  // The ring's lines were last in the cache of who reads it: coming events ask for theirs early.
  constexpr std::uint64_t events_ahead = 8;
  __builtin_prefetch(&ring.at(ring.next + events_ahead), 1);
  return static_cast<std::uint32_t>(count);
}

/// Any command: what is due or left over first, then what it asks.
[[nodiscard, gnu::noinline]] Applied apply_carefully(State& state, const Command& command) {
  bool is_busy = false;
  if (command.type == CommandType::clock_held && command.key.is_none() &&
      is_well_formed(state, command) && is_begin_of_hold(state, command)) [[unlikely]] {
    state.is_clock_held = true;
  }
  if (has_work(state)) {
    fire_timers_and_jobs(state);
    const std::uint32_t named = named_book(state, command);
    state.makers_left -= continue_sweeps(state, named, command.type == CommandType::tick);
    is_busy = named != 0 && state.instruments[named].pending != 0;
  }
  const auto before_answer = static_cast<std::uint32_t>(state.ring->next - state.first_event);
  answer_carefully(state, command, is_busy);
  const std::uint32_t count = count_events(state);
  return {state.first_event, count, count == before_answer ? Applied::no_answer : before_answer};
}

/// The two that nine commands in ten are: what is plain of them, and who handles them.
struct UsualPlace {
  static constexpr CommandType type = CommandType::place_order;
  [[nodiscard]] static bool is_plain(const Command& command) {
    const PlaceOrder& order = command.place_order;
    return is_none(order.client_order_id) && is_plain_limit(order);
  }
  [[nodiscard, gnu::always_inline]] static Outcome handle(State& state, const Command& command) {
    return place_order<Course::usual>(state, command, false);
  }
};
struct UsualCancel {
  static constexpr CommandType type = CommandType::cancel_order;
  [[nodiscard]] static bool is_plain(const Command& command) {
    const CancelOrder& order = command.cancel_order;
    return is_none(order.client_order_id) && !order.order.is_none();
  }
  [[nodiscard, gnu::always_inline]] static Outcome handle(State& state, const Command& command) {
    return cancel_order<Course::usual>(state, command, false);
  }
};

/// A command plainly of the type of `Usual`, when nothing is due or left over: decides by a few
/// words that the careful way would lead to the handler, and goes there.
template <class Usual>
[[nodiscard, gnu::noinline]] Applied apply_usually(State& state, const Command& command) {
  if (!Usual::is_plain(command) || command.key.value() >= state.config.keys_max) [[unlikely]] {
    return apply_carefully(state, command);
  }
  Key& key = state.keys.in_place(command.key.value());
  if (!is_usual_speaker(key, command, traits_of(Usual::type).scopes)) [[unlikely]] {
    return apply_carefully(state, command);
  }
  key.last_word_ns = state.now;
  const Outcome outcome = Usual::handle(state, command);
  if (outcome != Outcome::done) [[unlikely]] emit_exception(state, command, outcome);
  remember(state, command.key.value(), command, request_hash<Usual::type>(command), outcome);
  const std::uint32_t count = count_events(state);
  return {state.first_event, count, 0};
}

/// What answer_carefully() would answer, without saying it.
[[nodiscard]] Rehearsal rehearse_answer(State& state, const Command& command) {
  if (command.type == CommandType::tick && command.key.is_none()) return {};
  RejectCode code = hear(state, command);
  const bool is_numbered = !command.key.is_none() && command.client_seq != 0 &&
                           !traits_of(command.type).is_unnumbered;
  if (code == RejectCode::none && is_numbered &&
      command.client_seq != state.keys[command.key].last_client_seq + 1) {
    code = hear_again(state, command);
    if (code == RejectCode::none) {
      const RememberedAnswer& answer = state.keys.answer(command.key, command.client_seq);
      return {static_cast<RejectCode>(answer.event_and_code & 0xff), true, 0};
    }
  }
  if (code != RejectCode::none) {
    const bool is_gap = code == RejectCode::seq_gap;
    const std::uint64_t expected = is_gap ? state.keys[command.key].last_client_seq + 1 : 0;
    return {code, false, static_cast<std::int64_t>(expected)};
  }
  Outcome outcome = refuse(admit(state, command));
  if (outcome == Outcome::done) {
    const std::uint32_t named = named_book(state, command);
    const bool is_busy = named != 0 && state.instruments[named].pending != 0;
    outcome = carry_out(state, command, is_busy);
  }
  return {code_of(outcome), outcome == Outcome::repeated, 0};
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
  if (!has_work(state)) [[likely]] {
    if (is_plainly(command, UsualPlace::type)) return apply_usually<UsualPlace>(state, command);
    if (is_plainly(command, UsualCancel::type)) return apply_usually<UsualCancel>(state, command);
  }
  return apply_carefully(state, command);
}

Rehearsal Engine::rehearse(const Command& command) const {
  State& state = *state_;
  const std::int64_t now = state.now;
  const bool is_account = command.account.value() < state.config.accounts_max;
  const std::uint32_t account = is_account ? command.account.value() : 0;
  const MessageCounts counts = state.accounts.message_counts(account);
  state.now = std::max(now, command.time.value());
  state.is_rehearsal = true;
  const Rehearsal rehearsal = rehearse_answer(state, command);
  state.is_rehearsal = false;
  state.now = now;
  state.accounts.restore(account, counts);
  return rehearsal;
}

}  // namespace karst
