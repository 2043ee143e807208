#include "ledger/journal/journal_frame.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr std::array<char, 8> magic = {'K', 'A', 'R', 'S', 'T', 'J', 'N', 'L'};

// Places in the header. Magic, format and the header's CRC stand where they do in every format.
constexpr std::size_t magic_at = 0;
constexpr std::size_t format_at = 8;
constexpr std::size_t kind_at = 10;
constexpr std::size_t shard_at = 12;
constexpr std::size_t epoch_at = 16;
constexpr std::size_t seq_at = 24;
constexpr std::size_t first_command_at = 32;
constexpr std::size_t count_at = 40;
constexpr std::size_t length_at = 44;
constexpr std::size_t leader_time_at = 48;
constexpr std::size_t durable_through_at = 56;
constexpr std::size_t previous_at = 64;
constexpr std::size_t reserved_at = 80;
constexpr std::size_t payload_crc_at = 120;
constexpr std::size_t header_crc_at = 124;
static_assert(header_crc_at + 4 == journal_header_bytes);
static_assert(previous_at + sizeof(ChainHash) == reserved_at);

constexpr std::uint64_t number_max = std::uint64_t{1} << 62U;  // so that one more never wraps

bool has_sound_values(const FrameHeader& header) {
  for (const std::uint64_t number : {header.seq, header.epoch, header.first_command}) {
    if (number == 0 || number > number_max) return false;
  }
  if (header.durable_through >= header.seq) return false;
  switch (header.kind) {
    case FrameKind::batch: return header.count > 0 && header.length > 0;
    case FrameKind::lead:
    case FrameKind::cover: return header.count == 0 && header.length == 0;
  }
  return false;
}

}  // namespace

const char* name(FrameFault fault) {
  switch (fault) {
    case FrameFault::none: return "sound";
    case FrameFault::absent: return "zeros where a frame should be";
    case FrameFault::magic: return "magic";
    case FrameFault::header_crc: return "header CRC";
    case FrameFault::unknown_format: return "unknown format";
    case FrameFault::header_value: return "header value";
    case FrameFault::too_long: return "length beyond the segment";
    case FrameFault::payload_crc: return "payload CRC";
    case FrameFault::padding: return "padding";
    case FrameFault::shard: return "shard";
    case FrameFault::sequence: return "sequence";
    case FrameFault::chain: return "hash of the frame before";
    case FrameFault::command: return "first command";
    case FrameFault::epoch: return "epoch";
    case FrameFault::durable_through: return "durable_through";
  }
  return "unknown";
}

void encode_frame_header(const FrameHeader& header,
                         std::span<std::byte, journal_header_bytes> bytes) {
  std::byte* at = bytes.data();
  std::memset(at, 0, journal_header_bytes);
  std::memcpy(at + magic_at, magic.data(), magic.size());
  store_le<std::uint16_t>(at + format_at, journal_format);
  store_le<std::uint16_t>(at + kind_at, static_cast<std::uint16_t>(header.kind));
  store_le<std::uint32_t>(at + shard_at, header.shard);
  store_le<std::uint64_t>(at + epoch_at, header.epoch);
  store_le<std::uint64_t>(at + seq_at, header.seq);
  store_le<std::uint64_t>(at + first_command_at, header.first_command);
  store_le<std::uint32_t>(at + count_at, header.count);
  store_le<std::uint32_t>(at + length_at, header.length);
  store_le<std::uint64_t>(at + leader_time_at, header.leader_time_ns);
  store_le<std::uint64_t>(at + durable_through_at, header.durable_through);
  std::memcpy(at + previous_at, header.previous.data(), header.previous.size());
  store_le<std::uint32_t>(at + payload_crc_at, header.payload_crc);
  store_le<std::uint32_t>(at + header_crc_at, crc32c(bytes.first(header_crc_at)));
}

FrameFault decode_frame_header(std::span<const std::byte, journal_header_bytes> bytes,
                               FrameHeader& header) {
  const std::byte* at = bytes.data();
  if (std::memcmp(at + magic_at, magic.data(), magic.size()) != 0) {
    return is_zero(bytes) ? FrameFault::absent : FrameFault::magic;
  }
  if (load_le<std::uint32_t>(at + header_crc_at) != crc32c(bytes.first(header_crc_at))) {
    return FrameFault::header_crc;
  }
  if (load_le<std::uint16_t>(at + format_at) != journal_format) return FrameFault::unknown_format;
  FrameHeader read;
  read.kind = static_cast<FrameKind>(load_le<std::uint16_t>(at + kind_at));
  read.shard = load_le<std::uint32_t>(at + shard_at);
  read.epoch = load_le<std::uint64_t>(at + epoch_at);
  read.seq = load_le<std::uint64_t>(at + seq_at);
  read.first_command = load_le<std::uint64_t>(at + first_command_at);
  read.count = load_le<std::uint32_t>(at + count_at);
  read.length = load_le<std::uint32_t>(at + length_at);
  read.leader_time_ns = load_le<std::uint64_t>(at + leader_time_at);
  read.durable_through = load_le<std::uint64_t>(at + durable_through_at);
  std::memcpy(read.previous.data(), at + previous_at, read.previous.size());
  read.payload_crc = load_le<std::uint32_t>(at + payload_crc_at);
  if (!is_zero(bytes.subspan(reserved_at, payload_crc_at - reserved_at)) ||
      !has_sound_values(read)) {
    return FrameFault::header_value;
  }
  header = read;
  return FrameFault::none;
}

bool is_zero(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 64; left -= 64, at += 64) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < 64; i += 8) any |= load_le<std::uint64_t>(at + i);
    if (any != 0) return false;
  }
  return std::all_of(at, at + left, [](std::byte byte) { return byte == std::byte{0}; });
}

struct ChainHasher::Digest {
  EVP_MD* kind = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  Digest() { KARST_ASSERT(kind != nullptr && context != nullptr); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(kind);
  }
};

ChainHasher::ChainHasher() : digest_(std::make_unique<Digest>()) {}
ChainHasher::~ChainHasher() = default;
ChainHasher::ChainHasher(ChainHasher&&) noexcept = default;
ChainHasher& ChainHasher::operator=(ChainHasher&&) noexcept = default;

ChainHash ChainHasher::hash(std::span<const std::byte, journal_header_bytes> header) {
  std::array<unsigned char, 32> full{};
  const bool done =
      EVP_DigestInit_ex2(digest_->context, digest_->kind, nullptr) == 1 &&
      EVP_DigestUpdate(digest_->context, header.data(), header.size()) == 1 &&
      EVP_DigestFinal_ex(digest_->context, full.data(), nullptr) == 1;
  KARST_ASSERT(done);
  ChainHash short_hash{};
  std::memcpy(short_hash.data(), full.data(), short_hash.size());
  return short_hash;
}

}  // namespace karst
