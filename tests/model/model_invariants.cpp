// What must hold after every command, whatever the commands were.
#include "tests/model/model.hpp"

namespace karst::model {
namespace {

std::string name_of(AccountId account) { return "merchant " + std::to_string(account.value()); }

}  // namespace

std::string Model::broken_invariant() const {
  if (!configured_) return {};
  for (const auto check : {&Model::broken_money, &Model::broken_units, &Model::broken_reserves,
                           &Model::broken_books, &Model::broken_bounds}) {
    std::string broken = (this->*check)();
    if (!broken.empty()) return broken;
  }
  return {};
}

/// Per currency: what the merchants and the exchange have is what the bank holds.
std::string Model::broken_money() const {
  std::map<CurrencyId, Wide> sums;
  for (const auto& [key, cash] : balances_) {
    if (cash.available < 0 || cash.reserved < 0 || cash.escrow < 0) {
      return name_of(key.first) + " has a negative balance";
    }
    sums[key.second] += Wide{cash.available} + cash.reserved + cash.escrow;
  }
  for (const auto& [currency, fees] : income_) sums[currency] += fees;
  for (const auto& [currency, sum] : sums) {
    if (sum != custody(currency)) {
      return "currency " + std::to_string(currency.value()) + " does not add up";
    }
  }
  return {};
}

/// Per asset: minted less burnt is what the rows hold; per escrow: rows and merchants agree.
std::string Model::broken_units() const {
  std::map<InstrumentId, Wide> lots;
  std::map<std::pair<AccountId, CurrencyId>, Wide> escrows;
  for (const auto& [key, row] : rows_) {
    const Instrument& on = *find_instrument(key.instrument);
    lots[key.instrument] += Wide{row.free} + row.reserved + row.locked;
    escrows[{key.account, on.currency}] += row.escrow;
    if (row.escrow < 0) return name_of(key.account) + " has a row with a negative escrow";
  }
  for (const auto& [slot, on] : instruments_) {
    if (lots[on.id] != Wide{on.minted} + on.licences - on.burnt) {
      return "lots of instrument " + std::to_string(on.id.value()) + " do not add up";
    }
    const bool is_to_come = !on.is_product && on.hour >= hour_of(now_);
    if (is_to_come && on.minted > pools_.at(on.pool).capacity_at(on.hour)) {
      const auto& capacities = pools_.at(on.pool).capacities;
      // By rules 1 a later, lower entry may undercut what was minted before it was made.
      const bool is_kept = is_capacity_kept_ || capacities.size() < 2;
      if (is_kept) return "more capacity minted than certified";
    }
  }
  for (const auto& [key, cash] : balances_) {
    if (cash.escrow != escrows[key]) return name_of(key.first) + "'s escrow is not its rows'";
  }
  return {};
}

/// What is reserved is what the open orders need.
std::string Model::broken_reserves() const {
  std::map<std::pair<AccountId, CurrencyId>, Wide> money;
  std::map<RowKey, Wide> lots;
  for (const auto& [id, order] : orders_) {
    const Instrument* on = find_instrument(order.instrument);
    if (on == nullptr) return "an order is left in a retired instrument";
    if (order.where == Where::arriving) return "an order is neither here nor there";
    if (order.where == Where::hibernated) continue;
    if (order.side == Side::buy) {
      if (order.reserved != worst(*on, order.limit, order.leaves, order.fee_remainder)) {
        return "a buy has reserved another amount than it needs";
      }
      money[{order.account, on->currency}] += order.reserved;
    } else {
      lots[{order.account, order.instrument, order.draw}] += order.leaves;
    }
  }
  for (const auto& [key, cash] : balances_) {
    if (cash.reserved != money[key]) return name_of(key.first) + "'s reserved money is wrong";
  }
  for (const auto& [key, row] : rows_) {
    if (row.reserved != lots[key]) return name_of(key.account) + "'s reserved lots are wrong";
  }
  return {};
}

/// Books are not crossed, queues are in order of arrival, levels and pages count what they hold.
std::string Model::broken_books() const {
  std::map<std::tuple<InstrumentId, Side, std::int64_t>, std::uint32_t> pages;
  std::size_t resting = 0;
  for (const auto& [slot, on] : instruments_) {
    for (const Side side : {Side::buy, Side::sell}) {
      for (const auto& [price, level] : on.levels(side)) {
        std::uint64_t lots = 0;
        for (const OrderId id : level.queue) {
          const Order& order = orders_.at(id);
          const bool is_home = order.where == Where::resting && order.limit == price &&
                               order.side == side && order.instrument == on.id;
          if (!is_home || order.leaves == 0) return "an order stands in the wrong queue";
          lots += order.leaves;
          ++resting;
        }
        if (level.queue.empty() || lots != level.lots) return "a level does not add up";
        pages[page_of(on, side, price)] += static_cast<std::uint32_t>(level.queue.size());
      }
    }
    const bool has_both = !on.bids.empty() && !on.asks.empty();
    const bool is_settled = has_both && find_sweep(on.id) == nullptr;
    if (is_settled && on.bids.rbegin()->first >= on.asks.begin()->first) {
      return "the book of instrument " + std::to_string(on.id.value()) + " is crossed";
    }
  }
  std::size_t elsewhere = sweeps_.size();
  for (const auto& [slot, on] : instruments_) elsewhere += on.hibernated.size();
  for (const Sweep& sweep : sweeps_) elsewhere -= sweep.order.is_none() ? 1 : 0;
  if (resting + elsewhere != orders_.size()) return "an order is lost";
  return pages == pages_ ? std::string{} : "the pages of levels are miscounted";
}

/// Tables are within their sizes; what refers to an order finds it.
std::string Model::broken_bounds() const {
  if (orders_.size() > configure_.orders_max || rows_.size() > configure_.holdings_max ||
      pages_.size() > configure_.level_pages_max ||
      client_ids_.size() > configure_.client_ids_max ||
      references_.size() > configure_.references_max ||
      instruments_.size() >= configure_.instruments_max) {
    return "a table is over its size";
  }
  std::size_t listed = 0;
  for (const auto& [account, merchant] : merchants_) listed += merchant.orders.size();
  return listed == orders_.size() ? std::string{} : "a merchant's list of orders is wrong";
}

}  // namespace karst::model
