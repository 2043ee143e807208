// The built program `karst` against a real exchange: arguments in, exit code and words out.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gateway/tool/exit_code.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst::test {

using Json = nlohmann::ordered_json;

/// What one run of the program came to.
struct ToolRun {
  int exit = -1;
  std::string out;
  std::string err;

  /// Standard output as one JSON value. Throws when it is not.
  [[nodiscard]] Json json() const { return Json::parse(out); }
};

/// A 64-bit id as JSON has it.
[[nodiscard]] inline std::uint64_t number_of(const Json& id) {
  return std::stoull(id.get<std::string>());
}

/// Runs `karst` with these arguments in an environment of its own: KARST_HOME = `home`, no
/// terminal. A run that takes longer than a minute is ended.
[[nodiscard]] ToolRun run_tool(const std::vector<std::string>& arguments, const std::string& home);
/// The same of another program beside it: "karstd".
[[nodiscard]] ToolRun run_built(const std::string& program,
                                const std::vector<std::string>& arguments,
                                const std::string& home);

/// Runs a line of bash, which finds `karst` and `karstd` in its PATH.
[[nodiscard]] ToolRun run_shell(const std::string& line, const std::string& home);

/// A TestExchange with its market, whose folder is one that `karst` can be pointed to: karst.toml
/// says its port, and the keys of the test market are there as NAME.key (operator, second, alice,
/// bob, viewer, canceller, auditor, carol).
class ToolExchange : public TestExchange {
 public:
  /// `four_eyes` as in karst.toml.
  explicit ToolExchange(bool four_eyes = false);

  /// Runs the words of `line` (blanks part them; 'quotes' keep them together) as arguments.
  [[nodiscard]] ToolRun run(const std::string& line) const;

  /// Runs the line with --json; the test fails unless it exits with `exit` and standard output is
  /// one value of the shape docs/json/SHAPE.json. Returns: that value, or null.
  [[nodiscard]] Json json(const std::string& line, const std::string& shape,
                          int exit = tool::exit_ok) const;

  /// The test fails unless the line exits with `exit` and says `words` on standard error.
  void expect_failure(const std::string& line, int exit, const std::string& words) const;
};

/// What a program said, and in which shape of docs/json/ it is to be.
struct Shaped {
  std::string shape;
  std::string text;
};

/// The test fails unless every text is one JSON value of its shape, on one line. The judge is
/// python3-jsonschema; it is asked once.
void expect_shapes(const std::vector<Shaped>& texts);
/// The same of one text.
void expect_shape(const std::string& text, const std::string& shape);

}  // namespace karst::test
