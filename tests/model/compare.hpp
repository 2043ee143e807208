// The engine and the reference model side by side over the same commands.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/event/event_hash.hpp"
#include "tests/model/model.hpp"
#include "tests/model/random_commands.hpp"

namespace karst::model {

/// What is checked, and how often. Unit: commands; 0 = never.
struct Checks {
  std::uint64_t invariants_every = 1;     ///< of the market, on the model
  std::uint64_t states_every = 500;       ///< balances, rows, levels, orders: engine = model
  std::uint64_t snapshots_every = 5'000;  ///< the engine goes on from its own bytes
};

/// Where the two parted, in words.
struct Difference {
  std::uint64_t command = 0;  ///< index of the command, from 0
  std::string text;
};

/// Both implementations, fed in step.
///
/// Threads: owned by one.
class Twins {
 public:
  Twins(const Configure& configuration, const Checks& checks);

  /// Lets both carry out the command.
  /// Returns: what differed or broke, or nothing.
  [[nodiscard]] std::optional<std::string> apply(const Command& command);

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  /// The model's events of the last command.
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  [[nodiscard]] std::optional<std::string> compare_events(const Command& command,
                                                          const Applied& applied) const;
  [[nodiscard]] std::string compare_balances() const;
  [[nodiscard]] std::string compare_rows() const;
  [[nodiscard]] std::string compare_books() const;
  [[nodiscard]] std::string compare_orders() const;
  [[nodiscard]] std::string compare_states() const;
  [[nodiscard]] std::string restart_engine();

  Checks checks_;
  std::vector<Event> memory_;
  EventRing ring_;
  std::uint64_t event_hash_ = hash_seed;  ///< of the model's events
  std::unique_ptr<Engine> engine_;
  Model model_;
  std::vector<Event> events_;
  std::uint64_t applied_ = 0;
};

/// How often each kind of event, reject and cancel came about.
struct Coverage {
  std::map<EventType, std::uint64_t> events;
  std::map<RejectCode, std::uint64_t> rejects;
  std::map<CancelReason, std::uint64_t> cancels;
  std::uint64_t commands_with_sweeps = 0;
  void count(const Model& model, const std::vector<Event>& of);
};

/// Runs `commands` random commands of one seed through both. On a difference the stream is shrunk.
/// Returns: the shrunk difference with its seed, ready to print; or nothing.
[[nodiscard]] std::optional<std::string> compare_random(std::uint64_t seed, Profile profile,
                                                        std::uint64_t commands,
                                                        const Checks& checks, Coverage& coverage);

/// Runs given commands, stamping sequences anew.
[[nodiscard]] std::optional<Difference> compare_commands(const Configure& configuration,
                                                         const std::vector<Command>& commands,
                                                         const Checks& checks);

/// Leaves out what a difference does not need, by halves, quarters and so on.
[[nodiscard]] std::vector<Command> shrink(const Configure& configuration,
                                          std::vector<Command> commands, const Checks& checks,
                                          std::uint64_t runs_max);

}  // namespace karst::model
