// HurdleStorage: the machine's disk behind a hurdle that a test puts up and takes away.
#pragma once

#include <condition_variable>
#include <mutex>

#include "ledger/files/posix_storage.hpp"

namespace karst::test {

/// While it hangs, whatever changes the disk waits; while it is full, nothing new has room.
class HurdleStorage final : public Storage {
 public:
  enum class Hurdle : std::uint8_t { none, hangs, is_full };

  void put(Hurdle hurdle) {
    {
      const std::lock_guard guard(lock_);
      hurdle_ = hurdle;
    }
    changed_.notify_all();
  }

  [[nodiscard]] Result<FileHandle> open(std::string_view path, OpenMode mode) override {
    return disk_.open(path, mode);
  }
  Status close(FileHandle file) override { return disk_.close(file); }
  [[nodiscard]] Result<std::uint64_t> size(FileHandle file) override { return disk_.size(file); }
  [[nodiscard]] Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                                         std::span<std::byte> bytes) override {
    return disk_.read(file, offset, bytes);
  }
  [[nodiscard]] Status write(FileHandle file, std::uint64_t offset,
                             std::span<const std::byte> bytes) override {
    pass();
    return disk_.write(file, offset, bytes);
  }
  [[nodiscard]] Status append(FileHandle file, std::span<const std::byte> bytes) override {
    pass();
    return disk_.append(file, bytes);
  }
  [[nodiscard]] Status write_through(FileHandle file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) override {
    pass();
    return disk_.write_through(file, offset, bytes);
  }
  [[nodiscard]] Status preallocate(FileHandle file, std::uint64_t bytes) override {
    if (pass() == Hurdle::is_full) return Error{ErrorCode::no_space, "preallocate", "a full disk"};
    return disk_.preallocate(file, bytes);
  }
  [[nodiscard]] Status truncate(FileHandle file, std::uint64_t bytes) override {
    pass();
    return disk_.truncate(file, bytes);
  }
  [[nodiscard]] Status sync(FileHandle file) override {
    pass();
    return disk_.sync(file);
  }
  [[nodiscard]] Status drop_cache(FileHandle file) override { return disk_.drop_cache(file); }
  [[nodiscard]] Status rename(std::string_view from, std::string_view to) override {
    pass();
    return disk_.rename(from, to);
  }
  [[nodiscard]] Status unlink(std::string_view path) override {
    pass();
    return disk_.unlink(path);
  }
  [[nodiscard]] Status sync_directory(std::string_view path) override {
    pass();
    return disk_.sync_directory(path);
  }
  [[nodiscard]] Status create_directory(std::string_view path) override {
    return disk_.create_directory(path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) override {
    return disk_.list(path);
  }
  [[nodiscard]] Result<std::uint64_t> space_left(std::string_view path) override {
    if (pass() == Hurdle::is_full) return std::uint64_t{0};
    return disk_.space_left(path);
  }
  [[nodiscard]] Result<FileHandle> lock(std::string_view path) override { return disk_.lock(path); }

 private:
  // Waits as long as the disk hangs.
  Hurdle pass() {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] { return hurdle_ != Hurdle::hangs; });
    return hurdle_;
  }

  PosixStorage disk_;
  std::mutex lock_;
  std::condition_variable changed_;
  Hurdle hurdle_ = Hurdle::none;
};

}  // namespace karst::test
