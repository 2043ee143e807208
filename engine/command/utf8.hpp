// Names in any script: UTF-8, checked byte by byte.
#pragma once

#include <span>

namespace karst {

/// Whether `text` is a name: 1 to all of its bytes, zeros behind; UTF-8 as RFC 3629 has it
/// (shortest forms, no surrogates, up to U+10FFFF) without control characters, no space at either
/// end. In which normal form it is, is the gateway's to check.
[[nodiscard]] bool is_name(std::span<const char> text);

/// Whether `text` is a name, or all zeros.
[[nodiscard]] bool is_name_or_none(std::span<const char> text);

}  // namespace karst
