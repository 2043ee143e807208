// What two operators must see.
#pragma once

#include <vector>

#include "engine/state/state.hpp"

namespace karst {

// Whether it takes two: it cannot be taken back, or makes somebody as mighty as the asker, or takes
// that might away. A command of which that is so says so in its row (may_need_two) and here.
[[nodiscard]] bool needs_two(const State& state, const AcceptClock& body);
[[nodiscard]] bool needs_two(const State& state, const SetMerchantState& body);
[[nodiscard]] bool needs_two(const State& state, const Fund& body);
[[nodiscard]] bool needs_two(const State& state, const Withdraw& body);
[[nodiscard]] bool needs_two(const State& state, const CreateKey& body);
[[nodiscard]] bool needs_two(const State& state, const RevokeKey& body);
[[nodiscard]] bool needs_two(const State& state, const SetInstrumentState& body);
[[nodiscard]] bool needs_two(const State& state, const SetFourEyes& body);

/// Whether there would be no second operator any more to confirm anything. Requires: a known key.
[[nodiscard]] bool leaves_too_few(const State& state, const RevokeKey& body);

/// The proposals that can be confirmed.
[[nodiscard]] std::vector<Proposal> waiting_proposals(const State& state);

}  // namespace karst
