#include "tests/house/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "tests/house/rooms.hpp"

namespace karst::house {
namespace {

constexpr std::size_t columns_max = 100;
constexpr std::size_t file_lines_max = 600;
constexpr std::size_t introduction_bytes_min = 12;

constexpr std::array<std::string_view, 30> pure_headers{
    "algorithm",   "array",   "bit",        "cassert",          "charconv",
    "climits",     "compare", "concepts",   "cstddef",          "cstdint",
    "cstdlib",     "cstring", "functional", "initializer_list", "iterator",
    "limits",      "memory",  "new",        "numeric",          "optional",
    "ranges",      "span",    "string",     "string_view",      "tuple",
    "type_traits", "utility", "variant",    "vector",           "version"};

constexpr std::array<std::string_view, 6> impure_words{"float", "double", "throw",
                                                       "try",   "catch",  "virtual"};

/// What the model shares with the engine: the values that go in and come out.
constexpr std::array<std::string_view, 5> shared_with_model{
    "engine/base/side.hpp", "engine/base/units.hpp", "engine/command/command.hpp",
    "engine/command/reject_code.hpp", "engine/event/event.hpp"};

/// What one file of the engine may use beyond the rules, because that is its purpose: the seams
/// are interfaces that floors above implement, and an assertion says where it failed.
struct Permit {
  std::string_view path;
  std::string_view what;
};

constexpr std::array<Permit, 4> permits{{{"engine/base/assert.hpp", "cstdio"},
                                         {"engine/seams/clock.hpp", "virtual"},
                                         {"engine/seams/command_log.hpp", "virtual"},
                                         {"engine/seams/storage.hpp", "virtual"}}};

bool is_permitted(std::string_view path, std::string_view what) {
  return std::ranges::any_of(permits,
                             [&](const Permit& it) { return it.path == path && it.what == what; });
}

/// Headers below `prefix` may be included on the floors `lowest` to `highest`.
struct Library {
  std::string_view prefix;
  int lowest;
  int highest;
};

constexpr std::array<Library, 8> libraries{{{"boost/asio", 3, 3},
                                            {"boost/beast", 3, 3},
                                            {"boost/", 2, 3},
                                            {"openssl/ssl", 3, 3},
                                            {"openssl/", 2, 3},
                                            {"sqlite3.h", 2, 2},
                                            {"google/protobuf", 1, 3},
                                            {"utf8proc.h", 1, 1}}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool contains_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) {
      return true;
    }
  }
  return false;
}

bool is_code(const SourceFile& file) {
  return file.is_cpp() || file.path.ends_with(".proto") || file.path.ends_with(".cmake") ||
         file.path.ends_with(".sh") || file.path.ends_with(".jq") || file.path.ends_with(".js") ||
         file.name() == "CMakeLists.txt" || file.path == "run";
}

/// Code points of UTF-8, so that a dash or an arrow in a comment counts once.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string cited(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// A finding for every line in which one of `words` occurs; `whole` asks for whole words.
Findings lines_with(const SourceFile& file, std::string_view text,
                    const std::vector<std::string>& words, bool whole, const std::string& mend) {
  Findings findings;
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const std::string& word : words) {
      const bool is_found =
          whole ? contains_word(lines[i], word) : lines[i].find(word) != std::string_view::npos;
      if (is_found) findings.push_back({file.path, static_cast<int>(i) + 1, cited(word), mend});
    }
  }
  return findings;
}

}  // namespace

std::string Finding::text() const {
  return path + ":" + std::to_string(line) + ": " + what + "\n    mend: " + mend;
}

Findings files_have_a_room(const SourceFile& file) {
  if (!file.is_cpp() || !floor_of(file.path) || room_of(file.path)) return {};
  return {{file.path, 0, "stands in no room",
           "move it to the room it belongs to, or add one: tests/house/rooms.cpp and "
           "docs/ARCHITECTURE.md"}};
}

Findings includes_run_down(const SourceFile& file) {
  Findings findings;
  const auto room = room_of(file.path);
  if (!file.is_cpp() || !room) return findings;
  for (const Include& include : includes_of(file)) {
    if (!include.is_quoted) continue;
    const auto target = room_of(include.target);
    if (!target) {
      findings.push_back({file.path, include.line, "includes " + cited(include.target),
                          "name it from the top of the project; rooms include only rooms"});
    } else if (*target > *room) {
      findings.push_back({file.path, include.line,
                          std::string(name_of(*room)) + " includes " + cited(include.target) +
                              " from a room above",
                          "move what both need down, or hand it in as a value"});
    }
  }
  return findings;
}

Findings includes_run_in_no_circle(const std::vector<SourceFile>& files) {
  std::map<std::string_view, const SourceFile*> by_path;
  for (const SourceFile& file : files) by_path.emplace(file.path, &file);
  Findings findings;
  enum class Seen : std::uint8_t { entered, left };
  std::map<std::string_view, Seen> seen;
  const std::function<void(const SourceFile&)> enter = [&](const SourceFile& file) {
    seen[file.path] = Seen::entered;
    for (const Include& include : includes_of(file)) {
      const auto target = by_path.find(include.target);
      if (!include.is_quoted || target == by_path.end()) continue;
      const auto known = seen.find(target->first);
      if (known == seen.end()) {
        enter(*target->second);
      } else if (known->second == Seen::entered) {
        findings.push_back({file.path, include.line,
                            "includes " + cited(include.target) + ", which includes it",
                            "give what both need a file of its own"});
      }
    }
    seen[file.path] = Seen::left;
  };
  for (const SourceFile& file : files) {
    if (file.is_cpp() && !seen.contains(file.path)) enter(file);
  }
  return findings;
}

Findings benchmarks_know_no_tool(const SourceFile& file) {
  Findings findings;
  if (!file.is_cpp() || !file.path.starts_with("bench/")) return findings;
  for (const Include& include : includes_of(file)) {
    if (!include.is_quoted || !include.target.starts_with("gateway/tool/")) continue;
    findings.push_back({file.path, include.line, "includes " + cited(include.target),
                        "what is measured with stands in gateway/measure"});
  }
  return findings;
}

Findings tests_are_named_so(const SourceFile& file) {
  if (!file.is_cpp() || file.path.ends_with("_test.cpp")) return {};
  const std::string code = blank_comments_and_literals(file.text);
  const auto lines = split_lines(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const std::string_view word : {"TEST(", "TEST_F(", "TEST_P("}) {
      if (!lines[i].starts_with(word)) continue;
      return {{file.path, static_cast<int>(i) + 1, "has a test", "name the file ..._test.cpp"}};
    }
  }
  return {};
}

Findings libraries_stay_on_their_floor(const SourceFile& file) {
  Findings findings;
  const auto floor = floor_of(file.path);
  if (!file.is_cpp() || !floor) return findings;
  for (const Include& include : includes_of(file)) {
    const auto library = std::ranges::find_if(
        libraries, [&](const Library& it) { return include.target.starts_with(it.prefix); });
    if (library == libraries.end()) continue;
    if (*floor >= library->lowest && *floor <= library->highest) continue;
    findings.push_back({file.path, include.line, "includes " + cited(include.target),
                        "this library belongs to floors " + std::to_string(library->lowest) +
                            " to " + std::to_string(library->highest)});
  }
  return findings;
}

Findings verifier_stands_alone(const SourceFile& file) {
  Findings findings;
  if (!file.is_cpp() || !file.path.starts_with("ledger/verify/")) return findings;
  for (const Include& include : includes_of(file)) {
    if (!include.is_quoted || include.target.starts_with("ledger/verify/")) continue;
    findings.push_back({file.path, include.line, "the verifier includes " + cited(include.target),
                        "write what it needs in ledger/verify/: it must not trust the exchange"});
  }
  return findings;
}

Findings model_stands_apart(const SourceFile& file) {
  const auto is_of_model = [](std::string_view path) {
    return path.starts_with("tests/model/model") || path.starts_with("tests/model/fields") ||
           path.starts_with("tests/model/request");
  };
  Findings findings;
  if (!file.is_cpp() || !is_of_model(file.path)) return findings;
  for (const Include& include : includes_of(file)) {
    if (!include.is_quoted || is_of_model(include.target)) continue;
    if (std::ranges::find(shared_with_model, include.target) != shared_with_model.end()) continue;
    findings.push_back({file.path, include.line, "the model includes " + cited(include.target),
                        "write it a second time, naively: shared code shares its mistakes"});
  }
  return findings;
}

Findings engine_includes_pure_headers(const SourceFile& file) {
  Findings findings;
  if (!file.is_cpp() || file.folder() != "engine") return findings;
  for (const Include& include : includes_of(file)) {
    if (include.is_quoted || is_permitted(file.path, include.target)) continue;
    if (std::ranges::find(pure_headers, include.target) != pure_headers.end()) continue;
    findings.push_back({file.path, include.line, "engine includes " + cited(include.target),
                        "the engine asks the world nothing: let a floor above do it, or use one of "
                        "the headers listed in tests/house/rules.cpp"});
  }
  return findings;
}

Findings engine_uses_pure_words(const SourceFile& file) {
  if (!file.is_cpp() || file.folder() != "engine") return {};
  std::vector<std::string> words(impure_words.begin(), impure_words.end());
  std::erase_if(words, [&](const std::string& word) { return is_permitted(file.path, word); });
  return lines_with(file, blank_comments_and_literals(file.text), words, true,
                    "integers, RejectCode, KARST_ASSERT and templates do this in the engine");
}

Findings lines_fit(const SourceFile& file) {
  Findings findings;
  if (!is_code(file)) return findings;
  const auto lines = split_lines(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (columns(lines[i]) <= columns_max) continue;
    findings.push_back({file.path, static_cast<int>(i) + 1,
                        std::to_string(columns(lines[i])) + " columns", "break it at 100 columns"});
  }
  return findings;
}

Findings files_are_short(const SourceFile& file) {
  if (!is_code(file)) return {};
  const std::size_t lines = split_lines(file.text).size();
  if (lines <= file_lines_max) return {};
  return {{file.path, static_cast<int>(lines), std::to_string(lines) + " lines",
           "at most 600: find the two things in it and give each a file"}};
}

Findings headers_introduce_themselves(const SourceFile& file) {
  Findings findings;
  if (!file.is_header()) return findings;
  bool has_guard = false;
  std::string_view first;
  for (const std::string_view line : split_lines(file.text)) {
    if (line == "#pragma once") {
      has_guard = true;
    } else if (first.empty()) {
      first = line;
    }
  }
  if (!has_guard) {
    findings.push_back({file.path, 1, "no #pragma once", "add it after the first comment"});
  }
  if (!first.starts_with("//") || first.size() < introduction_bytes_min) {
    findings.push_back({file.path, 1, "does not say what it is",
                        "start the header with a comment: one sentence on what the file holds"});
  }
  return findings;
}

// The words of the next two rules are written in two parts, so that this file keeps its own rules.
Findings nothing_is_left_open(const SourceFile& file) {
  return lines_with(file, file.text,
                    {"TO"
                     "DO",
                     "FIX"
                     "ME"},
                    true, "do it now, or write it where open work is kept");
}

Findings no_machine_is_named(const SourceFile& file) {
  static const std::vector<std::string> words{
      "/wo"
      "rk/",
      "/ro"
      "ot/",
      "/ho"
      "me/",
      "/tmp/b"
      "in",
      "/tmp/b"
      "rief",
      "deb.deb"
      "ian.org",
      "snapshot.deb"
      "ian",
      "registry.n"
      "pmjs",
      "pypi.o"
      "rg",
      "artif"
      "actory",
      "proxy.gol"
      "ang"};
  return lines_with(file, file.text, words, false,
                    "use a path relative to the project, an argument or a variable");
}

Findings output_is_checked(const SourceFile& file) {
  const bool is_the_place = file.path == "ledger/files/standard_output.cpp";
  if (!file.is_cpp() || !floor_of(file.path) || is_the_place) return {};
  return lines_with(file, blank_comments_and_literals(file.text),
                    {"stdout", "cout", "printf", "puts", "putchar"}, true,
                    "write_output() of ledger/files/standard_output.hpp, or the tool's Output");
}

Findings names_are_snake_case(const SourceFile& file) {
  if (!is_code(file) || file.name() == "CMakeLists.txt") return {};
  const std::string_view name = file.name();
  const bool is_snake = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
  if (is_snake) return {};
  return {{file.path, 0, "file name " + cited(name), "lower-case words joined by underscores"}};
}

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{
      {"files_have_a_room", files_have_a_room},
      {"includes_run_down", includes_run_down},
      {"benchmarks_know_no_tool", benchmarks_know_no_tool},
      {"tests_are_named_so", tests_are_named_so},
      {"libraries_stay_on_their_floor", libraries_stay_on_their_floor},
      {"verifier_stands_alone", verifier_stands_alone},
      {"model_stands_apart", model_stands_apart},
      {"engine_includes_pure_headers", engine_includes_pure_headers},
      {"engine_uses_pure_words", engine_uses_pure_words},
      {"lines_fit", lines_fit},
      {"files_are_short", files_are_short},
      {"headers_introduce_themselves", headers_introduce_themselves},
      {"nothing_is_left_open", nothing_is_left_open},
      {"no_machine_is_named", no_machine_is_named},
      {"output_is_checked", output_is_checked},
      {"names_are_snake_case", names_are_snake_case},
  };
  return rules;
}

}  // namespace karst::house
