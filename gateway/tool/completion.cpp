#include "gateway/tool/completion.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"

namespace karst::tool {
namespace {

// Each asks `karst complete WORD…`, whose lines are "word<Tab>about".
constexpr const char* bash_script = R"(# bash: source <(karst completion bash)
_karst() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _karst karst
)";
constexpr const char* zsh_script = R"(#compdef karst
# zsh, after compinit: source <(karst completion zsh)
_karst() {
  local -a found
  found=("${(@f)$(${words[1]} complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n ${found[1]} ]]; then
    found=("${(@)found//$'\t'/:}")
    _describe karst found
  else
    _files
  fi
}
compdef _karst karst
)";
constexpr const char* fish_script = R"(# fish: karst completion fish | source
function __karst_complete
  set -l words (commandline -opc)
  set -l found ($words[1] complete $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c karst -f -a '(__karst_complete)'
)";

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->check_name(word)) return option;
  }
  return nullptr;
}

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* it) { return !it->get_name().empty(); });
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// The words of "WORD:{a,b,c}", as a check against a list describes itself.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}');
  std::vector<std::string> values;
  if (open == std::string::npos || close < open) return values;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string value; std::getline(list, value, ',');) values.push_back(value);
  return values;
}

/// What of the values fits what was typed; after a comma, the next of a list.
std::vector<Candidate> complete_value(const CLI::Option& option, const std::string& typed) {
  const std::size_t comma = option.get_delimiter() == ',' ? typed.rfind(',') : std::string::npos;
  const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
  std::vector<Candidate> found;
  for (const std::string& value : values_of(option)) {
    if ((before + value).starts_with(typed)) found.push_back({before + value, ""});
  }
  return found;
}

std::vector<Candidate> complete_option(const CLI::App& app, const std::string& typed) {
  std::vector<Candidate> found;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (("--" + name).starts_with(typed)) {
        found.push_back({"--" + name, option->get_description()});
      }
    }
  }
  return found;
}

void print_script(const std::string& shell) {
  print_part(shell == "bash" ? bash_script : shell == "zsh" ? zsh_script : fish_script);
}

}  // namespace

std::vector<Candidate> complete(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  const CLI::Option* waiting = nullptr;  // for its value
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (waiting != nullptr) {
      waiting = nullptr;
    } else if (words[i].starts_with("-")) {
      const CLI::Option* const option = option_named(*at, words[i]);
      if (option != nullptr && takes_value(*option)) waiting = option;
    } else {
      for (const CLI::App* next : subcommands(*at)) {
        if (next->get_name() == words[i]) at = next;
      }
    }
  }
  const std::string typed = words.empty() ? "" : words.back();
  if (waiting != nullptr) return complete_value(*waiting, typed);
  const auto below = subcommands(*at);
  if (typed.starts_with("-") || (typed.empty() && below.empty())) {
    return complete_option(*at, typed);
  }
  std::vector<Candidate> found;
  for (const CLI::App* next : below) {
    if (next->get_name().starts_with(typed)) {
      found.push_back({next->get_name(), next->get_description()});
    }
  }
  return found;
}

void add_completion(CLI::App& app) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* const command =
      app.add_subcommand("completion", "a script that teaches your shell Tab");
  command->add_option("shell", *shell, "which")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  command->footer(example_text("completion bash >> ~/.bashrc"));
  command->callback([shell] { print_script(*shell); });
}

}  // namespace karst::tool
