#include "tests/support/machine/sim_log.hpp"

#include <string>

namespace karst::sim {

std::uint64_t SimLog::next_command() const {
  if (stored_.empty()) return trimmed_next_command_;
  return stored_.back().first_command + stored_.back().count;
}

Result<Leadership> SimLog::acquire(std::uint32_t shard) {
  epoch_ += 1;
  asking_epoch_ = epoch_;
  unresolved_seq_ = 0;
  stored_.push_back({epoch_, next_command(), 0, 0, {}});
  return Leadership{shard, epoch_};
}

void SimLog::rival_takes_over() {
  epoch_ += 1;
  stored_.push_back({epoch_, next_command(), 0, 0, {}});
}

Result<Appended> SimLog::append(const Leadership& leadership, const Batch& batch) {
  KARST_ASSERT(batch.count > 0);
  if (leadership.epoch != epoch_) return Appended{AppendOutcome::fenced, 0};
  KARST_ASSERT(unresolved_seq_ == 0);
  KARST_ASSERT(batch.first_command == next_command());
  Fate fate = Fate::committed;
  if (!plan_.empty()) {
    fate = plan_.front();
    plan_.pop_front();
  }
  if (fate == Fate::busy) return Error{ErrorCode::busy, "append", "the simulated log"};
  if (fate == Fate::no_space) return Error{ErrorCode::no_space, "append", "the simulated log"};
  const std::uint64_t seq = next_seq();
  if (fate == Fate::committed || fate == Fate::unknown_mine) {
    stored_.push_back({leadership.epoch,
                       batch.first_command,
                       batch.count,
                       batch.leader_time_ns,
                       {batch.payload.begin(), batch.payload.end()}});
  }
  if (fate == Fate::fenced || fate == Fate::unknown_other) rival_takes_over();
  if (fate == Fate::committed) return Appended{AppendOutcome::committed, seq};
  if (fate == Fate::fenced) return Appended{AppendOutcome::fenced, 0};
  unresolved_seq_ = seq;
  return Appended{AppendOutcome::unknown, seq};
}

Result<Resolution> SimLog::resolve(std::uint64_t seq) {
  if (seq == unresolved_seq_) unresolved_seq_ = 0;
  if (seq >= next_seq()) return Resolution::absent;
  if (seq <= trimmed_) {
    return Error{ErrorCode::trimmed, "resolve batch " + std::to_string(seq), "the simulated log"};
  }
  const Stored& stored = stored_[seq - trimmed_ - 1];
  return stored.epoch == asking_epoch_ ? Resolution::mine : Resolution::other;
}

Status SimLog::follow(std::uint64_t from_seq, const BatchSink& sink) {
  if (from_seq <= trimmed_) {
    return Error{ErrorCode::trimmed, "follow from " + std::to_string(from_seq),
                 "the simulated log"};
  }
  for (std::uint64_t seq = from_seq; seq < next_seq(); ++seq) {
    const Stored& stored = stored_[seq - trimmed_ - 1];
    const LoggedBatch batch{seq,
                            stored.epoch,
                            stored.first_command,
                            stored.count,
                            stored.leader_time_ns,
                            stored.payload,
                            {}};
    if (!sink(batch)) return {};
  }
  return {};
}

Status SimLog::trim(std::uint64_t up_to_seq) {
  while (stored_.size() > 1 && trimmed_ < up_to_seq) {
    trimmed_next_command_ = stored_.front().first_command + stored_.front().count;
    stored_.pop_front();
    trimmed_ += 1;
  }
  return {};
}

}  // namespace karst::sim
