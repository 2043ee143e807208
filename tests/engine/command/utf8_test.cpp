// Names: every script is welcome, every other byte sequence is not.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/command/utf8.hpp"

namespace karst {
namespace {

bool is_name_of(const std::string& text) { return is_name(text); }

TEST(Utf8, names_of_every_script_are_names) {
  for (const char* text : {"K", "Cloud Atlas", "\u6570\u636e\u5546", "\u00c9lan",
                           "\u0414\u0430\u043d\u043d\u044b\u0435", "\U0001d54b", "\U0010fffd"}) {
    EXPECT_TRUE(is_name_of(text)) << text;
  }
  std::array<char, 64> padded{};
  padded[0] = 'K';
  EXPECT_TRUE(is_name(padded));
  padded[2] = 'K';  // behind the end
  EXPECT_FALSE(is_name(padded));
}

TEST(Utf8, what_is_no_utf_8_is_no_name) {
  for (const std::string text :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3", "\xe6\x95", "\xc3(",
        "\xf0\x9d\x95"}) {
    EXPECT_FALSE(is_name_of(text)) << text.size();
  }
}

TEST(Utf8, controls_and_outer_spaces_are_in_no_name) {
  for (const std::string text :
       {"", " a", "a ", "a\nb", "\x1b[1m", "a\x7f", "\xc2\x80", "\xc2\x9f"}) {
    EXPECT_FALSE(is_name_of(text)) << text;
  }
  EXPECT_FALSE(is_name_of(std::string("a\0b", 3)));
}

TEST(Utf8, a_title_may_be_none_but_no_half_of_one) {
  std::array<char, 64> title{};
  EXPECT_TRUE(is_name_or_none(title));
  title[1] = 'K';  // behind an end
  EXPECT_FALSE(is_name_or_none(title));
  title[0] = 'O';
  EXPECT_TRUE(is_name_or_none(title));
  title[2] = '\n';
  EXPECT_FALSE(is_name_or_none(title));
}

}  // namespace
}  // namespace karst
