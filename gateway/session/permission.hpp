// Who may say what: scopes of keys against commands and questions.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "engine/command/permission.hpp"

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
  return is_from_clients(command.type) &&
         may_say(command.type, speaker.scopes, command.account == speaker.account);
}

/// Whether the speaker may ask about `account`. About its own any key may.
[[nodiscard]] constexpr bool may_ask_about(const Speaker& speaker, AccountId account) {
  return speaker.has(scope::elevated) ||
         (account == speaker.account && !account.is_none());
}

}  // namespace karst::gateway
