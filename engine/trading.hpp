// The merchants' commands: orders and posted offers.
#pragma once

#include "engine/state.hpp"

namespace karst {

/// What a handler came to: a refusal, an answer already written, or the first answer said again.
struct Outcome {
  RejectCode code = RejectCode::none;
  bool is_repeated = false;
  std::uint64_t repeated_sequence = 0;  ///< of the command first answered
};

/// Each checks everything in order of precedence and then does what cannot fail, writing its
/// answer and all that follows. `is_busy`: the named book has not finished an earlier sweep.
/// Errors: a RejectCode; nothing has changed then. Source: docs/ENGINE.md §4.
[[nodiscard]] Outcome place_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome cancel_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome amend_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome hibernate_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome reactivate_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome mass_cancel(State& state, const Command& command);
[[nodiscard]] Outcome post_offer(State& state, const Command& command, bool is_busy);

/// The slot of the order a command names, by id or by client order id, whoever owns it.
[[nodiscard]] Slot named_order(const State& state, const Command& command);

}  // namespace karst
