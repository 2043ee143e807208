// What a restored exchange says of itself, and which ids it gives, on engine and model at once.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/command/rules.hpp"
#include "engine/state/incarnation.hpp"
#include "tests/engine/model/rules_fixture.hpp"
#include "tests/model/krst03.hpp"
#include "tests/model/market_text.hpp"

namespace karst::model {
namespace {

/// An exchange with one merchant, who owns the capacity of a pool and asks for it.
class Incarnations : public Rules {
 protected:
  static constexpr Checks checks{50, 50, 50};

  Incarnations() : Rules(sizes(), checks) {}

  RejectCode begin(std::uint64_t number, std::uint64_t after, KeyId key = KeyId{0}) {
    Command command = about(CommandType::begin_incarnation);
    command.key = key;
    command.begin_incarnation = {number, after};
    return send(command);
  }

  void make_market() {
    Command currency = about(CommandType::define_currency);
    currency.define_currency = {CurrencyId{1}, {'C', 'N', 'Y'}};
    EXPECT_EQ(send(currency), RejectCode::none);
    Command calendar = about(CommandType::define_calendar);
    calendar.define_calendar = {CalendarId{1}, 0};
    EXPECT_EQ(send(calendar), RejectCode::none);
    Command fees = about(CommandType::define_fees);
    fees.define_fees.schedule = FeeScheduleId{1};
    EXPECT_EQ(send(fees), RejectCode::none);
    Command admit = about(CommandType::admit_merchant, alice);
    admit.admit_merchant.tier = 9;
    admit.admit_merchant.clearance = 9;
    admit.admit_merchant.name = {'m'};
    EXPECT_EQ(send(admit), RejectCode::none);
    make_pool();
    EXPECT_EQ(certify(0, 100), RejectCode::none);
  }

  /// Returns: the contract listed; none if it was refused.
  InstrumentId list(std::int64_t of_hour) {
    Command command = about(CommandType::list_contracts);
    command.list_contracts = {pool, Hour{of_hour}, 1};
    if (send(command) != RejectCode::none) return InstrumentId{0};
    for (const Event& event : twins_.events()) {
      if (event.type == EventType::contract_listed) return event.instrument;
    }
    return InstrumentId{0};
  }

  /// A contract of which alice may sell 100 lots.
  void make_contract() {
    make_market();
    contract_ = list(hour + 2);
    ASSERT_FALSE(contract_.is_none());
    EXPECT_EQ(mint(hour + 2, 100), RejectCode::none);
  }

  OrderId place() {
    Command command = about(CommandType::place_order, alice);
    PlaceOrder& wish = command.place_order;
    wish.instrument = contract_;
    wish.side = Side::sell;
    wish.kind = OrderKind::limit;
    wish.time_in_force = TimeInForce::gtc;
    wish.self_match = SelfMatch::cancel_newest;
    wish.draw = Draw::capacity;
    wish.limit = Price{100};
    wish.quantity = Quantity{1};
    EXPECT_EQ(send(command), RejectCode::none) << twins_.events().front().detail;
    return twins_.events().front().order.order;
  }
  void cancel(OrderId order) {
    Command command = about(CommandType::cancel_order, alice);
    command.cancel_order.order = order;
    EXPECT_EQ(send(command), RejectCode::none);
  }

  InstrumentId contract_{0};
};

TEST_F(Incarnations, are_begun_by_the_exchange_itself_under_the_third_rules) {
  EXPECT_EQ(adopt(rules_of_incarnations - 1), RejectCode::none);
  EXPECT_EQ(begin(7, 1), RejectCode::invalid_field);
  EXPECT_EQ(adopt(rules_of_incarnations), RejectCode::none);
  EXPECT_EQ(begin(0, 1), RejectCode::invalid_field) << "the first needs no beginning";
  EXPECT_EQ(begin(7, sequence_ + 1), RejectCode::invalid_field) << "it shares nothing of its own";
  Command key = about(CommandType::create_key);
  key.create_key.new_key = KeyId{1};
  key.create_key.scopes = scope::all;
  EXPECT_EQ(send(key), RejectCode::none);
  EXPECT_EQ(begin(7, 1, KeyId{1}), RejectCode::not_permitted);
  EXPECT_TRUE(twins_.engine().incarnations().empty());
  EXPECT_EQ(begin(7, 3), RejectCode::none);
  EXPECT_EQ(text_of(twins_.events().front(), Names{}), "incarnation 7 after command 3");
  EXPECT_EQ(begin(7, 3), RejectCode::invalid_field) << "twice the same";
  EXPECT_EQ(begin(8, 2), RejectCode::invalid_field) << "what was shared already";
  EXPECT_EQ(begin(8, sequence_), RejectCode::none);
  EXPECT_EQ(twins_.events().front().incarnation.before, 7U);
  ASSERT_EQ(twins_.engine().incarnations().size(), 2U);
  EXPECT_EQ(twins_.engine().incarnations()[1].begun, sequence_);
  for (std::uint64_t i = 2; i < incarnations_max; ++i) {
    EXPECT_EQ(begin(100 + i, sequence_), RejectCode::none);
  }
  EXPECT_EQ(begin(9, sequence_), RejectCode::exchange_full);
}

TEST_F(Incarnations, say_what_a_client_shares_with_the_exchange) {
  using Lives = std::vector<Incarnation>;
  const auto through = [](const Lives& lives, std::optional<std::uint64_t> of) {
    return shared_through(lives, of);
  };
  EXPECT_EQ(through({}, std::nullopt), all_shared);
  EXPECT_EQ(through({}, 0), all_shared);
  EXPECT_EQ(through({}, 5), 0U) << "of a life that came after what was put back here";
  const Lives lives{{5, 100, 101, 0, 0}, {6, 150, 151, 0, 0}};
  EXPECT_EQ(through(lives, 6), all_shared);
  EXPECT_EQ(through(lives, 5), 150U);
  EXPECT_EQ(through(lives, 0), 100U);
  EXPECT_EQ(through(lives, std::nullopt), 100U);
  EXPECT_EQ(through(lives, 7), 0U);
}

TEST_F(Incarnations, give_no_order_id_that_the_lost_history_gave) {
  EXPECT_EQ(adopt(rules_newest), RejectCode::none);
  make_contract();
  std::vector<OrderId> open{place(), place(), place(), place()};
  cancel(open[1]);
  const std::vector<Command> until_backup = sent_;
  std::set<std::uint64_t> given;
  // Three lives after one backup; the first is the one that is lost.
  for (const std::uint64_t life : {0U, 1U, 2U}) {
    Twins twins(sizes(), checks);
    std::swap(twins, twins_);
    sequence_ = 0;
    now_ = hour * ns_per_hour;
    for (const Command& command : until_backup) send(command);
    if (life != 0) {
      EXPECT_EQ(begin(life, sequence_ - 1), RejectCode::none);
    }
    for (const OrderId order : {open[0], open[3]}) cancel(order);  // they keep their ids
    std::vector<OrderId> orders;
    for (int i = 0; i < 200; ++i) {
      orders.push_back(place());
      EXPECT_TRUE(given.insert(orders.back().value()).second) << i << " of life " << life;
      if (i % 20 != 0) cancel(orders.back());
    }
  }
}

TEST_F(Incarnations, stand_in_the_state) {
  EXPECT_EQ(adopt(rules_newest), RejectCode::none);
  make_contract();
  const OrderId before = place();
  EXPECT_EQ(begin(7, sequence_), RejectCode::none);
  EXPECT_EQ(begin(8, sequence_), RejectCode::none);
  const OrderId between = place();
  EXPECT_EQ(begin(9, sequence_), RejectCode::none);
  std::vector<std::uint8_t> saved;
  twins_.engine().save(saved);
  Engine again(sizes());
  ASSERT_EQ(again.load(saved), Loaded::good);
  EXPECT_EQ(again.state_hash(), twins_.engine().state_hash());
  EXPECT_EQ(again.incarnations().size(), 3U);
  // Slots that were in use then, free ones and fresh ones: all go on alike.
  std::vector<Event> room(events_per_command_max);
  EventRing ring{room.data(), events_per_command_max - 1, 0};
  const auto both = [&](const Command& of_twins) {
    ring.next = 0;
    static_cast<void>(again.apply(of_twins, ring));
  };
  cancel(before);
  both(sent_.back());
  cancel(between);
  both(sent_.back());
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(place());
    both(sent_.back());
    EXPECT_EQ(again.event_hash(), twins_.engine().event_hash()) << i;
  }
}

TEST_F(Incarnations, leave_the_state_of_an_exchange_that_was_never_restored_as_it_was) {
  make_contract();
  static_cast<void>(place());
  std::vector<std::uint8_t> saved;
  twins_.engine().save(saved);
  for (const SavedSection& it : sections_of(saved)) {
    EXPECT_NE(it.head.tag, static_cast<std::uint32_t>(Section::incarnations));
  }
  Engine again(sizes());
  ASSERT_EQ(again.load(saved), Loaded::good);
  EXPECT_TRUE(again.incarnations().empty());
}

/// A slot has 16,384 names for instruments; what comes then?
class UsedUpSlots : public Incarnations {
 protected:
  /// Lists one contract after another, each when the last has been delivered.
  /// Returns: how many had an id that another had had before.
  int list_and_retire(int contracts) {
    int again = 0;
    for (int i = 0; i < contracts; ++i) {
      const std::int64_t of_hour = now_ / ns_per_hour + 1;
      const InstrumentId id = list(of_hour);
      if (id.is_none()) return -1;
      again += names_.insert(id.value()).second ? 0 : 1;
      now_ = (of_hour + 1) * ns_per_hour;
      send(about(CommandType::tick));
      if (twins_.engine().instrument(id) != nullptr) return -1;
    }
    return again;
  }

  std::set<std::uint32_t> names_;
};

TEST_F(UsedUpSlots, begin_anew_under_the_second_rules) {
  EXPECT_EQ(adopt(2), RejectCode::none);
  make_market();
  EXPECT_EQ(list_and_retire(instrument_generations_max + 5), 5);
}

TEST_F(UsedUpSlots, are_never_used_again_under_the_third_rules) {
  EXPECT_EQ(adopt(2), RejectCode::none);
  make_market();
  EXPECT_EQ(list_and_retire(instrument_generations_max - 5), 0);
  EXPECT_EQ(adopt(rules_of_retired_slots), RejectCode::none);
  EXPECT_EQ(list_and_retire(10), 0);
  EXPECT_EQ(twins_.engine().table_use().instruments, 1U) << "it counts as used, for ever";
}

}  // namespace
}  // namespace karst::model
