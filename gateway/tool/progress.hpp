// ProgressBar: how far long work has come, on a terminal and nowhere else.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/seams/storage.hpp"
#include "ledger/files/posix_storage.hpp"

namespace karst::tool {

/// "verify  ████████░░░░░░░░  50 %  1 s" in at most `columns` columns; `done` beyond `total` counts
/// as all of it. `note` is appended where there is room.
[[nodiscard]] std::string progress_line(std::string_view what, std::uint64_t done,
                                        std::uint64_t total, std::int64_t elapsed_ns,
                                        std::size_t columns, std::string_view note = {});

/// One line that is drawn again and again in place, from the moment the work turns out to be long,
/// and wiped away when the object goes. On anything but a terminal it draws nothing.
///
/// Threads: one owner.
class ProgressBar {
 public:
  static constexpr std::int64_t patience_ns = 300'000'000;  ///< shorter work shows no bar
  static constexpr std::int64_t interval_ns = 100'000'000;

  explicit ProgressBar(std::string what, std::uint64_t total, int file = STDERR_FILENO);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// So much is done in all.
  void show(std::uint64_t done, std::string_view note = {});
  /// So much more is done.
  void advance(std::uint64_t by) { show(done_ + by); }

 private:
  std::string what_;
  std::uint64_t total_;
  int file_;
  bool is_terminal_;
  bool is_drawn_ = false;
  std::int64_t begun_ns_;
  std::int64_t next_ns_;
  std::uint64_t done_ = 0;
};

/// Files whose reading moves a bar: long work on the files of an exchange reads each of them once.
class MeteredStorage final : public Storage {
 public:
  /// `bytes`: what will be read, more or less.
  MeteredStorage(std::string what, std::uint64_t bytes) : bar_(std::move(what), bytes) {}

  Result<FileHandle> open(std::string_view path, OpenMode mode) override;
  Status close(FileHandle file) override { return files_.close(file); }
  Result<std::uint64_t> size(FileHandle file) override { return files_.size(file); }
  Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                           std::span<std::byte> bytes) override;
  Status write(FileHandle file, std::uint64_t offset, std::span<const std::byte> bytes) override;
  Status append(FileHandle file, std::span<const std::byte> bytes) override;
  Status write_through(FileHandle file, std::uint64_t offset,
                       std::span<const std::byte> bytes) override;
  Status preallocate(FileHandle file, std::uint64_t bytes) override;
  Status truncate(FileHandle file, std::uint64_t bytes) override;
  Status sync(FileHandle file) override { return files_.sync(file); }
  Status drop_cache(FileHandle file) override { return files_.drop_cache(file); }
  Status rename(std::string_view from, std::string_view to) override;
  Status unlink(std::string_view path) override { return files_.unlink(path); }
  Status sync_directory(std::string_view path) override { return files_.sync_directory(path); }
  Status create_directory(std::string_view path) override { return files_.create_directory(path); }
  Result<std::vector<std::string>> list(std::string_view path) override;
  Result<std::uint64_t> space_left(std::string_view path) override;
  Result<FileHandle> lock(std::string_view path) override { return files_.lock(path); }

 private:
  PosixStorage files_;
  ProgressBar bar_;
};

/// The bytes of all files below a directory; 0 if there is none.
[[nodiscard]] std::uint64_t bytes_below(const std::string& directory);

}  // namespace karst::tool
