#include "ledger/journal/file_log.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/base/plant.hpp"
#include "ledger/files/crc32c.hpp"

namespace karst {
namespace {

constexpr std::uint64_t retry_prepare_after_ns = 100'000'000;

}  // namespace

void FileLog::Staging::FreeBytes::operator()(std::byte* bytes) const { std::free(bytes); }

FileLog::FileLog(Storage& storage, const Clock& clock, FileLogOptions options)
    : storage_(storage), clock_(clock), options_(std::move(options)) {
  KARST_ASSERT(options_.segment_bytes % journal_block_bytes == 0);
  KARST_ASSERT(options_.staging_bytes % journal_block_bytes == 0);
  KARST_ASSERT(options_.staging_bytes >= journal_block_bytes);
  KARST_ASSERT(options_.segment_bytes >= 2 * journal_block_bytes);
  for (Staging* staging : {&filling_, &writing_}) {
    void* bytes = std::aligned_alloc(journal_block_bytes, options_.staging_bytes);
    KARST_ASSERT(bytes != nullptr);
    staging->bytes.reset(static_cast<std::byte*>(bytes));
    staging->frames.reserve(options_.staging_bytes / journal_block_bytes);
  }
}

FileLog::~FileLog() = default;

Result<Leadership> FileLog::acquire(std::uint32_t shard) {
  if (shard != options_.shard) {
    return Error{ErrorCode::invalid, "lead shard " + std::to_string(shard), options_.directory};
  }
  if (may_lead_again()) return Leadership{shard, epoch_};
  FrameHeader header;
  header.kind = FrameKind::lead;
  header.leader_time_ns = clock_.wall_ns();
  {
    const std::lock_guard guard(mutex_);
    header.epoch = epoch_ + 1;
  }
  Result<std::uint64_t> seq = stage_frame(header, {});
  if (!seq && seq.error().code == ErrorCode::busy) {
    if (Status prepared = prepare(); !prepared) return prepared.error();
    seq = stage_frame(header, {});
  }
  if (!seq) return seq.error();
  const Result<std::uint64_t> synced = sync();
  if (!synced) return synced.error();
  return Leadership{shard, header.epoch};
}

// However often it is started on a full disk: nobody has said anything in the newest epoch, and
// whoever had it is gone, since the lock is ours.
bool FileLog::may_lead_again() {
  const std::lock_guard guard(mutex_);
  if (!is_disk_full_ || has_room_for_orders() || !is_lead_newest_) return false;
  needs_cover_ = true;
  return true;
}

Status FileLog::check_leadership(const Leadership& leadership) const {
  if (leadership.shard == options_.shard && leadership.epoch == epoch_ && epoch_ != 0) return {};
  return Error{ErrorCode::fenced, "append in epoch " + std::to_string(leadership.epoch),
               options_.directory};
}

Result<Appended> FileLog::append(const Leadership& leadership, const Batch& batch) {
  Result<std::uint64_t> seq = stage(leadership, batch);
  if (!seq && seq.error().code == ErrorCode::busy) {
    if (Status prepared = prepare(); !prepared) return prepared.error();
    seq = stage(leadership, batch);
  }
  if (!seq && seq.error().code == ErrorCode::fenced) return Appended{AppendOutcome::fenced, 0};
  if (!seq) return seq.error();
  const Result<std::uint64_t> synced = sync();
  return Appended{synced ? AppendOutcome::committed : AppendOutcome::unknown, *seq};
}

Result<Resolution> FileLog::resolve(std::uint64_t seq) {
  if (seq > durable_seq()) {
    if (is_poisoned_) return poisoned_error();  // only a restart can tell what the disk has
    return Resolution::absent;
  }
  Result<JournalReader> reader = JournalReader::open(storage_, options_.directory, seq, seq);
  if (!reader) return reader.error();
  const Result<bool> found = reader->next();
  if (!found) return found.error();
  KARST_ASSERT(*found && reader->header().seq == seq);
  const std::lock_guard guard(mutex_);
  return reader->header().epoch == epoch_ ? Resolution::mine : Resolution::other;
}

Status FileLog::follow(std::uint64_t from_seq, const BatchSink& sink) {
  const std::uint64_t through = durable_seq();
  if (from_seq > through) return {};
  Result<JournalReader> reader =
      JournalReader::open(storage_, options_.directory, from_seq, through);
  if (!reader) return reader.error();
  for (;;) {
    const Result<bool> more = reader->next();
    if (!more) return more.error();
    if (!*more) break;
    if (!sink(reader->batch())) return {};
  }
  if (reader->position().next_seq > through) return {};
  return Error{ErrorCode::corrupt, "find frame " + std::to_string(reader->position().next_seq),
               reader->file(), reader->position().offset};
}

Status FileLog::trim(std::uint64_t up_to_seq) {
  for (;;) {
    std::uint64_t index = 0;
    {
      const std::lock_guard guard(mutex_);
      if (used_.size() < 2 || used_[1].first_seq > up_to_seq + 1 ||
          used_[1].first_seq > durable_seq()) {
        return {};
      }
      index = used_.front().index;
    }
    if (is_poisoned_) return poisoned_error();
    // One at a time, lowest first, each durable before the next: a crash leaves no gap.
    const Status removed = storage_.unlink(segment_path(options_.directory, index));
    if (!removed && removed.error().code != ErrorCode::not_found) return removed;
    if (Status synced = storage_.sync_directory(options_.directory); !synced) {
      return poison(synced.error());
    }
    const std::lock_guard guard(mutex_);
    if (used_.front().index == index) used_.erase(used_.begin());
  }
}

Result<std::uint64_t> FileLog::stage(const Leadership& leadership, const Batch& batch) {
  KARST_ASSERT(batch.count > 0 && !batch.payload.empty());
  FrameHeader header;
  header.kind = FrameKind::batch;
  header.epoch = leadership.epoch;
  header.first_command = batch.first_command;
  header.count = batch.count;
  header.leader_time_ns = batch.leader_time_ns;
  {
    const std::lock_guard guard(mutex_);
    if (Status leads = check_leadership(leadership); !leads) return leads.error();
    KARST_ASSERT(batch.first_command == next_command_);
  }
  return stage_frame(header, batch.payload);
}

Result<std::uint64_t> FileLog::stage_frame(FrameHeader header, std::span<const std::byte> payload) {
  const std::uint64_t frame_bytes = journal_frame_bytes(payload.size());
  if (frame_bytes > std::min(options_.staging_bytes, options_.segment_bytes)) {
    return Error{ErrorCode::invalid,
                 "stage a batch of " + std::to_string(payload.size()) + " bytes",
                 options_.directory};
  }
  const std::lock_guard guard(mutex_);
  if (is_poisoned_) return Error{ErrorCode::poisoned, "stage a batch", options_.directory};
  if (filling_.used + frame_bytes > options_.staging_bytes) {
    return Error{ErrorCode::busy, "stage a batch", options_.directory};
  }
  if (Status placed = place(frame_bytes); !placed) return placed.error();

  // From here on nothing can fail.
  header.shard = options_.shard;
  header.seq = next_seq_;
  header.length = static_cast<std::uint32_t>(payload.size());
  if (header.kind == FrameKind::batch) {
    next_command_ = header.next_command();
  } else {
    header.first_command = next_command_;
  }
  if (header.kind == FrameKind::lead) epoch_ = header.epoch;
  is_lead_newest_ = header.kind == FrameKind::lead;
  next_seq_ += 1;
  filling_.frames.push_back({header, filling_.used, plan_segment_, plan_offset_});
  std::byte* body = filling_.bytes.get() + filling_.used + journal_header_bytes;
  if (!payload.empty()) std::memcpy(body, payload.data(), payload.size());
  std::memset(body + payload.size(), 0, frame_bytes - journal_header_bytes - payload.size());
  filling_.used += frame_bytes;
  plan_offset_ += frame_bytes;
  bytes_written_.fetch_add(frame_bytes, std::memory_order_relaxed);
  refresh_space_left();
  staged_frames_.fetch_add(1, std::memory_order_release);
  return header.seq;
}

// Makes the plan point to where a frame of that size goes. Under mutex_.
Status FileLog::place(std::uint64_t frame_bytes) {
  if (plan_offset_ + frame_bytes <= plan_size_) return {};
  if (plan_offset_ == 0) {  // an empty segment is never passed by
    return Error{ErrorCode::invalid, "place a batch larger than its segment", options_.directory};
  }
  for (const Segment& segment : prepared_) {
    if (segment.index <= plan_segment_) continue;
    plan_segment_ = segment.index;
    plan_offset_ = 0;
    plan_size_ = segment.size;
    return {};
  }
  wants_segment_ = true;
  return Error{is_disk_full_ ? ErrorCode::no_space : ErrorCode::busy, "find room for a batch",
               options_.directory};
}

// Under mutex_.
void FileLog::refresh_space_left() {
  std::uint64_t bytes = plan_size_ - plan_offset_;
  for (const Segment& segment : prepared_) {
    if (segment.index > plan_segment_) bytes += segment.size;
  }
  space_left_.store(bytes, std::memory_order_relaxed);
}

bool FileLog::has_staged() const {
  return staged_frames_.load(std::memory_order_acquire) != 0 || wants_segment_;
}

Result<std::uint64_t> FileLog::sync() {
  if (is_poisoned_) return poisoned_error();
  if (wants_segment_) {
    const Status prepared = prepare();
    if (!prepared && prepared.error().code != ErrorCode::no_space) return prepared.error();
  }
  {
    const std::lock_guard guard(mutex_);
    std::swap(filling_, writing_);
    staged_frames_.store(0, std::memory_order_relaxed);
  }
  const std::vector<StagedFrame>& frames = writing_.frames;
  for (std::size_t begin = 0; begin < frames.size();) {
    std::size_t end = begin + 1;
    while (end < frames.size() && frames[end].segment == frames[begin].segment) ++end;
    if (Status written = write_run(begin, end); !written) return poison(written.error()).error();
    begin = end;
  }
  if (!frames.empty()) last_sync_ns_ = clock_.steady_ns();
  writing_.frames.clear();
  writing_.used = 0;
  return durable_seq();
}

// Completes the frames [begin, end) and makes them durable. All of them go to one segment.
Status FileLog::write_run(std::size_t begin, std::size_t end) {
  std::vector<StagedFrame>& frames = writing_.frames;
  if (frames[begin].segment != current_.index) {
    if (Status rotated = rotate(frames[begin].segment); !rotated) return rotated;
  }
  if (frames[begin].file_offset == 0) {
    const std::lock_guard guard(mutex_);
    used_.push_back({current_.index, frames[begin].header.seq});
  }
  const std::uint64_t durable = durable_seq();
  for (std::size_t i = begin; i < end; ++i) {
    FrameHeader& header = frames[i].header;
    std::byte* frame = writing_.bytes.get() + frames[i].at;
    header.durable_through = durable;
    header.previous = chain_;
    header.payload_crc = crc32c({frame + journal_header_bytes, header.length});
    const std::span<std::byte, journal_header_bytes> bytes(frame, journal_header_bytes);
    encode_frame_header(header, bytes);
    chain_ = hasher_.hash(bytes);
  }
  const StagedFrame& last = frames[end - 1];
  const std::size_t first_byte = frames[begin].at;
  const std::size_t run_bytes = last.at + last.header.frame_bytes() - first_byte;
  const std::span<const std::byte> run(writing_.bytes.get() + first_byte, run_bytes);
  if constexpr (planted("ack_before_sync")) {
    durable_seq_.store(last.header.seq, std::memory_order_release);
  }
  const FileHandle file = current_.file.handle();
  const Status written = planted("skip_sync")
                             ? storage_.write(file, frames[begin].file_offset, run)
                             : storage_.write_through(file, frames[begin].file_offset, run);
  if (!written) return written;
  durable_seq_.store(last.header.seq, std::memory_order_release);
  needs_cover_ = end - begin > 1 || last.header.kind != FrameKind::cover;
  return {};
}

// The segment before is durable to its end, since every write was synced.
Status FileLog::rotate(std::uint64_t segment) {
  const std::lock_guard guard(mutex_);
  while (!prepared_.empty() && prepared_.front().index <= segment) {
    current_ = std::move(prepared_.front());
    prepared_.pop_front();
  }
  KARST_ASSERT(current_.index == segment);
  return {};
}

Result<bool> FileLog::cover_if_idle() {
  if (is_poisoned_) return poisoned_error();
  if (!needs_cover_ || has_staged()) return false;
  if (clock_.steady_ns() - last_sync_ns_ < options_.cover_after_ns) return false;
  FrameHeader header;
  header.kind = FrameKind::cover;
  header.leader_time_ns = clock_.wall_ns();
  {
    const std::lock_guard guard(mutex_);
    if (is_disk_full_ && !has_room_for_orders()) return false;
    header.epoch = epoch_;
  }
  Result<std::uint64_t> staged = stage_frame(header, {});
  if (!staged && staged.error().code == ErrorCode::busy) {
    const Status prepared = prepare();
    if (!prepared && prepared.error().code != ErrorCode::no_space) return prepared.error();
    staged = stage_frame(header, {});
  }
  if (!staged) {  // a full disk has no room for a cover; the next batch will do as well
    wants_segment_ = false;
    return false;
  }
  const Result<std::uint64_t> synced = sync();
  if (!synced) return synced.error();
  return true;
}

Status FileLog::prepare() {
  const std::lock_guard preparing(prepare_mutex_);
  if (is_poisoned_) return poisoned_error();
  std::uint64_t index = 0;
  {
    const std::lock_guard guard(mutex_);
    const bool has_next = !prepared_.empty() && prepared_.back().index > plan_segment_;
    if (has_next) {
      wants_segment_ = false;
      return {};
    }
    index = highest_segment_ + 1;
  }
  const std::uint64_t now = clock_.steady_ns();
  const Error full{ErrorCode::no_space, "prepare a segment", options_.directory};
  if (retry_prepare_at_ns_.has_value() && now < *retry_prepare_at_ns_) {
    wants_segment_ = false;
    return full;
  }
  const Status made = make_segment(index);
  const bool is_full = !made && made.error().code == ErrorCode::no_space;
  if (!made && !is_full) return poison(made.error());
  retry_prepare_at_ns_.reset();
  if (is_full) retry_prepare_at_ns_ = now + retry_prepare_after_ns;
  const std::lock_guard guard(mutex_);
  is_disk_full_ = is_full;
  wants_segment_ = false;
  if (is_full) return full;
  refresh_space_left();
  return {};
}

// Filled under another name and renamed: under its own name a segment is always whole.
Status FileLog::make_segment(std::uint64_t index) {
  const std::string draft = segment_draft_path(options_.directory, index);
  const std::string path = segment_path(options_.directory, index);
  const Result<std::uint64_t> space = storage_.space_left(options_.directory);
  if (!space) return space.error();
  if (*space < options_.segment_bytes) return Error{ErrorCode::no_space, "prepare a segment", path};
  if (Status filled = fill_draft(draft); !filled) {
    if (filled.error().code == ErrorCode::no_space) {
      const Status removed = storage_.unlink(draft);
      if (!removed && removed.error().code != ErrorCode::not_found) return removed;
    }
    return filled;
  }
  if (Status renamed = storage_.rename(draft, path); !renamed) return renamed;
  if (Status synced = storage_.sync_directory(options_.directory); !synced) {
    Error fatal = synced.error();
    fatal.code = fatal.code == ErrorCode::no_space ? ErrorCode::io : fatal.code;
    return fatal;
  }
  Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::write_direct);
  if (!file) return file.error();
  const std::lock_guard guard(mutex_);
  prepared_.push_back({index, options_.segment_bytes, std::move(file).value()});
  highest_segment_ = index;
  return {};
}

Status FileLog::fill_draft(const std::string& draft) {
  Result<OpenFile> file = OpenFile::open(storage_, draft, OpenMode::create);
  if (!file) return file.error();
  if (Status filled = storage_.preallocate(file->handle(), options_.segment_bytes); !filled) {
    return filled;
  }
  return storage_.sync(file->handle());
}

Status FileLog::close() {
  if (Result<std::uint64_t> synced = sync(); !synced) return synced.error();
  last_sync_ns_ -= std::min(last_sync_ns_, options_.cover_after_ns);  // do not wait
  const Result<bool> covered = cover_if_idle();
  if (!covered) return covered.error();
  return {};
}

// What has become fatal is never reported by a code that invites another try.
Status FileLog::poison(Error error) {
  if (error.code == ErrorCode::no_space || error.code == ErrorCode::busy) {
    error.code = ErrorCode::io;
  }
  const std::lock_guard guard(mutex_);
  if (!first_error_.has_value()) first_error_ = error;
  is_poisoned_ = true;
  return error;
}

Error FileLog::poisoned_error() const {
  const std::lock_guard guard(mutex_);
  return Error{ErrorCode::poisoned, "go on after: " + first_error_->text(), options_.directory};
}

}  // namespace karst
