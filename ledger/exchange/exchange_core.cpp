#include "ledger/exchange/exchange_core.hpp"

#include <utility>

#include "ledger/exchange/growth.hpp"

namespace karst {
ExchangeCore::ExchangeCore(const ExchangeConfig& config, const Clock& clock, CommandLog& log,
                           SnapshotStore* snapshots)
    : shard_(config.shard),
      sizes_(config.sizes),
      sequencer_config_(config.sequencer),
      snapshot_policy_(config.snapshots),
      may_grow_(config.may_grow),
      clock_(clock),
      log_(log),
      overlapped_(log.execute() == Execute::overlapped ? static_cast<OverlappedLog*>(&log)
                                                       : nullptr),
      snapshots_(snapshots),
      pipeline_(config.pipeline) {}

void ExchangeCore::add_store(DerivedStore& store, std::function<void()> wake) {
  Port& port = pipeline_.open_port(store.name(), std::move(wake), Hold::while_moving);
  feeders_.push_back(std::make_unique<StoreFeeder>(store, port));
  stores_.push_back(&store);
}

Result<Recovered> ExchangeCore::recover_ours() {
  Result<Recovered> recovered = recover(log_, snapshots_, stores_, clock_);
  if (!recovered || recovered->engine == nullptr) return recovered;
  const Result<std::string> growth = growth_of(*recovered->engine, sizes_);
  if (!growth) return growth.error();
  if (growth->empty() || may_grow_ == nullptr) return recovered;
  if (Status granted = may_grow_(); !granted) return granted.error();
  return recovered;
}

Result<Recovered> ExchangeCore::recover_and_lead(Leadership& leadership) {
  // A journal of our own is read before it is written to: who has another configuration leaves it
  // as it was. Of a shared one, nobody else may write while it is read.
  if (overlapped_ == nullptr) {
    const Result<Leadership> acquired = log_.acquire(shard_);
    if (!acquired) return acquired.error();
    leadership = *acquired;
    return recover_ours();
  }
  Result<Recovered> recovered = recover_ours();
  if (!recovered) return recovered;
  const Result<Leadership> acquired = log_.acquire(shard_);
  if (!acquired) return acquired.error();
  leadership = *acquired;
  return recovered;
}

Result<RecoveryReport> ExchangeCore::begin() {
  KARST_ASSERT(engine_ == nullptr);
  Leadership leadership;
  Result<Recovered> recovered = recover_and_lead(leadership);
  if (!recovered) return recovered.error();
  const bool is_new = recovered->engine == nullptr;
  engine_ = is_new ? std::make_unique<Engine>(sizes_) : std::move(recovered->engine);
  // What two operators have to say, whoever starts the exchange cannot say alone.
  if (engine_->four_eyes().is_on != 0) sequencer_config_.clock.is_wall_accepted = false;
  if (overlapped_ != nullptr) committer_ = std::make_unique<Committer>(pipeline_, *overlapped_);
  sequencer_ = std::make_unique<Sequencer>(pipeline_, *engine_, log_, committer_.get(), clock_,
                                           sequencer_config_);
  if (overlapped_ != nullptr) {
    if (Status prepared = prepare_log(pipeline_, *overlapped_); !prepared) return prepared.error();
  }
  pipeline_.begin_after(recovered->last.sequence);
  sequencer_->begin(leadership, recovered->last);
  for (std::size_t i = 0; i < feeders_.size(); ++i) {
    feeders_[i]->begin_after(recovered->last.sequence);
    if (recovered->report.stores[i].error) feeders_[i]->leave(*recovered->report.stores[i].error);
  }
  if (is_new) {
    Command configure;
    configure.type = CommandType::configure;
    configure.configure = sizes_;
    if (pipeline_.submit(configure, 0, 0) != Submitted::accepted) {
      return Error{ErrorCode::no_space, "begin a journal", "the command log"};
    }
  }
  if (snapshots_ != nullptr) {
    snapshotter_ = std::make_unique<Snapshotter>(log_, *snapshots_, pipeline_, *sequencer_, stores_,
                                                 shard_, snapshot_policy_);
  }
  return std::move(recovered->report);
}

Status ExchangeCore::bring_back(StoreFeeder& feeder) {
  KARST_ASSERT(feeder.is_away());
  Replay replay = replay_from(snapshots_, feeder.store().durable_sequence());
  return feeder.catch_up(log_, replay, pipeline_);
}

}  // namespace karst
