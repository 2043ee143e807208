// What `karst doctor` looks at in the books: whether what is derived is what was written.
#include <algorithm>
#include <filesystem>

#include "gateway/tool/operate/doctor.hpp"
#include "ledger/books/balances_file.hpp"
#include "ledger/books/books.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/index/store.hpp"
#include "ledger/offline/offline.hpp"

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
  look_at_saved_balances(files);
  look_at_records(files);
}

void Doctor::look_at_saved_balances(const ExchangeDirectory& files) {
  PosixStorage storage;
  BalancesFile balances(storage, files.books(), {0, BooksOptions{}.segment_records});
  const Result<std::uint32_t> read = balances.load([](const SavedBalance&) {});
  if (!read && read.error().code == ErrorCode::corrupt) {
    add("saved_balances", Health::warn, read.error().text(),
        "karstd gathers them again from the audit store at its next start");
  }
}

// Whether the journal, as far back as it goes, makes the records that stand in the record log.
void Doctor::look_at_records(const ExchangeDirectory& files) {
  PosixStorage storage;
  const Result<ComparedRecords> compared = compare_records(storage, files, 0);
  if (compared) {
    const std::uint64_t commands =
        compared->through_command - std::min(compared->behind_command, compared->through_command);
    add("records", Health::ok,
        "the newest " + std::to_string(commands) + " commands make the records that are in the " +
            "record log; it has " + std::to_string(compared->records),
        "");
    return;
  }
  const bool is_damage = compared.error().code == ErrorCode::corrupt;
  const std::string advice =
      is_damage ? "keep a copy of the folder; where the journal begins with command 1 "
                  "(karst journal verify), move " + files.books() +
                      " away and start: nothing is lost; else put "
                : "look again; if it stays, put ";
  add("records", is_damage ? Health::fail : Health::warn, compared.error().text(),
      advice + "books/log back from a backup (OPERATIONS.md, When something goes wrong)");
}

}  // namespace karst::tool
