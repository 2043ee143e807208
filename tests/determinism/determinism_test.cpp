// The same commands give the same events and the same state on every build: this test runs without
// optimisation, with it, under sanitizers and from another compiler, always against one hash.
//
// The commands are frozen in files, because what a compiler makes of a random generator's calls is
// not what is tested here. KARST_WRITE_COMMANDS=1 writes the files anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/command/check.hpp"
#include "engine/command/codec.hpp"
#include "engine/command/fields.hpp"
#include "engine/engine.hpp"
#include "tests/model/krst03.hpp"
#include "tests/model/random_commands.hpp"

namespace karst {
namespace {

struct Journal {
  std::string name;
  model::Profile profile;
  std::uint64_t seed;        // of the generator, when the file is written anew
  std::uint64_t event_hash;  // over all events
  std::uint64_t state_hash;  // after the last command, of the state as KRST03 said it
  std::uint64_t events_total;

  [[nodiscard]] std::string path() const {
    return std::string(KARST_SOURCE_DIR) + "/tests/determinism/" + name + ".commands";
  }
  friend std::ostream& operator<<(std::ostream& out, const Journal& it) { return out << it.name; }
};

// Changed only when the engine is meant to answer differently, in a commit that says so.
const std::array<Journal, 2> journals{
    {{"adversary", model::Profile::adversary, 11, 0x8b758f01741005c3, 0x510d159af906b87a, 3281},
     {"traders", model::Profile::traders, 12, 0x36fe1e483140b911, 0xacb7d69df2106578, 3692}}};

constexpr std::size_t commands_total = 2500;

void write_commands(const Journal& journal) {
  model::Model model;
  model::RandomCommands random(journal.seed, journal.profile, model);
  std::ofstream out(journal.path(), std::ios::binary);
  std::array<std::uint8_t, encoded_command_bytes_max> bytes{};
  for (std::uint64_t sequence = 1; sequence <= commands_total;) {
    Command command = random.next();
    // The gateway refuses what is no command; the engine never sees it in a journal.
    if (!visit_body(command, [](const auto&) {})) continue;
    command.sequence = decltype(command.sequence){sequence++};
    std::span<const std::uint8_t> written(bytes.data(), encode_command(command, bytes));
    out.write(reinterpret_cast<const char*>(written.data()),
              static_cast<std::streamsize>(written.size()));
    ASSERT_TRUE(decode_command(written, command));
    model.apply(command);
  }
}

std::vector<Command> read_commands(const Journal& journal) {
  std::ifstream stream(journal.path(), std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(stream),
                               std::istreambuf_iterator<char>()};
  std::span<const std::uint8_t> left(reinterpret_cast<const std::uint8_t*>(text.data()),
                                     text.size());
  std::vector<Command> commands;
  Command command;
  while (!left.empty() && decode_command(left, command)) commands.push_back(command);
  EXPECT_TRUE(left.empty()) << journal.path() << ": no command at byte "
                            << text.size() - left.size();
  return commands;
}

class Determinism : public testing::TestWithParam<Journal> {};

TEST_P(Determinism, a_journal_gives_one_event_hash_on_every_build) {
  const Journal& journal = GetParam();
  if (std::getenv("KARST_WRITE_COMMANDS") != nullptr) write_commands(journal);
  const std::vector<Command> commands = read_commands(journal);
  ASSERT_EQ(commands.size(), commands_total);
  // Before the exchange is configured, everything is refused: some of that comes first.
  const auto configure = std::ranges::find_if(commands, [](const Command& command) {
    return command.type == CommandType::configure && is_valid(command.configure);
  });
  ASSERT_NE(configure, commands.end());

  Engine engine(configure->configure);
  std::vector<Event> memory(2 * events_per_command_max);
  EventRing ring{memory.data(), memory.size() - 1, 0};
  for (const Command& command : commands) engine.apply(command, ring);
  engine.check_invariants();

  EXPECT_EQ(ring.next, journal.events_total);
  EXPECT_EQ(engine.event_hash(), journal.event_hash) << std::hex << engine.event_hash();
  std::vector<std::uint8_t> saved;
  engine.save(saved);
  const std::uint64_t state_hash = hash_of_state(model::krst03_of(saved));
  EXPECT_EQ(state_hash, journal.state_hash) << std::hex << state_hash;
}

INSTANTIATE_TEST_SUITE_P(frozen, Determinism, testing::ValuesIn(journals),
                         [](const auto& journal) { return journal.param.name; });

}  // namespace
}  // namespace karst
