// Whatever lies in a journal's folder: it is refused and left as it is, or it opens, and then it is
// sound and opens the same way again.
//
// The first byte of the input chooses. Even: the rest is the bytes of one segment. Odd: the rest
// are records of eight bytes, each of which makes one frame that fits behind the one before, but
// for what its flags spoil; so mutations get past the CRCs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "ledger/files/crc32c.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/sim_clock.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace {

using namespace karst;

constexpr std::uint64_t segment_bytes = 8 * journal_block_bytes;
constexpr std::size_t segments_max = 6;
const std::string directory = "journal";

using Segments = std::vector<std::vector<std::byte>>;

std::vector<std::byte> raw_segment(std::span<const std::uint8_t> input) {
  std::vector<std::byte> segment(segment_bytes);
  const std::size_t length = std::min(input.size(), segment.size());
  std::copy_n(reinterpret_cast<const std::byte*>(input.data()), length, segment.begin());
  return segment;
}

// Makes frames by records of {flags, kind, count, length, lag, spoiled place (2), spoiled bit}.
class FrameMaker {
 public:
  static constexpr std::size_t record_bytes = 8;

  void add(std::span<const std::uint8_t, record_bytes> record) {
    const std::uint8_t flags = record[0];
    FrameHeader header;
    header.kind = static_cast<FrameKind>(record[1] % 5);
    header.epoch = header.kind == FrameKind::lead ? ++epoch_ : epoch_;
    header.seq = next_seq_++;
    header.first_command = next_command_;
    header.count = header.kind == FrameKind::batch ? record[2] : 0;
    header.length = header.kind == FrameKind::batch ? record[3] * 40U : 0;
    header.durable_through = header.seq - std::min<std::uint64_t>(header.seq, 1U + record[4] % 4);
    header.previous = (flags & 1U) != 0 ? ChainHash{} : chain_;
    next_command_ = header.next_command();
    if (offset_ + header.frame_bytes() > segment_bytes || (flags & 2U) != 0) begin_segment();
    if (segments_.size() > segments_max) return;

    std::vector<std::byte>& segment = segments_.back();
    const std::span frame = std::span(segment).subspan(offset_, header.frame_bytes());
    const auto payload = frame.subspan(journal_header_bytes, header.length);
    std::fill(payload.begin(), payload.end(), static_cast<std::byte>(record[2]));
    header.payload_crc = crc32c(payload);
    encode_frame_header(header, frame.first<journal_header_bytes>());
    chain_ = hasher_.hash(frame.first<journal_header_bytes>());
    const std::size_t place = (record[5] | std::size_t{record[6]} << 8U) % frame.size();
    if ((flags & 4U) != 0) frame[place] ^= static_cast<std::byte>(1U << record[7] % 8U);
    if ((flags & 8U) != 0) std::fill(frame.begin(), frame.end(), std::byte{0});
    offset_ += header.frame_bytes();
  }

  [[nodiscard]] Segments take() { return std::move(segments_); }

 private:
  void begin_segment() {
    segments_.emplace_back(segment_bytes);
    offset_ = 0;
  }

  Segments segments_{std::vector<std::byte>(segment_bytes)};
  std::uint64_t offset_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t next_command_ = 1;
  std::uint64_t epoch_ = 0;
  ChainHash chain_{};
  ChainHasher hasher_;
};

Segments made_segments(std::span<const std::uint8_t> input) {
  FrameMaker maker;
  constexpr std::size_t step = FrameMaker::record_bytes;
  for (; input.size() >= step; input = input.subspan(step)) maker.add(input.first<step>());
  Segments segments = maker.take();
  segments.resize(std::min(segments.size(), segments_max));
  return segments;
}

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span rest(data + 1, size - 1);
  const Segments segments = data[0] % 2 == 0 ? Segments{raw_segment(rest)} : made_segments(rest);
  const std::uint64_t first_index = 1 + data[0] / 2 % 2;  // the journal's start may be trimmed away

  sim::SimStorage storage;
  const sim::SimClock clock;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    storage.put(segment_path(directory, first_index + i), segments[i]);
  }
  FileLogOptions options;
  options.directory = directory;
  options.segment_bytes = segment_bytes;
  options.staging_bytes = 2 * journal_block_bytes;
  const JournalReport before = verify_journal(storage, directory);
  Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
  if (!log) {
    must(before.fault.has_value() || log.error().code == ErrorCode::invalid);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      must(storage.bytes(segment_path(directory, first_index + i)) == segments[i]);
    }
    return 0;
  }
  const JournalRecovery first = (*log)->recovery();
  if (!before.is_sound()) return 0;  // damage further back than opening looks
  const JournalReport after = verify_journal(storage, directory);
  must(after.is_sound() && !after.torn_tail.has_value());
  must(after.last_seq == first.last_seq && after.frames == before.frames);
  log->reset();
  log = FileLog::open(storage, clock, options);
  must(log.ok() && !(*log)->recovery().torn_tail.has_value());
  must((*log)->recovery().last_seq == first.last_seq);
  must((*log)->acquire(0).ok() && (*log)->durable_seq() == first.last_seq + 1);
  return 0;
}
