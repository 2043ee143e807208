#include "schemas/words/shown_name.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace karst {
namespace {

[[nodiscard]] bool is_normal_form_c(const std::string& text) {
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.c_str());
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> normal(utf8proc_NFC(bytes), std::free);
  return normal != nullptr && text == reinterpret_cast<const char*>(normal.get());
}

/// Whether a character is seen, and only itself.
[[nodiscard]] bool is_seen(utf8proc_int32_t character) {
  if (utf8proc_get_property(character)->ignorable) return false;
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return character == ' ';
    default:
      return true;
  }
}

}  // namespace

const char* fault_of_shown_name(const std::string& text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes, left, &character);
    if (length <= 0) return "is no text in UTF-8";
    if (!is_seen(character)) {
      return "has a character that is not seen, or changes how others are: as U+200B or U+202E";
    }
    bytes += length;
    left -= length;
  }
  return is_normal_form_c(text) ? nullptr : "is spelled in pieces: Unicode normal form C is wanted";
}

}  // namespace karst
