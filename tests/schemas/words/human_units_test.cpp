// Amounts, times and durations as people write them.
#include "schemas/words/human_units.hpp"

#include <gtest/gtest.h>

namespace karst::tool {
namespace {

TEST(HumanUnits, amounts_are_exact_or_refused) {
  EXPECT_EQ(parse_money("1250"), 125'000);
  EXPECT_EQ(parse_money("1250.5"), 125'050);
  EXPECT_EQ(parse_money("0.07"), 7);
  EXPECT_EQ(parse_money("-3.07"), -307);
  EXPECT_EQ(parse_money("46116860184273879.04"), std::int64_t{1} << 62);
  for (const char* text : {"", ".", "-", "1.", ".5", "1.005", "1,5", "1e3", "1 ", "+1", "0x1",
                           "92233720368547759", "999999999999999999999"}) {
    EXPECT_EQ(parse_money(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_money(125'050), "1250.50");
  EXPECT_EQ(format_money(-7), "-0.07");
  EXPECT_EQ(lots_text(1), "1 lot");
  EXPECT_EQ(lots_text(0), "0 lots");
  EXPECT_EQ(format_money(INT64_MIN), "-92233720368547758.08");
}

TEST(HumanUnits, times_know_their_zone) {
  EXPECT_EQ(parse_time("1970-01-01"), 0);
  EXPECT_EQ(parse_time("2026-11-22T13:00+08:00"), parse_time("2026-11-22T05:00:00Z"));
  EXPECT_EQ(parse_time("2026-11-22T05Z"), parse_time("2026-11-22 05:00Z"));
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(parse_time("2024-02-29"), parse_time("2024-02-29T00:00Z"));
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-22T13:00",
                           "2026-11-22T25:00Z", "2026-11-22T13:60Z", "1969-12-31", "2262-01-01",
                           "1970-01-01T00:00+08:00", "2026-11-22T13:00Zx"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(1'500'000'000), "1970-01-01T00:00:01.500Z");
  for (const std::int64_t ns : {0L, 1L, 1'763'845'200'123'456'789L, 9'214'646'399'000'000'000L}) {
    EXPECT_EQ(parse_time(format_time(ns)), ns);
  }
}

TEST(HumanUnits, durations_and_hours) {
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration("-5h"), -18'000'000'000'000);
  EXPECT_EQ(parse_duration("250ms"), 250'000'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* text : {"", "5", "h", "5x", "-", "999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_duration(5'400'000'000'000), "1h30m");
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(parse_hour("498773"), 498'773);
  EXPECT_EQ(parse_hour(format_hour(498'773)), 498'773);
  EXPECT_EQ(parse_hour("2026-11-22T13:00+08:00"), parse_hour("2026-11-22T05Z"));
  EXPECT_EQ(parse_hour("2026-11-22T13:30+08:00"), std::nullopt);
  EXPECT_EQ(parse_hour("2562047"), 2'562'047);
  EXPECT_EQ(parse_hour("2562048"), std::nullopt);  // begins beyond the last nanosecond there is
}

}  // namespace
}  // namespace karst::tool
