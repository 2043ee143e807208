#include "gateway/tool/money.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t fen_per_unit = 100;
constexpr std::size_t decimals_max = 2;
constexpr std::size_t group = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> fen_of(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (decimals.size() > decimals_max || whole.size() + decimals.size() == 0) return std::nullopt;
  std::string digits = std::string(whole) + std::string(decimals);
  digits.append(decimals_max - decimals.size(), '0');
  std::int64_t fen = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    const std::int64_t digit = c - '0';
    if (fen > (fen_max - digit) / 10) return std::nullopt;
    fen = fen * 10 + digit;
  }
  return fen;
}

std::string fen_text(std::int64_t fen, bool is_grouped) {
  // Unsigned, so that the least value of all has a magnitude too.
  const std::uint64_t magnitude =
      fen < 0 ? ~static_cast<std::uint64_t>(fen) + 1 : static_cast<std::uint64_t>(fen);
  const std::uint64_t unit = fen_per_unit;
  std::string whole = std::to_string(magnitude / unit);
  if (is_grouped) {
    for (std::size_t at = whole.size(); at > group; at -= group) whole.insert(at - group, ",");
  }
  const std::string decimals = std::to_string(magnitude % unit);
  return (fen < 0 ? "-" : "") + whole + (decimals.size() < decimals_max ? ".0" : ".") + decimals;
}

}  // namespace karst::tool
