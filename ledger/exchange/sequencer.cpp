#include "ledger/exchange/sequencer.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "engine/base/assert.hpp"
#include "engine/command/rules.hpp"
#include "ledger/journal/journal_frame.hpp"

namespace karst {
namespace {

bool is_time_submission(const Pipeline::Submission& submission) {
  return submission.command.type == CommandType::tick && submission.command.time.value() > 0;
}

}  // namespace

Sequencer::Sequencer(Pipeline& pipeline, Engine& engine, CommandLog& log, Committer* committer,
                     const Clock& clock, const Config& config)
    : pipeline_(pipeline),
      engine_(engine),
      log_(log),
      overlapped_(committer != nullptr ? static_cast<OverlappedLog*>(&log) : nullptr),
      committer_(committer),
      clock_(clock),
      config_(config),
      market_clock_(config.clock),
      payload_(batch_bytes() + std::size_t{group_max} * encoded_command_bytes_max) {
  KARST_ASSERT(config.batch_commands_max > 0);
  KARST_ASSERT((log.execute() == Execute::overlapped) == (committer != nullptr));
}

void Sequencer::begin(const Leadership& leadership, Stamp last) {
  leadership_ = leadership;
  last_ = last;
  trace_now_ns_ = static_cast<std::uint64_t>(last.time.value());
  if (config_.is_trace_clock) return;
  market_clock_.begin(read_together(clock_),
                      last.sequence == 0 ? std::nullopt : std::optional(last.time));
  static_cast<void>(now_ns());
}

std::uint64_t Sequencer::now_ns() {
  if (config_.is_trace_clock) return trace_now_ns_;
  const std::uint64_t now = market_clock_.read(read_together(clock_));
  pipeline_.set_clock_apart(market_clock_.is_held() ? market_clock_.wall_ahead_ns() : 0);
  return now;
}

Result<bool> Sequencer::step() {
  staged_count_ = 0;
  bool told = open_count_ == 0 && tell_hold();
  const bool admitted = admit_waiting();
  // What was refused has not carried on what is left over.
  const bool ticked = open_count_ == 0 && admit_ticks();
  told = (open_count_ == 0 && tell_hold()) || told;  // which has looked at the clock
  const Result<bool> closed = close_batch();
  if (!closed) return closed;
  return told || admitted || ticked || *closed;
}

void Sequencer::refuse_waiting() {
  if (held_time_) pipeline_.refuse(*held_time_, Submitted::stopped);
  held_time_.reset();
  Pipeline::Submission submission;
  while (pipeline_.take(submission)) pipeline_.refuse(submission, Submitted::stopped);
}

bool Sequencer::admit_waiting() {
  if (held_time_) return admit_time();
  bool is_any = false;
  std::array<Pipeline::Submission, group_max> group;
  while (!is_batch_full()) {
    const std::uint32_t wanted = admissible();
    std::uint32_t count = 0;
    while (count < wanted && pipeline_.take(group[count])) {
      if (config_.is_trace_clock && is_time_submission(group[count])) {
        held_time_ = group[count];
        is_any = true;
        break;
      }
      engine_.prefetch_first(group[count].command);
      ++count;
    }
    for (std::uint32_t i = 0; i < count; ++i) engine_.prefetch_second(group[i].command);
    for (std::uint32_t i = 0; i < count; ++i) engine_.prefetch_third(group[i].command);
    // The clock may have gone wrong since they were let in.
    if (count > 0 && open_count_ == 0) static_cast<void>(now_ns());
    for (std::uint32_t i = 0; i < count; ++i) {
      const Command& command = group[i].command;
      if (is_disk_full_ && !is_worth_its_room(command.type, engine_.relief(command))) {
        pipeline_.refuse(group[i], Submitted::disk_full);
      } else if (pipeline_.is_refused_by_clock(command, group[i].port)) [[unlikely]] {
        pipeline_.refuse(group[i], Submitted::clock_held);
      } else {
        admit(group[i]);
      }
    }
    is_any = is_any || count > 0;
    if (count < wanted || wanted == 0) break;
  }
  return is_any;
}

// How many submissions may be taken now: none when the queues have no room, or when the journal is
// about to get some.
std::uint32_t Sequencer::admissible() {
  // Commands not applied yet still need their room.
  const auto unapplied = static_cast<std::uint32_t>(unapplied_.size());
  std::uint32_t count = std::min(group_max, config_.batch_commands_max - open_count_);
  if (!pipeline_.has_credit(unapplied + count)) count = 1;
  if (!has_credit(unapplied + count)) return 0;
  disk_ = look_at_disk(count);
  if (disk_ == Disk::short_of_space && count > 1) {
    count = 1;
    disk_ = look_at_disk(count);
  }
  if (disk_ != Disk::short_of_space) return count;
  pipeline_.housekeeper_bell().ring();
  return 0;
}

// Whoever is slow slows the others down; but a store that has stopped must not stop them.
bool Sequencer::has_credit(std::uint32_t commands) {
  if (pipeline_.has_credit(commands)) {
    stalled_since_ns_ = 0;
    return true;
  }
  const std::uint64_t now = clock_.steady_ns();
  if (stalled_since_ns_ == 0) stalled_since_ns_ = now;
  if (now - stalled_since_ns_ < config_.store_patience_ns) return false;
  pipeline_.leave_behind();
  return pipeline_.has_credit(commands);
}

Sequencer::Disk Sequencer::look_at_disk(std::uint32_t commands) {
  if (!is_overlapped()) return Disk::ample;
  if (open_count_ != 0 && disk_ == Disk::ample) return disk_;
  is_disk_full_ = pipeline_.is_disk_full();
  // Whether the disk is full or the next segment is only late: the housekeeper is to find out
  // first, or orders would use up what is kept for cancels.
  if (!is_disk_full_ && !overlapped_->has_room_for_orders()) return Disk::short_of_space;
  const std::uint64_t left = overlapped_->space_left();
  const std::uint64_t space = left - std::min(left, overlapped_->start_reserve());
  // Looked at again for every command where each has to be worth its room.
  if (!is_disk_full_ && space >= journal_frame_bytes(payload_.size())) return Disk::ample;
  const std::size_t bytes = payload_bytes_ + commands * encoded_command_bytes_max;
  if (space >= journal_frame_bytes(bytes)) return Disk::enough;
  return is_disk_full_ ? Disk::full : Disk::short_of_space;
}

// Full disk only: whether there is room for one more command, of which it is known what it frees.
bool Sequencer::is_worth_its_room(CommandType type, Relief relief) const {
  if (relief == Relief::none) return false;
  const std::uint64_t kept =
      relief == Relief::utmost ? overlapped_->start_reserve() : overlapped_->last_reserve();
  const std::size_t bytes = payload_bytes_ + encoded_bytes_max(type);
  return overlapped_->space_left() >= kept + journal_frame_bytes(bytes);
}

bool Sequencer::is_hold_untold() const {
  return market_clock_.is_held() && !engine_.is_clock_held() &&
         engine_.rules() >= rules_of_held_clock;
}

// The engine has no clock: that a hold begins or ends stands in the journal.
bool Sequencer::tell_hold() {
  const bool is_held = market_clock_.is_held();
  if (config_.is_trace_clock || last_.sequence == 0 || is_held == engine_.is_clock_held()) {
    return false;
  }
  if (engine_.rules() < rules_of_held_clock || !has_credit(1)) return false;
  disk_ = look_at_disk(1);
  // Until it is told time stands still, also for what protects: it is worth the last room.
  const Relief relief = is_held ? Relief::utmost : Relief::some;
  if (is_disk_full_ && !is_worth_its_room(CommandType::clock_held, relief)) return false;
  if (disk_ == Disk::short_of_space) {
    pipeline_.housekeeper_bell().ring();
    return false;
  }
  Pipeline::Submission word;
  word.command.type = CommandType::clock_held;
  word.command.clock_held.held = is_held;
  admit(word);
  return true;
}

void Sequencer::admit(Pipeline::Submission& submission) {
  if (open_count_ == 0) {
    first_command_ = last_.sequence + 1;
    const std::uint64_t now = now_ns();
    // The reading that shows a hold may have moved on far: nothing is due by it before it is told.
    leader_time_ns_ = is_hold_untold() ? static_cast<std::uint64_t>(last_.time.value()) : now;
    last_before_batch_ = last_;
  }
  Command& command = submission.command;
  last_ = next_stamp(last_, leader_time_ns_, open_count_);
  command.sequence = last_.sequence;
  command.time = last_.time;
  payload_bytes_ += encode_command(command, std::span(payload_).subspan(payload_bytes_));
  ++open_count_;
  if (is_overlapped()) {
    apply(submission);
  } else {
    unapplied_.push_back(submission);
  }
}

void Sequencer::apply(const Pipeline::Submission& submission) {
  EventRing& ring = pipeline_.events_of_next();
  const Applied applied = engine_.apply(submission.command, ring);
  const CommandType type = submission.command.type;
  if (type == CommandType::accept_clock || type == CommandType::confirm) [[unlikely]] {
    for (std::uint64_t at = applied.first; at < applied.first + applied.count; ++at) {
      if (ring.at(at).type == EventType::clock_accepted) accept_clock(ring.at(at).clock.step_ns);
    }
  }
  pipeline_.applied(submission, applied);
}

// An operator's word, or that of two.
void Sequencer::accept_clock(std::int64_t step_ns) {
  static_cast<void>(market_clock_.accept(step_ns));
  static_cast<void>(now_ns());  // whoever is answered finds the door open
}

bool Sequencer::is_tick_due() {
  if (last_.sequence == 0) return false;  // the first command is the configuration
  if (engine_.has_pending_work()) return true;
  return engine_.next_due().value() <= static_cast<std::int64_t>(now_ns());
}

/// A new time begins a batch of its own, because a batch has one. What is due fires in as many
/// ticks as it takes; the last one carries the handle of who asked.
bool Sequencer::admit_time() {
  if (open_count_ != 0 || !pipeline_.has_credit(1)) return false;
  const Disk disk = look_at_disk(1);
  if (disk == Disk::full ||
      (is_disk_full_ && !is_worth_its_room(CommandType::tick, Relief::some))) {
    pipeline_.refuse(*held_time_, Submitted::disk_full);
    held_time_.reset();
    return true;
  }
  if (disk == Disk::short_of_space) {
    pipeline_.housekeeper_bell().ring();
    return false;
  }
  Pipeline::Submission tick = *held_time_;
  trace_now_ns_ =
      std::max(trace_now_ns_, static_cast<std::uint64_t>(held_time_->command.time.value()));
  if (is_tick_due()) {
    tick.handle = 0;
    tick.port = 0;
  } else {
    held_time_.reset();
  }
  admit(tick);
  return true;
}

// Left-over work goes on, a little per tick, until somebody speaks or the batch is long enough.
bool Sequencer::admit_ticks() {
  if (!admit_tick()) return false;
  const std::uint32_t most = std::min(ticks_per_batch_max, config_.batch_commands_max);
  while (is_overlapped() && open_count_ < most && !is_batch_full() && engine_.has_pending_work()) {
    if (pipeline_.has_submissions() || !admit_tick()) break;
  }
  return true;
}

bool Sequencer::admit_tick() {
  if (config_.is_trace_clock) return false;
  if (pipeline_.is_stopped() || !is_tick_due() || !has_credit(1)) return false;
  // One batch of idle work at a time: a tick is never worth a queue.
  if (is_overlapped() && staged_seq_ > overlapped_->durable_seq()) return false;
  disk_ = look_at_disk(1);
  // What a kill switch or a mass cancel has begun may be carried out to its end.
  const Relief relief = engine_.has_pending_work() ? Relief::utmost : Relief::some;
  if (is_disk_full_ && !is_worth_its_room(CommandType::tick, relief)) disk_ = Disk::full;
  if (disk_ == Disk::full || disk_ == Disk::short_of_space) return false;
  Pipeline::Submission tick;
  tick.command.type = CommandType::tick;
  admit(tick);
  return true;
}

std::uint64_t Sequencer::wait_ns() {
  if (stalled_since_ns_ != 0) return look_again_ns;
  const std::uint64_t limit = disk_ == Disk::ample ? Bell::for_ever : look_again_ns;
  const bool is_syncing = is_overlapped() && staged_seq_ > overlapped_->durable_seq();
  if (last_.sequence == 0 || open_count_ != 0 || is_syncing) return limit;
  if (disk_ == Disk::full || disk_ == Disk::short_of_space) return limit;
  if (config_.is_trace_clock) return limit;
  if (engine_.has_pending_work()) return 0;
  const std::int64_t due = engine_.next_due().value();
  const auto now = static_cast<std::int64_t>(now_ns());
  if (due <= now) return 0;
  // A wall clock that goes wrong, or is right again, is seen before long.
  return std::min({limit, static_cast<std::uint64_t>(due - now), look_again_ns});
}

Result<bool> Sequencer::close_batch() {
  if (open_count_ == 0) {
    if (last_.sequence != 0) give_mark();
    return false;
  }
  Batch batch;
  batch.first_command = first_command_;
  batch.count = open_count_;
  batch.leader_time_ns = leader_time_ns_;
  batch.payload = std::as_bytes(std::span(payload_).first(payload_bytes_));
  return is_overlapped() ? stage_batch(batch) : commit_batch(batch);
}

Result<bool> Sequencer::stage_batch(const Batch& batch) {
  const bool is_wanted = is_batch_full() || held_time_;
  if (!is_wanted && staged_seq_ > overlapped_->durable_seq()) return false;
  const Result<std::uint64_t> seq = overlapped_->stage(leadership_, batch);
  if (!seq && seq.error().code == ErrorCode::busy) {
    committer_->bell().ring();  // it may be a new segment that is wanted
    return false;
  }
  if (!seq) return seq.error();
  staged_seq_ = *seq;
  staged_count_ = open_count_;
  // The log is busy long before this many batches wait.
  KARST_ASSERT(committer_->staged(*seq, last_.sequence));
  batch_closed();
  return true;
}

Result<bool> Sequencer::commit_batch(const Batch& batch) {
  const Result<Appended> appended = log_.append(leadership_, batch);
  if (!appended && appended.error().code == ErrorCode::busy) return false;
  // Without its configuration an exchange cannot go on as if nothing had been said.
  const bool is_beginning = last_before_batch_.sequence == 0;
  if (!appended && appended.error().code == ErrorCode::no_space && !is_beginning) {
    for (const Pipeline::Submission& it : unapplied_) pipeline_.refuse(it, Submitted::disk_full);
    unapplied_.clear();
    open_count_ = 0;
    payload_bytes_ = 0;
    last_ = last_before_batch_;
    return true;
  }
  if (!appended) return appended.error();
  bool is_committed = appended->outcome == AppendOutcome::committed;
  if (appended->outcome == AppendOutcome::unknown) {
    const Result<Resolution> resolution = log_.resolve(appended->seq);
    if (!resolution) return resolution.error();
    is_committed = *resolution == Resolution::mine;
  }
  if (!is_committed) return Error{ErrorCode::fenced, "append a batch", "the command log"};
  for (const Pipeline::Submission& submission : unapplied_) apply(submission);
  unapplied_.clear();
  pipeline_.release(last_.sequence);
  batch_closed();
  return true;
}

void Sequencer::batch_closed() {
  give_mark();
  open_count_ = 0;
  payload_bytes_ = 0;
}

void Sequencer::give_mark() {
  if (!is_mark_wanted_.load(std::memory_order_acquire)) return;
  is_mark_wanted_.store(false, std::memory_order_release);
  // Full: nobody came for the marks before, and nobody misses this one.
  static_cast<void>(marks_.push({last_.sequence, engine_.event_hash()}));
}

std::optional<HashMark> Sequencer::mark() {
  const HashMark* mark = marks_.front();
  if (mark == nullptr) return std::nullopt;
  const HashMark taken = *mark;
  marks_.pop();
  return taken;
}

}  // namespace karst
