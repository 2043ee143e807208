// BooksAnswers: what the books answer to the wire's audit questions.
#pragma once

#include <memory>

#include "gateway/desk/ledger_names.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

/// The one code that answers: for clients of a running exchange, and for whoever reads the files of
/// one that does not run. An answer looks at a bounded number of records and says where to go on.
///
/// Threads: one owner; beside the books' writer.
class BooksAnswers {
 public:
  /// Records that one answer looks at.
  static constexpr std::uint64_t examined_max = 50'000;
  static constexpr std::uint32_t rows_max = 500;
  static constexpr std::uint64_t keys_max = 1'000;            ///< balances looked at
  static constexpr std::uint32_t days_max = 100;              ///< of fees
  static constexpr std::size_t turnover_records_max = 5'000;  ///< added up

  BooksAnswers(Audit& audit, const Books& books, PoolSymbols pools)
      : audit_(audit), books_(books), names_(audit, std::move(pools)) {}

  /// Who asks, and about whom.
  struct Asked {
    AccountId account{0};      ///< 0: the exchange itself, unless the question is about everyone
    bool is_elevated = false;  ///< scope audit or operate: sees all legs, names and bytes
  };

  /// The field of a question to the books that is out of range; nullptr: none.
  [[nodiscard]] static const char* wrong_field(const v1::Request& request);
  /// Whether only scope audit or operate may ask it, whoever it is about.
  [[nodiscard]] static bool needs_audit(const v1::Request& request);

  /// Requires: wrong_field() is null, and the speaker may ask.
  /// Errors:   not_found: the books have not got so far; else they cannot be read.
  [[nodiscard]] Result<std::unique_ptr<v1::Response>> answer(const v1::Request& request,
                                                             const Asked& asked);

 private:
  [[nodiscard]] Status transactions(const v1::QueryTransactions& query, const Asked& asked,
                                    v1::Transactions& to);
  [[nodiscard]] Status balances(const v1::QueryLedgerBalances& query, const Asked& asked,
                                v1::LedgerBalances& to);
  [[nodiscard]] Status fees(const v1::QueryFees& query, v1::Fees& to);
  [[nodiscard]] Status turnover(const v1::QueryTurnover& query, v1::Turnover& to);

  Audit& audit_;
  const Books& books_;
  LedgerNames names_;
};

}  // namespace karst::gateway
