#include "ledger/events/event_segment.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr std::uint32_t frame_magic = 0x4c56454b;  // "KEVL"
constexpr std::uint32_t index_magic = 0x4958454b;  // "KEXI"
// Of format 1 are frames whose entries name no orders by their client order ids, and no merchants.
constexpr std::uint16_t frame_format = 2;
constexpr std::uint16_t index_format = 1;
constexpr std::size_t index_header_bytes = 64;
constexpr std::size_t index_row_bytes = 24;
constexpr std::size_t frame_length_max = std::size_t{1} << 31U;

std::string path_of(const std::string& directory, std::uint64_t number, const char* ending) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%010llu", static_cast<unsigned long long>(number));
  return directory + "/" + digits + ending;
}

Error corrupt(const char* doing, const std::string& path, std::uint64_t offset) {
  return Error{ErrorCode::corrupt, doing, path, offset};
}

// All the bytes asked for, or `corrupt`.
Status read_exactly(Storage& storage, const OpenFile& file, std::uint64_t offset,
                    std::span<std::byte> bytes) {
  const Result<std::size_t> count = storage.read(file.handle(), offset, bytes);
  if (!count) return count.error();
  if (*count != bytes.size()) return corrupt("read past the end", file.path(), offset);
  return {};
}

}  // namespace

std::string event_segment_path(const std::string& directory, std::uint64_t number) {
  return path_of(directory, number, ".events");
}
std::string event_index_path(const std::string& directory, std::uint64_t number) {
  return path_of(directory, number, ".index");
}

void encode_event_frame(const EventFrame& frame, std::span<std::byte> header) {
  KARST_ASSERT(header.size() == EventFrame::header_bytes);
  std::byte* at = header.data();
  store_le<std::uint32_t>(at, frame_magic);
  store_le<std::uint16_t>(at + 4, frame_format);
  store_le<std::uint16_t>(at + 6, 0);
  store_le<std::uint64_t>(at + 8, frame.first_sequence);
  store_le<std::uint64_t>(at + 16, frame.last_sequence);
  store_le<std::uint64_t>(at + 24, static_cast<std::uint64_t>(frame.last_time.value()));
  store_le<std::uint32_t>(at + 32, frame.count);
  store_le<std::uint32_t>(at + 36, frame.length);
  store_le<std::uint32_t>(at + 40, 0);
  store_le<std::uint32_t>(at + 44, crc32c(header.first(44)));
}

std::optional<EventFrame> decode_event_frame(std::span<const std::byte> header) {
  if (header.size() < EventFrame::header_bytes) return std::nullopt;
  const std::byte* at = header.data();
  if (load_le<std::uint32_t>(at) != frame_magic) return std::nullopt;
  if (load_le<std::uint32_t>(at + 44) != crc32c(header.first(44))) return std::nullopt;
  const auto format = load_le<std::uint16_t>(at + 4);
  if (format == 0 || format > frame_format) return std::nullopt;
  EventFrame frame;
  frame.first_sequence = load_le<std::uint64_t>(at + 8);
  frame.last_sequence = load_le<std::uint64_t>(at + 16);
  frame.last_time = Time{static_cast<std::int64_t>(load_le<std::uint64_t>(at + 24))};
  frame.count = load_le<std::uint32_t>(at + 32);
  frame.length = load_le<std::uint32_t>(at + 36);
  if (frame.last_sequence < frame.first_sequence) return std::nullopt;
  return frame;
}

bool EventIndex::add(AccountPlace place, std::uint32_t offset) {
  Account& account = accounts_[place.account.value()];
  if (account.offsets.empty()) account.first_number = place.number;
  if (place.number != account.first_number + account.offsets.size()) return false;
  account.offsets.push_back(offset);
  return true;
}

const EventIndex::Account* EventIndex::find(AccountId account) const {
  const auto found = accounts_.find(account.value());
  return found == accounts_.end() ? nullptr : &found->second;
}

std::vector<std::pair<std::uint32_t, const EventIndex::Account*>> EventIndex::sorted() const {
  std::vector<std::pair<std::uint32_t, const Account*>> all;
  all.reserve(accounts_.size());
  for (const auto& [number, account] : accounts_) all.emplace_back(number, &account);
  std::ranges::sort(all, {}, &std::pair<std::uint32_t, const Account*>::first);
  return all;
}

namespace {

// The entries of one frame into the index. Returns: whether all of them are sound.
bool index_frame(const EventFrame& frame, std::span<const std::byte> entries, std::uint64_t offset,
                 EventIndex& index) {
  AccountEntry entry;
  std::size_t at = 0;
  std::vector<std::pair<AccountPlace, std::uint32_t>> places;
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    const std::size_t length = decode_entry(entries.subspan(at), entry);
    if (length == 0) return false;
    places.emplace_back(AccountPlace{entry.account, entry.number},
                        static_cast<std::uint32_t>(offset + at));
    at += length;
  }
  if (at != frame.length) return false;
  return std::ranges::all_of(places,
                             [&](const auto& it) { return index.add(it.first, it.second); });
}

bool is_newer_format(std::span<const std::byte> header) {
  return load_le<std::uint32_t>(header.data()) == frame_magic &&
         load_le<std::uint32_t>(header.data() + 44) == crc32c(header.first(44)) &&
         load_le<std::uint16_t>(header.data() + 4) > frame_format;
}

}  // namespace

Status replace_file(Storage& storage, const std::string& directory, const std::string& path,
                    std::span<const std::byte> bytes) {
  const std::string draft = path + ".draft";
  // A draft whose sync failed is never used again.
  const Status removed = storage.unlink(draft);
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  const Result<OpenFile> file = OpenFile::open(storage, draft, OpenMode::create_new);
  if (!file) return file.error();
  const FileHandle handle = file.value().handle();
  if (Status written = storage.write(handle, 0, bytes); !written) return written;
  if (Status synced = storage.sync(handle); !synced) return synced;
  if (Status renamed = storage.rename(draft, path); !renamed) return renamed;
  return storage.sync_directory(directory);
}

Result<EventSegmentRange> scan_event_segment(Storage& storage, const std::string& path,
                                             EventIndex& index) {
  const Result<OpenFile> file = OpenFile::open(storage, path, OpenMode::read);
  if (!file) return file.error();
  const Result<std::uint64_t> size = storage.size(file.value().handle());
  if (!size) return size.error();
  EventSegmentRange range;
  std::array<std::byte, EventFrame::header_bytes> header;
  std::vector<std::byte> entries;
  while (range.bytes + header.size() <= *size) {
    if (Status read = read_exactly(storage, file.value(), range.bytes, header); !read) {
      return read.error();
    }
    const std::optional<EventFrame> frame = decode_event_frame(header);
    if (!frame && is_newer_format(header)) {
      return Error{ErrorCode::unknown_format, "read a frame of events", path, range.bytes};
    }
    const std::uint64_t begin = range.bytes + header.size();
    if (!frame || frame->length > frame_length_max || begin + frame->length > *size) break;
    if (range.bytes != 0 && frame->first_sequence != range.last_sequence + 1) break;
    entries.resize(frame->length);
    if (Status read = read_exactly(storage, file.value(), begin, entries); !read) {
      return read.error();
    }
    if (!index_frame(*frame, entries, begin, index)) break;
    if (range.bytes == 0) range.first_sequence = frame->first_sequence;
    range.last_sequence = frame->last_sequence;
    range.last_time = frame->last_time;
    range.bytes = begin + frame->length;
  }
  return range;
}

Status SealedEventSegment::seal(Storage& storage, const std::string& directory,
                                const EventSegmentRange& range, const EventIndex& index) {
  std::vector<std::byte> bytes(index_header_bytes);
  std::uint64_t offsets_count = 0;
  const auto accounts = index.sorted();
  for (const auto& [number, account] : accounts) {
    const std::size_t row = bytes.size();
    bytes.resize(row + index_row_bytes);
    store_le<std::uint32_t>(&bytes[row], number);
    store_le<std::uint32_t>(&bytes[row + 4], static_cast<std::uint32_t>(account->offsets.size()));
    store_le<std::uint64_t>(&bytes[row + 8], account->first_number);
    store_le<std::uint64_t>(&bytes[row + 16], offsets_count);
    offsets_count += account->offsets.size();
  }
  std::size_t at = bytes.size();
  bytes.resize(at + offsets_count * sizeof(std::uint32_t));
  for (const auto& [number, account] : accounts) {
    for (const std::uint32_t offset : account->offsets) {
      store_le<std::uint32_t>(bytes.data() + at, offset);
      at += sizeof offset;
    }
  }
  std::byte* header = bytes.data();
  store_le<std::uint32_t>(header, index_magic);
  store_le<std::uint16_t>(header + 4, index_format);
  store_le<std::uint32_t>(header + 8, static_cast<std::uint32_t>(accounts.size()));
  store_le<std::uint64_t>(header + 16, range.first_sequence);
  store_le<std::uint64_t>(header + 24, range.last_sequence);
  store_le<std::uint64_t>(header + 32, static_cast<std::uint64_t>(range.last_time.value()));
  store_le<std::uint64_t>(header + 40, range.bytes);
  store_le<std::uint64_t>(header + 48, offsets_count);
  store_le<std::uint32_t>(header + 60, crc32c({header, 60}));

  return replace_file(storage, directory, event_index_path(directory, range.number), bytes);
}

Result<SealedEventSegment> SealedEventSegment::open(Storage& storage, const std::string& directory,
                                                    std::uint64_t number) {
  SealedEventSegment sealed;
  sealed.storage_ = &storage;
  Result<OpenFile> index =
      OpenFile::open(storage, event_index_path(directory, number), OpenMode::read);
  if (!index) return index.error();
  sealed.index_ = std::move(index).value();
  std::array<std::byte, index_header_bytes> header;
  if (Status read = read_exactly(storage, sealed.index_, 0, header); !read) return read.error();
  if (load_le<std::uint32_t>(header.data()) != index_magic ||
      load_le<std::uint32_t>(&header[60]) != crc32c(std::span(header).first(60))) {
    return corrupt("check the header of an index", sealed.index_.path(), 0);
  }
  if (load_le<std::uint16_t>(&header[4]) != index_format) {
    return Error{ErrorCode::unknown_format, "read an index of events", sealed.index_.path(), 0};
  }
  sealed.accounts_count_ = load_le<std::uint32_t>(&header[8]);
  sealed.range_.number = number;
  sealed.range_.first_sequence = load_le<std::uint64_t>(&header[16]);
  sealed.range_.last_sequence = load_le<std::uint64_t>(&header[24]);
  sealed.range_.last_time = Time{static_cast<std::int64_t>(load_le<std::uint64_t>(&header[32]))};
  sealed.range_.bytes = load_le<std::uint64_t>(&header[40]);
  const std::uint64_t expected = index_header_bytes +
                                 std::uint64_t{sealed.accounts_count_} * index_row_bytes +
                                 load_le<std::uint64_t>(&header[48]) * sizeof(std::uint32_t);
  const Result<std::uint64_t> size = storage.size(sealed.index_.handle());
  if (!size) return size.error();
  if (*size != expected) return corrupt("check the size of an index", sealed.index_.path(), *size);
  Result<OpenFile> file =
      OpenFile::open(storage, event_segment_path(directory, number), OpenMode::read);
  if (!file) return file.error();
  sealed.segment_ = std::move(file).value();
  return sealed;
}

Result<SealedEventSegment::Found> SealedEventSegment::find(AccountId account) const {
  std::uint32_t low = 0;
  std::uint32_t high = accounts_count_;
  std::array<std::byte, index_row_bytes> row;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const std::uint64_t at = index_header_bytes + std::uint64_t{middle} * index_row_bytes;
    if (Status read = read_exactly(*storage_, index_, at, row); !read) return read.error();
    const auto number = load_le<std::uint32_t>(row.data());
    if (number == account.value()) {
      return Found{load_le<std::uint64_t>(&row[8]), load_le<std::uint32_t>(&row[4]),
                   load_le<std::uint64_t>(&row[16])};
    }
    if (number < account.value()) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return Found{};
}

Result<std::vector<SealedEventSegment::Last>> SealedEventSegment::last_numbers() const {
  std::vector<std::byte> rows(std::size_t{accounts_count_} * index_row_bytes);
  if (Status read = read_exactly(*storage_, index_, index_header_bytes, rows); !read) {
    return read.error();
  }
  std::vector<Last> lasts;
  lasts.reserve(accounts_count_);
  for (std::size_t at = 0; at < rows.size(); at += index_row_bytes) {
    const auto count = load_le<std::uint32_t>(&rows[at + 4]);
    if (count == 0) continue;
    lasts.push_back(
        {load_le<std::uint32_t>(&rows[at]), load_le<std::uint64_t>(&rows[at + 8]) + count - 1});
  }
  return lasts;
}

Result<std::uint32_t> SealedEventSegment::offset(const Found& found, std::uint32_t index) const {
  std::array<std::byte, sizeof(std::uint32_t)> bytes;
  const std::uint64_t at = index_header_bytes + std::uint64_t{accounts_count_} * index_row_bytes +
                           (found.first_at + index) * bytes.size();
  if (Status read = read_exactly(*storage_, index_, at, bytes); !read) return read.error();
  return load_le<std::uint32_t>(bytes.data());
}

Status read_event_entry(Storage& storage, const OpenFile& file, std::uint64_t offset,
                        AccountPlace place, AccountEntry& entry) {
  std::array<std::byte, entry_bytes_max> bytes;
  const Result<std::size_t> count = storage.read(file.handle(), offset, bytes);
  if (!count) return count.error();
  if (decode_entry(std::span(bytes).first(*count), entry) == 0 || entry.account != place.account ||
      entry.number != place.number) {
    return corrupt("check an entry of events", file.path(), offset);
  }
  return {};
}

}  // namespace karst
