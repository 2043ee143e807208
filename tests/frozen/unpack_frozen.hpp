// The frozen folders, unpacked.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace karst::test {

/// What tests/frozen/VERSION/KIND.tar.gz holds, unpacked.
inline void unpack_frozen(const std::string& version, const std::string& kind,
                          const std::string& into) {
  const std::string line = "tar -xzf '" + std::string(KARST_SOURCE_DIR) + "/tests/frozen/" +
                           version + "/" + kind + ".tar.gz' -C '" + into + "'";
  ASSERT_EQ(std::system(line.c_str()), 0) << line;
}

}  // namespace karst::test
