#include "ledger/offline/offline.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/exchange/recovery.hpp"
#include "ledger/exchange/store_feeder.hpp"
#include "ledger/journal/file_log.hpp"
#include "ledger/journal/journal_reader.hpp"
#include "ledger/offline/backup.hpp"
#include "ledger/snapshot/engine_snapshot.hpp"

namespace karst {
namespace {

StateAt state_of(Replay& replay, std::uint64_t snapshot_sequence) {
  StateAt state;
  state.sequence = replay.last().sequence;
  state.time = replay.last().time;
  state.event_hash = replay.engine().event_hash();
  state.state_hash = replay.engine().state_hash();
  state.snapshot_sequence = snapshot_sequence;
  state.commands_replayed = replay.commands();
  return state;
}

Error no_command(const ExchangeDirectory& directory, std::uint64_t sequence) {
  return Error{ErrorCode::not_found, "find command " + std::to_string(sequence),
               directory.journal()};
}

}  // namespace

Status replay_files(Storage& storage, const std::string& journal_directory, Replay& replay,
                    std::uint64_t through_sequence, const CommandSink& sink) {
  // The batch the replay stands at comes again: its hash shows whether this is its journal.
  const std::uint64_t from = std::max<std::uint64_t>(replay.log_seq(), 1);
  Result<JournalReader> reader = JournalReader::open(storage, journal_directory, from);
  if (!reader) return reader.error();
  while (replay.last().sequence < through_sequence) {
    const Result<bool> more = reader->next();
    if (!more) return more.error();
    if (!*more) break;
    if (Status taken = replay.take(reader->batch(), sink, through_sequence); !taken) return taken;
  }
  return {};
}

Result<StateAt> state_at(Storage& storage, const ExchangeDirectory& directory, std::uint32_t shard,
                         std::uint64_t sequence) {
  SnapshotStore snapshots(storage, directory.snapshots(), shard);
  Replay replay = replay_from(&snapshots, sequence);
  const std::uint64_t snapshot_sequence = replay.last().sequence;
  const Status replayed = replay_files(storage, directory.journal(), replay, sequence, nullptr);
  if (!replayed) return replayed.error();
  const bool is_there =
      replay.has_engine() && (sequence == newest_sequence || replay.last().sequence == sequence);
  if (!is_there) return no_command(directory, sequence);
  return state_of(replay, snapshot_sequence);
}

Result<std::unique_ptr<Engine>> newest_engine(Storage& storage, const ExchangeDirectory& directory,
                                              std::uint32_t shard) {
  const Result<std::vector<std::string>> files = storage.list(directory.journal());
  const bool is_new = files ? files->empty() : files.error().code == ErrorCode::not_found;
  if (is_new) return std::unique_ptr<Engine>();
  if (!files) return files.error();
  SnapshotStore snapshots(storage, directory.snapshots(), shard);
  Replay replay = replay_from(&snapshots, newest_sequence);
  const Status replayed =
      replay_files(storage, directory.journal(), replay, newest_sequence, nullptr);
  if (!replayed) return replayed.error();
  return replay.take_engine();
}

Result<StateAt> make_snapshot(Storage& storage, const Clock& clock,
                              const ExchangeDirectory& directory, std::uint32_t shard) {
  FileLogOptions options;
  options.directory = directory.journal();
  options.shard = shard;
  Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
  if (!log) return log.error();
  SnapshotStore snapshots(storage, directory.snapshots(), shard);
  if (Status opened = snapshots.open(); !opened) return opened.error();
  Replay replay = replay_from(&snapshots, newest_sequence);
  const std::uint64_t snapshot_sequence = replay.last().sequence;
  Status replayed = replay_log(**log, replay, newest_sequence, nullptr);
  if (!replayed) return replayed.error();
  if (!replay.has_engine()) return no_command(directory, 1);
  const StateAt state = state_of(replay, snapshot_sequence);
  if (state.sequence == snapshot_sequence) return state;
  const Status made = write_engine_snapshot(snapshots, shard, replay.engine(), replay.last(),
                                            replay.log_seq(), replay.log_hash());
  if (!made) return made.error();
  return state;
}

Result<Replay> earliest_replay(Storage& storage, const ExchangeDirectory& directory,
                               std::uint32_t shard) {
  Result<JournalReader> reader = JournalReader::open(storage, directory.journal(), 1);
  if (reader) return Replay();
  const Error trimmed = reader.error();
  if (trimmed.code != ErrorCode::trimmed) return trimmed;
  SnapshotStore snapshots(storage, directory.snapshots(), shard);
  const Result<std::vector<std::uint64_t>> commands = snapshots.commands();
  if (!commands) return commands.error();
  for (auto oldest = commands->rbegin(); oldest != commands->rend(); ++oldest) {
    Replay replay = replay_from(&snapshots, *oldest);
    if (!replay.has_engine()) continue;
    reader = JournalReader::open(storage, directory.journal(), replay.log_seq());
    if (reader) return replay;
    if (reader.error().code != ErrorCode::trimmed) return reader.error();
  }
  return trimmed;
}

Result<std::uint64_t> command_before_journal(Storage& storage, const ExchangeDirectory& directory) {
  const Result<JournalReader> reader = JournalReader::open(storage, directory.journal(), 1);
  if (reader || reader.error().code != ErrorCode::trimmed) return 0;
  const auto snapshots = SnapshotStore(storage, directory.snapshots(), 0).commands();
  if (!snapshots) return snapshots.error();
  return snapshots->empty() ? 0 : snapshots->back();
}

Status check_reach(std::uint64_t journal_begin, const Books& books) {
  if (books.durable_command() >= journal_begin) return {};
  return Error{ErrorCode::corrupt,
               "find the settlements of commands " + std::to_string(books.durable_command() + 1) +
                   " to " + std::to_string(journal_begin) +
                   " (put the record log back from a backup)",
               books.options().directory};
}

namespace {

// The books as an auditor sees them, without their store; they reach the journal.
Result<std::unique_ptr<Books>> open_to_read(Storage& storage, const ExchangeDirectory& directory,
                                            std::uint16_t shard) {
  const Result<std::uint64_t> begin = command_before_journal(storage, directory);
  if (!begin) return begin.error();
  BooksOptions options;
  options.directory = directory.books();
  options.shard = shard;
  options.read_only = true;
  Result<std::unique_ptr<Books>> books = Books::open(storage, options);
  if (!books) return books;
  if (Status reaches = check_reach(*begin, **books); !reaches) return reaches.error();
  return books;
}

}  // namespace

Status check_records(Storage& storage, const ExchangeDirectory& directory, std::uint16_t shard) {
  const Result<std::unique_ptr<Books>> books = open_to_read(storage, directory, shard);
  return books ? Status() : books.error();
}

Result<ComparedRecords> compare_records(Storage& storage, const ExchangeDirectory& directory,
                                        std::uint16_t shard) {
  const Result<std::unique_ptr<Books>> books = open_to_read(storage, directory, shard);
  if (!books) return books.error();
  Result<Replay> replay = earliest_replay(storage, directory, shard);
  if (!replay) return replay.error();
  ComparedRecords compared{replay->last().sequence, books.value()->durable_command(),
                           books.value()->records()};
  BooksStore store(**books);
  const CommandSink sink = [&](const Executed& executed) { return store.compare(executed); };
  const Status replayed =
      replay_files(storage, directory.journal(), *replay, compared.through_command, sink);
  if (!replayed) return replayed.error();
  return compared;
}

namespace {

Status check_empty(Storage& storage, const ExchangeDirectory& into) {
  for (const std::string& path : {into.books() + "/log", into.events()}) {
    const Result<std::vector<std::string>> names = storage.list(path);
    if (!names && names.error().code == ErrorCode::not_found) continue;
    if (!names) return names.error();
    if (!names->empty()) return Error{ErrorCode::already_exists, "rebuild stores", path};
  }
  return {};
}

}  // namespace

Result<Rebuilt> rebuild_stores(Storage& storage, const ExchangeDirectory& from,
                               const ExchangeDirectory& into, std::uint16_t shard) {
  if (Status empty = check_empty(storage, into); !empty) return empty.error();
  Result<Replay> replay = earliest_replay(storage, from, shard);
  if (!replay) return replay.error();
  const std::uint64_t begin = replay->last().sequence;
  BooksOptions book_options;
  book_options.directory = into.books();
  book_options.store_path = into.books_database();
  book_options.shard = shard;
  if (Status made = storage.create_directory(into.books()); !made) return made.error();
  if (begin != 0) {
    if (Status copied = copy_records(storage, from, into); !copied) return copied.error();
  }
  Result<std::unique_ptr<Books>> books = Books::open(storage, book_options);
  if (!books) return books.error();
  if (books.value()->durable_command() < begin) {
    return Error{ErrorCode::trimmed,
                 "rebuild stores: the record log ends with command " +
                     std::to_string(books.value()->durable_command()) +
                     ", the journal begins behind " + std::to_string(begin),
                 from.books()};
  }
  EventLogOptions event_options;
  event_options.directory = into.events();
  event_options.begin_after = begin;
  Result<std::unique_ptr<EventLog>> events = EventLog::open(storage, event_options);
  if (!events) return events.error();
  BooksStore books_store(**books);
  std::vector<DerivedStore*> stores{&books_store, events.value().get()};
  std::vector<StoreCatchUp> catch_ups;
  for (DerivedStore* store : stores) catch_ups.emplace_back(*store).begin_with(*replay);
  const CommandSink sink = [&](const Executed& executed) {
    for (StoreCatchUp& catch_up : catch_ups) {
      if (Status taken = catch_up.take(executed); !taken) return taken;
    }
    return Status{};
  };
  Status replayed = replay_files(storage, from.journal(), *replay, newest_sequence, sink);
  if (!replayed) return replayed.error();
  for (StoreCatchUp& catch_up : catch_ups) {
    if (Status finished = catch_up.finish(); !finished) return finished.error();
  }
  const Result<std::uint64_t> covered = books.value()->cover();
  if (!covered) return covered.error();
  return Rebuilt{replay->last().sequence, begin, books.value()->hashed(),
                 events.value()->segments()};
}

}  // namespace karst
