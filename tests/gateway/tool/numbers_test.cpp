// Whole numbers on the command line are decimal, and within their bounds.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "gateway/tool/exit_code.hpp"
#include "gateway/trust/key_file.hpp"
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

TEST(Numbers, with_a_fraction_are_decimal_too) {
  for (const char* bad : {"nan", "inf", "0x10", "1e3", "1,5", "-nan", ""}) {
    const test::ToolRun run = test::run_built("karst", {"load", "--seconds", bad}, ".");
    EXPECT_EQ(run.exit, exit_usage) << bad;
    EXPECT_NE(run.err.find("no decimal number"), std::string::npos) << run.err;
  }
}

TEST(Numbers, of_a_key_file_are_read_whole_or_not_at_all) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/a.key";
  const auto number_of_file = [&](const std::string& line) {
    std::ofstream(path, std::ios::binary)
        << line << gateway::SigningKey::generate().to_pem();
    return read_key_file(path);
  };
  EXPECT_EQ(number_of_file("Karst-Key: 51\n")->key, 51U);
  EXPECT_EQ(number_of_file("Karst-Key: 51\r\n")->key, 51U);
  EXPECT_EQ(number_of_file("")->key, 0U);
  for (const char* bad : {"Karst-Key: 5x\n", "Karst-Key: 4294967296\n", "Karst-Key: \n"}) {
    const auto read = number_of_file(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, ErrorCode::invalid) << bad;
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
