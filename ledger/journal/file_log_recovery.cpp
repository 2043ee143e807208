// How a FileLog finds the end of its journal and makes it fit to go on.
#include <algorithm>

#include "ledger/journal/file_log.hpp"

namespace karst {
namespace {

// Frames not yet covered stand in the newest segment that has any, or, after a rotation, in the
// one behind it; the last is prepared and empty.
constexpr std::size_t segments_uncovered_max = 3;

// Makes what follows read the device and not what memory holds.
Status drop_cache(Storage& storage, const std::string& path) {
  const Result<OpenFile> file = OpenFile::open(storage, path, OpenMode::write);
  if (!file) return file.error();
  return storage.drop_cache(file->handle());
}

Status write_zeros(Storage& storage, const std::string& directory, std::uint64_t index,
                   std::uint64_t offset) {
  constexpr std::uint64_t piece_bytes = 64 * journal_block_bytes;
  Result<SegmentView> segment = SegmentView::open(storage, directory, index);
  if (!segment) return segment.error();
  const Result<OpenFile> file = OpenFile::open(storage, segment->path(), OpenMode::write);
  if (!file) return file.error();
  const std::vector<std::byte> zeros(piece_bytes);
  bool has_written = false;
  for (std::uint64_t at = offset; at < segment->size();) {
    const auto piece = static_cast<std::size_t>(std::min(piece_bytes, segment->size() - at));
    const auto bytes = segment->bytes(at, piece);
    if (!bytes) return bytes.error();
    if (!is_zero(*bytes)) {
      const auto fill = std::span<const std::byte>(zeros).first(piece);
      if (Status written = storage.write(file->handle(), at, fill); !written) return written;
      has_written = true;
    }
    at += piece;
  }
  return has_written ? storage.sync(file->handle()) : Status{};
}

}  // namespace

std::string JournalRecovery::text() const {
  std::string line = "journal: " + std::to_string(segments) + " segments, last frame " +
                     std::to_string(last_seq) + ", next command " + std::to_string(next_command) +
                     ", epoch " + std::to_string(epoch);
  if (drafts_removed != 0) line += ", " + std::to_string(drafts_removed) + " drafts removed";
  if (torn_tail.has_value()) line += "; cut " + torn_tail->text();
  return line;
}

Result<std::unique_ptr<FileLog>> FileLog::open(Storage& storage, const Clock& clock,
                                               FileLogOptions options) {
  std::unique_ptr<FileLog> log(new FileLog(storage, clock, std::move(options)));
  const std::string& directory = log->options_.directory;
  if (Status made = storage.create_directory(directory); !made) return made.error();
  const std::string lock_path = directory + "/LOCK";
  const Result<FileHandle> lock = storage.lock(lock_path);
  if (!lock) return lock.error();
  log->lock_ = OpenFile(storage, *lock, lock_path);
  if (Status recovered = log->recover(); !recovered) return recovered.error();
  const Status prepared = log->prepare();
  if (!prepared && prepared.error().code != ErrorCode::no_space) return prepared.error();
  return log;
}

// Reads first and changes only a journal that was found sound.
Status FileLog::recover() {
  // A process that died may have left names that are seen but not durable.
  if (Status synced = storage_.sync_directory(options_.directory); !synced) return synced;
  const Result<SegmentList> list = list_segments(storage_, options_.directory);
  if (!list) return list.error();
  const std::vector<std::uint64_t>& segments = list->indices;
  if (segments.empty()) {
    if (Status removed = remove_drafts(list->draft_paths); !removed) return removed;
    return begin_journal();
  }
  JournalPosition position;
  if (Status read = read_newest(segments, position); !read) return read;
  highest_segment_ = segments.back();
  if (Status taken = take_used(segments.front(), position); !taken) return taken;
  if (Status removed = remove_drafts(list->draft_paths); !removed) return removed;
  if (recovery_.torn_tail.has_value()) {
    for (std::uint64_t index = position.segment; index <= segments.back(); ++index) {
      const std::uint64_t offset = index == position.segment ? position.offset : 0;
      if (Status zeroed = cut(index, offset); !zeroed) return zeroed;
    }
  }
  if (Status taken = take_empty(position.segment, segments.back()); !taken) return taken;

  const bool is_new = position.next_seq == 1;
  next_seq_ = position.next_seq;
  next_command_ = is_new ? options_.first_command : position.next_command;
  epoch_ = position.epoch;
  chain_ = position.hash;
  durable_seq_ = position.next_seq - 1;
  needs_cover_ = false;  // acquire() writes a frame that covers
  plan_segment_ = position.segment;
  plan_offset_ = position.offset;
  plan_size_ = current_.size;
  recovery_.segments = segments.size();
  recovery_.last_seq = position.next_seq - 1;
  recovery_.next_command = next_command_;
  recovery_.epoch = epoch_;
  refresh_space_left();
  return {};
}

Status FileLog::begin_journal() {
  if (Status made = make_segment(1); !made) return made;
  current_ = std::move(prepared_.front());
  prepared_.pop_front();
  next_command_ = options_.first_command;
  plan_segment_ = current_.index;
  plan_size_ = current_.size;
  recovery_.segments = 1;
  recovery_.next_command = next_command_;
  refresh_space_left();
  return {};
}

Status FileLog::remove_drafts(const std::vector<std::string>& drafts) {
  for (const std::string& path : drafts) {
    if (Status removed = storage_.unlink(path); !removed) return removed;
    recovery_.drafts_removed += 1;
  }
  return drafts.empty() ? Status{} : storage_.sync_directory(options_.directory);
}

// Finds where the journal ends: after this everything up to there is on the device.
Status FileLog::read_newest(const std::vector<std::uint64_t>& segments, JournalPosition& position) {
  const std::size_t uncovered = std::min(segments.size(), segments_uncovered_max);
  for (std::size_t i = segments.size() - uncovered; i < segments.size(); ++i) {
    const Status dropped = drop_cache(storage_, segment_path(options_.directory, segments[i]));
    if (!dropped) return dropped;
  }
  Result<JournalReader> reader =
      JournalReader::open(storage_, options_.directory, JournalReader::newest_segments);
  if (!reader) return reader.error();
  for (;;) {
    const Result<bool> more = reader->next();
    if (!more) return more.error();
    if (!*more) break;
    is_lead_newest_ = reader->header().kind == FrameKind::lead;
  }
  position = reader->position();
  recovery_.torn_tail = reader->torn_tail();
  if (position.next_seq != 1 && position.shard != options_.shard) {
    return Error{ErrorCode::invalid, "open the journal of shard " + std::to_string(position.shard),
                 options_.directory};
  }
  return {};
}

Status FileLog::cut(std::uint64_t segment, std::uint64_t offset) {
  return write_zeros(storage_, options_.directory, segment, offset);
}

// The segments with frames, and the one that is written next.
Status FileLog::take_used(std::uint64_t first, const JournalPosition& position) {
  for (std::uint64_t index = first; index <= position.segment; ++index) {
    if (index == position.segment && position.offset == 0) break;
    Result<SegmentView> segment = SegmentView::open(storage_, options_.directory, index);
    if (!segment) return segment.error();
    FrameHeader header;
    const Result<FrameFault> fault = segment->first_header(header);
    if (!fault) return fault.error();
    if (*fault != FrameFault::none) {
      const bool is_newer = *fault == FrameFault::unknown_format;
      return Error{is_newer ? ErrorCode::unknown_format : ErrorCode::corrupt,
                   std::string("check the ") + name(*fault), segment->path(), 0};
    }
    used_.push_back({index, header.seq});
  }
  Result<OpenFile> file = OpenFile::open(
      storage_, segment_path(options_.directory, position.segment), OpenMode::write_direct);
  if (!file) return file.error();
  const Result<std::uint64_t> size = storage_.size(file->handle());
  if (!size) return size.error();
  current_ = {position.segment, *size, std::move(file).value()};
  bytes_written_ = used_.size() * options_.segment_bytes;
  return {};
}

// Segments behind the one in use hold only zeros. Those of another size than is wanted now go.
Status FileLog::take_empty(std::uint64_t after, std::uint64_t last) {
  for (std::uint64_t index = after + 1; index <= last; ++index) {
    const std::string path = segment_path(options_.directory, index);
    Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::write_direct);
    if (!file) return file.error();
    const Result<std::uint64_t> size = storage_.size(file->handle());
    if (!size) return size.error();
    if (*size != options_.segment_bytes) break;
    prepared_.push_back({index, *size, std::move(file).value()});
  }
  const std::uint64_t kept = after + prepared_.size();
  for (; highest_segment_ > kept; --highest_segment_) {
    const Status removed = storage_.unlink(segment_path(options_.directory, highest_segment_));
    if (!removed) return removed;
    if (Status synced = storage_.sync_directory(options_.directory); !synced) return synced;
  }
  return {};
}

}  // namespace karst
