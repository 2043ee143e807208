#include "ledger/exchange/committer.hpp"

#include "engine/base/plant.hpp"

namespace karst {

bool Committer::staged(std::uint64_t log_seq, std::uint64_t last_sequence) {
  if (!batches_.push({log_seq, last_sequence})) return false;
  if constexpr (planted("ack_before_sync")) static_cast<void>(release_durable(log_seq));
  return true;
}

Result<bool> Committer::step() {
  if (has_failed_) return Error{ErrorCode::poisoned, "sync", "the command journal"};
  if (log_.has_staged()) {
    const Result<std::uint64_t> durable = log_.sync();
    if (!durable) {
      has_failed_ = true;
      return durable.error();
    }
    cover_tries_ = 0;
    static_cast<void>(release_durable(*durable));
    pipeline_.sequencer_bell().ring();
    return true;
  }
  // A batch may be staged, synced by an awake sync thread, and only then noted by staged().
  if (release_durable(log_.durable_seq())) return true;
  if (cover_tries_ == cover_tries_max) return false;
  ++cover_tries_;
  const Result<bool> covered = log_.cover_if_idle();
  if (!covered) {
    has_failed_ = true;
    return covered.error();
  }
  if (*covered) cover_tries_ = cover_tries_max;
  return false;
}

std::uint64_t Committer::wait_ns() const {
  return cover_tries_ == cover_tries_max ? Bell::for_ever : cover_interval_ns;
}

bool Committer::release_durable(std::uint64_t durable_seq) {
  std::uint64_t sequence = pipeline_.durable();
  const bool is_any = batches_.front() != nullptr && batches_.front()->log_seq <= durable_seq;
  for (const StagedBatch* batch = batches_.front();
       batch != nullptr && batch->log_seq <= durable_seq; batch = batches_.front()) {
    sequence = batch->last_sequence;
    batches_.pop();
  }
  pipeline_.release(sequence);
  return is_any;
}

Status prepare_log(Pipeline& pipeline, OverlappedLog& log) {
  const Status prepared = log.prepare();
  const bool is_full = !prepared && prepared.error().code == ErrorCode::no_space;
  if (!prepared && !is_full) return prepared;
  pipeline.set_disk_full(is_full && !log.has_room_for_orders());
  pipeline.sequencer_bell().ring();
  return {};
}

}  // namespace karst
