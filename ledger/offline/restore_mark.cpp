#include "ledger/offline/restore_mark.hpp"

#include <array>
#include <span>
#include <string>

#include "ledger/events/event_segment.hpp"
#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"
#include "ledger/files/open_file.hpp"

namespace karst {
namespace {

constexpr std::uint32_t mark_magic = 0x5352454b;  // "KERS"
constexpr std::uint16_t mark_format = 1;
constexpr std::size_t mark_bytes = 28;
constexpr std::size_t at_crc = 24;

using Bytes = std::array<std::byte, mark_bytes>;

}  // namespace

Result<std::optional<RestoreMark>> read_restore_mark(Storage& storage,
                                                     const ExchangeDirectory& at) {
  const Result<OpenFile> file = OpenFile::open(storage, at.restore_mark(), OpenMode::read);
  if (!file && file.error().code == ErrorCode::not_found) return std::optional<RestoreMark>{};
  if (!file) return file.error();
  Bytes bytes{};
  const Result<std::size_t> count = storage.read(file->handle(), 0, bytes);
  if (!count) return count.error();
  const bool is_ours =
      *count == bytes.size() && load_le<std::uint32_t>(bytes.data()) == mark_magic &&
      load_le<std::uint32_t>(&bytes[at_crc]) == crc32c(std::span(bytes).first(at_crc));
  if (!is_ours) return Error{ErrorCode::corrupt, "read what a restore left", at.restore_mark()};
  if (load_le<std::uint16_t>(&bytes[4]) != mark_format) {
    return Error{ErrorCode::unknown_format, "read what a restore left", at.restore_mark()};
  }
  return std::optional(
      RestoreMark{load_le<std::uint64_t>(&bytes[8]), load_le<std::uint64_t>(&bytes[16])});
}

Status write_restore_mark(Storage& storage, const ExchangeDirectory& at, const RestoreMark& mark) {
  Bytes bytes{};
  store_le(bytes.data(), mark_magic);
  store_le(&bytes[4], mark_format);
  store_le(&bytes[8], mark.after);
  store_le(&bytes[16], mark.incarnation);
  store_le(&bytes[at_crc], crc32c(std::span(bytes).first(at_crc)));
  if (Status made = storage.create_directory(at.path()); !made) return made;
  return replace_file(storage, at.path(), at.restore_mark(), bytes);
}

Status remove_restore_mark(Storage& storage, const ExchangeDirectory& at) {
  if (Status removed = storage.unlink(at.restore_mark()); !removed) return removed;
  return storage.sync_directory(at.path());
}

}  // namespace karst
