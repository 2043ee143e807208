// Storage: the seam to files. Everything that must survive goes through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace karst {

/// An open file. A value; only the Storage that gave it knows what it means.
struct FileHandle {
  std::int32_t number = -1;

  [[nodiscard]] bool is_open() const { return number >= 0; }
  friend bool operator==(FileHandle, FileHandle) = default;
};

enum class OpenMode : std::uint8_t {
  read,          ///< The file must exist; writes are refused.
  write,         ///< The file must exist; reads and writes.
  create,        ///< Made empty if it does not exist; reads and writes.
  create_new,    ///< Must not exist; reads and writes.
  write_direct,  ///< As `write`, for aligned write_through() only: may pass by the page cache.
};

/// What a file and a directory can do: `ledger/files/posix_storage` in the exchange; in tests
/// `tests/support/machine/sim_storage`, which keeps, loses, tears and reorders whatever was not
/// synced.
///
/// What is durable: bytes after sync() or write_through() of their file has returned success; a
/// name (made, renamed or removed) after sync_directory() of its directory has. Nothing else.
/// After a failed sync nothing is known about the file, and a second sync proves nothing: the
/// caller must never try again.
///
/// Errors:  every call returns its failure with the path it was about. A short write is completed
///          or reported, a short read only means the end of the file.
/// Threads: calls on different handles and paths from different threads at the same time; calls on
///          one handle by one thread at a time, except read(), which any number may make beside
///          one writer of other bytes.
class Storage {
 public:
  /// write_through() to a file opened `write_direct` wants offset, length and memory address to be
  /// multiples of it. Unit: bytes.
  static constexpr std::size_t block_bytes = 4096;

  virtual ~Storage() = default;

  [[nodiscard]] virtual Result<FileHandle> open(std::string_view path, OpenMode mode) = 0;
  virtual Status close(FileHandle file) = 0;

  /// The length of the file. Unit: bytes.
  [[nodiscard]] virtual Result<std::uint64_t> size(FileHandle file) = 0;

  /// Reads into `bytes` from `offset` on.
  ///
  /// Returns: how many bytes; fewer than asked only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                                                 std::span<std::byte> bytes) = 0;

  /// Writes all of `bytes` at `offset`, growing the file where needed. Not durable.
  [[nodiscard]] virtual Status write(FileHandle file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) = 0;

  /// Writes all of `bytes` at the end of the file. Not durable.
  [[nodiscard]] virtual Status append(FileHandle file, std::span<const std::byte> bytes) = 0;

  /// Writes all of `bytes` at `offset` and makes the file's bytes durable: write() and sync() in
  /// as few system calls as the system has. A failure of either is the failure of a sync.
  [[nodiscard]] virtual Status write_through(FileHandle file, std::uint64_t offset,
                                             std::span<const std::byte> bytes) = 0;

  /// Makes the file `bytes` long, filled with written zeros, so that a later write inside it
  /// allocates nothing. What the file held before is overwritten. Not durable.
  [[nodiscard]] virtual Status preallocate(FileHandle file, std::uint64_t bytes) = 0;

  /// Cuts the file to, or extends it with zeros to, `bytes`. Not durable.
  [[nodiscard]] virtual Status truncate(FileHandle file, std::uint64_t bytes) = 0;

  /// Makes the bytes and the length of the file durable.
  [[nodiscard]] virtual Status sync(FileHandle file) = 0;

  /// Flushes the file and forgets what memory holds of it: the next read sees the device. After a
  /// failed sync, memory may hold bytes that the device never got.
  [[nodiscard]] virtual Status drop_cache(FileHandle file) = 0;

  /// Gives the file another name, replacing what had that name. Atomic; durable after
  /// sync_directory().
  [[nodiscard]] virtual Status rename(std::string_view from, std::string_view to) = 0;

  /// Removes the name; the bytes go when the last handle does. Durable after sync_directory().
  [[nodiscard]] virtual Status unlink(std::string_view path) = 0;

  /// Makes the names in the directory durable.
  [[nodiscard]] virtual Status sync_directory(std::string_view path) = 0;

  /// Makes the directory, and those above it, unless they exist. Durable when it returns.
  [[nodiscard]] virtual Status create_directory(std::string_view path) = 0;

  /// The names of the plain files in the directory, in ascending order of bytes.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(std::string_view path) = 0;

  /// What can still be written to the disk that holds `path`. Unit: bytes.
  [[nodiscard]] virtual Result<std::uint64_t> space_left(std::string_view path) = 0;

  /// Opens (creating it) the file and takes it for this process, until the handle is closed or the
  /// process ends.
  ///
  /// Errors: locked, when another process, or another handle of this one, has it.
  [[nodiscard]] virtual Result<FileHandle> lock(std::string_view path) = 0;
};

}  // namespace karst
