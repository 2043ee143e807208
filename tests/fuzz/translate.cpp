// Whatever bytes arrive as a Command: it is refused by the name of a field, or it becomes an engine
// command that comes back as the same command.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  karst::v1::Command wire;
  if (!wire.ParseFromArray(data, static_cast<int>(size))) return 0;
  karst::Command command;
  if (karst::schemas::to_engine(wire, command) != nullptr) return 0;
  karst::v1::Command written;
  karst::schemas::to_wire(command, written);
  karst::Command again;
  if (karst::schemas::to_engine(written, again) != nullptr) std::abort();
  if (std::memcmp(&command, &again, sizeof command) != 0) std::abort();
  return 0;
}
