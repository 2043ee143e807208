// The fields of an order that share two bytes, set at once, are what they are set to one by one.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/state/order_table.hpp"

namespace karst {
namespace {

TEST(OrderKind, set_at_once_every_field_is_as_set_by_itself) {
  for (unsigned bits = 0; bits < 1U << 15U; ++bits) {
    const auto part = [bits](unsigned at, unsigned count) {
      return bits >> at & ((1U << count) - 1U);
    };
    OrderHot one_by_one;
    std::memset(static_cast<void*>(&one_by_one), 0, sizeof one_by_one);
    OrderHot at_once = one_by_one;
    one_by_one.side = static_cast<Side>(part(0, 2));
    one_by_one.kind = static_cast<OrderKind>(part(2, 2));
    one_by_one.time_in_force = static_cast<TimeInForce>(part(4, 3));
    one_by_one.expires = part(7, 1) != 0;
    one_by_one.self_match = static_cast<SelfMatch>(part(8, 3));
    one_by_one.draw = static_cast<Draw>(part(11, 2));
    one_by_one.state = static_cast<OrderState>(part(13, 2));
    at_once.set_kind(one_by_one.side, one_by_one.kind, one_by_one.time_in_force, one_by_one.expires,
                     one_by_one.self_match, one_by_one.draw, one_by_one.state);
    ASSERT_EQ(std::memcmp(&at_once, &one_by_one, sizeof at_once), 0) << bits;
  }
}

}  // namespace
}  // namespace karst
