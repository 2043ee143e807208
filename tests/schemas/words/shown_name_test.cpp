// One spelling for what looks the same, and nothing in a name that is not seen.
#include "schemas/words/shown_name.hpp"

#include <gtest/gtest.h>

namespace karst {
namespace {

TEST(ShownName, of_two_spellings_one_is_taken) {
  EXPECT_EQ(fault_of_shown_name("Cloud Atlas"), nullptr);
  EXPECT_EQ(fault_of_shown_name("\u00c9lan"), nullptr);   // E with acute, one character
  EXPECT_NE(fault_of_shown_name("E\u0301lan"), nullptr);  // the same, as two
  EXPECT_EQ(fault_of_shown_name("\u6570\u636e"), nullptr);
  EXPECT_NE(fault_of_shown_name("\u212b"), nullptr);  // the sign for angstrom is an A with a ring
}

TEST(ShownName, has_nothing_that_is_not_seen) {
  for (const char* hidden :
       {"a\u202eb",   "a\u202a",  "a\u2066b\u2069", "\u200f",   "\u061c",  // order of writing
        "a\u200bb",   "a\u200cb", "a\u200d",        "\u2060",   "\ufeff",  // no width
        "a\u00adb",   "a\u034fb", "\u115f",         "\u3164",   "\ufe0f",
        "\U000e0041",                            // ignored when drawn
        "\u0378",     "\ufdd0",   "\U0010ffff",  // unassigned
        "\ue000",     "\u2028",   "\u2029",         "a\u00a0b", "a\u3000b"}) {
    EXPECT_NE(fault_of_shown_name(hidden), nullptr) << hidden;
  }
  // Scripts that are written from right to left, and signs that combine where no letter has both.
  for (const char* seen : {"\u05d0\u05d1", "\u0645\u0631\u062d\u0628\u0627", "\u0939\u093f",
                           "n\u0308", "\u1F600", "\U0001f600", "a-b & c"}) {
    EXPECT_EQ(fault_of_shown_name(seen), nullptr) << seen;
  }
}

}  // namespace
}  // namespace karst
