// Names in any script as people see them: what looks the same is the same.
#pragma once

#include <string>

namespace karst {

/// Why nobody should be shown `text` as a name; nullptr: it is a good one. A good name is in normal
/// form C (Unicode Standard Annex 15) and has nothing in it that is not seen or that changes how
/// the rest is seen: no character that orders the writing (U+202E), has no width (U+200B), is
/// unassigned or of private use, and no blank but the space. Requires: is_name(), so UTF-8.
[[nodiscard]] const char* fault_of_shown_name(const std::string& text);

}  // namespace karst
