// DerivedStore: what is kept beside the journal and could be made again from it.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/result.hpp"
#include "engine/engine.hpp"
#include "ledger/replay/executed.hpp"

namespace karst {

/// A store that takes every durable command with its events, once and in order: the books, the
/// account event log. It says how far it has got, and is given the rest again after a crash.
///
/// A failing store never stops the exchange: it is left alone, and later given what it has missed
/// by a replay of the journal.
///
/// Threads: one at a time (start-up, its feeder, a catch-up); durable_sequence() and
///          trim_floor() by any, work() by one other.
class DerivedStore {
 public:
  virtual ~DerivedStore() = default;

  [[nodiscard]] virtual const char* name() const = 0;

  /// Everything up to this command is in the store for good; the next append() must be the one
  /// after the newest appended, or, when opened or after reset(), the one after this.
  [[nodiscard]] virtual std::uint64_t durable_sequence() const = 0;

  /// A replay that gives the store what it lacks begins with `engine` as it stands, at or behind
  /// durable_sequence(); the commands behind it come to compare() and append(). One that begins
  /// with the first command of all says nothing.
  virtual void begin_with(const Engine& engine) { static_cast<void>(engine); }

  /// Takes one command. Not durable; never waits for the disk.
  ///
  /// Errors: busy: not taken; sync(), or else work(), comes first. After any other the store wants
  ///         reset() before anything else.
  [[nodiscard]] virtual Status append(const Executed& executed) = 0;

  /// Makes everything appended durable.
  [[nodiscard]] virtual Status sync() = 0;

  /// Is given a replayed command that durable_sequence() covers: a store that can say what it has
  /// of it compares.
  ///
  /// Errors: corrupt, when what it has came of something else; as of append().
  [[nodiscard]] virtual Status compare(const Executed& executed) {
    static_cast<void>(executed);
    return {};
  }

  /// The exchange has ended well: leaves what the next start wants to find.
  [[nodiscard]] virtual Status finish() { return sync(); }

  /// After an error: forgets what is not durable, so that append() goes on after
  /// durable_sequence().
  [[nodiscard]] virtual Status reset() = 0;

  /// One step of what may be done in the background, by another thread than append()'s.
  ///
  /// Returns: whether there was anything to do. Errors: may pass.
  [[nodiscard]] virtual Result<bool> work() { return false; }

  /// Journal up to this command is of no more use to the store, whatever happens to its newest
  /// file: trim may go that far.
  [[nodiscard]] virtual std::uint64_t trim_floor() const { return durable_sequence(); }

  /// How long a few commands may wait for more to share a sync with. Unit: ns.
  [[nodiscard]] virtual std::uint64_t patience_ns() const { return 5'000'000; }

  /// Wants durable_sequence(), or trim_floor(), at `sequence` or beyond: sync() then does what it
  /// would have left for later. By any thread.
  void want_durable(std::uint64_t sequence) { raise(durable_wanted_, sequence); }
  void want_trim_floor(std::uint64_t sequence) { raise(floor_wanted_, sequence); }
  /// Whether a store that has taken everything up to `taken` is to do so with its next sync().
  [[nodiscard]] bool is_durable_wanted(std::uint64_t taken) const {
    const std::uint64_t wanted = durable_wanted_.load(std::memory_order_acquire);
    return wanted <= taken && wanted > durable_sequence();
  }
  [[nodiscard]] bool is_trim_floor_wanted(std::uint64_t taken) const {
    const std::uint64_t wanted = floor_wanted_.load(std::memory_order_acquire);
    return wanted <= taken && wanted > trim_floor();
  }

 private:
  static void raise(std::atomic<std::uint64_t>& wanted, std::uint64_t sequence) {
    std::uint64_t before = wanted.load(std::memory_order_relaxed);
    while (before < sequence && !wanted.compare_exchange_weak(before, sequence)) {
    }
  }

  std::atomic<std::uint64_t> durable_wanted_{0};
  std::atomic<std::uint64_t> floor_wanted_{0};
};

}  // namespace karst
