// While the clock is held nothing is settled, and all that protects goes on; on engine and model.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/engine/model/rules_fixture.hpp"

namespace karst::model {
namespace {

class HeldClock : public Rules {
 protected:
  RejectCode hold(bool held) {
    Command command = about(CommandType::clock_held);
    command.clock_held.held = held;
    return send(command);
  }
  RejectCode accept(std::int64_t step_ns, KeyId key = KeyId{0}) {
    Command command = about(CommandType::accept_clock);
    command.key = key;
    command.accept_clock.step_ns = step_ns;
    return send(command);
  }
  void make_key(KeyId id, std::uint8_t scopes, AccountId account) {
    Command key = about(CommandType::create_key, account);
    key.create_key.new_key = id;
    key.create_key.scopes = scopes;
    EXPECT_EQ(send(key), RejectCode::none);
  }
  /// An order of one lot in the contract of hour + 2, until `expiry` if that is not 0.
  RejectCode sell(std::int64_t expiry = 0, KeyId key = KeyId{0}) {
    Command place = about(CommandType::place_order, alice);
    place.key = key;
    PlaceOrder& wish = place.place_order;
    wish.instrument = contract();
    wish.limit = Price{100};
    wish.quantity = Quantity{1};
    wish.side = Side::sell;
    wish.kind = OrderKind::limit;
    wish.time_in_force = expiry == 0 ? TimeInForce::gtc : TimeInForce::gtd;
    wish.expiry = Time{expiry};
    wish.self_match = SelfMatch::cancel_newest;
    wish.draw = Draw::capacity;
    return send(place);
  }
  /// Ticks at the present time until nothing is left over. Returns: events of the type.
  int ticked(EventType type) {
    int count = 0;
    do {
      static_cast<void>(send(about(CommandType::tick)));
      for (const Event& event : twins_.events()) count += event.type == type ? 1 : 0;
    } while (twins_.engine().has_pending_work());
    return count;
  }
  [[nodiscard]] InstrumentId contract() const {
    return twins_.engine().contract(pool, Hour{hour + 2});
  }
};

TEST_F(HeldClock, is_not_known_before_the_third_rules) {
  EXPECT_EQ(adopt(2), RejectCode::none);
  make_market();
  EXPECT_EQ(hold(true), RejectCode::invalid_field);
  EXPECT_EQ(accept(1), RejectCode::invalid_field);
  EXPECT_FALSE(twins_.engine().is_clock_held());
}

TEST_F(HeldClock, settles_nothing_until_it_agrees_again) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  EXPECT_EQ(hold(true), RejectCode::none);
  EXPECT_EQ(twins_.events().front().type, EventType::clock_held);
  EXPECT_EQ(twins_.events().front().detail, 1);
  pass_to(hour + 50);
  EXPECT_EQ(ticked(EventType::units_burnt), 0);
  EXPECT_EQ(twins_.model().rows().size(), 1U) << "alice's capacity is still there";
  EXPECT_EQ(hold(false), RejectCode::none);
  EXPECT_EQ(ticked(EventType::units_burnt), 1);
  EXPECT_TRUE(twins_.model().rows().empty());
}

TEST_F(HeldClock, settles_nothing_that_falls_due_with_the_word_that_it_is_held) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  pass_to(hour + 50);  // one command, with a time that has moved on
  EXPECT_EQ(hold(true), RejectCode::none);
  EXPECT_EQ(ticked(EventType::units_burnt), 0);
  EXPECT_EQ(hold(false), RejectCode::none);
  EXPECT_EQ(ticked(EventType::units_burnt), 1);
}

TEST_F(HeldClock, cancels_what_expires_and_what_its_gate_has_closed_on) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  now_ += ns_per_hour / 2;
  EXPECT_EQ(sell(), RejectCode::none);
  EXPECT_EQ(sell(now_ + ns_per_minute), RejectCode::none);
  EXPECT_EQ(hold(true), RejectCode::none);
  now_ += 2 * ns_per_minute;
  EXPECT_EQ(ticked(EventType::order_cancelled), 1) << "expired";
  pass_to(hour + 3);
  EXPECT_EQ(ticked(EventType::order_cancelled), 1) << "the gate has closed";
  pass_to(hour + 50);
  EXPECT_EQ(ticked(EventType::units_burnt), 0);
}

TEST_F(HeldClock, goes_on_with_dead_men_and_lost_sessions) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  now_ += ns_per_hour / 2;
  make_key(KeyId{1}, scope::trade, alice);
  EXPECT_EQ(sell(0, KeyId{1}), RejectCode::none);
  Command watch = about(CommandType::set_dead_man, alice);
  watch.key = KeyId{1};
  watch.set_dead_man.timeout_ns = ns_per_minute;
  EXPECT_EQ(send(watch), RejectCode::none);
  EXPECT_EQ(hold(true), RejectCode::none);
  now_ += 2 * ns_per_minute;
  EXPECT_EQ(ticked(EventType::order_cancelled), 1);
}

TEST_F(HeldClock, is_accepted_by_who_may_operate_and_the_word_is_an_event) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  make_key(KeyId{1}, scope::trade, alice);
  make_key(KeyId{2}, scope::operate, AccountId{0});
  EXPECT_EQ(accept(1, KeyId{2}), RejectCode::wrong_state) << "nothing is held";
  EXPECT_EQ(hold(true), RejectCode::none);
  pass_to(hour + 50);
  EXPECT_EQ(accept(ns_per_hour, KeyId{1}), RejectCode::not_permitted);
  EXPECT_EQ(accept(0, KeyId{2}), RejectCode::invalid_field);
  EXPECT_TRUE(twins_.engine().is_clock_held());
  EXPECT_EQ(accept(ns_per_hour, KeyId{2}), RejectCode::none);
  EXPECT_FALSE(twins_.engine().is_clock_held());
  const Event& event = twins_.events().back();
  EXPECT_EQ(event.type, EventType::clock_accepted);
  EXPECT_EQ(event.clock.key, KeyId{2});
  EXPECT_EQ(event.clock.step_ns, ns_per_hour);
  EXPECT_EQ(ticked(EventType::units_burnt), 1);
}

TEST_F(HeldClock, may_only_be_told_by_the_exchange_itself) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  make_key(KeyId{2}, scope::all, AccountId{0});
  Command command = about(CommandType::clock_held);
  command.key = KeyId{2};
  command.clock_held.held = true;
  EXPECT_EQ(send(command), RejectCode::not_permitted);
  EXPECT_FALSE(twins_.engine().is_clock_held());
}

}  // namespace
}  // namespace karst::model
