#include "ledger/files/crc32c.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "engine/seams/random.hpp"

namespace karst {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Crc32c, the_published_check_values_come_out) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  const std::vector<std::byte> zeros(32);
  EXPECT_EQ(crc32c(zeros), 0x8a9136aaU);
  const std::vector<std::byte> ones(32, std::byte{0xff});
  EXPECT_EQ(crc32c(ones), 0x62a8ab43U);
  std::vector<std::byte> rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, the_instruction_and_the_tables_agree_at_every_length_and_alignment) {
  Random random(7);
  std::vector<std::byte> bytes(5000);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  for (std::size_t length = 0; length < 4700; length += 1 + length / 40) {
    for (std::size_t start = 0; start < 9; ++start) {
      const auto part = std::span<const std::byte>(bytes).subspan(start, length);
      ASSERT_EQ(crc32c(part), crc32c_portable(part)) << start << " " << length;
      ASSERT_EQ(crc32c(part, 12345), crc32c_portable(part, 12345)) << start << " " << length;
    }
  }
}

TEST(Crc32c, bytes_taken_in_pieces_give_the_same) {
  const auto all = bytes_of("the journal says what was asked, the ledger what it came to");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
  }
}

}  // namespace
}  // namespace karst
