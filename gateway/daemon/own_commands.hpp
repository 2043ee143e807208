// OwnCommands: what karstd says to its exchange by itself, before anybody is served.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "engine/seams/storage.hpp"
#include "engine/state/incarnation.hpp"
#include "engine/state/proposal_table.hpp"
#include "gateway/config/config.hpp"
#include "gateway/session/hub.hpp"
#include "ledger/exchange/exchange.hpp"

namespace karst::gateway {

/// Rules, sizes, lives, operators and four eyes, in the order of the functions.
///
/// Threads: that of the start; finish_incarnation() any one.
class OwnCommands {
 public:
  using Say = std::function<void(const std::string&)>;

  /// `say` writes a line for operators.
  OwnCommands(Exchange& exchange, Hub& hub, Storage& storage, const Config& config, Say say);

  /// What of it is there already. Requires: the engine as it was recovered.
  void learn(const Engine& engine);

  void adopt_newest_rules();
  void grow();
  [[nodiscard]] Status begin_incarnation();
  /// It is durable: the mark of the restore has done its work.
  void finish_incarnation(const Event& begun);
  /// With four eyes they are proposed only.
  void create_operator_keys();
  /// Errors: invalid: with fewer than two operators nobody could confirm anything.
  [[nodiscard]] Status begin_four_eyes();

  [[nodiscard]] bool is_four_eyes() const { return four_eyes_.is_on != 0; }
  [[nodiscard]] const std::vector<Incarnation>& lives() const { return lives_; }

 private:
  [[nodiscard]] bool wait_until(const std::function<bool(const Engine&)>& is_done);
  [[nodiscard]] bool is_waiting(const Command& command) const;
  [[nodiscard]] bool say_own(const Command& command, const std::string& what);
  void propose(const Command& command, const std::string& what);

  Exchange& exchange_;
  Hub& hub_;
  Storage& storage_;
  const Config& config_;
  Say say_;
  // When it was recovered:
  std::uint32_t rules_ = 0;
  std::string growth_;  // of the sizes [capacity] says over those it had; empty = none
  std::vector<Incarnation> lives_;  // but for its first
  FourEyes four_eyes_{};
  std::vector<Proposal> waiting_;
  std::uint32_t operators_ = 0;  // keys with scope operate that are not revoked
};

}  // namespace karst::gateway
