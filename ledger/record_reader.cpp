#include "ledger/record_reader.hpp"

#include <algorithm>

namespace karst {
namespace {

constexpr std::size_t length_bytes = 2;

}  // namespace

// Makes `bytes` bytes from offset_ on readable, if the file has them.
Status RecordReader::fill(std::size_t bytes) {
  if (offset_ >= begin_ && offset_ + bytes <= begin_ + filled_) return {};
  const std::size_t wanted = std::max(bytes, window_bytes_);
  if (window_.size() < wanted) window_.resize(wanted);
  begin_ = offset_;
  filled_ = 0;
  window_records_ = log_.records();
  const Result<std::size_t> got = log_.read_at(file_, begin_, std::span(window_).first(wanted));
  if (!got) return got.error();
  filled_ = *got;
  return {};
}

Status RecordReader::seek(std::uint64_t seq) {
  if (is_placed_ && seq >= next_seq_ && seq - next_seq_ < RecordLog::mark_every) {
    while (next_seq_ < seq) {
      if (Status skipped = skip_one(); !skipped) return skipped;
    }
    return {};
  }
  const std::optional<RecordMark> mark = log_.mark_before(seq);
  if (!mark) return Error{ErrorCode::not_found, "find a record", "seq " + std::to_string(seq)};
  if (!is_placed_ || file_ != mark->file) filled_ = 0;
  file_ = mark->file;
  offset_ = mark->offset;
  next_seq_ = mark->seq;
  is_placed_ = true;
  while (next_seq_ < seq) {
    if (Status skipped = skip_one(); !skipped) return skipped;
  }
  return {};
}

// From the end of a frame's payload into the next frame that has records.
Status RecordReader::enter_next_frame() {
  offset_ = RecordFrame::end_behind(offset_);
  while (true) {
    if (Status filled = fill(RecordFrame::bytes); !filled) return filled;
    RecordFrame frame;
    const bool is_at_end = begin_ + filled_ < offset_ + RecordFrame::bytes;
    const FrameLook look =
        is_at_end ? FrameLook::nothing : decode({here(), RecordFrame::bytes}, frame);
    if (look == FrameLook::nothing && log_.has_file(file_ + 1)) {
      ++file_;
      offset_ = 0;
      filled_ = 0;
      continue;
    }
    if (look != FrameLook::sound || frame.first_seq != next_seq_) {
      return Error{ErrorCode::corrupt, "find the next frame", log_.path_of_file(file_), offset_, 0};
    }
    offset_ += frame.count > 0 ? RecordFrame::bytes : frame.extent();
    if (frame.count > 0) return {};
  }
}

Result<std::size_t> RecordReader::length_of_next() {
  if (next_seq_ >= window_records_) filled_ = 0;  // it was not there when the window was read
  if (Status filled = fill(length_bytes); !filled) return filled.error();
  std::size_t length = 0;
  if (begin_ + filled_ >= offset_ + length_bytes) length = load_be<std::uint16_t>(here());
  if (length > 0) return length;
  if (Status entered = enter_next_frame(); !entered) return entered.error();
  if (Status filled = fill(length_bytes); !filled) return filled.error();
  return std::size_t{load_be<std::uint16_t>(here())};
}

Status RecordReader::skip_one() {
  const Result<std::size_t> length = length_of_next();
  if (!length) return length.error();
  offset_ += length_bytes + *length;
  ++next_seq_;
  return {};
}

Result<RecordView> RecordReader::next() {
  KARST_ASSERT(is_placed_ && next_seq_ < log_.records());
  const Result<std::size_t> length = length_of_next();
  if (!length) return length.error();
  if (Status filled = fill(length_bytes + *length); !filled) return filled.error();
  if (begin_ + filled_ < offset_ + length_bytes + *length) {
    return Error{ErrorCode::corrupt, "read a record", log_.path_of_file(file_), offset_, 0};
  }
  Result<RecordView> record = decode({here() + length_bytes, *length});
  if (!record || record->seq() != next_seq_) {
    return Error{ErrorCode::corrupt, record ? "check a record's place" : record.error().doing,
                 log_.path_of_file(file_), offset_, 0};
  }
  offset_ += length_bytes + *length;
  ++next_seq_;
  return record;
}

}  // namespace karst
