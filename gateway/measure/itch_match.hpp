// A recorded ITCH flow through a book in process, as the source built it or matched anew.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/result.hpp"
#include "gateway/measure/itch_file.hpp"
#include "gateway/measure/trade_hash.hpp"

namespace karst::tool {

/// What a replay of a file met, and the book it left.
struct ItchCounts {
  std::uint64_t adds = 0;
  std::uint64_t deletes = 0;
  std::uint64_t reduces = 0;
  std::uint64_t executions = 0;
  std::uint64_t replaces = 0;
  std::uint64_t unknown = 0;     // references to an order that was never added, or deleted before
  std::uint64_t duplicates = 0;  // orders added under the id of one that is known; left out
  std::uint64_t excess = 0;   // building: reduces by more than is left; the order is at zero then
  std::uint64_t refused = 0;  // matching: orders the book has no room for
  std::uint64_t gone = 0;     // matching: references to orders that it has removed
  TradeHash trades;
  std::optional<std::int64_t> best_bid;  // Unit: as in the file
  std::optional<std::int64_t> best_ask;  // Unit: as in the file
  std::uint64_t open_orders = 0;

  friend bool operator==(const ItchCounts&, const ItchCounts&) = default;

  /// Whether the file told one consistent story.
  [[nodiscard]] bool is_sound() const { return unknown + duplicates + excess + refused == 0; }
};

/// Builds the book as the source tells it, without matching: an order is known until its delete or
/// replace, even at zero, or until it is executed to the last lot; the two sides may be crossed.
[[nodiscard]] ItchCounts build_itch(const ItchFlow& flow);

/// Plays the flow through a ClientOrderBook: adds and replaces that cross trade. An order of which
/// nothing is left (filled, or reduced to zero) is removed; what the source says of it later is
/// counted as `gone`, and an order that would replace it is gone from the start.
///
/// Errors: invalid, if the prices of the file lie further apart than a book may be wide.
[[nodiscard]] Result<ItchCounts> match_itch(const ItchFlow& flow);

/// Counts a message of the file.
void count(ItchCounts& counts, ItchType type);

}  // namespace karst::tool
