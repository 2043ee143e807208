// What the codes of the exchange mean, and what to do about them.
#pragma once

#include <string>
#include <string_view>

namespace karst::tool {

/// "UNKNOWN_ACCOUNT": the name of a code without its prefix.
[[nodiscard]] std::string code_name(int code);
/// Its text in docs/ERRORS.md, which is made from the same source. Empty for no code.
[[nodiscard]] std::string_view code_text(int code);
/// What to do about it; empty where there is no more to say than the text.
[[nodiscard]] std::string_view code_hint(int code);

}  // namespace karst::tool
