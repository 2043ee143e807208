#include "schemas/words/normal_form.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace karst {

bool is_normal_form_c(const std::string& text) {
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.c_str());
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> normal(utf8proc_NFC(bytes), std::free);
  return normal != nullptr && text == reinterpret_cast<const char*>(normal.get());
}

}  // namespace karst
