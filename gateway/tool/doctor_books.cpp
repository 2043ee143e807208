// What `karst doctor` looks at in the books: whether what is derived is what was written.
#include <filesystem>

#include "gateway/tool/doctor.hpp"
#include "ledger/balances_file.hpp"
#include "ledger/books.hpp"
#include "ledger/exchange_directory.hpp"
#include "ledger/posix_storage.hpp"
#include "ledger/store.hpp"

namespace karst::tool {

void Doctor::look_at_books() {
  if (!config_) return;
  const ExchangeDirectory files(config_->data);
  const std::string store = files.books_database();
  std::error_code ignored;
  if (!std::filesystem::exists(store, ignored)) return;
  const Status sound = check_store({store, ""});
  if (!sound && sound.error().code == ErrorCode::corrupt) {
    add("audit_store", Health::warn, store + " is damaged, or of an older version",
        "karstd makes it again from the record log, at its start or when it meets the damage");
  } else {
    add("audit_store", sound ? Health::ok : Health::warn,
        sound ? store + " is sound" : sound.error().text(), sound ? "" : "look at karstd's log");
  }
  if (std::filesystem::exists(store + ".damaged", ignored)) {
    add("audit_store", Health::warn, store + ".damaged was put aside and made again",
        "ask why the disk changes what was written, then remove that file");
  }
  PosixStorage storage;
  BalancesFile balances(storage, files.books(), {0, BooksOptions{}.segment_records});
  const Result<std::uint32_t> read = balances.load([](const SavedBalance&) {});
  if (!read && read.error().code == ErrorCode::corrupt) {
    add("saved_balances", Health::warn, read.error().text(),
        "karstd gathers them again from the audit store at its next start");
  }
}

}  // namespace karst::tool
