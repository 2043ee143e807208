// SnapshotStore: the snapshots of a shard: DIRECTORY/00000000000000001234.snapshot, by command.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"
#include "ledger/snapshot/snapshot_file.hpp"

namespace karst {

/// Takes a state that is loaded, by calls in this order. When a snapshot turns out bad in the
/// middle, begin() is called again for an older one.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  /// A snapshot begins: forget what came before.
  virtual void begin(const SnapshotInfo& info) = 0;
  /// More bytes of the state, valid during the call. Returns: false if they cannot be.
  [[nodiscard]] virtual bool take(std::span<const std::byte> bytes) = 0;
  /// The state is complete. Returns: false if it is not what `info` says it is.
  [[nodiscard]] virtual bool end() = 0;
  /// Whether end() answered false because a newer build wrote the state: nothing is wrong with it.
  [[nodiscard]] virtual bool is_newer() const { return false; }
};

/// What a load came to.
struct SnapshotLoad {
  std::optional<SnapshotInfo> info;  ///< Nothing: no snapshot is there, begin from nothing.
  std::vector<Error> rejected;       ///< Newer ones that are bad, with file and offset.
};

/// Writes, finds and removes snapshots. A snapshot has its name only when it was written, synced,
/// read back from the device and verified; a crash leaves drafts, which open() removes.
///
/// Threads: one owner.
class SnapshotStore {
 public:
  static constexpr std::size_t kept_min = 2;

  SnapshotStore(Storage& storage, std::string directory, std::uint32_t shard)
      : storage_(storage), directory_(std::move(directory)), shard_(shard) {}

  /// Makes the directory and removes drafts.
  [[nodiscard]] Status open();

  /// Begins a snapshot: append() its bytes to what is returned, then commit() it.
  [[nodiscard]] Result<SnapshotWriter> begin(const SnapshotInfo& info);

  /// Makes the snapshot durable, reads it back, verifies it, gives it its name.
  ///
  /// Errors: corrupt, when it does not read back as written: it is removed and those before stand;
  ///         those of the Storage. After a failed sync the draft is left and never used.
  [[nodiscard]] Status commit(SnapshotWriter writer, const StateHash& state_hash);

  /// Loads the newest snapshot that is good and not after `command_max`, going to older ones past
  /// bad ones.
  ///
  /// Errors: unknown_format: a newer build wrote one, nothing was changed; corrupt, when there are
  ///         snapshots and none is good; those of the Storage.
  [[nodiscard]] Result<SnapshotLoad> load(SnapshotSink& sink,
                                          std::uint64_t command_max = ~std::uint64_t{0});

  /// The last commands of the snapshots there are, newest first, good or bad.
  [[nodiscard]] Result<std::vector<std::uint64_t>> commands();

  /// The path of the snapshot after that command.
  [[nodiscard]] std::string path(std::uint64_t command) const;

  /// The two newest snapshots that verify, newest first; fewer where there are fewer.
  [[nodiscard]] Result<std::vector<SnapshotInfo>> newest_verified();

  /// The log batch up to which the log may be trimmed as far as snapshots go: the one the older of
  /// the two newest verified snapshots ends with. Nothing while there are not two.
  [[nodiscard]] Result<std::optional<std::uint64_t>> trim_floor();

  /// Removes snapshots older than the two newest verified ones. Returns: how many.
  [[nodiscard]] Result<std::uint64_t> trim();

 private:
  [[nodiscard]] Result<SnapshotInfo> load_one(std::uint64_t command, SnapshotSink& sink);

  Storage& storage_;
  std::string directory_;
  std::uint32_t shard_;
};

}  // namespace karst
