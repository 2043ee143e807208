#include "gateway/tool/time_text.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

namespace karst::tool {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t ns_per_minute = 60 * ns_per_second;
constexpr std::int64_t ns_per_hour = 60 * ns_per_minute;
constexpr std::int64_t ns_per_day = 24 * ns_per_hour;
constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max();
constexpr int year_min = 1970;
constexpr int year_max = 2261;

/// A text read from its front.
struct Reader {
  std::string_view left;

  [[nodiscard]] bool take(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  /// Exactly so many digits, at most `most`.
  [[nodiscard]] std::optional<int> number(std::size_t digits, int most) {
    if (left.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : left.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    left.remove_prefix(digits);
    if (value > most) return std::nullopt;
    return value;
  }
};

/// Days since 1970-01-01.
std::optional<std::int64_t> date(Reader& reader) {
  const auto year = reader.number(4, year_max);
  if (!year || *year < year_min || !reader.take('-')) return std::nullopt;
  const auto month = reader.number(2, 12);
  if (!month || !reader.take('-')) return std::nullopt;
  const auto day = reader.number(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day it{std::chrono::year(*year),
                                       std::chrono::month(static_cast<unsigned>(*month)),
                                       std::chrono::day(static_cast<unsigned>(*day))};
  if (!it.ok()) return std::nullopt;
  return std::chrono::sys_days(it).time_since_epoch().count();
}

/// "09", "09:30" or "09:30:15" in ns.
std::optional<std::int64_t> clock(Reader& reader) {
  const auto hour = reader.number(2, 23);
  if (!hour) return std::nullopt;
  std::int64_t ns = *hour * ns_per_hour;
  if (!reader.take(':')) return ns;
  const auto minute = reader.number(2, 59);
  if (!minute) return std::nullopt;
  ns += *minute * ns_per_minute;
  if (!reader.take(':')) return ns;
  const auto second = reader.number(2, 59);
  if (!second) return std::nullopt;
  return ns + *second * ns_per_second;
}

/// "Z", "+08" or "+08:00": how far local time is ahead, in ns.
std::optional<std::int64_t> zone(Reader& reader) {
  if (reader.take('Z')) return 0;
  const bool is_ahead = reader.take('+');
  if (!is_ahead && !reader.take('-')) return std::nullopt;
  const auto hours = reader.number(2, 14);
  if (!hours) return std::nullopt;
  std::int64_t ns = *hours * ns_per_hour;
  if (reader.take(':')) {
    const auto minutes = reader.number(2, 59);
    if (!minutes) return std::nullopt;
    ns += *minutes * ns_per_minute;
  }
  return is_ahead ? ns : -ns;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "2026-11-22" of a time that is not negative.
std::string date_text(std::int64_t days) {
  const std::chrono::year_month_day it{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(it.year()),
                static_cast<unsigned>(it.month()), static_cast<unsigned>(it.day()));
  return text;
}

}  // namespace

std::string time_text(std::int64_t time_ns) {
  const std::int64_t second = time_ns / ns_per_second % 86'400;
  char clock_text[32];
  std::snprintf(clock_text, sizeof clock_text, "T%02d:%02d:%02d", static_cast<int>(second / 3'600),
                static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  std::string fraction = std::to_string(ns_per_second + time_ns % ns_per_second);
  fraction[0] = '.';
  while (fraction.ends_with("000")) fraction.erase(fraction.size() - 3);
  if (fraction == ".") fraction.clear();
  return date_text(time_ns / ns_per_day) + clock_text + fraction + "Z";
}

std::string hour_text(std::int64_t hour) {
  char clock_text[16];
  std::snprintf(clock_text, sizeof clock_text, "T%02dZ", static_cast<int>(hour % 24));
  return date_text(hour / 24) + clock_text;
}

std::optional<std::int64_t> time_of(std::string_view text, std::int64_t now_ns) {
  if (text.starts_with('+')) {
    const auto after = duration_of(text.substr(1));
    if (!after || *after > time_max - now_ns) return std::nullopt;
    return now_ns + *after;
  }
  Reader reader{text};
  const auto days = date(reader);
  if (!days || !reader.take('T')) return std::nullopt;
  const auto time = clock(reader);
  if (!time) return std::nullopt;
  const auto ahead = zone(reader);
  if (!ahead || !reader.left.empty()) return std::nullopt;
  const std::int64_t time_ns = *days * ns_per_day + *time - *ahead;
  if (time_ns < 0) return std::nullopt;
  return time_ns;
}

std::optional<std::int64_t> hour_of(std::string_view text, std::int64_t now_ns) {
  if (const auto number = whole_number<std::uint32_t>(text); number) return *number;
  const auto time_ns = time_of(text, now_ns);
  if (!time_ns || *time_ns % ns_per_hour != 0) return std::nullopt;
  return *time_ns / ns_per_hour;
}

std::optional<std::int64_t> duration_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t unit = ns_per_second;
  switch (text.back()) {
    case 'd': unit = ns_per_day; break;
    case 'h': unit = ns_per_hour; break;
    case 'm': unit = ns_per_minute; break;
    default: break;
  }
  const bool has_unit = text.back() < '0' || text.back() > '9';
  if (has_unit && unit == ns_per_second && text.back() != 's') return std::nullopt;
  const auto number = whole_number<std::uint64_t>(has_unit ? text.substr(0, text.size() - 1)
                                                           : text);
  if (!number || *number > static_cast<std::uint64_t>(time_max / unit)) return std::nullopt;
  return static_cast<std::int64_t>(*number) * unit;
}

}  // namespace karst::tool
