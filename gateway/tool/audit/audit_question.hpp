// What the subcommands of `karst audit` share: reading what was typed, asking page by page.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/tool/audit/audit.hpp"
#include "gateway/tool/audit/audit_source.hpp"
#include "gateway/tool/audit/audit_text.hpp"
#include "gateway/tool/output.hpp"

namespace karst::tool {

/// One run of a subcommand. What stands in the way ends the program.
class AuditQuestion {
 public:
  explicit AuditQuestion(const AuditOptions& options);

  [[nodiscard]] const Output& output() const { return output_; }
  [[nodiscard]] LedgerWords& words() { return words_; }
  [[nodiscard]] v1::Response ask(const v1::Request& request) { return source_->ask(request); }

  /// The merchant of that number or (present or former) name.
  [[nodiscard]] std::uint32_t merchant(const std::string& text);
  /// The instrument of that number or name, retired or not.
  [[nodiscard]] std::uint32_t instrument(const std::string& text);
  /// ns since 1970; 0 of an empty text.
  [[nodiscard]] std::int64_t time(const std::string& text, const char* option) const;

  /// The balances of a merchant, or of everyone, after so many settlements (`size`) or at a time:
  /// by account, its money first.
  struct Balances {
    std::uint64_t size = 0;
    std::vector<v1::LedgerBalance> rows;
  };
  [[nodiscard]] Balances balances(v1::QueryLedgerBalances query);
  /// `--at`: nothing, a settlement's number, or a time.
  [[nodiscard]] v1::QueryLedgerBalances balances_at(const std::string& at) const;

  /// Prints a table for people, or its rows as CSV under `columns`.
  void print(const Json& json, const Table& table, const std::vector<std::string>& columns,
             const std::string& below) const;

 private:
  [[nodiscard]] std::vector<v1::LedgerName> named(const std::string& text);

  const AuditOptions& options_;
  Output output_;
  LedgerWords words_;
  std::unique_ptr<AuditSource> source_;
};

}  // namespace karst::tool
