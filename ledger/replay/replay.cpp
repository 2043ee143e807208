#include "ledger/replay/replay.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/command/check.hpp"
#include "engine/command/codec.hpp"
#include "engine/command/rules.hpp"
#include "engine/look_ahead.hpp"

namespace karst {

Replay::Replay() : events_(events_per_command_max) {}

Replay::Replay(std::unique_ptr<Engine> engine, Stamp last, std::uint64_t log_seq,
               const ChainHash& log_hash)
    : engine_(std::move(engine)),
      last_(last),
      log_seq_(log_seq),
      log_hash_(log_hash),
      events_(events_per_command_max) {}

Status Replay::take(const LoggedBatch& batch, const CommandSink& sink,
                    std::uint64_t through_sequence) {
  if (batch.seq == log_seq_) {
    if (batch.hash == log_hash_) return {};
    return Error{ErrorCode::invalid, "match a snapshot with batch " + std::to_string(batch.seq),
                 "the command journal"};
  }
  if (Status decoded = decode(batch); !decoded) return decoded;
  EventRing ring{events_.data(), events_per_command_max - 1, 0};
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const Command& command = batch_[i];
    if (command.sequence > through_sequence) return {};
    if (engine_ == nullptr) {
      if (command.type != CommandType::configure || !is_valid(command.configure)) {
        return Error{ErrorCode::corrupt, "find the configuration in the first command",
                     "the command journal"};
      }
      engine_ = std::make_unique<Engine>(command.configure);
    }
    if (command.type == CommandType::adopt_rules && command.adopt_rules.version > rules_newest) {
      return Error{ErrorCode::unknown_format,
                   "follow rules " + std::to_string(command.adopt_rules.version) +
                       " of a newer version of Karst",
                   "the command journal"};
    }
    look_ahead(*engine_, i, batch_.size() - 1,
               [&](std::size_t at) -> const Command& { return batch_[at]; });
    ring.next = 0;
    const Applied applied = engine_->apply(command, ring);
    last_ = {command.sequence, command.time};
    ++commands_;
    if (sink == nullptr) continue;
    const Executed executed{command, {events_.data(), applied.count}, applied.answer};
    if (Status taken = sink(executed); !taken) return taken;
  }
  log_seq_ = batch.seq;
  log_hash_ = batch.hash;
  return {};
}

// Into batch_, stamped. Nothing is applied before all of it is known to be sound.
Status Replay::decode(const LoggedBatch& batch) {
  const auto corrupt = [&](const char* doing) {
    return Error{ErrorCode::corrupt, doing, "batch " + std::to_string(batch.seq)};
  };
  batch_.resize(batch.count);
  if (batch.count == 0) return {};
  if (batch.first_command != last_.sequence + 1) return corrupt("find the next command");
  std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(batch.payload.data()),
                                      batch.payload.size());
  Stamp last = last_;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    if (!decode_command(bytes, batch_[i])) return corrupt("decode a command");
    last = next_stamp(last, batch.leader_time_ns, i);
    batch_[i].sequence = last.sequence;
    batch_[i].time = last.time;
  }
  return bytes.empty() ? Status{} : corrupt("find the end of the commands");
}

Status replay_log(CommandLog& log, Replay& replay, std::uint64_t through_sequence,
                  const CommandSink& sink) {
  Status taken;
  // The batch it stands at comes again, so that its hash shows whether this is the same journal.
  const std::uint64_t from = std::max<std::uint64_t>(replay.log_seq(), 1);
  const Status followed = log.follow(from, [&](const LoggedBatch& batch) {
    if (batch.first_command + batch.count > through_sequence + 1) return false;
    taken = replay.take(batch, sink);
    return taken.ok();
  });
  return taken.ok() ? followed : taken;
}

}  // namespace karst
