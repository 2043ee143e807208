#include "ledger/index/checked_vfs.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <span>

#include "engine/base/assert.hpp"
#include "ledger/files/big_endian.hpp"
#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr int page_bytes = CheckedVfs::page_bytes;
constexpr std::size_t summed_bytes = page_bytes - CheckedVfs::reserved_bytes;
constexpr int write_lock = 0;  // SQLite's WAL_WRITE_LOCK

// The write-ahead log, as SQLite's own description of its format has it.
constexpr sqlite3_int64 log_header_bytes = 32;
constexpr std::size_t log_header_sum_at = 24;
constexpr sqlite3_int64 frame_header_bytes = 24;
constexpr std::size_t frame_sum_at = 16;
constexpr std::size_t frame_summed_bytes = 8;
constexpr sqlite3_int64 frame_bytes = frame_header_bytes + page_bytes;

using Page = std::array<std::byte, page_bytes>;

std::uint32_t sum_of(std::span<const std::byte> page, sqlite3_int64 offset) {
  std::array<std::byte, sizeof(std::uint64_t)> place;
  store_be(place.data(), static_cast<std::uint64_t>(offset));
  return crc32c(page.first(summed_bytes), crc32c(place));
}

bool is_sound(std::span<const std::byte> page, sqlite3_int64 offset) {
  return load_be<std::uint32_t>(page.data() + summed_bytes) == sum_of(page, offset) &&
         load_be<std::uint32_t>(page.data() + summed_bytes + 4) == 0;
}

bool is_page(int count, sqlite3_int64 offset) {
  return count == page_bytes && offset % page_bytes == 0;
}

// The running checksum of a write-ahead log.
struct LogSum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(std::span<const std::byte> bytes, bool is_big_endian) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const std::byte* from = bytes.data() + at;
      first +=
          second + (is_big_endian ? load_be<std::uint32_t>(from) : load_le<std::uint32_t>(from));
      second += first + (is_big_endian ? load_be<std::uint32_t>(from + 4)
                                       : load_le<std::uint32_t>(from + 4));
    }
  }
  friend bool operator==(const LogSum&, const LogSum&) = default;
};

LogSum load_sum(const std::byte* at) {
  return {load_be<std::uint32_t>(at), load_be<std::uint32_t>(at + 4)};
}

}  // namespace

/// The functions SQLite calls.
struct CheckedVfsCalls {
  // What SQLite sees of an open file; that of the VFS below stands behind it.
  struct File {
    sqlite3_file base;
    CheckedVfs* vfs;
    bool is_log;
  };
  static_assert(sizeof(File) % sizeof(void*) == 0);

  static File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(File));
  }
  static sqlite3_vfs* below(sqlite3_vfs* vfs) {
    return static_cast<CheckedVfs*>(vfs->pAppData)->below_;
  }

  // The file system.

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* flags_out) {
    sqlite3_vfs* base = below(vfs);
    if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) {
      return base->xOpen(base, name, file, flags, flags_out);
    }
    File& made = file_of(file);
    made.vfs = static_cast<CheckedVfs*>(vfs->pAppData);
    made.is_log = (flags & SQLITE_OPEN_WAL) != 0;
    below(file)->pMethods = nullptr;
    const int opened = base->xOpen(base, name, below(file), flags, flags_out);
    static const sqlite3_io_methods methods = methods_of_files();
    file->pMethods = below(file)->pMethods != nullptr ? &methods : nullptr;
    return opened;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int is_to_last) {
    return below(vfs)->xDelete(below(vfs), name, is_to_last);
  }
  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* answer) {
    return below(vfs)->xAccess(below(vfs), name, flags, answer);
  }
  static int full_name(sqlite3_vfs* vfs, const char* name, int bytes, char* out) {
    return below(vfs)->xFullPathname(below(vfs), name, bytes, out);
  }
  static int randomness(sqlite3_vfs* vfs, int bytes, char* out) {
    return below(vfs)->xRandomness(below(vfs), bytes, out);
  }
  static int sleep(sqlite3_vfs* vfs, int microseconds) {
    return below(vfs)->xSleep(below(vfs), microseconds);
  }
  static int last_error(sqlite3_vfs* vfs, int bytes, char* out) {
    return below(vfs)->xGetLastError(below(vfs), bytes, out);
  }
  static int now(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
    return below(vfs)->xCurrentTimeInt64(below(vfs), milliseconds);
  }

  // A file.

  static int close(sqlite3_file* file) { return below(file)->pMethods->xClose(below(file)); }

  // Only whole pages are what the database is made of; a few bytes of the first one are read ahead
  // of it, as a hint.
  static int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    const int got = below(file)->pMethods->xRead(below(file), to, count, offset);
    if (got != SQLITE_OK) return got;
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(to),
                                           static_cast<std::size_t>(count));
    if (file_of(file).is_log) return check_frame(file, bytes, offset);
    constexpr int least_page_bytes = 512;
    if (count < least_page_bytes) return SQLITE_OK;
    return is_page(count, offset) && is_sound(bytes, offset) ? SQLITE_OK : SQLITE_IOERR_DATA;
  }

  static int check_frame(sqlite3_file* file, std::span<const std::byte> page,
                         sqlite3_int64 offset) {
    const sqlite3_int64 begin = offset - frame_header_bytes;
    const bool is_of_frame = page.size() == page_bytes && begin >= log_header_bytes &&
                             (begin - log_header_bytes) % frame_bytes == 0;
    if (!is_of_frame || file_of(file).vfs->is_writing_) return SQLITE_OK;
    std::array<std::byte, log_header_bytes> log_header;
    std::array<std::byte, frame_header_bytes> header;
    std::array<std::byte, frame_header_bytes> before;
    const auto get = [&](std::span<std::byte> into, sqlite3_int64 at) {
      return below(file)->pMethods->xRead(below(file), into.data(), static_cast<int>(into.size()),
                                          at);
    };
    if (const int got = get(log_header, 0); got != SQLITE_OK) return got;
    if (const int got = get(header, begin); got != SQLITE_OK) return got;
    const bool is_first = begin == log_header_bytes;
    if (!is_first) {
      if (const int got = get(before, begin - frame_bytes); got != SQLITE_OK) return got;
    }
    LogSum sum =
        load_sum(is_first ? log_header.data() + log_header_sum_at : before.data() + frame_sum_at);
    const bool is_big_endian = (load_be<std::uint32_t>(log_header.data()) & 1U) != 0;
    sum.add(std::span(header).first(frame_summed_bytes), is_big_endian);
    sum.add(page, is_big_endian);
    return sum == load_sum(header.data() + frame_sum_at) ? SQLITE_OK : SQLITE_IOERR_DATA;
  }

  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    const sqlite3_io_methods& methods = *below(file)->pMethods;
    if (file_of(file).is_log) return methods.xWrite(below(file), from, count, offset);
    if (!is_page(count, offset)) return SQLITE_IOERR_WRITE;
    Page page;
    std::memcpy(page.data(), from, page.size());
    store_be(page.data() + summed_bytes, sum_of(page, offset));
    store_be(page.data() + summed_bytes + 4, std::uint32_t{0});
    return methods.xWrite(below(file), page.data(), count, offset);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    return below(file)->pMethods->xTruncate(below(file), bytes);
  }
  static int sync(sqlite3_file* file, int flags) {
    return below(file)->pMethods->xSync(below(file), flags);
  }
  static int size(sqlite3_file* file, sqlite3_int64* bytes) {
    return below(file)->pMethods->xFileSize(below(file), bytes);
  }
  static int lock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xLock(below(file), level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xUnlock(below(file), level);
  }
  static int is_reserved(sqlite3_file* file, int* answer) {
    return below(file)->pMethods->xCheckReservedLock(below(file), answer);
  }
  static int control(sqlite3_file* file, int what, void* with) {
    return below(file)->pMethods->xFileControl(below(file), what, with);
  }
  static int sector(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
  static int character(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
  }

  static int map(sqlite3_file* file, int region, int bytes, int may_extend,
                 void volatile** address) {
    return below(file)->pMethods->xShmMap(below(file), region, bytes, may_extend, address);
  }
  static int lock_memory(sqlite3_file* file, int first, int count, int flags) {
    const int locked = below(file)->pMethods->xShmLock(below(file), first, count, flags);
    if (first == write_lock && locked == SQLITE_OK) {
      file_of(file).vfs->is_writing_ = (flags & SQLITE_SHM_LOCK) != 0;
    }
    return locked;
  }
  static void barrier(sqlite3_file* file) { below(file)->pMethods->xShmBarrier(below(file)); }
  static int unmap(sqlite3_file* file, int is_last) {
    return below(file)->pMethods->xShmUnmap(below(file), is_last);
  }

  // Version 2: pages are never mapped, so that each is read through read().
  static sqlite3_io_methods methods_of_files() {
    sqlite3_io_methods methods{};
    methods.iVersion = 2;
    methods.xClose = close;
    methods.xRead = read;
    methods.xWrite = write;
    methods.xTruncate = truncate;
    methods.xSync = sync;
    methods.xFileSize = size;
    methods.xLock = lock;
    methods.xUnlock = unlock;
    methods.xCheckReservedLock = is_reserved;
    methods.xFileControl = control;
    methods.xSectorSize = sector;
    methods.xDeviceCharacteristics = character;
    methods.xShmMap = map;
    methods.xShmLock = lock_memory;
    methods.xShmBarrier = barrier;
    methods.xShmUnmap = unmap;
    return methods;
  }
};

CheckedVfs::CheckedVfs(const std::string& below)
    : below_(sqlite3_vfs_find(below.empty() ? nullptr : below.c_str())) {
  KARST_ASSERT(below_ != nullptr);
  static std::atomic<std::uint64_t> made{0};
  name_ = "karst-checked-" + std::to_string(++made);
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(CheckedVfsCalls::File)) + below_->szOsFile;
  vfs_.mxPathname = below_->mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = CheckedVfsCalls::open;
  vfs_.xDelete = CheckedVfsCalls::remove;
  vfs_.xAccess = CheckedVfsCalls::access;
  vfs_.xFullPathname = CheckedVfsCalls::full_name;
  vfs_.xRandomness = CheckedVfsCalls::randomness;
  vfs_.xSleep = CheckedVfsCalls::sleep;
  vfs_.xGetLastError = CheckedVfsCalls::last_error;
  vfs_.xCurrentTimeInt64 = CheckedVfsCalls::now;
  KARST_ASSERT(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

CheckedVfs::~CheckedVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace karst
