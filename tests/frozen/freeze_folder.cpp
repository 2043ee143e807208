// Makes a folder to freeze: an exchange that lived three lives, in the formats of this build.
//
//   freeze_folder DIRECTORY whole|trimmed
//
// `trimmed`: with snapshots between, so that the journal no longer reaches back to its beginning.
// Prints the facts that tests/frozen/VERSION/NAME.txt keeps: commands, event hash, records.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <thread>

#include "engine/command/rules.hpp"
#include "tests/frozen/frozen_market.hpp"

namespace {

using namespace karst;

constexpr std::ptrdiff_t behind_snapshot = 32;

// The rules of its time, as karstd adopts them before anything else.
Command adopted_rules() {
  Command command;
  command.type = CommandType::adopt_rules;
  command.adopt_rules.version = rules_newest;
  return command;
}

// Sends the commands; before the last few of them it asks for a snapshot, and waits for it.
bool live(test::FrozenExchange& exchange, const std::vector<Command>& commands, bool is_snapped) {
  const auto most = commands.end() - behind_snapshot;
  const auto found = [&] { return exchange.running().snapshots().commands().value(); };
  const std::vector<std::uint64_t> before = found();
  exchange.send({commands.begin(), most});
  if (is_snapped) exchange.running().exchange().request_snapshot();
  // The question is taken up by the thread that makes snapshots, and answered with a batch.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  exchange.send({most, commands.end()});
  for (int tries = 0; is_snapped && found() == before; ++tries) {
    if (tries == 200) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  // Trimming follows the snapshot.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string kind = count == 3 ? arguments[2] : "";
  if (kind != "whole" && kind != "trimmed") {
    std::fprintf(stderr, "usage: freeze_folder DIRECTORY whole|trimmed\n");
    return 2;
  }
  for (std::uint32_t life = 0; life + 1 < test::frozen::lives; ++life) {
    test::FrozenExchange exchange(arguments[1]);
    const bool is_snapped = kind == "trimmed" || life == 1;
    if (life == 0) exchange.send({adopted_rules()});
    if (!live(exchange, test::frozen::commands_of(life), is_snapped)) {
      std::fprintf(stderr, "no snapshot was made\n");
      return 1;
    }
    exchange.running().exchange().stop();
    const HashMark last = exchange.running().exchange().stopped_at();
    std::printf("life %u: commands %" PRIu64 ", event hash %016" PRIx64 ", records %" PRIu64 "\n",
                life + 1, last.sequence, last.event_hash, exchange.books().records());
  }
  return 0;
}
