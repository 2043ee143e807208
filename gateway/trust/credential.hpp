// Credential: what somebody shows who says that it holds a key.
#pragma once

#include <string>
#include <string_view>

#include "gateway/trust/log_on_proof.hpp"

namespace karst::gateway {

/// A signature over a statement that only this log-on has. What stands in the statement is for the
/// door to say by which the peer came; who speaks then is the same for all of them.
struct Credential {
  KeyId key;
  std::string statement;
  std::string_view signature;  ///< Lives as long as the message it came in.
};

/// What the native door has signed: its nonce and the channel of this very connection.
struct ChannelChallenge {
  Nonce nonce{};
  ChannelBinding binding{};

  [[nodiscard]] Credential answered_by(KeyId key, std::string_view signature) const {
    return {key, log_on_statement(nonce, binding, key), signature};
  }
};

}  // namespace karst::gateway
