#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "gateway/config/data_directory.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/files/files.hpp"

namespace karst::tool {
namespace {

using Run = int (*)(const FilesOptions&);
using Options = std::shared_ptr<FilesOptions>;

// A subcommand on what is in DIRECTORY.
CLI::App* add_on(CLI::App& parent, const std::string& name, const std::string& what, Run run,
                 Options options, const std::string& directory) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->add_option("directory", options->directory, directory)->required();
  command->add_option("--shard", options->shard, "its shard")->capture_default_str();
  command->add_flag("--json", options->is_json, "answer as JSON (docs/TOOL.md)");
  command->final_callback([options, run] {
    options->directory = data_directory(options->directory);
    options->into = data_directory(options->into);
    const std::optional<int> refused = refuse_other_shard(*options);
    throw CLI::RuntimeError(refused ? *refused : run(*options));
  });
  return command;
}

// A subcommand on an exchange: that of KARST_HOME where no other is named.
CLI::App* add(CLI::App& parent, const std::string& name, const std::string& what, Run run,
              const Options& options) {
  CLI::App* const command = add_on(parent, name, what, run, options, exchange_folder_text);
  command->get_option("directory")->envname("KARST_HOME");
  return command;
}

void add_into(CLI::App& command, const Options& options, const std::string& what) {
  command.add_option("--into", options->into, what)->required();
}

}  // namespace

void add_files(CLI::App& app) {
  const auto fresh = [] { return std::make_shared<FilesOptions>(); };
  CLI::App* journal = app.add_subcommand("journal", "the command journal");
  journal->require_subcommand(1);
  add(*journal, "verify", "check every byte", run_journal_verify, fresh());
  Options dump = fresh();
  CLI::App* dump_command = add(*journal, "dump", "print the commands", run_journal_dump, dump);
  dump_command->add_option("--from", dump->from, "first command")->capture_default_str();
  dump_command->add_option("--to", dump->to, "last command");

  add(app, "snapshot", "make a snapshot of an exchange that does not run", run_snapshot, fresh());
  Options hash = fresh();
  CLI::App* hash_command = add(app, "state-hash", "replay and print the hashes of events and state",
                               run_state_hash, hash);
  hash_command->add_option("--at", hash->at, "behind this command; without it, the newest");

  Options rebuild = fresh();
  add_into(
      *add(app, "rebuild", "make books and event log anew from the journal", run_rebuild, rebuild),
      rebuild, "folder for the new ones");
  Options backup = fresh();
  add_into(*add(app, "backup", "copy what must survive; the exchange may run", run_backup, backup),
           backup, "folder for the copy");
  Options restore = fresh();
  add_into(*add_on(app, "restore", "put a backup where an exchange can run on it", run_restore,
                   restore, "folder of the backup"),
           restore, "folder of the exchange to be, or its data folder");
}

}  // namespace karst::tool
