// What a restore leaves for the first start: whole, or found to be damaged.
#include "ledger/offline/restore_mark.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "ledger/files/posix_storage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst {
namespace {

class RestoreMarkFile : public testing::Test {
 protected:
  [[nodiscard]] std::string bytes() const {
    std::ifstream stream(at_.restore_mark(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  void set_bytes(const std::string& bytes) const {
    std::ofstream(at_.restore_mark(), std::ios::binary | std::ios::trunc) << bytes;
  }

  test::TemporaryFolder folder_;
  PosixStorage storage_;
  ExchangeDirectory at_{folder_.path() + "/data"};
};

TEST_F(RestoreMarkFile, is_there_from_the_restore_until_it_is_removed) {
  auto none = read_restore_mark(storage_, at_);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  for (const RestoreMark& mark : {RestoreMark{}, {1'234, 0}, {1'234, ~std::uint64_t{0} - 1}}) {
    ASSERT_TRUE(write_restore_mark(storage_, at_, mark));
    const auto read = read_restore_mark(storage_, at_);
    ASSERT_TRUE(read && read->has_value());
    EXPECT_EQ((*read)->after, mark.after);
    EXPECT_EQ((*read)->incarnation, mark.incarnation);
  }
  ASSERT_TRUE(remove_restore_mark(storage_, at_));
  EXPECT_TRUE(std::filesystem::is_empty(at_.path())) << "nor is a draft left";
}

TEST_F(RestoreMarkFile, has_the_bytes_of_its_page) {
  ASSERT_TRUE(write_restore_mark(storage_, at_, {0x0102, 0x1122334455667788}));
  const std::string expected("KERS\x01\0\0\0\x02\x01\0\0\0\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11",
                             24);
  ASSERT_EQ(bytes().size(), 28U);
  EXPECT_EQ(bytes().substr(0, 24), expected);
}

TEST_F(RestoreMarkFile, that_is_damaged_is_no_mark_and_no_absence_of_one) {
  ASSERT_TRUE(write_restore_mark(storage_, at_, {7, 9}));
  const std::string good = bytes();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    set_bytes(bad);
    const auto read = read_restore_mark(storage_, at_);
    ASSERT_FALSE(read) << i;
    EXPECT_EQ(read.error().code, ErrorCode::corrupt) << i;
    set_bytes(good.substr(0, i));
    EXPECT_FALSE(read_restore_mark(storage_, at_)) << i;
  }
}

}  // namespace
}  // namespace karst
