#include "engine/command/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace karst {
namespace {

/// How many bytes a character has, by its first; 0 if none begins so.
[[nodiscard]] std::size_t length_of(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// Whether a character of so many bytes has to be written with that many and may be in a name.
[[nodiscard]] bool is_in_names(std::uint32_t character, std::size_t length) {
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
  const bool is_surrogate = character >= 0xd800 && character < 0xe000;
  return character >= least[length] && character <= 0x10ffff && !is_control && !is_surrogate;
}

}  // namespace

bool is_name(std::span<const char> text) {
  const auto end = std::find(text.begin(), text.end(), '\0');
  const auto size = static_cast<std::size_t>(end - text.begin());
  if (!std::all_of(end, text.end(), [](char c) { return c == '\0'; })) return false;
  if (size == 0 || text[0] == ' ' || text[size - 1] == ' ') return false;
  for (std::size_t at = 0; at < size;) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    const std::size_t length = length_of(first);
    if (length == 0 || length > size - at) return false;
    std::uint32_t character = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<std::uint8_t>(text[at + i]);
      if ((byte & 0xc0U) != 0x80U) return false;
      character = character << 6 | (byte & 0x3fU);
    }
    if (!is_in_names(character, length)) return false;
    at += length;
  }
  return true;
}

bool is_name_or_none(std::span<const char> text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\0'; }) || is_name(text);
}

}  // namespace karst
