// Backups: a copy of an exchange's files that a restore elsewhere can go on from.
#pragma once

#include <cstdint>
#include <string>

#include "engine/seams/storage.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/offline.hpp"

namespace karst {

/// What a copy holds.
struct BackupReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  StateAt state;  ///< What its snapshot and journal replay to.
};

/// Copies what must survive: books, access log, event log, snapshots and, last, the journal, so
/// that the copy's journal reaches at least as far as everything derived from it. The exchange may
/// run: what it writes meanwhile is a torn tail in the copy, which the next opening cuts. The
/// books' database is not copied (it is made again), nor are locks and drafts. The copy is then
/// replayed, and its record log read and checked.
///
/// Until all of that is done `into` has a mark. Where it has one, an earlier try was cut short:
/// what that left is removed, and nothing else is.
///
/// Errors: already_exists, when `into` has any of the files already; invalid, when `from` is itself
///         a copy that was never finished; busy, when the exchange trimmed its journal
///         beneath the copy in every try; corrupt, with file and offset, when its record log is
///         damaged or does not reach the journal; those of the Storage and of state_at().
[[nodiscard]] Result<BackupReport> back_up(Storage& storage, const ExchangeDirectory& from,
                                           const ExchangeDirectory& into, std::uint32_t shard);

/// Copies the record log alone.
///
/// Errors: those of the Storage.
[[nodiscard]] Status copy_records(Storage& storage, const ExchangeDirectory& from,
                                  const ExchangeDirectory& into);

/// Puts a backup where an exchange can run on it: as back_up(), the other way round, and with a
/// RestoreMark, so that who starts there begins an incarnation. The mark is there before anything
/// that could be started on.
[[nodiscard]] Result<BackupReport> restore(Storage& storage, const ExchangeDirectory& backup,
                                           const ExchangeDirectory& into, std::uint32_t shard);

}  // namespace karst
