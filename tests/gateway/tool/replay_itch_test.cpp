// `karst replay itch --gateway`: recorded flow through TLS comes to what it comes to in process.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

/// Writes ITCH 5.0 frames.
class ItchWriter {
 public:
  void add(std::uint64_t id, char side, std::uint32_t lots, std::uint32_t price) {
    begin('A', 36);
    put(id, 8);
    put(static_cast<std::uint8_t>(side), 1);
    put(lots, 4);
    bytes_ += "KARST   ";
    put(price, 4);
  }
  void remove(std::uint64_t id) {
    begin('D', 19);
    put(id, 8);
  }
  void reduce(std::uint64_t id, std::uint32_t lots) {
    begin('X', 23);
    put(id, 8);
    put(lots, 4);
  }
  void execute(std::uint64_t id, std::uint32_t lots) {
    begin('E', 31);
    put(id, 8);
    put(lots, 4);
    put(1, 8);  // the match
  }
  void end_of_day() {
    begin('S', 12);
    put('C', 1);
  }
  void replace(std::uint64_t id, std::uint64_t new_id, std::uint32_t lots, std::uint32_t price) {
    begin('U', 35);
    put(id, 8);
    put(new_id, 8);
    put(lots, 4);
    put(price, 4);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void begin(char type, std::uint16_t length) {
    put(length, 2);
    bytes_ += type;
    put(1, 2);
    put(0, 8);  // tracking number and time
  }
  void put(std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bytes_ += static_cast<char>(value >> (8 * i));
  }

  std::string bytes_;
};

/// Orders around one price, many of which cross: cancelled, reduced and replaced at random.
std::string flow(std::uint64_t seed, int messages) {
  Random random(seed);
  ItchWriter writer;
  std::vector<std::uint64_t> known;
  std::uint64_t last = 0;
  for (int i = 0; i < messages; ++i) {
    const auto price = static_cast<std::uint32_t>(random.between(990, 1'010));
    const auto lots = static_cast<std::uint32_t>(random.between(1, 50));
    if (known.empty() || random.chance(1, 2)) {
      known.push_back(++last);
      writer.add(last, random.chance(1, 2) ? 'B' : 'S', lots, price);
      continue;
    }
    std::uint64_t& id = known[random.below(known.size())];
    const std::uint64_t kind = random.below(4);
    if (kind == 0) {
      writer.reduce(id, lots);
    } else if (kind == 3) {
      writer.execute(id, lots);
    } else if (kind == 1) {
      writer.replace(id, ++last, lots, price);
      id = last;
    } else {
      writer.remove(id);
      id = known.back();
      known.pop_back();
    }
  }
  writer.end_of_day();
  return writer.bytes();
}

TEST(ToolReplayItch, through_a_gateway_it_comes_to_the_same_book_and_trades) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/flow.itch50";
  std::ofstream(file, std::ios::binary) << flow(1, 600);
  const ToolRun own = run_tool({"replay", "itch", file, "--gateway", "--json"}, folder.path());
  EXPECT_EQ(own.exit, exit_ok) << own.err;
  expect_shape(own.out, "replay_itch");
  const Json report = own.json();
  EXPECT_EQ(report["gateway"]["agrees"], true);
  EXPECT_EQ(report["gateway"]["unknown"], 0);
  EXPECT_GT(report["gateway"]["executions"], 20);
  EXPECT_EQ(report["skipped"], (Json{{"S", 1}}));
  EXPECT_GT(report["gateway"]["trades"], 20);
  EXPECT_GT(report["gateway"]["gone"], 0);
  EXPECT_EQ(report["gateway"]["hash"], report["match"]["hash"]);
}

TEST(ToolReplayItch, says_what_is_wrong_with_the_file) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/flow.itch50";
  std::ofstream(file, std::ios::binary) << flow(2, 50) << "half a fr";
  EXPECT_EQ(run_tool({"replay", "itch", file, "--gateway"}, folder.path()).exit, exit_damaged);
  const ToolRun missing = run_tool({"replay", "itch", file + "x", "--json"}, folder.path());
  EXPECT_EQ(missing.exit, exit_not_there);
  expect_shape(missing.out, "error");
  EXPECT_EQ(run_tool({"replay", "itch", file, "--keep", "x"}, folder.path()).exit, exit_usage);
}

}  // namespace
}  // namespace karst::test
