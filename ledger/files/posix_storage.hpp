// PosixStorage: files of the operating system.
#pragma once

#include "engine/seams/storage.hpp"

namespace karst {

/// Storage on a POSIX file system. A handle's number is the file descriptor, with `direct_bit` set
/// where the file was opened O_DIRECT | O_DSYNC, so that write_through() is one system call that
/// passes by the page cache. Where the file system has no direct writes (tmpfs of older kernels),
/// write_through() is pwrite and fdatasync.
///
/// Threads: as Storage; it has no state of its own.
class PosixStorage final : public Storage {
 public:
  /// `direct` = false never opens O_DIRECT.
  explicit PosixStorage(bool direct = true) : direct_(direct) {}

  [[nodiscard]] Result<FileHandle> open(std::string_view path, OpenMode mode) override;
  Status close(FileHandle file) override;
  [[nodiscard]] Result<std::uint64_t> size(FileHandle file) override;
  [[nodiscard]] Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                                         std::span<std::byte> bytes) override;
  [[nodiscard]] Status write(FileHandle file, std::uint64_t offset,
                             std::span<const std::byte> bytes) override;
  [[nodiscard]] Status append(FileHandle file, std::span<const std::byte> bytes) override;
  [[nodiscard]] Status write_through(FileHandle file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) override;
  [[nodiscard]] Status preallocate(FileHandle file, std::uint64_t bytes) override;
  [[nodiscard]] Status truncate(FileHandle file, std::uint64_t bytes) override;
  [[nodiscard]] Status sync(FileHandle file) override;
  [[nodiscard]] Status drop_cache(FileHandle file) override;
  [[nodiscard]] Status rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] Status unlink(std::string_view path) override;
  [[nodiscard]] Status sync_directory(std::string_view path) override;
  [[nodiscard]] Status create_directory(std::string_view path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) override;
  [[nodiscard]] Result<std::uint64_t> space_left(std::string_view path) override;
  [[nodiscard]] Result<FileHandle> lock(std::string_view path) override;

 private:
  static constexpr std::int32_t direct_bit = 1 << 30;

  bool direct_;
};

}  // namespace karst
