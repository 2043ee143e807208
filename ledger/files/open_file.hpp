// OpenFile: a file handle that closes itself.
#pragma once

#include <string>
#include <utility>

#include "engine/seams/storage.hpp"

namespace karst {

/// An open file of a Storage, closed at the end of its life; what a close could still say is then
/// lost, so whoever wrote must have synced.
///
/// Threads: one owner.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(Storage& storage, FileHandle handle, std::string path)
      : storage_(&storage), handle_(handle), path_(std::move(path)) {}
  OpenFile(OpenFile&& other) noexcept
      : storage_(other.storage_),
        handle_(std::exchange(other.handle_, FileHandle{})),
        path_(std::move(other.path_)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    if (this != &other) {
      close();
      storage_ = other.storage_;
      handle_ = std::exchange(other.handle_, FileHandle{});
      path_ = std::move(other.path_);
    }
    return *this;
  }
  ~OpenFile() { close(); }

  /// Opens `path`; errors as Storage::open().
  [[nodiscard]] static Result<OpenFile> open(Storage& storage, std::string path, OpenMode mode) {
    const Result<FileHandle> handle = storage.open(path, mode);
    if (!handle) return handle.error();
    return OpenFile(storage, *handle, std::move(path));
  }

  void close() {
    if (handle_.is_open()) static_cast<void>(storage_->close(std::exchange(handle_, FileHandle{})));
  }

  [[nodiscard]] bool is_open() const { return handle_.is_open(); }
  [[nodiscard]] FileHandle handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Storage* storage_ = nullptr;
  FileHandle handle_;
  std::string path_;
};

}  // namespace karst
