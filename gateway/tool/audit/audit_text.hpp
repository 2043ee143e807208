// How the books are shown: accounts and assets by name, amounts in their unit, settlements by
// number.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/tool/output.hpp"
#include "ledger/books/books.hpp"
#include "ledger/record/record.hpp"

namespace karst::tool {

/// "merchant 51 escrow", "exchange fee income".
[[nodiscard]] std::string account_text(AccountNumber account);
/// "CNY", as the books say what a currency is called; "currency 1" where they do not;
/// "instrument 7".
[[nodiscard]] std::string asset_text(const Books& books, AssetNumber asset);
/// "-96.69" of a currency, "3" lots of an instrument.
[[nodiscard]] std::string amount_text(AssetNumber asset, std::int64_t amount);

/// The settlement's number, what it was, when, by which command, whom or what it defines; below it
/// a line for each leg.
[[nodiscard]] std::string record_text(const Books& books, const Record& record);
/// The shape docs/json/audit_transaction.json.
[[nodiscard]] Json record_json(const Books& books, const Record& record);

/// One of the `balances` of docs/json/audit_balance.json and audit_trial_balance.json.
[[nodiscard]] Json balance_json(const Books& books, const AccountKey& key, std::int64_t balance);

}  // namespace karst::tool
