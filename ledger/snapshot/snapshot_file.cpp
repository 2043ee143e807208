#include "ledger/snapshot/snapshot_file.hpp"

#include <algorithm>
#include <cstring>

#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr std::array<char, 8> magic = {'K', 'A', 'R', 'S', 'T', 'S', 'N', 'P'};

// Places in the header. Magic, format and the CRC stand where they do in every format.
constexpr std::size_t magic_at = 0;
constexpr std::size_t format_at = 8;
constexpr std::size_t reserved_low_at = 10;
constexpr std::size_t shard_at = 12;
constexpr std::size_t command_at = 16;
constexpr std::size_t log_seq_at = 24;
constexpr std::size_t time_at = 32;
constexpr std::size_t event_hash_at = 40;
constexpr std::size_t length_at = 48;
constexpr std::size_t log_hash_at = 56;
constexpr std::size_t state_hash_at = 72;
constexpr std::size_t reserved_high_at = 104;
constexpr std::size_t header_crc_at = 124;
static_assert(log_hash_at + sizeof(ChainHash) == state_hash_at);
static_assert(state_hash_at + sizeof(StateHash) == reserved_high_at);

using Header = std::array<std::byte, snapshot_header_bytes>;

Header encode(const SnapshotInfo& info) {
  Header bytes{};
  std::byte* at = bytes.data();
  std::memcpy(at + magic_at, magic.data(), magic.size());
  store_le<std::uint16_t>(at + format_at, snapshot_format);
  store_le<std::uint32_t>(at + shard_at, info.shard);
  store_le<std::uint64_t>(at + command_at, info.command);
  store_le<std::uint64_t>(at + log_seq_at, info.log_seq);
  store_le<std::uint64_t>(at + time_at, info.time_ns);
  store_le<std::uint64_t>(at + event_hash_at, info.event_hash);
  store_le<std::uint64_t>(at + length_at, info.length);
  std::memcpy(at + log_hash_at, info.log_hash.data(), info.log_hash.size());
  std::memcpy(at + state_hash_at, info.state_hash.data(), info.state_hash.size());
  store_le<std::uint32_t>(at + header_crc_at, crc32c(std::span(bytes).first(header_crc_at)));
  return bytes;
}

SnapshotInfo decode(const Header& bytes) {
  const std::byte* at = bytes.data();
  SnapshotInfo info;
  info.shard = load_le<std::uint32_t>(at + shard_at);
  info.command = load_le<std::uint64_t>(at + command_at);
  info.log_seq = load_le<std::uint64_t>(at + log_seq_at);
  info.time_ns = load_le<std::uint64_t>(at + time_at);
  info.event_hash = load_le<std::uint64_t>(at + event_hash_at);
  info.length = load_le<std::uint64_t>(at + length_at);
  std::memcpy(info.log_hash.data(), at + log_hash_at, info.log_hash.size());
  std::memcpy(info.state_hash.data(), at + state_hash_at, info.state_hash.size());
  return info;
}

// Where block `index` begins. Unit: bytes in the file.
std::uint64_t block_offset(std::uint64_t index) {
  return snapshot_header_bytes + index * snapshot_block_bytes;
}

std::uint64_t file_bytes(std::uint64_t length) {
  const std::uint64_t blocks =
      (length + snapshot_block_payload_bytes - 1) / snapshot_block_payload_bytes;
  return snapshot_header_bytes + length + 4 * blocks;
}

// The CRC of a block also covers which state it belongs to and its place there.
std::uint32_t block_crc(const SnapshotInfo& info, std::uint64_t index,
                        std::span<const std::byte> payload) {
  std::array<std::byte, 16> place{};
  store_le<std::uint64_t>(place.data(), info.command);
  store_le<std::uint64_t>(place.data() + 8, index);
  return crc32c(payload, crc32c(place));
}

Error corrupt(const char* doing, const std::string& path, std::uint64_t offset) {
  return Error{ErrorCode::corrupt, doing, path, offset};
}

}  // namespace

Result<SnapshotWriter> SnapshotWriter::create(Storage& storage, std::string draft_path,
                                              const SnapshotInfo& info) {
  Result<OpenFile> file = OpenFile::open(storage, std::move(draft_path), OpenMode::create);
  if (!file) return file.error();
  if (Status emptied = storage.truncate(file->handle(), 0); !emptied) return emptied.error();
  SnapshotWriter writer;
  writer.storage_ = &storage;
  writer.file_ = std::move(file).value();
  writer.info_ = info;
  writer.info_.length = 0;
  writer.block_.reserve(snapshot_block_bytes);
  return writer;
}

Status SnapshotWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t room = snapshot_block_payload_bytes - block_.size();
    const std::size_t piece = std::min(room, bytes.size());
    block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(piece));
    bytes = bytes.subspan(piece);
    info_.length += piece;
    if (block_.size() < snapshot_block_payload_bytes) continue;
    if (Status written = write_block(); !written) return written;
  }
  return {};
}

Status SnapshotWriter::write_block() {
  const std::size_t payload_bytes = block_.size();
  const std::uint32_t crc = block_crc(info_, blocks_, block_);
  block_.resize(payload_bytes + 4);
  store_le<std::uint32_t>(block_.data() + payload_bytes, crc);
  if (Status written = storage_->write(file_.handle(), block_offset(blocks_), block_); !written) {
    return written;
  }
  blocks_ += 1;
  block_.clear();
  return {};
}

Status SnapshotWriter::finish(const StateHash& state_hash) {
  if (!block_.empty()) {
    if (Status written = write_block(); !written) return written;
  }
  info_.state_hash = state_hash;
  if (Status written = storage_->write(file_.handle(), 0, encode(info_)); !written) return written;
  // The check that follows must see what the device has, not what memory holds.
  return storage_->drop_cache(file_.handle());
}

Result<SnapshotReader> SnapshotReader::open(Storage& storage, std::string path) {
  Result<OpenFile> file = OpenFile::open(storage, std::move(path), OpenMode::read);
  if (!file) return file.error();
  Header bytes{};
  const Result<std::size_t> got = storage.read(file->handle(), 0, bytes);
  if (!got) return got.error();
  if (*got < bytes.size()) return corrupt("check the length of a snapshot", file->path(), *got);
  if (std::memcmp(bytes.data() + magic_at, magic.data(), magic.size()) != 0) {
    return corrupt("check the magic of a snapshot", file->path(), 0);
  }
  const std::uint32_t crc = crc32c(std::span<const std::byte>(bytes).first(header_crc_at));
  if (crc != load_le<std::uint32_t>(bytes.data() + header_crc_at)) {
    return corrupt("check the header CRC of a snapshot", file->path(), 0);
  }
  if (load_le<std::uint16_t>(bytes.data() + format_at) != snapshot_format) {
    return Error{ErrorCode::unknown_format, "check the format of a snapshot", file->path(), 0};
  }
  const auto is_zero_from = [&bytes](std::size_t begin, std::size_t end) {
    return std::count(&bytes[begin], &bytes[end], std::byte{0}) == std::ptrdiff_t(end - begin);
  };
  if (!is_zero_from(reserved_low_at, shard_at) || !is_zero_from(reserved_high_at, header_crc_at)) {
    return corrupt("check the reserved bytes of a snapshot", file->path(), 0);
  }
  SnapshotReader reader;
  reader.info_ = decode(bytes);
  const Result<std::uint64_t> size = storage.size(file->handle());
  if (!size) return size.error();
  if (reader.info_.length > *size || file_bytes(reader.info_.length) != *size) {
    return corrupt("check the length of a snapshot", file->path(), *size);
  }
  reader.storage_ = &storage;
  reader.file_ = std::move(file).value();
  reader.left_ = reader.info_.length;
  return reader;
}

Result<std::span<const std::byte>> SnapshotReader::next() {
  if (left_ == 0) return std::span<const std::byte>{};
  const auto payload_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_, snapshot_block_payload_bytes));
  const std::uint64_t offset = block_offset(blocks_);
  block_.resize(payload_bytes + 4);
  const Result<std::size_t> got = storage_->read(file_.handle(), offset, block_);
  if (!got) return got.error();
  if (*got < block_.size()) return corrupt("read a block of a snapshot", file_.path(), offset);
  const auto payload = std::span<const std::byte>(block_).first(payload_bytes);
  if (block_crc(info_, blocks_, payload) != load_le<std::uint32_t>(&block_[payload_bytes])) {
    return corrupt("check the CRC of a block of a snapshot", file_.path(), offset);
  }
  blocks_ += 1;
  left_ -= payload_bytes;
  return payload;
}

Result<SnapshotInfo> verify_snapshot(Storage& storage, std::string path) {
  Result<SnapshotReader> reader = SnapshotReader::open(storage, std::move(path));
  if (!reader) return reader.error();
  for (;;) {
    const auto bytes = reader->next();
    if (!bytes) return bytes.error();
    if (bytes->empty()) return reader->info();
  }
}

}  // namespace karst
