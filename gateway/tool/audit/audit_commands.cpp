#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/tool/audit/audit.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/numbers.hpp"
#include "ledger/record/record.hpp"

namespace karst::tool {
namespace {

constexpr const char* merchant_text = "number, or what it is or was called";

/// One word is the merchant where KARST_HOME names the exchange.
void find_merchant(AuditOptions& options) {
  if (!options.merchant.empty()) return;
  const char* const home = std::getenv("KARST_HOME");
  if (home == nullptr || options.link.home == home) throw CLI::RequiredError("merchant");
  // A folder is no merchant.
  if (options.link.home.find('/') != std::string::npos) throw CLI::RequiredError("merchant");
  options.merchant = options.link.home;
  options.link.home = home;
}

std::vector<std::string> kinds() {
  std::vector<std::string> all;
  for (unsigned kind = 1; kind < record_kinds_end; ++kind) {
    all.emplace_back(name(static_cast<RecordKind>(kind)));
  }
  return all;
}

using Options = std::shared_ptr<AuditOptions>;

void add_period(CLI::App& command, const Options& options) {
  command.add_option("--from-time", options->from_time, "then or later: 2026-11-22T13:00+08:00")
      ->type_name("TIME");
  command.add_option("--to-time", options->to_time, "earlier than that")->type_name("TIME");
}

void add_csv(CLI::App& command, const Options& options) {
  command.add_flag("--csv", options->is_csv, "as CSV, with a line of column names")
      ->excludes("--json");
}

void add_limit(CLI::App& command, const Options& options) {
  command.add_option("--limit", options->limit, "so many at most")
      ->check(at_least_one())
      ->capture_default_str();
}

void add_transactions_options(CLI::App& command, const Options& options) {
  command.add_option("--merchant", options->merchant,
                     "with a leg of it, or that say who it is or define its products");
  command.add_option("--with", options->with, "and with a leg of this merchant")
      ->needs("--merchant");
  command.add_option("--instrument", options->instrument,
                     "that move its lots: number or name, of retired hours too");
  command.add_option("--order", options->order, "trades of this order")->check(at_least_one());
  command.add_option("--kind", options->kind, "of this kind")->check(CLI::IsMember(kinds()));
  command.add_option("--reference", options->reference, "moved at the bank under this name")
      ->check([](const std::string& text) {
        return text.empty() || text.size() > BankReference::bytes
                   ? std::string("must be 1 to 16 characters")
                   : std::string();
      });
  add_period(command, options);
  command.add_option("--from", options->from, "from this settlement on, oldest first")
      ->check(at_least_one());
  command.add_option("--before", options->before, "settlements before this one")
      ->check(at_least_one());
  command.add_flag("--oldest-first", options->is_oldest_first, "not newest first");
  add_limit(command, options);
  add_csv(command, options);
}

}  // namespace

void add_audit(CLI::App& app) {
  CLI::App* audit = app.add_subcommand("audit", "questions to the books");
  audit->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*run)(const AuditOptions&)) {
    const auto options = std::make_shared<AuditOptions>();
    CLI::App* command = audit->add_subcommand(name, what);
    add_link_options(*command, options->link, true);
    command->final_callback([options, run] { throw CLI::RuntimeError(run(*options)); });
    return std::pair{command, options};
  };
  const auto add_question = [&](const char* name, const char* what,
                                int (*run)(const AuditOptions&)) {
    const auto added = add(name, what, run);
    added.first->add_flag("--offline", added.second->is_offline,
                          "read the files, also where the exchange runs");
    return added;
  };
  const char* const at_text = "after this settlement, or before this time; without it, now";
  {
    const auto [command, options] =
        add_question("transactions", "settlements, newest first", run_audit_transactions);
    add_transactions_options(*command, options);
  }
  {
    const auto [command, options] =
        add_question("balance", "what a merchant has", run_audit_balance);
    command->add_option("merchant", options->merchant,
                        std::string(merchant_text) + "; 0 = the exchange");
    command->parse_complete_callback([it = options] { find_merchant(*it); });
    command->add_option("--at", options->at, at_text);
    add_csv(*command, options);
  }
  {
    const auto [command, options] = add_question(
        "statement", "what a merchant had, what moved, what it has", run_audit_statement);
    command->add_option("merchant", options->merchant, merchant_text);
    command->parse_complete_callback([it = options] { find_merchant(*it); });
    add_period(*command, options);
    add_csv(*command, options);
  }
  {
    const auto [command, options] =
        add_question("fees", "what the exchange earned", run_audit_fees);
    add_period(*command, options);
    options->by = "total";
    command->add_option("--by", options->by, "day or total")
        ->check(CLI::IsMember({"day", "total"}))
        ->capture_default_str();
    command->add_option("--utc-offset", options->utc_offset, "days begin at midnight there: 8h")
        ->capture_default_str();
    add_csv(*command, options);
  }
  {
    const auto [command, options] =
        add_question("turnover", "who bought and sold most", run_audit_turnover);
    command->add_option("--instrument", options->instrument, "number or name; without it, all");
    add_period(*command, options);
    options->by = "bought";
    command->add_option("--by", options->by, "bought, sold or trades: the largest first")
        ->check(CLI::IsMember({"bought", "sold", "trades"}))
        ->capture_default_str();
    add_limit(*command, options);
    add_csv(*command, options);
  }
  {
    const auto [command, options] = add_question(
        "trial-balance", "every balance; all assets sum to 0", run_audit_trial_balance);
    command->add_option("--at", options->at, at_text);
    add_csv(*command, options);
  }
  static_cast<void>(
      add("reconcile", "compare the books with the engine, replayed", run_audit_reconcile));
}

}  // namespace karst::tool
