// StoreFeeder: keeps one derived store in step with the journal.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "ledger/exchange/pipeline.hpp"
#include "ledger/replay/replay.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

/// Feeds a store what becomes durable. When the store fails, or is so slow that the exchange has
/// gone on without it, its port is detached, so that it holds nobody back; it comes back through
/// catch_up(), which replays what it has missed.
///
/// Threads: step() by the ledger thread, catch_up() by another: each acts only while the store is
///          its own, as is_away() says.
class StoreFeeder {
 public:
  static constexpr std::size_t poll_commands = 4'096;  ///< the most one step() takes

  StoreFeeder(DerivedStore& store, Port& port) : store_(store), port_(port) {}

  /// Begins behind the newest command the store was given by a replay.
  void begin_after(std::uint64_t sequence) { taken_.store(sequence, std::memory_order_release); }

  /// Gives the store what there is for it, and syncs it once.
  ///
  /// Returns: how many commands; 0 while it is away.
  std::size_t step();

  /// The store has taken less than there was: its background work comes first, so look again soon.
  /// Threads: step()'s.
  [[nodiscard]] bool is_busy() const { return is_busy_; }

  /// The store is wanted to be further than it is with what it has taken: step() is to be called,
  /// though nothing is new. Any thread.
  [[nodiscard]] bool is_wanted() const {
    const std::uint64_t taken = this->taken();
    return !is_away() && (store_.is_durable_wanted(taken) || store_.is_trim_floor_wanted(taken));
  }
  /// The newest command the store has taken. Any thread.
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_acquire); }

  [[nodiscard]] bool is_away() const { return is_away_.load(std::memory_order_acquire); }
  /// Why the store is away. Requires: is_away().
  [[nodiscard]] const Error& error() const { return *error_; }

  /// Leaves the store alone from here on.
  void leave(const Error& error);

  /// Brings the store back: resets it and replays what it has missed, `replay` being an engine at
  /// or behind the store's durable command.
  ///
  /// Requires: is_away().
  /// Errors:   those of the store and the log; the store stays away.
  [[nodiscard]] Status catch_up(CommandLog& log, Replay& replay, const Pipeline& pipeline);

  [[nodiscard]] DerivedStore& store() { return store_; }

 private:
  static constexpr std::uint64_t gap_max = 4'096;
  static constexpr std::uint32_t rounds_max = 16;

  DerivedStore& store_;
  Port& port_;
  std::optional<Error> error_;
  bool is_busy_ = false;
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<bool> is_away_{false};
};

/// Gives a store the replayed commands it does not have yet, and syncs it now and then.
///
/// Threads: one owner, who is also the one that may call the store's work().
class StoreCatchUp {
 public:
  explicit StoreCatchUp(DerivedStore& store) : store_(&store), last_(store.durable_sequence()) {}

  /// The replay is where it begins.
  void begin_with(Replay& replay) {
    if (replay.has_engine()) store_->begin_with(replay.engine());
  }

  /// Where the store is busy, it gets its background work done first. What it has it compares.
  [[nodiscard]] Status take(const Executed& executed);
  /// Syncs, and does what the store has to do in the background.
  [[nodiscard]] Status finish();
  [[nodiscard]] DerivedStore& store() { return *store_; }
  /// The newest command the store has taken.
  [[nodiscard]] std::uint64_t last() const { return last_; }

 private:
  static constexpr std::uint64_t sync_every_commands = 65'536;

  DerivedStore* store_;
  std::uint64_t last_;
  std::uint64_t unsynced_ = 0;
};

}  // namespace karst
