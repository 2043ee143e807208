// What can be done with the files of an exchange that does not run: hashes, snapshots, rebuilds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/seams/clock.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/books/books.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/record/record_hash.hpp"
#include "ledger/replay/replay.hpp"

namespace karst {

/// Replays a journal behind `replay` up to and with the command `through_sequence`, reading the
/// files without lock or change: beside a running exchange it ends somewhere near its newest frame.
///
/// Errors: those of JournalReader and Replay::take().
[[nodiscard]] Status replay_files(Storage& storage, const std::string& journal_directory,
                                  Replay& replay, std::uint64_t through_sequence,
                                  const CommandSink& sink);

/// The newest command, whatever its number is.
inline constexpr std::uint64_t newest_sequence = ~std::uint64_t{0} - 1;

/// What an engine is at one command.
struct StateAt {
  std::uint64_t sequence = 0;
  Time time{0};
  std::uint64_t event_hash = 0;
  std::uint64_t state_hash = 0;
  std::uint64_t snapshot_sequence = 0;  ///< Where the replay began; 0 = at the beginning.
  std::uint64_t commands_replayed = 0;
};

/// The state behind the command `sequence` (or the newest), from the newest good snapshot that is
/// not beyond it; changes nothing.
///
/// Errors: not_found, when the journal does not reach that command, or is empty; those of
///         replay_files().
[[nodiscard]] Result<StateAt> state_at(Storage& storage, const ExchangeDirectory& directory,
                                       std::uint32_t shard, std::uint64_t sequence);

/// The engine behind the newest command, as a start would recover it; null where no exchange has
/// begun. Changes nothing.
///
/// Errors: those of replay_files().
[[nodiscard]] Result<std::unique_ptr<Engine>> newest_engine(Storage& storage,
                                                            const ExchangeDirectory& directory,
                                                            std::uint32_t shard);

/// Makes a snapshot behind the newest batch. Requires: the exchange does not run.
///
/// Errors: locked, when it runs; those of replay_files() and the snapshot store.
[[nodiscard]] Result<StateAt> make_snapshot(Storage& storage, const Clock& clock,
                                            const ExchangeDirectory& directory,
                                            std::uint32_t shard);

/// A replay that stands where the journal begins: at its first command, or, when it was trimmed,
/// behind the oldest good snapshot from which it goes on. Changes nothing.
///
/// Errors: trimmed, when there is no such snapshot; those of JournalReader.
[[nodiscard]] Result<Replay> earliest_replay(Storage& storage, const ExchangeDirectory& directory,
                                             std::uint32_t shard);

/// Behind which command the journal begins, as far as the snapshots tell: 0, or the oldest one's.
///
/// Errors: those of the Storage.
[[nodiscard]] Result<std::uint64_t> command_before_journal(Storage& storage,
                                                           const ExchangeDirectory& directory);

/// Whether the books go on where the journal begins: if not, settlements are missing that nothing
/// can bring back but a copy of the record log.
///
/// `journal_begin`: of command_before_journal(), asked before the books were opened: beside a
///                  running exchange both move on.
/// Errors:          corrupt, when they do not.
[[nodiscard]] Status check_reach(std::uint64_t journal_begin, const Books& books);

/// Reads the whole record log and checks it, and its reach. Changes nothing.
///
/// Errors: those of Books::open() and check_reach().
[[nodiscard]] Status check_records(Storage& storage, const ExchangeDirectory& directory,
                                   std::uint16_t shard);

/// What was compared, and found the same.
struct ComparedRecords {
  std::uint64_t behind_command = 0;   ///< Where the journal begins.
  std::uint64_t through_command = 0;  ///< How far the record log is.
  std::uint64_t records = 0;          ///< In it.
};

/// Makes the records again that the journal still has the commands of, and compares them with the
/// record log; changes nothing, and may be done beside a running exchange.
///
/// Errors: corrupt, when one comes out differently, or the record log is damaged; trimmed; those
///         of replay_files() and Books::open().
[[nodiscard]] Result<ComparedRecords> compare_records(Storage& storage,
                                                      const ExchangeDirectory& directory,
                                                      std::uint16_t shard);

/// What a rebuild made.
struct Rebuilt {
  std::uint64_t sequence = 0;        ///< The newest command.
  std::uint64_t behind_command = 0;  ///< Where the journal begins: records of before were copied.
  HashedRecords records;
  std::uint64_t event_segments = 0;
};

/// Makes books and event log anew under `into`, from the journal of `from`. Where it was trimmed,
/// the record log of `from` is checked and copied, and goes on with the journal; what both have is
/// compared; the event log begins where the journal does. Nothing is changed under `from`.
///
/// Errors: already_exists, when there are such stores under `into`; trimmed, when the record log
///         does not reach the journal; corrupt, when a record comes out of the journal differently;
///         those of the stores.
[[nodiscard]] Result<Rebuilt> rebuild_stores(Storage& storage, const ExchangeDirectory& from,
                                             const ExchangeDirectory& into, std::uint16_t shard);

}  // namespace karst
