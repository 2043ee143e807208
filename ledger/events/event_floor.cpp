#include "ledger/events/event_floor.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr std::uint32_t floor_magic = 0x4c46454b;  // "KEFL"
constexpr std::uint16_t floor_format = 1;
constexpr std::size_t header_bytes = 32;
constexpr std::size_t row_bytes = 12;
constexpr std::size_t at_crc = 28;

std::string path_in(const std::string& directory) { return directory + "/let_go.index"; }

// Of everything but the checksum itself.
std::uint32_t checksum(std::span<const std::byte> bytes) {
  std::vector<std::byte> covered(bytes.begin(), bytes.begin() + at_crc);
  covered.insert(covered.end(), bytes.begin() + header_bytes, bytes.end());
  return crc32c(covered);
}

bool is_sound(std::span<const std::byte> bytes) {
  if (bytes.size() < header_bytes) return false;
  if (load_le<std::uint32_t>(bytes.data()) != floor_magic) return false;
  if (load_le<std::uint16_t>(&bytes[4]) != floor_format) return false;
  const std::uint64_t rows = load_le<std::uint32_t>(&bytes[24]);
  return bytes.size() == header_bytes + rows * row_bytes &&
         load_le<std::uint32_t>(&bytes[at_crc]) == checksum(bytes);
}

Result<std::vector<std::byte>> read_file(Storage& storage, const std::string& path) {
  const Result<OpenFile> file = OpenFile::open(storage, path, OpenMode::read);
  if (!file && file.error().code == ErrorCode::not_found) return std::vector<std::byte>{};
  if (!file) return file.error();
  const Result<std::uint64_t> size = storage.size(file.value().handle());
  if (!size) return size.error();
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  const Result<std::size_t> count = storage.read(file.value().handle(), 0, bytes);
  if (!count) return count.error();
  bytes.resize(*count);
  return bytes;
}

}  // namespace

Result<EventFloor> EventFloor::load(Storage& storage, const std::string& directory,
                                    std::uint64_t oldest_sequence) {
  EventFloor floor;
  floor.since_sequence_ = floor.before_sequence_ = oldest_sequence;
  // A log that has everything knows better than what was said of the one before it.
  if (oldest_sequence <= 1) return floor;
  const Result<std::vector<std::byte>> read = read_file(storage, path_in(directory));
  if (!read) return read.error();
  const std::vector<std::byte>& bytes = *read;
  if (!is_sound(bytes)) return floor;
  const auto since = load_le<std::uint64_t>(&bytes[8]);
  const auto before = load_le<std::uint64_t>(&bytes[16]);
  // Segments went that were not counted. (A segment that was counted may still be there.)
  const bool is_gap = before < oldest_sequence;
  floor.since_sequence_ = is_gap ? oldest_sequence : since;
  floor.before_sequence_ = is_gap ? oldest_sequence : before;
  for (std::size_t at = header_bytes; at < bytes.size(); at += row_bytes) {
    floor.last_numbers_[load_le<std::uint32_t>(&bytes[at])] =
        load_le<std::uint64_t>(&bytes[at + 4]);
  }
  return floor;
}

Status EventFloor::let_go(Storage& storage, const std::string& directory,
                          const SealedEventSegment& segment) {
  const Result<std::vector<SealedEventSegment::Last>> lasts = segment.last_numbers();
  if (!lasts) return lasts.error();
  for (const auto& [account, number] : *lasts) {
    std::uint64_t& known = last_numbers_[account];
    known = std::max(known, number);
  }
  before_sequence_ = std::max(before_sequence_, segment.range().last_sequence + 1);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> rows(last_numbers_.begin(),
                                                            last_numbers_.end());
  std::ranges::sort(rows);
  std::vector<std::byte> bytes(header_bytes + rows.size() * row_bytes);
  store_le<std::uint32_t>(bytes.data(), floor_magic);
  store_le<std::uint16_t>(&bytes[4], floor_format);
  store_le<std::uint64_t>(&bytes[8], since_sequence_);
  store_le<std::uint64_t>(&bytes[16], before_sequence_);
  store_le<std::uint32_t>(&bytes[24], static_cast<std::uint32_t>(rows.size()));
  std::size_t at = header_bytes;
  for (const auto& [account, number] : rows) {
    store_le<std::uint32_t>(&bytes[at], account);
    store_le<std::uint64_t>(&bytes[at + 4], number);
    at += row_bytes;
  }
  store_le<std::uint32_t>(&bytes[at_crc], checksum(bytes));
  return replace_file(storage, directory, path_in(directory), bytes);
}

bool EventFloor::has_let_go(AccountId account, std::uint64_t number) const {
  const auto found = last_numbers_.find(account.value());
  if (found != last_numbers_.end()) return number <= found->second;
  return since_sequence_ > 1;
}

}  // namespace karst
