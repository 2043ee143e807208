// ClientAck: what a client was told about one of its commands.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "engine/command/reject_code.hpp"
#include "engine/event/event.hpp"
#include "ledger/replay/executed.hpp"

namespace karst::sim {

struct ClientAck {
  std::uint64_t sequence = 0;  ///< Of the command that was executed.
  std::uint64_t account_event = 0;
  OrderId order{0};
  RejectCode code = RejectCode::none;

  friend bool operator==(const ClientAck&, const ClientAck&) = default;
};

/// The answer as its client keeps it; of a resend, the first one.
[[nodiscard]] ClientAck ack_of(const Event& answer);

/// Refusals that use up no number and are not remembered.
[[nodiscard]] inline bool is_about_the_speaker(RejectCode code) {
  return code != RejectCode::none && code <= RejectCode::idempotency_conflict;
}

/// What was executed, by key and the key's own number.
class Executions {
 public:
  using Name = std::pair<std::uint32_t, std::uint64_t>;

  /// Returns: false when the command's number has been executed before.
  [[nodiscard]] bool take(const Executed& executed);
  /// Null: never executed.
  [[nodiscard]] const ClientAck* find(KeyId key, std::uint64_t client_seq) const;

 private:
  std::map<Name, ClientAck> acks_;
};

}  // namespace karst::sim
