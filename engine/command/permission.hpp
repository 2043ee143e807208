// Who may say which command, and when: scopes of keys, clocks that are held.
#pragma once

#include <cstdint>

#include "engine/command/catalogue.hpp"

namespace karst {

/// Whether a key with these scopes may say such a command. `is_own`: the command is about the key's
/// own account, or both are of the exchange. Source: docs/ENGINE.md §2.5.
[[nodiscard]] constexpr bool may_say(CommandType type, std::uint8_t scopes, bool is_own) {
  const CommandTraits& traits = traits_of(type);
  if (traits.is_session) return is_own;
  const bool is_operator = (scopes & scope::operate) != 0 && !traits.is_internal;
  return is_operator || (is_own && (scopes & traits.scopes) != 0);
}

// What lessens risk is taken while the clock is held. A command says so in its row (while_held), or
// that it depends, and on what here.
template <class Body>
[[nodiscard]] constexpr bool is_taken_while_held(const Body&) {
  return false;
}
[[nodiscard]] constexpr bool is_taken_while_held(const KillSwitch& body) { return body.on; }
[[nodiscard]] constexpr bool is_taken_while_held(const SetMerchantState& body) {
  return body.state == MerchantState::suspended;
}
[[nodiscard]] constexpr bool is_taken_while_held(const SetInstrumentState& body) {
  return body.state == InstrumentState::suspended;
}

}  // namespace karst
