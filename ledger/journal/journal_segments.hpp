// The files of a journal: DIRECTORY/0000000001.journal, 0000000002.journal … without a gap.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"
#include "ledger/files/open_file.hpp"
#include "ledger/journal/journal_frame.hpp"

namespace karst {

/// The path of the segment with that number (1, 2, 3 …).
[[nodiscard]] std::string segment_path(const std::string& directory, std::uint64_t index);

/// The path a segment has while it is being filled with zeros.
[[nodiscard]] std::string segment_draft_path(const std::string& directory, std::uint64_t index);

/// The numbers of the segments there are, ascending, and the drafts a crash left.
struct SegmentList {
  std::vector<std::uint64_t> indices;
  std::vector<std::string> draft_paths;
};

/// Errors: corrupt, when a segment between the first and the last is missing; those of the Storage.
[[nodiscard]] Result<SegmentList> list_segments(Storage& storage, const std::string& directory);

/// What the first frame of segment `index` must say: a segment is durable before the next one is
/// begun, and only the first begins with frame 1.
[[nodiscard]] FrameFault check_first_of_segment(const FrameHeader& header, std::uint64_t index);

/// A segment open for reading through a window that moves over it.
///
/// Threads: one owner.
class SegmentView {
 public:
  SegmentView() = default;

  /// Errors: not_found; corrupt, when its size is not whole blocks; those of the Storage.
  [[nodiscard]] static Result<SegmentView> open(Storage& storage, const std::string& directory,
                                                std::uint64_t index);

  /// The `length` bytes at `offset`, valid until the next call.
  ///
  /// Requires: offset + length <= size(). Memory: the window, or `length` where that is more.
  [[nodiscard]] Result<std::span<const std::byte>> bytes(std::uint64_t offset, std::size_t length);

  /// Reads the header that the segment begins with, and checks what one there must say.
  [[nodiscard]] Result<FrameFault> first_header(FrameHeader& header);

  /// Forgets what was read: the file may have grown frames since.
  void forget() { window_length_ = 0; }

  [[nodiscard]] std::uint64_t index() const { return index_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return file_.path(); }

 private:
  static constexpr std::size_t window_bytes = std::size_t{1} << 20U;

  Storage* storage_ = nullptr;
  OpenFile file_;
  std::uint64_t index_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::byte> window_;
  std::uint64_t window_offset_ = 0;
  std::size_t window_length_ = 0;
};

/// What a look at the blocks behind a place has found.
struct Beyond {
  bool is_zero = true;          ///< Nothing but zeros.
  bool is_covered = false;      ///< A sound frame says that `seq` was durable.
  bool has_newer_format = false;  ///< A sound header of a format this build does not know.
};

/// Looks at every block of the segment from `offset` on, for what it says about frame `seq`.
[[nodiscard]] Result<Beyond> look_beyond(SegmentView& segment, std::uint64_t offset,
                                         std::uint64_t seq);

}  // namespace karst
