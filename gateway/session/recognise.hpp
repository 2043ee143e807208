// Who speaks: from what a peer shows to whom the exchange knows it as.
#pragma once

#include "engine/command/command.hpp"
#include "gateway/session/permission.hpp"
#include "gateway/trust/credential.hpp"

namespace karst::gateway {

/// What the gateway knows of a key.
struct KeyRecord {
  AccountId account;
  std::uint8_t scopes = 0;
  bool is_revoked = false;
  Digest public_key{};
  std::int64_t dead_man_ns = 0;  ///< 0 = off
};

struct Recognised {
  Speaker speaker;
  const char* refusal = nullptr;  ///< for the operator, not for the peer; null: it is the speaker
};

/// `record` is of the credential's key; null: there is no such key.
///
/// Complexity: the same for every key, so that the time it takes does not tell which there are.
[[nodiscard]] Recognised recognise(const Credential& credential, const KeyRecord* record);

}  // namespace karst::gateway
