// Release jobs are few however often they are asked for, and an order is compared with few of them.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "tests/engine/model/rules_fixture.hpp"

namespace karst::model {
namespace {

constexpr std::uint32_t makers_max = 4'096;
/// What docs/ENGINE.md says an order may be compared with: jobs of its merchant and of its key.
constexpr std::uint32_t jobs_of_order_max = 22;

/// An exchange with one book of seats, too big for the model, which does one unit a command.
class CrowdedBook : public testing::Test {
 protected:
  static constexpr AccountId issuer{1};
  static constexpr AccountId crowd{2};
  static constexpr AccountId taker{3};

  CrowdedBook()
      : engine_(std::make_unique<Engine>(sizes())),
        memory_(2 * events_per_command_max),
        ring_{memory_.data(), memory_.size() - 1, 0} {}

  static Configure sizes() {
    return Configure{.accounts_max = 8,
                     .keys_max = 8,
                     .instruments_max = 8,
                     .orders_max = 1U << 18U,
                     .holdings_max = 32,
                     .level_pages_max = 64,
                     .client_ids_max = 16,
                     .references_max = 16,
                     .currencies_max = 2,
                     .pools_max = 2,
                     .answers_per_key = 2,
                     .client_ids_per_account_max = 2,
                     .makers_per_command_max = makers_max,
                     .makers_per_bystander_max = 1,
                     .releases_per_command_max = 1};
  }

  static Command about(CommandType type, AccountId account = AccountId{0}) {
    Command command;
    command.type = type;
    command.account = account;
    return command;
  }

  /// Returns: the events.
  std::vector<Event> send(Command command) {
    command.sequence = engine_->sequence() + 1;
    command.time = Time{ns_per_day + static_cast<std::int64_t>(command.sequence)};
    const Applied applied = engine_->apply(command, ring_);
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < applied.count; ++i) {
      events.push_back(ring_.at(applied.first + i));
    }
    return events;
  }
  void expect_done(const Command& command) {
    for (const Event& event : send(command)) ASSERT_NE(event.type, EventType::rejected);
  }

  void make_book() {
    Command configure = about(CommandType::configure);
    configure.configure = sizes();
    expect_done(configure);
    Command adopt = about(CommandType::adopt_rules);
    adopt.adopt_rules.version = rules_newest;
    expect_done(adopt);
    Command currency = about(CommandType::define_currency);
    currency.define_currency = {CurrencyId{1}, {'C', 'N', 'Y'}};
    expect_done(currency);
    Command calendar = about(CommandType::define_calendar);
    calendar.define_calendar = {CalendarId{1}, 0};
    expect_done(calendar);
    Command fees = about(CommandType::define_fees);
    fees.define_fees.schedule = FeeScheduleId{1};
    expect_done(fees);
    for (const AccountId account : {issuer, crowd, taker}) {
      Command admit = about(CommandType::admit_merchant, account);
      admit.admit_merchant.name = {'m'};
      expect_done(admit);
      Command fund = about(CommandType::fund, account);
      fund.fund = {CurrencyId{1}, Money{std::int64_t{1} << 40}, {account.value(), 1}};
      expect_done(fund);
    }
    define_seats();
  }

  void define_seats() {
    Command define = about(CommandType::define_product, issuer);
    DefineProduct& p = define.define_product;
    p.symbol = {'s'};
    p.currency = CurrencyId{1};
    p.calendar = CalendarId{1};
    p.fees = FeeScheduleId{1};
    p.tick_value = Money{1};
    p.price_min = Price{1};
    p.price_max = Price{1'000};
    p.list_price = Price{100};
    p.quantity_max = Quantity{1'000'000};
    p.seats = Quantity{1'000'000};
    p.unit = Unit::report;
    p.supply = Supply::seats;
    p.resale = Resale::free;
    p.certificate_expiry = Time{std::int64_t{1} << 60};
    for (const Event& event : send(define)) {
      ASSERT_NE(event.type, EventType::rejected) << int{event.detail};
      if (event.type == EventType::product_defined) product_ = event.instrument;
    }
  }

  [[nodiscard]] Command order(AccountId account, Side side, std::int64_t price,
                              std::uint32_t lots) const {
    Command place = about(CommandType::place_order, account);
    PlaceOrder& wish = place.place_order;
    wish.instrument = product_;
    wish.limit = Price{price};
    wish.quantity = Quantity{lots};
    wish.side = side;
    wish.kind = OrderKind::limit;
    wish.time_in_force = TimeInForce::gtc;
    wish.self_match = SelfMatch::cancel_oldest;
    wish.draw = side == Side::buy ? Draw::none : Draw::capacity;
    return place;
  }

  [[nodiscard]] Command kill(AccountId account) const {
    Command command = about(CommandType::kill_switch, account);
    command.kill_switch.on = true;
    return command;
  }

  std::unique_ptr<Engine> engine_;
  std::vector<Event> memory_;
  EventRing ring_;
  InstrumentId product_{0};
};

TEST_F(CrowdedBook, ten_thousand_kill_switches_cost_a_taker_nothing) {
  make_book();
  for (int i = 0; i < 195'000; ++i) expect_done(order(crowd, Side::buy, 1, 1));
  for (int i = 0; i < 5'000; ++i) expect_done(order(issuer, Side::sell, 10, 1));
  for (int i = 0; i < 10'000; ++i) expect_done(kill(crowd));
  Command cancel = about(CommandType::mass_cancel, issuer);
  cancel.mass_cancel.tag =
      7;  // no order has it: the job stands against all of them, and means none
  expect_done(cancel);
  EXPECT_LE(engine_->job_looks(), 20'000U) << "by the kill switches";

  const std::uint64_t before = engine_->job_looks();
  std::uint32_t trades = 0;
  for (const Event& event : send(order(taker, Side::buy, 10, 5'000))) {
    if (event.type == EventType::trade) ++trades;
  }
  EXPECT_EQ(trades, makers_max);
  EXPECT_LE(engine_->job_looks() - before, 2 * makers_max) << "one job stands against each maker";
}

TEST_F(CrowdedBook, an_order_is_compared_with_few_jobs_whatever_its_merchant_asks_for) {
  make_book();
  for (int i = 0; i < 5'000; ++i) expect_done(order(issuer, Side::sell, 10, 1));
  for (int i = 0; i < 5'000; ++i) expect_done(order(crowd, Side::buy, 1, 1));
  std::uint32_t taken = 0;
  for (std::uint32_t tag = 1; tag <= 1'000; ++tag) {
    for (const AccountId account : {crowd, issuer}) {
      Command cancel = about(CommandType::mass_cancel, account);
      cancel.mass_cancel.tag = tag;
      const auto events = send(cancel);
      if (!events.empty() && events.back().type == EventType::done) ++taken;
    }
  }
  EXPECT_LE(taken, 2U * 16U);
  const std::uint64_t before = engine_->job_looks();
  static_cast<void>(send(order(taker, Side::buy, 10, 5'000)));
  EXPECT_LE(engine_->job_looks() - before, std::uint64_t{2} * makers_max * jobs_of_order_max);
}

class ReleaseJobs : public Rules {
 protected:
  static Configure slow() {
    Configure sizes = Rules::sizes();
    sizes.releases_per_command_max = 1;
    sizes.orders_max = 64;
    return sizes;
  }
  ReleaseJobs() : Rules(slow()) {}

  void make_orders(int count) {
    make_market();
    now_ = hour * ns_per_hour + ns_per_hour / 2;
    contract_ = twins_.engine().contract(pool, Hour{hour + 2});
    for (int i = 0; i < count; ++i) EXPECT_EQ(sell(), RejectCode::none);
  }
  RejectCode sell() {
    Command place = about(CommandType::place_order, alice);
    PlaceOrder& wish = place.place_order;
    wish.instrument = contract_;
    wish.limit = Price{100};
    wish.quantity = Quantity{1};
    wish.side = Side::sell;
    wish.kind = OrderKind::limit;
    wish.time_in_force = TimeInForce::gtc;
    wish.self_match = SelfMatch::cancel_newest;
    wish.draw = Draw::capacity;
    return send(place);
  }
  RejectCode kill(bool on) {
    Command command = about(CommandType::kill_switch, alice);
    command.kill_switch.on = on;
    return send(command);
  }
  int ticks_to_rest() {
    int ticks = 0;
    while (twins_.engine().has_pending_work()) {
      EXPECT_EQ(send(about(CommandType::tick)), RejectCode::none);
      ++ticks;
    }
    return ticks;
  }

  InstrumentId contract_{0};
};

TEST_F(ReleaseJobs, by_the_first_rules_every_kill_switch_is_a_job_of_its_own) {
  make_orders(8);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(kill(true), RejectCode::none);
  EXPECT_GE(ticks_to_rest(), 8) << "100 jobs, of which 99 find nothing";
}

TEST_F(ReleaseJobs, by_the_third_a_kill_switch_joins_the_job_that_waits) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_orders(40);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(kill(true), RejectCode::none);
  // One has begun with the second command, and all others are one more behind it.
  EXPECT_LE(ticks_to_rest(), 40 - 20 + 4);
  EXPECT_TRUE(twins_.model().orders().empty());
}

TEST_F(ReleaseJobs, by_the_third_who_joins_means_the_orders_entered_meanwhile) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_orders(10);
  EXPECT_EQ(kill(true), RejectCode::none);
  EXPECT_EQ(kill(true), RejectCode::none) << "the first has begun: another waits";
  EXPECT_EQ(kill(false), RejectCode::none);
  EXPECT_EQ(sell(), RejectCode::none);
  EXPECT_EQ(twins_.model().orders().size(), 8U);
  EXPECT_EQ(kill(true), RejectCode::none);
  static_cast<void>(ticks_to_rest());
  EXPECT_TRUE(twins_.model().orders().empty());
}

TEST_F(ReleaseJobs, by_the_third_a_mass_cancel_asked_for_again_is_never_refused) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_orders(40);
  Command cancel = about(CommandType::mass_cancel, alice);
  for (std::uint32_t tag = 1; tag <= 16; ++tag) {
    cancel.mass_cancel.tag = tag;
    EXPECT_EQ(send(cancel), RejectCode::none);
  }
  cancel.mass_cancel.tag = 17;
  EXPECT_EQ(send(cancel), RejectCode::exchange_full);
  cancel.mass_cancel.tag = 16;
  EXPECT_EQ(send(cancel), RejectCode::none);
}

}  // namespace
}  // namespace karst::model
