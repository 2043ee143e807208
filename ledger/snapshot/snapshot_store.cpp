#include "ledger/snapshot/snapshot_store.hpp"

#include <algorithm>
#include <charconv>

namespace karst {
namespace {

constexpr std::string_view suffix = ".snapshot";
constexpr std::string_view draft_suffix = ".snapshot.tmp";
constexpr std::size_t digits = 20;

std::string numbered(std::uint64_t command, std::string_view ending) {
  std::string text = std::to_string(command);
  text.insert(0, digits - text.size(), '0');
  return text + std::string(ending);
}

std::optional<std::uint64_t> command_of(std::string_view file_name) {
  if (file_name.size() != digits + suffix.size() || !file_name.ends_with(suffix)) return {};
  std::uint64_t command = 0;
  const char* end = file_name.data() + digits;
  const std::from_chars_result read = std::from_chars(file_name.data(), end, command);
  if (read.ec != std::errc{} || read.ptr != end) return {};
  return command;
}

// Bad bytes make a snapshot unfit; everything else is about the machine.
bool is_about_the_bytes(const Error& error) { return error.code == ErrorCode::corrupt; }

}  // namespace

Status SnapshotStore::open() {
  if (Status made = storage_.create_directory(directory_); !made) return made;
  const Result<std::vector<std::string>> names = storage_.list(directory_);
  if (!names) return names.error();
  for (const std::string& file_name : *names) {
    if (!file_name.ends_with(draft_suffix)) continue;
    if (Status removed = storage_.unlink(directory_ + "/" + file_name); !removed) return removed;
  }
  return storage_.sync_directory(directory_);
}

std::string SnapshotStore::path(std::uint64_t command) const {
  return directory_ + "/" + numbered(command, suffix);
}

Result<SnapshotWriter> SnapshotStore::begin(const SnapshotInfo& info) {
  KARST_ASSERT(info.shard == shard_);
  return SnapshotWriter::create(storage_, directory_ + "/" + numbered(info.command, draft_suffix),
                                info);
}

Status SnapshotStore::commit(SnapshotWriter writer, const StateHash& state_hash) {
  const std::string draft = writer.draft_path();
  if (Status finished = writer.finish(state_hash); !finished) return finished;
  const Result<SnapshotInfo> verified = verify_snapshot(storage_, draft);
  if (!verified) {
    if (is_about_the_bytes(verified.error())) static_cast<void>(storage_.unlink(draft));
    return verified.error();
  }
  const Status renamed = storage_.rename(draft, path(writer.info().command));
  if (!renamed) return renamed;
  return storage_.sync_directory(directory_);
}

Result<std::vector<std::uint64_t>> SnapshotStore::commands() {
  const Result<std::vector<std::string>> names = storage_.list(directory_);
  if (!names) return names.error();
  std::vector<std::uint64_t> found;
  for (const std::string& file_name : *names) {
    if (const auto command = command_of(file_name); command.has_value()) found.push_back(*command);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

Result<SnapshotInfo> SnapshotStore::load_one(std::uint64_t command, SnapshotSink& sink) {
  Result<SnapshotReader> reader = SnapshotReader::open(storage_, path(command));
  if (!reader) return reader.error();
  const SnapshotInfo& info = reader->info();
  if (info.command != command || info.shard != shard_) {
    return Error{ErrorCode::corrupt, "match a snapshot with its name and shard", path(command), 0};
  }
  sink.begin(info);
  for (;;) {
    const auto bytes = reader->next();
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    if (!sink.take(*bytes)) {
      return Error{ErrorCode::corrupt, "understand a snapshot", path(command)};
    }
  }
  if (!sink.end()) {
    const ErrorCode code = sink.is_newer() ? ErrorCode::unknown_format : ErrorCode::corrupt;
    return Error{code, "check the state of a snapshot", path(command)};
  }
  return info;
}

Result<SnapshotLoad> SnapshotStore::load(SnapshotSink& sink, std::uint64_t command_max) {
  const Result<std::vector<std::uint64_t>> found = commands();
  if (!found) return found.error();
  SnapshotLoad load;
  for (const std::uint64_t command : *found) {
    if (command > command_max) continue;
    const Result<SnapshotInfo> loaded = load_one(command, sink);
    if (loaded) {
      load.info = *loaded;
      return load;
    }
    if (!is_about_the_bytes(loaded.error())) return loaded.error();
    load.rejected.push_back(loaded.error());
  }
  if (!load.rejected.empty()) return load.rejected.front();
  return load;
}

Result<std::vector<SnapshotInfo>> SnapshotStore::newest_verified() {
  const Result<std::vector<std::uint64_t>> found = commands();
  if (!found) return found.error();
  std::vector<SnapshotInfo> verified;
  for (const std::uint64_t command : *found) {
    if (verified.size() == kept_min) break;
    const Result<SnapshotInfo> info = verify_snapshot(storage_, path(command));
    if (info && info->command == command && info->shard == shard_) verified.push_back(*info);
    if (!info && !is_about_the_bytes(info.error())) return info.error();
  }
  return verified;
}

Result<std::optional<std::uint64_t>> SnapshotStore::trim_floor() {
  const Result<std::vector<SnapshotInfo>> verified = newest_verified();
  if (!verified) return verified.error();
  if (verified->size() < kept_min) return std::optional<std::uint64_t>{};
  return std::optional<std::uint64_t>(verified->back().log_seq);
}

Result<std::uint64_t> SnapshotStore::trim() {
  const Result<std::vector<SnapshotInfo>> verified = newest_verified();
  if (!verified) return verified.error();
  if (verified->size() < kept_min) return std::uint64_t{0};
  const Result<std::vector<std::uint64_t>> found = commands();
  if (!found) return found.error();
  std::uint64_t removed = 0;
  for (const std::uint64_t command : *found) {
    if (command >= verified->back().command) continue;
    if (Status gone = storage_.unlink(path(command)); !gone) return gone.error();
    removed += 1;
  }
  if (removed > 0) {
    if (Status synced = storage_.sync_directory(directory_); !synced) return synced.error();
  }
  return removed;
}

}  // namespace karst
