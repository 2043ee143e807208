#include "schemas/words/client_order_id.hpp"

#include <algorithm>
#include <cstdint>

namespace karst {
namespace {

constexpr std::size_t uuid_bytes = 16;
constexpr std::size_t uuid_characters = 36;
constexpr std::size_t variant_at = 8;  // its two highest bits are 1 and 0

[[nodiscard]] bool is_taken(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

[[nodiscard]] bool is_hyphen_at(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

[[nodiscard]] int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

bool is_client_order_id(std::string_view bytes) {
  if (bytes.size() == uuid_bytes) {
    return (static_cast<std::uint8_t>(bytes[variant_at]) & 0xc0U) == 0x80U;
  }
  return !bytes.empty() && bytes.size() < uuid_bytes && std::ranges::all_of(bytes, is_taken);
}

std::string client_order_id_of(std::string_view kept) {
  const std::string_view text = kept.substr(0, kept.find_last_not_of('\0') + 1);
  return std::string(is_client_order_id(kept) ? kept : text);
}

std::optional<std::string> parse_client_order_id(std::string_view text) {
  std::string bytes;
  if (text.size() == uuid_characters) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (is_hyphen_at(at)) {
        if (text[at] != '-') return std::nullopt;
        continue;
      }
      // The groups have an even number of digits: none is cut in two.
      const int high = digit_of(text[at]);
      const int low = digit_of(text[++at]);
      if (high < 0 || low < 0) return std::nullopt;
      bytes += static_cast<char>(high * 16 + low);
    }
  } else if (text.size() < uuid_bytes) {
    bytes = text;
  }
  if (!is_client_order_id(bytes)) return std::nullopt;
  return bytes;
}

}  // namespace karst
