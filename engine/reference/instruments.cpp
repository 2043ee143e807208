// The states of instruments, as operators set them.
#include "engine/order/matching.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

/// Whether the operator may move an instrument from an effective state to another.
[[nodiscard]] bool is_allowed(const Instrument& instrument, InstrumentState from,
                              InstrumentState to) {
  switch (to) {
    case InstrumentState::suspended:
      return from == InstrumentState::scheduled || from == InstrumentState::open ||
             from == InstrumentState::halted;
    case InstrumentState::open:
      return from == InstrumentState::suspended;
    case InstrumentState::delisted:
      return instrument.traits().can_be_delisted && from != InstrumentState::delisted;
    case InstrumentState::scheduled:
    case InstrumentState::halted:
    case InstrumentState::closed:
      return false;
  }
  return false;
}

void answer_state(State& state, Instrument& instrument, InstrumentState before) {
  emit_state(state, instrument, before, StateReason::by_operator);
  state.note_answer(0, 0);
  if (instrument.state == InstrumentState::open) sweep_offer(state, instrument);
}

/// Code 41 unless the instrument is in that state.
[[nodiscard]] RejectCode check_state(const Instrument& instrument, std::int64_t now,
                                     InstrumentState wanted) {
  return effective_state(instrument, now) == wanted ? RejectCode::none : RejectCode::wrong_state;
}

}  // namespace

Checked<SetInstrumentState> check(const State& state, const Command&,
                                  const SetInstrumentState& body) {
  const Instrument* instrument = state.instruments.find(body.instrument);
  if (instrument == nullptr) return RejectCode::unknown_instrument;
  const InstrumentState before = effective_state(*instrument, state.now);
  if (!is_allowed(*instrument, before, body.state)) return RejectCode::wrong_state;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetInstrumentState>&) {
  const SetInstrumentState& body = command.set_instrument_state;
  Instrument& instrument = state.instruments[slot_of(body.instrument)];
  const InstrumentState before = effective_state(instrument, state.now);
  const bool is_early = body.state == InstrumentState::open && instrument.traits().has_gate &&
                        state.now < instrument.gate_open_ns;
  instrument.state = is_early ? InstrumentState::scheduled : body.state;
  if (body.state == InstrumentState::delisted) {
    state.jobs.push(Job::drain(instrument.id, CancelReason::delisted, command.sequence));
  }
  answer_state(state, instrument, before);
}

Checked<Halt> check(const State& state, const Command&, const Halt& body) {
  const Instrument* instrument = state.instruments.find(body.instrument);
  if (instrument == nullptr) return RejectCode::unknown_instrument;
  return check_state(*instrument, state.now, InstrumentState::open);
}

void carry_out(State& state, const Command& command, const Checked<Halt>&) {
  Instrument& instrument = state.instruments[slot_of(command.halt.instrument)];
  instrument.state = InstrumentState::halted;
  answer_state(state, instrument, InstrumentState::open);
}

Checked<Resume> check(const State& state, const Command&, const Resume& body) {
  const Instrument* instrument = state.instruments.find(body.instrument);
  if (instrument == nullptr) return RejectCode::unknown_instrument;
  const RejectCode code = check_state(*instrument, state.now, InstrumentState::halted);
  if (code != RejectCode::none) return code;
  const std::int64_t reference = body.reference.value();
  if (reference != 0 && (reference < instrument->price_min || reference > instrument->price_max)) {
    return RejectCode::price_out_of_bounds;
  }
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Resume>&) {
  const std::int64_t reference = command.resume.reference.value();
  Instrument& instrument = state.instruments[slot_of(command.resume.instrument)];
  if (reference != 0) instrument.reference = reference;
  instrument.state = InstrumentState::open;
  answer_state(state, instrument, InstrumentState::halted);
}

}  // namespace karst
