#include "ledger/index/posting_block.hpp"

#include <limits>

#include "ledger/record/record_log.hpp"

namespace karst {
namespace {

constexpr unsigned bits_per_byte = 7;
constexpr unsigned total_bits = 128;

Total zigzag(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}

std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>((bits >> 1U) ^ (0 - (bits & 1U)));
}

// A number of at most `max`.
std::optional<std::uint64_t> take_up_to(std::span<const std::byte>& bytes, std::uint64_t max) {
  const std::optional<Total> value = take_varint(bytes);
  if (!value || *value > max) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

}  // namespace

void put_varint(std::vector<std::byte>& bytes, Total value) {
  while (value >= 0x80U) {
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value) | 0x80U));
    value >>= bits_per_byte;
  }
  bytes.push_back(static_cast<std::byte>(value));
}

std::optional<Total> take_varint(std::span<const std::byte>& bytes) {
  Total value = 0;
  for (std::size_t i = 0; i < bytes.size() && i * bits_per_byte < total_bits; ++i) {
    const auto byte = std::to_integer<std::uint8_t>(bytes[i]);
    const unsigned shift = static_cast<unsigned>(i) * bits_per_byte;
    const Total part = byte & 0x7fU;
    if ((part << shift) >> shift != part) return std::nullopt;
    value |= part << shift;
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && i > 0) return std::nullopt;
    bytes = bytes.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

void encode_block(const PostingBlock& block, std::vector<std::byte>& bytes) {
  KARST_ASSERT(!block.is_opening && !block.places.empty());
  put_varint(bytes, block.previous_segment == no_segment ? 0 : Total{block.previous_segment} + 1);
  put_varint(bytes, zigzag(block.state.balance));
  put_varint(bytes, block.state.account_seq);
  put_varint(bytes, block.state.debits);
  for (std::size_t i = 1; i < block.places.size(); ++i) {
    put_varint(bytes, block.places[i] - block.places[i - 1]);
  }
}

std::optional<PostingBlock> decode_block(std::uint32_t segment, std::uint32_t first,
                                         std::span<const std::byte> bytes) {
  PostingBlock block;
  block.segment = segment;
  const auto previous = take_up_to(bytes, segment);  // a segment before this one, + 1
  const auto balance = take_up_to(bytes, std::numeric_limits<std::uint64_t>::max());
  const auto account_seq = take_up_to(bytes, std::numeric_limits<std::uint64_t>::max());
  const auto debits = take_varint(bytes);
  if (!previous || !balance || !account_seq || !debits) return std::nullopt;
  if (*previous > 0) block.previous_segment = static_cast<std::uint32_t>(*previous - 1);
  block.state = {unzigzag(*balance), *account_seq, *debits};
  block.places.reserve(bytes.size() + 1);
  block.places.push_back(first);
  while (!bytes.empty()) {
    const std::uint32_t last = block.places.back();
    const auto step = take_up_to(bytes, std::numeric_limits<std::uint32_t>::max() - last);
    if (!step || *step == 0) return std::nullopt;
    block.places.push_back(last + static_cast<std::uint32_t>(*step));
  }
  return block;
}

void encode_marks(std::span<const RecordMark> marks, std::vector<std::byte>& bytes) {
  RecordMark before;
  for (const RecordMark& mark : marks) {
    put_varint(bytes, mark.seq - before.seq);
    put_varint(bytes, zigzag(mark.time_ns - before.time_ns));
    put_varint(bytes, mark.file - before.file);
    put_varint(bytes, mark.file == before.file ? mark.offset - before.offset : mark.offset);
    put_varint(bytes, mark.bytes);
    put_varint(bytes, mark.crc);
    before = mark;
  }
}

bool decode_marks(std::span<const std::byte> bytes, std::vector<RecordMark>& marks) {
  RecordMark before;
  while (!bytes.empty()) {
    const auto seq = take_up_to(bytes, std::numeric_limits<std::uint64_t>::max() - before.seq);
    const auto time = take_up_to(bytes, std::numeric_limits<std::uint64_t>::max());
    const auto file = take_up_to(bytes, std::numeric_limits<std::uint32_t>::max() - before.file);
    if (!seq || !time || !file) return false;
    const std::uint32_t base = *file == 0 ? before.offset : 0;
    const auto offset = take_up_to(bytes, std::numeric_limits<std::uint32_t>::max() - base);
    const auto run = take_up_to(bytes, std::numeric_limits<std::uint32_t>::max());
    const auto crc = take_up_to(bytes, std::numeric_limits<std::uint32_t>::max());
    if (!offset || !run || !crc) return false;
    before.bytes = static_cast<std::uint32_t>(*run);
    before.crc = static_cast<std::uint32_t>(*crc);
    before.seq += *seq;
    before.time_ns += unzigzag(*time);
    before.file += static_cast<std::uint32_t>(*file);
    before.offset = base + static_cast<std::uint32_t>(*offset);
    marks.push_back(before);
  }
  return true;
}

}  // namespace karst
