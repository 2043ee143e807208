// What happens to one order besides trading: events about it, entry, departure, cancellation.
#pragma once

#include <cstdint>

#include "engine/settlement/reserve.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Gives an instrument one more holding row. Requires: there is none yet, and room for it.
std::uint32_t make_row(State& state, Instrument& instrument, std::uint32_t account, Draw kind);

/// Writes an order event. `quantity` as event.hpp says for its type.
[[gnu::always_inline]] inline void emit_order(State& state, const Instrument& instrument,
                                              EventType type, std::uint8_t detail, Slot slot,
                                              std::uint32_t quantity, std::uint8_t flags,
                                              std::uint64_t client_seq = 0) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  const std::uint64_t number = ++state.accounts[hot.account].event_number;
  const std::uint64_t id = state.orders.nodes.id(slot);
  state.emit(type, detail, instrument.id,
             OrderChange{.order = OrderId{id},
                         .limit = Price{hot.limit},
                         .account_event = number,
                         .client_seq = client_seq,
                         .account = AccountId{hot.account},
                         .quantity = Quantity{quantity},
                         .tag = hot.tag,
                         .side = hot.side,
                         .time_in_force = hot.time_in_force,
                         .flags = flags,
                         .reserved = 0});
  if ((flags & order_flag::answer) != 0) state.note_answer(number, id);
}

/// Puts an order that will outlive its command on its merchant's list and sets its timer.
[[gnu::always_inline]] inline void enlist(State& state, Slot slot) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  state.links.append(state.accounts[hot.account], slot);
  if (hot.expires) [[unlikely]] {
    state.timers.set({state.orders.nodes.cold(slot).expiry_ns, state.orders.nodes.id(slot),
                      TimerKind::order_expiry, state.timer<TimerKind::order_expiry>(slot)});
  }
}

/// The slot of an order entered by command `entered`, before the present incarnation, has been
/// released last: it passes over what the others passed over since.
void pass_over_generations(State& state, std::uint32_t slot, std::uint64_t entered);

/// Takes a listed order, that is in no book and reserves nothing, out of the world.
[[gnu::always_inline]] inline void drop_order(State& state, Slot slot) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (state.jobs.front_cursor() == slot) [[unlikely]] {
    state.jobs.move_front_cursor(state.links.newer(slot));
  }
  state.links.remove(state.accounts[hot.account], slot);
  if (hot.expires) [[unlikely]] {
    state.timers.clear(state.timer<TimerKind::order_expiry>(slot));
  }
  const std::uint64_t entered = hot.entered;
  state.orders.nodes.release(slot);
  if (entered <= state.last_begun) [[unlikely]]
    pass_over_generations(state, slot, entered);
}

/// Hibernated orders of an instrument stand in a list of their own, through their book links.
void enter_hibernation(State& state, Slot slot);
void leave_hibernation(State& state, Slot slot);

/// Forgets that a sweep of this instrument is pending.
void clear_sweep(State& state, Instrument& instrument);

/// Releases what an order reserves, says that it is cancelled, and drops it.
/// Requires: it is in no book, in no list of hibernated orders, and no pending sweep.
[[gnu::always_inline]] inline void finish_cancel(State& state, const Instrument& instrument,
                                                 Slot slot, CancelReason reason, std::uint8_t flags,
                                                 std::uint64_t client_seq = 0) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  const std::uint32_t leaves = state.orders.nodes.node(slot).quantity;
  if (hot.state != OrderState::hibernated) release(state, instrument, hot, leaves);
  emit_order(state, instrument, EventType::order_cancelled, static_cast<std::uint8_t>(reason), slot,
             leaves, flags, client_seq);
  drop_order(state, slot);
}

/// Cancels an order wherever it is: in the book, hibernated, or in a pending sweep.
[[gnu::always_inline]] inline void cancel(State& state, Slot slot, CancelReason reason,
                                          std::uint8_t flags = 0, std::uint64_t client_seq = 0) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  Instrument& instrument = state.instruments[hot.instrument];
  if (hot.state == OrderState::booked) [[likely]] {
    state.instruments.book(hot.instrument).remove(state.orders, slot);
    flags |= order_flag::was_booked;
  } else if (hot.state == OrderState::hibernated) {
    leave_hibernation(state, slot);
  } else {
    clear_sweep(state, instrument);
  }
  finish_cancel(state, instrument, slot, reason, flags, client_seq);
}

/// Whether a release job of a merchant means the order.
[[nodiscard]] bool is_meant(const State& state, const Job& job, const OrderHot& order);

/// Queues a release job of a merchant; by rules 3 one that waits may do for it.
void queue_release(State& state, const Job& job);

/// Why an order is on its way out although it is still there; zero if it is not.
/// Source: docs/ENGINE.md, "Doomed".
[[nodiscard]] CancelReason doom_of(const State& state, Slot slot);

/// The same, decided fast for the usual order of a merchant nothing stands against.
[[nodiscard]] inline bool is_doomed(const State& state, Slot slot, const Instrument& instrument) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  const bool is_usual = !hot.expires && state.accounts[hot.account].jobs == 0 &&
                        instrument.state != InstrumentState::delisted &&
                        state.now < instrument.tradable_until_ns;
  return !is_usual && doom_of(state, slot) != CancelReason{};
}

}  // namespace karst
