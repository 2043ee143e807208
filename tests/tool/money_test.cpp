// Money as text: every amount there and back, and what is no amount.
#include "gateway/tool/money.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "engine/random.hpp"
#include "tests/random_run.hpp"

namespace karst::tool {
namespace {

TEST(Money, is_read_as_people_write_it) {
  struct Case {
    const char* text;
    std::int64_t fen;
  };
  constexpr Case cases[] = {{"28.50", 2'850},        {"28.5", 2'850}, {"28", 2'800},
                            {".5", 50},              {"5.", 500},     {"0.01", 1},
                            {"0", 0},                {"007", 700},    {"1234567.89", 123'456'789},
                            {"46116860184273879.04", fen_max}};
  for (const Case& it : cases) EXPECT_EQ(fen_of(it.text), it.fen) << it.text;
}

TEST(Money, that_is_not_exact_or_no_number_is_refused) {
  for (const char* text : {"", ".", "28.505", "-1", "+1", "1e3", "1,000", " 1", "1 ", "1.2.3",
                           "abc", "0x10", "46116860184273879.05", "99999999999999999999999"}) {
    EXPECT_FALSE(fen_of(text)) << text;
  }
}

TEST(Money, is_written_with_two_decimals) {
  EXPECT_EQ(fen_text(0), "0.00");
  EXPECT_EQ(fen_text(5), "0.05");
  EXPECT_EQ(fen_text(-5), "-0.05");
  EXPECT_EQ(fen_text(2'850), "28.50");
  EXPECT_EQ(fen_text(123'456'789), "1234567.89");
  EXPECT_EQ(fen_text(123'456'789, true), "1,234,567.89");
  EXPECT_EQ(fen_text(-12'345'600, true), "-123,456.00");
  EXPECT_EQ(fen_text(99'999, true), "999.99");
  EXPECT_EQ(fen_text(std::numeric_limits<std::int64_t>::min()), "-92233720368547758.08");
}

TEST(Money, goes_there_and_back_unchanged) {
  Random random(test::seed_of_run());
  for (int i = 0; i < 10'000; ++i) {
    // Of every size, not only great ones.
    const auto fen = static_cast<std::int64_t>(
        random.below(std::uint64_t{1} << random.between(1, 62)));
    EXPECT_EQ(fen_of(fen_text(fen)), fen);
  }
}

}  // namespace
}  // namespace karst::tool
