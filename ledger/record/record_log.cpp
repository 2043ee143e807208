#include "ledger/record/record_log.hpp"

#include <algorithm>
#include <cstring>

#include "ledger/files/crc32c.hpp"

namespace karst {
namespace {

constexpr std::size_t name_digits = 20;
constexpr std::size_t length_bytes = 2;
constexpr std::size_t stage_bytes_first = std::size_t{1} << 20U;

std::string file_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(name_digits - digits.size(), '0') + digits + ".log";
}

std::uint64_t number_of(const std::string& path) {
  const std::size_t name_bytes = name_digits + std::string_view(".log").size();
  return std::stoull(path.substr(path.size() - name_bytes, name_digits));
}

std::uint64_t in_blocks(std::uint64_t bytes) {
  return (bytes + RecordFrame::block_bytes - 1) / RecordFrame::block_bytes *
         RecordFrame::block_bytes;
}

}  // namespace

std::byte* RecordLog::stage(std::size_t bytes_max) {
  const std::size_t wanted = used_ + length_bytes + bytes_max + RecordFrame::block_bytes;
  if (stage_.size() < wanted)
    stage_.resize(std::max({wanted, stage_bytes_first, stage_.size() * 2}));
  return stage_.data() + used_ + length_bytes;
}

void RecordLog::staged(std::size_t bytes, Time time) {
  KARST_ASSERT(bytes > 0 && bytes <= record_bytes_max);
  if (frame_.count % mark_every == 0) {
    end_run();
    staged_marks_.push_back({next_seq_, time.value(), 0, static_cast<std::uint32_t>(used_), 0, 0});
  }
  hash_ = mix_record(hash_.value(), {stage_.data() + used_ + length_bytes, bytes});
  store_be(stage_.data() + used_, static_cast<std::uint16_t>(bytes));
  used_ += length_bytes + bytes;
  ++frame_.count;
  ++next_seq_;
}

// The records staged since the last mark are a run.
void RecordLog::end_run() {
  if (staged_marks_.empty()) return;
  RecordMark& mark = staged_marks_.back();
  mark.bytes = static_cast<std::uint32_t>(used_) - mark.offset;
  mark.crc = crc32c({stage_.data() + mark.offset, mark.bytes});
}

void RecordLog::reset_stage() {
  used_ = RecordFrame::bytes;
  frame_ = RecordFrame{};
  staged_marks_.clear();
}

Status RecordLog::poison(const Error& error) {
  const std::lock_guard guard(mutex_);
  if (!poisoned_) poisoned_ = error;
  return error;
}

HashedRecords RecordLog::hashed() const {
  const std::lock_guard guard(mutex_);
  return hashed_;
}

void RecordLog::set_hash(std::uint64_t hash) {
  hash_ = hash;
  const std::lock_guard guard(mutex_);
  hashed_ = {next_seq_, hash};
}

std::optional<Error> RecordLog::poisoned() const {
  const std::lock_guard guard(mutex_);
  return poisoned_;
}

Status RecordLog::commit(std::uint64_t command, std::uint64_t settled) {
  if (const std::optional<Error> before = poisoned()) {
    return Error{ErrorCode::poisoned, "append to the record log", before->text()};
  }
  KARST_ASSERT(!options_.read_only);
  static_cast<void>(stage(0));  // at least the header and the padding have room
  end_run();
  frame_.first_seq = next_seq_ - frame_.count;
  frame_.length = static_cast<std::uint32_t>(staged_bytes());
  frame_.command = command;
  frame_.settled = settled;
  frame_.previous = previous_crc_;
  frame_.records_hash = hash_.value();
  frame_.payload_crc = crc32c({stage_.data() + RecordFrame::bytes, staged_bytes()});
  const std::uint64_t extent = frame_.extent();
  if (file_ >= files_.size() || offset_ + extent > file_sizes_[file_]) {
    if (Status rolled = roll(extent); !rolled) return rolled;
  }
  encode(frame_, stage_.data());
  std::fill(stage_.begin() + static_cast<std::ptrdiff_t>(used_),
            stage_.begin() + static_cast<std::ptrdiff_t>(extent), std::byte{0});
  const Status written = storage_.write_through(files_[file_]->handle(), offset_,
                                                {stage_.data(), static_cast<std::size_t>(extent)});
  if (!written) return poison(written.error());
  {
    const std::lock_guard guard(mutex_);
    for (RecordMark mark : staged_marks_) {
      mark.file = file_;
      mark.offset += static_cast<std::uint32_t>(offset_);
      marks_.push_back(mark);
    }
    hashed_ = {next_seq_, *hash_};
  }
  previous_crc_ = frame_.header_crc;
  offset_ += extent;
  filled_bytes_.store(offset_, std::memory_order_relaxed);
  reset_stage();
  settled_.store(settled, std::memory_order_release);
  command_.store(command, std::memory_order_release);
  records_.store(next_seq_, std::memory_order_release);
  return {};
}

// Files -------------------------------------------------------------------------------------------

std::string RecordLog::draft_path() const { return options_.directory + "/next.draft"; }

// Files grow to their full size one by one, so that the first is there at once.
std::uint64_t RecordLog::next_file_bytes() const {
  const std::lock_guard guard(mutex_);
  const std::uint64_t wanted = file_sizes_.empty() ? portion_bytes : 2 * file_sizes_.back();
  return in_blocks(std::min(options_.file_bytes, wanted));
}

std::uint64_t RecordLog::newest_file_bytes() const {
  const std::lock_guard guard(mutex_);
  return file_sizes_.back();
}

Status RecordLog::begin_draft(std::uint64_t bytes) {
  const std::string path = draft_path();
  const Result<std::uint64_t> space = storage_.space_left(options_.directory);
  if (!space) return space.error();
  if (*space < bytes) return Error{ErrorCode::no_space, "prepare a file", path};
  Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::create);
  if (!file) return file.error();
  if (Status cut = storage_.truncate(file->handle(), 0); !cut) return cut;
  draft_ = std::move(file).value();
  draft_bytes_ = bytes;
  draft_filled_ = 0;
  return {};
}

// One more portion of zeros, synced: a sync of another file waits no longer than behind that.
Status RecordLog::fill_draft() {
  static const std::vector<std::byte> zeros(portion_bytes);
  const std::uint64_t bytes = std::min<std::uint64_t>(portion_bytes, draft_bytes_ - draft_filled_);
  Status filled = storage_.write(draft_.handle(), draft_filled_, std::span(zeros).first(bytes));
  if (filled) filled = storage_.sync(draft_.handle());
  if (filled) {
    draft_filled_ += bytes;
    return {};
  }
  drop_draft();
  if (filled.error().code == ErrorCode::no_space) static_cast<void>(storage_.unlink(draft_path()));
  return filled;
}

void RecordLog::drop_draft() {
  draft_.close();
  draft_bytes_ = 0;
  draft_filled_ = 0;
}

Result<bool> RecordLog::prepare() {
  const std::uint64_t filled = filled_bytes_.load(std::memory_order_relaxed);
  if (filled == 0) return false;
  const std::uint64_t bytes = next_file_bytes();
  const std::uint64_t newest = newest_file_bytes();
  const std::lock_guard guard(prepare_mutex_);
  if (draft_bytes_ != 0 && draft_filled_ == draft_bytes_) return false;
  // It is whole when the file before it is half full: ready in time, and never in a hurry.
  if (draft_filled_ >= std::min(bytes, 2 * bytes * filled / newest)) return false;
  Status done = draft_bytes_ != 0 ? Status{} : begin_draft(bytes);
  if (done) done = fill_draft();
  if (done) return true;
  if (done.error().code != ErrorCode::no_space) static_cast<void>(poison(done.error()));
  return done.error();
}

// Filled under another name and renamed: under its own name a file is always whole.
Status RecordLog::finish_draft(std::uint64_t bytes) {
  if (draft_bytes_ < bytes) {
    drop_draft();
    if (Status begun = begin_draft(bytes); !begun) return begun;
  }
  while (draft_filled_ < draft_bytes_) {
    if (Status filled = fill_draft(); !filled) return filled;
  }
  return {};
}

// A file's number counts on from the newest, whatever that was called: files without records have
// names of their own too.
std::string RecordLog::next_path() const {
  const std::lock_guard guard(mutex_);
  std::uint64_t number = 0;
  if (!files_.empty()) number = number_of(files_.back()->path()) + 1;
  return options_.directory + "/" + file_name(number);
}

Status RecordLog::roll(std::uint64_t extent) {
  const std::lock_guard preparing(prepare_mutex_);
  if (Status made = finish_draft(in_blocks(std::max(next_file_bytes(), extent))); !made) {
    // A disk that is full has changed nothing; after anything else nothing is known.
    return made.error().code == ErrorCode::no_space ? made : poison(made.error());
  }
  const std::uint64_t bytes = draft_bytes_;
  drop_draft();
  const std::string path = next_path();
  if (Status renamed = storage_.rename(draft_path(), path); !renamed) {
    return poison(renamed.error());
  }
  if (Status synced = storage_.sync_directory(options_.directory); !synced) {
    return poison(synced.error());
  }
  Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::write);
  if (!file) return poison(file.error());
  const std::lock_guard guard(mutex_);
  files_.push_back(std::make_unique<OpenFile>(std::move(file).value()));
  file_sizes_.push_back(bytes);
  file_ = static_cast<std::uint32_t>(files_.size() - 1);
  offset_ = 0;
  return {};
}

// Reading -----------------------------------------------------------------------------------------

std::optional<RecordMark> RecordLog::mark_before(std::uint64_t seq) const {
  const std::lock_guard guard(mutex_);
  const auto after = std::ranges::upper_bound(marks_, seq, {}, &RecordMark::seq);
  if (after == marks_.begin()) return std::nullopt;
  return *(after - 1);
}

std::optional<RecordMark> RecordLog::mark_earlier(Time time) const {
  const std::lock_guard guard(mutex_);
  const auto after = std::ranges::lower_bound(marks_, time.value(), {}, &RecordMark::time_ns);
  if (after == marks_.begin()) return std::nullopt;
  return *(after - 1);
}

std::vector<RecordMark> RecordLog::marks(std::uint64_t from, std::uint64_t to) const {
  const std::lock_guard guard(mutex_);
  const auto begin = std::ranges::lower_bound(marks_, from, {}, &RecordMark::seq);
  const auto end = std::ranges::lower_bound(marks_, to, {}, &RecordMark::seq);
  return {begin, end};
}

Result<std::size_t> RecordLog::read_at(std::uint32_t file, std::uint64_t offset,
                                       std::span<std::byte> bytes) const {
  const OpenFile* open = nullptr;
  {
    const std::lock_guard guard(mutex_);
    KARST_ASSERT(file < files_.size());
    open = files_[file].get();
  }
  return storage_.read(open->handle(), offset, bytes);
}

bool RecordLog::has_file(std::uint32_t file) const {
  const std::lock_guard guard(mutex_);
  return file < files_.size();
}

std::string RecordLog::path_of_file(std::uint32_t file) const {
  const std::lock_guard guard(mutex_);
  return files_[file]->path();
}

}  // namespace karst
