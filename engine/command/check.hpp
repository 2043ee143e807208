// Do a command's fields mean anything: the checks that need no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/command/command.hpp"

namespace karst {

/// Whether every field of the command, and every combination, has a meaning. Source:
/// docs/ENGINE.md, the conditions marked "fields". `sizes` are those of the exchange.
[[nodiscard]] bool has_valid_fields(const Command& command, const Configure& sizes);

/// The sizes an exchange can be made with.
[[nodiscard]] bool is_valid(const Configure& sizes);

/// The same for the one command that is many.
[[nodiscard]] bool has_valid_fields(const PlaceOrder& order);

/// Whether it is a plain limit order, good till cancelled or immediate, without a wish; has no
/// meaningless field then. Decides most orders in a few instructions.
[[nodiscard]] inline bool is_plain_limit(const PlaceOrder& order) {
  // all_or_none and the reserved bytes, whatever they hold: the upper three of the last word.
  static_assert(offsetof(PlaceOrder, all_or_none) == offsetof(PlaceOrder, side) + 5);
  std::uint64_t last_word = 0;
  std::memcpy(&last_word, reinterpret_cast<const char*>(&order) + offsetof(PlaceOrder, side),
              sizeof last_word);
  const std::uint64_t wishes = last_word >> 40;
  const bool has_side = order.side == Side::buy
                            ? order.draw == Draw::none
                            : order.side == Side::sell &&
                                  (order.draw == Draw::capacity || order.draw == Draw::holding);
  return has_side && order.kind == OrderKind::limit &&
         (order.time_in_force == TimeInForce::gtc || order.time_in_force == TimeInForce::ioc) &&
         static_cast<std::uint8_t>(static_cast<std::uint8_t>(order.self_match) - 1) < 4 &&
         (static_cast<std::uint64_t>(order.expiry.value()) | order.minimum.value()) == 0 &&
         wishes == 0;
}

}  // namespace karst
