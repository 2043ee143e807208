// A command's body may end where it ended when it was written: fields added since then are zero.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <vector>

#include "engine/command/codec.hpp"
#include "engine/command/fields.hpp"

namespace karst {
namespace {

using Encoded = std::array<std::uint8_t, encoded_command_bytes_max + 1>;

/// Sets every byte of every field to one.
struct FillOnes {
  template <class T>
  void operator()(T& field) const {
    std::memset(static_cast<void*>(&field), 1, sizeof field);
  }
};

Command command_of(int type) {
  Command command;
  command.type = static_cast<CommandType>(type);
  (void)visit_body(command, [](auto& body) { visit_fields(body, FillOnes{}); });
  return command;
}

/// Where each field of the body begins, and where the last one ends.
std::vector<std::size_t> boundaries_of(const Command& command) {
  std::vector<std::size_t> ends{encoded_header_bytes};
  (void)visit_body(command, [&](const auto& body) {
    visit_fields(body, [&](const auto& field) { ends.push_back(ends.back() + sizeof field); });
  });
  return ends;
}

/// Reads the first `size` bytes as a command of that size.
bool decode(Encoded bytes, std::size_t size, Command& out) {
  bytes[2] = static_cast<std::uint8_t>(size);
  bytes[3] = static_cast<std::uint8_t>(size >> 8);
  std::span<const std::uint8_t> in(bytes.data(), size);
  return decode_command(in, out) && in.empty();
}

/// Nothing is lost before byte `size`, and everything behind it is zero.
void expect_zero_behind(const Encoded& whole, std::size_t size, const Command& read) {
  Encoded again{};
  const std::size_t full = encode_command(read, again);
  for (std::size_t at = 4; at < full; ++at) {
    EXPECT_EQ(again[at], at < size ? whole[at] : 0)
        << "byte " << at << " of a body cut at " << size;
  }
}

TEST(CommandBody, ends_at_any_field_and_nowhere_else) {
  int types = 0;
  for (int type = 0; type < 256; ++type) {
    const Command command = command_of(type);
    if (!visit_body(command, [](const auto&) {})) continue;
    ++types;
    Encoded bytes{};
    const std::size_t full = encode_command(command, bytes);
    const std::vector<std::size_t> ends = boundaries_of(command);
    ASSERT_EQ(ends.back(), full) << type;
    const std::set<std::size_t> allowed(ends.begin(), ends.end());
    for (std::size_t size = encoded_header_bytes; size <= full + 1; ++size) {
      Command read;
      ASSERT_EQ(decode(bytes, size, read), allowed.contains(size))
          << "type " << type << " cut at byte " << size << " of " << full;
      if (allowed.contains(size)) expect_zero_behind(bytes, size, read);
    }
  }
  EXPECT_GE(types, 35);
}

}  // namespace
}  // namespace karst
