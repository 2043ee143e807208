// The house rules: each reads one file and says what breaks it, where, and how to mend it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/house/source_tree.hpp"

namespace karst::house {

/// One broken rule.
struct Finding {
  std::string path;
  int line;  // from 1; 0 = the whole file
  std::string what;
  std::string mend;

  [[nodiscard]] std::string text() const;
};

using Findings = std::vector<Finding>;

/// A rule with the name it is tested under.
struct Rule {
  std::string name;
  Findings (*check)(const SourceFile& file);

  /// How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }
};

/// Every source file of the product stands in a room of the table (tests/house/rooms.cpp).
[[nodiscard]] Findings files_have_a_room(const SourceFile& file);

/// Includes of our own headers only run down the table of rooms, so no room includes tests or
/// benchmarks either.
[[nodiscard]] Findings includes_run_down(const SourceFile& file);

/// No two files include each other, directly or through others. A rule about all files at once.
[[nodiscard]] Findings includes_run_in_no_circle(const std::vector<SourceFile>& files);

/// bench/ measures the product through gateway/measure and below, never through the tool.
[[nodiscard]] Findings benchmarks_know_no_tool(const SourceFile& file);

/// A file that has tests is named after that: _test.cpp.
[[nodiscard]] Findings tests_are_named_so(const SourceFile& file);

/// Libraries stay on the floors that may use them: Asio and Beast from gateway up, SQLite in the
/// ledger, Protobuf in schemas and above the ledger.
[[nodiscard]] Findings libraries_stay_on_their_floor(const SourceFile& file);

/// ledger/verify/ shares no code with the exchange: it includes only its own folder.
[[nodiscard]] Findings verifier_stands_alone(const SourceFile& file);

/// The reference model (tests/model/model*, fields*, request*) shares only commands and events with
/// the engine; what compares the two beside it is free.
[[nodiscard]] Findings model_stands_apart(const SourceFile& file);

/// engine/ includes only pure standard headers: no clock, thread, stream, random source, or
/// container whose order is not ours.
[[nodiscard]] Findings engine_includes_pure_headers(const SourceFile& file);

/// engine/ has no floating point, exception or virtual function (but in the seams).
[[nodiscard]] Findings engine_uses_pure_words(const SourceFile& file);

/// No line of code is wider than 100 columns.
[[nodiscard]] Findings lines_fit(const SourceFile& file);

/// No file of code is longer than 600 lines.
[[nodiscard]] Findings files_are_short(const SourceFile& file);

/// Every header starts by saying what it is and has `#pragma once`.
[[nodiscard]] Findings headers_introduce_themselves(const SourceFile& file);

/// Nothing is left open in the text.
[[nodiscard]] Findings nothing_is_left_open(const SourceFile& file);

/// No path of a developer's machine and no package mirror is named.
[[nodiscard]] Findings no_machine_is_named(const SourceFile& file);

/// The product writes to standard output through ledger/files/standard_output.hpp alone, which
/// checks that it was written.
[[nodiscard]] Findings output_is_checked(const SourceFile& file);

/// Source files are named in snake_case.
[[nodiscard]] Findings names_are_snake_case(const SourceFile& file);

/// All of the above that look at one file.
[[nodiscard]] const std::vector<Rule>& all_rules();

}  // namespace karst::house
