#include "ledger/exchange/recovery.hpp"

#include <algorithm>
#include <utility>

#include "ledger/exchange/store_feeder.hpp"
#include "ledger/snapshot/engine_snapshot.hpp"

namespace karst {
namespace {

constexpr std::uint64_t no_sequence = ~std::uint64_t{0};
constexpr std::uint64_t ns_per_ms = 1'000'000;

// Brings all stores forward at once, each from where it stands.
class StoresCatchUp {
 public:
  explicit StoresCatchUp(const std::vector<DerivedStore*>& stores) {
    for (DerivedStore* store : stores) {
      stores_.emplace_back(*store);
      entries_.push_back({store->name(), store->durable_sequence(), 0, std::nullopt});
    }
  }

  /// The command behind which a replay gives every store what it lacks.
  [[nodiscard]] std::uint64_t floor() const {
    std::uint64_t floor = no_sequence;
    for (const RecoveryReport::Store& entry : entries_) {
      if (!entry.error) floor = std::min(floor, entry.from);
    }
    return floor;
  }

  /// The journal begins behind `sequence`: a store that lacks what came before stays behind.
  void leave_before(std::uint64_t sequence) {
    for (RecoveryReport::Store& entry : entries_) {
      if (entry.error || entry.from >= sequence) continue;
      entry.error = Error{ErrorCode::trimmed,
                          "bring a store on from command " + std::to_string(entry.from) +
                              ": the journal begins behind command " + std::to_string(sequence),
                          entry.name};
    }
  }

  /// The replay is where it begins.
  void begin_with(Replay& replay) {
    for (StoreCatchUp& store : stores_) store.begin_with(replay);
  }

  void take(const Executed& executed) {
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      if (entries_[i].error) continue;
      const Status taken = stores_[i].take(executed);
      if (!taken) entries_[i].error = taken.error();
    }
  }

  std::vector<RecoveryReport::Store> finish() {
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      if (!entries_[i].error) {
        const Status synced = stores_[i].finish();
        if (!synced) entries_[i].error = synced.error();
      }
      entries_[i].to = stores_[i].store().durable_sequence();
    }
    return std::move(entries_);
  }

 private:
  std::vector<StoreCatchUp> stores_;
  std::vector<RecoveryReport::Store> entries_;
};

// Whether the log begins with its first batch.
Result<bool> is_whole(CommandLog& log) {
  const Status followed = log.follow(1, [](const LoggedBatch&) { return false; });
  if (followed) return true;
  if (followed.error().code == ErrorCode::trimmed) return false;
  return followed.error();
}

// A replay from where every store can be given what it lacks; of a journal that no longer reaches
// so far back, from the oldest good snapshot there is for as many as can.
Result<Replay> begin_replay(CommandLog& log, SnapshotStore* snapshots, StoresCatchUp& stores,
                            RecoveryReport& report) {
  Replay replay = replay_from(snapshots, stores.floor(), &report.snapshots_refused);
  if (replay.has_engine() || snapshots == nullptr) return replay;
  const Result<bool> whole = is_whole(log);
  if (!whole) return whole.error();
  if (*whole) return replay;
  Result<std::vector<std::uint64_t>> commands = snapshots->commands();
  if (!commands) return commands.error();
  for (auto oldest = commands->rbegin(); oldest != commands->rend(); ++oldest) {
    stores.leave_before(*oldest);
    report.snapshots_refused.clear();
    replay = replay_from(snapshots, stores.floor(), &report.snapshots_refused);
    if (replay.has_engine()) break;
  }
  return replay;
}

}  // namespace

std::string RecoveryReport::text() const {
  std::string line = "recovered command " + std::to_string(sequence) + " (batch " +
                     std::to_string(log_seq) + ", time " + std::to_string(time.value()) + "): ";
  line += snapshot_sequence == 0 ? std::string("no snapshot")
                                 : "snapshot at " + std::to_string(snapshot_sequence);
  line += ", " + std::to_string(commands_replayed) + " commands replayed in " +
          std::to_string(took_ns / ns_per_ms) + " ms";
  for (const std::string& refused : snapshots_refused) line += "; refused " + refused;
  for (const Store& store : stores) {
    line +=
        "; " + store.name + " " + std::to_string(store.from) + " to " + std::to_string(store.to);
    if (store.error) line += " (left behind: " + store.error->text() + ")";
  }
  return line;
}

Replay replay_from(SnapshotStore* snapshots, std::uint64_t sequence,
                   std::vector<std::string>* refused) {
  if (snapshots == nullptr) return Replay();
  EngineSink sink;
  Result<SnapshotLoad> load = snapshots->load(sink, sequence);
  // No good one: the journal may still be whole, and says so itself if it is not.
  if (!load && refused != nullptr) refused->push_back(load.error().text());
  if (!load) return Replay();
  if (refused != nullptr) {
    for (const Error& error : load->rejected) refused->push_back(error.text());
  }
  if (!load->info) return Replay();
  const SnapshotInfo& info = *load->info;
  return Replay(sink.take_engine(),
                Stamp{info.command, Time{static_cast<std::int64_t>(info.time_ns)}}, info.log_seq,
                info.log_hash);
}

Result<Recovered> recover(CommandLog& log, SnapshotStore* snapshots,
                          const std::vector<DerivedStore*>& stores, const Clock& clock) {
  const std::uint64_t begun_ns = clock.steady_ns();
  Recovered recovered;
  RecoveryReport& report = recovered.report;
  StoresCatchUp catch_up(stores);
  Result<Replay> begun = begin_replay(log, snapshots, catch_up, report);
  if (!begun) return begun.error();
  Replay& replay = *begun;
  catch_up.begin_with(replay);
  report.snapshot_sequence = replay.last().sequence;
  CommandSink sink;
  if (!stores.empty()) {
    sink = [&](const Executed& executed) {
      catch_up.take(executed);
      return Status{};
    };
  }
  if (Status replayed = replay_log(log, replay, no_sequence - 1, sink); !replayed) {
    return replayed.error();
  }
  for (const DerivedStore* store : stores) {
    if (store->durable_sequence() <= replay.last().sequence) continue;
    return Error{
        ErrorCode::invalid,
        "find command " + std::to_string(store->durable_sequence()) + " of a store in the journal",
        store->name()};
  }
  report.stores = catch_up.finish();
  report.commands_replayed = replay.commands();
  report.sequence = replay.last().sequence;
  report.time = replay.last().time;
  report.log_seq = replay.log_seq();
  report.took_ns = clock.steady_ns() - begun_ns;
  recovered.last = replay.last();
  recovered.log_seq = replay.log_seq();
  recovered.engine = replay.take_engine();
  return recovered;
}

}  // namespace karst
