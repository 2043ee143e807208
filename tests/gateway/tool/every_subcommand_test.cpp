// Every subcommand succeeds, answers in its shape, and meets its most likely mistake with the exit
// code and the words that help. That none is missing is checked in completion_test.cpp.
#include "tests/gateway/tool/every_subcommand.hpp"

#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

#include "schemas/words/human_units.hpp"
#include "tests/gateway/tool/trade_fixture.hpp"

namespace karst::test {
namespace {

using namespace tool;

using Names = std::map<std::string, std::string>;

std::string filled(std::string text, const Names& names) {
  for (const auto& [name, value] : names) {
    for (std::size_t at = text.find("$" + name); at != std::string::npos;
         at = text.find("$" + name)) {
      text.replace(at, name.size() + 1, value);
    }
  }
  return text;
}

/// Runs a row's success. Adds what it said to `said`, and an order that it made to `names`.
void run_good(const ToolExchange& exchange, const SubcommandRow& row, Names& names,
              std::vector<Shaped>& said) {
  const std::string line = row.path + (" " + filled(row.good, names));
  const bool has_json = row.answer != Answer::no_json;
  const ToolRun run = exchange.run(line + (has_json ? " --json" : ""));
  EXPECT_EQ(run.exit, exit_ok) << line << "\n" << run.out << run.err;
  EXPECT_FALSE(run.out.empty()) << line;
  if (!has_json) return;
  if (row.answer == Answer::value) {
    said.push_back({row.shape, run.out});
    const Json json = Json::parse(run.out, nullptr, false);
    if (json.is_object() && json.contains("order_id")) names["ORDER"] = json["order_id"];
    return;
  }
  std::istringstream lines(run.out);
  for (std::string text; std::getline(lines, text);) said.push_back({row.shape, text});
}

void run_wrong(const ToolExchange& exchange, const SubcommandRow& row, const Names& names,
               std::vector<Shaped>& said) {
  const std::string line = row.path + (" " + filled(row.wrong, names));
  const bool has_json = row.answer != Answer::no_json;
  const ToolRun run = exchange.run(line + (has_json ? " --json" : ""));
  EXPECT_EQ(run.exit, row.exit) << line << "\n" << run.out << run.err;
  const std::string words = filled(row.words, names);
  EXPECT_NE((run.err + run.out).find(words), std::string::npos) << line << "\n" << run.err;
  if (!has_json) return;
  const bool is_error = run.out.starts_with("{\"error\"");
  said.push_back({is_error ? "error" : row.shape, run.out});
}

/// Runs the rows of a table of every_subcommand.txt, which says what its names are.
void run_rows(const ToolExchange& exchange, const std::string& table, Names names) {
  std::vector<Shaped> said;
  for (const SubcommandRow& row : subcommand_tables().at(table)) {
    run_good(exchange, row, names, said);
    run_wrong(exchange, row, names, said);
  }
  expect_shapes(said);
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The lowest `count` bytes of a number, lowest first.
std::string bytes_of(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 255U);
  return bytes;
}
std::string reversed(const std::string& bytes) { return {bytes.rbegin(), bytes.rend()}; }

/// A bid of five lots at 10 ticks, not timed, and a sale of three of them.
std::string flow_file() {
  const std::uint64_t bid = 5U << 13U | 10U << 23U;
  const std::uint64_t sale = 2U | 1U << 2U | 3U << 13U | 10U << 23U;
  return std::string("MEOPS01\0", 8) + bytes_of(1, 4) + bytes_of(1, 4) + bytes_of(2, 8) +
         bytes_of(1, 8) + bytes_of(100, 4) + bytes_of(1, 4) + bytes_of(2, 8) +
         std::string(16, '\0') + bytes_of(bid, 8) + bytes_of(sale, 8);
}

/// A bid of five lots at 10 ticks.
std::string book_flow_file() {
  return "MEBOOK01" + bytes_of(1, 4) + bytes_of(0, 4) + bytes_of(1, 8) + std::string(40, '\0') +
         bytes_of(0, 4) + bytes_of(5, 4) + bytes_of(1, 8) + bytes_of(10, 8);
}

/// An order that is added.
std::string itch_file() {
  return reversed(bytes_of(36, 2)) + 'A' + reversed(bytes_of(1, 2)) + std::string(8, '\0') +
         reversed(bytes_of(1, 8)) + 'B' + reversed(bytes_of(5, 4)) + "KARST   " +
         reversed(bytes_of(1'000, 4));
}

/// The beginning of the hour after next.
std::string hour_to_come() {
  const auto now = std::chrono::duration_cast<std::chrono::hours>(
      std::chrono::system_clock::now().time_since_epoch());
  return format_hour(now.count() + 2);
}

TEST_F(TradeCommands, every_subcommand_of_a_merchant) {
  run_rows(exchange, "trade", {{"HOUR", first_hour()}});
}

TEST(EverySubcommand, of_an_operator) {
  const ToolExchange exchange;
  run_rows(exchange, "operate",
           {{"FROM", "--from " + hour_to_come()}, {"HASH", std::string(64, 'a')}});
}

TEST(EverySubcommand, of_a_second_operator) {
  const ToolExchange exchange(true);
  for (const char* const merchant : {"2", "3"}) {
    const std::string exit = std::string("merchant exit ") + merchant;
    EXPECT_EQ(exchange.run(exit).exit, exit_needs_second);
  }
  const Json waiting = exchange.json("proposals", "proposals")["proposals"];
  run_rows(exchange, "four_eyes",
           {{"PROPOSAL", waiting[0]["proposal"]},
            {"OTHER", waiting[1]["proposal"]},
            {"HASH", waiting[0]["hash"]}});
}

TEST(EverySubcommand, of_who_moves_a_clock) {
  ToolExchange exchange;
  exchange.stop();
  exchange.set_config("clock", "\"trace\"");
  exchange.start();
  exchange.set_config("port", std::to_string(exchange.port()));
  run_rows(exchange, "clock", {{"LATER", hour_to_come()}});
}

TEST_F(TradeCommands, every_subcommand_on_files) {
  static_cast<void>(order("sell WEATHER 3 --price 2 --from capacity --key alice"));
  static_cast<void>(order("buy WEATHER 2 --price 2 --key bob"));
  exchange.stop();
  const TemporaryFolder room;
  run_rows(exchange, "files", {{"DATA", exchange.folder() + "/data"},
                               {"HOME", exchange.folder()},
                               {"ROOM", room.path()}});
}

TEST(EverySubcommand, that_starts_and_measures) {
  const ToolExchange exchange;
  const TemporaryFolder room;
  const std::string trace = std::string(KARST_SOURCE_DIR) + "/tests/gateway/sim/cluster";
  write(room.path() + "/flow", flow_file());
  write(room.path() + "/book_flow", book_flow_file());
  write(room.path() + "/itch", itch_file());
  run_rows(exchange, "start", {{"HOME", exchange.folder()},
                               {"ROOM", room.path()},
                               {"TRACE", trace},
                               {"FLOW", room.path() + "/flow"},
                               {"BOOK_FLOW", room.path() + "/book_flow"},
                               {"ITCH", room.path() + "/itch"}});
}

}  // namespace
}  // namespace karst::test
