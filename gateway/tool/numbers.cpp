#include "gateway/tool/numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace karst::tool {
namespace {

/// Reads `text` as a T, and writes it as the shortest digits that mean it. Returns: what is wrong.
template <class T>
std::string to_decimal(std::string& text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, value);
  if (wrong == std::errc{} && stop == end) {
    text = std::to_string(value);
    return {};
  }
  if (wrong == std::errc::result_out_of_range && stop == end) {
    return text + " is beyond " + std::to_string(std::numeric_limits<T>::max());
  }
  return text + " is no whole number of decimal digits";
}

/// Refuses what is no decimal number: nan, inf, 0x10.
std::string check_decimal(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  const bool is_number = wrong == std::errc{} && stop == end && std::isfinite(value);
  return is_number ? std::string() : text + " is no decimal number";
}

const CLI::Validator& natural() {
  static const CLI::Validator it(to_decimal<std::uint64_t>, "");
  return it;
}
const CLI::Validator& integer() {
  static const CLI::Validator it(to_decimal<std::int64_t>, "");
  return it;
}

}  // namespace

void read_numbers_as_decimal(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type.starts_with("UINT")) {
      option->transform(natural());
    } else if (type.starts_with("INT")) {
      option->transform(integer());
    } else if (type.starts_with("FLOAT")) {
      option->transform(CLI::Validator([](std::string& text) { return check_decimal(text); }, ""));
    }
  }
  for (CLI::App* below : app.get_subcommands([](CLI::App*) { return true; })) {
    read_numbers_as_decimal(*below);
  }
}

const CLI::Validator& at_least_one() {
  static const CLI::Validator it(
      [](std::string& text) {
        return text == "0" || text.starts_with('-') ? "must be 1 or more, not " + text
                                                    : std::string();
      },
      "1 or more");
  return it;
}

}  // namespace karst::tool
