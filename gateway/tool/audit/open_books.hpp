// The books of an exchange, opened for reading: beside a running karstd too.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/books/books.hpp"
#include "ledger/files/posix_storage.hpp"

namespace karst::tool {

struct OpenBooks {
  PosixStorage storage;
  std::unique_ptr<Books> books;
  std::unique_ptr<Audit> audit;

  /// `directory` is the data folder. Errors: those of Books::open(); corrupt, when settlements are
  /// missing before the journal begins.
  [[nodiscard]] Status open(const std::string& directory);
};

}  // namespace karst::tool
