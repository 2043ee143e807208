// How the books are shown: everything by name, amounts in their unit, settlements by number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/tool/output.hpp"
#include "ledger/record/accounts.hpp"
#include "schemas/karst/v1/audit.pb.h"

namespace karst::tool {

/// The names that came with answers.
class LedgerWords {
 public:
  void add(const google::protobuf::RepeatedPtrField<v1::LedgerName>& names);

  /// "Cloud Atlas"; empty where it is not told.
  [[nodiscard]] std::string merchant(std::uint32_t number) const;
  /// "51 Cloud Atlas".
  [[nodiscard]] std::string numbered(std::uint32_t merchant) const;
  /// "CNY", "WEATHER-GZ"; "currency 1", "instrument 7" where it is not told.
  [[nodiscard]] std::string asset(AssetNumber asset) const;

 private:
  std::map<std::uint32_t, std::string> merchants_;
  std::map<std::uint32_t, std::string> assets_;
};

/// "merchant 51 escrow", "exchange fee income".
[[nodiscard]] std::string account_text(AccountNumber account);
/// "currency 1", "instrument 7".
[[nodiscard]] std::string asset_text(AssetNumber asset);
/// "-96.69" of a currency, "3" lots of an instrument.
[[nodiscard]] std::string amount_text(AssetNumber asset, std::int64_t amount);
/// The bank's name of a movement: as it was typed, or its bytes as hexadecimal digits.
[[nodiscard]] std::string reference_text(const std::string& bytes);
/// "settle" of a number in a record.
[[nodiscard]] std::string kind_text(std::uint32_t kind);

/// The settlement's number, what it was, when, by which command, whom or what it defines; below it
/// what was traded between whom, and a line for each leg.
[[nodiscard]] std::string transaction_text(const LedgerWords& words, const v1::Transaction& it);
/// The shape docs/json/audit_transaction.json.
[[nodiscard]] Json transaction_json(const LedgerWords& words, const v1::Transaction& it);
/// A row of audit transactions --csv; the names of its columns.
[[nodiscard]] std::vector<std::string> transaction_row(const LedgerWords& words,
                                                       const v1::Transaction& it);
[[nodiscard]] const std::vector<std::string>& transaction_columns();

/// One of the `balances` of docs/json/audit_balance.json and its like: account, asset, and the
/// amount under the name `what` ("balance", or "balance_lots" of an instrument).
[[nodiscard]] Json balance_json(const LedgerWords& words, AccountNumber account, AssetNumber asset,
                                const char* what, std::int64_t amount);

/// Cells as one line of CSV (RFC 4180), without its end.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& cells);

}  // namespace karst::tool
