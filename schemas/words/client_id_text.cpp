#include "schemas/words/client_id_text.hpp"

#include <algorithm>
#include <cstddef>

namespace karst::tool {

std::string client_id_text(const std::string& id) {
  constexpr std::size_t uuid_bytes = 16;
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::ranges::all_of(id, is_printable)) return id;
  const bool is_uuid = id.size() == uuid_bytes;
  std::string text = is_uuid ? "" : "0x";
  for (std::size_t i = 0; i < id.size(); ++i) {
    constexpr const char* digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(id[i]);
    if (is_uuid && i >= 4 && i <= 10 && i % 2 == 0) text += '-';
    text += digits[byte / 16];
    text += digits[byte % 16];
  }
  return text;
}

}  // namespace karst::tool
