// KeyStanding: what the engine knows of a key, for a log-on that cannot be journaled.
#pragma once

#include <cstdint>

#include "engine/engine.hpp"
#include "engine/state/account_table.hpp"
#include "engine/state/key_table.hpp"

namespace karst::gateway {

struct KeyStanding {
  std::uint32_t open_epoch = 0;  ///< of the session it has open; 0 = none
  std::uint64_t last_client_seq = 0;
  std::uint64_t last_event = 0;  ///< of its merchant
};

/// As of the engine's last command; nothing of a key that is unknown.
[[nodiscard]] inline KeyStanding standing_of(const Engine& engine, KeyId id) {
  const Key* key = engine.key(id);
  if (key == nullptr) return {};
  const Account* account = engine.account(AccountId{key->account});
  return {.open_epoch = key->is_open != 0 ? key->epoch : 0,
          .last_client_seq = key->last_client_seq,
          .last_event = account != nullptr ? account->event_number : 0};
}

}  // namespace karst::gateway
