// Pools of machines, their certified capacity, and the hour contracts that are sold of it.
#include <algorithm>
#include <array>

#include "engine/reference/capacity_plan.hpp"
#include "engine/reference/terms.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

[[nodiscard]] const Pool* find_pool(const State& state, PoolId id) {
  if (id.value() >= state.config.pools_max || state.pools[id.value()].is_known == 0) {
    return nullptr;
  }
  return &state.pools[id.value()];
}

/// The listed contract of an hour, or nullptr.
[[nodiscard]] const Instrument* find_contract(const State& state, const Pool& pool,
                                              std::int64_t hour) {
  if (hour < 0) return nullptr;
  const Instrument* contract = state.instruments.find(InstrumentId{pool.contract(hour)});
  return contract != nullptr && contract->hour == hour ? contract : nullptr;
}

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

Checked<DefinePool> check(const State& state, const Command&, const DefinePool& body) {
  if (!state.accounts.is_known(body.operator_account)) return RejectCode::unknown_account;
  if (state.pools[body.pool.value()].is_known != 0) return RejectCode::already_exists;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<DefinePool>&) {
  Pool& pool = state.pools[command.define_pool.pool.value()];
  pool.is_known = 1;
  copy_fields(pool.definition, command.define_pool);
  emit_done(state, command, 0);
}

Checked<SetPoolCapacity> check(const State& state, const Command&, const SetPoolCapacity& body) {
  const Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return RejectCode::unknown_pool;
  if (body.capacity.value() > quantity_max) return RejectCode::quantity_out_of_bounds;
  const std::int64_t hour = body.from_hour.value();
  if (hour < 0 || hour > std::int64_t{1} << 31) return RejectCode::hours_out_of_bounds;
  CapacityPlan plan(*pool);
  if (state.rules < rules_of_capacity) {
    if (!plan.is_later(hour)) return RejectCode::hours_out_of_bounds;
    plan.set(hour, body.capacity.value());
  } else {
    const std::int64_t now_hour = floor_div(state.now, ns_per_hour);
    plan.set(hour, body.capacity.value());
    if (is_sold_short(state, *pool, plan, now_hour)) return RejectCode::capacity_exceeded;
    plan.drop_before(now_hour);
  }
  if (!plan.is_within_bounds()) return RejectCode::exchange_full;
  return Found<SetPoolCapacity>{plan};
}

void carry_out(State& state, const Command& command, const Checked<SetPoolCapacity>& checked) {
  checked.found.plan.store(state.pools[command.set_pool_capacity.pool.value()]);
  emit_done(state, command, 0);
}

Checked<SetPoolTerms> check(const State& state, const Command&, const SetPoolTerms& body) {
  const RejectCode code = check_terms(state, body);
  if (code != RejectCode::none) return code;
  if (find_pool(state, body.pool) == nullptr) return RejectCode::unknown_pool;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetPoolTerms>&) {
  Pool& pool = state.pools[command.set_pool_terms.pool.value()];
  pool.has_terms = 1;
  copy_fields(pool.terms, command.set_pool_terms);
  emit_done(state, command, 0);
}

Checked<ListContracts> check(const State& state, const Command&, const ListContracts& body) {
  const Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return RejectCode::unknown_pool;
  const std::int64_t first = body.from_hour.value();
  const std::int64_t hours = body.hours;
  const std::int64_t last_listable = floor_div(state.now, ns_per_hour) + bound::contract_hours_max;
  bool is_full = state.instruments.slots_free() < body.hours;
  bool is_listed = false;
  const bool is_within = first >= 0 && first <= last_listable && first + hours - 1 <= last_listable;
  if (first > -bound::contract_hours_max && first <= last_listable) {
    const std::int64_t last = std::min(first + hours - 1, last_listable);
    for (std::int64_t hour = std::max<std::int64_t>(first, 0); hour <= last; ++hour) {
      is_listed = is_listed || find_contract(state, *pool, hour) != nullptr;
      is_full = is_full || pool->contract(hour) != 0;
    }
  }
  if (is_listed) return RejectCode::already_exists;
  if (pool->has_terms == 0) return RejectCode::wrong_state;
  if (!is_within || first * ns_per_hour - pool->terms.gate_close_lead_ns <= state.now) {
    return RejectCode::hours_out_of_bounds;
  }
  if (is_full) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<ListContracts>&) {
  const ListContracts& body = command.list_contracts;
  Pool& pool = state.pools[body.pool.value()];
  const SetPoolTerms& terms = pool.terms;
  const std::int64_t first = body.from_hour.value();
  emit_done(state, command, 0);
  for (std::int64_t hour = first; hour < first + body.hours; ++hour) {
    Instrument& contract = state.instruments.take();
    set_terms(state, contract, terms);
    contract.kind = InstrumentKind::hour_contract;
    contract.modes = bit_of(TradeMode::book);
    contract.state = InstrumentState::scheduled;
    contract.pool = body.pool.value();
    contract.hour = static_cast<std::int32_t>(hour);  // times in ns are 64 bits, so hours fit
    contract.unit = pool.definition.unit;
    contract.grade = terms.grade;
    contract.penalty_bps = terms.penalty_bps;
    contract.gate_open_ns = hour * ns_per_hour - terms.gate_open_lead_ns;
    contract.tradable_until_ns = hour * ns_per_hour - terms.gate_close_lead_ns;
    pool.contract(hour) = contract.id.value();
    state.timers.set({contract.gate_open_ns, contract.id.value(), TimerKind::lifecycle,
                      state.timer<TimerKind::lifecycle>(slot_of(contract.id))});
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
}

Checked<MintCapacity> check(const State& state, const Command& command, const MintCapacity& body) {
  const std::uint32_t account = command.account.value();
  const RejectCode code = check_issuer(state.accounts[account]);
  if (code != RejectCode::none) return code;
  const Pool* pool = find_pool(state, body.pool);
  if (pool == nullptr) return RejectCode::unknown_pool;
  const std::int64_t first = body.from_hour.value();
  if (first < 0 || first > std::int64_t{1} << 40) return RejectCode::unknown_instrument;
  bool is_closed = false;
  bool is_exceeded = false;
  std::uint32_t rows_needed = 0;
  for (std::int64_t hour = first; hour < first + body.hours; ++hour) {
    const Instrument* contract = find_contract(state, *pool, hour);
    if (contract == nullptr) return RejectCode::unknown_instrument;
    is_closed = is_closed || effective_state(*contract, state.now) == InstrumentState::closed;
    is_exceeded = is_exceeded ||
                  std::uint64_t{contract->minted} + body.quantity.value() > pool->capacity_at(hour);
    const std::uint32_t asset = HoldingTable::asset(contract->id, Draw::capacity);
    rows_needed += state.holdings.find(account, asset) == HoldingTable::none ? 1 : 0;
  }
  if (is_closed) return RejectCode::instrument_closed;
  if (is_exceeded) return RejectCode::capacity_exceeded;
  if (rows_needed > state.holdings.rows_free()) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<MintCapacity>&) {
  const MintCapacity& body = command.mint_capacity;
  const std::uint32_t account = command.account.value();
  const Pool& pool = state.pools[body.pool.value()];
  const std::int64_t first = body.from_hour.value();
  emit_done(state, command, account);
  for (std::int64_t hour = first; hour < first + body.hours; ++hour) {
    Instrument& contract = state.instruments[slot_of(InstrumentId{pool.contract(hour)})];
    mint(state, contract, account, body.quantity.value());
  }
}

}  // namespace karst
