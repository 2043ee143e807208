// Currencies, calendars, fee schedules.
#include "engine/state/handler.hpp"

namespace karst {

Checked<DefineCurrency> check(const State& state, const Command&, const DefineCurrency& body) {
  if (state.currencies[body.currency.value()].is_known != 0) return RejectCode::already_exists;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<DefineCurrency>&) {
  const DefineCurrency& body = command.define_currency;
  Currency& currency = state.currencies[body.currency.value()];
  currency.code = body.code;
  currency.is_known = 1;
  state.emit(EventType::currency_defined, 0, InstrumentId{0},
             CurrencyDefined{.number = state.next_settlement(),
                             .code = currency.code,
                             .currency = body.currency,
                             .reserved = 0,
                             .reserved2 = {}});
  state.note_answer(0, 0);
}

Checked<DefineCalendar> check(const State& state, const Command&, const DefineCalendar& body) {
  if (state.calendars[body.calendar.value()].is_known != 0) return RejectCode::already_exists;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<DefineCalendar>&) {
  const DefineCalendar& body = command.define_calendar;
  state.calendars[body.calendar.value()] = {.utc_offset_ns = body.utc_offset_ns, .is_known = 1};
  emit_done(state, command, 0);
}

Checked<DefineFees> check(const State& state, const Command&, const DefineFees& body) {
  if (state.fee_schedules[body.schedule.value()].is_known != 0) return RejectCode::already_exists;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<DefineFees>&) {
  const DefineFees& body = command.define_fees;
  state.fee_schedules[body.schedule.value()] = {
      .maker = {body.maker_per_lot.value(), body.maker_bps, 0},
      .taker = {body.taker_per_lot.value(), body.taker_bps, 0},
      .is_known = 1};
  emit_done(state, command, 0);
}

}  // namespace karst
