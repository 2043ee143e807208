#include "engine/command/enclosed.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "engine/base/assert.hpp"
#include "engine/command/codec.hpp"

namespace karst {

// Whatever can be proposed fits.
#define KARST_FITS(name, number, Body, ...) \
  static_assert(!traits_of(CommandType::name).may_need_two || !is_long<Body>);
KARST_COMMANDS(KARST_FITS)
#undef KARST_FITS
static_assert(sizeof(EnclosedCommand) == encoded_short_bytes_max);

EnclosedCommand enclose(const Command& command) {
  KARST_ASSERT(traits_of(command.type).may_need_two);
  Command bare = command;
  bare.sequence = 0;
  bare.time = Time{0};
  bare.client_seq = 0;
  bare.key = KeyId{0};
  bare.epoch = 0;
  std::array<std::uint8_t, encoded_command_bytes_max> encoded{};
  const std::size_t size = encode_command(bare, encoded);
  EnclosedCommand bytes{};
  std::copy_n(encoded.begin(), size, bytes.begin());
  return bytes;
}

bool disclose(const EnclosedCommand& bytes, Command& out) {
  std::span<const std::uint8_t> in(bytes);
  return decode_command(in, out) && traits_of(out.type).may_need_two && enclose(out) == bytes;
}

std::size_t enclosed_bytes(const EnclosedCommand& bytes) {
  std::span<const std::uint8_t> in(bytes);
  Command command;
  KARST_ASSERT(decode_command(in, command));
  return bytes.size() - in.size();
}

Command said_by(const EnclosedCommand& bytes, const Command& speaker) {
  Command inner;
  KARST_ASSERT(disclose(bytes, inner));
  inner.sequence = speaker.sequence;
  inner.time = speaker.time;
  inner.key = speaker.key;
  return inner;
}

Command carried_out_by(const Command& command) {
  Command inner;
  const bool is_confirmation =
      command.type == CommandType::confirm && disclose(command.confirm->command, inner);
  return is_confirmation ? said_by(command.confirm->command, command) : command;
}

}  // namespace karst
