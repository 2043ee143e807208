// One command: who speaks, what is left over, what is asked, what it came to.
#include "engine/engine.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/command/check.hpp"
#include "engine/command/codec.hpp"
#include "engine/command/fields.hpp"
#include "engine/continuation/continuation.hpp"
#include "engine/order/entry.hpp"
#include "engine/reference/capacity_plan.hpp"
#include "engine/reference/four_eyes.hpp"
#include "engine/state/admission.hpp"
#include "engine/state/handler.hpp"
#include "engine/state/state.hpp"

namespace karst {
namespace {

/// The order a command names by id; none if it names none.
[[nodiscard]] OrderId order_in(const Command& command) {
  return traits_of(command.type).names == NamesBook::by_order ? command.cancel_order.order
                                                              : OrderId{0};
}

/// The slot of the instrument whose book a command names; 0 for none.
[[nodiscard]] std::uint32_t named_book(const State& state, const Command& command) {
  switch (traits_of(command.type).names) {
    case NamesBook::none:
      return 0;
    case NamesBook::by_instrument: {
      // Both that do begin with it.
      static_assert(offsetof(PlaceOrder, instrument) == 0 && offsetof(PostOffer, instrument) == 0);
      const InstrumentId id = command.post_offer.instrument;
      return state.instruments.find(id) != nullptr ? slot_of(id) : 0;
    }
    case NamesBook::by_order: {
      const Slot slot = named_order(state, command);
      return slot == no_slot ? 0 : state.orders.nodes.node(slot).hot.instrument;
    }
  }
  return 0;
}

/// Codes 1-6 of a numbered command that is not the next one: what it came to the first time.
[[nodiscard]] RejectCode hear_again(const State& state, const Command& command) {
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
[[nodiscard]] RejectCode check_key(const State& state, const Command& command) {
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

/// What is found out before anybody looks at what a command says.
struct Hearing {
  RejectCode code = RejectCode::none;
  std::int64_t value = 0;    ///< of a gap: the number expected
  bool is_heard = false;     ///< its key may speak
  bool is_next = false;      ///< it is numbered, and its key's next
  bool is_repeated = false;  ///< it was answered before, and is to be given the same answer
};

/// Codes 1-6: who speaks, and is it new.
[[nodiscard]] Hearing hear(const State& state, const Command& command) {
  Hearing hearing{.code = check_key(state, command)};
  hearing.is_heard = hearing.code == RejectCode::none;
  const bool is_numbered =
      !command.key.is_none() && command.client_seq != 0 && !traits_of(command.type).is_unnumbered;
  if (!hearing.is_heard || !is_numbered) return hearing;
  const std::uint64_t next = state.keys[command.key].last_client_seq + 1;
  hearing.is_next = command.client_seq == next;
  if (hearing.is_next) return hearing;
  hearing.code = hear_again(state, command);
  hearing.is_repeated = hearing.code == RejectCode::none;
  if (hearing.code == RejectCode::seq_gap) hearing.value = static_cast<std::int64_t>(next);
  return hearing;
}

/// Counts a message of its merchant, if it came so far that its limits were looked at.
void count_message(State& state, const Command& command, RejectCode code) {
  if (code == RejectCode::none || code >= RejectCode::rate_exceeded) {
    (void)state.accounts.count_message(command.account.value(), state.now);
  }
}

/// Whether it may be carried out now, and by one operator alone.
template <class Body>
[[nodiscard]] Checked<Body> check_whole(const State& state, const Command& command,
                                        const Body& body) {
  Checked<Body> checked = check(state, command, body);
  if constexpr (traits_of(type_of<Body>).may_need_two) {
    if (checked.is_good() && needs_two(state, body)) checked.code = RejectCode::needs_two;
  }
  return checked;
}

/// All commands, out of line: checks, then does.
template <class Body>
[[nodiscard]] Ruling handle(State& state, const Command& command, const Body& body) {
  const Checked<Body> checked = check_whole(state, command, body);
  if (traits_of(type_of<Body>).is_counted && !checked.is_repeated) {
    count_message(state, command, checked.code);
  }
  if (checked.is_good()) carry_out(state, command, checked);
  return checked;
}

[[nodiscard, gnu::noinline]] Ruling handle(State& state, const Command& command) {
  Ruling ruling{.code = RejectCode::invalid_field};
  (void)visit_body(command, [&](const auto& body) { ruling = handle(state, command, body); });
  return ruling;
}

/// Whether a refusal stands in the merchant's event log.
[[nodiscard]] bool is_logged(const State& state, const Command& command, RejectCode code) {
  const bool is_before_account =
      code < RejectCode::invalid_field ||
      (code >= RejectCode::not_permitted && code <= RejectCode::unknown_account);
  if (is_before_account) return false;  // the key may be unknown, and beyond the table
  const bool may_speak_for =
      is_operator(state, command) || state.keys[command.key].account == command.account.value();
  return traits_of(command.type).is_personal && may_speak_for &&
         state.accounts.is_known(command.account);
}

[[gnu::cold, gnu::noinline]] void emit_rejected(State& state, const Command& command,
                                                RejectCode code, std::int64_t value) {
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
                                                 const Ruling& ruling) {
  if (!ruling.is_repeated) return emit_rejected(state, command, ruling.code, 0);
  state.note_answer(ruling.first.account_event, ruling.first.order);
  emit_repeated(state, command,
                {.request_hash = 0,
                 .sequence = ruling.first.sequence,
                 .order = ruling.first.order,
                 .event_and_code = ruling.first.account_event << 8});
}

/// Remembers what a numbered command of the key in `place` came to, answered by the command of that
/// sequence: an earlier one where a first answer was given again.
[[gnu::always_inline]] inline void remember(State& state, std::uint32_t place,
                                            const Command& command, std::uint64_t hash,
                                            RejectCode code, std::uint64_t answered_by) {
  state.keys.in_place(place).last_client_seq = command.client_seq;
  RememberedAnswer& answer = state.keys.answer_in(place, command.client_seq);
  answer.request_hash = hash;
  answer.sequence = answered_by;
  answer.order = state.answer_order;
  answer.event_and_code = state.answer_event << 8 | static_cast<std::uint64_t>(code);
}

/// The whole way from the words to their answer: who speaks, is it new, may it speak.
/// Writes the answer and all that follows. Source: docs/ENGINE.md §2.
[[gnu::noinline]] void answer_carefully(State& state, const Command& command) {
  if (command.type == CommandType::tick && command.key.is_none()) return;
  const Hearing hearing = hear(state, command);
  if (hearing.is_heard && !command.key.is_none()) {
    state.keys[command.key].last_word_ns = state.now;
  }
  if (hearing.is_repeated) {
    emit_repeated(state, command, state.keys.answer(command.key, command.client_seq));
    return;
  }
  if (hearing.code != RejectCode::none) {
    emit_rejected(state, command, hearing.code, hearing.value);
    return;
  }
  Ruling ruling{.code = admit(state, command)};
  if (ruling.is_good()) ruling = handle(state, command);
  if (!ruling.is_good()) emit_exception(state, command, ruling);
  if (!hearing.is_next) return;
  remember(state, state.keys.place_of(command.key), command, request_hash(command), ruling.code,
           ruling.is_repeated ? ruling.first.sequence : command.sequence);
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
  if (key.account != command.account.value() || key.account == 0) [[unlikely]]
    return false;
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
  // A hold that begins holds for what is due before it.
  if (command.type == CommandType::clock_held && command.key.is_none() &&
      is_well_formed(state, command) && command.clock_held.held) [[unlikely]] {
    state.is_clock_held = true;
  }
  if (has_work(state)) {
    fire_timers_and_jobs(state);
    const std::uint32_t named = named_book(state, command);
    state.makers_left -= continue_sweeps(state, named, command.type == CommandType::tick);
  }
  const auto before_answer = static_cast<std::uint32_t>(state.ring->next - state.first_event);
  answer_carefully(state, command);
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
  [[nodiscard, gnu::always_inline]] static RejectCode handle(State& state, const Command& command) {
    const std::uint32_t account = command.account.value();
    RejectCode code = check_merchant(state.accounts[account]);
    if (code != RejectCode::none) [[unlikely]]
      return code;
    if (!state.accounts.count_message(account, state.now)) [[unlikely]] {
      return RejectCode::rate_exceeded;
    }
    Instrument* const instrument = state.instruments.find(command.place_order.instrument);
    Entry entry;
    code = check_place<Course::usual>(state, command, instrument, entry);
    if (code == RejectCode::none) [[likely]] {
      place_order<Course::usual>(state, command, *instrument, entry);
    }
    return code;
  }
};
struct UsualCancel {
  static constexpr CommandType type = CommandType::cancel_order;
  [[nodiscard]] static bool is_plain(const Command& command) {
    const CancelOrder& order = command.cancel_order;
    return is_none(order.client_order_id) && !order.order.is_none();
  }
  [[nodiscard, gnu::always_inline]] static RejectCode handle(State& state, const Command& command) {
    const Checked<CancelOrder> checked = check_cancel<Course::usual>(state, command);
    if (checked.is_good()) [[likely]]
      cancel_order(state, command, checked.found.slot);
    return checked.code;
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
  const RejectCode code = Usual::handle(state, command);
  if (code != RejectCode::none) [[unlikely]]
    emit_rejected(state, command, code, 0);
  remember(state, command.key.value(), command, request_hash<Usual::type>(command), code,
           command.sequence);
  const std::uint32_t count = count_events(state);
  return {state.first_event, count, 0};
}

/// What answer_carefully() would answer, without saying it.
[[nodiscard]] Rehearsal rehearse_answer(const State& state, const Command& command) {
  if (command.type == CommandType::tick && command.key.is_none()) return {};
  const Hearing hearing = hear(state, command);
  if (hearing.is_repeated) {
    const RememberedAnswer& answer = state.keys.answer(command.key, command.client_seq);
    return {static_cast<RejectCode>(answer.event_and_code & 0xff), true, 0};
  }
  if (hearing.code != RejectCode::none) return {hearing.code, false, hearing.value};
  Ruling ruling{.code = admit(state, command)};
  if (ruling.is_good()) {
    ruling.code = RejectCode::invalid_field;
    (void)visit_body(command,
                     [&](const auto& body) { ruling = check_whole(state, command, body); });
  }
  return {ruling.code, ruling.is_repeated, 0};
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
  state.now = std::max(now, command.time.value());
  ++state.sequence;  // as if it were the next
  const Rehearsal rehearsal = rehearse_answer(state, command);
  --state.sequence;
  state.now = now;
  return rehearsal;
}

}  // namespace karst
