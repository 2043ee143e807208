// The engine's state as a snapshot: how it is written and how it is read back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/engine.hpp"
#include "engine/seams/command_log.hpp"
#include "ledger/journal/stamp.hpp"
#include "ledger/snapshot/snapshot_store.hpp"

namespace karst {

/// The 64-bit hash of an engine's state, as Engine::save() wrote it, as it stands in a snapshot.
[[nodiscard]] StateHash state_hash_of(std::span<const std::uint8_t> saved);

/// Writes the engine's state, behind the command `last` in the batch `log_seq`, as a snapshot. The
/// state is the engine's configuration (15 little-endian integers of 32 bits, in the order of
/// `Configure`) and then what Engine::save() says.
///
/// Memory: the state once more. Errors: those of the store.
[[nodiscard]] Status write_engine_snapshot(SnapshotStore& store, std::uint32_t shard,
                                           const Engine& engine, Stamp last, std::uint64_t log_seq,
                                           const ChainHash& log_hash);

/// Makes an engine of a snapshot that is loaded. It is taken only if its hashes are those the
/// snapshot names.
///
/// Threads: one owner.
class EngineSink final : public SnapshotSink {
 public:
  void begin(const SnapshotInfo& info) override;
  [[nodiscard]] bool take(std::span<const std::byte> bytes) override;
  [[nodiscard]] bool end() override;
  [[nodiscard]] bool is_newer() const override { return is_newer_; }

  /// Requires: end() has returned true.
  [[nodiscard]] std::unique_ptr<Engine> take_engine() { return std::move(engine_); }

 private:
  SnapshotInfo info_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Engine> engine_;
  bool is_newer_ = false;
};

}  // namespace karst
