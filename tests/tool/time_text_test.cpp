// Times as text: read, written, there and back.
#include "gateway/tool/time_text.hpp"

#include <gtest/gtest.h>

#include "engine/random.hpp"
#include "tests/random_run.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t morning = 1'795'338'000 * second;  // 2026-11-22T09:00Z

TEST(TimeText, is_read_with_a_zone_or_from_now) {
  struct Case {
    const char* text;
    std::int64_t time_ns;
  };
  constexpr Case cases[] = {{"1970-01-01T00Z", 0},
                            {"2026-11-22T09Z", morning},
                            {"2026-11-22T09:30Z", morning + hour / 2},
                            {"2026-11-22T09:30:15Z", morning + hour / 2 + 15 * second},
                            {"2026-11-22T17+08", morning},
                            {"2026-11-22T17:30+08:00", morning + hour / 2},
                            {"2026-11-22T03:30-05:30", morning},
                            {"2024-02-29T00Z", 1'709'164'800 * second},
                            {"+90s", 7 + 90 * second},
                            {"+90", 7 + 90 * second},
                            {"+30m", 7 + hour / 2},
                            {"+4h", 7 + 4 * hour},
                            {"+2d", 7 + 48 * hour}};
  for (const Case& it : cases) EXPECT_EQ(time_of(it.text, 7), it.time_ns) << it.text;
}

TEST(TimeText, without_a_zone_or_that_never_was_is_refused) {
  for (const char* text :
       {"", "+", "+s", "-4h", "+4x", "tomorrow", "2026-11-22", "2026-11-22T09", "2026-11-22T24Z",
        "2026-11-22T09:60Z", "2026-02-29T00Z", "2026-13-01T00Z", "2026-11-22T09Zulu",
        "26-11-22T09Z", "1970-01-01T00+08", "1969-12-31T23Z", "2262-01-01T00Z",
        "2026-11-22T09:30:15.5Z", "+9999999d"}) {
    EXPECT_FALSE(time_of(text, 7)) << text;
  }
}

TEST(TimeText, of_a_delivery_hour_is_a_whole_hour_or_its_number) {
  EXPECT_EQ(hour_of("2026-11-22T09Z", 0), morning / hour);
  EXPECT_EQ(hour_of("2026-11-22T17:00+08:00", 0), morning / hour);
  EXPECT_EQ(hour_of("498705", 0), 498'705);
  EXPECT_EQ(hour_of("+2h", morning), morning / hour + 2);
  EXPECT_FALSE(hour_of("2026-11-22T09:30Z", 0));
  EXPECT_FALSE(hour_of("next", 0));
  EXPECT_EQ(hour_text(morning / hour), "2026-11-22T09Z");
}

TEST(TimeText, is_written_as_exactly_as_need_be) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(morning), "2026-11-22T09:00:00Z");
  EXPECT_EQ(time_text(morning + second / 4), "2026-11-22T09:00:00.250Z");
  EXPECT_EQ(time_text(morning + 1), "2026-11-22T09:00:00.000000001Z");
}

TEST(TimeText, durations_have_a_unit_or_are_seconds) {
  EXPECT_EQ(duration_of("90"), 90 * second);
  EXPECT_EQ(duration_of("0s"), 0);
  EXPECT_EQ(duration_of("15m"), hour / 4);
  EXPECT_EQ(duration_of("1d"), 24 * hour);
  for (const char* text : {"", "s", "-1s", "1w", "1.5h", "9999999999999h"}) {
    EXPECT_FALSE(duration_of(text)) << text;
  }
}

TEST(TimeText, goes_there_and_back_unchanged) {
  Random random(test::seed_of_run());
  for (int i = 0; i < 10'000; ++i) {
    const auto at = static_cast<std::int64_t>(random.below(2'500'000));  // hours, to the year 2255
    EXPECT_EQ(hour_of(hour_text(at), 0), at);
    const auto time = static_cast<std::int64_t>(random.below(9'000'000'000)) * second;
    EXPECT_EQ(time_of(time_text(time), 0), time);
  }
}

}  // namespace
}  // namespace karst::tool
