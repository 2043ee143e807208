// What contracts and products share: terms, issuers, what is minted.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/base/money.hpp"
#include "engine/command/fields.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// A copy whose padding bytes are zero, so that equal state is equal bytes.
template <class Body>
void copy_fields(Body& to, const Body& from) {
  // The fields are visited in the same order on both sides; the first pass notes where they lie.
  std::memset(static_cast<void*>(&to), 0, sizeof to);
  const auto* base = reinterpret_cast<const char*>(&from);
  auto* out = reinterpret_cast<char*>(&to);
  visit_fields(from, [&](const auto& field) {
    std::memcpy(out + (reinterpret_cast<const char*>(&field) - base), &field, sizeof field);
  });
}

/// Codes 20-22, in that order.
template <class Terms>
[[nodiscard]] RejectCode check_terms(const State& state, const Terms& terms) {
  if (terms.currency.value() >= state.config.currencies_max ||
      state.currencies[terms.currency.value()].is_known == 0) {
    return RejectCode::unknown_currency;
  }
  if (terms.calendar.value() >= state.calendars.size() ||
      state.calendars[terms.calendar.value()].is_known == 0) {
    return RejectCode::unknown_calendar;
  }
  if (terms.fees.value() >= state.fee_schedules.size() ||
      state.fee_schedules[terms.fees.value()].is_known == 0) {
    return RejectCode::unknown_fee_schedule;
  }
  return RejectCode::none;
}

/// Sets what contracts and products share, and opens the book.
template <class Terms>
void set_terms(State& state, Instrument& instrument, const Terms& terms) {
  const FeeSchedule& fees = state.fee_schedules[terms.fees.value()];
  instrument.currency = terms.currency.value();
  instrument.calendar = terms.calendar.value();
  instrument.maker = fees.maker;
  instrument.taker = fees.taker;
  instrument.greatest = greatest(fees.maker, fees.taker);
  instrument.band_bps = terms.band_bps;
  instrument.tick_value = terms.tick_value.value();
  instrument.price_min = terms.price_min.value();
  instrument.price_max = terms.price_max.value();
  instrument.reference = terms.list_price.value();
  instrument.list_price = static_cast<std::uint32_t>(terms.list_price.value());
  instrument.quantity_max = terms.quantity_max.value();
  instrument.is_narrow =
      is_narrow(instrument.price_min, instrument.price_max, instrument.tick_value,
                instrument.quantity_max, instrument.greatest);
  instrument.levels_needed = level::word(terms.tier_min, terms.clearance_min, terms.domestic_only);
  state.instruments.book(slot_of(instrument.id))
      .open(state.orders, instrument.price_min, instrument.price_max);
}

/// Codes 16 and 17: may the merchant issue.
[[nodiscard]] inline RejectCode check_issuer(const Account& account) {
  if (account.state == MerchantState::suspended) return RejectCode::account_suspended;
  if (account.state == MerchantState::exited) return RejectCode::account_exited;
  return RejectCode::none;
}

/// Adds lots to a row of capacity, made if there is none, and says so.
void mint(State& state, Instrument& instrument, std::uint32_t account, std::uint32_t lots);

}  // namespace karst
