#include <algorithm>

#include "ledger/files/crc32c.hpp"
#include "ledger/record/record_log.hpp"

namespace karst {
namespace {

constexpr std::size_t length_bytes = 2;
constexpr std::size_t files_uncertain_max = 2;  // the one that was written last, and one prepared
constexpr std::size_t look_bytes = std::size_t{1} << 20U;
constexpr std::string_view suffix = ".log";
constexpr std::size_t name_bytes = 20 + suffix.size();

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

bool is_log_name(const std::string& name) {
  return name.size() == name_bytes && name.ends_with(suffix) &&
         std::ranges::all_of(name.substr(0, 20), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<std::unique_ptr<RecordLog>> RecordLog::open(Storage& storage, Options options,
                                                   std::vector<RecordMark> marks,
                                                   const Visit& visit) {
  KARST_ASSERT(options.file_bytes <= std::uint64_t{1} << 31U);
  std::unique_ptr<RecordLog> log(new RecordLog(storage, std::move(options)));
  if (Status opened = log->open_files(); !opened) return opened.error();
  if (Status found = log->find_start(std::move(marks)); !found) return found.error();
  const std::uint64_t first = log->next_seq_;
  if (Status scanned = log->scan(visit); !scanned) return scanned.error();
  log->opened_.records = log->next_seq_;
  log->opened_.records_read = log->next_seq_ - first;
  log->records_.store(log->next_seq_, std::memory_order_release);
  log->filled_bytes_.store(log->offset_, std::memory_order_relaxed);
  if (log->knows_hash()) log->set_hash(*log->hash_);
  return log;
}

Status RecordLog::open_files() {
  if (!options_.read_only) {
    if (Status made = storage_.create_directory(options_.directory); !made) return made;
  }
  const Result<std::vector<std::string>> names = storage_.list(options_.directory);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!is_log_name(name)) continue;
    Result<OpenFile> file = OpenFile::open(storage_, options_.directory + "/" + name,
                                           options_.read_only ? OpenMode::read : OpenMode::write);
    if (!file) return file.error();
    const Result<std::uint64_t> size = storage_.size(file->handle());
    if (!size) return size.error();
    files_.push_back(std::make_unique<OpenFile>(std::move(file).value()));
    file_sizes_.push_back(*size);
  }
  if (options_.read_only) return {};
  // A file that was named by a process which died before its name was durable is written to now.
  if (Status synced = storage_.sync_directory(options_.directory); !synced) return synced;
  // After a failed sync memory may hold frames that the device never got.
  const std::size_t uncertain = std::min(files_.size(), files_uncertain_max);
  for (std::size_t i = files_.size() - uncertain; i < files_.size(); ++i) {
    if (Status dropped = storage_.drop_cache(files_[i]->handle()); !dropped) return dropped;
  }
  return {};
}

// The frame of the last marked record that begins one: what is before it was read before.
Status RecordLog::find_start(std::vector<RecordMark> marks) {
  while (!marks.empty()) {
    const RecordMark mark = marks.back();
    marks.pop_back();
    if (mark.offset % RecordFrame::block_bytes != RecordFrame::bytes) continue;
    const std::uint64_t offset = mark.offset - RecordFrame::bytes;
    if (mark.file >= files_.size() || offset >= file_sizes_[mark.file]) {
      return Error{ErrorCode::invalid, "find a record of the audit store", options_.directory};
    }
    std::byte header[RecordFrame::bytes];
    const Result<std::size_t> got = storage_.read(files_[mark.file]->handle(), offset, header);
    if (!got) return got.error();
    RecordFrame frame;
    if (*got < sizeof header || decode(header, frame) != FrameLook::sound) continue;
    if (frame.first_seq != mark.seq) continue;
    file_ = mark.file;
    offset_ = offset;
    next_seq_ = mark.seq;
    is_first_frame_known_ = false;
    hash_.reset();
    break;
  }
  marks_ = std::move(marks);
  return {};
}

Error RecordLog::corrupt(const char* what) const {
  return Error{ErrorCode::corrupt, what, files_[file_]->path(), offset_, 0};
}

// The frame at the place behind the last one; its bytes, if it is sound.
Result<RecordLog::FrameRead> RecordLog::read_frame(std::vector<std::byte>& bytes) const {
  const FileHandle handle = files_[file_]->handle();
  bytes.resize(RecordFrame::block_bytes);
  Result<std::size_t> got = storage_.read(handle, offset_, bytes);
  if (!got) return got.error();
  FrameRead read;
  read.look = decode(bytes, read.frame);
  if (read.look != FrameLook::sound) return read;
  const RecordFrame& frame = read.frame;
  if (offset_ + frame.extent() > file_sizes_[file_]) return corrupt("take the length");
  bytes.resize(frame.extent());
  got = storage_.read(handle, offset_, bytes);
  if (!got) return got.error();
  const std::span<const std::byte> all(bytes);
  if (crc32c(all.subspan(RecordFrame::bytes, frame.length)) != frame.payload_crc) {
    read.look = FrameLook::broken;
    read.fault = "check the records of a frame";
  } else if (!all_zero(all.subspan(RecordFrame::bytes + frame.length))) {
    read.look = FrameLook::broken;
    read.fault = "check the padding of a frame";
  }
  return read;
}

Status RecordLog::scan(const Visit& visit) {
  std::vector<std::byte> bytes;
  while (file_ < files_.size()) {
    if (offset_ + RecordFrame::block_bytes > file_sizes_[file_]) {
      if (file_ + 1 == files_.size()) return {};
      ++file_;
      offset_ = 0;
      continue;
    }
    Result<FrameRead> read = read_frame(bytes);
    if (!read) return read.error();
    if (read->look == FrameLook::nothing && file_ + 1 < files_.size()) {
      ++file_;
      offset_ = 0;
      continue;
    }
    bool is_followed = false;
    if (read->look != FrameLook::sound) {
      const Result<bool> followed = is_anything_behind();
      if (!followed) return followed.error();
      is_followed = *followed;
      // It may have been read while it was being written. What stands behind it now was written
      // when it was whole.
      if (is_followed && options_.read_only) read = read_frame(bytes);
      if (!read) return read.error();
    }
    const RecordFrame& frame = read->frame;
    if (read->look == FrameLook::newer) {
      return Error{ErrorCode::unknown_format, "read a frame", files_[file_]->path(), offset_, 0};
    }
    if (read->look != FrameLook::sound) {
      return is_followed ? corrupt(read->fault) : end_of_log(read->look);
    }
    if (frame.first_seq != next_seq_) return corrupt("find the next record");
    if (is_first_frame_known_ && frame.previous != previous_crc_) {
      return corrupt("follow the chain of frames");
    }
    const auto payload =
        std::span<const std::byte>(bytes).subspan(RecordFrame::bytes, frame.length);
    if (Status scanned = scan_frame(frame, payload, visit); !scanned) return scanned;
  }
  return {};
}

Status RecordLog::scan_frame(const RecordFrame& frame, std::span<const std::byte> payload,
                             const Visit& visit) {
  std::size_t at = 0;
  std::size_t run = 0;  // where the last mark's run begins
  const auto end_run = [&] {
    if (at == run) return;
    marks_.back().bytes = static_cast<std::uint32_t>(at - run);
    marks_.back().crc = crc32c(payload.subspan(run, at - run));
    run = at;
  };
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    if (payload.size() - at < length_bytes) return corrupt("find a record in its frame");
    const auto length = load_be<std::uint16_t>(payload.data() + at);
    if (length == 0 || payload.size() - at - length_bytes < length) {
      return corrupt("find a record in its frame");
    }
    const Result<RecordView> record = decode(payload.subspan(at + length_bytes, length));
    if (!record) {
      Error error = corrupt(record.error().doing.c_str());
      error.code = record.error().code;
      return error;
    }
    if (record->seq() != next_seq_) return corrupt("check a record's place");
    if (Status visited = visit(*record); !visited) return visited;
    if (hash_) hash_ = mix_record(*hash_, record->bytes());
    if (i % mark_every == 0) {
      end_run();
      marks_.push_back({next_seq_, record->time().value(), file_,
                        static_cast<std::uint32_t>(offset_ + RecordFrame::bytes + at), 0, 0});
    }
    at += length_bytes + length;
    ++next_seq_;
  }
  if (at != payload.size()) return corrupt("find the end of a frame");
  end_run();
  if (frame.records_hash && hash_ && *hash_ != *frame.records_hash) {
    return corrupt("check the hash of all records");
  }
  if (frame.records_hash) hash_ = frame.records_hash;
  is_first_frame_known_ = true;
  previous_crc_ = frame.header_crc;
  command_.store(frame.command, std::memory_order_release);
  settled_.store(frame.settled, std::memory_order_release);
  offset_ += frame.extent();
  return {};
}

// Either nothing was written here, or something that is not whole and that nothing stands behind.
Status RecordLog::end_of_log(FrameLook look) {
  if (look == FrameLook::broken) {
    opened_.was_cut = true;
    opened_.cut_file = files_[file_]->path();
    opened_.cut_offset = offset_;
  }
  return options_.read_only ? Status{} : clear_tail();
}

// Whether a sound frame or a whole file stands behind the place: then what was there had been
// durable, and it is damage.
Result<bool> RecordLog::is_anything_behind() const {
  if (file_ + 1 < files_.size()) return true;
  std::vector<std::byte> bytes(look_bytes);
  std::uint64_t offset = offset_ + RecordFrame::block_bytes;
  while (offset < file_sizes_[file_]) {
    const Result<std::size_t> got = storage_.read(files_[file_]->handle(), offset, bytes);
    if (!got) return got.error();
    if (*got < RecordFrame::block_bytes) break;
    for (std::size_t at = 0; at + RecordFrame::bytes <= *got; at += RecordFrame::block_bytes) {
      RecordFrame frame;
      const FrameLook look = decode(std::span(bytes).subspan(at), frame);
      if (look == FrameLook::sound || look == FrameLook::newer) return true;
    }
    offset += *got / RecordFrame::block_bytes * RecordFrame::block_bytes;
  }
  return false;
}

// What a torn frame left would make the padding of later frames impure: zeros take its place.
Status RecordLog::clear_tail() {
  std::vector<std::byte> bytes(look_bytes);
  const std::vector<std::byte> zeros(look_bytes);
  bool has_cleared = false;
  for (std::uint64_t offset = offset_; offset < file_sizes_[file_];) {
    const Result<std::size_t> got = storage_.read(files_[file_]->handle(), offset, bytes);
    if (!got) return got.error();
    if (*got == 0) break;
    if (!all_zero(std::span(bytes).first(*got))) {
      const Status written =
          storage_.write(files_[file_]->handle(), offset, std::span(zeros).first(*got));
      if (!written) return written;
      has_cleared = true;
    }
    offset += *got;
  }
  return has_cleared ? storage_.sync(files_[file_]->handle()) : Status{};
}

}  // namespace karst
