#include "ledger/journal/journal_segments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace karst {
namespace {

constexpr std::string_view segment_suffix = ".journal";
constexpr std::string_view draft_suffix = ".journal.tmp";
constexpr std::size_t index_digits = 10;

// The number in a segment's name; 0 when the name is none of ours.
std::uint64_t index_of(std::string_view file_name, std::string_view suffix) {
  if (file_name.size() != index_digits + suffix.size() || !file_name.ends_with(suffix)) return 0;
  std::uint64_t index = 0;
  const char* end = file_name.data() + index_digits;
  const std::from_chars_result read = std::from_chars(file_name.data(), end, index);
  return read.ec == std::errc{} && read.ptr == end ? index : 0;
}

std::string numbered_path(const std::string& directory, std::uint64_t index,
                          std::string_view suffix) {
  std::string digits = std::to_string(index);
  KARST_ASSERT(digits.size() <= index_digits);
  digits.insert(0, index_digits - digits.size(), '0');
  return directory + "/" + digits + std::string(suffix);
}

}  // namespace

std::string segment_path(const std::string& directory, std::uint64_t index) {
  return numbered_path(directory, index, segment_suffix);
}

std::string segment_draft_path(const std::string& directory, std::uint64_t index) {
  return numbered_path(directory, index, draft_suffix);
}

Result<SegmentList> list_segments(Storage& storage, const std::string& directory) {
  Result<std::vector<std::string>> names = storage.list(directory);
  if (!names) return names.error();
  SegmentList list;
  for (const std::string& file_name : *names) {
    if (const std::uint64_t index = index_of(file_name, segment_suffix); index != 0) {
      list.indices.push_back(index);
    } else if (index_of(file_name, draft_suffix) != 0) {
      list.draft_paths.push_back(directory + "/" + file_name);
    }
  }
  std::sort(list.indices.begin(), list.indices.end());
  for (std::size_t i = 1; i < list.indices.size(); ++i) {
    const std::uint64_t expected = list.indices[i - 1] + 1;
    if (list.indices[i] == expected) continue;
    return Error{ErrorCode::corrupt, "find a segment between others",
                 segment_path(directory, expected), 0};
  }
  return list;
}

FrameFault check_first_of_segment(const FrameHeader& header, std::uint64_t index) {
  if (header.durable_through + 1 != header.seq) return FrameFault::durable_through;
  return (header.seq == 1) == (index == 1) ? FrameFault::none : FrameFault::sequence;
}

Result<SegmentView> SegmentView::open(Storage& storage, const std::string& directory,
                                      std::uint64_t index) {
  Result<OpenFile> file = OpenFile::open(storage, segment_path(directory, index), OpenMode::read);
  if (!file) return file.error();
  const Result<std::uint64_t> size = storage.size(file->handle());
  if (!size) return size.error();
  if (*size % journal_block_bytes != 0 || *size == 0) {
    return Error{ErrorCode::corrupt, "check the size of a segment", file->path(), *size};
  }
  SegmentView view;
  view.storage_ = &storage;
  view.file_ = std::move(file).value();
  view.index_ = index;
  view.size_ = *size;
  return view;
}

Result<std::span<const std::byte>> SegmentView::bytes(std::uint64_t offset, std::size_t length) {
  KARST_ASSERT(offset <= size_ && length <= size_ - offset);
  const bool inside = offset >= window_offset_ &&
                      offset + length <= window_offset_ + window_length_;
  if (!inside) {
    const std::uint64_t wanted = std::max<std::uint64_t>(length, window_bytes);
    const auto piece = static_cast<std::size_t>(std::min(wanted, size_ - offset));
    if (window_.size() < piece) window_.resize(piece);
    window_length_ = 0;
    const Result<std::size_t> got =
        storage_->read(file_.handle(), offset, std::span(window_).first(piece));
    if (!got) return got.error();
    if (*got < length) return Error{ErrorCode::corrupt, "read a segment", path(), offset + *got};
    window_offset_ = offset;
    window_length_ = *got;
  }
  return std::span<const std::byte>(window_).subspan(offset - window_offset_, length);
}

Result<FrameFault> SegmentView::first_header(FrameHeader& header) {
  const auto first = bytes(0, journal_header_bytes);
  if (!first) return first.error();
  const FrameFault fault = decode_frame_header(first->first<journal_header_bytes>(), header);
  return fault == FrameFault::none ? check_first_of_segment(header, index_) : fault;
}

Result<Beyond> look_beyond(SegmentView& segment, std::uint64_t offset, std::uint64_t seq) {
  constexpr std::uint64_t piece_bytes = 64 * journal_block_bytes;
  Beyond beyond;
  std::uint64_t frame_end = offset;  // what stands inside a sound frame is no header
  for (std::uint64_t at = offset; at < segment.size();) {
    const std::uint64_t piece = std::min(piece_bytes, segment.size() - at);
    const auto bytes = segment.bytes(at, static_cast<std::size_t>(piece));
    if (!bytes) return bytes.error();
    const std::uint64_t begin = at;
    at += piece;
    if (is_zero(*bytes)) continue;
    beyond.is_zero = false;
    for (std::size_t block = 0; block < piece; block += journal_block_bytes) {
      if (begin + block < frame_end) continue;
      FrameHeader header;
      const FrameFault fault = decode_frame_header(
          bytes->subspan(block).first<journal_header_bytes>(), header);
      if (fault == FrameFault::unknown_format) beyond.has_newer_format = true;
      if (fault != FrameFault::none) continue;
      frame_end = begin + block + header.frame_bytes();
      if (header.durable_through >= seq) beyond.is_covered = true;
    }
  }
  return beyond;
}

}  // namespace karst
