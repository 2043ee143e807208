// Snapshotter: makes snapshots from a shadow of the engine, off the hot path, and trims.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/seams/command_log.hpp"
#include "ledger/exchange/pipeline.hpp"
#include "ledger/exchange/sequencer.hpp"
#include "ledger/replay/replay.hpp"
#include "ledger/snapshot/snapshot_store.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

struct SnapshotPolicy {
  std::uint64_t every_commands = 2'000'000;  ///< 0 = never by itself.
  /// Or earlier, when the journal has grown by so much: in a slow market each command takes whole
  /// blocks.
  std::uint64_t every_journal_bytes = std::uint64_t{1} << 30U;
};

/// Keeps a second engine that replays the journal behind the live one. When enough has happened it
/// asks the live engine for its event hash at the end of a batch, replays up to there, and only if
/// its own hash is the same it writes a snapshot. Afterwards it lets go of what nobody needs:
/// snapshots behind the two newest good ones, and journal behind the older of them, unless a store
/// still needs it.
///
/// Memory:  up to as much as the live engine, from the first snapshot on.
/// Threads: one owner; request() by any.
class Snapshotter {
 public:
  Snapshotter(CommandLog& log, SnapshotStore& snapshots, Pipeline& pipeline, Sequencer& sequencer,
              std::vector<DerivedStore*> stores, std::uint32_t shard, const SnapshotPolicy& policy);

  /// Does what there is to do now: asks, or waits for durability, or makes a snapshot.
  ///
  /// Errors: invalid: the shadow and the live engine differ: the process must end. Others are about
  ///         one snapshot; it will be tried again.
  [[nodiscard]] Status step();

  /// Wants a snapshot soon, whatever the policy says.
  void request() { is_requested_.store(true, std::memory_order_release); }

  /// The newest snapshot made or found; 0 = none.
  [[nodiscard]] std::uint64_t newest() const { return newest_.load(std::memory_order_acquire); }

 private:
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] Status make(const HashMark& mark);
  [[nodiscard]] Status find_floor();
  [[nodiscard]] Status trim();

  CommandLog& log_;
  SnapshotStore& snapshots_;
  Pipeline& pipeline_;
  Sequencer& sequencer_;
  const std::vector<DerivedStore*> stores_;
  const std::uint32_t shard_;
  const SnapshotPolicy policy_;
  std::optional<Replay> shadow_;
  std::optional<HashMark> mark_;
  std::optional<SnapshotInfo> floor_;  // what comes before it is to go
  std::uint64_t log_bytes_seen_ = 0;   // when the newest snapshot was asked for
  bool is_asked_ = false;
  std::atomic<bool> is_requested_{false};
  std::atomic<std::uint64_t> newest_{0};
};

}  // namespace karst
