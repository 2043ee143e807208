// Fetching ahead: what commands to come will touch.
#include "engine/engine.hpp"
#include "engine/state/state.hpp"

namespace karst {
namespace {

/// So few that they stay in the caches by themselves.
[[nodiscard]] inline bool has_few_instruments(const State& state) {
  constexpr std::uint32_t few = 32;
  return state.instruments.touched() < few;
}

/// The book an order on its way in names, if the command is one that makes sense so far.
[[nodiscard]] inline const Book* book_to_enter(const State& state, const Command& command) {
  if (command.type != CommandType::place_order) return nullptr;
  const PlaceOrder& order = command.place_order;
  const bool has_side = order.side == Side::buy || order.side == Side::sell;
  if (!has_side || state.instruments.find(order.instrument) == nullptr) return nullptr;
  return &state.instruments.book(slot_of(order.instrument));
}

[[gnu::always_inline]] inline void fetch_first(const State& state, const Command& command) {
  state.keys.prefetch(command.key, command.client_seq);
  state.accounts.prefetch(command.account.value(), 1);
  if (command.type == CommandType::place_order) {
    if (has_few_instruments(state)) return;
    const PlaceOrder& order = command.place_order;
    state.instruments.prefetch(slot_of(order.instrument));
    state.holdings.prefetch(command.account.value(),
                            HoldingTable::asset(order.instrument, order.draw));
  } else if (command.type == CommandType::cancel_order) {
    const Slot slot = slot_of(command.cancel_order.order);
    state.orders.nodes.prefetch(slot);
    state.links.prefetch(slot);
  }
}

[[gnu::always_inline]] inline void fetch_second(const State& state, const Command& command) {
  if (command.type == CommandType::cancel_order) {
    const Slot slot = slot_of(command.cancel_order.order);
    if (slot >= state.orders.nodes.touched()) return;
    (void)Book::prefetch_neighbours(state.orders, slot);
    state.links.prefetch_neighbours(slot);
    state.holdings.prefetch_row(state.orders.nodes.node(slot).hot.row);
    if (has_few_instruments(state)) return;
    state.instruments.prefetch(state.orders.nodes.node(slot).hot.instrument);
  } else if (const Book* const book = book_to_enter(state, command); book != nullptr) {
    const PlaceOrder& order = command.place_order;
    if (command.account.value() >= state.config.accounts_max) return;
    state.holdings.prefetch_row(command.account.value(),
                                HoldingTable::asset(order.instrument, order.draw));
    state.links.prefetch(state.accounts[command.account.value()].newest_order);
    if (has_few_instruments(state) || order.time_in_force <= TimeInForce::day) {
      (void)book->prefetch_level(state.orders, order.side, order.limit.value());
    } else {
      book->prefetch_best(state.orders, opposite(order.side));
    }
  }
}

[[gnu::always_inline]] inline void fetch_third(const State& state, const Command& command) {
  if (has_few_instruments(state)) return;
  const Book* const book = book_to_enter(state, command);
  if (book == nullptr) return;
  const PlaceOrder& order = command.place_order;
  if (order.time_in_force <= TimeInForce::day) {
    Book::prefetch_back(state.orders,
                        book->prefetch_level(state.orders, order.side, order.limit.value()));
  } else {
    book->prefetch_front(state.orders, opposite(order.side));
  }
}

}  // namespace

void Engine::prefetch_first(const Command& command) const { fetch_first(*state_, command); }
void Engine::prefetch_second(const Command& command) const { fetch_second(*state_, command); }
void Engine::prefetch_third(const Command& command) const { fetch_third(*state_, command); }
void Engine::prefetch(const Command& first, const Command& second, const Command& third) const {
  fetch_first(*state_, first);
  fetch_second(*state_, second);
  fetch_third(*state_, third);
}

}  // namespace karst
