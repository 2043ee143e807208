// Replay: an engine that follows a journal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/engine.hpp"
#include "engine/seams/command_log.hpp"
#include "ledger/journal/stamp.hpp"
#include "ledger/replay/executed.hpp"

namespace karst {

/// Takes one replayed command with its events, which live until it returns. An error stops.
using CommandSink = std::function<Status(const Executed&)>;

/// Applies the batches of a journal to an engine, with the stamps the sequencer gave them. The
/// engine is made when the first command of all says how large, or comes from a snapshot.
///
/// Threads: one owner.
class Replay {
 public:
  /// At the beginning of a journal.
  Replay();
  /// Behind the command `last`, which ends the batch `log_seq` of that hash.
  Replay(std::unique_ptr<Engine> engine, Stamp last, std::uint64_t log_seq,
         const ChainHash& log_hash);

  /// Applies the batch and gives each command to `sink`, if there is one. The batch it stands at
  /// may come again and changes nothing.
  ///
  /// Errors: corrupt, when the bytes are no commands or not the next ones; invalid, when the batch
  ///         it stands at is of another journal; those of the sink.
  ///         Then the replay is of no more use.
  ///
  /// `through_sequence`: commands of the batch beyond it are left; the replay ends there.
  [[nodiscard]] Status take(const LoggedBatch& batch, const CommandSink& sink,
                            std::uint64_t through_sequence = ~std::uint64_t{0});

  /// Whether the engine exists: a command has been replayed.
  [[nodiscard]] bool has_engine() const { return engine_ != nullptr; }
  /// Requires: has_engine().
  [[nodiscard]] Engine& engine() { return *engine_; }
  /// Gives the engine away; the replay is over.
  [[nodiscard]] std::unique_ptr<Engine> take_engine() { return std::move(engine_); }

  [[nodiscard]] Stamp last() const { return last_; }
  /// The newest batch taken. Unit: place in the log.
  [[nodiscard]] std::uint64_t log_seq() const { return log_seq_; }
  [[nodiscard]] const ChainHash& log_hash() const { return log_hash_; }
  [[nodiscard]] std::uint64_t commands() const { return commands_; }

 private:
  [[nodiscard]] Status decode(const LoggedBatch& batch);

  std::unique_ptr<Engine> engine_;
  Stamp last_;
  std::uint64_t log_seq_ = 0;
  ChainHash log_hash_{};
  std::uint64_t commands_ = 0;  // replayed
  std::vector<Command> batch_;
  std::vector<Event> events_;
};

/// Replays the committed batches of the log behind `replay` up to and with the command
/// `through_sequence`; a batch that ends beyond it is left alone.
///
/// Errors: those of follow() and take().
[[nodiscard]] Status replay_log(CommandLog& log, Replay& replay, std::uint64_t through_sequence,
                                const CommandSink& sink);

}  // namespace karst
