// `karst audit …`: questions to the books of an exchange, answered from its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace karst::tool {

struct AuditOptions {
  std::string directory;  ///< Of the exchange.
  bool is_json = false;
  std::optional<std::uint32_t> merchant;
  std::optional<std::uint32_t> instrument;
  // Settlements are numbered 1, 2, 3 …, as in the events of merchants.
  std::optional<std::uint64_t> at;  ///< After this settlement; after the newest if it is not set.
  std::uint64_t from = 1;           ///< The first settlement.
  std::uint64_t limit = 20;
};

// Each prints what it found, or on standard error why not. Returns: an ExitCode.

/// The settlements of a merchant, an instrument, or all, oldest first.
[[nodiscard]] int run_audit_transactions(const AuditOptions& options);
/// What a merchant has: each of its accounts, by asset.
[[nodiscard]] int run_audit_balance(const AuditOptions& options);
/// Every balance that is not 0; the sums below and above zero are equal in every asset.
[[nodiscard]] int run_audit_trial_balance(const AuditOptions& options);
/// Replays the command journal up to the newest command in the books and compares every
/// merchant's money in engine and books. A difference is damage.
[[nodiscard]] int run_audit_reconcile(const AuditOptions& options);

}  // namespace karst::tool
