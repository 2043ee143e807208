#include "gateway/tool/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>

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

}  // namespace

void add_commands(CLI::App& app) {
  app.require_subcommand(1);
  add_audit(app);
  add_bench(app);
  add_demo(app);
  add_init(app);
  add_load(app);
  add_operate(app);
  add_replay(app);
  add_watch(app);
  add_files(app);
}

int run(int argc, const char* const* argv) {
  CLI::App app{"karst: the tool of the Karst exchange", "karst"};
  add_commands(app);
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
