#include "tests/gateway/tool/every_subcommand.hpp"

#include <fstream>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include "gateway/tool/exit_code.hpp"

namespace karst::test {
namespace {

using Tables = std::map<std::string, std::vector<SubcommandRow>>;

constexpr std::string_view mistake = "  ! ";
constexpr std::string_view continued = "        ";
constexpr std::string_view lines_of = "lines of ";

const std::map<std::string, int> exits = {
    {"failed", tool::exit_failed},   {"not_there", tool::exit_not_there},
    {"usage", tool::exit_usage},     {"in_the_way", tool::exit_in_the_way},
    {"refused", tool::exit_refused}, {"newer_format", tool::exit_newer_format},
};

/// What stands before the first `mark` and behind it, without the blanks around it.
std::pair<std::string, std::string> parted(const std::string& line, const std::string& mark) {
  const std::size_t at = line.find(mark);
  if (at == std::string::npos) throw std::runtime_error("no '" + mark + "' in: " + line);
  std::string before = line.substr(0, at);
  std::string behind = line.substr(at + mark.size());
  before.erase(before.find_last_not_of(' ') + 1);
  behind.erase(0, behind.find_first_not_of(' '));
  return {before, behind};
}

/// "keys revoke: 61 -> reply".
SubcommandRow row_of(const std::string& line) {
  SubcommandRow row;
  std::string call;
  std::tie(call, row.shape) = parted(line, "->");
  std::tie(row.path, row.good) = parted(call, ":");
  if (row.shape == "no JSON") {
    row.shape.clear();
    row.answer = Answer::no_json;
  } else if (row.shape.starts_with(lines_of)) {
    row.shape.erase(0, lines_of.size());
    row.answer = Answer::lines;
  }
  return row;
}

/// "61 -> refused: KEY_REVOKED".
void add_mistake(const std::string& line, SubcommandRow& row) {
  std::string outcome;
  std::string exit;
  std::tie(row.wrong, outcome) = parted(line, "->");
  std::tie(exit, row.words) = parted(outcome, ":");
  row.exit = exits.at(exit);
}

void add(const std::string& line, Tables& tables, std::string& table) {
  if (line.starts_with('[')) {
    table = parted(line.substr(1), "]").first;
  } else if (line.starts_with(mistake)) {
    add_mistake(line.substr(mistake.size()), tables.at(table).back());
  } else {
    tables[table].push_back(row_of(line));
  }
}

Tables read_tables() {
  const std::string path = KARST_SOURCE_DIR "/tests/gateway/tool/every_subcommand.txt";
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with(continued)) {
      lines.back() += line.substr(continued.size() - 1);
    } else {
      lines.push_back(line);
    }
  }
  Tables tables;
  std::string table;
  for (const std::string& line : lines) add(line, tables, table);
  return tables;
}

}  // namespace

const Tables& subcommand_tables() {
  static const Tables tables = read_tables();
  return tables;
}

}  // namespace karst::test
