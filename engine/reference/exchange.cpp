// What the exchange says to itself: its sizes, how they grow, its rules, its lives, its clock.
#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/state/handler.hpp"
#include "engine/state/saved_state.hpp"

namespace karst {
namespace {

[[nodiscard]] bool is_valid(const State& state, const BeginIncarnation& wish) {
  const std::uint64_t last = state.incarnations.empty() ? 0 : state.incarnations.back().after;
  const bool is_known = std::ranges::any_of(
      state.incarnations, [&](const Incarnation& it) { return it.number == wish.number; });
  return wish.number != 0 && !is_known && wish.after >= last && wish.after < state.sequence;
}

void emit_clock(State& state, const Command& command, EventType type, std::int64_t step_ns) {
  state.emit(type, state.is_clock_held ? 1 : 0, InstrumentId{0},
             ClockChange{.client_seq = command.client_seq,
                         .step_ns = step_ns,
                         .key = command.key,
                         .reserved = {}});
  state.note_answer(0, 0);
}

void end_hold(State& state) {
  state.is_clock_held = false;
  state.jobs.take_back();
}

}  // namespace

Checked<Configure> check(const State& state, const Command&, const Configure& body) {
  KARST_ASSERT(std::memcmp(&body, &state.config, sizeof(Configure)) == 0);
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Configure>&) {
  state.is_configured = true;
  emit_done(state, command, 0);
}

Checked<Grow> check(const State& state, const Command&, const Grow& body) {
  // The numbers of the later keys of a place hang on how many places there are.
  const bool moves_keys = body.keys_max != state.config.keys_max && state.keys.has_later_keys();
  if (moves_keys) return RejectCode::wrong_state;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Grow>&) {
  grow_state(state, command.grow);
  emit_done(state, command, 0);
}

// A tick of the exchange is no request and has no answer; nobody else may say one.
Checked<Tick> check(const State&, const Command&, const Tick&) { return RejectCode::invalid_field; }
void carry_out(State&, const Command&, const Checked<Tick>&) {}

Checked<AdoptRules> check(const State& state, const Command&, const AdoptRules& body) {
  if (body.version <= state.rules || body.version > rules_newest) return RejectCode::invalid_field;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<AdoptRules>&) {
  state.rules = command.adopt_rules.version;
  emit_done(state, command, 0);
}

Checked<BeginIncarnation> check(const State& state, const Command&, const BeginIncarnation& body) {
  if (!is_valid(state, body)) return RejectCode::invalid_field;
  if (state.incarnations.size() >= incarnations_max) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<BeginIncarnation>&) {
  const BeginIncarnation& wish = command.begin_incarnation;
  std::uint64_t passed_over = 0;
  for (const Incarnation& it : state.incarnations) passed_over += it.generations;
  const std::uint32_t generations = generations_of(wish.number, passed_over);
  state.orders.nodes.pass_over_generations(generations);
  const std::uint64_t before = state.incarnations.empty() ? 0 : state.incarnations.back().number;
  state.incarnations.push_back({wish.number, wish.after, state.sequence, generations, 0});
  state.last_begun = state.sequence;
  state.emit(EventType::incarnation_begun, 0, InstrumentId{0},
             IncarnationBegun{
                 .number = wish.number, .before = before, .after = wish.after, .reserved = {}});
}

Checked<ClockHeld> check(const State&, const Command&, const ClockHeld&) { return {}; }

void carry_out(State& state, const Command& command, const Checked<ClockHeld>&) {
  if (command.clock_held.held) {
    state.is_clock_held = true;
  } else {
    end_hold(state);
  }
  emit_clock(state, command, EventType::clock_held, 0);
}

Checked<AcceptClock> check(const State& state, const Command&, const AcceptClock&) {
  if (!state.is_clock_held) return RejectCode::wrong_state;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<AcceptClock>&) {
  end_hold(state);
  emit_clock(state, command, EventType::clock_accepted, command.accept_clock.step_ns);
}

}  // namespace karst
