// `karst audit …`: questions to the books of an exchange, to itself or to its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/tool/exchange_link.hpp"

namespace karst::tool {

struct AuditOptions {
  LinkOptions link;  ///< `home` is the exchange's folder, or its data folder.
  bool is_offline = false;
  bool is_csv = false;
  std::string merchant;  ///< Number or name, as the others; empty: all.
  std::string with;      ///< Another merchant.
  std::string instrument;
  std::optional<std::uint64_t> order;
  std::string kind;
  std::string reference;
  std::string from_time;
  std::string to_time;  ///< Not included.
  // Settlements are numbered 1, 2, 3 …, as in the events of merchants.
  std::string at;            ///< A settlement, or a time; empty: now.
  std::uint64_t from = 0;    ///< From this settlement on, oldest first; 0: all.
  std::uint64_t before = 0;  ///< Settlements before this one; 0: all.
  bool is_oldest_first = false;
  std::uint64_t limit = 20;
  std::string by;  ///< fees: "day", "total"; turnover: "bought", "sold", "trades".
  std::string utc_offset = "0";
};

// Each prints what it found, or on standard error why not. Returns: an ExitCode.

/// The settlements that are as the options say, newest first.
[[nodiscard]] int run_audit_transactions(const AuditOptions& options);
/// What a merchant has: each of its accounts, by asset.
[[nodiscard]] int run_audit_balance(const AuditOptions& options);
/// Every balance that is not 0; the sums below and above zero are equal in every asset.
[[nodiscard]] int run_audit_trial_balance(const AuditOptions& options);
/// What a merchant had, everything that moved, and what it has: added up, and a difference is
/// damage.
[[nodiscard]] int run_audit_statement(const AuditOptions& options);
/// What the exchange earned.
[[nodiscard]] int run_audit_fees(const AuditOptions& options);
/// What merchants bought and sold, the largest first.
[[nodiscard]] int run_audit_turnover(const AuditOptions& options);
/// Replays the command journal up to the newest command in the books and compares every
/// merchant's money in engine and books. A difference is damage.
[[nodiscard]] int run_audit_reconcile(const AuditOptions& options);

}  // namespace karst::tool
