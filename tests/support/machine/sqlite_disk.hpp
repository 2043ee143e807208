// SqliteDisk: SQLite on a Storage, so that a simulated disk is a disk to it too.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"

namespace karst::sim {

/// A way for SQLite to reach files (a VFS) that goes through a Storage: every write, sync, cut and
/// removal is a call there, with its faults and losses. What SQLite keeps in shared memory and its
/// locks live with this object: it is one life of one process.
///
/// Threads: one owner, and so are all connections.
class SqliteDisk {
 public:
  explicit SqliteDisk(Storage& storage);
  /// Requires: every connection is closed.
  ~SqliteDisk();
  SqliteDisk(const SqliteDisk&) = delete;
  SqliteDisk& operator=(const SqliteDisk&) = delete;

  /// What Database::open() wants as `vfs`.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend struct SqliteDiskCalls;

  // What the connections to one file share.
  struct Node {
    int locks_shared = 0;
    const void* reserved = nullptr;   // the handle that has it
    const void* exclusive = nullptr;  // so too; pending counts as exclusive
    int memory_shared[SQLITE_SHM_NLOCK] = {};
    const void* memory_exclusive[SQLITE_SHM_NLOCK] = {};
    std::vector<std::unique_ptr<std::byte[]>> memory;
    int users = 0;
  };

  Storage& storage_;
  std::string name_;
  sqlite3_vfs vfs_{};
  std::map<std::string, std::shared_ptr<Node>> nodes_;
  std::uint64_t random_state_ = 1;
  std::uint64_t temporaries_ = 0;
};

}  // namespace karst::sim
