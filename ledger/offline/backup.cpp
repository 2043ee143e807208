#include "ledger/offline/backup.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "ledger/files/open_file.hpp"
#include "ledger/offline/restore_mark.hpp"

namespace karst {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::uint32_t tries_max = 3;

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

Status copy_records(Storage& storage, const ExchangeDirectory& from, const ExchangeDirectory& into,
                    BackupReport& report) {
  return copy_directory(storage, from.books() + "/log", into.books() + "/log", ends(".log"),
                        report);
}

Status copy_all(Storage& storage, const ExchangeDirectory& from, const ExchangeDirectory& into,
                BackupReport& report) {
  const IsWanted snapshots = ends(".snapshot");
  const IsWanted journal = ends(".journal");
  const IsWanted events = [](std::string_view name) {
    return name.ends_with(".events") || name.ends_with(".index");
  };
  const IsWanted access = [](std::string_view name) {
    return name.starts_with(ExchangeDirectory::access_log_name);
  };
  Status copied = copy_records(storage, from, into, report);
  if (copied) copied = copy_directory(storage, from.path(), into.path(), access, report);
  if (copied) copied = copy_directory(storage, from.events(), into.events(), events, report);
  if (copied) {
    copied = copy_directory(storage, from.snapshots(), into.snapshots(), snapshots, report);
  }
  if (copied) copied = copy_directory(storage, from.journal(), into.journal(), journal, report);
  return copied;
}

Status check_places(Storage& storage, const ExchangeDirectory& from,
                    const ExchangeDirectory& into) {
  if (const auto source = storage.list(from.journal()); !source) return source.error();
  const Result<std::vector<std::string>> found = storage.list(into.journal());
  if (!found || found.value().empty()) return {};
  return Error{ErrorCode::already_exists, "copy an exchange", into.journal()};
}

// An exchange that never had books has a copy without them.
Status check_copied_records(Storage& storage, const ExchangeDirectory& copy, std::uint32_t shard) {
  const Result<std::vector<std::string>> names = storage.list(copy.books() + "/log");
  if (!names && names.error().code == ErrorCode::not_found) return {};
  return check_records(storage, copy, static_cast<std::uint16_t>(shard));
}

}  // namespace

Status copy_records(Storage& storage, const ExchangeDirectory& from,
                    const ExchangeDirectory& into) {
  BackupReport report;
  return copy_records(storage, from, into, report);
}

Result<BackupReport> back_up(Storage& storage, const ExchangeDirectory& from,
                             const ExchangeDirectory& into, std::uint32_t shard) {
  if (Status fit = check_places(storage, from, into); !fit) return fit.error();
  for (std::uint32_t i = 0; i < tries_max; ++i) {
    BackupReport report;
    if (Status copied = copy_all(storage, from, into, report); !copied) return copied.error();
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

Result<BackupReport> restore(Storage& storage, const ExchangeDirectory& backup,
                             const ExchangeDirectory& into, std::uint32_t shard) {
  if (Status fit = check_places(storage, backup, into); !fit) return fit.error();
  // Until it is known how far the backup goes, nothing of it counts as shared.
  if (Status marked = write_restore_mark(storage, into, {}); !marked) return marked.error();
  const Result<BackupReport> report = back_up(storage, backup, into, shard);
  if (!report) return report.error();
  const RestoreMark mark{report->state.sequence, 0};
  if (Status marked = write_restore_mark(storage, into, mark); !marked) return marked.error();
  return report;
}

}  // namespace karst
