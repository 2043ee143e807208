// One spelling for what looks the same.
#include "schemas/words/normal_form.hpp"

#include <gtest/gtest.h>

namespace karst {
namespace {

TEST(NormalForm, of_two_spellings_one_is_taken) {
  EXPECT_TRUE(is_normal_form_c("Cloud Atlas"));
  EXPECT_TRUE(is_normal_form_c("\u00c9lan"));    // E with acute, one character
  EXPECT_FALSE(is_normal_form_c("E\u0301lan"));  // the same, as two
  EXPECT_TRUE(is_normal_form_c("\u6570\u636e"));
  EXPECT_FALSE(is_normal_form_c("\u212b"));      // the sign for angstrom is an A with a ring
}

}  // namespace
}  // namespace karst
