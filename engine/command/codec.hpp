// Commands as the journal keeps them: field by field, by their length, versioned, little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/hash.hpp"
#include "engine/command/command.hpp"

namespace karst {

inline constexpr std::size_t encoded_header_bytes = 40;
/// No command takes more.
inline constexpr std::size_t encoded_command_bytes_max = encoded_header_bytes + body_bytes_max;
/// No command whose body is short takes more; orders and cancels are such.
inline constexpr std::size_t encoded_short_bytes_max = encoded_header_bytes + short_body_bytes_max;
/// No command of that type takes more.
[[nodiscard]] constexpr std::size_t encoded_bytes_max(CommandType type) {
  return has_long_body(type) ? encoded_command_bytes_max : encoded_short_bytes_max;
}
inline constexpr std::uint8_t command_format = 1;

/// Writes one command. Requires: its type is known; `out` holds encoded_command_bytes_max.
/// Returns: the bytes written. Source: docs/FORMATS.md, "Command".
std::size_t encode_command(const Command& command, std::span<std::uint8_t> out);

/// Reads one command from the front of `in` and moves `in` behind it. What is read is not
/// validated beyond its form: the engine checks every field.
/// Returns: false, with `in` unmoved, if it is no whole command of a known format and type.
[[nodiscard]] bool decode_command(std::span<const std::uint8_t>& in, Command& out);

/// Everything a placed order says, as one word: two equal requests are the same request.
[[nodiscard]] inline std::uint64_t request_hash(const PlaceOrder& order) {
  static_assert(sizeof(PlaceOrder) == 56 && std::has_unique_object_representations_v<PlaceOrder>);
  constexpr std::size_t last_word = offsetof(PlaceOrder, side);
  static_assert(last_word == 6 * sizeof(std::uint64_t) && offsetof(PlaceOrder, reserved) == 54);
  std::uint64_t word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&order) + last_word, sizeof word);
  return mix(hash_seed + (word << 16), gather<6>(&order));  // the reserved bytes say nothing
}

/// The same for commands that are not the many.
[[nodiscard]] std::uint64_t other_request_hash(const Command& command);

/// One word for everything a request says: type, account and every field; not who sent it, when.
/// Requires: the command is of this type.
template <CommandType type>
[[nodiscard]] inline std::uint64_t request_hash(const Command& command) {
  const std::uint64_t about = static_cast<std::uint64_t>(command.account.value()) << 8 |
                              static_cast<std::uint64_t>(type);
  if constexpr (type == CommandType::place_order) {
    return request_hash(command.place_order) + about;
  } else {
    static_assert(type == CommandType::cancel_order);
    const CancelOrder& body = command.cancel_order;
    return mix(mix(about, body.order.value()), body.client_order_id[0], body.client_order_id[1]);
  }
}

/// The same for any command.
[[nodiscard]] inline std::uint64_t request_hash(const Command& command) {
  switch (command.type) {
    case CommandType::place_order: return request_hash<CommandType::place_order>(command);
    case CommandType::cancel_order: return request_hash<CommandType::cancel_order>(command);
    default: return other_request_hash(command);
  }
}

}  // namespace karst
