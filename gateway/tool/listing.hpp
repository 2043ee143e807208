// What is listed on an exchange, by name: how subcommands find what their user means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/feed/depth.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/output.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::tool {

/// One instrument as the feed tells it.
struct Listed {
  std::uint32_t id = 0;
  v1::Definition definition;
  v1::InstrumentStatus status;
  std::optional<feed::DepthLevel> bid;  ///< best; only where prices were asked for
  std::optional<feed::DepthLevel> ask;  ///< a posted offer is an ask of unlimited quantity

  [[nodiscard]] bool is_offer_product() const {
    return definition.supply() == v1::SUPPLY_NON_RIVAL;
  }
  [[nodiscard]] bool is_open() const { return status.state() == v1::INSTRUMENT_STATE_OPEN; }
};

/// The instruments of an exchange at one moment, by id.
class Listing {
 public:
  /// Asks the exchange for all of it: definitions and states, and with `with_prices` the best bid
  /// and ask. What stands in the way ends the program.
  [[nodiscard]] static Listing read(ExchangeLink& link, const Output& output,
                                    bool with_prices = false);

  void add(const Listed& listed) { instruments_[listed.id] = listed; }
  [[nodiscard]] const std::map<std::uint32_t, Listed>& all() const { return instruments_; }
  [[nodiscard]] const Listed* find(std::uint32_t id) const;

  /// The instrument a user means:
  ///   131073                   its number
  ///   WEATHER-GZ               a data product; capitals do not matter
  ///   GUIAN-P@2026-11-22T09Z   the hour of a pool that begins then, in any time zone
  ///   GUIAN-P@next             the nearest hour of the pool that is open for trading
  ///
  /// Returns: the instrument, or why there is none and which there are.
  [[nodiscard]] std::variant<const Listed*, Failure> resolve(std::string_view name) const;
  /// The same; a failure ends the program.
  [[nodiscard]] const Listed& must(std::string_view name, const Output& output) const;

  /// Its name; "instrument 131073" of one that is not listed any more.
  [[nodiscard]] std::string name(std::uint32_t id) const;
  /// Ticks as money; "8 ticks" of an instrument that is not listed any more.
  [[nodiscard]] std::string price(std::uint32_t id, std::int64_t ticks) const;

 private:
  [[nodiscard]] std::variant<const Listed*, Failure> resolve_symbol(std::string_view symbol) const;
  [[nodiscard]] std::variant<const Listed*, Failure> resolve_hour(std::string_view symbol,
                                                                  std::string_view hour) const;
  [[nodiscard]] Failure unknown(std::string_view name) const;

  std::map<std::uint32_t, Listed> instruments_;
};

}  // namespace karst::tool
