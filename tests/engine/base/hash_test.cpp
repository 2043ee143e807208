// Hashes are the same on every processor: four words at once or one by one.
#include "engine/event/event_hash.hpp"

#include <gtest/gtest.h>

#include <array>


namespace karst {
namespace {

TEST(Hash, words_gathered_four_at_a_time_come_to_what_they_do_one_by_one) {
  std::array<std::uint64_t, 8> words{};
  std::uint64_t next = 1;
  for (int round = 0; round < 10'000; ++round) {
    for (std::uint64_t& word : words) word = next = spread(next + 1);
    const char* const bytes = reinterpret_cast<const char*>(words.data());
    ASSERT_EQ(gather<8>(bytes), (gather_by_word<0, 8>(bytes)));
    ASSERT_EQ(gather<6>(bytes), (gather_by_word<0, 6>(bytes)));
    ASSERT_EQ(gather<3>(bytes), (gather_by_word<0, 3>(bytes)));
  }
}

TEST(Hash, every_bit_of_an_event_counts) {
  Event event{};
  const std::uint64_t before = mix(hash_seed, event);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(&event);
  for (std::size_t bit = 0; bit < 8 * sizeof event; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_NE(mix(hash_seed, event), before) << bit;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

}  // namespace
}  // namespace karst
