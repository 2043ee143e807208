// CommandLog: the one door to durability and order. A command is opaque bytes here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "engine/base/result.hpp"

namespace karst {

/// The right to append to a shard's log, until someone acquires a higher epoch.
struct Leadership {
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;  ///< Strictly increases with every acquire() of the shard.
};

/// What goes into the log as one: wholly there or wholly absent, whatever happens.
struct Batch {
  std::uint64_t first_command = 0;     ///< Number of its first command: the last before it, plus 1.
  std::uint32_t count = 0;             ///< How many commands the payload holds.
  std::uint64_t leader_time_ns = 0;    ///< Time of command i = max(last time + 1, this + i).
  std::span<const std::byte> payload;  ///< Read during the call only.
};

/// The first 16 bytes of a SHA-256: names the whole history of a log up to a batch.
using ChainHash = std::array<std::byte, 16>;

/// One batch as it stands in the log, verified. Batches without commands exist (they record who
/// leads and what is durable): count = 0 and first_command is the next command's number.
struct LoggedBatch {
  std::uint64_t seq = 0;    ///< Its place in the log: 1, 2, 3 … without a gap.
  std::uint64_t epoch = 0;  ///< Who wrote it.
  std::uint64_t first_command = 0;
  std::uint32_t count = 0;
  std::uint64_t leader_time_ns = 0;
  std::span<const std::byte> payload;  ///< Lives until the sink returns.
  ChainHash hash{};                    ///< Of this batch; the next one carries it.
};

/// Takes one batch. Returns: false to stop.
using BatchSink = std::function<bool(const LoggedBatch&)>;

enum class AppendOutcome : std::uint8_t {
  committed,  ///< Durable and in its place for ever. Only this releases replies, feed and ledger.
  fenced,     ///< Not in the log and never will be: a higher epoch leads.
  unknown,    ///< It may be there or not: ask resolve().
};

struct Appended {
  AppendOutcome outcome = AppendOutcome::unknown;
  std::uint64_t seq = 0;  ///< The place the batch has, or was meant to have.
};

enum class Resolution : std::uint8_t {
  mine,    ///< The place holds a batch of the asking leader's epoch.
  other,   ///< The place holds a batch of another epoch.
  absent,  ///< The place is empty.
};

/// When commands may be executed.
enum class Execute : std::uint8_t {
  overlapped,    ///< While the log makes them durable. Any outcome but committed ends the process.
  after_commit,  ///< Only once committed, one batch in flight.
};

/// An ordered, durable log of command batches.
///
/// A `Result` that is an Error from append() means: nothing was written and nothing changed.
class CommandLog {
 public:
  virtual ~CommandLog() = default;

  [[nodiscard]] virtual Execute execute() const = 0;

  /// Becomes the leader of the shard with a new, higher epoch. Whoever led before is fenced.
  [[nodiscard]] virtual Result<Leadership> acquire(std::uint32_t shard) = 0;

  /// Appends the batch and waits until its outcome is known, or known to be unknown.
  ///
  /// Errors: no_space, busy: refused, nothing changed. poisoned, after an unknown outcome of a log
  ///         that executes overlapped.
  [[nodiscard]] virtual Result<Appended> append(const Leadership& leadership,
                                                const Batch& batch) = 0;

  /// What stands at the place `seq`, asked after `unknown`. The answer is final.
  [[nodiscard]] virtual Result<Resolution> resolve(std::uint64_t seq) = 0;

  /// Gives the committed batches from `from_seq` on to the sink: contiguous and verified, up to
  /// what is committed when the call is made.
  ///
  /// Errors: trimmed; corrupt, with file and offset. What the sink took before is good.
  [[nodiscard]] virtual Status follow(std::uint64_t from_seq, const BatchSink& sink) = 0;

  /// How far the log has grown since it was opened; what it held already counts as well as that
  /// can be told. Unit: bytes. By any thread.
  [[nodiscard]] virtual std::uint64_t bytes_written() const { return 0; }

  /// Lets go of batches up to `up_to_seq`. The log may keep more.
  [[nodiscard]] virtual Status trim(std::uint64_t up_to_seq) = 0;
};

/// A CommandLog that executes overlapped also has a way in that does not wait.
///
/// Threads: acquire() first, by one thread alone. Then stage() by the sequencer's thread; sync()
///          and cover_if_idle() by the sync thread; prepare() by a third (or by the sync thread);
///          follow(), trim(), resolve(), durable_seq(), has_staged(), space_left() and
///          has_room_for_orders() and the reserves by any. append() is stage() and sync() by one
///          thread, both.
class OverlappedLog : public CommandLog {
 public:
  [[nodiscard]] Execute execute() const final { return Execute::overlapped; }

  /// Takes a copy of the batch in memory and gives it its place; touches no disk.
  ///
  /// Returns: the batch's seq. It is committed once durable_seq() has reached it.
  /// Errors:  busy (come back after a sync), no_space, fenced, poisoned: nothing changed.
  [[nodiscard]] virtual Result<std::uint64_t> stage(const Leadership& leadership,
                                                    const Batch& batch) = 0;

  /// Makes everything staged before the call durable, with one write and one sync.
  ///
  /// Returns: durable_seq() after it.
  /// Errors:  any is fatal and for ever: the outcome of what was staged is unknown, no later call
  ///          succeeds, and the process must end. Never tried again.
  [[nodiscard]] virtual Result<std::uint64_t> sync() = 0;

  /// Whether sync() has something to do.
  [[nodiscard]] virtual bool has_staged() const = 0;

  /// Called while nothing is staged: once 1 ms has passed since the last sync, notes in the log
  /// what that sync made durable, so that damage to it can never look like a torn tail.
  ///
  /// Returns: whether it wrote. Errors: as sync().
  [[nodiscard]] virtual Result<bool> cover_if_idle() = 0;

  /// Does slow work before it is needed (the next file). Call it now and then, away from the
  /// threads that wait for the log; without it, sync() does the work when it can wait no longer.
  ///
  /// Errors: no_space: the log goes on with what it has. Any other is fatal, as of sync().
  [[nodiscard]] virtual Status prepare() = 0;

  /// The newest committed place; 0 before the first.
  [[nodiscard]] virtual std::uint64_t durable_seq() const = 0;

  /// What stage() will take for certain before more disk is needed. Unit: bytes of file, each
  /// batch rounded up to whole blocks.
  [[nodiscard]] virtual std::uint64_t space_left() const = 0;

  /// Whether there is room for more than what must always work (cancels). When it is false the
  /// sequencer rejects new orders.
  [[nodiscard]] virtual bool has_room_for_orders() const = 0;

  /// What single cancels leave alone of space_left(): it is for kill switches, halts, and mass
  /// cancels of everything. Includes start_reserve().
  [[nodiscard]] virtual std::uint64_t last_reserve() const = 0;

  /// What every batch leaves alone of space_left(): the next start says there that it leads.
  [[nodiscard]] virtual std::uint64_t start_reserve() const = 0;
};

}  // namespace karst
