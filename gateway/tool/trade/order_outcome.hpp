// What became of an order, as far as the exchange has gone: read from the account's event log.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "schemas/karst/v1/events.pb.h"

namespace karst::tool {

/// The order after the command that placed, amended or reactivated it.
struct OrderOutcome {
  enum class State : std::uint8_t {
    working,    ///< More is to come: a long sweep goes on, or the log is behind.
    resting,    ///< In the book.
    filled,     ///< Nothing is left of it.
    cancelled,  ///< What did not trade was cancelled; `reason` says why.
  };

  State state = State::working;
  std::vector<v1::Fill> fills;
  std::uint32_t open_lots = 0;       ///< left to trade
  std::uint32_t cancelled_lots = 0;  ///< state cancelled
  v1::OrderChange::CancelReason reason = v1::OrderChange::CANCEL_REASON_UNSPECIFIED;
  std::uint32_t prevented_lots = 0;  ///< met orders of its own merchant or group

  /// Takes the next event of the order's account. Others' orders are passed over.
  void take(const v1::Event& event, std::uint64_t order_id);
  [[nodiscard]] bool is_final() const { return state != State::working; }

  [[nodiscard]] std::uint64_t filled_lots() const;
  /// Σ price × quantity, and Σ fees. Unit: fen
  [[nodiscard]] std::int64_t notional_fen() const;
  [[nodiscard]] std::int64_t fee_fen() const;
};

/// Reads the events that the command answered by `reply` caused, waiting at most `wait_ms` for the
/// log to have them. `account` 0 = the key's own.
[[nodiscard]] Result<OrderOutcome> order_outcome(gateway::Client& client, const v1::Reply& reply,
                                                 std::uint32_t account, int wait_ms = 3'000);

}  // namespace karst::tool
