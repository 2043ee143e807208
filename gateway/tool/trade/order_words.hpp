// The words and amounts of orders on the command line, and what to do about their refusals.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/bounds.hpp"
#include "gateway/tool/listing.hpp"
#include "gateway/tool/output.hpp"
#include "schemas/karst/v1/common.pb.h"

namespace karst::tool {

/// No order has more lots.
inline constexpr std::uint32_t order_lots_max = bound::lots_max;

inline const std::map<std::string, v1::TimeInForce> time_in_force_words{
    {"gtc", v1::TIME_IN_FORCE_GTC}, {"gtd", v1::TIME_IN_FORCE_GTD},
    {"day", v1::TIME_IN_FORCE_DAY}, {"ioc", v1::TIME_IN_FORCE_IOC},
    {"fok", v1::TIME_IN_FORCE_FOK}};
inline const std::map<std::string, v1::SelfMatch> self_match_words{
    {"newest", v1::SELF_MATCH_CANCEL_NEWEST},
    {"oldest", v1::SELF_MATCH_CANCEL_OLDEST},
    {"both", v1::SELF_MATCH_CANCEL_BOTH},
    {"decrement", v1::SELF_MATCH_DECREMENT}};
inline const std::map<std::string, v1::Draw> draw_words{{"holding", v1::DRAW_HOLDING},
                                                        {"capacity", v1::DRAW_CAPACITY}};
inline const std::map<std::string, v1::Side> side_words{{"buy", v1::SIDE_BUY},
                                                        {"sell", v1::SIDE_SELL}};

/// "28.50" as ticks of the instrument. What is no price of it ends the program with the prices
/// that are.
[[nodiscard]] std::int64_t must_be_price(const std::string& text, const Listed& listed,
                                         const Output& output);

/// "+30m" or a time with its zone, in ns since 1970-01-01T00:00Z; anything else ends the program.
[[nodiscard]] std::int64_t must_be_time(const std::string& text, const Output& output);

/// A merchant's own name of an order as the wire has it; empty: none. What cannot be one ends the
/// program.
[[nodiscard]] std::string must_be_client_id(const std::string& text, const Output& output);

/// "steps of 0.01 from 0.01 to 112.00".
[[nodiscard]] std::string price_bounds_text(const v1::Definition& definition);

/// What to do about a refusal that has to do with this instrument; empty: nothing special.
[[nodiscard]] std::string refusal_hint(v1::Code code, const Listed& listed);

}  // namespace karst::tool
