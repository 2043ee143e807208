#include "gateway/tool/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/version.hpp"
#include "gateway/tool/completion.hpp"
#include "gateway/tool/numbers.hpp"
#include "gateway/tool/output.hpp"
#include "ledger/files/standard_output.hpp"

namespace karst::tool {
namespace {

/// "karst pool define": the command as far as it was understood.
std::string spoken(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app.get_name() : app.get_name() + " " + spoken(*parsed.front());
}

/// Words one edit apart: one letter more, less, other, or two in the other order.
bool is_close(const std::string& a, const std::string& b) {
  if (a.size() > b.size()) return is_close(b, a);
  if (b.size() - a.size() > 1) return false;
  const auto [left, right] = std::ranges::mismatch(a, b);
  const std::string rest_a(left, a.end());
  const std::string rest_b(right, b.end());
  if (rest_a.empty() || rest_b.empty()) return true;
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  const bool is_swapped = rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
                          rest_a.substr(2) == rest_b.substr(2);
  return is_swapped || rest_a.substr(1) == rest_b.substr(1);
}

/// Where a word that is no subcommand stands in the place of one: says so, and what may be meant.
std::optional<std::string> unknown_subcommand(const CLI::App& app,
                                              const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    const auto below = at->get_subcommands([](const CLI::App*) { return true; });
    if (below.empty() || word.starts_with("-")) return std::nullopt;
    const auto found = std::ranges::find(below, word, [](auto* it) { return it->get_name(); });
    if (found != below.end()) {
      at = *found;
      continue;
    }
    std::string text = "there is no subcommand " + word;
    std::string meant;
    for (const CLI::App* it : below) {
      if (!it->get_name().starts_with(word) && !is_close(it->get_name(), word)) continue;
      meant += (meant.empty() ? "; did you mean " : " or ") + it->get_name();
    }
    return text + meant;
  }
  return std::nullopt;
}

/// Where words end that must go on: says with what.
std::optional<std::string> missing_subcommand(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const auto below = at->get_subcommands([](const CLI::App*) { return true; });
  if (below.empty() || at == &app) return std::nullopt;
  std::string text = at->get_name() + " what? ";
  for (const CLI::App* it : below) {
    const bool is_last = it == below.back();
    text += it == below.front() ? "" : is_last ? " or " : ", ";
    text += it->get_name();
  }
  return text;
}

int explain(const CLI::App& app, const CLI::ParseError& wrong,
            const std::vector<std::string>& words) {
  const bool is_json = std::ranges::find(words, "--json") != words.end();
  std::optional<std::string> text = unknown_subcommand(app, words);
  if (!text) text = missing_subcommand(app);
  const std::string said = text ? *text : wrong.what();
  return Output(is_json).failed({exit_usage, "USAGE", said, "see " + spoken(app) + " --help"});
}

/// An option that is given says something: `--merchant "$M"` with no such variable does not mean
/// every merchant. Numbers see to it themselves.
void refuse_empty_words(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    option->check(CLI::Validator(
        [](std::string& text) { return text.empty() ? "must not be empty" : std::string(); }, ""));
  }
  for (CLI::App* below : app.get_subcommands([](CLI::App*) { return true; })) {
    refuse_empty_words(*below);
  }
}

/// Under which heading the help lists a subcommand.
std::string group_of(const std::string& name) {
  static const std::map<std::string, std::vector<std::string>> groups{
      {"Start", {"init", "keygen", "client-certificate", "server-certificate", "demo", "doctor",
                 "completion"}},
      {"Watch", {"watch", "status", "access-log"}},
      {"Measure", {"bench", "load", "replay"}},
      {"Files of an exchange, on its server",
       {"audit", "journal", "snapshot", "state-hash", "rebuild", "backup", "restore"}},
      {"Operate",
       {"merchant", "group", "limits", "kill", "unkill", "keys", "proposals", "confirm",
        "retract", "four-eyes", "fund", "withdraw",
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
  add_four_eyes(app);
  add_audit(app);
  add_files(app);
  add_replay(app);
  add_load(app);
  add_bench(app);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->group(group_of(command->get_name()));
  }
  refuse_empty_words(app);
  read_numbers_as_decimal(app);
}

namespace {

/// Runs the words. Returns: the exit code.
int run_words(int argc, const char* const* argv) {
  CLI::App app{"karst: the tool of the Karst exchange", "karst"};
  app.set_version_flag("--version", std::string("karst ") + gateway::version, "which Karst it is");
  add_commands(app);
  // What shells ask after Tab; its words are no arguments of ours (docs/TOOL.md).
  if (argc > 1 && std::string_view(argv[1]) == "complete") {
    for (const Candidate& it : complete(app, {argv + 2, argv + argc})) {
      print_part(it.word + "\t" + it.about + "\n");
    }
    return exit_ok;
  }
  try {
    app.parse(argc, argv);
    return exit_ok;
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::Success& asked_for_help) {
    std::ostringstream text;
    const int exit = app.exit(asked_for_help, text, text);
    print_part(text.str());
    return exit;
  } catch (const CLI::ParseError& wrong) {
    return explain(app, wrong, {argv + 1, argv + argc});
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  prepare_standard_streams();
  try {
    return end_output(run_words(argc, argv));
  } catch (const CLI::RuntimeError& lost) {  // while help or candidates were printed
    return lost.get_exit_code();
  }
}

}  // namespace karst::tool
