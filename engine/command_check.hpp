// Do a command's fields mean anything: the checks that need no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/command.hpp"

namespace karst {

/// Whether every field of the command, and every combination, has a meaning. Source:
/// docs/ENGINE.md, the conditions marked "fields". `sizes` are those of the exchange.
[[nodiscard]] bool has_valid_fields(const Command& command, const Configure& sizes);

/// The sizes an exchange can be made with.
[[nodiscard]] bool is_valid(const Configure& sizes);

/// The same for the one command that is many.
[[nodiscard]] inline bool has_valid_fields(const PlaceOrder& order) {
  const auto is_named = [](auto value, int last) {
    return static_cast<int>(value) >= 1 && static_cast<int>(value) <= last;
  };
  // Two bytes to be zero after a bool whose byte may hold anything: looked at as one.
  std::uint8_t tail[3];
  static_assert(offsetof(PlaceOrder, reserved) == offsetof(PlaceOrder, all_or_none) + 1);
  std::memcpy(tail, reinterpret_cast<const char*>(&order) + offsetof(PlaceOrder, all_or_none),
              sizeof tail);
  if (tail[0] > 1 || (tail[1] | tail[2]) != 0) return false;
  const bool is_buy = order.side == Side::buy;
  const bool is_ioc = order.time_in_force == TimeInForce::ioc;
  const bool is_fok = order.time_in_force == TimeInForce::fok;
  const bool has_minimum = order.minimum.value() != 0;
  if (!is_named(order.side, 2) || !is_named(order.kind, 3) || !is_named(order.time_in_force, 5) ||
      !is_named(order.self_match, 4)) {
    return false;
  }
  if (is_buy ? order.draw != Draw::none
             : order.draw != Draw::capacity && order.draw != Draw::holding) {
    return false;
  }
  if (order.kind == OrderKind::market && (order.limit.value() != 0 || !(is_ioc || is_fok))) {
    return false;
  }
  if ((order.time_in_force == TimeInForce::gtd) != (order.expiry.value() != 0)) return false;
  if (order.minimum > order.quantity) return false;
  if (is_fok + order.all_or_none + has_minimum > 1) return false;
  return order.kind != OrderKind::post_only ||
         !(is_ioc || is_fok || order.all_or_none || has_minimum);
}

}  // namespace karst
