// A wall clock that goes wrong under a running exchange, and over a restart.
#include <gtest/gtest.h>

#include "engine/state/instrument_table.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;

constexpr std::uint32_t merchants = 2;
constexpr std::int64_t ten_years_ns = 3'650 * ns_per_day;
constexpr PoolId pool{1};
constexpr std::uint32_t contracts = 8;

/// An exchange with a product and hour contracts; a command at a time, each answered.
class WrongClock : public testing::Test {
 protected:
  void start(std::int64_t wall_moved_ns = 0, bool is_accepted = false) {
    ExchangeConfig config = RunningExchange::small_config();
    config.sequencer.clock.is_wall_accepted = is_accepted;
    running_.reset();
    running_ = std::make_unique<RunningExchange>(
        directory_.path(), config, std::vector<DerivedStore*>{}, nullptr, wall_moved_ns);
  }

  void open_market() {
    const std::vector<Command> opening = test::whole_opening(merchants);
    running_->submit_all(opening, handle_);
    running_->await_answers(opening.size());
    handle_ += opening.size();
    client_seq_ = opening.size() - 1;  // the first is the exchange's own
    Command define = by_operator(CommandType::define_pool);
    define.define_pool.pool = pool;
    define.define_pool.operator_account = AccountId{1};
    define.define_pool.unit = Unit::card_hour;
    define.define_pool.symbol = {'P'};
    define.define_pool.accelerator = {'A'};
    expect_done(define);
    Command terms = by_operator(CommandType::set_pool_terms);
    terms.set_pool_terms = pool_terms();
    expect_done(terms);
    Command list = by_operator(CommandType::list_contracts);
    list.list_contracts.pool = pool;
    list.list_contracts.from_hour = Hour{first_hour_};
    list.list_contracts.hours = contracts;
    expect_done(list);
  }

  static SetPoolTerms pool_terms() {
    SetPoolTerms terms{};
    terms.pool = pool;
    terms.currency = CurrencyId{1};
    terms.calendar = CalendarId{1};
    terms.fees = FeeScheduleId{1};
    terms.tick_value = Money{1};
    terms.price_min = Price{1};
    terms.price_max = Price{1'000};
    terms.list_price = Price{100};
    terms.quantity_max = Quantity{1'000};
    terms.grade = Grade::standard;
    terms.gate_open_lead_ns = 400 * ns_per_day;
    terms.gate_close_lead_ns = 0;
    return terms;
  }

  Command by_operator(CommandType type) {
    Command command{};
    command.type = type;
    command.key = sim::operator_key;
    command.client_seq = ++client_seq_;
    return command;
  }
  Command by_issuer(CommandType type) {
    Command command{};
    command.type = type;
    command.key = sim::key_of(1);
    command.account = AccountId{1};
    command.client_seq = issuer_seq_ + 1;
    return command;
  }
  /// A sell order that rests, for a day by the right clock.
  Command sell_order() {
    Command command = by_issuer(CommandType::place_order);
    PlaceOrder& order = command.place_order;
    order.instrument = InstrumentId{1};
    order.quantity = Quantity{5};
    order.limit = Price{100};
    order.side = Side::sell;
    order.draw = Draw::capacity;
    order.kind = OrderKind::limit;
    order.time_in_force = TimeInForce::gtd;
    order.self_match = SelfMatch::cancel_oldest;
    order.expiry = Time{static_cast<std::int64_t>(SystemClock().wall_ns()) + ns_per_day};
    order.client_order_id = {command.client_seq, 1};
    return command;
  }

  /// What became of it: at the door, or later.
  Submitted outcome(const Command& command) {
    const std::uint64_t handle = handle_++;
    const Submitted at_once = running_->exchange().submit(command, running_->port().id(), handle);
    if (at_once != Submitted::accepted) return at_once;
    while (!running_->answers().contains(handle) && !running_->refusals().contains(handle)) {
      running_->poll_or_wait();
    }
    if (running_->refusals().contains(handle)) return running_->refusals().at(handle);
    answer_ = running_->answers().at(handle);
    if (command.key == sim::key_of(1)) issuer_seq_ = command.client_seq;
    return Submitted::accepted;
  }
  void expect_done(const Command& command) {
    ASSERT_EQ(outcome(command), Submitted::accepted);
    ASSERT_NE(answer_.type, EventType::rejected)
        << "code " << answer_.detail << " for command " << static_cast<int>(command.type);
  }

  void move_wall(std::int64_t ns) {
    running_->clock().move_wall(ns);
    while (running_->exchange().clock_apart_ns() == 0) running_->poll_or_wait();
  }
  void right_wall() {
    running_->clock().move_wall(0);
    while (running_->exchange().clock_apart_ns() != 0) running_->poll_or_wait();
  }
  void wait(std::int64_t ns) {
    const std::uint64_t end = SystemClock().steady_ns() + static_cast<std::uint64_t>(ns);
    while (SystemClock().steady_ns() < end) running_->poll_or_wait();
  }

  std::uint32_t tradable_contracts() {
    return running_->ask<std::uint32_t>([this](const Engine& engine) {
      std::uint32_t count = 0;
      for (std::uint32_t i = 0; i < contracts; ++i) {
        const InstrumentId id = engine.contract(pool, Hour{first_hour_ + i});
        const Instrument* contract = id.is_none() ? nullptr : engine.instrument(id);
        const bool is_tradable = contract != nullptr &&
                                 contract->state != InstrumentState::closed &&
                                 contract->tradable_until_ns > 0;
        count += is_tradable ? 1 : 0;
      }
      return count;
    });
  }
  std::size_t open_orders() {
    return running_->ask<std::size_t>([](const Engine& engine) {
      std::vector<OpenOrder> open;
      engine.open_orders(AccountId{1}, open);
      return open.size();
    });
  }
  /// How far the last command's time is from the right time.
  std::int64_t newest_time_wrong_by() const {
    return running_->times().back().value() - static_cast<std::int64_t>(SystemClock().wall_ns());
  }
  void expect_right_time() const {
    EXPECT_LT(newest_time_wrong_by(), 2 * ns_per_second);
    EXPECT_GT(newest_time_wrong_by(), -2 * ns_per_second);
  }

  const std::int64_t first_hour_ =
      static_cast<std::int64_t>(SystemClock().wall_ns()) / ns_per_hour + 2;
  TemporaryFolder directory_;
  std::unique_ptr<RunningExchange> running_;
  std::uint64_t handle_ = 0;
  std::uint64_t client_seq_ = 0;
  std::uint64_t issuer_seq_ = 0;
  Event answer_{};
};

TEST_F(WrongClock, ten_years_ahead_for_two_seconds_closes_and_expires_nothing) {
  start();
  open_market();
  expect_done(sell_order());
  ASSERT_EQ(tradable_contracts(), contracts);
  wait(ns_per_second / 5);  // what is left over is done
  const std::uint64_t before = running_->exchange().durable();
  move_wall(ten_years_ns);
  wait(2 * ns_per_second);
  EXPECT_EQ(running_->exchange().durable(), before) << "something was due";
  EXPECT_EQ(outcome(sell_order()), Submitted::clock_held);
  EXPECT_EQ(running_->exchange().durable(), before) << "a refusal was journaled";
  Command cancel = by_issuer(CommandType::cancel_order);
  cancel.cancel_order.client_order_id = {issuer_seq_, 1};
  expect_done(cancel);
  expect_right_time();
  EXPECT_EQ(open_orders(), 0U);
  right_wall();
  expect_done(sell_order());  // under the number that the refused one did not use
  expect_right_time();
  EXPECT_EQ(tradable_contracts(), contracts);
  EXPECT_EQ(open_orders(), 1U);
}

TEST_F(WrongClock, an_hour_behind_the_dead_mans_timer_still_runs) {
  start();
  open_market();
  expect_done(sell_order());
  move_wall(-ns_per_hour);
  Command dead_man = by_issuer(CommandType::set_dead_man);
  dead_man.set_dead_man.timeout_ns = ns_per_second / 2;
  const std::uint64_t set_at = SystemClock().steady_ns();
  expect_done(dead_man);
  while (open_orders() != 0) running_->poll_or_wait();
  const std::uint64_t took = SystemClock().steady_ns() - set_at;
  EXPECT_GE(took, static_cast<std::uint64_t>(ns_per_second) * 49 / 100);
  EXPECT_LT(took, static_cast<std::uint64_t>(60 * ns_per_second));
  expect_right_time();
}

TEST_F(WrongClock, wrong_at_a_start_time_goes_on_behind_the_last_command) {
  for (const std::int64_t moved : {ten_years_ns, -ns_per_hour}) {
    start();
    if (handle_ == 0) open_market();
    expect_done(sell_order());
    start(moved);
    EXPECT_NE(running_->exchange().clock_apart_ns(), 0);
    EXPECT_EQ(outcome(sell_order()), Submitted::clock_held);
    Command cancel = by_issuer(CommandType::cancel_order);
    cancel.cancel_order.client_order_id = {issuer_seq_, 1};
    expect_done(cancel);
    expect_right_time();
    EXPECT_EQ(tradable_contracts(), contracts);
  }
}

TEST_F(WrongClock, an_operator_accepts_the_wall_clock_at_a_start) {
  start();
  open_market();
  start(60 * ns_per_day);
  EXPECT_NE(running_->exchange().clock_apart_ns(), 0);
  start(60 * ns_per_day, true);
  EXPECT_EQ(running_->exchange().clock_apart_ns(), 0);
  Command currency = by_operator(CommandType::define_currency);
  currency.define_currency.currency = CurrencyId{2};
  currency.define_currency.code = {'U', 'S', 'D'};
  expect_done(currency);
  EXPECT_GT(newest_time_wrong_by(), 59 * ns_per_day);

  start(0, true);  // back: what was stamped stays, and the exchange works
  EXPECT_EQ(running_->exchange().clock_apart_ns(), 0);
  currency.client_seq = ++client_seq_;
  currency.define_currency.currency = CurrencyId{3};
  expect_done(currency);
  EXPECT_GT(newest_time_wrong_by(), 59 * ns_per_day);
}

}  // namespace
}  // namespace karst
