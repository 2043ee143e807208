// What the engine says everybody has, in the ledger's words: the two must agree.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/engine.hpp"
#include "ledger/index/balances.hpp"

namespace karst::test {

/// Everything that is not zero, by the ledger's account and asset; contra accounts too.
inline std::map<AccountKey, std::int64_t> holdings_of(const Engine& engine) {
  std::map<AccountKey, std::int64_t> all;
  const auto add = [&](AccountNumber account, AssetNumber asset, std::int64_t amount) {
    if (amount != 0) all[{account, asset}] += amount;
  };
  std::map<AssetNumber, std::int64_t> outstanding;
  for (std::uint16_t c = 1; c < engine.sizes().currencies_max; ++c) {
    const CurrencyId currency{c};
    const AssetNumber cash = asset_of(currency);
    if (engine.currency_code(currency) == nullptr) continue;
    for (std::uint32_t a = 1; a < engine.accounts_end(); ++a) {
      const Balance balance = engine.balance(AccountId{a}, currency);
      add(account_number(AccountId{a}, AccountKind::main), cash,
          balance.available.value() + balance.reserved.value());
      add(account_number(AccountId{a}, AccountKind::escrow), cash, balance.escrow.value());
    }
    add(account_number(ExchangeAccount::fee_income), cash, engine.fee_income(currency).value());
    add(account_number(ExchangeAccount::bank_custody), cash, -engine.custody(currency).value());
  }
  std::vector<HoldingRow> rows;
  engine.holdings(rows);
  for (const HoldingRow& row : rows) {
    const bool is_units = (row.asset & 1U) != 0;
    const AssetNumber asset = asset_of(InstrumentId{row.asset >> 1U});
    const std::int64_t lots =
        std::int64_t{row.free} + std::int64_t{row.reserved} + std::int64_t{row.locked};
    add(account_number(AccountId{row.account},
                       is_units ? AccountKind::main : AccountKind::capacity),
        asset, lots);
    outstanding[asset] += lots;
  }
  for (const auto& [asset, lots] : outstanding) {
    add(account_number(ExchangeAccount::issue), asset, -lots);
  }
  return all;
}

}  // namespace karst::test
