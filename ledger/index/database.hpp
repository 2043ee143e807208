// Database: a thin, strict wrapper around SQLite.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "ledger/index/checked_vfs.hpp"

namespace karst {

/// A prepared statement. Values go in only as bound parameters, never as text of the statement.
///
/// Threads: one owner.
class Statement {
 public:
  Statement() = default;

  /// Parameters are numbered from 1 and stay bound until bound again. Blobs and texts are borrowed
  /// until the next reset().
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::span<const std::byte> blob);
  Statement& bind(int index, std::string_view text);

  /// Goes to the next row. Returns: false when there is none; the statement is reset then.
  [[nodiscard]] Result<bool> step();
  /// Runs a statement that has no rows.
  [[nodiscard]] Status run();
  void reset();

  /// Columns of the row step() went to, from 0 on. Blobs live until the next step().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to one file.
///
/// The writer runs with WAL, explicit checkpoints only (one connection writes and checkpoints),
/// recursive triggers, cell size checks, no trusted schema. After deny_changes() it can add rows
/// and nothing else. Readers are opened read-only. Every page is checked when it is read
/// (CheckedVfs); statements go before their connection does.
///
/// Errors:  no_space, corrupt, not_found, unknown_format as far as SQLite tells them apart; else
///          io. A page that is not what was written is `corrupt`.
/// Threads: one owner.
class Database {
 public:
  enum class Mode : std::uint8_t { read, write };

  /// `vfs` names how SQLite reaches its files; "" is the system's own way.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode,
                                             const std::string& vfs = "");

  /// Runs statements of our own that take no values.
  [[nodiscard]] Status execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  /// The one number a statement answers with.
  [[nodiscard]] Result<std::int64_t> number(const char* sql);

  /// From here on UPDATE, DELETE, DROP, ALTER and ATTACH are refused when they are prepared.
  void deny_changes();

  /// Moves the write-ahead log into the file.
  [[nodiscard]] Status checkpoint();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    std::shared_ptr<CheckedVfs> vfs;
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  [[nodiscard]] Error error(const char* doing) const;

  std::unique_ptr<sqlite3, Close> connection_;
  std::string path_;
};

}  // namespace karst
