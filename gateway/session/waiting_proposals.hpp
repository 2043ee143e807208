// What waits for a second operator, as the gateway shows it.
#pragma once

#include <cstdint>
#include <map>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "engine/state/proposal_table.hpp"

namespace karst {
class Engine;
}
namespace karst::v1 {
class Proposals;
}

namespace karst::gateway {

/// The engine's proposals that can be confirmed, followed from one start to the next.
///
/// Threads: one owner.
class WaitingProposals {
 public:
  /// What the engine has when it starts.
  void begin(const Engine& engine);

  /// One event of a durable command.
  void follow(const Command& command, const Event& event);

  /// Completes a confirmation: where its hash is that of the proposal it names, and no command was
  /// given, it encloses the proposal's. Where the hash is another, it encloses none, so that the
  /// engine refuses it.
  void complete(Confirm& confirmation) const;

  void write(v1::Proposals& to) const;

 private:
  struct Waiting {
    std::int64_t since_ns = 0;
    KeyId by;
    EnclosedCommand command{};
    Digest hash{};
  };

  std::map<std::uint64_t, Waiting> by_number_;
  FourEyes rule_{};
};

}  // namespace karst::gateway
