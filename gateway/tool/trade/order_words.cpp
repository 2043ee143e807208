#include "gateway/tool/trade/order_words.hpp"

#include "gateway/client/wall_clock.hpp"
#include "schemas/words/client_order_id.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {

std::string price_bounds_text(const v1::Definition& definition) {
  return "steps of " + price_text(definition, 1) + " from " +
         price_text(definition, definition.price_min_ticks()) + " to " +
         price_text(definition, definition.price_max_ticks());
}

std::int64_t must_be_price(const std::string& text, const Listed& listed, const Output& output) {
  const std::optional<std::int64_t> fen = parse_money(text);
  const std::string bounds =
      "prices of " + instrument_name(listed.definition) + ": " +
      price_bounds_text(listed.definition) + " " + price_unit_text(listed.definition);
  if (!fen || *fen <= 0) {
    output.fail({exit_usage, "BAD_PRICE", "\"" + text + "\" is no price", bounds});
  }
  const std::optional<std::int64_t> ticks = ticks_of(listed.definition, *fen);
  if (!ticks) output.fail({exit_usage, "BAD_PRICE", text + " is not a whole step", bounds});
  return *ticks;
}

std::int64_t must_be_time(const std::string& text, const Output& output) {
  std::optional<std::int64_t> time;
  if (text.starts_with('+')) {
    const auto after = parse_duration(std::string_view(text).substr(1));
    std::int64_t sum = 0;
    if (after && *after > 0 && !__builtin_add_overflow(wall_ns(), *after, &sum)) time = sum;
  } else {
    time = parse_time(text);
  }
  if (time) return *time;
  output.fail({exit_usage, "BAD_TIME", "\"" + text + "\" is no time, or beyond the year 2261",
               "from now: +90s, +30m, +4h, +2d; or with its zone: 2026-11-22T09:00Z, "
               "2026-11-22T17:00+08:00"});
}

std::string must_be_client_id(const std::string& text, const Output& output) {
  if (text.empty()) return {};
  if (const auto id = parse_client_order_id(text)) return *id;
  output.fail({exit_usage, "BAD_CLIENT_ID", "\"" + text + "\" is no name of an order",
               std::string("--client-id: ") + client_order_id_text});
}

std::string refusal_hint(v1::Code code, const Listed& listed) {
  const v1::Definition& definition = listed.definition;
  switch (code) {
    case v1::CODE_PRICE_OUT_OF_BOUNDS:
      return "prices: " + price_bounds_text(definition);
    case v1::CODE_QUANTITY_OUT_OF_BOUNDS:
      return "1 to " + std::to_string(definition.quantity_lots_max()) + " lots in one order";
    case v1::CODE_INSTRUMENT_SCHEDULED:
      return "its gate opens at " + format_time(definition.gate_open_time_ns());
    case v1::CODE_INSTRUMENT_CLOSED:
      return "its gate closed at " + format_time(definition.gate_close_time_ns()) +
             "; a later hour: " + definition.symbol() + "@next";
    case v1::CODE_CERTIFICATE_EXPIRED:
      return "its certificate ended at " + format_time(definition.certificate_expiry_time_ns()) +
             "; an operator renews it with its terms";
    case v1::CODE_TIER_TOO_LOW:
      return "buyers need tier " + std::to_string(definition.tier_min()) +
             "; an operator sets a merchant's tier";
    case v1::CODE_CLEARANCE_TOO_LOW:
      return "buyers need clearance " + std::to_string(definition.clearance_min()) +
             "; an operator sets a merchant's clearance";
    default:
      return {};
  }
}

}  // namespace karst::tool
