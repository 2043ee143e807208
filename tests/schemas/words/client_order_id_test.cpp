// What merchants may call their orders: something that can be typed, or a UUID.
#include "schemas/words/client_order_id.hpp"

#include <gtest/gtest.h>

namespace karst {
namespace {

const std::string uuid = "550e8400-e29b-41d4-a716-446655440000";
const std::string uuid_on_wire("\x55\x0e\x84\x00\xe2\x9b\x41\xd4\xa7\x16\x44\x66\x55\x44\x00\x00",
                               16);

TEST(ClientOrderId, is_short_and_plain_or_a_uuid) {
  for (const char* good : {"a", "morning-1", "A_z-09", "123456789012345"}) {
    EXPECT_TRUE(is_client_order_id(good)) << good;
  }
  EXPECT_TRUE(is_client_order_id(uuid_on_wire));
  for (const char* wrong :
       {"", "a b", "a.b", "a\n", "\xc3\xa9", "1234567890123456", "12345678901234567"}) {
    EXPECT_FALSE(is_client_order_id(wrong)) << wrong;
  }
  EXPECT_FALSE(is_client_order_id(std::string("a\0b", 3)));
  EXPECT_FALSE(is_client_order_id(std::string(16, '\0')));  // the nil UUID is of no variant
  std::string other_variant = uuid_on_wire;
  other_variant[8] = '\xc7';
  EXPECT_FALSE(is_client_order_id(other_variant));
}

TEST(ClientOrderId, keeps_the_zeros_of_a_uuid_and_no_others) {
  std::string even = uuid_on_wire;
  even[15] = even[14] = '\0';
  EXPECT_EQ(client_order_id_of(even), even);
  EXPECT_EQ(client_order_id_of(std::string("morning-1") + std::string(7, '\0')), "morning-1");
  EXPECT_EQ(client_order_id_of(std::string(16, '\0')), "");
}

TEST(ClientOrderId, is_read_as_it_is_typed) {
  EXPECT_EQ(parse_client_order_id("morning-1"), "morning-1");
  EXPECT_EQ(parse_client_order_id(uuid), uuid_on_wire);
  EXPECT_EQ(parse_client_order_id("550E8400-E29B-41D4-A716-446655440000"), uuid_on_wire);
  for (const char* wrong :
       {"", "1234567890123456", "550e8400-e29b-41d4-c716-446655440000",
        "550e8400-e29b-41d4-a716-44665544000g", "550e8400_e29b_41d4_a716_446655440000",
        "550e8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-4466554400000"}) {
    EXPECT_EQ(parse_client_order_id(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace karst
