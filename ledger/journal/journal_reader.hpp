// JournalReader: the frames of a journal in order, each one verified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/seams/command_log.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/journal/journal_frame.hpp"
#include "ledger/journal/journal_segments.hpp"

namespace karst {

/// What the frame behind the last one read must say, and where it must stand.
struct JournalPosition {
  std::uint64_t segment = 1;       ///< Number of the segment.
  std::uint64_t offset = 0;        ///< Unit: bytes in the segment.
  std::uint64_t next_seq = 1;      ///< Place of the next frame.
  std::uint64_t next_command = 0;  ///< 0 until a frame has been read.
  std::uint64_t epoch = 0;         ///< Of the last frame.
  std::uint64_t durable_through = 0;  ///< What the last frame says was durable.
  std::uint32_t shard = 0;
  ChainHash hash{};  ///< Of the last frame.
};

/// Bytes behind the last sound frame that no later frame says were durable: what a crash leaves of
/// frames nobody was told about.
struct TornTail {
  std::string file;
  std::uint64_t offset = 0;  ///< Where the good part ends. Unit: bytes.
  std::uint64_t seq = 0;     ///< The frame that is not there.
  FrameFault fault = FrameFault::none;

  [[nodiscard]] std::string text() const;
};

/// Reads a journal front to back, changing nothing: bytes, CRCs, chain, sequence, epochs.
///
/// A bad frame ends the reading in one of two ways. If a later frame says that it was durable, or
/// if its own place says so, it is damage: an Error with file and offset. Only if nothing says so
/// it is a torn tail, and next() returns false. A frame is never skipped.
///
/// Threads: one owner. It may read beside the thread or the process that writes: a frame that is
///          just being written is looked at twice before it is called damaged.
class JournalReader {
 public:
  static constexpr std::uint64_t earliest = 0;
  static constexpr std::uint64_t newest_segments = ~std::uint64_t{0};
  static constexpr std::uint64_t no_limit = ~std::uint64_t{0};

  /// Makes ready to give the frames from `from_seq` on (or all there are from `earliest`; or those
  /// of the two newest segments that have any: the first frame of a segment fits only behind the
  /// one before), up to `through_seq`.
  ///
  /// Errors: trimmed; corrupt; unknown_format; those of the Storage.
  [[nodiscard]] static Result<JournalReader> open(Storage& storage, std::string directory,
                                                  std::uint64_t from_seq,
                                                  std::uint64_t through_seq = no_limit);

  /// Goes to the next frame.
  ///
  /// Returns: false at the end: of what was asked for, or of the journal (see torn_tail()).
  /// Errors:  corrupt, unknown_format, with file and offset; those of the Storage.
  [[nodiscard]] Result<bool> next();

  /// The frame next() went to. Its payload lives until next() is called again.
  [[nodiscard]] const FrameHeader& header() const { return header_; }
  [[nodiscard]] std::span<const std::byte> payload() const { return payload_; }
  [[nodiscard]] const ChainHash& hash() const { return position_.hash; }
  [[nodiscard]] LoggedBatch batch() const;
  /// Where the frame stands. Unit: bytes in file().
  [[nodiscard]] std::uint64_t offset() const { return frame_offset_; }
  [[nodiscard]] const std::string& file() const { return segment_.path(); }

  /// Where the next frame must stand, and what it must say.
  [[nodiscard]] const JournalPosition& position() const { return position_; }
  /// Set once next() has returned false because of a torn tail.
  [[nodiscard]] const std::optional<TornTail>& torn_tail() const { return torn_tail_; }

  /// Lets next() go on up to `through_seq`, all of which is durable by now.
  void read_through(std::uint64_t through_seq);

 private:
  JournalReader(Storage& storage, std::string directory)
      : storage_(&storage), directory_(std::move(directory)) {}

  [[nodiscard]] Status choose_segment(std::uint64_t from_seq);
  [[nodiscard]] Status enter(std::uint64_t index);
  [[nodiscard]] Result<FrameFault> inspect();
  [[nodiscard]] FrameFault compare_with_previous(const FrameHeader& header) const;
  void accept();
  [[nodiscard]] Result<bool> pass_zeros(bool& is_end);
  [[nodiscard]] Result<bool> step_back();
  [[nodiscard]] Result<bool> judge(FrameFault fault);
  [[nodiscard]] Result<Beyond> look_everywhere_beyond(std::uint64_t offset);

  Storage* storage_;
  std::string directory_;
  std::uint64_t from_seq_ = earliest;
  std::uint64_t through_seq_ = no_limit;
  std::uint64_t lowest_segment_ = 1;
  SegmentView segment_;
  JournalPosition position_;
  bool has_previous_ = false;
  bool is_at_journal_start_ = false;
  FrameHeader header_;
  std::span<const std::byte> payload_;
  ChainHash candidate_hash_{};
  std::uint64_t frame_offset_ = 0;
  std::optional<TornTail> torn_tail_;
  ChainHasher hasher_;
};

/// What a whole journal holds, and the first thing wrong with it.
struct JournalReport {
  std::uint64_t segments = 0;
  std::uint64_t frames = 0;
  std::uint64_t commands = 0;
  std::uint64_t bytes = 0;  ///< Of frames, header and padding included.
  std::uint64_t epochs = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::uint64_t first_command = 0;
  std::uint64_t last_command = 0;
  std::uint64_t durable_through = 0;
  ChainHash hash{};                   ///< Of the last sound frame.
  std::optional<TornTail> torn_tail;  ///< Not a fault: what recovery will cut.
  std::optional<Error> fault;         ///< Code, file and offset of the first fault.

  /// Whether the journal is what was written, as far as its bytes can tell.
  [[nodiscard]] bool is_sound() const { return !fault.has_value(); }
};

/// Reads the whole journal in `directory` and changes nothing.
[[nodiscard]] JournalReport verify_journal(Storage& storage, const std::string& directory);

}  // namespace karst
