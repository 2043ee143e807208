// Times as people write them: ISO 8601 with a zone, or so long from now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karst::tool {

/// A time in UTC: "2026-11-22T09:30:00.250Z"; the fraction as long as it needs to be (0, 3, 6 or 9
/// digits). `time_ns`: since 1970-01-01T00:00Z, not negative.
[[nodiscard]] std::string time_text(std::int64_t time_ns);

/// A delivery hour in UTC: "2026-11-22T09Z". `hour`: since 1970-01-01T00:00Z, not negative.
[[nodiscard]] std::string hour_text(std::int64_t hour);

/// Reads a time: "2026-11-22T09Z", "2026-11-22T09:30Z", "2026-11-22T09:30:15Z" (a zone like +08 or
/// +08:00 in place of Z), or "+90s", "+30m", "+4h", "+2d" from `now_ns`.
///
/// Returns: ns since 1970-01-01T00:00Z; nothing if it is no such time, or outside the years 1970 to
///          2261.
[[nodiscard]] std::optional<std::int64_t> time_of(std::string_view text, std::int64_t now_ns);

/// Reads a delivery hour: a time as above that is a whole hour, or the plain number of the hour.
[[nodiscard]] std::optional<std::int64_t> hour_of(std::string_view text, std::int64_t now_ns);

/// Reads a duration: "90s", "30m", "4h", "2d"; plain numbers are seconds.
///
/// Returns: ns; nothing if it is no such duration, or longer than 292 years.
[[nodiscard]] std::optional<std::int64_t> duration_of(std::string_view text);

}  // namespace karst::tool
