// Holds of the clock: their begin, their end, and an operator's word that ends one.
#include "engine/reference/held_clock.hpp"

namespace karst {
namespace {

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

bool is_begin_of_hold(const State& state, const Command& command) {
  return command.type == CommandType::clock_held && command.clock_held.held &&
         state.rules >= rules_of_held_clock;
}

Outcome clock_held(State& state, const Command& command) {
  if (state.rules < rules_of_held_clock) return refuse(RejectCode::invalid_field);
  if (state.is_rehearsal) return Outcome::done;
  if (command.clock_held.held) {
    state.is_clock_held = true;
  } else {
    end_hold(state);
  }
  emit_clock(state, command, EventType::clock_held, 0);
  return Outcome::done;
}

Outcome accept_clock(State& state, const Command& command) {
  if (state.rules < rules_of_held_clock) return refuse(RejectCode::invalid_field);
  if (!state.is_clock_held) return refuse(RejectCode::wrong_state);
  if (state.is_rehearsal) return Outcome::done;
  end_hold(state);
  emit_clock(state, command, EventType::clock_accepted, command.accept_clock.step_ns);
  return Outcome::done;
}

}  // namespace karst
