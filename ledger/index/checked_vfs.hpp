// CheckedVfs: a database's files with a checksum in every page, checked whenever a page is read.
#pragma once

#include <sqlite3.h>

#include <string>

namespace karst {

/// How SQLite reaches the files of one connection: as another VFS does, but the last bytes of every
/// page of the main file are a CRC-32C over the rest and its place, and a page of the write-ahead
/// log is compared with the checksum in its frame. A page that is not what was written is answered
/// with SQLITE_IOERR_DATA. So no flipped bit can change an answer: neither one in a row nor one in
/// a key or in a page that leads to it. Drawn in docs/FORMATS.md, "Audit store".
///
/// What the writer reads back within its own transaction is not compared: SQLite sets the checksums
/// of such frames when it commits.
///
/// Threads: as the connection.
class CheckedVfs {
 public:
  static constexpr int page_bytes = 4096;
  static constexpr int reserved_bytes = 8;  ///< At a page's end: CRC u32 | 0 u32.

  /// On top of the VFS of that name; "" = the system's own.
  explicit CheckedVfs(const std::string& below);
  /// Requires: the connection is closed.
  ~CheckedVfs();
  CheckedVfs(const CheckedVfs&) = delete;
  CheckedVfs& operator=(const CheckedVfs&) = delete;

  /// What sqlite3_open_v2() wants.
  [[nodiscard]] const char* name() const { return name_.c_str(); }

 private:
  friend struct CheckedVfsCalls;

  sqlite3_vfs* below_;
  std::string name_;
  sqlite3_vfs vfs_{};
  bool is_writing_ = false;  // within a transaction that writes
};

}  // namespace karst
