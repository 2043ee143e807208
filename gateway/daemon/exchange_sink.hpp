// ExchangeSink: the way from sessions to the sequencer, and to rehearsals in the engine's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/seams/clock.hpp"
#include "gateway/session/hub.hpp"
#include "ledger/exchange/exchange.hpp"

namespace karst::gateway {

/// Threads: the io thread; what runs in the engine's only fills in answers.
class ExchangeSink final : public CommandSink {
 public:
  struct Config {
    bool is_time_standing = false;  ///< command time is an operator's; rehearsals take the last
  };

  /// `wake` has give() called soon, from any thread.
  ExchangeSink(Exchange& exchange, const Port& port, const Clock& clock, const Config& config,
               std::function<void()> wake);

  [[nodiscard]] Admission submit(const Command& command, std::uint64_t handle) override;
  [[nodiscard]] Admission rehearse(const Command& command, std::uint64_t handle) override;

  /// Gives the hub the rehearsals that are true as of `durable` or before.
  void give(Hub& hub, std::uint64_t durable, Now now);

 private:
  struct Rehearsed {
    Command command;
    std::uint64_t handle = 0;
    std::uint64_t deadline_ns = 0;  ///< on the steady clock; until then what is due goes first
    std::uint64_t sequence = 0;
    Rehearsal answer;
    KeyStanding standing;
  };
  static constexpr std::uint64_t patience_ns = 100'000'000;

  [[nodiscard]] bool ask(Rehearsed asked);
  void look(const Engine& engine, std::uint64_t sequence, Rehearsed asked);

  Exchange& exchange_;
  const Port& port_;
  const Clock& clock_;
  Config config_;
  std::function<void()> wake_;

  std::mutex lock_;
  std::vector<Rehearsed> seen_;     // under lock_: from the engine's thread
  std::vector<Rehearsed> waiting_;  // for their sequence to become durable
};

/// The gateway's word for what the exchange said.
[[nodiscard]] Admission admission_of(Submitted submitted);

}  // namespace karst::gateway
