#include "tests/support/machine/sim_storage.hpp"

#include <algorithm>
#include <cstring>

namespace karst::sim {
namespace {

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string(".") : std::string(path.substr(0, slash));
}

Error crashed(const char* doing, std::string_view path) {
  return Error{ErrorCode::crashed, doing, std::string(path)};
}

}  // namespace

const char* name(Loss loss) {
  switch (loss) {
    case Loss::lost: return "lost";
    case Loss::kept: return "kept";
    case Loss::torn: return "torn";
    case Loss::reordered: return "reordered";
  }
  return "unknown";
}

void SimStorage::fail_call(std::uint64_t n, ErrorCode code, std::uint64_t more) {
  fail_from_ = calls_ + n;
  fail_to_ = fail_from_ + more;
  fail_code_ = code;
}

// Counts the call and finds out what happens to it. A change in which the machine stops still takes
// place, as far as restart() will let it.
Status SimStorage::begin_call(const char* doing, std::string_view path, bool is_change) {
  if (has_crashed_) return crashed(doing, path);
  is_crashing_ = false;
  if (is_paused_) return {};
  calls_ += 1;
  if (is_change) {
    changes_ += 1;
    is_crashing_ = changes_ == crash_at_;
  }
  if (fail_from_ != 0 && calls_ >= fail_from_ && calls_ <= fail_to_) {
    return Error{fail_code_, doing, std::string(path)};
  }
  return {};
}

// The end of a change: a machine that stopped in it never says that it was done.
Status SimStorage::inside_crash(const char* doing, std::string_view path) const {
  return has_crashed_ ? crashed(doing, path) : Status{};
}

Result<SimStorage::Open*> SimStorage::find(FileHandle file, const char* doing, bool to_write) {
  const auto found = handles_.find(file.number);
  if (has_crashed_ && found == handles_.end()) return crashed(doing, "a handle from before");
  KARST_ASSERT(found != handles_.end());
  KARST_ASSERT(!to_write || found->second.may_write);
  return &found->second;
}

FileHandle SimStorage::give_handle(Open open) {
  const FileHandle handle{next_handle_};
  next_handle_ += 1;
  handles_.emplace(handle.number, std::move(open));
  return handle;
}

Result<FileHandle> SimStorage::open(std::string_view path, OpenMode mode) {
  const std::string key(path);
  const auto found = names_.find(key);
  const bool may_make = mode == OpenMode::create || mode == OpenMode::create_new;
  const bool makes = may_make && found == names_.end();
  if (Status begun = begin_call("open", path, makes); !begun) return begun.error();
  if (found != names_.end() && mode == OpenMode::create_new) {
    return Error{ErrorCode::already_exists, "open", key};
  }
  if (found == names_.end() && !may_make) return Error{ErrorCode::not_found, "open", key};
  if (makes) change_names({directory_of(path), "", key, std::make_shared<File>()});
  if (Status alive = inside_crash("open", path); !alive) return alive.error();
  return give_handle({names_.at(key), key, mode != OpenMode::read, false});
}

Status SimStorage::close(FileHandle file) {
  const auto found = handles_.find(file.number);
  if (found == handles_.end()) return {};
  if (found->second.is_lock) locks_.erase(found->second.path);
  handles_.erase(found);
  return {};
}

Result<std::uint64_t> SimStorage::size(FileHandle file) {
  const Result<Open*> open = find(file, "take the size", false);
  if (!open) return open.error();
  if (Status begun = begin_call("take the size", (*open)->path, false); !begun) {
    return begun.error();
  }
  return (*open)->file->seen.size();
}

Result<std::size_t> SimStorage::read(FileHandle file, std::uint64_t offset,
                                     std::span<std::byte> bytes) {
  const Result<Open*> open = find(file, "read", false);
  if (!open) return open.error();
  if (Status begun = begin_call("read", (*open)->path, false); !begun) return begun.error();
  const std::vector<std::byte>& seen = (*open)->file->seen;
  if (offset >= seen.size()) return std::size_t{0};
  const std::size_t length = std::min<std::size_t>(bytes.size(), seen.size() - offset);
  if (length != 0) std::memcpy(bytes.data(), seen.data() + offset, length);
  return length;
}

std::uint64_t SimStorage::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, file] : names_) used += file->seen.size();
  return used;
}

Status SimStorage::check_room(const File& file, std::uint64_t size, std::string_view path) {
  if (size <= file.seen.size()) return {};
  const std::uint64_t more = size - file.seen.size();
  const std::uint64_t used = used_bytes();
  if (used <= capacity_ && more <= capacity_ - used) return {};
  return Error{ErrorCode::no_space, "write", std::string(path)};
}

Status SimStorage::change_file(FileHandle file, const char* doing, Change change) {
  const Result<Open*> open = find(file, doing, true);
  if (!open) return open.error();
  File& target = *(*open)->file;
  const Status begun = begin_call(doing, (*open)->path, true);
  if (has_crashed_) return begun;
  if (!begun) {  // a failing write may have come some way
    if (!change.length.has_value() && fail_code_ != ErrorCode::no_space) {
      change.bytes.resize(random_.below(change.bytes.size() + 1));
      apply(target.seen, change);
      target.pending.push_back(std::move(change));
    }
    return begun;
  }
  const std::uint64_t end = change.length.value_or(change.offset + change.bytes.size());
  if (Status room = check_room(target, end, (*open)->path); !room) return room;
  apply(target.seen, change);
  target.pending.push_back(std::move(change));
  has_crashed_ = is_crashing_;
  return inside_crash(doing, (*open)->path);
}

Status SimStorage::write(FileHandle file, std::uint64_t offset, std::span<const std::byte> bytes) {
  return change_file(file, "write", {offset, {bytes.begin(), bytes.end()}, std::nullopt});
}

Status SimStorage::append(FileHandle file, std::span<const std::byte> bytes) {
  const Result<Open*> open = find(file, "append", true);
  if (!open) return open.error();
  return write(file, (*open)->file->seen.size(), bytes);
}

Status SimStorage::write_through(FileHandle file, std::uint64_t offset,
                                 std::span<const std::byte> bytes) {
  KARST_ASSERT(offset % block_bytes == 0 && bytes.size() % block_bytes == 0);
  if (Status written = write(file, offset, bytes); !written) return written;
  return sync(file);
}

Status SimStorage::preallocate(FileHandle file, std::uint64_t bytes) {
  const std::vector<std::byte> zeros(bytes);
  if (Status written = write(file, 0, zeros); !written) return written;
  return truncate(file, bytes);
}

Status SimStorage::truncate(FileHandle file, std::uint64_t bytes) {
  return change_file(file, "truncate", {0, {}, bytes});
}

Status SimStorage::sync(FileHandle file) {
  const Result<Open*> open = find(file, "sync", false);
  if (!open) return open.error();
  File& target = *(*open)->file;
  Status begun = begin_call("sync", (*open)->path, true);
  if (has_crashed_) return begun;
  syncs_ += 1;
  if (fail_syncs_from_ != 0 && syncs_ >= fail_syncs_from_) {
    begun = Error{ErrorCode::io, "sync", (*open)->path};
  }
  if (!begun) {
    lose(target, Loss::reordered);
    return begun;
  }
  has_crashed_ = is_crashing_;
  if (has_crashed_) return crashed("sync", (*open)->path);
  for (const Change& change : target.pending) apply(target.durable, change);
  target.pending.clear();
  return {};
}

Status SimStorage::drop_cache(FileHandle file) {
  if (Status synced = sync(file); !synced) return synced;
  const Result<Open*> open = find(file, "drop the cache", false);
  if (!open) return open.error();
  (*open)->file->seen = (*open)->file->durable;
  return {};
}

void SimStorage::change_names(NameChange change) {
  apply(names_, change);
  pending_names_.push_back(std::move(change));
  has_crashed_ = is_crashing_;
}

Status SimStorage::rename(std::string_view from, std::string_view to) {
  if (Status begun = begin_call("rename", from, true); !begun) return begun;
  const auto found = names_.find(std::string(from));
  if (found == names_.end()) return Error{ErrorCode::not_found, "rename", std::string(from)};
  change_names({directory_of(to), std::string(from), std::string(to), found->second});
  return inside_crash("rename", from);
}

Status SimStorage::unlink(std::string_view path) {
  if (Status begun = begin_call("remove", path, true); !begun) return begun;
  const auto found = names_.find(std::string(path));
  if (found == names_.end()) return Error{ErrorCode::not_found, "remove", std::string(path)};
  change_names({directory_of(path), std::string(path), "", found->second});
  return inside_crash("remove", path);
}

Status SimStorage::sync_directory(std::string_view path) {
  const Status begun = begin_call("sync the directory", path, true);
  if (!begun) return begun;
  has_crashed_ = is_crashing_;
  if (has_crashed_) return crashed("sync the directory", path);
  std::vector<NameChange> elsewhere;
  for (NameChange& change : pending_names_) {
    if (change.directory == path) {
      apply(durable_names_, change);
    } else {
      elsewhere.push_back(std::move(change));
    }
  }
  pending_names_ = std::move(elsewhere);
  return {};
}

// Directories are not simulated: they are there, whatever happens.
Status SimStorage::create_directory(std::string_view path) {
  return begin_call("make the directory", path, false);
}

Result<std::vector<std::string>> SimStorage::list(std::string_view path) {
  if (Status begun = begin_call("list", path, false); !begun) return begun.error();
  const std::string prefix = std::string(path) + "/";
  std::vector<std::string> found;
  for (const auto& [file_path, file] : names_) {
    const bool inside = file_path.starts_with(prefix) &&
                        file_path.find('/', prefix.size()) == std::string::npos;
    if (inside) found.push_back(file_path.substr(prefix.size()));
  }
  return found;
}

Result<std::uint64_t> SimStorage::space_left(std::string_view path) {
  if (Status begun = begin_call("ask for the space left", path, false); !begun) {
    return begun.error();
  }
  const std::uint64_t used = used_bytes();
  return used < capacity_ ? capacity_ - used : 0;
}

Result<FileHandle> SimStorage::lock(std::string_view path) {
  const std::string key(path);
  if (locks_.contains(key)) return Error{ErrorCode::locked, "lock", key};
  const Result<FileHandle> handle = open(path, OpenMode::create);
  if (!handle) return handle.error();
  handles_.at(handle->number).is_lock = true;
  locks_.insert(key);
  return *handle;
}

void SimStorage::apply(std::vector<std::byte>& bytes, const Change& change) {
  if (change.length.has_value()) {
    bytes.resize(*change.length);
    return;
  }
  if (change.bytes.empty()) return;
  bytes.resize(std::max<std::size_t>(bytes.size(), change.offset + change.bytes.size()));
  std::memcpy(bytes.data() + change.offset, change.bytes.data(), change.bytes.size());
}

// The part of the change that lies in the sector beginning at `begin` of the file.
void SimStorage::apply_sector(std::vector<std::byte>& bytes, const Change& change,
                              std::size_t begin, bool is_garbage) {
  const std::size_t first = std::max<std::size_t>(begin, change.offset);
  const std::size_t end =
      std::min<std::size_t>(begin + sector_bytes, change.offset + change.bytes.size());
  bytes.resize(std::max(bytes.size(), end));
  std::memcpy(bytes.data() + first, change.bytes.data() + (first - change.offset), end - first);
  for (std::size_t i = first; is_garbage && i < end; ++i) {
    bytes[i] = static_cast<std::byte>(random_.next());
  }
}

void SimStorage::apply(Names& names, const NameChange& change) {
  if (!change.removed.empty()) {
    const auto found = names.find(change.removed);
    if (found != names.end() && found->second == change.file) names.erase(found);
  }
  if (!change.added.empty()) names[change.added] = change.file;
}

// Brings pending changes to the device as the loss has it, and leaves none pending.
void SimStorage::lose(File& file, Loss loss) {
  std::size_t sectors = 0;
  for (const Change& change : file.pending) sectors += change.bytes.size() / sector_bytes + 2;
  const std::size_t torn_at = random_.below(sectors + 1);
  std::size_t sector = 0;
  for (const Change& change : file.pending) {
    if (loss == Loss::lost) break;
    if (change.length.has_value() || change.bytes.empty()) {
      const bool is_there = loss == Loss::torn ? sector < torn_at : random_.chance(1, 2);
      if (is_there) apply(file.durable, change);
      sector += 1;
      continue;
    }
    const std::size_t end = change.offset + change.bytes.size();
    for (std::size_t at = change.offset / sector_bytes * sector_bytes; at < end;
         at += sector_bytes, ++sector) {
      const std::uint64_t fate = random_.below(5);  // 0, 1 old; 2, 3 new; 4 garbage
      const bool is_there = loss == Loss::torn ? sector <= torn_at : fate >= 2;
      const bool is_garbage = loss == Loss::torn ? sector == torn_at : fate == 4;
      if (is_there) apply_sector(file.durable, change, at, is_garbage);
    }
  }
  file.pending.clear();
}

void SimStorage::restart(Loss loss) {
  handles_.clear();
  locks_.clear();
  crash_at_ = 0;
  fail_from_ = 0;
  fail_to_ = 0;
  fail_syncs_from_ = 0;
  is_crashing_ = false;
  has_crashed_ = false;
  if (loss == Loss::kept) return;  // what was not synced still waits for it
  const std::size_t torn_at = random_.below(pending_names_.size() + 1);
  for (std::size_t i = 0; i < pending_names_.size(); ++i) {
    const bool is_there = (loss == Loss::torn && i < torn_at) ||
                          (loss == Loss::reordered && random_.chance(1, 2));
    if (is_there) apply(durable_names_, pending_names_[i]);
  }
  pending_names_.clear();
  names_ = durable_names_;
  for (auto& [path, file] : names_) {
    lose(*file, loss);
    file->seen = file->durable;
  }
}

void SimStorage::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  File& file = *names_.at(path);
  const auto mask = static_cast<std::byte>(1U << bit);
  file.seen.at(offset) ^= mask;
  if (offset < file.durable.size()) file.durable[offset] ^= mask;
}

const std::vector<std::byte>& SimStorage::bytes(const std::string& path) const {
  return names_.at(path)->seen;
}

void SimStorage::put(const std::string& path, std::vector<std::byte> bytes) {
  const auto file = std::make_shared<File>();
  file->seen = bytes;
  file->durable = std::move(bytes);
  names_[path] = file;
  durable_names_[path] = file;
}

}  // namespace karst::sim
