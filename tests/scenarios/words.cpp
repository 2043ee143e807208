#include "tests/scenarios/words.hpp"

#include <charconv>
#include <sstream>

namespace karst::scenarios {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ms_per_second = 1'000;

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Unreadable("\"" + std::string(text) + "\" is no number");
  }
  return value;
}

}  // namespace

Words::Words(std::string_view line) {
  std::istringstream in{std::string(line)};
  for (std::string word; in >> word;) words_.push_back(word);
}

std::string_view Words::peek() const { return is_empty() ? std::string_view{} : words_[next_]; }

std::string Words::take() {
  if (is_empty()) throw Unreadable("the line ends too early");
  return words_[next_++];
}

std::string Words::take_rest() {
  std::string rest;
  while (!is_empty()) rest += (rest.empty() ? "" : " ") + take();
  return rest;
}

bool Words::accept(std::string_view word) {
  if (peek() != word || is_empty()) return false;
  ++next_;
  return true;
}

void Words::expect(std::string_view word) {
  if (!accept(word)) throw Unreadable("\"" + std::string(word) + "\" expected");
}

std::uint64_t Words::take_number() { return number_of(take()); }

std::int64_t Words::take_money() { return money_of(take()); }

std::int64_t Words::take_duration() {
  const std::string word = take();
  const std::size_t digits = word.find_first_not_of("0123456789");
  if (digits == std::string::npos) throw Unreadable("\"" + word + "\" has no unit of time");
  const auto count = static_cast<std::int64_t>(number_of(word.substr(0, digits)));
  const std::string unit = word.substr(digits);
  if (unit == "ms") return count * ns_per_ms;
  if (unit == "s") return count * ms_per_second * ns_per_ms;
  if (unit == "m") return count * 60 * ms_per_second * ns_per_ms;
  if (unit == "h") return count * 3'600 * ms_per_second * ns_per_ms;
  if (unit == "d") return count * 86'400 * ms_per_second * ns_per_ms;
  throw Unreadable("\"" + unit + "\" is no unit of time");
}

std::pair<std::int64_t, std::int64_t> Words::take_range() {
  const std::string word = take();
  const std::size_t dots = word.find("..");
  if (dots == std::string::npos) throw Unreadable("\"" + word + "\" is no range");
  return {money_of(word.substr(0, dots)), money_of(word.substr(dots + 2))};
}

std::string squeezed(std::string_view line) {
  std::string result;
  Words words(line);
  while (!words.is_empty()) result += (result.empty() ? "" : " ") + words.take();
  return result;
}

std::string money_text(std::int64_t fen) {
  const std::string cents = std::to_string(fen % 100);
  return std::to_string(fen / 100) + "." + (cents.size() < 2 ? "0" : "") + cents;
}

std::int64_t money_of(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() - point != 3) {
    throw Unreadable("\"" + std::string(text) + "\" is no money: write 2.50");
  }
  return static_cast<std::int64_t>(number_of(text.substr(0, point)) * 100 +
                                   number_of(text.substr(point + 1)));
}

}  // namespace karst::scenarios
