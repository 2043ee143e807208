#include "ledger/snapshotter.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/engine_snapshot.hpp"
#include "ledger/recovery.hpp"

namespace karst {

Snapshotter::Snapshotter(CommandLog& log, SnapshotStore& snapshots, Pipeline& pipeline,
                         Sequencer& sequencer, std::vector<DerivedStore*> stores,
                         std::uint32_t shard, const SnapshotPolicy& policy)
    : log_(log),
      snapshots_(snapshots),
      pipeline_(pipeline),
      sequencer_(sequencer),
      stores_(std::move(stores)),
      shard_(shard),
      policy_(policy) {
  const Result<std::vector<std::uint64_t>> found = snapshots_.commands();
  if (found && !found.value().empty()) newest_ = found.value().front();
}

Status Snapshotter::step() {
  if (!mark_ && !is_asked_) {
    const std::uint64_t durable = pipeline_.durable();
    const bool is_due = policy_.every_commands != 0 && durable >= newest() &&
                        durable - newest() >= policy_.every_commands;
    if (!is_due && !is_requested_.exchange(false, std::memory_order_acq_rel)) return {};
    is_asked_ = true;
    sequencer_.request_mark();
    pipeline_.sequencer_bell().ring();
    return {};
  }
  if (!mark_) mark_ = sequencer_.mark();
  if (!mark_ || pipeline_.durable() < mark_->sequence) return {};
  is_asked_ = false;
  const HashMark mark = *std::exchange(mark_, std::nullopt);
  if (mark.sequence == newest()) return {};
  if (Status made = make(mark); !made) return made;
  newest_.store(mark.sequence, std::memory_order_release);
  return trim();
}

Status Snapshotter::make(const HashMark& mark) {
  if (!shadow_) shadow_ = replay_from(&snapshots_, mark.sequence);
  if (Status replayed = replay_log(log_, *shadow_, mark.sequence, nullptr); !replayed) {
    shadow_.reset();  // half a batch may have been applied
    return replayed;
  }
  const bool is_same = shadow_->last().sequence == mark.sequence &&
                       shadow_->engine().event_hash() == mark.event_hash;
  if (!is_same) {
    return Error{ErrorCode::invalid,
                 "compare the shadow with the engine at command " + std::to_string(mark.sequence),
                 "the engine"};
  }
  return write_engine_snapshot(snapshots_, shard_, shadow_->engine(), shadow_->last(),
                               shadow_->log_seq(), shadow_->log_hash());
}

Status Snapshotter::trim() {
  const Result<std::vector<SnapshotInfo>> verified = snapshots_.newest_verified();
  if (!verified) return verified.error();
  if (verified.value().size() < SnapshotStore::kept_min) return {};
  const SnapshotInfo& older = verified.value().back();
  // A store that is behind the older snapshot still needs what comes before it.
  const auto is_behind = [&](const DerivedStore* it) { return it->trim_floor() < older.command; };
  if (std::ranges::any_of(stores_, is_behind)) return {};
  const Result<std::uint64_t> removed = snapshots_.trim();
  if (!removed) return removed.error();
  // The batch the snapshot ends with stays: its hash shows that the two belong together.
  return log_.trim(older.log_seq - 1);
}

}  // namespace karst
