// Whatever bytes arrive as a Command: it is refused by the name of a field, or it becomes an engine
// command that comes back as the same command, from the wire and from the journal.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/command/codec.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  karst::v1::Command wire;
  if (!wire.ParseFromArray(data, static_cast<int>(size))) return 0;
  karst::Command command;
  if (karst::schemas::to_engine(wire, command) != nullptr) return 0;
  karst::v1::Command written;
  karst::schemas::to_wire(command, written);
  karst::Command again;
  if (karst::schemas::to_engine(written, again) != nullptr) std::abort();
  if (command != again) std::abort();
  // The journal keeps it as it is, too: nothing is accepted here and refused at replay.
  std::uint8_t bytes[karst::encoded_command_bytes_max];
  std::span<const std::uint8_t> journaled(bytes, karst::encode_command(command, bytes));
  karst::Command replayed;
  if (!karst::decode_command(journaled, replayed) || !journaled.empty()) std::abort();
  if (command != replayed) std::abort();
  return 0;
}
