// One row for every subcommand of the tool: what must succeed, in which shape it answers, and the
// mistake that is made most. every_subcommand.txt says them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace karst::test {

/// How a subcommand answers with --json.
enum class Answer {
  value,    ///< one JSON value
  lines,    ///< one object a line
  no_json,  ///< it has no --json
};

/// `$NAME` in a line is replaced by what the exchange of the table calls so.
struct SubcommandRow {
  std::string path;   ///< "keys create"
  std::string good;   ///< its arguments when it succeeds
  std::string shape;  ///< docs/json/SHAPE.json; empty with no_json
  Answer answer = Answer::value;
  std::string wrong;  ///< its arguments with the mistake
  int exit = 0;       ///< what the mistake ends with
  std::string words;  ///< that its message must contain
};

/// The rows of every_subcommand.txt by the name of their table. Throws where the file makes no
/// sense.
[[nodiscard]] const std::map<std::string, std::vector<SubcommandRow>>& subcommand_tables();

}  // namespace karst::test
