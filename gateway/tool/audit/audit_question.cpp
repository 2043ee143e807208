#include "gateway/tool/audit/audit_question.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

template <typename Number>
std::optional<Number> whole_number(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace

AuditQuestion::AuditQuestion(const AuditOptions& options)
    : options_(options), output_(options.link.is_json) {
  // What is typed wrongly is said before anybody is asked.
  static_cast<void>(time(options.from_time, "--from-time"));
  static_cast<void>(time(options.to_time, "--to-time"));
  static_cast<void>(balances_at(options.at));
  source_ = AuditSource::open(options.link, options.is_offline, output_);
}

std::vector<v1::LedgerName> AuditQuestion::named(const std::string& text) {
  v1::Request request;
  request.mutable_query_ledger_names()->set_name(text);
  const v1::Response answer = ask(request);
  const auto& names = answer.ledger_names().names();
  return {names.begin(), names.end()};
}

std::uint32_t AuditQuestion::merchant(const std::string& text) {
  if (const auto number = whole_number<std::uint32_t>(text)) return *number;
  std::vector<v1::LedgerName> found = named(text);
  std::erase_if(found, [](const v1::LedgerName& it) { return it.account_id() == 0; });
  if (found.size() == 1) return found.front().account_id();
  if (found.empty()) {
    output_.fail({exit_not_there, "NOT_FOUND", "no merchant is, or ever was, called " + text});
  }
  std::string numbers;
  for (const v1::LedgerName& it : found) {
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(it.account_id()) + " (now " +
               it.name() + ")";
  }
  output_.fail({exit_usage, "AMBIGUOUS_MERCHANT", "more than one merchant is or was called " + text,
                "say the number: " + numbers});
}

std::uint32_t AuditQuestion::instrument(const std::string& text) {
  if (const auto number = whole_number<std::uint32_t>(text)) return *number;
  std::vector<v1::LedgerName> found = named(text);
  std::erase_if(found, [](const v1::LedgerName& it) {
    return it.asset() == 0 || is_currency(AssetNumber{it.asset()});
  });
  if (found.size() == 1) return found.front().asset();
  if (found.empty()) {
    output_.fail({exit_not_there, "NOT_FOUND", "no instrument is, or ever was, called " + text,
                  "an hour of a pool is named as in GUIAN-P@2026-11-22T09Z"});
  }
  std::string numbers;
  for (const v1::LedgerName& it : found) {
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(it.asset());
  }
  output_.fail({exit_usage, "AMBIGUOUS_INSTRUMENT",
                "more than one instrument is or was called " + text, "say the number: " + numbers});
}

std::int64_t AuditQuestion::time(const std::string& text, const char* option) const {
  if (text.empty()) return 0;
  const std::optional<std::int64_t> ns = parse_time(text);
  if (!ns) {
    output_.fail({exit_usage, "USAGE", std::string(option) + ": " + text + " is no time",
                  "as in 2026-11-22T13:00+08:00, 2026-11-22T05:00Z or 2026-11-22 (UTC)"});
  }
  // 0 is "not asked for"; nothing was settled within the first nanosecond of 1970.
  return std::max<std::int64_t>(*ns, 1);
}

v1::QueryLedgerBalances AuditQuestion::balances_at(const std::string& at) const {
  v1::QueryLedgerBalances query;
  if (at.empty()) return query;
  if (const auto size = whole_number<std::uint64_t>(at)) {
    query.set_at_size(*size);
  } else {
    query.set_at_time_ns(time(at, "--at"));
  }
  return query;
}

AuditQuestion::Balances AuditQuestion::balances(v1::QueryLedgerBalances query) {
  Balances all;
  do {
    v1::Request request;
    *request.mutable_query_ledger_balances() = query;
    const v1::Response response = ask(request);
    const v1::LedgerBalances& answer = response.ledger_balances();
    all.size = answer.size();
    all.rows.insert(all.rows.end(), answer.balances().begin(), answer.balances().end());
    words_.add(answer.names());
    query.set_at_size(answer.size());
    query.set_cursor(answer.next_cursor());
  } while (query.cursor() != 0);
  // Of each account its money first.
  std::ranges::stable_sort(all.rows, {}, [](const v1::LedgerBalance& it) {
    return std::pair{it.account(), !is_currency(AssetNumber{it.asset()})};
  });
  return all;
}

void AuditQuestion::print(const Json& json, const Table& table,
                          const std::vector<std::string>& columns, const std::string& below) const {
  if (!options_.is_csv) return output_.answer(json, table, below);
  output_.line({}, csv_line(columns));
  for (const std::vector<std::string>& row : table.rows) output_.line({}, csv_line(row));
  std::fprintf(stderr, "karst audit: %s\n", below.c_str());
}

}  // namespace karst::tool
