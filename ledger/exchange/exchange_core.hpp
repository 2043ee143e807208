// ExchangeCore: everything the exchange is made of, put together, without its threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/seams/clock.hpp"
#include "engine/seams/command_log.hpp"
#include "ledger/exchange/committer.hpp"
#include "ledger/exchange/pipeline.hpp"
#include "ledger/exchange/recovery.hpp"
#include "ledger/exchange/sequencer.hpp"
#include "ledger/exchange/snapshotter.hpp"
#include "ledger/exchange/store_feeder.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

struct ExchangeConfig {
  std::uint32_t shard = 0;
  /// The first command, when the journal is new; else what the exchange has, or can be given by a
  /// `grow` that the owner submits.
  Configure sizes{};
  /// Asked before anything is written when the sizes are larger than those the exchange has: its
  /// error ends the start. Null: they may be.
  std::function<Status()> may_grow;
  PipelineSizes pipeline;
  Sequencer::Config sequencer;
  SnapshotPolicy snapshots;
  std::uint32_t spins = 0;  ///< Looks before a thread sleeps; 0 where cores are few.
  /// Called once, by the thread that met it, when the journal has failed or another leads; nothing
  /// is released after it. Null: says so on standard error and ends the process.
  std::function<void(const Error&)> on_fatal;
  /// Called when a store has failed and is left alone for a while (with the error), and when it is
  /// back (with null).
  std::function<void(const DerivedStore&, const Error*)> on_store;
};

/// Pipeline, engine, sequencer, committer, stores and snapshotter of one shard. `Exchange` gives
/// each its thread; a simulation calls their steps in whatever order it likes.
///
/// Threads: begin() and what comes before it by one; then each part as it says itself.
class ExchangeCore {
 public:
  /// `snapshots` may be null: none are read or made. The log is the caller's, opened.
  ExchangeCore(const ExchangeConfig& config, const Clock& clock, CommandLog& log,
               SnapshotStore* snapshots);

  /// Before begin().
  void add_store(DerivedStore& store, std::function<void()> wake);
  [[nodiscard]] Port& open_port(std::string name, std::function<void()> wake) {
    return pipeline_.open_port(std::move(name), std::move(wake));
  }

  /// Recovers engine and stores and takes the lead. A new journal gets its first command.
  ///
  /// Errors: those of the log and of recover().
  [[nodiscard]] Result<RecoveryReport> begin();

  /// Gives a store that is away what it has missed, from a replay of its own.
  ///
  /// Errors: those of the store and the log; the store stays away.
  [[nodiscard]] Status bring_back(StoreFeeder& feeder);

  [[nodiscard]] Pipeline& pipeline() { return pipeline_; }
  [[nodiscard]] const Pipeline& pipeline() const { return pipeline_; }
  [[nodiscard]] std::vector<std::unique_ptr<StoreFeeder>>& feeders() { return feeders_; }

  // After begin().
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] Sequencer& sequencer() { return *sequencer_; }
  /// Null for a log that executes after_commit.
  [[nodiscard]] Committer* committer() { return committer_.get(); }
  [[nodiscard]] OverlappedLog* overlapped_log() { return overlapped_; }
  /// Null without snapshots.
  [[nodiscard]] Snapshotter* snapshotter() { return snapshotter_.get(); }

 private:
  /// Errors: invalid, when what was recovered cannot be given our sizes; those of may_grow.
  [[nodiscard]] Result<Recovered> recover_ours();
  [[nodiscard]] Result<Recovered> recover_and_lead(Leadership& leadership);

  const std::uint32_t shard_;
  const Configure sizes_;
  Sequencer::Config sequencer_config_;
  const SnapshotPolicy snapshot_policy_;
  const std::function<Status()> may_grow_;
  const Clock& clock_;
  CommandLog& log_;
  OverlappedLog* overlapped_;
  SnapshotStore* snapshots_;
  Pipeline pipeline_;
  std::vector<std::unique_ptr<StoreFeeder>> feeders_;
  std::vector<DerivedStore*> stores_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Sequencer> sequencer_;
  std::unique_ptr<Snapshotter> snapshotter_;
};

}  // namespace karst
