#include "gateway/sim/cluster_audit.hpp"

#include <algorithm>

#include "engine/base/hash.hpp"
#include "engine/state/account_table.hpp"
#include "engine/state/instrument_table.hpp"
#include "gateway/sim/cluster_desk.hpp"
#include "gateway/sim/cluster_market.hpp"
#include "gateway/sim/cluster_settings.hpp"

namespace karst::tool {
namespace {

/// Of log-ons, resends and keys: how often the session was lost is no part of the market.
bool is_about_sessions(EventType type) {
  switch (type) {
    case EventType::repeated:
    case EventType::key_created:
    case EventType::key_revoked:
    case EventType::session_opened:
    case EventType::session_closed:
    case EventType::dead_man_fired:
      return true;
    default:
      return false;
  }
}

/// What the event says, without its place in the journal.
std::uint64_t mix_content(std::uint64_t hash, const Event& event) {
  hash = mix(hash, std::uint64_t{static_cast<std::uint8_t>(event.type)} << 40U |
                       std::uint64_t{event.detail} << 32U | event.instrument.value());
  for (const std::uint64_t word : event.words) hash = mix(hash, word);
  return hash;
}

std::string at(const Command& command) {
  return " at command " + std::to_string(command.sequence);
}

}  // namespace

ClusterAuditor::ClusterAuditor(std::uint32_t pools, std::uint32_t hours)
    : checks_{{{"Z1", "money and lots sum to zero after each command"},
               {"Z2", "no balance is below zero"},
               {"Z3", "the rounding account is zero"},
               {"Z4", "replaying the journal gives the same events and record bytes"},
               {"Z5", "only eligible parties trade, and only while the gate is open"},
               {"Z6", "every reservation is consumed or released"},
               {"Z7", "audit totals by day, merchant, product and mode equal the postings"},
               {"capacity", "nothing is sold beyond what is minted, or minted beyond the cards"}}} {
  figures_.market_hash = hash_seed;
  figures_.contracts.assign(pools, std::vector<ContractFigures>(std::size_t{hours} + 1));
}

void ClusterAuditor::take(const Executed& executed, const Engine& engine) {
  const Command& command = executed.command;
  ++figures_.commands;
  figures_.events += executed.events.size();
  touched_.clear();
  const Event* previous = nullptr;
  for (const Event& event : executed.events) {
    if (!is_about_sessions(event.type)) {
      figures_.market_hash = mix_content(figures_.market_hash, event);
      take_event(event, previous, command, engine);
    }
    previous = &event;
  }
  look_at_money(command, engine);
  look_at_rows(command, engine);
  if (command.time.value() >= next_full_check_ns_) {
    engine.check_invariants();  // every hour of the trace; it asserts
    next_full_check_ns_ = (command.time.value() / ns_per_hour + 1) * ns_per_hour;
  }
  figures_.event_hash = engine.event_hash();
}

void ClusterAuditor::take_event(const Event& event, const Event* previous, const Command& command,
                                const Engine& engine) {
  switch (event.type) {
    case EventType::contract_listed:
      return on_listed(event);
    case EventType::capacity_minted:
      return on_minted(event, engine);
    case EventType::units_burnt:
      return on_burnt(event);
    case EventType::order_accepted:
    case EventType::order_amended:
    case EventType::order_cancelled:
      return on_order(event);
    case EventType::settlement:
      return on_settlement(*previous, event, command, engine);
    default:
      return;
  }
}

void ClusterAuditor::on_listed(const Event& event) {
  Contract& contract = contracts_[event.instrument.value()];
  contract = Contract{};
  const std::int64_t hour = event.contract.hour.value() - cluster_first_hour;
  contract.place = {event.contract.pool.value(), static_cast<std::uint32_t>(hour)};
  contract.gate_open_ns = event.contract.gate_open.value();
  contract.gate_close_ns = event.contract.gate_close.value();
}

void ClusterAuditor::on_minted(const Event& event, const Engine& engine) {
  const std::uint32_t instrument = event.instrument.value();
  Contract& contract = contracts_[instrument];
  contract.minted += event.units.quantity.value();
  figures_of(contract).minted = contract.minted;
  row(event.units.account.value(), instrument, false).lots += event.units.quantity.value();
  const Pool* pool = engine.pool(event.units.pool);
  std::uint64_t certified = 0;
  if (pool != nullptr) certified = pool->capacity_at(event.units.hour.value());
  checks_[capacity].expect(contract.minted <= certified,
                           "minted " + std::to_string(contract.minted) + " of " +
                               std::to_string(certified) + " lots of instrument " +
                               std::to_string(instrument));
}

void ClusterAuditor::on_burnt(const Event& event) {
  const bool is_units = static_cast<Draw>(event.detail) == Draw::holding;
  row(event.units.account.value(), event.instrument.value(), is_units).lots -=
      event.units.quantity.value();
}

void ClusterAuditor::on_order(const Event& event) {
  const OrderChange& change = event.order;
  const std::uint32_t lots = change.quantity.value();
  const bool is_sell = change.side == Side::sell;
  if (event.type == EventType::order_accepted) {
    orders_[change.order.value()] = {change.account.value(), event.instrument.value(), lots,
                                     is_sell};
    if (is_sell) row(change.account.value(), event.instrument.value(), false).reserved += lots;
    ++(is_sell ? figures_.asks : figures_.buys);
    if (!is_sell) ++figures_of(contracts_[event.instrument.value()]).orders;
    return;
  }
  if (event.type == EventType::order_cancelled) {
    if (static_cast<CancelReason>(event.detail) == CancelReason::fill_or_kill) ++figures_.killed;
    return reduce(change.order, lots);
  }
  ++figures_.amends;
  const auto found = orders_.find(change.order.value());
  if (found != orders_.end()) reduce(change.order, found->second.leaves - lots);
}

void ClusterAuditor::reduce(OrderId id, std::uint32_t lots) {
  const auto found = orders_.find(id.value());
  if (found == orders_.end()) return;
  Order& order = found->second;
  order.leaves -= lots;
  if (order.is_sell) row(order.account, order.instrument, false).reserved -= lots;
  if (order.leaves == 0) orders_.erase(found);
}

void ClusterAuditor::on_settlement(const Event& trade_event, const Event& event,
                                   const Command& command, const Engine& engine) {
  const Trade& trade = trade_event.trade;
  const Settlement& settlement = event.settlement;
  const std::uint32_t instrument = event.instrument.value();
  Contract& contract = contracts_[instrument];
  const std::uint32_t lots = trade.quantity.value();
  contract.sold += lots;
  row(settlement.seller.value(), instrument, false).lots -= lots;
  row(settlement.buyer.value(), instrument, true).lots += lots;
  reduce(trade.maker, lots);
  reduce(trade.taker, lots);
  checks_[capacity].expect(contract.sold <= contract.minted,
                           "sold more than there is" + at(command));
  const auto may_trade = [&](AccountId account) {
    const Account* it = engine.account(account);
    return it != nullptr && it->is_admitted() && it->killed == 0;
  };
  const bool is_open = contract.gate_open_ns <= command.time.value() &&
                       command.time.value() < contract.gate_close_ns;
  checks_[eligible].expect(may_trade(settlement.buyer) && may_trade(settlement.seller) &&
                               settlement.buyer != settlement.seller && is_open,
                           "a party or the hour was not eligible" + at(command));
  count(trade, settlement, contract, event.instrument, command.time);
}

void ClusterAuditor::count(const Trade& trade, const Settlement& settlement,
                           const Contract& contract, InstrumentId instrument, Time time) {
  const std::int64_t notional = trade.notional.value();
  const std::int64_t price = trade.price.value();
  ContractFigures& figures = figures_of(contract);
  ++figures.fills;
  figures.lots += trade.quantity.value();
  figures.turnover += notional;
  figures.low = figures.low == 0 ? price : std::min(figures.low, price);
  figures.high = std::max(figures.high, price);
  ++figures_.fills;
  figures_.lots += trade.quantity.value();
  figures_.turnover += notional;
  figures_.fees += settlement.buyer_fee.value() + settlement.seller_fee.value();
  const std::int64_t day = (time.value() + cluster_utc_offset_ns) / ns_per_day;
  DayTotal& buyer = totals_[{day, settlement.buyer, instrument, TradeMode::book}];
  ++buyer.trades;
  buyer.bought_lots += trade.quantity.value();
  buyer.bought += static_cast<Total>(notional);
  buyer.fees += static_cast<Total>(settlement.buyer_fee.value());
  DayTotal& seller = totals_[{day, settlement.seller, instrument, TradeMode::book}];
  ++seller.trades;
  seller.sold_lots += trade.quantity.value();
  seller.sold += static_cast<Total>(notional);
  seller.fees += static_cast<Total>(settlement.seller_fee.value());
}

/// All merchants' money in the engine: it is what the bank holds less the fees, none of it is
/// below zero, and none is reserved, because a fill-or-kill order leaves nothing behind.
void ClusterAuditor::look_at_money(const Command& command, const Engine& engine) {
  if (engine.currency_code(cluster_currency) == nullptr) return;
  std::int64_t sum =
      engine.fee_income(cluster_currency).value() - engine.custody(cluster_currency).value();
  bool is_negative = false;
  std::int64_t reserved = 0;
  for (std::uint32_t id = 1; id <= cluster_merchants; ++id) {
    const Balance balance = engine.balance(AccountId{id}, cluster_currency);
    sum += (balance.available + balance.reserved + balance.escrow).value();
    reserved += balance.reserved.value();
    is_negative = is_negative || balance.available.value() < 0 || balance.reserved.value() < 0 ||
                  balance.escrow.value() < 0;
  }
  checks_[zero_sum].expect(sum == 0, sum == 0 ? "" : "money differs by " + std::to_string(sum) +
                                                         at(command));
  checks_[not_negative].expect(!is_negative, is_negative ? "money below zero" + at(command) : "");
  checks_[reservations].expect(reserved == 0,
                               reserved == 0 ? "" : "money stays reserved" + at(command));
}

/// The rows of lots that the command's events were about.
void ClusterAuditor::look_at_rows(const Command& command, const Engine& engine) {
  for (const RowKey& key : touched_) {
    const Row& should = rows_[key];
    const bool is_units = (key.second & 1U) != 0;
    const Holding is =
        engine.holding(AccountId{key.first},
                       InstrumentId{static_cast<std::uint32_t>(key.second >> 1U)},
                       is_units ? Draw::holding : Draw::capacity);
    const std::int64_t lots = std::int64_t{is.free.value()} + is.reserved.value() +
                              is.locked.value();
    const bool is_same = lots == should.lots;
    checks_[zero_sum].expect(is_same, is_same ? "" : "lots differ" + at(command));
    checks_[not_negative].expect(should.lots >= 0,
                                 should.lots >= 0 ? "" : "lots below zero" + at(command));
    const bool is_reserved = is.reserved.value() == should.reserved;
    checks_[reservations].expect(is_reserved,
                                 is_reserved ? "" : "reserved lots differ" + at(command));
    if (should.lots == 0 && should.reserved == 0) rows_.erase(key);
  }
}

void ClusterAuditor::end(const Engine& engine) {
  std::int64_t left = 0;
  for (std::uint32_t id = 1; id <= cluster_merchants; ++id) {
    const Balance balance = engine.balance(AccountId{id}, cluster_currency);
    left += balance.reserved.value() + balance.escrow.value();
  }
  std::vector<HoldingRow> rows;
  engine.holdings(rows);
  checks_[reservations].expect(left == 0 && orders_.empty() && rows.empty() && rows_.empty(),
                               "something is reserved, held or in escrow at the end");
}

ClusterAuditor::Row& ClusterAuditor::row(std::uint32_t account, std::uint32_t instrument,
                                         bool is_units) {
  const RowKey key{account, std::uint64_t{instrument} << 1U | (is_units ? 1U : 0U)};
  if (std::find(touched_.begin(), touched_.end(), key) == touched_.end()) touched_.push_back(key);
  return rows_[key];
}

ContractFigures& ClusterAuditor::figures_of(const Contract& contract) {
  auto& hours = figures_.contracts[(contract.place.pool - 1) % figures_.contracts.size()];
  return hours[contract.place.hour % hours.size()];
}

}  // namespace karst::tool
