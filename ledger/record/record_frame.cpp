#include "ledger/record/record_frame.hpp"

#include <algorithm>

#include "ledger/files/big_endian.hpp"
#include "ledger/files/crc32c.hpp"

namespace karst {
namespace {

constexpr std::size_t header_crc_at = 60;
constexpr std::size_t hash_at = 44;
constexpr std::size_t reserved_at = 52;
constexpr std::size_t payload_crc_at = 56;

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

void encode(RecordFrame& frame, std::byte* at) {
  std::fill_n(at, RecordFrame::bytes, std::byte{0});
  store_be(at, RecordFrame::magic);
  at[4] = static_cast<std::byte>(RecordFrame::version);
  store_be(at + 8, frame.first_seq);
  store_be(at + 16, frame.count);
  store_be(at + 20, frame.length);
  store_be(at + 24, frame.command);
  store_be(at + 32, frame.settled);
  store_be(at + 40, frame.previous);
  store_be(at + hash_at, frame.records_hash.value());
  store_be(at + payload_crc_at, frame.payload_crc);
  frame.header_crc = crc32c({at, header_crc_at});
  store_be(at + header_crc_at, frame.header_crc);
}

FrameLook decode(std::span<const std::byte> bytes, RecordFrame& frame) {
  const std::byte* at = bytes.data();
  if (all_zero(bytes.first(RecordFrame::bytes))) return FrameLook::nothing;
  if (load_be<std::uint32_t>(at) != RecordFrame::magic ||
      load_be<std::uint32_t>(at + header_crc_at) != crc32c(bytes.first(header_crc_at))) {
    return FrameLook::broken;
  }
  const auto version = std::to_integer<std::uint8_t>(at[4]);
  if (version > RecordFrame::version) return FrameLook::newer;
  const bool has_hash = version == RecordFrame::version;
  const std::size_t zeros_at = has_hash ? reserved_at : hash_at;
  if ((!has_hash && version != RecordFrame::version_without_hash) ||
      !all_zero(bytes.subspan(5, 3)) ||
      !all_zero(bytes.subspan(zeros_at, payload_crc_at - zeros_at))) {
    return FrameLook::broken;
  }
  frame.records_hash.reset();
  if (has_hash) frame.records_hash = load_be<std::uint64_t>(at + hash_at);
  frame.first_seq = load_be<std::uint64_t>(at + 8);
  frame.count = load_be<std::uint32_t>(at + 16);
  frame.length = load_be<std::uint32_t>(at + 20);
  frame.command = load_be<std::uint64_t>(at + 24);
  frame.settled = load_be<std::uint64_t>(at + 32);
  frame.previous = load_be<std::uint32_t>(at + 40);
  frame.payload_crc = load_be<std::uint32_t>(at + payload_crc_at);
  frame.header_crc = load_be<std::uint32_t>(at + header_crc_at);
  return FrameLook::sound;
}

}  // namespace karst
