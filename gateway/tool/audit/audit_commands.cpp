#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <string>
#include <system_error>

#include "gateway/config/data_directory.hpp"
#include "gateway/tool/audit/audit.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/numbers.hpp"

namespace karst::tool {
namespace {

/// One word is the merchant where KARST_HOME names the exchange.
void find_merchant(AuditOptions& options) {
  if (options.merchant) return;
  const char* const home = std::getenv("KARST_HOME");
  const std::string word = options.directory;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool is_number = error == std::errc() && end == word.data() + word.size();
  if (home == nullptr || !is_number) throw CLI::RequiredError("merchant");
  options.directory = home;
  options.merchant = number;
}

}  // namespace

void add_audit(CLI::App& app) {
  CLI::App* audit = app.add_subcommand("audit", "questions to the books");
  audit->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*run)(const AuditOptions&)) {
    const auto options = std::make_shared<AuditOptions>();
    CLI::App* command = audit->add_subcommand(name, what);
    command->add_option("directory", options->directory, exchange_folder_text)
        ->envname("KARST_HOME")
        ->required();
    command->add_flag("--json", options->is_json, "answer as JSON (docs/TOOL.md)");
    command->final_callback([options, run] {
      options->directory = data_directory(options->directory);
      throw CLI::RuntimeError(run(*options));
    });
    return std::pair{command, options};
  };
  const char* const at_text = "after this settlement; without it, now";
  {
    const auto [command, options] = add("transactions", "settlements, oldest first",
                                        run_audit_transactions);
    command->add_option("--merchant", options->merchant, "only those with a leg of this merchant");
    command->add_option("--instrument", options->instrument, "only trades of this instrument");
    command->add_option("--from", options->from, "first settlement")
        ->check(at_least_one())
        ->capture_default_str();
    command->add_option("--limit", options->limit, "so many at most")
        ->check(at_least_one())
        ->capture_default_str();
  }
  {
    const auto [command, options] = add("balance", "what a merchant has", run_audit_balance);
    command->add_option("merchant", options->merchant, "its number; 0 = the exchange");
    command->parse_complete_callback([it = options] { find_merchant(*it); });
    command->add_option("--at", options->at, at_text);
  }
  {
    const auto [command, options] =
        add("trial-balance", "every balance; all assets sum to 0", run_audit_trial_balance);
    command->add_option("--at", options->at, at_text);
  }
  add("reconcile", "compare the books with the engine, replayed", run_audit_reconcile);
}

}  // namespace karst::tool
