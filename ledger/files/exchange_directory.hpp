// ExchangeDirectory: where the files of an exchange lie under its one directory.
#pragma once

#include <string>
#include <utility>

namespace karst {

/// Drawn in docs/FORMATS.md, "Files of an exchange".
class ExchangeDirectory {
 public:
  explicit ExchangeDirectory(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
  [[nodiscard]] std::string snapshots() const { return path_ + "/snapshots"; }
  [[nodiscard]] std::string events() const { return path_ + "/events"; }
  /// How the names of the access log's files begin.
  static constexpr const char* access_log_name = "access.log";
  [[nodiscard]] std::string access_log() const { return path_ + "/" + access_log_name; }
  [[nodiscard]] std::string restore_mark() const { return path_ + "/restored"; }
  /// There while a copy of an exchange is not finished (ledger/offline/backup.hpp).
  [[nodiscard]] std::string copy_mark() const { return path_ + "/unfinished_copy"; }
  [[nodiscard]] std::string books() const { return path_ + "/books"; }
  [[nodiscard]] std::string books_database() const { return path_ + "/books/ledger.db"; }

 private:
  std::string path_;
};

}  // namespace karst
