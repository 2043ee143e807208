#include "gateway/tool/trade/order_outcome.hpp"

#include <chrono>
#include <thread>

#include "gateway/client/calls.hpp"

namespace karst::tool {
namespace {

constexpr auto pause = std::chrono::milliseconds(5);

}  // namespace

void OrderOutcome::take(const v1::Event& event, std::uint64_t order_id) {
  if (event.has_fill()) {
    if (event.fill().order_id() != order_id) return;
    fills.push_back(event.fill());
    open_lots = event.fill().leaves_lots();
    if (open_lots == 0) state = State::filled;
    return;
  }
  if (event.has_self_match() && event.self_match().taker_order_id() == order_id) {
    prevented_lots += event.self_match().quantity_lots();
    return;
  }
  if (!event.has_order() || event.order().order_id() != order_id) return;
  const v1::OrderChange& change = event.order();
  switch (change.what()) {
    case v1::OrderChange::WHAT_CANCELLED:
      state = State::cancelled;
      cancelled_lots = change.quantity_lots();
      open_lots = 0;
      reason = change.cancel_reason();
      return;
    case v1::OrderChange::WHAT_HIBERNATED:
      return;
    default:
      open_lots = change.quantity_lots();
      if (change.is_booked()) state = State::resting;
  }
}

std::uint64_t OrderOutcome::filled_lots() const {
  std::uint64_t lots = 0;
  for (const v1::Fill& fill : fills) lots += fill.quantity_lots();
  return lots;
}

std::int64_t OrderOutcome::notional_fen() const {
  std::int64_t fen = 0;
  for (const v1::Fill& fill : fills) fen += fill.notional_fen();
  return fen;
}

std::int64_t OrderOutcome::fee_fen() const {
  std::int64_t fen = 0;
  for (const v1::Fill& fill : fills) fen += fill.fee_fen();
  return fen;
}

Result<OrderOutcome> order_outcome(gateway::Client& client, const v1::Reply& reply,
                                   std::uint32_t account, int wait_ms) {
  OrderOutcome outcome;
  if (reply.event_number() == 0) return outcome;
  using SteadyClock = std::chrono::steady_clock;
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(wait_ms);
  std::uint64_t last = reply.event_number() - 1;
  while (!outcome.is_final() && SteadyClock::now() < deadline) {
    const Result<v1::Events> page =
        gateway::events(client, last, 0, account, client.logged_on().incarnation());
    if (!page) return page.error();
    for (const v1::Event& event : page->events()) {
      if (outcome.is_final()) break;
      outcome.take(event, reply.order_id());
      last = event.number();
    }
    if (page->events_size() == 0) std::this_thread::sleep_for(pause);
  }
  return outcome;
}

}  // namespace karst::tool
