// Do a command's fields mean anything: the checks that need no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/command/command.hpp"

namespace karst {

/// The first field that has no meaning, by itself or beside the others, under its name on the wire.
/// Source: docs/ENGINE.md, the conditions marked "fields". `sizes` are those of the exchange.
///
/// Returns: null = every one has; "account_id" for that of an admission, "body" for a type
///          that is none.
[[nodiscard]] const char* wrong_field(const Command& command, const Configure& sizes);

/// The sizes an exchange can be made with.
[[nodiscard]] bool is_valid(const Configure& sizes);

// The first field that has no meaning beside the others, each being good by itself; null = all fit.
template <class Body>
[[nodiscard]] constexpr const char* misfit(const Body&) {
  return nullptr;
}
[[nodiscard]] const char* misfit(const Configure& sizes);
[[nodiscard]] const char* misfit(const Grow& sizes);
[[nodiscard]] const char* misfit(const AcceptClock& body);
[[nodiscard]] const char* misfit(const SetDeadMan& body);
[[nodiscard]] const char* misfit(const SetPoolTerms& body);
[[nodiscard]] const char* misfit(const DefineProduct& body);
[[nodiscard]] const char* misfit(const PlaceOrder& body);
[[nodiscard]] const char* misfit(const CancelOrder& body);

/// 1 to all of `text` printable ASCII characters, no space at either end, zeros behind.
[[nodiscard]] bool is_words(std::span<const char> text);

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
