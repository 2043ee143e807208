#include "gateway/tool/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/tool/completion.hpp"
#include "gateway/tool/output.hpp"

namespace karst::tool {
namespace {

/// "karst pool define": the command as far as it was understood.
std::string spoken(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app.get_name() : app.get_name() + " " + spoken(*parsed.front());
}

int explain(const CLI::App& app, const CLI::ParseError& wrong, bool is_json) {
  try {
    Output(is_json).fail({exit_usage, "USAGE", wrong.what(), "see " + spoken(app) + " --help"});
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  }
}

/// Under which heading the help lists a subcommand.
std::string group_of(const std::string& name) {
  static const std::map<std::string, std::vector<std::string>> groups{
      {"Start", {"init", "keygen", "demo", "doctor", "completion"}},
      {"Watch", {"watch", "status", "access-log"}},
      {"Measure", {"bench", "load", "replay"}},
      {"Files of an exchange, on its server",
       {"audit", "journal", "snapshot", "state-hash", "rebuild", "backup", "restore"}},
      {"Operate",
       {"merchant", "group", "limits", "kill", "unkill", "keys", "confirm", "fund", "withdraw",
        "currency", "calendar", "fees", "pool", "capacity", "contracts", "product", "instrument",
        "halt", "resume", "clock"}}};
  for (const auto& [group, names] : groups) {
    if (std::ranges::find(names, name) != names.end()) return group;
  }
  return "Trade";
}

}  // namespace

void add_commands(CLI::App& app) {
  app.require_subcommand(1);
  add_init(app);
  add_demo(app);
  add_doctor(app);
  add_completion(app);
  add_views(app);
  add_place(app);
  add_change_orders(app);
  add_offers(app);
  add_events(app);
  add_watch(app);
  add_status(app);
  add_operate(app);
  add_keys(app);
  add_audit(app);
  add_files(app);
  add_replay(app);
  add_load(app);
  add_bench(app);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->group(group_of(command->get_name()));
  }
}

int run(int argc, const char* const* argv) {
  CLI::App app{"karst: the tool of the Karst exchange", "karst"};
  add_commands(app);
  // What shells ask after Tab; its words are no arguments of ours (docs/TOOL.md).
  if (argc > 1 && std::string_view(argv[1]) == "complete") {
    for (const Candidate& it : complete(app, {argv + 2, argv + argc})) {
      std::printf("%s\t%s\n", it.word.c_str(), it.about.c_str());
    }
    return exit_ok;
  }
  try {
    app.parse(argc, argv);
    return exit_ok;
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& wrong) {
    const bool is_json = std::any_of(argv, argv + argc, [](const char* argument) {
      return std::string_view(argument) == "--json";
    });
    return explain(app, wrong, is_json);
  }
}

}  // namespace karst::tool
