// Encoding and decoding of commands, field by field.
#include "engine/command/codec.hpp"

#include <array>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/base/field_bytes.hpp"
#include "engine/base/hash.hpp"
#include "engine/command/fields.hpp"

namespace karst {
namespace {

constexpr std::size_t length_at = 2;

/// Format, type, length, then who, when and about whom.
template <class C, class F>
void visit_header(C& command, F&& f) {
  f(command.key);
  f(command.epoch);
  f(command.account);
  f(command.sequence);
  f(command.time);
  f(command.client_seq);
}

}  // namespace

std::size_t encode_command(const Command& command, std::span<std::uint8_t> out) {
  KARST_ASSERT(out.size() >= encoded_command_bytes_max);
  FieldWriter write(out.data());
  write(command_format);
  write(CommandType{command.type});
  write(std::uint16_t{0});
  visit_header(command, write);
  const bool is_known = visit_body(command, [&](const auto& body) { visit_fields(body, write); });
  KARST_ASSERT(is_known);
  const auto size = static_cast<std::size_t>(write.end() - out.data());
  KARST_ASSERT(size <= encoded_command_bytes_max);
  FieldWriter(out.data() + length_at)(static_cast<std::uint16_t>(size));
  return size;
}

bool decode_command(std::span<const std::uint8_t>& in, Command& out) {
  if (in.size() < encoded_header_bytes || in[0] != command_format) return false;
  const std::size_t size = in[length_at] | static_cast<std::size_t>(in[length_at + 1]) << 8;
  if (size < encoded_header_bytes || size > in.size()) return false;
  out = Command{};
  out.type = static_cast<CommandType>(in[1]);
  FieldReader read(in.data() + length_at + 2, in.data() + size);
  visit_header(out, read);
  // A body ends where it ended when it was written: fields added since then are zero.
  const auto read_if_there = [&](auto& field) {
    if (!read.is_at_end()) read(field);
  };
  const bool is_known = visit_body(out, [&](auto& body) { visit_fields(body, read_if_there); });
  if (!is_known || !read.is_good_at_end()) return false;
  in = in.subspan(size);
  return true;
}

std::uint64_t other_request_hash(const Command& command) {
  std::array<std::uint8_t, body_bytes_max + sizeof(std::uint64_t)> bytes;
  FieldWriter write(bytes.data());
  (void)visit_body(command, [&](const auto& body) {
    describe_fields(body, [&](const char*, const auto& field, auto range) {
      // Was added to its body later: where there is none, the request is what it was before.
      if constexpr (std::is_same_v<decltype(range), field::Title>) {
        if (range.may_be_none && field == std::decay_t<decltype(field)>{}) return;
      }
      write(field);
    });
  });
  std::memset(write.end(), 0, sizeof(std::uint64_t));  // the last word ends in zeros
  std::uint64_t hash =
      mix(hash_seed, command.account.value(), static_cast<std::uint64_t>(command.type));
  for (const std::uint8_t* at = bytes.data(); at < write.end(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof word; ++i) word |= std::uint64_t{at[i]} << (8 * i);
    hash = mix(hash, word);
  }
  return hash;
}

}  // namespace karst
