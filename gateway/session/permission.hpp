// Who may say what: scopes of keys against commands and questions.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "engine/command/traits.hpp"

namespace karst::gateway {

/// Who speaks in a session.
struct Speaker {
  KeyId key;
  AccountId account;  ///< 0 = a key of the exchange
  std::uint8_t scopes = 0;

  [[nodiscard]] constexpr bool has(std::uint8_t wanted) const { return (scopes & wanted) != 0; }
};

/// Whether the command can come from a client at all.
[[nodiscard]] constexpr bool is_from_clients(CommandType type) {
  return !traits_of(type).is_internal && type != CommandType::open_session &&
         type != CommandType::close_session;
}

/// The engine's rule (docs/ENGINE.md §2.5), asked before anything is journaled: a key that may not
/// speak cannot fill the journal either.
[[nodiscard]] constexpr bool may_command(const Speaker& speaker, const Command& command) {
  if (!is_from_clients(command.type)) return false;
  const bool is_own = command.account == speaker.account;
  switch (command.type) {
    case CommandType::set_dead_man:
    case CommandType::heartbeat:
      return is_own;
    case CommandType::place_order:
    case CommandType::amend_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer:
      return speaker.has(scope::operate) || (is_own && speaker.has(scope::trade));
    case CommandType::kill_switch:
    case CommandType::cancel_order:
    case CommandType::mass_cancel:
    case CommandType::hibernate_order:
      return speaker.has(scope::operate) ||
             (is_own && speaker.has(scope::trade | scope::cancel_only));
    default:
      return speaker.has(scope::operate);
  }
}

/// Whether the speaker may ask about `account`. About its own any key may.
[[nodiscard]] constexpr bool may_ask_about(const Speaker& speaker, AccountId account) {
  return speaker.has(scope::audit | scope::operate) ||
         (account == speaker.account && !account.is_none());
}

/// Never throttled: what lessens risk at once.
[[nodiscard]] constexpr bool is_never_throttled(CommandType type) {
  return type == CommandType::mass_cancel || type == CommandType::kill_switch;
}

/// What four eyes must see: it cannot be taken back, or it makes somebody as mighty as the asker.
[[nodiscard]] constexpr bool is_dangerous(const Command& command) {
  switch (command.type) {
    case CommandType::set_merchant_state:
      return command.set_merchant_state.state == MerchantState::exited;
    case CommandType::create_key:
      return (command.create_key.scopes & (scope::audit | scope::operate)) != 0;
    case CommandType::set_instrument_state:
      return command.set_instrument_state.state == InstrumentState::delisted;
    default:
      return false;
  }
}

}  // namespace karst::gateway
