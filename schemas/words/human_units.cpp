#include "schemas/words/human_units.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

#include "engine/base/units.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t ns_per_minute = 60 * ns_per_second;
/// The last delivery hour that begins at a time there is.
constexpr std::int64_t hours_max = std::numeric_limits<std::int64_t>::max() / ns_per_hour;

/// Reads numbers and marks off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  [[nodiscard]] bool take(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }
  /// So many digits, from `least` to `most` of them.
  [[nodiscard]] std::optional<std::int64_t> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    std::int64_t value = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
          __builtin_add_overflow(value, rest_[count] - '0', &value)) {
        return std::nullopt;
      }
      ++count;
    }
    if (count < least) return std::nullopt;
    rest_.remove_prefix(count);
    digits_read_ = count;
    return value;
  }
  /// After a point: `places` decimals at most, as a whole number of 10^-places.
  [[nodiscard]] std::optional<std::int64_t> decimals(std::size_t places) {
    auto value = digits(1, places);
    for (std::size_t i = digits_read_; value && i < places; ++i) *value *= 10;
    return value;
  }

 private:
  std::string_view rest_;
  std::size_t digits_read_ = 0;
};

/// "12.5" with at most `places` decimals, as a whole number of 10^-places.
std::optional<std::int64_t> parse_decimal(std::string_view text, std::size_t places) {
  Scanner scanner(text);
  const bool is_negative = scanner.take("-");
  std::optional<std::int64_t> value = scanner.digits(1, 19);
  std::int64_t part = 0;
  if (value && scanner.take(".")) {
    const auto read = scanner.decimals(places);
    if (!read) return std::nullopt;
    part = *read;
  }
  if (!value || !scanner.is_at_end()) return std::nullopt;
  for (std::size_t i = 0; i < places; ++i) {
    if (__builtin_mul_overflow(*value, std::int64_t{10}, &*value)) return std::nullopt;
  }
  if (__builtin_add_overflow(*value, part, &*value)) return std::nullopt;
  return is_negative ? -*value : *value;
}

std::string format_hundredths(std::int64_t value) {
  const bool is_negative = value < 0;
  const std::uint64_t magnitude =
      is_negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  char text[32];
  std::snprintf(text, sizeof text, "%s%llu.%02llu", is_negative ? "-" : "",
                static_cast<unsigned long long>(magnitude / 100),
                static_cast<unsigned long long>(magnitude % 100));
  return text;
}

/// "Z", "+08:00", "+0800", "+08". Unit: minutes.
std::optional<std::int64_t> parse_offset(Scanner& scanner) {
  if (scanner.take("Z")) return 0;
  const bool is_west = scanner.take("-");
  if (!is_west && !scanner.take("+")) return std::nullopt;
  const auto hours = scanner.digits(2, 2);
  if (!hours || *hours > 14) return std::nullopt;
  std::int64_t minutes = 0;
  if (!scanner.is_at_end()) {
    static_cast<void>(scanner.take(":"));
    const auto read = scanner.digits(2, 2);
    if (!read || *read > 59) return std::nullopt;
    minutes = *read;
  }
  const std::int64_t offset = *hours * 60 + minutes;
  return is_west ? -offset : offset;
}

/// "05", "05:30", "05:30:01.5". Unit: ns since midnight.
std::optional<std::int64_t> parse_clock(Scanner& scanner) {
  const auto hour = scanner.digits(2, 2);
  if (!hour || *hour > 23) return std::nullopt;
  std::int64_t ns = *hour * ns_per_hour;
  if (!scanner.take(":")) return ns;
  const auto minute = scanner.digits(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  ns += *minute * ns_per_minute;
  if (!scanner.take(":")) return ns;
  const auto second = scanner.digits(2, 2);
  if (!second || *second > 59) return std::nullopt;
  ns += *second * ns_per_second;
  if (!scanner.take(".")) return ns;
  const auto part = scanner.decimals(9);
  if (!part) return std::nullopt;
  return ns + *part;
}

struct DurationUnit {
  std::string_view mark;
  std::int64_t ns;
};
constexpr std::array<DurationUnit, 7> duration_units{{{"d", ns_per_day},
                                                      {"h", ns_per_hour},
                                                      {"ms", 1'000'000},  // before "m"
                                                      {"m", ns_per_minute},
                                                      {"s", ns_per_second},
                                                      {"us", 1'000},
                                                      {"ns", 1}}};

}  // namespace

std::optional<std::int64_t> parse_money(std::string_view text) { return parse_decimal(text, 2); }
std::string format_money(std::int64_t fen) { return format_hundredths(fen); }

std::string lots_text(std::int64_t lots) {
  return std::to_string(lots) + (lots == 1 ? " lot" : " lots");
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Scanner scanner(text);
  const auto year = scanner.digits(4, 4);
  if (!year || *year < 1970 || *year > 2261 || !scanner.take("-")) return std::nullopt;
  const auto month = scanner.digits(2, 2);
  if (!month || !scanner.take("-")) return std::nullopt;
  const auto day = scanner.digits(2, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t ns = std::chrono::sys_days(date).time_since_epoch().count() * ns_per_day;
  if (scanner.is_at_end()) return ns;
  if (!scanner.take("T") && !scanner.take(" ")) return std::nullopt;
  const auto clock = parse_clock(scanner);
  if (!clock) return std::nullopt;
  const auto offset = parse_offset(scanner);
  if (!offset || !scanner.is_at_end()) return std::nullopt;
  ns += *clock - *offset * ns_per_minute;
  if (ns < 0) return std::nullopt;
  return ns;
}

std::string format_time(std::int64_t ns) {
  std::int64_t days = ns / ns_per_day;
  std::int64_t rest = ns % ns_per_day;
  if (rest < 0) {
    rest += ns_per_day;
    --days;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(rest / ns_per_hour),
                static_cast<int>(rest % ns_per_hour / ns_per_minute),
                static_cast<int>(rest % ns_per_minute / ns_per_second));
  std::string result = text;
  if (rest % ns_per_second != 0) {
    std::snprintf(text, sizeof text, ".%09d", static_cast<int>(rest % ns_per_second));
    result += text;
    while (result.ends_with("000")) result.resize(result.size() - 3);
  }
  return result + "Z";
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  Scanner scanner(text);
  const bool is_negative = scanner.take("-");
  std::int64_t total = 0;
  do {
    const auto count = scanner.digits(1, 19);
    if (!count) return std::nullopt;
    std::int64_t part = 0;
    bool is_known = false;
    for (const DurationUnit& unit : duration_units) {
      if (is_known || !scanner.take(unit.mark)) continue;
      is_known = true;
      if (__builtin_mul_overflow(*count, unit.ns, &part)) return std::nullopt;
    }
    if (!is_known || __builtin_add_overflow(total, part, &total)) return std::nullopt;
  } while (!scanner.is_at_end());
  return is_negative ? -total : total;
}

std::string format_duration(std::int64_t ns) {
  if (ns == 0) return "0s";
  std::string text = ns < 0 ? "-" : "";
  std::uint64_t rest = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  constexpr std::array<DurationUnit, 7> largest_first{{{"d", ns_per_day},
                                                       {"h", ns_per_hour},
                                                       {"m", ns_per_minute},
                                                       {"s", ns_per_second},
                                                       {"ms", 1'000'000},
                                                       {"us", 1'000},
                                                       {"ns", 1}}};
  for (const DurationUnit& unit : largest_first) {
    const auto size = static_cast<std::uint64_t>(unit.ns);
    if (rest >= size) text += std::to_string(rest / size) + std::string(unit.mark);
    rest %= size;
  }
  return text;
}

std::optional<std::int64_t> parse_hour(std::string_view text) {
  Scanner scanner(text);
  const auto number = scanner.digits(1, 10);
  if (number && scanner.is_at_end()) {
    return *number <= hours_max ? number : std::nullopt;
  }
  const auto ns = parse_time(text);
  if (!ns || *ns % ns_per_hour != 0) return std::nullopt;
  return *ns / ns_per_hour;
}

std::string format_hour(std::int64_t hour) {
  std::string text = format_time(hour * ns_per_hour);
  return text.substr(0, text.size() - 4) + "Z";  // without ":00" for the seconds
}

std::optional<std::uint32_t> parse_percent(std::string_view text) {
  const auto value = parse_decimal(text, 2);
  if (!value || *value < 0 || *value > 0xffff'ffff) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::string format_percent(std::uint32_t basis_points) { return format_hundredths(basis_points); }

}  // namespace karst::tool
