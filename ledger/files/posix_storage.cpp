#include "ledger/files/posix_storage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace karst {
namespace {

ErrorCode code_of(int system_error) {
  switch (system_error) {
    case ENOSPC:
    case EDQUOT: return ErrorCode::no_space;
    case ENOENT: return ErrorCode::not_found;
    case EEXIST: return ErrorCode::already_exists;
    case EWOULDBLOCK: return ErrorCode::locked;
    default: return ErrorCode::io;
  }
}

Error failure(const char* doing, std::string what, int system_error = errno) {
  return Error{code_of(system_error), doing, std::move(what), Error::no_offset, system_error};
}

// The path behind a descriptor, for messages only.
std::string path_of(int descriptor) {
  std::array<char, 1024> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : link;
}

constexpr std::size_t zeros_bytes = std::size_t{1} << 20U;

constexpr std::uint64_t preallocate_sync_bytes = std::uint64_t{4} << 20U;

std::span<const std::byte> zeros() {
  static const std::vector<std::byte> bytes(zeros_bytes);
  return bytes;
}

}  // namespace

Result<FileHandle> PosixStorage::open(std::string_view path, OpenMode mode) {
  const std::string name(path);
  int flags = O_CLOEXEC;
  switch (mode) {
    case OpenMode::read: flags |= O_RDONLY; break;
    case OpenMode::write: flags |= O_RDWR; break;
    case OpenMode::create: flags |= O_RDWR | O_CREAT; break;
    case OpenMode::create_new: flags |= O_RDWR | O_CREAT | O_EXCL; break;
    case OpenMode::write_direct: flags |= O_RDWR; break;
  }
  if (mode == OpenMode::write_direct && direct_) {
    const int direct = ::open(name.c_str(), flags | O_DIRECT | O_DSYNC);
    if (direct >= 0) return FileHandle{direct | direct_bit};
    if (errno != EINVAL) return failure("open", name);
  }
  const int descriptor = ::open(name.c_str(), flags, 0640);
  if (descriptor < 0) return failure("open", name);
  return FileHandle{descriptor};
}

Status PosixStorage::close(FileHandle file) {
  // Not retried after EINTR: the descriptor is gone, and may already be someone else's.
  if (::close(file.number & ~direct_bit) != 0 && errno != EINTR) {
    return failure("close", "a descriptor");
  }
  return {};
}

Result<std::uint64_t> PosixStorage::size(FileHandle file) {
  const int descriptor = file.number & ~direct_bit;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return failure("take the size", path_of(descriptor));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> PosixStorage::read(FileHandle file, std::uint64_t offset,
                                       std::span<std::byte> bytes) {
  const int descriptor = file.number & ~direct_bit;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(descriptor, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path_of(descriptor));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status PosixStorage::write(FileHandle file, std::uint64_t offset,
                           std::span<const std::byte> bytes) {
  const int descriptor = file.number & ~direct_bit;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::pwrite(descriptor, bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure("write", path_of(descriptor));
    if (put == 0) return failure("write", path_of(descriptor), EIO);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Status PosixStorage::append(FileHandle file, std::span<const std::byte> bytes) {
  const Result<std::uint64_t> end = size(file);
  if (!end) return end.error();
  return write(file, *end, bytes);
}

Status PosixStorage::write_through(FileHandle file, std::uint64_t offset,
                                   std::span<const std::byte> bytes) {
  if (Status written = write(file, offset, bytes); !written) return written;
  if ((file.number & direct_bit) != 0) return {};  // O_DSYNC: the write was the sync
  return sync(file);
}

Status PosixStorage::preallocate(FileHandle file, std::uint64_t bytes) {
  const int descriptor = file.number & ~direct_bit;
  const int failed = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  if (failed != 0 && failed != EOPNOTSUPP && failed != EINVAL) {
    return failure("preallocate", path_of(descriptor), failed);
  }
  for (std::uint64_t at = 0; at < bytes;) {
    const std::uint64_t piece = std::min<std::uint64_t>(bytes - at, zeros_bytes);
    if (Status written = write(file, at, zeros().first(piece)); !written) return written;
    at += piece;
    // In small portions: a sync of another file would wait behind one large portion for long.
    if (at % preallocate_sync_bytes != 0) continue;
    if (Status synced = sync(file); !synced) return synced;
  }
  return truncate(file, bytes);
}

Status PosixStorage::truncate(FileHandle file, std::uint64_t bytes) {
  const int descriptor = file.number & ~direct_bit;
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
    return failure("truncate", path_of(descriptor));
  }
  return {};
}

Status PosixStorage::sync(FileHandle file) {
  const int descriptor = file.number & ~direct_bit;
  if (::fdatasync(descriptor) != 0) return failure("sync", path_of(descriptor));
  return {};
}

Status PosixStorage::drop_cache(FileHandle file) {
  const int descriptor = file.number & ~direct_bit;
  if (Status synced = sync(file); !synced) return synced;
  const int failed = ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  if (failed != 0) return failure("drop the cache", path_of(descriptor), failed);
  return {};
}

Status PosixStorage::rename(std::string_view from, std::string_view to) {
  if (::rename(std::string(from).c_str(), std::string(to).c_str()) != 0) {
    return failure("rename", std::string(from));
  }
  return {};
}

Status PosixStorage::unlink(std::string_view path) {
  if (::unlink(std::string(path).c_str()) != 0) return failure("remove", std::string(path));
  return {};
}

Status PosixStorage::sync_directory(std::string_view path) {
  const std::string name(path);
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure("open", name);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) return failure("sync the directory", name, failed);
  return {};
}

Status PosixStorage::create_directory(std::string_view path) {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string name(path.substr(0, end));
    if (::mkdir(name.c_str(), 0750) != 0) {
      if (errno == EEXIST) continue;
      return failure("make the directory", name);
    }
    const std::size_t slash = name.rfind('/');
    const std::string parent = slash == std::string::npos ? "."
                               : slash == 0               ? "/"
                                                          : name.substr(0, slash);
    if (Status synced = sync_directory(parent); !synced) return synced;
  }
  return {};
}

Result<std::vector<std::string>> PosixStorage::list(std::string_view path) {
  const std::string name(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(name.c_str()), ::closedir);
  if (directory == nullptr) return failure("list", name);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) return failure("list", name);
    if (entry == nullptr) break;
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // removed since
      return failure("list", name);
    }
    if (S_ISREG(status.st_mode)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::uint64_t> PosixStorage::space_left(std::string_view path) {
  struct statvfs status {};
  const std::string name(path);
  if (::statvfs(name.c_str(), &status) != 0) return failure("ask for the space left", name);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<FileHandle> PosixStorage::lock(std::string_view path) {
  const std::string name(path);
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) return failure("open", name);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int failed = errno;
    ::close(descriptor);
    return failure("lock", name, failed);
  }
  return FileHandle{descriptor};
}

}  // namespace karst
