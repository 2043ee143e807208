#include "gateway/sim/cluster_accounts.hpp"

#include <algorithm>

namespace karst::tool {
namespace {

void put(std::map<std::uint32_t, std::int64_t>& lots, std::uint32_t instrument,
         std::int64_t change) {
  std::int64_t& held = lots[instrument];
  held += change;
  if (held == 0) lots.erase(instrument);
}

}  // namespace

Status ClusterAccounts::take(const v1::Event& event) {
  Merchant& merchant = merchants_[event.account_id()];
  if (event.number() != merchant.last_event + 1) {
    return Error{ErrorCode::corrupt, "find the next event (" + std::to_string(event.number()) + ")",
                 "the log of merchant " + std::to_string(event.account_id())};
  }
  merchant.last_event = event.number();
  ++events_;
  switch (event.body_case()) {
    case v1::Event::kOrder:
      take(event, event.order());
      break;
    case v1::Event::kFill:
      take(event, event.fill(), merchant);
      break;
    case v1::Event::kCash:
      merchant.cash += event.cash().amount_fen();
      paid_in_ += event.cash().amount_fen();
      break;
    case v1::Event::kEscrow:
      merchant.escrow -= event.escrow().amount_fen();
      merchant.cash += event.escrow().amount_fen();
      break;
    case v1::Event::kUnits:
      take(event, event.units(), merchant);
      break;
    default:
      break;
  }
  return {};
}

void ClusterAccounts::take(const v1::Event& event, const v1::OrderChange& change) {
  if (change.side() == v1::SIDE_BUY) return;  // fill or kill: nothing stays
  const auto contract = contracts_.find(event.instrument_id());
  if (contract == contracts_.end()) return;
  if (change.what() == v1::OrderChange::WHAT_ACCEPTED) {
    OpenAsk ask;
    ask.contract = contract->second;
    ask.account = event.account_id();
    ask.order = change.order_id();
    ask.price = change.limit_ticks();
    ask.leaves = change.quantity_lots();
    ask.total = ask.leaves;
    ask.rung = change.tag();
    asks_[ask.order] = ask;
    asks_of_[ask.contract].push_back(ask.order);
    add_depth(ask.contract, ask.price, ask.leaves);
    return;
  }
  const auto found = asks_.find(change.order_id());
  if (found == asks_.end()) return;
  OpenAsk& ask = found->second;
  if (change.what() == v1::OrderChange::WHAT_AMENDED) {
    add_depth(ask.contract, ask.price, -std::int64_t{ask.leaves});
    ask.price = change.limit_ticks();
    ask.leaves = change.quantity_lots();
    add_depth(ask.contract, ask.price, ask.leaves);
  } else if (change.what() == v1::OrderChange::WHAT_CANCELLED) {
    forget(change.order_id());
  }
}

void ClusterAccounts::take(const v1::Event& event, const v1::Fill& fill, Merchant& merchant) {
  const std::int64_t lots = fill.quantity_lots();
  fees_ += fill.fee_fen();
  if (fill.side() == v1::SIDE_BUY) {
    merchant.cash -= fill.notional_fen() + fill.fee_fen();
    put(merchant.bought, event.instrument_id(), lots);
    filled_[fill.order_id()] += fill.quantity_lots();
    ++fills_;
    return;
  }
  merchant.escrow += fill.notional_fen() - fill.fee_fen();
  put(merchant.capacity, event.instrument_id(), -lots);
  const auto found = asks_.find(fill.order_id());
  if (found == asks_.end()) return;
  OpenAsk& ask = found->second;
  add_depth(ask.contract, ask.price, -lots);
  ask.leaves -= fill.quantity_lots();
  if (ask.leaves == 0) forget(fill.order_id());
}

void ClusterAccounts::take(const v1::Event& event, const v1::UnitsMoved& units,
                           Merchant& merchant) {
  if (units.quantity_lots() > 0) {
    const auto hour = static_cast<std::uint32_t>(units.hour() - first_hour_);
    const PoolHour contract{units.pool_id(), hour};
    contracts_[event.instrument_id()] = contract;
    instruments_[contract] = event.instrument_id();
  }
  auto& lots = units.row() == v1::DRAW_HOLDING ? merchant.bought : merchant.capacity;
  put(lots, event.instrument_id(), units.quantity_lots());
}

void ClusterAccounts::forget(std::uint64_t order) {
  const auto found = asks_.find(order);
  const OpenAsk& ask = found->second;
  add_depth(ask.contract, ask.price, -std::int64_t{ask.leaves});
  std::erase(asks_of_[ask.contract], order);
  if (asks_of_[ask.contract].empty()) asks_of_.erase(ask.contract);
  asks_.erase(found);
}

void ClusterAccounts::add_depth(PoolHour contract, std::int64_t price, std::int64_t lots) {
  std::map<std::int64_t, std::int64_t>& prices = depth_[contract];
  std::int64_t& there = prices[price];
  there += lots;
  if (there == 0) prices.erase(price);
  if (prices.empty()) depth_.erase(contract);
}

std::uint64_t ClusterAccounts::last_event(std::uint32_t account) const {
  const auto found = merchants_.find(account);
  return found == merchants_.end() ? 0 : found->second.last_event;
}

std::uint32_t ClusterAccounts::instrument(PoolHour contract) const {
  const auto found = instruments_.find(contract);
  return found == instruments_.end() ? 0 : found->second;
}

std::int64_t ClusterAccounts::best_ask(PoolHour contract) const {
  const auto found = depth_.find(contract);
  return found == depth_.end() ? 0 : found->second.begin()->first;
}

std::vector<OpenAsk> ClusterAccounts::asks(PoolHour contract) const {
  std::vector<OpenAsk> all;
  const auto found = asks_of_.find(contract);
  if (found == asks_of_.end()) return all;
  for (const std::uint64_t order : found->second) all.push_back(asks_.at(order));
  return all;
}

std::uint32_t ClusterAccounts::take_filled(std::uint64_t order) {
  const auto found = filled_.find(order);
  if (found == filled_.end()) return 0;
  const std::uint32_t lots = found->second;
  filled_.erase(found);
  return lots;
}

std::string ClusterAccounts::compare(std::uint32_t account, const v1::Balances& balances) const {
  const auto found = merchants_.find(account);
  const Merchant none;
  const Merchant& merchant = found == merchants_.end() ? none : found->second;
  v1::Balance said;
  if (balances.balances_size() > 0) said = balances.balances(0);
  std::string wrong;
  const auto differs = [&](const char* what, std::int64_t is, std::int64_t should) {
    if (is == should) return;
    wrong += "merchant " + std::to_string(account) + ": " + what + " is " + std::to_string(is) +
             ", its events say " + std::to_string(should) + "; ";
  };
  differs("cash", said.available_fen() + said.reserved_fen(), merchant.cash);
  differs("reserved", said.reserved_fen(), 0);  // fill or kill leaves nothing behind
  differs("escrow", said.escrow_fen(), merchant.escrow);
  if (said.available_fen() < 0 || said.reserved_fen() < 0 || said.escrow_fen() < 0) {
    wrong += "merchant " + std::to_string(account) + ": a balance is below 0; ";
  }
  return wrong;
}

std::string ClusterAccounts::compare(std::uint32_t account,
                                     const std::vector<v1::Holding>& holdings) const {
  const auto found = merchants_.find(account);
  const Merchant none;
  Merchant left = found == merchants_.end() ? none : found->second;
  for (const v1::Holding& it : holdings) {
    const std::int64_t lots =
        std::int64_t{it.free_lots()} + it.reserved_lots() + it.locked_lots();
    put(it.row() == v1::DRAW_HOLDING ? left.bought : left.capacity, it.instrument_id(), -lots);
  }
  if (left.bought.empty() && left.capacity.empty()) return {};
  const std::uint32_t instrument =
      left.bought.empty() ? left.capacity.begin()->first : left.bought.begin()->first;
  return "merchant " + std::to_string(account) + ": other lots of instrument " +
         std::to_string(instrument) + " than its events say; ";
}

bool ClusterAccounts::is_zero_sum() const {
  std::int64_t sum = fees_ - paid_in_;
  for (const auto& [account, merchant] : merchants_) sum += merchant.cash + merchant.escrow;
  return sum == 0;
}

bool ClusterAccounts::is_at_rest() const {
  if (!asks_.empty()) return false;
  return std::all_of(merchants_.begin(), merchants_.end(), [](const auto& it) {
    const Merchant& merchant = it.second;
    return merchant.escrow == 0 && merchant.capacity.empty() && merchant.bought.empty();
  });
}

}  // namespace karst::tool
