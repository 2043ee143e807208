// Whole numbers on the command line are decimal, and within their bounds.
#include <gtest/gtest.h>

#include <string>

#include "gateway/tool/exit_code.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::tool {
namespace {

/// Of a folder there is none of: what is wrong with the words is said before that.
test::ToolRun audited(const std::string& limit) {
  return test::run_built("karst", {"audit", "transactions", "/nowhere", "--limit", limit}, ".");
}

TEST(Numbers, are_decimal_whatever_they_begin_with) {
  for (const char* good : {"1", "010", "00000000000000000000000009", "18446744073709551615"}) {
    EXPECT_EQ(audited(good).exit, exit_not_there) << good << audited(good).err;
  }
  for (const char* bad : {"0x10", "1e3", "1.0", "+1", "-1", "", "0b1", "\uff11", "1 "}) {
    const test::ToolRun run = audited(bad);
    EXPECT_EQ(run.exit, exit_usage) << bad;
    EXPECT_NE(run.err.find("no whole number of decimal digits"), std::string::npos) << run.err;
  }
}

TEST(Numbers, beyond_their_bounds_are_refused_in_few_words) {
  for (const char* bad : {"18446744073709551616", "99999999999999999999999999", "0", "000"}) {
    const test::ToolRun run = audited(bad);
    EXPECT_EQ(run.exit, exit_usage) << bad;
    EXPECT_LT(run.err.size(), 250U) << run.err;
  }
  EXPECT_NE(audited("0").err.find("must be 1 or more"), std::string::npos) << audited("0").err;
}

}  // namespace
}  // namespace karst::tool
