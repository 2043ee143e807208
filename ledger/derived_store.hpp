// DerivedStore: what is kept beside the journal and could be made again from it.
#pragma once

#include <cstdint>

#include "engine/result.hpp"
#include "ledger/executed.hpp"

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

  /// Takes one command. Not durable; never waits for the disk.
  ///
  /// Errors: busy: not taken; sync(), or else work(), comes first. After any other the store wants
  ///         reset() before anything else.
  [[nodiscard]] virtual Status append(const Executed& executed) = 0;

  /// Makes everything appended durable.
  [[nodiscard]] virtual Status sync() = 0;

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
};

}  // namespace karst
