// Commands as the journal keeps them: fixed layout per type, versioned, little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/command.hpp"

namespace karst {

/// No command takes more.
inline constexpr std::size_t encoded_command_bytes_max = 128;
inline constexpr std::uint8_t command_format = 1;

/// Writes one command. Requires: its type is known; `out` holds encoded_command_bytes_max.
/// Returns: the bytes written. Source: docs/FORMATS.md, "Command".
std::size_t encode_command(const Command& command, std::span<std::uint8_t> out);

/// Reads one command from the front of `in` and moves `in` behind it. What is read is not
/// validated beyond its form: the engine checks every field.
/// Returns: false, with `in` unmoved, if it is no whole command of a known format and type.
[[nodiscard]] bool decode_command(std::span<const std::uint8_t>& in, Command& out);

/// One word for everything a request says: type, account and every field; not who sent it, when.
[[nodiscard]] std::uint64_t request_hash(const Command& command);

}  // namespace karst
