// Keys and their sessions.
#include "engine/order/life.hpp"
#include "engine/reference/four_eyes.hpp"
#include "engine/state/handler.hpp"
#include "engine/state/work.hpp"

namespace karst {
namespace {

/// Answers with what became of a key or its session.
void answer_session(State& state, EventType type, KeyId id) {
  state.note_answer(emit_session(state, type, id), 0);
}

/// Whether a key of this number, which is not known, may be made: its place has never been taken,
/// or by one key less, which is revoked and whose orders wait for nothing any more.
[[nodiscard]] bool has_place(const State& state, KeyId id) {
  const Key& before = state.keys.in_place(state.keys.place_of(id));
  const std::uint32_t generation = state.keys.generation_of(id);
  if (before.scopes == 0) return generation == 0;
  return generation == before.generation + 1 && before.is_revoked != 0 &&
         !state.timers.is_set(state.timer<TimerKind::grace>(state.keys.place_of(id))) &&
         !state.jobs.has_any_of_key(id.value());
}

/// Ends a key's live session, if it has one; its orders follow after the grace.
void end_session(State& state, KeyId id) {
  Key& key = state.keys[id];
  if (key.is_open == 0) return;
  key.is_open = 0;
  if (key.grace_ns >= 0) {
    state.timers.set({state.now + key.grace_ns, id.value(), TimerKind::grace,
                      state.timer<TimerKind::grace>(state.keys.place_of(id))});
  }
}

void queue_key_release(State& state, std::uint32_t key, CancelReason reason) {
  const std::uint32_t account = state.keys[KeyId{key}].account;
  if (account == 0) return;
  queue_release(state, Job::of_account(account, reason, state.sequence, {}, key));
}

}  // namespace

Checked<CreateKey> check(const State& state, const Command&, const CreateKey& body) {
  if (state.keys.is_known(body.new_key) || state.keys.is_past(body.new_key)) {
    return RejectCode::already_exists;
  }
  if (!has_place(state, body.new_key)) return RejectCode::wrong_state;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<CreateKey>&) {
  const CreateKey& body = command.create_key;
  state.keys.create(body.new_key, command.account, body.scopes, body.public_key);
  answer_session(state, EventType::key_created, body.new_key);
}

Checked<RevokeKey> check(const State& state, const Command&, const RevokeKey& body) {
  const KeyId id = body.revoked_key;
  if (state.keys.is_past(id)) return RejectCode::key_revoked;
  if (!state.keys.is_known(id)) return RejectCode::unknown_key;
  if (state.keys[id].is_revoked != 0) return RejectCode::key_revoked;
  if (leaves_too_few(state, body)) return RejectCode::too_few_operators;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<RevokeKey>&) {
  const KeyId id = command.revoke_key.revoked_key;
  Key& key = state.keys[id];
  key.is_revoked = 1;
  end_session(state, id);
  key.dead_man_ns = 0;
  state.timers.clear(state.timer<TimerKind::dead_man>(state.keys.place_of(id)));
  answer_session(state, EventType::key_revoked, id);
}

Checked<OpenSession> check(const State&, const Command&, const OpenSession&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<OpenSession>&) {
  Key& key = state.keys[command.key];
  ++key.epoch;
  key.is_open = 1;
  key.grace_ns = command.open_session.disconnect_grace_ns;
  state.timers.clear(state.timer<TimerKind::grace>(state.keys.place_of(command.key)));
  answer_session(state, EventType::session_opened, command.key);
}

Checked<CloseSession> check(const State&, const Command&, const CloseSession&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<CloseSession>&) {
  end_session(state, command.key);
  answer_session(state, EventType::session_closed, command.key);
}

Checked<SetDeadMan> check(const State&, const Command&, const SetDeadMan&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<SetDeadMan>&) {
  Key& key = state.keys[command.key];
  const std::uint32_t handle = state.timer<TimerKind::dead_man>(state.keys.place_of(command.key));
  key.dead_man_ns = command.set_dead_man.timeout_ns;
  if (key.dead_man_ns == 0) {
    state.timers.clear(handle);
  } else {
    state.timers.set(
        {state.now + key.dead_man_ns, command.key.value(), TimerKind::dead_man, handle});
  }
  emit_done(state, command, command.account.value());
}

Checked<Heartbeat> check(const State&, const Command&, const Heartbeat&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<Heartbeat>&) {
  emit_done(state, command, command.account.value());
}

void fire_grace(State& state, const Timer& timer) {
  queue_key_release(state, static_cast<std::uint32_t>(timer.id), CancelReason::session_lost);
}

void fire_dead_man(State& state, const Timer& timer) {
  const KeyId id{static_cast<std::uint32_t>(timer.id)};
  Key& key = state.keys[id];
  const std::int64_t due_ns = key.last_word_ns + key.dead_man_ns;
  if (due_ns > state.now) {
    state.timers.set({due_ns, timer.id, timer.kind, timer.handle});
    return;
  }
  key.dead_man_ns = 0;
  emit_session(state, EventType::dead_man_fired, id);
  queue_key_release(state, id.value(), CancelReason::dead_man);
}

}  // namespace karst
