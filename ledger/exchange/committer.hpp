// Committer: makes staged batches durable and then releases what they came to.
#pragma once

#include <cstdint>

#include "engine/seams/command_log.hpp"
#include "ledger/exchange/bell.hpp"
#include "ledger/exchange/pipeline.hpp"
#include "ledger/exchange/spsc_ring.hpp"

namespace karst {

/// The sync side of an overlapped log. The sequencer tells it which command each staged batch ends
/// with; nothing beyond the last durable batch is ever released.
///
/// Threads: staged() by the sequencer's; the rest by one at a time, the sync side: the sync thread,
///          or whoever has taken its place for a moment.
class Committer {
 public:
  Committer(Pipeline& pipeline, OverlappedLog& log)
      : pipeline_(pipeline), log_(log), batches_(batches_max) {}

  /// Notes that the batch at `log_seq` ends with the command `last_sequence`. Somebody must step()
  /// then.
  ///
  /// Returns: false when too many batches wait; then nothing has changed.
  [[nodiscard]] bool staged(std::uint64_t log_seq, std::uint64_t last_sequence);

  /// Syncs once if anything is staged; else, when the log has been idle, lets it say so.
  ///
  /// Returns: whether there was anything to do.
  /// Errors:  fatal and for ever: nothing more is released, and the process must end.
  [[nodiscard]] Result<bool> step();

  /// How long the sync thread may sleep when step() had nothing to do. Unit: nanoseconds.
  [[nodiscard]] std::uint64_t wait_ns() const;

  [[nodiscard]] Bell& bell() { return bell_; }

 private:
  static constexpr std::size_t batches_max = 4'096;
  static constexpr std::uint32_t cover_tries_max = 8;
  static constexpr std::uint64_t cover_interval_ns = 1'000'000;

  struct StagedBatch {
    std::uint64_t log_seq = 0;
    std::uint64_t last_sequence = 0;
  };

  /// Returns: whether a batch was waiting for that.
  [[nodiscard]] bool release_durable(std::uint64_t durable_seq);

  Pipeline& pipeline_;
  OverlappedLog& log_;
  SpscRing<StagedBatch> batches_;
  Bell bell_;
  std::uint32_t cover_tries_ = 0;
  bool has_failed_ = false;
};

/// Makes the next journal segment if there is none, and lets the pipeline know whether the disk has
/// room for more than cancels. Call it now and then and when the housekeeper's bell rings, away
/// from the sequencer's and the sync thread.
///
/// Errors: fatal, as of sync().
[[nodiscard]] Status prepare_log(Pipeline& pipeline, OverlappedLog& log);

}  // namespace karst
