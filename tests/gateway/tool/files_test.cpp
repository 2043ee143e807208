// The subcommands that work on the files of an exchange, beside it, behind it and elsewhere.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>

#include "schemas/words/human_units.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

constexpr int pairs = 20;

/// Standard output as one JSON value a line.
std::vector<Json> lines_of(const ToolRun& run) {
  std::vector<Json> lines;
  std::istringstream text(run.out);
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

/// An exchange on which alice has sold to bob twenty times: forty orders, twenty settlements.
class FilesCommands : public testing::Test {
 protected:
  FilesCommands() {
    trade(pairs);
    await_books();
  }

  /// What was settled stands in the record log within a second.
  void await_books() const {
    std::uint64_t newest = 0;
    for (const Json& event : exchange.json("events --key bob", "events")) {
      if (event.contains("fill"))
        newest = std::stoull(event["fill"]["settlement"].get<std::string>());
    }
    ASSERT_NE(newest, 0U);
    for (int tries = 0; tries < 100; ++tries) {
      if (number_of(good_json("status")["settlement"]) >= newest) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "the books stay behind";
  }

  void trade(int count) const {
    const auto seller = exchange.connect(alice);
    const auto buyer = exchange.connect(bob);
    for (int i = 0; i < count; ++i) {
      const std::int64_t limit = 100 + i % 7;
      const auto sold = call(*seller, order(exchange.instrument(), v1::SIDE_SELL, limit, 2));
      ASSERT_EQ(sold.code(), v1::CODE_OK) << sold.ShortDebugString();
      const auto bought = call(*buyer, order(exchange.instrument(), v1::SIDE_BUY, limit, 2));
      ASSERT_EQ(bought.code(), v1::CODE_OK) << bought.ShortDebugString();
    }
  }

  [[nodiscard]] std::string data() const { return exchange.folder() + "/data"; }
  [[nodiscard]] std::string other(const std::string& name) const {
    return room.path() + "/" + name;
  }

  /// The run of a line that must succeed.
  [[nodiscard]] ToolRun good(const std::string& line) const {
    ToolRun run = exchange.run(line);
    EXPECT_EQ(run.exit, exit_ok) << line << "\n" << run.out << run.err;
    return run;
  }
  [[nodiscard]] Json good_json(const std::string& line) const {
    return Json::parse(good(line + " --json").out, nullptr, false);
  }
  /// All records of books, as printed.
  [[nodiscard]] std::string records(const std::string& directory) const {
    return good("audit transactions " + directory + " --json --limit 1000000").out;
  }
  void flip_byte(const std::string& path, std::uint64_t offset) const {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x10));
    ASSERT_TRUE(file.good());
  }
  [[nodiscard]] std::string first_file(const std::string& directory, const char* extension) const {
    std::string first;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string path = entry.path().string();
      if (entry.path().extension() == extension && (first.empty() || path < first)) first = path;
    }
    return first;
  }

  ToolExchange exchange;
  TemporaryFolder room;
};

TEST_F(FilesCommands, journal_verify_reads_a_running_exchanges_journal_and_names_damage) {
  const Json running = good_json("journal verify " + data());
  EXPECT_EQ(running["is_sound"], true);
  EXPECT_GE(running["commands"].get<int>(), 2 * pairs);
  exchange.stop();
  const Json report = good_json("journal verify " + data());
  EXPECT_EQ(report["is_sound"], true);
  EXPECT_EQ(report["commands"], number_of(report["last_command"]));
  EXPECT_NE(good("journal verify " + data()).out.find("sound"), std::string::npos);
  exchange.expect_failure("journal verify " + other("nothing"), exit_not_there, "nothing");

  const std::string segment = first_file(data() + "/journal", ".journal");
  flip_byte(segment, 4'096 + 200);
  const ToolRun damaged = exchange.run("journal verify " + data() + " --json");
  EXPECT_EQ(damaged.exit, exit_damaged) << damaged.out;
  const Json fault = damaged.json();
  EXPECT_EQ(fault["is_sound"], false);
  const std::string text = fault["fault"];
  EXPECT_NE(text.find(segment), std::string::npos) << text;
  EXPECT_NE(text.find("4096"), std::string::npos) << text;
}

TEST_F(FilesCommands, journal_dump_prints_the_commands_asked_for) {
  exchange.stop();
  const std::vector<Json> some =
      lines_of(good("journal dump " + data() + " --from 3 --to 6 --json"));
  ASSERT_EQ(some.size(), 4U);
  for (std::size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(number_of(some[i]["sequence"]), 3 + i);
    EXPECT_FALSE(some[i]["bytes"].get<std::string>().empty());
    if (i > 0) {
      EXPECT_GT(parse_time(some[i]["time"].get<std::string>()),
                parse_time(some[i - 1]["time"].get<std::string>()));
    }
  }
  const Json report = good_json("journal verify " + data());
  EXPECT_EQ(lines_of(good("journal dump " + data() + " --json")).size(),
            report["commands"].get<std::size_t>());
  exchange.expect_failure("journal dump " + other("nothing"), exit_not_there, "nothing");
  exchange.expect_failure("restore", exit_usage, "directory");
}

TEST_F(FilesCommands, snapshot_wants_an_exchange_that_does_not_run_and_changes_no_hash) {
  exchange.expect_failure("snapshot " + data(), exit_in_the_way, "locked");
  exchange.stop();
  const Json before = good_json("state-hash " + data());
  const Json made = good_json("snapshot " + data());
  EXPECT_EQ(made["sequence"], before["sequence"]);
  EXPECT_EQ(made["state_hash"], before["state_hash"]);
  const Json after = good_json("state-hash " + data());
  EXPECT_EQ(after["snapshot_sequence"], made["sequence"]);
  EXPECT_EQ(after["commands_replayed"], 0);
  EXPECT_EQ(after["state_hash"], before["state_hash"]);
  EXPECT_EQ(after["event_hash"], before["event_hash"]);
}

TEST_F(FilesCommands, state_hash_at_a_command_is_the_same_whatever_came_later) {
  exchange.stop();
  const std::uint64_t newest = number_of(good_json("state-hash " + data())["sequence"]);
  const std::string at = std::to_string(newest);
  const Json then = good_json("state-hash " + data() + " --at " + at);
  const Json middle = good_json("state-hash " + data() + " --at " + std::to_string(newest / 2));
  EXPECT_EQ(number_of(middle["sequence"]), newest / 2);
  EXPECT_NE(middle["state_hash"], then["state_hash"]);
  exchange.start();
  trade(5);
  exchange.stop();
  EXPECT_EQ(good_json("state-hash " + data() + " --at " + at), then);
  EXPECT_GT(number_of(good_json("state-hash " + data())["sequence"]), newest);
  EXPECT_NE(good("state-hash " + data() + " --at " + at).out.find(then["state_hash"]),
            std::string::npos);
  exchange.expect_failure("state-hash " + data() + " --at 999999", exit_not_there,
                          "command 999999");
}

TEST_F(FilesCommands, another_shard_is_refused_by_name) {
  exchange.stop();
  for (const std::string& line :
       {"journal verify " + data(), "journal dump " + data(), "state-hash " + data(),
        "snapshot " + data(), "rebuild " + data() + " --into " + other("anew"),
        "backup " + data() + " --into " + other("copy")}) {
    exchange.expect_failure(line + " --shard 5", exit_usage, "is of shard 0, not 5");
    exchange.expect_failure(line + " --shard 65536", exit_usage, "is of shard 0, not 65536");
  }
}

TEST_F(FilesCommands, rebuild_makes_the_same_records_and_overwrites_nothing) {
  exchange.stop();
  const Json rebuilt = good_json("rebuild " + data() + " --into " + other("anew"));
  const std::string live = records(data());
  EXPECT_EQ(lines_of({0, live, ""}).size(), number_of(rebuilt["settlement"]));
  EXPECT_GE(number_of(rebuilt["settlement"]), pairs);
  EXPECT_EQ(records(other("anew")), live);
  EXPECT_EQ(good("audit trial-balance " + other("anew")).out,
            good("audit trial-balance " + data()).out);
  exchange.expect_failure("rebuild " + data() + " --into " + other("anew"), exit_in_the_way,
                          "anew");
  exchange.expect_failure("rebuild " + data(), exit_usage, "--into");
}

TEST_F(FilesCommands, a_backup_of_a_trading_exchange_restored_elsewhere_has_its_hash) {
  std::atomic<bool> is_over{false};
  std::atomic<int> traded{0};
  std::thread traders([&] {
    while (!is_over) {
      trade(1);
      ++traded;
    }
  });
  const Json backup = good_json("backup " + data() + " --into " + other("backup"));
  const int traded_before = traded;
  while (traded == traded_before) std::this_thread::yield();  // it still trades
  is_over = true;
  traders.join();
  const std::string at = backup["sequence"].get<std::string>();
  const Json restored = good_json("restore " + other("backup") + " --into " + other("restored"));
  EXPECT_EQ(restored["sequence"], backup["sequence"]);
  EXPECT_EQ(restored["state_hash"], backup["state_hash"]);
  EXPECT_EQ(restored["event_hash"], backup["event_hash"]);
  exchange.stop();
  const Json live = good_json("state-hash " + data() + " --at " + at);
  EXPECT_EQ(live["state_hash"], backup["state_hash"]);
  EXPECT_EQ(live["event_hash"], backup["event_hash"]);
  EXPECT_EQ(good_json("state-hash " + other("restored"))["state_hash"], backup["state_hash"]);
  exchange.expect_failure("backup " + data() + " --into " + other("backup"), exit_in_the_way,
                          "backup");
  exchange.expect_failure("restore " + other("nothing") + " --into " + other("more"),
                          exit_not_there, "nothing");
  EXPECT_FALSE(std::filesystem::exists(other("more")));
}

TEST_F(FilesCommands, a_backup_has_the_access_log_and_its_chain_goes_on_from_there) {
  const std::string answer = good("access-log --key auditor").out;
  const Json backup = good_json("backup " + data() + " --into " + other("backup"));
  const auto text_of = [](const std::string& path) {
    std::ifstream stream(path);
    return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  };
  const std::string copied = text_of(other("backup") + "/access.log");
  EXPECT_NE(copied.find("QueryAccessLog"), std::string::npos) << copied;
  EXPECT_EQ(copied, text_of(data() + "/access.log"));
  const Json restored = good_json("restore " + other("backup") + " --into " + other("restored"));
  EXPECT_EQ(restored["files"], backup["files"]);
  EXPECT_EQ(text_of(other("restored") + "/access.log"), copied);
}

TEST_F(FilesCommands, a_backup_restored_beside_the_data_folder_is_not_passed_by) {
  static_cast<void>(good("backup " + data() + " --into " + other("backup")));
  static_cast<void>(good("restore " + other("backup") + " --into " + other("restored")));
  const std::string config = other("restored") + "/karst.toml";
  std::filesystem::copy_file(exchange.folder() + "/karst.toml", config);
  const ToolRun run = run_built("karstd", {config}, ".");
  EXPECT_NE(run.exit, 0);
  EXPECT_NE(run.err.find("move journal"), std::string::npos) << run.err;
  EXPECT_FALSE(std::filesystem::exists(other("restored") + "/data"));
}

TEST_F(FilesCommands, audit_answers_beside_a_running_exchange) {
  const std::vector<Json> three =
      lines_of(good("audit transactions " + data() + " --merchant 2 --limit 3 --json"));
  ASSERT_EQ(three.size(), 3U);
  for (const Json& record : three) EXPECT_FALSE(record["legs"].empty());
  static_cast<void>(
      exchange.json("product list 1 --symbol MAPS --title '\u5730\u56fe' --list-price 18.00 "
                    "--price-max 180.00 --certificate 2099-12-31",
                    "reply"));
  std::string text;
  for (int i = 0; i < 100 && text.find("MAPS") == std::string::npos; ++i) {
    // It is in the books within half a second.
    text = good("audit transactions " + data() + " --limit 1000").out;
  }
  for (const char* defined :
       {"  merchant 1, ", "  CNY\n", "  instrument 1, WEATHER\n", ", MAPS, \u5730\u56fe\n"}) {
    EXPECT_NE(text.find(defined), std::string::npos) << defined << " in\n" << text;
  }
  const std::vector<Json> defined =
      lines_of(good("audit transactions " + data() + " --limit 1000 --json"));
  const auto of_maps = std::ranges::find_if(
      defined, [](const Json& it) { return it.value("symbol", std::string()) == "MAPS"; });
  ASSERT_NE(of_maps, defined.end());
  EXPECT_EQ((*of_maps)["title"], "\u5730\u56fe");
  EXPECT_EQ((*of_maps)["issuer_id"], 1);
  EXPECT_TRUE(of_maps->contains("instrument_id"));
  exchange.expect_failure("snapshot " + data(), exit_in_the_way, "stop the karstd");
  // The exchange's folder will do, too, and where KARST_HOME names it, no folder at all.
  EXPECT_EQ(good("audit balance 2").out, good("audit balance " + data() + " 2").out);
  EXPECT_EQ(good("audit trial-balance").out, good("audit trial-balance " + data()).out);
  EXPECT_EQ(good("audit balance " + exchange.folder() + " 2").out,
            good("audit balance " + data() + " 2").out);
  exchange.expect_failure("audit balance " + other("nothing") + " 2", exit_not_there, "nothing");
  exchange.expect_failure("audit balance " + data(), exit_usage, "merchant");
}

TEST_F(FilesCommands, a_settlement_has_one_number_and_money_one_unit_wherever_it_is_shown) {
  // What bob's own event says of his newest purchase …
  const Json events = exchange.json("events --key bob", "events");
  Json fill;
  for (const Json& event : events) {
    if (event.contains("fill")) fill = event;
  }
  const std::string text = fill["text"];
  const std::string number = fill["fill"]["settlement"];
  EXPECT_NE(text.find("settlement " + number), std::string::npos) << text;
  // … the books say under the same number: 2 lots at 1.00 + 5 % 7 = 1.05, and the balance after it.
  const std::vector<Json> found =
      lines_of(good("audit transactions " + data() + " --json --limit 1 --from " + number));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["settlement"], number);
  EXPECT_EQ(found[0]["command"], fill["sequence"]);
  EXPECT_EQ(found[0]["kind"], "settle");
  const Json& paid = found[0]["legs"][0];
  EXPECT_EQ(paid["merchant"], 2);
  EXPECT_EQ(paid["amount_fen"], -210);
  EXPECT_EQ(paid["amount"], "-2.10");
  EXPECT_EQ(paid["currency"], "CNY");
  const ToolRun shown = good("audit transactions " + data() + " --limit 1 --from " + number);
  EXPECT_TRUE(shown.out.starts_with("settlement " + number + "  settle  2")) << shown.out;
  EXPECT_NE(shown.out.find(" -2.10  -> "), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find(" CNY "), std::string::npos) << shown.out;
  const auto balance_at = [&](const std::string& at) {
    return exchange.json("audit balance " + data() + " 2 --at " + at, "audit_balance")["balances"];
  };
  EXPECT_EQ(balance_at(number)[0]["balance_fen"], paid["balance_after_fen"]);
  const std::string before = std::to_string(std::stoull(number) - 1);
  EXPECT_EQ(balance_at(before)[0]["balance_fen"],
            paid["balance_after_fen"].get<std::int64_t>() + 210);
  const ToolRun all = good("balance --key bob");
  const ToolRun books = good("audit balance " + data() + " 2");
  const std::string money = all.out.substr(all.out.find_last_of(' ') + 1);  // with its line feed
  EXPECT_NE(books.out.find(" " + money), std::string::npos) << books.out << money;
  EXPECT_NE(books.out.find("merchant 2 main  CNY "), std::string::npos) << books.out;
}

TEST_F(FilesCommands, audit_trial_balance_and_reconcile_find_everything_even_and_equal) {
  exchange.stop();
  const Json trial = good_json("audit trial-balance " + data());
  ASSERT_GT(trial["balances"].size(), 4U);
  std::map<std::uint32_t, std::int64_t> sums;
  for (const Json& row : trial["balances"]) {
    sums[row["asset"].get<std::uint32_t>()] +=
        (row.contains("balance_fen") ? row["balance_fen"] : row["balance_lots"])
            .get<std::int64_t>();
  }
  for (const auto& [asset, sum] : sums) EXPECT_EQ(sum, 0) << "asset " << asset;
  EXPECT_EQ(trial["is_even"], true);
  const std::uint64_t newest = std::stoull(trial["settlement"].get<std::string>());
  const Json earlier =
      good_json("audit trial-balance " + data() + " --at " + std::to_string(newest / 2));
  EXPECT_EQ(earlier["settlement"], std::to_string(newest / 2));
  EXPECT_EQ(earlier["is_even"], true);
  exchange.expect_failure("audit trial-balance " + data() + " --at 999999", exit_not_there,
                          "999999");

  const Json reconciled = good_json("audit reconcile " + data());
  EXPECT_EQ(reconciled["settlement"], std::to_string(newest));
  EXPECT_EQ(reconciled["differences"], 0);
  EXPECT_GT(reconciled["compared"].get<int>(), 4);
}

TEST_F(FilesCommands, audit_names_file_and_offset_of_a_damaged_record) {
  exchange.stop();
  const std::string log = first_file(data() + "/books/log", ".log");
  flip_byte(log, 100);  // in the first frame: others stand behind it
  const ToolRun run = exchange.run("audit reconcile " + data());
  EXPECT_EQ(run.exit, exit_damaged) << run.out << run.err;
  EXPECT_NE(run.err.find(log), std::string::npos) << run.err;
}

}  // namespace
}  // namespace karst::test
