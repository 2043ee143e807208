// The ledger's chart of accounts: who holds (account numbers) and what is held (asset numbers).
#pragma once

#include <cstdint>

#include "engine/base/units.hpp"

namespace karst {

/// An account of the ledger: merchant × 8 + kind. Zero is none.
using AccountNumber = Id<struct AccountNumberTag, std::uint32_t>;

/// What is held: an instrument by its id, a currency by its id with the highest bit set (the
/// highest bit of an instrument id is always clear). Zero is none.
using AssetNumber = Id<struct AssetNumberTag, std::uint32_t>;

/// The accounts of a merchant. Numbers stand in the records; 5 to 7 are not given out.
enum class AccountKind : std::uint8_t {
  main = 0,      ///< cash (available and reserved alike) and lots bought
  escrow = 1,    ///< cash for compute sold and not yet delivered
  bond = 2,      ///< cash kept as a surety
  disputed = 3,  ///< cash of trades under objection
  capacity = 4,  ///< lots certified or issued, and not yet sold
};

/// The accounts of the exchange itself (merchant 0). Contra accounts are below zero by what is
/// outstanding.
enum class ExchangeAccount : std::uint8_t {
  fee_income = 1,
  tax = 2,
  guarantee_fund = 3,
  bank_custody = 4,  ///< contra of all cash in the exchange
  issue = 5,         ///< contra of all lots and licences there are; expired lots return to it
  rounding = 7,      ///< 0 for ever
};

inline constexpr unsigned account_kind_bits = 3;
inline constexpr std::uint32_t currency_bit = 1U << 31U;

static_assert(instrument_slot_bits + 14 < 32, "the highest bit of an instrument id is clear");

/// Requires: `merchant` < 2^24 and not none.
[[nodiscard]] constexpr AccountNumber account_number(AccountId merchant, AccountKind kind) {
  return AccountNumber{merchant.value() << account_kind_bits | static_cast<std::uint32_t>(kind)};
}
[[nodiscard]] constexpr AccountNumber account_number(ExchangeAccount account) {
  return AccountNumber{static_cast<std::uint32_t>(account)};
}
/// The merchant an account belongs to; none = the exchange.
[[nodiscard]] constexpr AccountId merchant_of(AccountNumber account) {
  return AccountId{account.value() >> account_kind_bits};
}
/// Requires: the account is a merchant's.
[[nodiscard]] constexpr AccountKind kind_of(AccountNumber account) {
  return static_cast<AccountKind>(account.value() & ((1U << account_kind_bits) - 1));
}

/// Whether a balance is below what the account may have: merchants own no less than nothing, and
/// what the exchange has earned is its own; only contra accounts go below zero.
[[nodiscard]] constexpr bool is_overdrawn(AccountNumber account, std::int64_t balance) {
  return balance < 0 && account != account_number(ExchangeAccount::bank_custody) &&
         account != account_number(ExchangeAccount::issue);
}

[[nodiscard]] constexpr AssetNumber asset_of(InstrumentId instrument) {
  return AssetNumber{instrument.value()};
}
[[nodiscard]] constexpr AssetNumber asset_of(CurrencyId currency) {
  return AssetNumber{currency_bit | currency.value()};
}
[[nodiscard]] constexpr bool is_currency(AssetNumber asset) {
  return (asset.value() & currency_bit) != 0;
}
/// Requires: !is_currency(asset).
[[nodiscard]] constexpr InstrumentId instrument_of(AssetNumber asset) {
  return InstrumentId{asset.value()};
}
/// Requires: is_currency(asset).
[[nodiscard]] constexpr CurrencyId currency_of(AssetNumber asset) {
  return CurrencyId{static_cast<std::uint16_t>(asset.value())};
}

}  // namespace karst
