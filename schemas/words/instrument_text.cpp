#include "schemas/words/instrument_text.hpp"

#include <algorithm>
#include <utility>

#include "schemas/words/human_units.hpp"
#include "schemas/words/quantity.hpp"

namespace karst::tool {

std::string hour_contract_name(std::string symbol, std::int64_t hour) {
  constexpr std::size_t to_the_hour = 13;  // "2026-11-22T09"
  return std::move(symbol) + '@' + format_hour(hour).substr(0, to_the_hour) + 'Z';
}

std::string instrument_name(const v1::Definition& definition) {
  if (definition.kind() != v1::Definition::KIND_HOUR_CONTRACT) return definition.symbol();
  return hour_contract_name(definition.symbol(), definition.delivery_hour());
}

std::string price_text(const v1::Definition& definition, std::int64_t ticks) {
  return format_money(ticks * definition.tick_value_fen());
}

std::optional<std::int64_t> ticks_of(const v1::Definition& definition, std::int64_t fen) {
  if (fen % definition.tick_value_fen() != 0) return std::nullopt;
  return fen / definition.tick_value_fen();
}

std::string price_unit_text(const v1::Definition& definition) {
  std::string unit = v1::Unit_Name(definition.unit());
  constexpr std::string_view prefix = "UNIT_";
  if (unit.starts_with(prefix)) unit.erase(0, prefix.size());
  return definition.currency() + " per " + unit;
}

std::string quantity_text(std::uint64_t quantity) {
  return quantity == quantity_unlimited ? "unlimited" : std::to_string(quantity);
}

std::string plain_name(std::string_view prefix, std::string_view name) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string text(name);
  std::ranges::transform(text, text.begin(), [](char c) {
    if (c == '_') return ' ';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace karst::tool
