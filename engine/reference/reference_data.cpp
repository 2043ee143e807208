// Currencies, calendars, fees, pools, contracts, products and their states.
#include "engine/reference/reference_data.hpp"

#include <algorithm>
#include <array>

#include "engine/command/fields.hpp"
#include "engine/order/matching.hpp"

namespace karst {
namespace {

constexpr std::int64_t hours_max = 336;  ///< a pool's window, from the current hour on

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

/// Adds lots to a row of capacity, made if there is none, and says so.
void mint(State& state, Instrument& instrument, std::uint32_t account, std::uint32_t lots) {
  std::uint32_t row =
      state.holdings.find(account, HoldingTable::asset(instrument.id, Draw::capacity));
  if (row == HoldingTable::none) row = make_row(state, instrument, account, Draw::capacity);
  state.holdings[row].free += lots;
  instrument.minted += lots;
  const std::uint64_t number = state.next_settlement();
  state.emit(EventType::capacity_minted, 0, instrument.id,
             UnitsMoved{.number = number,
                        .account_event = state.next_event_number(account),
                        .hour = Hour{instrument.hour},
                        .account = AccountId{account},
                        .quantity = Quantity{lots},
                        .pool = PoolId{instrument.pool},
                        .reserved = {}});
}

void emit_product(State& state, EventType type, const Instrument& instrument, std::uint32_t seats,
                  std::uint64_t number) {
  const std::uint64_t event_number = state.next_event_number(instrument.issuer);
  state.emit(type, 0, instrument.id,
             ProductDefined{.number = number,
                            .account_event = event_number,
                            .certificate_expiry = Time{instrument.certificate_expiry_ns},
                            .list_price = Price{instrument.list_price},
                            .issuer = AccountId{instrument.issuer},
                            .seats = Quantity{seats},
                            .version = instrument.version,
                            .supply = instrument.supply,
                            .resale = instrument.resale,
                            .currency = CurrencyId{instrument.currency}});
  state.note_answer(event_number, 0);
}

[[nodiscard]] Pool* find_pool(State& state, PoolId id) {
  if (id.value() >= state.config.pools_max || state.pools[id.value()].is_known == 0) {
    return nullptr;
  }
  return &state.pools[id.value()];
}

/// The listed contract of an hour, or nullptr.
[[nodiscard]] Instrument* find_contract(State& state, Pool& pool, std::int64_t hour) {
  if (hour < 0) return nullptr;
  Instrument* contract = state.instruments.find(InstrumentId{pool.contract(hour)});
  return contract != nullptr && contract->hour == hour ? contract : nullptr;
}

[[nodiscard]] RejectCode check_issuer(const Account& account) {
  if (account.state == MerchantState::suspended) return RejectCode::account_suspended;
  if (account.state == MerchantState::exited) return RejectCode::account_exited;
  return RejectCode::none;
}

}  // namespace

void emit_done(State& state, const Command& command, std::uint32_t account) {
  const std::uint64_t number = state.next_event_number(account);
  state.emit(EventType::done, 0, InstrumentId{0},
             Answer{.client_seq = command.client_seq,
                    .account_event = number,
                    .value = 0,
                    .order = OrderId{0},
                    .account = AccountId{account},
                    .key = command.key,
                    .command = command.type,
                    .reserved = {}});
  state.note_answer(number, 0);
}

Outcome define_currency(State& state, const Command& command) {
  Currency& currency = state.currencies[command.define_currency.currency.value()];
  if (currency.is_known != 0) return refuse(RejectCode::already_exists);
  if (state.is_rehearsal) return Outcome::done;
  currency.code = command.define_currency.code;
  currency.is_known = 1;
  state.emit(EventType::currency_defined, 0, InstrumentId{0},
             CurrencyDefined{.number = state.next_settlement(),
                             .code = currency.code,
                             .currency = command.define_currency.currency,
                             .reserved = 0,
                             .reserved2 = {}});
  state.note_answer(0, 0);
  return Outcome::done;
}

Outcome define_calendar(State& state, const Command& command) {
  Calendar& calendar = state.calendars[command.define_calendar.calendar.value()];
  if (calendar.is_known != 0) return refuse(RejectCode::already_exists);
  if (state.is_rehearsal) return Outcome::done;
  calendar = {.utc_offset_ns = command.define_calendar.utc_offset_ns, .is_known = 1};
  emit_done(state, command, 0);
  return Outcome::done;
}

Outcome define_fees(State& state, const Command& command) {
  const DefineFees& body = command.define_fees;
  FeeSchedule& schedule = state.fee_schedules[body.schedule.value()];
  if (schedule.is_known != 0) return refuse(RejectCode::already_exists);
  if (state.is_rehearsal) return Outcome::done;
  schedule = {.maker = {body.maker_per_lot.value(), body.maker_bps, 0},
              .taker = {body.taker_per_lot.value(), body.taker_bps, 0},
              .is_known = 1};
  emit_done(state, command, 0);
  return Outcome::done;
}

Outcome define_pool(State& state, const Command& command) {
  const DefinePool& body = command.define_pool;
  if (!state.accounts.is_known(body.operator_account)) return refuse(RejectCode::unknown_account);
  Pool& pool = state.pools[body.pool.value()];
  if (pool.is_known != 0) return refuse(RejectCode::already_exists);
  if (state.is_rehearsal) return Outcome::done;
  pool.is_known = 1;
  copy_fields(pool.definition, body);
  emit_done(state, command, 0);
  return Outcome::done;
}

namespace {

/// The capacities of a pool as they are to become; one more than a pool can keep.
class CapacityPlan {
 public:
  explicit CapacityPlan(const Pool& pool) : count_(pool.capacity_count) {
    std::copy_n(pool.capacities, count_, entries_.begin());
  }
  [[nodiscard]] bool is_later(std::int64_t hour) const {
    return count_ == 0 || hour > entries_[count_ - 1].from_hour;
  }
  [[nodiscard]] bool is_within_bounds() const { return count_ <= Pool::capacities_max; }

  /// Replaces the entry of that hour, or puts one in its place in the order of hours.
  void set(std::int64_t hour, std::uint32_t lots) {
    const auto end = entries_.begin() + count_;
    const auto at = std::find_if(entries_.begin(), end,
                                 [&](const PoolCapacity& it) { return it.from_hour >= hour; });
    if (at == end || at->from_hour != hour) {
      std::move_backward(at, end, end + 1);
      ++count_;
    }
    *at = {hour, lots, 0};
  }
  /// Forgets the entries that hold at no hour from `hour` on.
  void drop_before(std::int64_t hour) {
    while (count_ > 1 && entries_[1].from_hour <= hour) {
      std::move(entries_.begin() + 1, entries_.begin() + count_, entries_.begin());
      --count_;
    }
  }
  [[nodiscard]] std::uint32_t at(std::int64_t hour) const {
    return capacity_in({entries_.data(), count_}, hour);
  }
  void store(Pool& pool) const {
    std::fill_n(pool.capacities, Pool::capacities_max, PoolCapacity{});
    std::copy_n(entries_.begin(), count_, pool.capacities);
    pool.capacity_count = count_;
  }

 private:
  std::array<PoolCapacity, Pool::capacities_max + 1> entries_{};
  std::uint32_t count_;
};

/// Whether the plan takes away capacity that has been minted, in an hour not passed yet.
[[nodiscard]] bool is_sold_short(const State& state, const Pool& pool, const CapacityPlan& plan,
                                 std::int64_t now_hour) {
  return std::ranges::any_of(pool.contracts, [&](std::uint32_t id) {
    const Instrument* contract = state.instruments.find(InstrumentId{id});
    if (contract == nullptr || contract->hour < now_hour) return false;
    const std::uint32_t lots = plan.at(contract->hour);
    return lots < contract->minted && lots < pool.capacity_at(contract->hour);
  });
}

}  // namespace

Outcome set_pool_capacity(State& state, const Command& command) {
  const SetPoolCapacity& body = command.set_pool_capacity;
  Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return refuse(RejectCode::unknown_pool);
  if (body.capacity.value() > quantity_max) return refuse(RejectCode::quantity_out_of_bounds);
  const std::int64_t hour = body.from_hour.value();
  if (hour < 0 || hour > std::int64_t{1} << 31) return refuse(RejectCode::hours_out_of_bounds);
  CapacityPlan plan(*pool);
  if (state.rules < rules_of_capacity) {
    if (!plan.is_later(hour)) return refuse(RejectCode::hours_out_of_bounds);
    plan.set(hour, body.capacity.value());
  } else {
    const std::int64_t now_hour = floor_div(state.now, ns_per_hour);
    plan.set(hour, body.capacity.value());
    if (is_sold_short(state, *pool, plan, now_hour)) return refuse(RejectCode::capacity_exceeded);
    plan.drop_before(now_hour);
  }
  if (!plan.is_within_bounds()) return refuse(RejectCode::exchange_full);
  if (state.is_rehearsal) return Outcome::done;
  plan.store(*pool);
  emit_done(state, command, 0);
  return Outcome::done;
}

Outcome set_pool_terms(State& state, const Command& command) {
  const SetPoolTerms& body = command.set_pool_terms;
  const RejectCode code = check_terms(state, body);
  if (code != RejectCode::none) return refuse(code);
  Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return refuse(RejectCode::unknown_pool);
  if (state.is_rehearsal) return Outcome::done;
  pool->has_terms = 1;
  copy_fields(pool->terms, body);
  emit_done(state, command, 0);
  return Outcome::done;
}

Outcome list_contracts(State& state, const Command& command) {
  const ListContracts& body = command.list_contracts;
  Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return refuse(RejectCode::unknown_pool);
  const std::int64_t first = body.from_hour.value();
  const std::int64_t hours = body.hours;
  const std::int64_t last_listable = floor_div(state.now, ns_per_hour) + hours_max;
  bool is_full = state.instruments.slots_free() < body.hours;
  bool is_listed = false;
  const bool is_within = first >= 0 && first <= last_listable && first + hours - 1 <= last_listable;
  if (first > -hours_max && first <= last_listable) {
    const std::int64_t last = std::min(first + hours - 1, last_listable);
    for (std::int64_t hour = std::max<std::int64_t>(first, 0); hour <= last; ++hour) {
      is_listed = is_listed || find_contract(state, *pool, hour) != nullptr;
      is_full = is_full || pool->contract(hour) != 0;
    }
  }
  if (is_listed) return refuse(RejectCode::already_exists);
  if (pool->has_terms == 0) return refuse(RejectCode::wrong_state);
  const SetPoolTerms& terms = pool->terms;
  if (!is_within || first * ns_per_hour - terms.gate_close_lead_ns <= state.now) {
    return refuse(RejectCode::hours_out_of_bounds);
  }
  if (is_full) return refuse(RejectCode::exchange_full);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  emit_done(state, command, 0);
  for (std::int64_t hour = first; hour < first + hours; ++hour) {
    Instrument& contract = state.instruments.take();
    set_terms(state, contract, terms);
    contract.state = InstrumentState::scheduled;
    contract.pool = body.pool.value();
    contract.hour = static_cast<std::int32_t>(hour);  // times in ns are 64 bits, so hours fit
    contract.unit = pool->definition.unit;
    contract.grade = terms.grade;
    contract.penalty_bps = terms.penalty_bps;
    contract.gate_open_ns = hour * ns_per_hour - terms.gate_open_lead_ns;
    contract.tradable_until_ns = hour * ns_per_hour - terms.gate_close_lead_ns;
    pool->contract(hour) = contract.id.value();
    state.timers.set({contract.gate_open_ns, contract.id.value(), TimerKind::lifecycle,
                      state.lifecycle_timer(slot_of(contract.id))});
    state.emit(EventType::contract_listed, 0, contract.id,
               ContractListed{.number = state.next_settlement(),
                              .hour = Hour{hour},
                              .gate_open = Time{contract.gate_open_ns},
                              .gate_close = Time{contract.tradable_until_ns},
                              .list_price = terms.list_price,
                              .pool = body.pool,
                              .currency = terms.currency,
                              .reserved = 0});
  }
  return Outcome::done;
}

Outcome mint_capacity(State& state, const Command& command) {
  const MintCapacity& body = command.mint_capacity;
  const std::uint32_t account = command.account.value();
  const RejectCode code = check_issuer(state.accounts[account]);
  if (code != RejectCode::none) return refuse(code);
  Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return refuse(RejectCode::unknown_pool);
  const std::int64_t first = body.from_hour.value();
  if (first < 0 || first > std::int64_t{1} << 40) return refuse(RejectCode::unknown_instrument);
  bool is_closed = false;
  bool is_exceeded = false;
  std::uint32_t rows_needed = 0;
  for (std::int64_t hour = first; hour < first + body.hours; ++hour) {
    const Instrument* contract = find_contract(state, *pool, hour);
    if (contract == nullptr) return refuse(RejectCode::unknown_instrument);
    is_closed = is_closed || effective_state(*contract, state.now) == InstrumentState::closed;
    is_exceeded = is_exceeded ||
                  std::uint64_t{contract->minted} + body.quantity.value() > pool->capacity_at(hour);
    const std::uint32_t asset = HoldingTable::asset(contract->id, Draw::capacity);
    rows_needed += state.holdings.find(account, asset) == HoldingTable::none ? 1 : 0;
  }
  if (is_closed) return refuse(RejectCode::instrument_closed);
  if (is_exceeded) return refuse(RejectCode::capacity_exceeded);
  if (rows_needed > state.holdings.rows_free()) return refuse(RejectCode::exchange_full);
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  emit_done(state, command, account);
  for (std::int64_t hour = first; hour < first + body.hours; ++hour) {
    mint(state, *find_contract(state, *pool, hour), account, body.quantity.value());
  }
  return Outcome::done;
}

Outcome define_product(State& state, const Command& command) {
  const DefineProduct& body = command.define_product;
  const std::uint32_t account = command.account.value();
  RejectCode code = check_issuer(state.accounts[account]);
  if (code == RejectCode::none) code = check_terms(state, body);
  if (code != RejectCode::none) return refuse(code);
  const bool needs_row = body.seats.value() != 0;
  if (state.instruments.slots_free() == 0 || (needs_row && state.holdings.rows_free() == 0)) {
    return refuse(RejectCode::exchange_full);
  }
  if (state.is_rehearsal) return Outcome::done;

  // From here on nothing can fail.
  Instrument& product = state.instruments.take();
  set_terms(state, product, body);
  product.state = InstrumentState::open;
  product.is_product = 1;
  product.is_posted = body.supply == Supply::non_rival ? 1 : 0;
  product.resale = body.resale;
  product.supply = body.supply;
  product.unit = body.unit;
  product.issuer = account;
  product.version = 1;
  product.certificate_expiry_ns = product.tradable_until_ns = body.certificate_expiry.value();
  product.symbol = body.symbol;
  emit_product(state, EventType::product_defined, product, body.seats.value(),
               state.next_settlement());
  if (needs_row) mint(state, product, account, body.seats.value());
  return Outcome::done;
}

Outcome set_product_terms(State& state, const Command& command) {
  const SetProductTerms& body = command.set_product_terms;
  Instrument* product = state.instruments.find(body.instrument);
  if (product == nullptr || product->is_product == 0) return refuse(RejectCode::unknown_instrument);
  if (product->state == InstrumentState::delisted) return refuse(RejectCode::instrument_delisted);
  if (state.is_rehearsal) return Outcome::done;
  product->certificate_expiry_ns = product->tradable_until_ns = body.certificate_expiry.value();
  product->terms_hash = body.terms_hash;
  ++product->version;
  emit_product(state, EventType::product_changed, *product,
               product->is_posted != 0 ? 0 : product->minted, 0);
  return Outcome::done;
}

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
      return instrument.is_product != 0 && from != InstrumentState::delisted;
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

}  // namespace

Outcome set_instrument_state(State& state, const Command& command) {
  const SetInstrumentState& body = command.set_instrument_state;
  Instrument* instrument = state.instruments.find(body.instrument);
  if (instrument == nullptr) return refuse(RejectCode::unknown_instrument);
  const InstrumentState before = effective_state(*instrument, state.now);
  if (!is_allowed(*instrument, before, body.state)) return refuse(RejectCode::wrong_state);
  if (state.is_rehearsal) return Outcome::done;
  const bool is_early = body.state == InstrumentState::open && instrument->is_compute() &&
                        state.now < instrument->gate_open_ns;
  instrument->state = is_early ? InstrumentState::scheduled : body.state;
  if (body.state == InstrumentState::delisted) {
    state.jobs.push(Job::drain(instrument->id, CancelReason::delisted, command.sequence));
  }
  answer_state(state, *instrument, before);
  return Outcome::done;
}

Outcome halt(State& state, const Command& command) {
  Instrument* instrument = state.instruments.find(command.halt.instrument);
  if (instrument == nullptr) return refuse(RejectCode::unknown_instrument);
  const InstrumentState before = effective_state(*instrument, state.now);
  if (before != InstrumentState::open) return refuse(RejectCode::wrong_state);
  if (state.is_rehearsal) return Outcome::done;
  instrument->state = InstrumentState::halted;
  answer_state(state, *instrument, before);
  return Outcome::done;
}

Outcome resume(State& state, const Command& command) {
  Instrument* instrument = state.instruments.find(command.resume.instrument);
  if (instrument == nullptr) return refuse(RejectCode::unknown_instrument);
  const InstrumentState before = effective_state(*instrument, state.now);
  if (before != InstrumentState::halted) return refuse(RejectCode::wrong_state);
  const std::int64_t reference = command.resume.reference.value();
  if (reference != 0 && (reference < instrument->price_min || reference > instrument->price_max)) {
    return refuse(RejectCode::price_out_of_bounds);
  }
  if (state.is_rehearsal) return Outcome::done;
  if (reference != 0) instrument->reference = reference;
  instrument->state = InstrumentState::open;
  answer_state(state, *instrument, before);
  return Outcome::done;
}

}  // namespace karst
