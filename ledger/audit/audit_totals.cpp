#include <algorithm>

#include "ledger/audit/audit.hpp"

namespace karst {
namespace {

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

std::optional<TradeParts> parts_of(const Record& record) {
  constexpr std::size_t legs_min = 4;
  if (!record.trade || record.legs.size() < legs_min) return std::nullopt;
  TradeParts parts;
  const Leg& buyer = record.legs[0];
  const Leg& seller = record.legs[1];
  std::size_t fee = 2;
  const std::uint8_t flags = record.trade->flags;
  if ((flags & trade_flag::buyer_fee) != 0) parts.buyer_fee = record.legs[fee++].amount;
  if ((flags & trade_flag::seller_fee) != 0) parts.seller_fee = record.legs[fee++].amount;
  if (fee + 2 != record.legs.size()) return std::nullopt;
  parts.buyer = merchant_of(buyer.account);
  parts.seller = merchant_of(seller.account);
  parts.currency = currency_of(buyer.asset);
  parts.notional = -buyer.amount - parts.buyer_fee;
  if (parts.notional != seller.amount + parts.seller_fee) return std::nullopt;
  return parts;
}

Result<TrialBalance> Audit::trial_balance(std::uint64_t size_asked) {
  TrialBalance trial;
  trial.size = size_asked;
  std::vector<AccountKey> keys = index_.books().keys();
  std::ranges::sort(keys);
  for (const AccountKey& key : keys) {
    const Result<std::int64_t> at = balance(key, size_asked);
    if (!at) return at.error();
    if (*at == 0) continue;
    trial.rows.push_back({key, *at});
    TrialBalance::Sum& sum = trial.sums[key.asset];
    if (*at < 0) {
      sum.below += Total{0} - static_cast<Total>(*at);
    } else {
      sum.above += static_cast<Total>(*at);
    }
  }
  return trial;
}

Result<std::vector<FeeTotal>> Audit::fees(std::uint64_t from, std::uint64_t to) {
  std::vector<FeeTotal> totals;
  std::vector<AccountKey> keys =
      index_.books().keys_of(account_number(ExchangeAccount::fee_income));
  std::ranges::sort(keys);
  for (const AccountKey& key : keys) {
    const Result<AccountState> before = state(key, from);
    if (!before) return before.error();
    const Result<AccountState> after = state(key, to);
    if (!after) return after.error();
    totals.push_back({key.asset, after->credits() - before->credits()});
  }
  return totals;
}

Result<DayTotals> Audit::day_totals(std::uint64_t from, std::uint64_t to,
                                    std::int64_t utc_offset_ns) {
  if (Status checked = check_size(to); !checked) return checked.error();
  DayTotals totals;
  totals.as_of = size();
  if (from >= to) return totals;
  if (Status sought = many_.seek(from); !sought) return sought.error();
  for (std::uint64_t seq = from; seq < to; ++seq) {
    const Result<RecordView> found = many_.next();
    if (!found) return found.error();
    if (found->kind() != RecordKind::settle) continue;
    const Record record = read(*found);
    const std::optional<TradeDetails>& trade = record.trade;
    const std::optional<TradeParts> parts = parts_of(record);
    if (!parts) {
      return Error{ErrorCode::corrupt, "take a trade apart", "record " + std::to_string(seq)};
    }
    const std::int64_t day = floor_div(record.time.value() + utc_offset_ns, ns_per_day);
    const auto notional = static_cast<Total>(parts->notional);
    DayTotal& buyer = totals.rows[{day, parts->buyer, trade->instrument, trade->mode}];
    ++buyer.trades;
    buyer.bought_lots += trade->quantity.value();
    buyer.bought += notional;
    buyer.fees += static_cast<Total>(parts->buyer_fee);
    DayTotal& seller = totals.rows[{day, parts->seller, trade->instrument, trade->mode}];
    ++seller.trades;
    seller.sold_lots += trade->quantity.value();
    seller.sold += notional;
    seller.fees += static_cast<Total>(parts->seller_fee);
  }
  return totals;
}

}  // namespace karst
