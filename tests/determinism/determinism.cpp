// One fixed stream of random commands, one hash over all events: the same on every build.
//
// usage: determinism [FILE]: prints the hash; with FILE fails unless it is the first word in there.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "tests/model/model.hpp"
#include "tests/model/random_commands.hpp"

namespace {

constexpr int commands_per_stream = 40'000;

/// The engine's event hash after one stream. The model is there because the generator asks it what
/// would be valid; its events are not looked at.
std::uint64_t hash_of_stream(std::uint64_t seed, karst::model::Profile profile) {
  karst::model::Model model;
  karst::model::RandomCommands commands(seed, profile, model);
  karst::Engine engine(commands.configuration());
  std::vector<karst::Event> events(2 * karst::events_per_command_max);
  karst::EventRing ring{events.data(), events.size() - 1, 0};
  for (int i = 0; i < commands_per_stream; ++i) {
    const karst::Command command = commands.next();
    static_cast<void>(model.apply(command));
    static_cast<void>(engine.apply(command, ring));
  }
  return engine.event_hash();
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t hash = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    for (const auto profile : {karst::model::Profile::adversary, karst::model::Profile::traders}) {
      hash = hash * 0x9e3779b97f4a7c15U + hash_of_stream(seed, profile);
    }
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  std::printf("event hash %s\n", text);
  if (count < 2) return 0;
  std::string golden;
  std::ifstream(arguments[1]) >> golden;
  if (golden == text) return 0;
  std::fprintf(stderr, "expected   %s (%s)\n", golden.c_str(), arguments[1]);
  return 1;
}
