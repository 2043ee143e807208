#include "ledger/journal/journal_reader.hpp"

#include <algorithm>

#include "engine/base/plant.hpp"
#include "ledger/files/crc32c.hpp"

namespace karst {
namespace {

Error bad_frame(ErrorCode code, FrameFault fault, std::uint64_t seq, const std::string& file,
                std::uint64_t offset) {
  return Error{code, std::string("check the ") + name(fault) + " of frame " + std::to_string(seq),
               file, offset};
}

}  // namespace

std::string TornTail::text() const {
  return std::string("torn tail: frame ") + std::to_string(seq) + " (" + name(fault) + ") at " +
         file + ":" + std::to_string(offset);
}

Result<JournalReader> JournalReader::open(Storage& storage, std::string directory,
                                          std::uint64_t from_seq, std::uint64_t through_seq) {
  JournalReader reader(storage, std::move(directory));
  reader.from_seq_ = from_seq == newest_segments ? earliest : from_seq;
  reader.through_seq_ = through_seq;
  if (Status chosen = reader.choose_segment(from_seq); !chosen) return chosen.error();
  return reader;
}

// The last segment that begins at or before `from_seq`. Segments whose first frame is not sound
// cannot be begun with; if it matters, reading from before them comes upon them.
Status JournalReader::choose_segment(std::uint64_t from_seq) {
  const Result<SegmentList> list = list_segments(*storage_, directory_);
  if (!list) return list.error();
  if (list->indices.empty()) {
    return Error{ErrorCode::not_found, "find the first segment", segment_path(directory_, 1)};
  }
  lowest_segment_ = list->indices.front();
  for (std::uint64_t index = list->indices.back(); index > lowest_segment_; --index) {
    if (Status entered = enter(index); !entered) return entered;
    FrameHeader header;
    const Result<FrameFault> fault = segment_.first_header(header);
    if (!fault) return fault.error();
    if (*fault != FrameFault::none || header.seq > from_seq) continue;
    return from_seq == newest_segments ? enter(index - 1) : Status{};
  }
  if (Status entered = enter(lowest_segment_); !entered) return entered;
  if (is_at_journal_start_ || from_seq == earliest || from_seq == newest_segments) return {};
  FrameHeader header;
  const Result<FrameFault> fault = segment_.first_header(header);
  if (!fault) return fault.error();
  if (*fault == FrameFault::none && header.seq > from_seq) {
    return Error{ErrorCode::trimmed, "find frame " + std::to_string(from_seq), segment_.path()};
  }
  return {};
}

Status JournalReader::enter(std::uint64_t index) {
  Result<SegmentView> segment = SegmentView::open(*storage_, directory_, index);
  if (!segment) return segment.error();
  segment_ = std::move(segment).value();
  position_.segment = index;
  position_.offset = 0;
  is_at_journal_start_ = index == 1;
  return {};
}

Result<bool> JournalReader::next() {
  while (!torn_tail_.has_value()) {
    if (has_previous_ && position_.next_seq > through_seq_) return false;
    const Result<FrameFault> fault = inspect();
    if (!fault) return fault.error();
    if (*fault == FrameFault::none) {
      accept();
      if (header_.seq >= from_seq_) return true;
      continue;
    }
    const Result<bool> went_back = step_back();
    if (!went_back) return went_back.error();
    if (*went_back) continue;
    bool is_end = false;
    if (*fault == FrameFault::absent) {
      const Result<bool> passed = pass_zeros(is_end);
      if (!passed) return passed.error();
      if (is_end) return false;
      if (*passed) continue;
    }
    const Result<bool> is_sound_now = judge(*fault);
    if (!is_sound_now) return is_sound_now.error();
    if (!*is_sound_now) return false;
  }
  return false;
}

// Sets header_, payload_ and candidate_hash_ when the fault is none.
Result<FrameFault> JournalReader::inspect() {
  payload_ = {};
  const std::uint64_t offset = position_.offset;
  if (offset == segment_.size()) return FrameFault::absent;
  auto bytes = segment_.bytes(offset, journal_header_bytes);
  if (!bytes) return bytes.error();
  FrameHeader header;
  FrameFault fault = decode_frame_header(bytes->first<journal_header_bytes>(), header);
  if (fault != FrameFault::none) return fault;
  fault = compare_with_previous(header);
  if (fault != FrameFault::none) return fault;
  if (header.frame_bytes() > segment_.size() - offset) return FrameFault::too_long;

  bytes = segment_.bytes(offset, static_cast<std::size_t>(header.frame_bytes()));
  if (!bytes) return bytes.error();
  const auto payload = bytes->subspan(journal_header_bytes, header.length);
  if (crc32c(payload) != header.payload_crc) return FrameFault::payload_crc;
  if (!is_zero(bytes->subspan(journal_header_bytes + header.length))) return FrameFault::padding;
  header_ = header;
  payload_ = payload;
  candidate_hash_ = hasher_.hash(bytes->first<journal_header_bytes>());
  return FrameFault::none;
}

FrameFault JournalReader::compare_with_previous(const FrameHeader& header) const {
  if (position_.offset == 0) {
    const FrameFault fault = check_first_of_segment(header, position_.segment);
    if (fault != FrameFault::none) return fault;
  }
  if (!has_previous_) {
    if (!is_at_journal_start_) return FrameFault::none;
    if (header.seq != 1) return FrameFault::sequence;
    if (header.previous != ChainHash{}) return FrameFault::chain;
    return header.kind == FrameKind::lead ? FrameFault::none : FrameFault::epoch;
  }
  if (header.shard != position_.shard) return FrameFault::shard;
  if (header.seq != position_.next_seq) return FrameFault::sequence;
  if (header.previous != position_.hash) return FrameFault::chain;
  if (header.first_command != position_.next_command) return FrameFault::command;
  const bool leads = header.kind == FrameKind::lead;
  const bool epoch_fits =
      leads ? header.epoch > position_.epoch : header.epoch == position_.epoch;
  if (!epoch_fits) return FrameFault::epoch;
  if (header.durable_through < position_.durable_through) return FrameFault::durable_through;
  return FrameFault::none;
}

void JournalReader::accept() {
  frame_offset_ = position_.offset;
  position_.offset += header_.frame_bytes();
  position_.next_seq = header_.seq + 1;
  position_.next_command = header_.next_command();
  position_.epoch = header_.epoch;
  position_.durable_through = header_.durable_through;
  position_.shard = header_.shard;
  position_.hash = candidate_hash_;
  has_previous_ = true;
}

// A first frame that is not sound can only be judged coming from the segment before it.
Result<bool> JournalReader::step_back() {
  if (has_previous_ || position_.segment == lowest_segment_) return false;
  if (Status entered = enter(position_.segment - 1); !entered) return entered.error();
  return true;
}

// At zeros: the rest of the segment must be zero, and the journal goes on in the next segment or
// ends here. Returns false when something stands behind the zeros.
Result<bool> JournalReader::pass_zeros(bool& is_end) {
  const Result<Beyond> rest = look_beyond(segment_, position_.offset, position_.next_seq);
  if (!rest) return rest.error();
  if (!rest->is_zero) return false;
  Result<SegmentView> following =
      SegmentView::open(*storage_, directory_, position_.segment + 1);
  if (!following) {
    if (following.error().code != ErrorCode::not_found) return following.error();
    if (!has_previous_ && !is_at_journal_start_) {
      return bad_frame(ErrorCode::corrupt, FrameFault::absent, 0, segment_.path(), 0);
    }
    is_end = true;
    return true;
  }
  const auto bytes = following->bytes(0, journal_header_bytes);
  if (!bytes) return bytes.error();
  if (has_previous_ && !is_zero(*bytes)) {
    segment_ = std::move(following).value();
    position_.segment += 1;
    position_.offset = 0;
    return true;
  }
  const Result<Beyond> beyond = look_everywhere_beyond(position_.offset);
  if (!beyond) return beyond.error();
  if (!beyond->is_zero) return false;
  if (!has_previous_ && !is_at_journal_start_) {
    return bad_frame(ErrorCode::corrupt, FrameFault::absent, 0, segment_.path(), 0);
  }
  is_end = true;
  return true;
}

// Damage or torn tail? Damage, if anything behind says that the frame was durable. Returns: whether
// it is neither, but sound at a second look.
Result<bool> JournalReader::judge(FrameFault fault) {
  const std::uint64_t seq = position_.next_seq;
  const std::string& file = segment_.path();
  if (fault == FrameFault::unknown_format) {
    return bad_frame(ErrorCode::unknown_format, fault, seq, file, position_.offset);
  }
  if constexpr (planted("cut_at_first_bad_crc")) {
    torn_tail_ = TornTail{file, position_.offset, seq, fault};
    return false;
  }
  const Result<Beyond> beyond = look_everywhere_beyond(position_.offset);
  if (!beyond) return beyond.error();
  if (beyond->has_newer_format) {
    return bad_frame(ErrorCode::unknown_format, fault, seq, file, position_.offset);
  }
  // The newest durable frame is never trimmed away, so the first frame of a trimmed journal was.
  const bool was_durable = !has_previous_ && !is_at_journal_start_;
  if (beyond->is_covered || was_durable) {
    // Beside the thread or the process that writes, the frame may have been half written when it
    // was looked at. What says that it was durable was read later: it is whole by now, or damaged.
    segment_.forget();
    const Result<FrameFault> again = inspect();
    if (!again) return again.error();
    if (*again == FrameFault::none) return true;
    return bad_frame(ErrorCode::corrupt, fault, seq, file, position_.offset);
  }
  torn_tail_ = TornTail{file, position_.offset, seq, fault};
  return false;
}

Result<Beyond> JournalReader::look_everywhere_beyond(std::uint64_t offset) {
  Result<Beyond> found = look_beyond(segment_, offset, position_.next_seq);
  for (std::uint64_t index = position_.segment + 1; found.ok(); ++index) {
    Result<SegmentView> segment = SegmentView::open(*storage_, directory_, index);
    if (!segment && segment.error().code == ErrorCode::not_found) break;
    if (!segment) return segment.error();
    const Result<Beyond> more = look_beyond(*segment, 0, position_.next_seq);
    if (!more) return more.error();
    found->is_zero = found->is_zero && more->is_zero;
    found->is_covered = found->is_covered || more->is_covered;
    found->has_newer_format = found->has_newer_format || more->has_newer_format;
  }
  return found;
}

LoggedBatch JournalReader::batch() const {
  return LoggedBatch{header_.seq,   header_.epoch,          header_.first_command,
                     header_.count, header_.leader_time_ns, payload_,
                     position_.hash};
}

void JournalReader::read_through(std::uint64_t through_seq) {
  through_seq_ = std::max(through_seq_, through_seq);
  segment_.forget();
}

JournalReport verify_journal(Storage& storage, const std::string& directory) {
  JournalReport report;
  const Result<SegmentList> list = list_segments(storage, directory);
  if (!list) {
    report.fault = list.error();
    return report;
  }
  report.segments = list->indices.size();
  Result<JournalReader> reader = JournalReader::open(storage, directory, JournalReader::earliest);
  if (!reader) {
    report.fault = reader.error();
    return report;
  }
  std::uint64_t epoch = 0;
  for (;;) {
    const Result<bool> more = reader->next();
    if (!more) report.fault = more.error();
    if (!more || !*more) break;
    const FrameHeader& header = reader->header();
    if (report.frames == 0) {
      report.first_seq = header.seq;
      report.first_command = header.first_command;
    }
    report.frames += 1;
    report.commands += header.count;
    report.bytes += header.frame_bytes();
    report.epochs += header.epoch != epoch ? 1 : 0;
    epoch = header.epoch;
    report.last_seq = header.seq;
    report.last_command = header.next_command() - 1;
    report.durable_through = header.durable_through;
    report.hash = reader->hash();
  }
  report.torn_tail = reader->torn_tail();
  return report;
}

}  // namespace karst
