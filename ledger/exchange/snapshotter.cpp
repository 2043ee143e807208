#include "ledger/exchange/snapshotter.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/exchange/recovery.hpp"
#include "ledger/snapshot/engine_snapshot.hpp"

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
  if (floor_) {
    if (Status trimmed = trim(); !trimmed) return trimmed;
  }
  if (!mark_ && !is_asked_) {
    if (!is_due() && !is_requested_.exchange(false, std::memory_order_acq_rel)) return {};
    is_asked_ = true;
    log_bytes_seen_ = log_.bytes_written();
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
  // So that the next start can begin with this one.
  for (DerivedStore* store : stores_) store->want_durable(mark.sequence);
  if (Status found = find_floor(); !found || !floor_) return found;
  return trim();
}

bool Snapshotter::is_due() const {
  const std::uint64_t durable = pipeline_.durable();
  if (policy_.every_commands == 0 || durable <= newest()) return false;
  return durable - newest() >= policy_.every_commands ||
         log_.bytes_written() - log_bytes_seen_ >= policy_.every_journal_bytes;
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

Status Snapshotter::find_floor() {
  const Result<std::vector<SnapshotInfo>> verified = snapshots_.newest_verified();
  if (!verified) return verified.error();
  if (verified.value().size() < SnapshotStore::kept_min) return {};
  floor_ = verified.value().back();
  return {};
}

// A store that is behind the older snapshot still needs what comes before it: it is told, and
// asked again with the next step.
Status Snapshotter::trim() {
  bool is_behind = false;
  for (DerivedStore* store : stores_) {
    store->want_trim_floor(floor_->command);
    is_behind = is_behind || store->trim_floor() < floor_->command;
  }
  if (is_behind) return {};
  const SnapshotInfo older = *std::exchange(floor_, std::nullopt);
  const Result<std::uint64_t> removed = snapshots_.trim();
  if (!removed) return removed.error();
  // The batch the snapshot ends with stays: its hash shows that the two belong together.
  return log_.trim(older.log_seq - 1);
}

}  // namespace karst
