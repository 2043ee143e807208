// Recovery: the newest good snapshot and the journal behind it make the engine and the stores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/seams/clock.hpp"
#include "engine/seams/command_log.hpp"
#include "ledger/replay/replay.hpp"
#include "ledger/snapshot/snapshot_store.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

/// What recovery found and did.
struct RecoveryReport {
  struct Store {
    std::string name;
    std::uint64_t from = 0;      ///< The newest command it had.
    std::uint64_t to = 0;        ///< The newest it has now.
    std::optional<Error> error;  ///< Why it could not be brought forward.
  };

  std::uint64_t snapshot_sequence = 0;         ///< 0: from the beginning.
  std::vector<std::string> snapshots_refused;  ///< Those that were no good, and why.
  std::uint64_t commands_replayed = 0;
  std::uint64_t sequence = 0;  ///< The newest command.
  Time time{0};                ///< Its time.
  std::uint64_t log_seq = 0;   ///< The newest batch.
  std::uint64_t took_ns = 0;
  std::vector<Store> stores;

  /// One line for the log.
  [[nodiscard]] std::string text() const;
};

struct Recovered {
  std::unique_ptr<Engine> engine;  ///< Null when the journal is new.
  Stamp last;
  std::uint64_t log_seq = 0;
  RecoveryReport report;
};

/// Makes a replay that stands at or behind `sequence`: from the newest good snapshot that is not
/// beyond it, else at the beginning of the journal.
///
/// `refused`, if given, gets a line for every snapshot that was no good.
[[nodiscard]] Replay replay_from(SnapshotStore* snapshots, std::uint64_t sequence,
                                 std::vector<std::string>* refused = nullptr);

/// Replays what is committed, from far enough back that each store gets all it has not; changes
/// nothing but the stores. What a store has of the commands replayed, it compares. One that fails,
/// or that lacks what the journal has no longer, is left behind and named in the report.
///
/// Errors: corrupt, with file and offset; trimmed, when no snapshot reaches the journal; invalid,
///         when a store knows of commands the journal does not have.
[[nodiscard]] Result<Recovered> recover(CommandLog& log, SnapshotStore* snapshots,
                                        const std::vector<DerivedStore*>& stores,
                                        const Clock& clock);

}  // namespace karst
