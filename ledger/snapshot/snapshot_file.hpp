// One snapshot file: a header that names the state, and its bytes in blocks with a CRC each.
// Drawn in docs/FORMATS.md, "Snapshot".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/seams/command_log.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/files/open_file.hpp"

namespace karst {

inline constexpr std::uint16_t snapshot_format = 1;
inline constexpr std::size_t snapshot_header_bytes = 128;
/// What a block takes in the file: payload and, behind it, a CRC. Only the last may be shorter.
inline constexpr std::size_t snapshot_block_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t snapshot_block_payload_bytes = snapshot_block_bytes - 4;

/// A hash of the full state. A shorter one stands at its beginning, zeros behind.
using StateHash = std::array<std::byte, 32>;

/// What a snapshot is the state after.
struct SnapshotInfo {
  std::uint32_t shard = 0;
  std::uint64_t command = 0;     ///< Number of the last command in it; 0 = the empty state.
  std::uint64_t log_seq = 0;     ///< The log's batch that ends with it: replay from the next one.
  ChainHash log_hash{};          ///< Of that batch: whether this journal is the one.
  std::uint64_t time_ns = 0;     ///< The engine's time.
  std::uint64_t event_hash = 0;  ///< The engine's running event hash.
  StateHash state_hash{};
  std::uint64_t length = 0;  ///< Unit: bytes of state.
};

/// Writes a snapshot under a draft name, front to back.
///
/// Memory:  one block. Threads: one owner.
class SnapshotWriter {
 public:
  /// `info.length` and `info.state_hash` are set by finish().
  ///
  /// Errors: those of the Storage.
  [[nodiscard]] static Result<SnapshotWriter> create(Storage& storage, std::string draft_path,
                                                     const SnapshotInfo& info);

  /// Writes more of the state.
  [[nodiscard]] Status append(std::span<const std::byte> bytes);

  /// Writes the header and makes the file durable. It still has its draft name.
  [[nodiscard]] Status finish(const StateHash& state_hash);

  [[nodiscard]] const SnapshotInfo& info() const { return info_; }
  [[nodiscard]] const std::string& draft_path() const { return file_.path(); }

 private:
  SnapshotWriter() = default;
  [[nodiscard]] Status write_block();

  Storage* storage_ = nullptr;
  OpenFile file_;
  SnapshotInfo info_;
  std::vector<std::byte> block_;
  std::uint64_t blocks_ = 0;
};

/// Reads a snapshot, front to back, each byte verified before it is given out.
///
/// Memory:  one block. Threads: one owner.
class SnapshotReader {
 public:
  /// Reads and checks the header and the length of the file.
  ///
  /// Errors: corrupt, with file and offset; unknown_format; those of the Storage.
  [[nodiscard]] static Result<SnapshotReader> open(Storage& storage, std::string path);

  [[nodiscard]] const SnapshotInfo& info() const { return info_; }

  /// The next bytes of the state, valid until the next call; none at the end.
  ///
  /// Errors: corrupt, with file and offset of the block; those of the Storage.
  [[nodiscard]] Result<std::span<const std::byte>> next();

 private:
  SnapshotReader() = default;

  Storage* storage_ = nullptr;
  OpenFile file_;
  SnapshotInfo info_;
  std::vector<std::byte> block_;
  std::uint64_t blocks_ = 0;
  std::uint64_t left_ = 0;
};

/// Reads the whole file and checks every byte. Returns: what it is the state after.
[[nodiscard]] Result<SnapshotInfo> verify_snapshot(Storage& storage, std::string path);

}  // namespace karst
