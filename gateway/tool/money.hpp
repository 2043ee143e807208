// Money as people write it: decimal text of the currency, exactly, to and from whole fen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karst::tool {

/// The greatest amount the exchange knows. Unit: fen
inline constexpr std::int64_t fen_max = std::int64_t{1} << 62;

/// "28.50", "28.5", "28" and ".5" are 2850, 2850, 2800 and 50 fen.
///
/// Returns: nothing for a sign, a third decimal, any other character, no digit at all, or more
///          than fen_max.
[[nodiscard]] std::optional<std::int64_t> fen_of(std::string_view text);

/// 2850 is "28.50", -5 is "-0.05". With `is_grouped`, thousands are apart: "1,234,567.00".
[[nodiscard]] std::string fen_text(std::int64_t fen, bool is_grouped = false);

}  // namespace karst::tool
