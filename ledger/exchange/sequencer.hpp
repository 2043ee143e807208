// Sequencer: gives every command its place and time, runs the engine, and fills the journal.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/command/codec.hpp"
#include "engine/engine.hpp"
#include "engine/seams/clock.hpp"
#include "engine/seams/command_log.hpp"
#include "ledger/exchange/committer.hpp"
#include "ledger/exchange/market_clock.hpp"
#include "ledger/exchange/pipeline.hpp"
#include "ledger/journal/stamp.hpp"

namespace karst {

/// A submission that moves a trace clock to `time` and fires all that is due then; if the clock is
/// there already only the latter. Its delivery, a tick of that time or later, comes when nothing
/// more is due. Any other clock takes it for a tick.
///
/// Requires: time > 0.
[[nodiscard]] inline Command time_submission(Time time) {
  Command command{};
  command.type = CommandType::tick;
  command.time = time;
  return command;
}

/// What the engine had come to at the end of a batch; a snapshot must agree with it.
struct HashMark {
  std::uint64_t sequence = 0;
  std::uint64_t event_hash = 0;
};

/// Turns submissions into batches, one step at a time.
///
/// With an overlapped log a command is applied as soon as it is admitted, and its batch is staged
/// once the batch before it is durable, or when it is full: natural group commit. A log that
/// executes after_commit gets its batch first, and what is committed is applied then. Either way
/// nothing leaves before it is durable. A command is admitted only while the queues have room for
/// its events and the journal for its bytes. On a full disk only what frees something is: the
/// engine is asked first, and what is refused takes no room.
///
/// Threads: one owner, but for request_mark() and mark().
class Sequencer {
 public:
  struct Config {
    std::uint32_t batch_commands_max = 1'024;
    /// Command time stands still but for time submissions (time_submission()): for replays. Then
    /// the same submissions in the same order get the same stamps, however they are batched, and
    /// no tick is made for idleness.
    bool is_trace_clock = false;
    /// How long a store may hold everybody up without moving, before it is left behind.
    std::uint64_t store_patience_ns = 250'000'000;
    /// How far the wall clock is believed. A trace clock needs none.
    MarketClock::Config clock;
  };

  /// `committer` is null for a log that executes after_commit. `last` is the newest command the
  /// engine has applied.
  Sequencer(Pipeline& pipeline, Engine& engine, CommandLog& log, Committer* committer,
            const Clock& clock, const Config& config);

  /// Leads from here on, behind `last`.
  void begin(const Leadership& leadership, Stamp last);

  /// Does what there is to do now, at most one batch; never waits for an overlapped log.
  ///
  /// Returns: whether anything was done; if not, sleep until the pipeline's bell or wait_ns().
  /// Errors:  fatal: the log refused what the engine has applied, or another leads.
  [[nodiscard]] Result<bool> step();

  /// How many commands the batch has that the last step() staged; 0 = it staged none.
  [[nodiscard]] std::uint32_t staged_count() const { return staged_count_; }

  /// Refuses what has been submitted and not admitted: the exchange stops.
  void refuse_waiting();

  /// Whether every command admitted so far has been staged.
  [[nodiscard]] bool is_idle() const { return open_count_ == 0; }

  /// How long to sleep when step() had nothing to do. Unit: nanoseconds.
  [[nodiscard]] std::uint64_t wait_ns();

  /// The time a command would be stamped with now. Unit: nanoseconds since 1970-01-01T00:00Z.
  [[nodiscard]] std::uint64_t now_ns();

  /// Asks for a mark at the end of the batch, or at once when there is none.
  void request_mark() { is_mark_wanted_.store(true, std::memory_order_release); }
  /// The mark that was asked for, once.
  [[nodiscard]] std::optional<HashMark> mark();

  [[nodiscard]] Stamp last() const { return last_; }

 private:
  static constexpr std::uint32_t group_max = 8;
  static constexpr std::uint32_t ticks_per_batch_max = 64;
  static constexpr std::uint64_t look_again_ns = 100'000'000;

  [[nodiscard]] bool is_overlapped() const { return committer_ != nullptr; }
  /// What a batch of short commands takes at most. Long ones fill it sooner; what is taken together
  /// with the one that does has its place behind. Unit: bytes.
  [[nodiscard]] std::size_t batch_bytes() const {
    return std::size_t{config_.batch_commands_max} * encoded_short_bytes_max;
  }
  [[nodiscard]] bool is_batch_full() const {
    return open_count_ == config_.batch_commands_max || payload_bytes_ >= batch_bytes();
  }
  // What the journal has room for.
  enum class Disk : std::uint8_t {
    ample,           // a whole batch
    enough,          // what was asked about
    short_of_space,  // not that, until the next segment is ready
    full,            // not that, and the disk is full
  };

  [[nodiscard]] bool admit_waiting();
  [[nodiscard]] std::uint32_t admissible();
  [[nodiscard]] bool has_credit(std::uint32_t commands);
  /// Whether the engine does not know yet that the clock is held.
  [[nodiscard]] bool is_hold_untold() const;
  [[nodiscard]] bool tell_hold();
  void admit(Pipeline::Submission& submission);
  [[nodiscard]] bool admit_ticks();
  [[nodiscard]] bool admit_tick();
  [[nodiscard]] bool admit_time();
  [[nodiscard]] bool is_tick_due();
  [[nodiscard]] Disk look_at_disk(std::uint32_t commands);
  [[nodiscard]] bool is_worth_its_room(CommandType type, Relief relief) const;
  void apply(const Pipeline::Submission& submission);
  void accept_clock(std::int64_t step_ns);
  [[nodiscard]] Result<bool> close_batch();
  [[nodiscard]] Result<bool> stage_batch(const Batch& batch);
  [[nodiscard]] Result<bool> commit_batch(const Batch& batch);
  void batch_closed();
  void give_mark();

  Pipeline& pipeline_;
  Engine& engine_;
  CommandLog& log_;
  OverlappedLog* overlapped_;
  Committer* committer_;
  const Clock& clock_;
  Config config_;
  MarketClock market_clock_;
  Leadership leadership_;
  Stamp last_;

  // The open batch.
  std::vector<std::uint8_t> payload_;
  std::size_t payload_bytes_ = 0;
  std::uint32_t open_count_ = 0;
  std::uint64_t first_command_ = 0;
  std::uint64_t leader_time_ns_ = 0;
  Stamp last_before_batch_;
  std::vector<Pipeline::Submission> unapplied_;  // after_commit only
  std::uint64_t staged_seq_ = 0;
  std::uint32_t staged_count_ = 0;

  std::uint64_t stalled_since_ns_ = 0;  // since when the queues have no room; 0 = they have
  // Trace clock only.
  std::uint64_t trace_now_ns_ = 0;
  std::optional<Pipeline::Submission> held_time_;  // waits for the batch before it

  Disk disk_ = Disk::ample;
  bool is_disk_full_ = false;  // there is room only for what frees something
  std::atomic<bool> is_mark_wanted_{false};
  SpscRing<HashMark> marks_{4};
};

}  // namespace karst
