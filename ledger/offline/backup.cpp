#include "ledger/offline/backup.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/events/event_segment.hpp"
#include "ledger/files/open_file.hpp"
#include "ledger/offline/restore_mark.hpp"

namespace karst {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::uint32_t tries_max = 3;
constexpr std::string_view mark_text = "a copy that is not finished: make it again\n";

// Fills `piece` from the file, its last block first.
Status read_backwards(Storage& storage, FileHandle file, std::uint64_t offset,
                      std::span<std::byte> piece) {
  constexpr std::size_t block = Storage::block_bytes;
  for (std::size_t end = piece.size(); end > 0;) {
    const std::size_t begin = (end - 1) / block * block;
    const auto bytes = piece.subspan(begin, end - begin);
    const Result<std::size_t> count = storage.read(file, offset + begin, bytes);
    if (!count) return count.error();
    if (*count < bytes.size()) return Error{ErrorCode::busy, "copy a file that shrinks", ""};
    end = begin;
  }
  return {};
}

// A file that is being written grows towards its end, frame by frame. Copied from its end to its
// begin, whatever frame is there in the copy has all before it, as after a crash.
Status copy_file(Storage& storage, const std::string& from, const std::string& to,
                 BackupReport& report) {
  const Result<OpenFile> source = OpenFile::open(storage, from, OpenMode::read);
  if (!source) return source.error();
  const Result<OpenFile> copy = OpenFile::open(storage, to, OpenMode::create);
  if (!copy) return copy.error();
  const FileHandle handle = copy.value().handle();
  if (Status cut = storage.truncate(handle, 0); !cut) return cut;
  const Result<std::uint64_t> size = storage.size(source.value().handle());
  if (!size) return size.error();
  std::vector<std::byte> room(piece_bytes);
  for (std::uint64_t end = *size; end > 0;) {
    const std::uint64_t begin = (end - 1) / piece_bytes * piece_bytes;
    const auto piece = std::span(room).first(static_cast<std::size_t>(end - begin));
    Status copied = read_backwards(storage, source.value().handle(), begin, piece);
    if (copied) copied = storage.write(handle, begin, piece);
    if (!copied) return copied;
    end = begin;
  }
  report.bytes += *size;
  report.files += 1;
  return storage.sync(handle);
}

using IsWanted = std::function<bool(std::string_view name)>;

// All files that are wanted, the newest first: one that is copied has all before it, whatever is
// begun meanwhile. One that goes away meanwhile was let go of, and is no loss.
Status copy_directory(Storage& storage, const std::string& from, const std::string& to,
                      const IsWanted& is_wanted, BackupReport& report) {
  const Result<std::vector<std::string>> names = storage.list(from);
  if (!names && names.error().code == ErrorCode::not_found) return {};
  if (!names) return names.error();
  if (Status made = storage.create_directory(to); !made) return made;
  for (auto it = names->rbegin(); it != names->rend(); ++it) {
    const std::string& name = *it;
    if (!is_wanted(name)) continue;
    const Status copied = copy_file(storage, from + "/" + name, to + "/" + name, report);
    if (!copied && copied.error().code != ErrorCode::not_found) return copied;
  }
  return storage.sync_directory(to);
}

IsWanted ends(std::string_view ending) {
  return [ending](std::string_view name) { return name.ends_with(ending); };
}

// What is copied from one folder into another.
struct Portion {
  std::string from;
  std::string into;
  IsWanted is_wanted;
};

Portion portion_of_records(const ExchangeDirectory& from, const ExchangeDirectory& into) {
  return {from.books() + "/log", into.books() + "/log", ends(".log")};
}

// In the order of copying.
std::vector<Portion> portions_of(const ExchangeDirectory& from, const ExchangeDirectory& into) {
  const IsWanted events = [](std::string_view name) {
    return name.ends_with(".events") || name.ends_with(".index");
  };
  const IsWanted access = [](std::string_view name) {
    return name.starts_with(ExchangeDirectory::access_log_name);
  };
  return {portion_of_records(from, into),
          {from.path(), into.path(), access},
          {from.events(), into.events(), events},
          {from.snapshots(), into.snapshots(), ends(".snapshot")},
          {from.journal(), into.journal(), ends(".journal")}};
}

Status copy_all(Storage& storage, const std::vector<Portion>& portions, BackupReport& report) {
  for (const Portion& portion : portions) {
    Status copied = copy_directory(storage, portion.from, portion.into, portion.is_wanted, report);
    if (!copied) return copied;
  }
  return {};
}

// The files that a copy would have to write over.
Result<std::vector<std::string>> files_there(Storage& storage,
                                             const std::vector<Portion>& portions) {
  std::vector<std::string> paths;
  for (const Portion& portion : portions) {
    const Result<std::vector<std::string>> names = storage.list(portion.into);
    if (!names && names.error().code == ErrorCode::not_found) continue;
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (portion.is_wanted(name)) paths.push_back(portion.into + "/" + name);
    }
  }
  return paths;
}

Result<bool> is_unfinished(Storage& storage, const ExchangeDirectory& copy) {
  const Result<OpenFile> mark = OpenFile::open(storage, copy.copy_mark(), OpenMode::read);
  if (mark) return true;
  if (mark.error().code == ErrorCode::not_found) return false;
  return mark.error();
}

// Marks `into` as a copy that is not finished, and takes away what an earlier try left there: when
// the mark was made there was none of it, so all of it is ours.
Status begin_copy(Storage& storage, const ExchangeDirectory& from, const ExchangeDirectory& into) {
  if (const auto source = storage.list(from.journal()); !source) return source.error();
  const Result<bool> is_source_unfinished = is_unfinished(storage, from);
  if (!is_source_unfinished) return is_source_unfinished.error();
  if (*is_source_unfinished) {
    return Error{ErrorCode::invalid, "copy a copy that was never finished", from.path()};
  }
  const Result<bool> is_begun = is_unfinished(storage, into);
  if (!is_begun) return is_begun.error();
  const Result<std::vector<std::string>> there = files_there(storage, portions_of(from, into));
  if (!there) return there.error();
  if (!*is_begun && !there->empty()) {
    return Error{ErrorCode::already_exists, "copy an exchange", there->front()};
  }
  if (!*is_begun) {
    if (Status made = storage.create_directory(into.path()); !made) return made;
    const auto text = std::as_bytes(std::span(mark_text));
    return replace_file(storage, into.path(), into.copy_mark(), text);
  }
  for (const std::string& path : *there) {
    if (Status removed = storage.unlink(path); !removed) return removed;
  }
  return {};
}

Status end_copy(Storage& storage, const ExchangeDirectory& into) {
  if (Status removed = storage.unlink(into.copy_mark()); !removed) return removed;
  return storage.sync_directory(into.path());
}

// An exchange that never had books has a copy without them.
Status check_copied_records(Storage& storage, const ExchangeDirectory& copy, std::uint32_t shard) {
  const Result<std::vector<std::string>> names = storage.list(copy.books() + "/log");
  if (!names && names.error().code == ErrorCode::not_found) return {};
  return check_records(storage, copy, static_cast<std::uint16_t>(shard));
}

// Copies, and checks what it copied. Requires: begin_copy().
Result<BackupReport> copy_exchange(Storage& storage, const ExchangeDirectory& from,
                                   const ExchangeDirectory& into, std::uint32_t shard) {
  for (std::uint32_t i = 0; i < tries_max; ++i) {
    BackupReport report;
    if (Status copied = copy_all(storage, portions_of(from, into), report); !copied) {
      return copied.error();
    }
    const Result<StateAt> state = state_at(storage, into, shard, newest_sequence);
    if (state) {
      if (Status sound = check_copied_records(storage, into, shard); !sound) return sound.error();
      report.state = *state;
      return report;
    }
    // Trimmed between the copy of the snapshots and that of the journal: newer snapshots are there.
    if (state.error().code != ErrorCode::trimmed) return state.error();
  }
  return Error{ErrorCode::busy, "copy an exchange that trims its journal", from.path()};
}

}  // namespace

Status copy_records(Storage& storage, const ExchangeDirectory& from,
                    const ExchangeDirectory& into) {
  BackupReport report;
  const Portion portion = portion_of_records(from, into);
  return copy_directory(storage, portion.from, portion.into, portion.is_wanted, report);
}

Result<BackupReport> back_up(Storage& storage, const ExchangeDirectory& from,
                             const ExchangeDirectory& into, std::uint32_t shard) {
  if (Status begun = begin_copy(storage, from, into); !begun) return begun.error();
  Result<BackupReport> report = copy_exchange(storage, from, into, shard);
  if (!report) return report;
  if (Status ended = end_copy(storage, into); !ended) return ended.error();
  return report;
}

Result<BackupReport> restore(Storage& storage, const ExchangeDirectory& backup,
                             const ExchangeDirectory& into, std::uint32_t shard) {
  if (Status begun = begin_copy(storage, backup, into); !begun) return begun.error();
  // Until it is known how far the backup goes, nothing of it counts as shared.
  if (Status marked = write_restore_mark(storage, into, {}); !marked) return marked.error();
  Result<BackupReport> report = copy_exchange(storage, backup, into, shard);
  if (!report) return report;
  const RestoreMark mark{report->state.sequence, 0};
  if (Status marked = write_restore_mark(storage, into, mark); !marked) return marked.error();
  if (Status ended = end_copy(storage, into); !ended) return ended.error();
  return report;
}

}  // namespace karst
