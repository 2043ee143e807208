// Amounts, times and durations as people write them, to and from the engine's whole numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karst::tool {

// Whole numbers throughout: what a text cannot say exactly in the unit is no value at all.

/// "1250", "1250.5", "-3.07" → fen (1/100 of the currency's unit). Errors: more than two decimals,
/// anything else than digits, beyond 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_money(std::string_view text);
/// 125050 → "1250.50".
[[nodiscard]] std::string format_money(std::int64_t fen);
/// "1 lot", "3 lots".
[[nodiscard]] std::string lots_text(std::int64_t lots);

/// "2026-11-22T05:00:00Z", "2026-11-22T13:00+08:00", "2026-11-22" (00:00 UTC); the seconds may have
/// up to nine decimals. Returns: ns since 1970-01-01T00:00Z, from 1970 to 2261.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);
/// 0 → "1970-01-01T00:00:00Z"; as many decimals of the second as needed: 0, 3, 6 or 9.
[[nodiscard]] std::string format_time(std::int64_t ns);

/// "15m", "1h30m", "90s", "250ms", "30d", "-12h"; "0" needs no unit. Unit: ns.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);
/// 5400000000000 → "1h30m".
[[nodiscard]] std::string format_duration(std::int64_t ns);

/// A delivery hour: its beginning as a time, which must be a full hour ("2026-11-22T13:00+08:00"),
/// or its number. Unit: hours since 1970-01-01T00:00Z.
[[nodiscard]] std::optional<std::int64_t> parse_hour(std::string_view text);
/// 498773 → "2026-11-24T05:00Z".
[[nodiscard]] std::string format_hour(std::int64_t hour);

/// "2.5" → 250 basis points at most two decimals: parts of a hundred. Unit: 1/10,000.
[[nodiscard]] std::optional<std::uint32_t> parse_percent(std::string_view text);
/// 250 → "2.50".
[[nodiscard]] std::string format_percent(std::uint32_t basis_points);

}  // namespace karst::tool
