// Events as the words they are in memory, the usual ones put together in registers.
//
// An event written field by field and read back at once in wider pieces, as its hash reads it,
// makes the processor wait until all that was written so far has reached its cache: a quarter of
// the engine's time. Made of whole words, an event is hashed before it is written.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "engine/event/event.hpp"

namespace karst {

/// The body of an event: its last six words.
struct EventBody {
  std::uint64_t word[6];
};

namespace event_words {
[[nodiscard]] constexpr std::uint64_t pair(std::uint32_t low, std::uint32_t high) {
  return low | std::uint64_t{high} << 32;
}
[[nodiscard]] constexpr std::uint32_t bytes(std::uint8_t first, std::uint8_t second,
                                            std::uint8_t third, std::uint8_t fourth) {
  return first | std::uint32_t{second} << 8 | std::uint32_t{third} << 16 |
         std::uint32_t{fourth} << 24;
}
[[nodiscard]] constexpr std::uint64_t word(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}
}  // namespace event_words

/// What an event begins with, after its sequence.
[[nodiscard]] constexpr std::uint64_t event_head(std::uint16_t index, EventType type,
                                                 std::uint8_t detail, InstrumentId instrument) {
  return event_words::pair(
      index | std::uint32_t{static_cast<std::uint8_t>(type)} << 16 | std::uint32_t{detail} << 24,
      instrument.value());
}

[[nodiscard]] constexpr EventBody body_of(const OrderChange& change) {
  using namespace event_words;
  return {{change.order.value(), word(change.limit.value()), change.account_event,
           change.client_seq, pair(change.account.value(), change.quantity.value()),
           pair(change.tag, bytes(static_cast<std::uint8_t>(change.side),
                                  static_cast<std::uint8_t>(change.time_in_force), change.flags,
                                  change.reserved))}};
}

[[nodiscard]] constexpr EventBody body_of(const Trade& trade) {
  using namespace event_words;
  return {{trade.maker.value(), trade.taker.value(), word(trade.price.value()),
           pair(trade.quantity.value(), trade.maker_leaves.value()),
           pair(trade.taker_leaves.value(), trade.match_index), word(trade.notional.value())}};
}

[[nodiscard]] constexpr EventBody body_of(const Settlement& settlement) {
  using namespace event_words;
  return {{settlement.number, settlement.buyer_event, settlement.seller_event,
           word(settlement.buyer_fee.value()), word(settlement.seller_fee.value()),
           pair(settlement.buyer.value(), settlement.seller.value())}};
}

/// A body of which there are few: as it lies in memory.
template <class Body>
[[nodiscard]] EventBody body_of(const Body& body) {
  static_assert(sizeof(Body) == sizeof(EventBody) && std::is_trivially_copyable_v<Body> &&
                std::has_unique_object_representations_v<Body>);
  EventBody words;
  std::memcpy(&words, &body, sizeof words);
  return words;
}

}  // namespace karst
