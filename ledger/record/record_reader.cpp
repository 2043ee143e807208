#include "ledger/record/record_reader.hpp"

#include <algorithm>

#include "ledger/files/crc32c.hpp"

namespace karst {
namespace {

constexpr std::size_t length_bytes = 2;

}  // namespace

Error RecordReader::damaged(const char* doing) const {
  return Error{ErrorCode::corrupt, doing, log_.path_of_file(run_.file), offset_, 0};
}

// Makes the bytes of the run readable, and with them what is behind.
Status RecordReader::fill() {
  // A window of before the run's frame was written has something else at its place.
  const bool is_there = filled_ > 0 && window_file_ == run_.file && run_.seq < window_records_ &&
                        run_.offset >= begin_ && run_end() <= begin_ + filled_;
  if (is_there) return {};
  const std::size_t wanted = std::max<std::size_t>(run_.bytes, window_bytes_);
  if (window_.size() < wanted) window_.resize(wanted);
  begin_ = run_.offset;
  filled_ = 0;
  window_file_ = run_.file;
  window_records_ = log_.records();
  const Result<std::size_t> got = log_.read_at(run_.file, begin_, std::span(window_).first(wanted));
  if (!got) return got.error();
  filled_ = *got;
  return run_end() <= begin_ + filled_ ? Status{} : Status{damaged("read a run of records")};
}

// Goes to the begin of the run that has next_seq_.
Status RecordReader::enter_run() {
  is_placed_ = false;
  const std::optional<RecordMark> mark = log_.mark_before(next_seq_);
  if (!mark) {
    return Error{ErrorCode::not_found, "find a record", "seq " + std::to_string(next_seq_)};
  }
  if (!log_.has_file(mark->file)) {
    return Error{ErrorCode::corrupt, "find the file of a record",
                 "seq " + std::to_string(next_seq_), Error::no_offset, 0};
  }
  run_ = *mark;
  offset_ = run_.offset;
  if (Status filled = fill(); !filled) return filled;
  if (crc32c({here(), run_.bytes}) != run_.crc) return damaged("check a run of records");
  next_seq_ = run_.seq;
  is_placed_ = true;
  return {};
}

Status RecordReader::seek(std::uint64_t seq) {
  const bool is_near = is_placed_ && seq >= next_seq_ && seq - next_seq_ < RecordLog::mark_every;
  if (!is_near) {
    next_seq_ = seq;
    if (Status entered = enter_run(); !entered) return entered;
  }
  while (next_seq_ < seq) {
    if (Status skipped = skip_one(); !skipped) return skipped;
  }
  return {};
}

Result<std::size_t> RecordReader::length_of_next() {
  if (offset_ >= run_end()) {
    const std::uint64_t wanted = next_seq_;
    if (Status entered = enter_run(); !entered) return entered.error();
    if (next_seq_ != wanted) return damaged("find the next run of records");
  }
  const std::uint64_t left = run_end() - offset_;
  const std::size_t length = left < length_bytes ? 0 : load_be<std::uint16_t>(here());
  if (length == 0 || left - length_bytes < length) return damaged("find a record in its run");
  return length;
}

Status RecordReader::skip_one() {
  const Result<std::size_t> length = length_of_next();
  if (!length) return length.error();
  offset_ += length_bytes + *length;
  ++next_seq_;
  return {};
}

Result<RecordView> RecordReader::next() {
  KARST_ASSERT(next_seq_ < log_.records());
  if (!is_placed_) {
    if (Status found = seek(next_seq_); !found) return found.error();
  }
  const Result<std::size_t> length = length_of_next();
  if (!length) return length.error();
  Result<RecordView> record = decode({here() + length_bytes, *length});
  if (!record || record->seq() != next_seq_) {
    return damaged(record ? "check a record's place" : record.error().doing.c_str());
  }
  offset_ += length_bytes + *length;
  ++next_seq_;
  return record;
}

}  // namespace karst
