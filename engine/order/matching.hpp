// Matching: an order arrives, meets the other side, and what is left of it finds its place.
#pragma once

#include <cstdint>

#include "engine/order/life.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// The band a taker may trade in now. Source: docs/ENGINE.md, "Price band".
struct Band {
  std::int64_t low;
  std::int64_t high;
};
[[nodiscard]] inline Band band_of(const Instrument& instrument) {
  if (instrument.band_bps == 0) return {instrument.price_min, instrument.price_max};
  const std::int64_t reach = instrument.reference * instrument.band_bps / bps_per_whole;
  return {std::max(instrument.price_min, instrument.reference - reach),
          std::min(instrument.price_max, instrument.reference + reach)};
}

/// Whether an order of this side and limit would meet somebody at once.
[[nodiscard, gnu::always_inline]] inline bool is_crossing(const Book& book,
                                                          const Instrument& instrument, Side side,
                                                          std::int64_t limit) {
  if (instrument.allows(TradeMode::posted)) [[unlikely]] {
    return side == Side::buy && instrument.offer != 0 && instrument.offer <= limit;
  }
  if (book.is_empty(opposite(side))) return false;
  const std::int64_t best = book.best(opposite(side));
  return side == Side::buy ? best <= limit : best >= limit;
}

/// How an order comes to its book: what to say of it, and what must trade at once.
struct Arrival {
  EventType event;
  std::uint8_t flags;
  std::uint64_t client_seq;
  std::uint32_t minimum;  ///< lots that must trade at once; 0 = none
  CancelReason too_few;   ///< why it is cancelled if they cannot
  bool is_listed;         ///< already on its merchant's list
};

/// Books an order that meets nobody, and answers the command. `place`: where, with room.
/// Requires: it is on its merchant's list.
[[gnu::always_inline]] inline void rest(State& state, const Instrument& instrument, Book& book,
                                        Slot slot, Place place, EventType event, std::uint8_t flags,
                                        std::uint64_t client_seq) {
  OrderHot& hot = state.orders.nodes.node(slot).hot;
  hot.state = OrderState::booked;
  book.insert(state.orders, slot, hot.side, hot.limit, place);
  emit_order(state, instrument, event, 0, slot, state.orders.nodes.node(slot).quantity,
             flags | order_flag::answer | order_flag::booked, client_seq);
}

/// Answers the command, matches, and books, cancels or keeps pending what is left.
/// Requires: every check has been passed; the order reserves for its leaves and is in no book.
/// Source:   docs/ENGINE.md, "Arrival".
void walk_in(State& state, Instrument& instrument, Slot slot, const Arrival& arrival);

/// The same for an order on its merchant's list that may be one that meets nobody.
void arrive(State& state, Instrument& instrument, Slot slot, const Arrival& arrival);

/// Starts the sweep of a posted offer over the bids it now meets.
void sweep_offer(State& state, Instrument& instrument);

/// Lets the instrument's pending sweep go on over at most `makers_max` resting orders.
/// Returns: how many it touched.
std::uint32_t continue_sweep(State& state, Instrument& instrument, std::uint32_t makers_max);

/// Withdraws a posted offer, or says that one was posted.
void emit_offer(State& state, const Instrument& instrument, std::uint64_t client_seq,
                bool is_answer);

/// Says that an instrument's state is another now.
void emit_state(State& state, const Instrument& instrument, InstrumentState before,
                StateReason reason);

}  // namespace karst
