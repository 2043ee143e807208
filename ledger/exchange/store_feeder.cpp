#include "ledger/exchange/store_feeder.hpp"

#include <string>

namespace karst {

// The port is held while the store takes, and not while it waits for its disk.
std::size_t StoreFeeder::step() {
  if (is_away()) return 0;
  Status status;
  const std::size_t count = port_.take(
      [&](const Delivery& it) {
        status = store_.append(it);
        if (status) taken_.store(it.command.sequence, std::memory_order_release);
        return status.ok();
      },
      poll_commands);
  is_busy_ = !status && status.error().code == ErrorCode::busy;
  if (is_busy_ || (status && (count > 0 || is_wanted()))) status = store_.sync();
  if (status && !port_.is_attached()) {
    status = Error{ErrorCode::busy, "keep up with the exchange", store_.name()};
  }
  if (!status) {
    leave(status.error());
    return 0;
  }
  return count;
}

void StoreFeeder::leave(const Error& error) {
  error_ = error;
  port_.detach();
  is_away_.store(true, std::memory_order_release);
}

Status StoreFeeder::catch_up(CommandLog& log, Replay& replay, const Pipeline& pipeline) {
  if (Status reset = store_.reset(); !reset) return reset;
  StoreCatchUp catch_up(store_);
  if (replay.last().sequence > catch_up.last()) {
    return Error{ErrorCode::trimmed, "find the journal a store has missed", store_.name()};
  }
  catch_up.begin_with(replay);
  const CommandSink sink = [&](const Executed& it) { return catch_up.take(it); };
  for (std::uint32_t round = 0; round < rounds_max; ++round) {
    const std::uint64_t durable = pipeline.durable();
    if (durable - replay.last().sequence <= gap_max) break;
    if (Status taken = replay_log(log, replay, durable, sink); !taken) return taken;
  }
  const std::uint64_t missed = port_.attach();
  Status taken = replay_log(log, replay, missed, sink);
  if (taken) taken = catch_up.finish();
  if (!taken) {
    port_.detach();
    return taken;
  }
  KARST_ASSERT(catch_up.last() == missed);
  begin_after(missed);
  is_away_.store(false, std::memory_order_release);
  return {};
}

Status StoreCatchUp::take(const Executed& executed) {
  const std::uint64_t sequence = executed.command.sequence;
  if (sequence <= last_) return store_->compare(executed);
  KARST_ASSERT(sequence == last_ + 1);
  Status appended = store_->append(executed);
  if (!appended && appended.error().code == ErrorCode::busy) {
    if (Status finished = finish(); !finished) return finished;
    appended = store_->append(executed);
  }
  if (!appended) return appended;
  last_ = sequence;
  if (++unsynced_ < sync_every_commands) return {};
  return finish();
}

Status StoreCatchUp::finish() {
  unsynced_ = 0;
  if (Status synced = store_->sync(); !synced) return synced;
  while (true) {
    const Result<bool> did = store_->work();
    if (!did || !*did) return {};  // an error may pass; what it stops comes out with append()
  }
}

}  // namespace karst
