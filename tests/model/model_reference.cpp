// Currencies, pools, hour contracts, products and the states of instruments (docs/ENGINE.md §3).
#include <iterator>
#include <map>
#include <utility>

#include "tests/model/model.hpp"

namespace karst::model {

RejectCode Model::define_currency() {
  const DefineCurrency& wish = command_->define_currency;
  if (currencies_.contains(wish.currency)) return RejectCode::already_exists;

  currencies_[wish.currency] = wish.code;
  CurrencyDefined& defined = emit(EventType::currency_defined).currency;
  defined.number = ++settlements_;
  defined.code = wish.code;
  defined.currency = wish.currency;
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
  return RejectCode::none;
}

RejectCode Model::define_calendar() {
  const DefineCalendar& wish = command_->define_calendar;
  if (calendars_.contains(wish.calendar)) return RejectCode::already_exists;

  calendars_[wish.calendar] = wish.utc_offset_ns;
  answer_done();
  return RejectCode::none;
}

RejectCode Model::define_fees() {
  const DefineFees& wish = command_->define_fees;
  if (fees_.contains(wish.schedule)) return RejectCode::already_exists;

  fees_[wish.schedule] =
      Fees{wish.maker_bps, wish.taker_bps, wish.maker_per_lot.value(), wish.taker_per_lot.value()};
  answer_done();
  return RejectCode::none;
}

RejectCode Model::define_pool() {
  const DefinePool& wish = command_->define_pool;
  if (!merchants_.contains(wish.operator_account)) return RejectCode::unknown_account;
  if (pools_.contains(wish.pool)) return RejectCode::already_exists;

  pools_[wish.pool] = Pool{};
  answer_done();
  return RejectCode::none;
}

RejectCode Model::set_pool_capacity() {
  const SetPoolCapacity& wish = command_->set_pool_capacity;
  const auto found = pools_.find(wish.pool);
  if (found == pools_.end()) return RejectCode::unknown_pool;
  auto& capacities = found->second.capacities;
  if (wish.capacity.value() > lots_max) return RejectCode::quantity_out_of_bounds;
  const std::int64_t from = wish.from_hour.value();
  if (from < 0 || from > std::int64_t{1} << 31) return RejectCode::hours_out_of_bounds;
  if (rules_ >= 2) return replan_capacity(found->second);
  if (!capacities.empty() && from <= capacities.back().first) {
    return RejectCode::hours_out_of_bounds;
  }
  if (capacities.size() >= capacity_entries_max) return RejectCode::exchange_full;

  capacities.emplace_back(from, wish.capacity.value());
  answer_done();
  return RejectCode::none;
}

RejectCode Model::replan_capacity(Pool& pool) {
  const SetPoolCapacity& wish = command_->set_pool_capacity;
  const std::int64_t hour_now = hour_of(now_);
  Pool after = pool;
  std::map<std::int64_t, std::uint32_t> plan(pool.capacities.begin(), pool.capacities.end());
  plan[wish.from_hour.value()] = wish.capacity.value();
  after.capacities.assign(plan.begin(), plan.end());
  for (const auto& [slot, on] : instruments_) {
    if (on.is_product || on.pool != wish.pool || on.hour < hour_now) continue;
    const std::uint32_t lots = after.capacity_at(on.hour);
    if (lots < pool.capacity_at(on.hour) && lots < on.minted) return RejectCode::capacity_exceeded;
  }
  // What another entry has taken the place of by now says nothing any more.
  const auto in_force = plan.upper_bound(hour_now);
  if (in_force != plan.begin()) plan.erase(plan.begin(), std::prev(in_force));
  if (plan.size() > capacity_entries_max) return RejectCode::exchange_full;
  pool.capacities.assign(plan.begin(), plan.end());
  answer_done();
  return RejectCode::none;
}

RejectCode Model::set_pool_terms() {
  const SetPoolTerms& wish = command_->set_pool_terms;
  if (!currencies_.contains(wish.currency)) return RejectCode::unknown_currency;
  if (!calendars_.contains(wish.calendar)) return RejectCode::unknown_calendar;
  if (!fees_.contains(wish.fees)) return RejectCode::unknown_fee_schedule;
  const auto found = pools_.find(wish.pool);
  if (found == pools_.end()) return RejectCode::unknown_pool;

  found->second.terms = wish;
  answer_done();
  return RejectCode::none;
}

RejectCode Model::list_contracts() {
  const ListContracts& wish = command_->list_contracts;
  const auto found = pools_.find(wish.pool);
  if (found == pools_.end()) return RejectCode::unknown_pool;
  const Wide first = wish.from_hour.value();
  const Wide end = first + wish.hours;
  const Wide horizon = now_ / ns_per_hour + hours_ahead_max;
  for (Wide hour = first; hour < end && hour <= horizon; ++hour) {
    if (hour >= 0 && find_contract(wish.pool, static_cast<std::int64_t>(hour)) != nullptr) {
      return RejectCode::already_exists;
    }
  }
  if (!found->second.terms) return RejectCode::wrong_state;
  const SetPoolTerms terms = *found->second.terms;
  if (first < 0 || first * ns_per_hour - terms.gate_close_lead_ns <= now_ || end - 1 > horizon) {
    return RejectCode::hours_out_of_bounds;
  }
  if (slots_free() < wish.hours) return RejectCode::exchange_full;
  for (Wide hour = first; hour < end; ++hour) {
    const auto place = static_cast<std::int64_t>(hour % hour_places);
    if (places_.contains({wish.pool, place})) return RejectCode::exchange_full;
  }

  answer_done();
  for (Wide hour = first; hour < end; ++hour) {
    list_contract(wish.pool, terms, static_cast<std::int64_t>(hour));
  }
  return RejectCode::none;
}

namespace {

template <class Terms>
void copy_terms(const Terms& terms, Instrument& on) {
  on.currency = terms.currency;
  on.calendar = terms.calendar;
  on.fees = terms.fees;
  on.band_bps = terms.band_bps;
  on.tick_value = terms.tick_value.value();
  on.price_min = terms.price_min.value();
  on.price_max = terms.price_max.value();
  on.list_price = terms.list_price.value();
  on.reference = on.list_price;
  on.quantity_max = terms.quantity_max.value();
  on.tier_min = terms.tier_min;
  on.clearance_min = terms.clearance_min;
  on.domestic_only = terms.domestic_only;
}

}  // namespace

void Model::list_contract(PoolId pool, const SetPoolTerms& terms, std::int64_t hour) {
  Instrument& on = new_instrument();
  copy_terms(terms, on);
  on.pool = pool;
  on.hour = hour;
  on.state = InstrumentState::scheduled;
  on.gate_open = hour * ns_per_hour - terms.gate_open_lead_ns;
  on.gate_close = hour * ns_per_hour - terms.gate_close_lead_ns;
  places_[{pool, hour % hour_places}] = on.id;
  timers_.insert({on.gate_open, TimerKind::lifecycle, on.id.value()});
  ContractListed& listed = emit(EventType::contract_listed, 0, on.id).contract;
  listed.number = ++settlements_;
  listed.hour = Hour{hour};
  listed.gate_open = Time{on.gate_open};
  listed.gate_close = Time{on.gate_close};
  listed.list_price = Price{on.list_price};
  listed.pool = pool;
  listed.currency = on.currency;
}

RejectCode Model::mint_capacity() {
  const MintCapacity& wish = command_->mint_capacity;
  const AccountId account = command_->account;
  const MerchantState state = merchants_.at(account).state;
  if (state == MerchantState::suspended) return RejectCode::account_suspended;
  if (state == MerchantState::exited) return RejectCode::account_exited;
  const auto found = pools_.find(wish.pool);
  if (found == pools_.end()) return RejectCode::unknown_pool;
  const Wide first = wish.from_hour.value();
  if (first < 0 || first + wish.hours > std::int64_t{1} << 40) {
    return RejectCode::unknown_instrument;
  }
  std::vector<Instrument*> contracts;
  for (std::uint32_t i = 0; i < wish.hours; ++i) {
    contracts.push_back(find_contract(wish.pool, wish.from_hour.value() + i));
    if (contracts.back() == nullptr) return RejectCode::unknown_instrument;
  }
  for (const Instrument* on : contracts) {
    if (effective_state(*on) == InstrumentState::closed) return RejectCode::instrument_closed;
  }
  std::size_t new_rows = 0;
  for (const Instrument* on : contracts) {
    const Wide minted = Wide{on->minted} + wish.quantity.value();
    if (minted > found->second.capacity_at(on->hour)) return RejectCode::capacity_exceeded;
    if (!has_row({account, on->id, Draw::capacity})) ++new_rows;
  }
  if (rows_.size() + new_rows > configure_.holdings_max) return RejectCode::exchange_full;

  answer_done();
  for (Instrument* on : contracts) mint(*on, account, wish.quantity.value());
  return RejectCode::none;
}

void Model::mint(Instrument& on, AccountId account, std::uint32_t lots) {
  row_of({account, on.id, Draw::capacity}).free += lots;
  on.minted += lots;
  const std::uint64_t account_event = next_number(account);
  UnitsMoved& units = emit(EventType::capacity_minted, 0, on.id).units;
  units.number = ++settlements_;
  units.account_event = account_event;
  units.hour = Hour{on.hour};
  units.account = account;
  units.quantity = Quantity{lots};
  units.pool = on.pool;
}

void Model::emit_product(EventType type, const Instrument& product, std::uint64_t number) {
  const std::uint64_t account_event = next_number(product.issuer);
  ProductDefined& defined = emit(type, 0, product.id).product;
  defined.number = number;
  defined.account_event = account_event;
  defined.certificate_expiry = Time{product.certificate_expiry};
  defined.list_price = Price{product.list_price};
  defined.issuer = product.issuer;
  defined.seats = Quantity{product.seats};
  defined.version = product.version;
  defined.supply = product.supply;
  defined.resale = product.resale;
  defined.currency = product.currency;
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, account_event);
}

RejectCode Model::define_product() {
  const DefineProduct& wish = command_->define_product;
  const MerchantState state = merchants_.at(command_->account).state;
  if (state == MerchantState::suspended) return RejectCode::account_suspended;
  if (state == MerchantState::exited) return RejectCode::account_exited;
  if (!currencies_.contains(wish.currency)) return RejectCode::unknown_currency;
  if (!calendars_.contains(wish.calendar)) return RejectCode::unknown_calendar;
  if (!fees_.contains(wish.fees)) return RejectCode::unknown_fee_schedule;
  const bool has_seats = wish.seats.value() > 0;
  if (slots_free() < 1) return RejectCode::exchange_full;
  if (has_seats && rows_.size() >= configure_.holdings_max) return RejectCode::exchange_full;

  Instrument& on = new_instrument();
  copy_terms(wish, on);
  on.is_product = true;
  on.issuer = command_->account;
  on.state = InstrumentState::open;
  on.supply = wish.supply;
  on.resale = wish.resale;
  on.seats = wish.seats.value();
  on.certificate_expiry = wish.certificate_expiry.value();
  on.version = 1;
  emit_product(EventType::product_defined, on, ++settlements_);
  if (has_seats) mint(on, on.issuer, on.seats);
  return RejectCode::none;
}

RejectCode Model::set_product_terms() {
  const SetProductTerms& wish = command_->set_product_terms;
  Instrument* on = find_instrument(wish.instrument);
  if (on == nullptr || !on->is_product) return RejectCode::unknown_instrument;
  if (on->state == InstrumentState::delisted) return RejectCode::instrument_delisted;

  ++on->version;
  on->certificate_expiry = wish.certificate_expiry.value();
  emit_product(EventType::product_changed, *on, 0);
  return RejectCode::none;
}

void Model::emit_state(const Instrument& on, InstrumentState before, StateReason reason) {
  const auto detail = static_cast<std::uint8_t>(on.state);
  StateChange& change = emit(EventType::instrument_state, detail, on.id).state;
  change.reference = Price{on.reference};
  change.hour = Hour{on.hour};
  change.pool = on.pool;
  change.reason = reason;
  change.before = before;
}

/// An operator's move, which is the answer.
void Model::move_state(Instrument& on, InstrumentState to) {
  const InstrumentState before = effective_state(on);
  on.state = to;
  emit_state(on, before, StateReason::by_operator);
  remember_as(RejectCode::none, OrderId{0}, command_->sequence, 0);
  if (to == InstrumentState::delisted) queue_drain(on, CancelReason::delisted);
  if (to == InstrumentState::open) start_offer_sweep(on);
}

RejectCode Model::set_instrument_state() {
  const SetInstrumentState& wish = command_->set_instrument_state;
  Instrument* on = find_instrument(wish.instrument);
  if (on == nullptr) return RejectCode::unknown_instrument;
  const InstrumentState from = effective_state(*on);
  switch (wish.state) {
    case InstrumentState::suspended:
      if (from != InstrumentState::scheduled && from != InstrumentState::open &&
          from != InstrumentState::halted) {
        return RejectCode::wrong_state;
      }
      move_state(*on, InstrumentState::suspended);
      break;
    case InstrumentState::open: {
      if (from != InstrumentState::suspended) return RejectCode::wrong_state;
      const bool is_early = !on->is_product && on->gate_open > now_;
      move_state(*on, is_early ? InstrumentState::scheduled : InstrumentState::open);
      break;
    }
    default:
      if (!on->is_product || from == InstrumentState::delisted) return RejectCode::wrong_state;
      move_state(*on, InstrumentState::delisted);
  }
  return RejectCode::none;
}

RejectCode Model::halt() {
  Instrument* on = find_instrument(command_->halt.instrument);
  if (on == nullptr) return RejectCode::unknown_instrument;
  if (effective_state(*on) != InstrumentState::open) return RejectCode::wrong_state;

  move_state(*on, InstrumentState::halted);
  return RejectCode::none;
}

RejectCode Model::resume() {
  const Resume& wish = command_->resume;
  Instrument* on = find_instrument(wish.instrument);
  if (on == nullptr) return RejectCode::unknown_instrument;
  if (effective_state(*on) != InstrumentState::halted) return RejectCode::wrong_state;
  const std::int64_t reference = wish.reference.value();
  const bool is_within = on->price_min <= reference && reference <= on->price_max;
  if (reference != 0 && !is_within) return RejectCode::price_out_of_bounds;

  if (reference != 0) on->reference = reference;
  move_state(*on, InstrumentState::open);
  return RejectCode::none;
}

std::size_t Model::slots_free() const {
  return configure_.instruments_max - 1 - instruments_.size() - slots_lost_;
}

Instrument& Model::new_instrument() {
  std::uint32_t slot = 0;
  if (retired_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slot_uses_.size()) + 1;
  } else {
    slot = retired_slots_.back();
    retired_slots_.pop_back();
  }
  const std::uint32_t used_before = slot_uses_[slot]++;
  Instrument& on = instruments_[slot];
  on.id = instrument_id(used_before % instrument_generations_max, slot);
  return on;
}

const Instrument* Model::find_instrument(InstrumentId id) const {
  const auto found = instruments_.find(slot_of(id));
  return found != instruments_.end() && found->second.id == id ? &found->second : nullptr;
}

Instrument* Model::find_instrument(InstrumentId id) {
  return const_cast<Instrument*>(std::as_const(*this).find_instrument(id));
}

/// Requires: hour >= 0.
Instrument* Model::find_contract(PoolId pool, std::int64_t hour) {
  const auto found = places_.find({pool, hour % hour_places});
  if (found == places_.end()) return nullptr;
  Instrument* on = find_instrument(found->second);
  return on->hour == hour ? on : nullptr;
}

InstrumentState Model::effective_state(const Instrument& on) const {
  if (on.is_product) return on.state;
  if (on.gate_close <= now_) return InstrumentState::closed;
  if (on.state == InstrumentState::scheduled && on.gate_open <= now_) return InstrumentState::open;
  return on.state;
}

bool Model::is_certificate_valid(const Instrument& on) const {
  return !on.is_product || on.certificate_expiry > now_;
}

}  // namespace karst::model
