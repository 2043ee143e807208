// What the rules of each version say, on engine and model at once; a version is adopted for good.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/engine/model/rules_fixture.hpp"

namespace karst::model {
namespace {

TEST_F(Rules, are_adopted_upwards_by_the_exchange_itself_and_once) {
  EXPECT_EQ(twins_.engine().rules(), rules_first);
  EXPECT_EQ(adopt(0), RejectCode::invalid_field);
  EXPECT_EQ(adopt(rules_first), RejectCode::invalid_field);
  EXPECT_EQ(adopt(rules_newest + 1), RejectCode::invalid_field);
  Command key = about(CommandType::create_key);
  key.create_key.new_key = KeyId{1};
  key.create_key.scopes = scope::all;
  EXPECT_EQ(send(key), RejectCode::none);
  EXPECT_EQ(adopt(rules_newest, KeyId{1}), RejectCode::not_permitted);
  EXPECT_EQ(twins_.engine().rules(), rules_first);
  EXPECT_EQ(adopt(rules_newest), RejectCode::none);
  EXPECT_EQ(twins_.engine().rules(), rules_newest) << "and after a restart, which comes by itself";
  EXPECT_EQ(adopt(rules_newest), RejectCode::invalid_field);
  EXPECT_EQ(adopt(rules_first), RejectCode::invalid_field);
  EXPECT_EQ(twins_.engine().rules(), rules_newest);
}

TEST_F(Rules, by_the_first_a_pool_may_be_cut_below_what_is_minted) {
  make_market();
  EXPECT_EQ(certify(hour + 1, 79), RejectCode::none);
  EXPECT_EQ(certify(hour + 1, 90), RejectCode::hours_out_of_bounds);
  EXPECT_EQ(certify(hour, 90), RejectCode::hours_out_of_bounds);
}

TEST_F(Rules, by_the_second_a_pool_is_never_cut_below_what_is_minted) {
  EXPECT_EQ(adopt(2), RejectCode::none);
  make_market();
  EXPECT_EQ(certify(hour + 1, 79), RejectCode::capacity_exceeded);
  EXPECT_EQ(certify(hour + 2, 0), RejectCode::capacity_exceeded);
  EXPECT_EQ(certify(hour + 3, 0), RejectCode::none) << "nothing is minted from there on";
  EXPECT_EQ(certify(hour + 2, 80), RejectCode::none);
  EXPECT_EQ(mint(hour + 2, 1), RejectCode::capacity_exceeded);
  EXPECT_EQ(mint(hour + 3, 1), RejectCode::capacity_exceeded);
}

TEST_F(Rules, by_the_second_what_the_first_let_be_cut_may_stay_and_may_rise) {
  make_market();
  EXPECT_EQ(certify(hour + 1, 50), RejectCode::none);
  EXPECT_EQ(adopt(2), RejectCode::none);
  EXPECT_EQ(certify(hour + 1, 50), RejectCode::none);
  EXPECT_EQ(certify(hour + 1, 60), RejectCode::none);
  EXPECT_EQ(certify(hour + 1, 59), RejectCode::capacity_exceeded);
}

TEST_F(Rules, by_the_second_an_entry_far_ahead_is_replaced_and_others_come_before_it) {
  EXPECT_EQ(adopt(2), RejectCode::none);
  make_market();
  EXPECT_EQ(certify(std::int64_t{1} << 31, 1), RejectCode::none) << "a typing error";
  EXPECT_EQ(certify(std::int64_t{1} << 31, 100), RejectCode::none);
  EXPECT_EQ(certify(hour + 3, 200), RejectCode::none);
  EXPECT_EQ(mint(hour + 3, 150), RejectCode::none);
  EXPECT_EQ(mint(hour + 2, 21), RejectCode::capacity_exceeded) << "80 of 100 are minted";
  EXPECT_EQ(certify(std::int64_t{1} << 31 | 1, 1), RejectCode::hours_out_of_bounds);
}

TEST_F(Rules, by_the_second_a_pool_changes_every_hour_for_ever) {
  make_market();
  int taken = 0;
  for (; certify(hour + 10 + taken, 100) == RejectCode::none; ++taken) pass_to(hour + 10 + taken);
  EXPECT_EQ(taken, 63) << "by the first rules 64 in a lifetime";
  EXPECT_EQ(adopt(2), RejectCode::none);
  for (int i = 0; i < 200; ++i) {
    pass_to(hour + 100 + i);
    ASSERT_EQ(certify(hour + 100 + i, 100), RejectCode::none) << i;
  }
  for (int i = 0; i < 63; ++i) ASSERT_EQ(certify(hour + 400 + i, 100), RejectCode::none) << i;
  EXPECT_EQ(certify(hour + 500, 100), RejectCode::exchange_full) << "64 at once";
}

}  // namespace
}  // namespace karst::model
