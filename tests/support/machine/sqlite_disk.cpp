#include "tests/support/machine/sqlite_disk.hpp"

#include <atomic>
#include <cstring>
#include <new>

#include "engine/base/assert.hpp"

namespace karst::sim {
namespace {

constexpr int path_bytes_max = 512;
constexpr int sector_bytes = 512;
constexpr sqlite3_int64 some_day_ms = 212'000'000'000'000;  // in Julian milliseconds

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

int code_of(const Status& status, int otherwise) {
  if (status) return SQLITE_OK;
  return status.error().code == ErrorCode::no_space ? SQLITE_FULL : otherwise;
}

}  // namespace

/// The functions SQLite calls.
struct SqliteDiskCalls {
  // What SQLite sees of an open file; it gives the memory.
  struct Handle {
    sqlite3_file base;
    SqliteDisk* disk;
    FileHandle file;
    std::string path;
    std::shared_ptr<SqliteDisk::Node> node;
    int level;
    bool is_temporary;
    bool has_memory;
  };

  static SqliteDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<SqliteDisk*>(vfs->pAppData); }
  static Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

  // The file system.

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* flags_out) {
    SqliteDisk& disk = disk_of(vfs);
    file->pMethods = nullptr;
    const std::string path =
        name != nullptr ? name : "sqlite-temporary-" + std::to_string(++disk.temporaries_);
    const bool is_written = (flags & SQLITE_OPEN_READWRITE) != 0;
    const bool may_make = (flags & SQLITE_OPEN_CREATE) != 0;
    const OpenMode mode = !is_written ? OpenMode::read
                          : may_make  ? OpenMode::create
                                      : OpenMode::write;
    const Result<FileHandle> opened = disk.storage_.open(path, mode);
    if (!opened) return code_of(opened.error(), SQLITE_CANTOPEN);
    auto* handle = new (file) Handle{};
    handle->disk = &disk;
    handle->file = *opened;
    handle->path = path;
    handle->is_temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    auto& node = disk.nodes_[path];
    if (node == nullptr) node = std::make_shared<SqliteDisk::Node>();
    handle->node = node;
    ++node->users;
    static const sqlite3_io_methods methods = methods_of_files();
    handle->base.pMethods = &methods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int is_to_last) {
    SqliteDisk& disk = disk_of(vfs);
    const Status removed = disk.storage_.unlink(name);
    if (!removed && removed.error().code == ErrorCode::not_found) {
      return SQLITE_IOERR_DELETE_NOENT;
    }
    if (!removed) return code_of(removed, SQLITE_IOERR_DELETE);
    if (is_to_last == 0) return SQLITE_OK;
    return code_of(disk.storage_.sync_directory(directory_of(name)), SQLITE_IOERR_DIR_FSYNC);
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* is_there) {
    SqliteDisk& disk = disk_of(vfs);
    const Result<FileHandle> opened = disk.storage_.open(name, OpenMode::read);
    *is_there = opened.ok() ? 1 : 0;
    if (!opened) {
      return opened.error().code == ErrorCode::not_found ? SQLITE_OK : SQLITE_IOERR_ACCESS;
    }
    // SQLite takes an empty file for none, and so does the system's own VFS.
    const Result<std::uint64_t> bytes = disk.storage_.size(*opened);
    if (bytes && *bytes == 0) *is_there = 0;
    static_cast<void>(disk.storage_.close(*opened));
    return bytes ? SQLITE_OK : SQLITE_IOERR_ACCESS;
  }

  static int full_name(sqlite3_vfs*, const char* name, int bytes, char* out) {
    if (std::strlen(name) >= static_cast<std::size_t>(bytes)) return SQLITE_CANTOPEN;
    std::strcpy(out, name);
    return SQLITE_OK;
  }

  static int randomness(sqlite3_vfs* vfs, int bytes, char* out) {
    std::uint64_t& state = disk_of(vfs).random_state_;
    for (int i = 0; i < bytes; ++i) {
      state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      out[i] = static_cast<char>(state >> 56U);
    }
    return bytes;
  }

  static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

  static int now(sqlite3_vfs*, sqlite3_int64* milliseconds) {
    *milliseconds = some_day_ms;
    return SQLITE_OK;
  }

  static int last_error(sqlite3_vfs*, int, char*) { return 0; }

  // A file.

  static int close(sqlite3_file* file) {
    Handle& handle = handle_of(file);
    unlock(file, SQLITE_LOCK_NONE);
    unmap(file, 0);
    Storage& storage = handle.disk->storage_;
    static_cast<void>(storage.close(handle.file));
    if (handle.is_temporary) static_cast<void>(storage.unlink(handle.path));
    if (--handle.node->users == 0) handle.disk->nodes_.erase(handle.path);
    handle.~Handle();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    const std::span<std::byte> bytes(static_cast<std::byte*>(to), static_cast<std::size_t>(count));
    const Result<std::size_t> got =
        handle.disk->storage_.read(handle.file, static_cast<std::uint64_t>(offset), bytes);
    if (!got) return SQLITE_IOERR_READ;
    if (*got == bytes.size()) return SQLITE_OK;
    std::memset(bytes.data() + *got, 0, bytes.size() - *got);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(from),
                                           static_cast<std::size_t>(count));
    return code_of(
        handle.disk->storage_.write(handle.file, static_cast<std::uint64_t>(offset), bytes),
        SQLITE_IOERR_WRITE);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    Handle& handle = handle_of(file);
    return code_of(handle.disk->storage_.truncate(handle.file, static_cast<std::uint64_t>(bytes)),
                   SQLITE_IOERR_TRUNCATE);
  }

  // A new file's name must be there too.
  static int sync(sqlite3_file* file, int) {
    Handle& handle = handle_of(file);
    if (!handle.disk->storage_.sync(handle.file)) return SQLITE_IOERR_FSYNC;
    const Status named = handle.disk->storage_.sync_directory(directory_of(handle.path));
    return named ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
  }

  static int size(sqlite3_file* file, sqlite3_int64* bytes) {
    Handle& handle = handle_of(file);
    const Result<std::uint64_t> found = handle.disk->storage_.size(handle.file);
    if (!found) return SQLITE_IOERR_FSTAT;
    *bytes = static_cast<sqlite3_int64>(*found);
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    SqliteDisk::Node& node = *handle.node;
    if (handle.level >= level) return SQLITE_OK;
    if (node.exclusive != nullptr && node.exclusive != file) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_SHARED) {
      ++node.locks_shared;
    } else if (level == SQLITE_LOCK_RESERVED) {
      if (node.reserved != nullptr && node.reserved != file) return SQLITE_BUSY;
      node.reserved = file;
    } else {
      if (node.reserved != nullptr && node.reserved != file) return SQLITE_BUSY;
      if (node.locks_shared > 1) return SQLITE_BUSY;
      node.exclusive = file;
    }
    handle.level = level;
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* file, int level) {
    Handle& handle = handle_of(file);
    SqliteDisk::Node& node = *handle.node;
    if (handle.level <= level) return SQLITE_OK;
    if (node.exclusive == file) node.exclusive = nullptr;
    if (node.reserved == file) node.reserved = nullptr;
    if (level == SQLITE_LOCK_NONE) --node.locks_shared;
    handle.level = level;
    return SQLITE_OK;
  }

  static int is_reserved(sqlite3_file* file, int* answer) {
    const SqliteDisk::Node& node = *handle_of(file).node;
    *answer = node.reserved != nullptr || node.exclusive != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector(sqlite3_file*) { return sector_bytes; }
  // As the system's own VFS says of any disk: what lies beside a torn write is not touched.
  static int character(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  // The memory that connections share beside a write-ahead log.

  static int map(sqlite3_file* file, int region, int bytes, int may_extend,
                 void volatile** address) {
    Handle& handle = handle_of(file);
    auto& memory = handle.node->memory;
    handle.has_memory = true;
    *address = nullptr;
    if (static_cast<std::size_t>(region) >= memory.size() && may_extend == 0) return SQLITE_OK;
    while (memory.size() <= static_cast<std::size_t>(region)) {
      memory.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes)));
    }
    *address = memory[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }

  static int lock_memory(sqlite3_file* file, int first, int count, int flags) {
    SqliteDisk::Node& node = *handle_of(file).node;
    const bool is_shared = (flags & SQLITE_SHM_SHARED) != 0;
    const bool is_unlock = (flags & SQLITE_SHM_UNLOCK) != 0;
    for (int i = first; i < first + count && !is_unlock; ++i) {
      const void* holder = node.memory_exclusive[i];
      if (holder != nullptr && holder != file) return SQLITE_BUSY;
      if (!is_shared && node.memory_shared[i] > 0) return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; ++i) {
      if (is_shared) {
        node.memory_shared[i] += is_unlock ? -1 : 1;
      } else {
        node.memory_exclusive[i] = is_unlock ? nullptr : file;
      }
    }
    return SQLITE_OK;
  }

  static void barrier(sqlite3_file*) {}

  static int unmap(sqlite3_file* file, int is_last) {
    Handle& handle = handle_of(file);
    if (!handle.has_memory) return SQLITE_OK;
    handle.has_memory = false;
    if (is_last != 0) handle.node->memory.clear();
    return SQLITE_OK;
  }

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

SqliteDisk::SqliteDisk(Storage& storage) : storage_(storage) {
  static std::atomic<std::uint64_t> made{0};
  name_ = "karst-" + std::to_string(++made);
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(SqliteDiskCalls::Handle);
  vfs_.mxPathname = path_bytes_max;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = SqliteDiskCalls::open;
  vfs_.xDelete = SqliteDiskCalls::remove;
  vfs_.xAccess = SqliteDiskCalls::access;
  vfs_.xFullPathname = SqliteDiskCalls::full_name;
  vfs_.xRandomness = SqliteDiskCalls::randomness;
  vfs_.xSleep = SqliteDiskCalls::sleep;
  vfs_.xGetLastError = SqliteDiskCalls::last_error;
  vfs_.xCurrentTimeInt64 = SqliteDiskCalls::now;
  KARST_ASSERT(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

SqliteDisk::~SqliteDisk() {
  KARST_ASSERT(nodes_.empty());
  sqlite3_vfs_unregister(&vfs_);
}

}  // namespace karst::sim
