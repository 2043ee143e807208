// The operator's commands: money, merchants, keys, pools, contracts, products, states.
#pragma once

#include "engine/command/outcome.hpp"
#include "engine/state/state.hpp"

namespace karst {

// Each checks, then does, then answers. Errors: a RejectCode; nothing has changed then.
// Source: docs/ENGINE.md §3.
[[nodiscard]] Outcome define_currency(State& state, const Command& command);
[[nodiscard]] Outcome define_calendar(State& state, const Command& command);
[[nodiscard]] Outcome define_fees(State& state, const Command& command);

[[nodiscard]] Outcome admit_merchant(State& state, const Command& command);
[[nodiscard]] Outcome set_merchant_state(State& state, const Command& command);
[[nodiscard]] Outcome set_merchant_limits(State& state, const Command& command);
[[nodiscard]] Outcome set_merchant_profile(State& state, const Command& command);
/// `is_operator`: the speaker has the scope operate, or is the exchange itself.
[[nodiscard]] Outcome kill_switch(State& state, const Command& command, bool is_operator);
[[nodiscard]] Outcome move_cash(State& state, const Command& command);

[[nodiscard]] Outcome create_key(State& state, const Command& command);
[[nodiscard]] Outcome revoke_key(State& state, const Command& command);
[[nodiscard]] Outcome open_session(State& state, const Command& command);
[[nodiscard]] Outcome close_session(State& state, const Command& command);
[[nodiscard]] Outcome set_dead_man(State& state, const Command& command);

[[nodiscard]] Outcome define_pool(State& state, const Command& command);
[[nodiscard]] Outcome set_pool_capacity(State& state, const Command& command);
[[nodiscard]] Outcome set_pool_terms(State& state, const Command& command);
[[nodiscard]] Outcome list_contracts(State& state, const Command& command);
[[nodiscard]] Outcome mint_capacity(State& state, const Command& command);
[[nodiscard]] Outcome define_product(State& state, const Command& command);
[[nodiscard]] Outcome set_product_terms(State& state, const Command& command);
[[nodiscard]] Outcome set_instrument_state(State& state, const Command& command);
[[nodiscard]] Outcome halt(State& state, const Command& command);
[[nodiscard]] Outcome resume(State& state, const Command& command);

/// Answers `done`, with the account's next event number if `account` is not 0.
void emit_done(State& state, const Command& command, std::uint32_t account);
/// Says what became of a key or its session. Returns: the number in its merchant's event log.
std::uint64_t emit_session(State& state, EventType type, KeyId id);

}  // namespace karst
