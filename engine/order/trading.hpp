// The merchants' rarer commands; placing and cancelling are in order_entry.hpp.
#pragma once

#include "engine/command/outcome.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// Each checks everything in order of precedence and then does what cannot fail, writing its
/// answer and all that follows. `is_busy`: the named book has not finished an earlier sweep.
/// Errors: a RejectCode; nothing has changed then. Source: docs/ENGINE.md §4.
[[nodiscard]] Outcome amend_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome hibernate_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome reactivate_order(State& state, const Command& command, bool is_busy);
[[nodiscard]] Outcome mass_cancel(State& state, const Command& command);
[[nodiscard]] Outcome post_offer(State& state, const Command& command, bool is_busy);

}  // namespace karst
