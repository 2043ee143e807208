// What instruments, prices and quantities are called: the words every subcommand shows and takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/karst/v1/market_data.pb.h"

namespace karst::tool {

/// "GUIAN-P@2026-11-22T09Z": an hour of the pool of that symbol.
[[nodiscard]] std::string hour_contract_name(std::string symbol, std::int64_t hour);

/// "WEATHER-GZ" of a data product; "GUIAN-P@2026-11-22T09Z" of an hour of a pool.
[[nodiscard]] std::string instrument_name(const v1::Definition& definition);

/// Ticks as an amount of the currency: 250 ticks of 1 fen are "2.50".
[[nodiscard]] std::string price_text(const v1::Definition& definition, std::int64_t ticks);

/// An amount of the currency as ticks per lot; nothing if it is no whole number of ticks.
[[nodiscard]] std::optional<std::int64_t> ticks_of(const v1::Definition& definition,
                                                   std::int64_t fen);

/// "CNY per P_HOUR".
[[nodiscard]] std::string price_unit_text(const v1::Definition& definition);

/// Lots; "unlimited" for those of a posted offer.
[[nodiscard]] std::string quantity_text(std::uint64_t quantity);

/// An enumerator of the wire for people: ("TIME_IN_FORCE_", "TIME_IN_FORCE_GTC") is "gtc",
/// underscores are spaces.
[[nodiscard]] std::string plain_name(std::string_view prefix, std::string_view name);

}  // namespace karst::tool
