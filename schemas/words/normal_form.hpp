// Normal form C of Unicode: one spelling for what looks the same.
#pragma once

#include <string>

namespace karst {

/// Whether a text is in normal form C (Unicode Standard Annex 15): what is equal to the eye is
/// equal byte by byte. Requires: UTF-8.
[[nodiscard]] bool is_normal_form_c(const std::string& text);

}  // namespace karst
