// Clocks that jump under an exchange, at its start and while its machine is suspended, against an
// oracle of what may fall due. Time is virtual: nothing here waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/command/rules.hpp"
#include "ledger/exchange/exchange_core.hpp"
#include "ledger/journal/file_log.hpp"
#include "ledger/replay/replay.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/machine/sim_clock.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst {
namespace {

constexpr std::int64_t ns_per_minute = 60 * ns_per_second;
constexpr std::int64_t ns_per_year = 365 * ns_per_day;
constexpr std::int64_t held_from_ns = 2 * ns_per_second;  // more than that is no drift
constexpr std::int64_t gap_max_ns = 30 * ns_per_day;      // what is believed at a start
constexpr PoolId pool{1};
constexpr std::array<std::int64_t, 12> jumps{ns_per_second,  -ns_per_second,   ns_per_minute,
                                             -ns_per_minute, ns_per_hour,      -ns_per_hour,
                                             ns_per_day,     -ns_per_day,      ns_per_year,
                                             -ns_per_year,   10 * ns_per_year, -10 * ns_per_year};

/// An exchange of rules 3 in one thread, on a disk and clocks in memory. Its market has an order of
/// merchant 1 that expires five minutes on, and capacity in an hour whose gate closes ten minutes
/// on and which ends an hour later.
class ClockJumps : public testing::Test {
 protected:
  struct Seen {
    int burnt = 0;
    int expired = 0;
    int gates_closed = 0;
    int holds_begun = 0;
    int holds_ended = 0;
    int accepted = 0;
  };

  ClockJumps() {
    const std::uint64_t hour = clock_.wall_ns() / ns_per_hour + 1;
    clock_.set_wall(hour * ns_per_hour + 50 * ns_per_minute);
    first_hour_ = static_cast<std::int64_t>(hour) + 1;
    EXPECT_TRUE(storage_.create_directory("journal"));
  }

  void start() {
    core_.reset();
    log_.reset();
    FileLogOptions options;
    options.directory = "journal";
    options.segment_bytes = std::uint64_t{1} << 20U;
    options.staging_bytes = std::uint64_t{1} << 20U;
    options.reserve_bytes = std::uint64_t{1} << 18U;
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage_, clock_, options);
    ASSERT_TRUE(opened) << opened.error().text();
    log_ = std::move(opened).value();
    core_ = std::make_unique<ExchangeCore>(test::RunningExchange::small_config(), clock_, *log_,
                                           nullptr);
    port_ = &core_->open_port("test", nullptr);
    ASSERT_TRUE(core_->begin());
    pump();
  }

  /// Does all there is to do now.
  void pump() {
    for (bool is_any = true; is_any;) {
      const Result<bool> did = core_->sequencer().step();
      ASSERT_TRUE(did) << did.error().text();
      const Result<bool> synced = core_->committer()->step();
      ASSERT_TRUE(synced) << synced.error().text();
      ASSERT_TRUE(prepare_log(core_->pipeline(), *log_));
      const std::size_t taken = port_->poll([this](const Delivery& it) { look_at(it); });
      static_cast<void>(port_->poll_refusals([this](const Refusal& it) { refused_ = it.why; }));
      is_any = *did || *synced || taken != 0;
    }
  }
  void look_at(const Delivery& it) {
    time_ns_ = it.command.time.value();
    for (const Event& event : it.events) {
      if (event.type == EventType::units_burnt) {
        ++seen_.burnt;
        EXPECT_FALSE(is_held_) << "burnt while the clock was held";
      }
      const auto reason = static_cast<CancelReason>(event.detail);
      const bool is_cancel = event.type == EventType::order_cancelled;
      seen_.expired += is_cancel && reason == CancelReason::expired ? 1 : 0;
      const bool is_gate = event.type == EventType::instrument_state &&
                           event.state.reason == StateReason::gate_closed;
      seen_.gates_closed += is_gate ? 1 : 0;
      if (event.type == EventType::clock_held) {
        is_held_ = event.detail != 0;
        (is_held_ ? seen_.holds_begun : seen_.holds_ended) += 1;
      }
      if (event.type == EventType::clock_accepted) {
        is_held_ = false;
        ++seen_.accepted;
      }
      // No question was numbered wrongly, and no wish of the market refused.
      if (event.type == EventType::rejected) last_code_ = static_cast<RejectCode>(event.detail);
    }
  }

  /// Lets time pass, a minute at a time.
  void pass(std::int64_t ns) {
    for (; ns > 0; ns -= ns_per_minute) {
      clock_.advance(static_cast<std::uint64_t>(std::min(ns, ns_per_minute)));
      pump();
    }
  }

  Submitted submit(Command command, std::uint32_t port) {
    refused_ = Submitted::accepted;
    last_code_ = RejectCode::none;
    const Submitted at_once = core_->pipeline().submit(command, port, 1);
    pump();
    return at_once != Submitted::accepted ? at_once : refused_;
  }
  void expect_done(const Command& command) {
    ASSERT_EQ(submit(command, port_->id()), Submitted::accepted);
    ASSERT_EQ(last_code_, RejectCode::none) << static_cast<int>(command.type);
  }
  Command by_operator(CommandType type) {
    Command command;
    command.type = type;
    command.key = sim::operator_key;
    command.client_seq = ++client_seq_;
    return command;
  }

  void open_market() {
    Command adopt;
    adopt.type = CommandType::adopt_rules;
    adopt.adopt_rules.version = rules_newest;
    ASSERT_EQ(submit(adopt, 0), Submitted::accepted);
    const std::vector<Command> opening = test::whole_opening(2);
    for (const Command& command : opening) expect_done(command);
    client_seq_ = opening.size() - 1;  // the first is the exchange's own
    make_pool();
    Command place;
    place.type = CommandType::place_order;
    place.key = sim::key_of(1);
    place.account = AccountId{1};
    place.place_order.instrument = InstrumentId{1};
    place.place_order.quantity = Quantity{5};
    place.place_order.limit = Price{100};
    place.place_order.side = Side::sell;
    place.place_order.draw = Draw::capacity;
    place.place_order.kind = OrderKind::limit;
    place.place_order.time_in_force = TimeInForce::gtd;
    place.place_order.self_match = SelfMatch::cancel_oldest;
    place.place_order.expiry =
        Time{static_cast<std::int64_t>(clock_.wall_ns()) + 5 * ns_per_minute};
    expect_done(place);
    ends_ns_ = (first_hour_ + 1) * ns_per_hour;
  }

  void make_pool() {
    Command define = by_operator(CommandType::define_pool);
    define.define_pool.pool = pool;
    define.define_pool.operator_account = AccountId{1};
    define.define_pool.unit = Unit::card_hour;
    define.define_pool.symbol = {'P'};
    define.define_pool.accelerator = {'A'};
    expect_done(define);
    Command terms = by_operator(CommandType::set_pool_terms);
    SetPoolTerms& t = terms.set_pool_terms;
    t.pool = pool;
    t.currency = CurrencyId{1};
    t.calendar = CalendarId{1};
    t.fees = FeeScheduleId{1};
    t.tick_value = Money{1};
    t.price_min = Price{1};
    t.price_max = Price{1'000};
    t.list_price = Price{100};
    t.quantity_max = Quantity{1'000};
    t.grade = Grade::standard;
    t.gate_open_lead_ns = 400 * ns_per_day;
    expect_done(terms);
    Command certify = by_operator(CommandType::set_pool_capacity);
    certify.set_pool_capacity = {pool, Hour{0}, Quantity{100}};
    expect_done(certify);
    Command list = by_operator(CommandType::list_contracts);
    list.list_contracts = {pool, Hour{first_hour_}, 1};
    expect_done(list);
    Command mint = by_operator(CommandType::mint_capacity);
    mint.account = AccountId{1};
    mint.mint_capacity = {pool, Hour{first_hour_}, 1, Quantity{10}};
    expect_done(mint);
  }

  /// A deposit, which moves money: what becomes of it.
  Submitted fund() {
    Command command = by_operator(CommandType::fund);
    command.account = AccountId{2};
    command.fund = {CurrencyId{1}, Money{1}, {client_seq_, 99}};
    const Submitted submitted = submit(command, port_->id());
    if (submitted != Submitted::accepted) --client_seq_;
    return submitted;
  }
  void expect_held(bool is_held) {
    EXPECT_EQ(core_->pipeline().is_clock_held(), is_held);
    EXPECT_EQ(core_->engine().is_clock_held(), is_held) << "the journal says so";
    EXPECT_EQ(fund(), is_held ? Submitted::clock_held : Submitted::accepted);
  }
  void expect_seen(int expired, int gates_closed, int burnt) {
    EXPECT_EQ(seen_.expired, expired);
    EXPECT_EQ(seen_.gates_closed, gates_closed);
    EXPECT_EQ(seen_.burnt, burnt);
  }
  /// What was done is what a replay of the journal does.
  void expect_replayed() {
    const std::uint64_t hash = core_->engine().event_hash();
    const std::uint64_t state = core_->engine().state_hash();
    core_.reset();
    log_.reset();
    FileLogOptions options;
    options.directory = "journal";
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage_, clock_, options);
    ASSERT_TRUE(opened);
    Replay replay;
    ASSERT_TRUE(replay_log(**opened, replay, ~std::uint64_t{0} - 1, nullptr));
    EXPECT_EQ(replay.engine().event_hash(), hash);
    EXPECT_EQ(replay.engine().state_hash(), state);
  }

  sim::SimStorage storage_;
  sim::SimClock clock_;
  std::unique_ptr<FileLog> log_;
  std::unique_ptr<ExchangeCore> core_;
  Port* port_ = nullptr;
  Seen seen_;
  bool is_held_ = false;  ///< as the journal has said
  Submitted refused_ = Submitted::accepted;
  RejectCode last_code_{};
  std::int64_t time_ns_ = 0;  ///< of the newest command
  std::int64_t first_hour_ = 0;
  std::int64_t ends_ns_ = 0;  ///< the end of the hour
  std::uint64_t client_seq_ = 0;
};

TEST_F(ClockJumps, without_any_everything_falls_due_in_its_time) {
  start();
  open_market();
  pass(4 * ns_per_minute);
  expect_seen(0, 0, 0);
  pass(4 * ns_per_minute);
  expect_seen(1, 0, 0);
  pass(10 * ns_per_minute);
  expect_seen(1, 1, 0);
  pass(60 * ns_per_minute);
  expect_seen(1, 1, 1);
  EXPECT_EQ(seen_.holds_begun, 0);
  expect_replayed();
}

/// One test per jump.
class EachJump : public ClockJumps, public testing::WithParamInterface<std::int64_t> {
 protected:
  const std::int64_t jump_ns_ = GetParam();
  const bool is_held_running_ = std::abs(jump_ns_) > held_from_ns;
};

TEST_P(EachJump, while_running_settles_nothing_until_the_wall_clock_is_right_again) {
  start();
  open_market();
  clock_.move_wall(jump_ns_);
  pass(ns_per_minute);
  expect_held(is_held_running_);
  expect_seen(0, 0, 0);
  pass(6 * ns_per_minute);
  expect_seen(1, 0, 0);
  pass(70 * ns_per_minute);
  expect_seen(1, 1, is_held_running_ ? 0 : 1);
  clock_.move_wall(-jump_ns_);
  pass(ns_per_minute);
  expect_held(false);
  expect_seen(1, 1, 1);
  EXPECT_EQ(seen_.holds_begun, is_held_running_ ? 1 : 0);
  EXPECT_EQ(seen_.holds_ended, seen_.holds_begun);
  expect_replayed();
}

TEST_P(EachJump, that_an_operator_accepts_is_followed_and_stands_in_the_journal) {
  if (!is_held_running_) GTEST_SKIP() << "nothing is held";
  start();
  open_market();
  clock_.move_wall(jump_ns_);
  pass(ns_per_minute);
  expect_held(true);
  Command word = by_operator(CommandType::accept_clock);
  word.accept_clock.step_ns = jump_ns_ + 5 * ns_per_second;
  EXPECT_EQ(submit(word, port_->id()), Submitted::clock_held) << "not what the operator saw";
  word.accept_clock.step_ns = jump_ns_;
  word.key = sim::key_of(2);
  word.client_seq = 1;
  EXPECT_EQ(submit(word, port_->id()), Submitted::accepted);
  EXPECT_EQ(last_code_, RejectCode::not_permitted);
  expect_held(true);
  word.key = sim::operator_key;
  word.client_seq = client_seq_;
  const std::int64_t before_ns = time_ns_;
  expect_done(word);
  EXPECT_EQ(seen_.accepted, 1);
  pump();
  expect_held(false);
  const std::int64_t moved_ns = std::max<std::int64_t>(jump_ns_, 0);
  EXPECT_NEAR(static_cast<double>(time_ns_ - before_ns), static_cast<double>(moved_ns),
              static_cast<double>(held_from_ns));
  EXPECT_EQ(seen_.burnt, time_ns_ >= ends_ns_ ? 1 : 0);
  expect_done(word);  // the same again is answered, and moves nothing
  EXPECT_EQ(seen_.accepted, 1);
  pass(80 * ns_per_minute);
  expect_held(false);
  expect_seen(1, 1, 1);
  expect_replayed();
}

TEST_P(EachJump, at_a_start_settles_only_what_a_believed_clock_says) {
  start();
  open_market();
  clock_.move_wall(jump_ns_);
  const bool is_believed = jump_ns_ >= -held_from_ns && jump_ns_ <= gap_max_ns;
  start();
  expect_held(!is_believed);
  EXPECT_EQ(seen_.burnt, is_believed && time_ns_ >= ends_ns_ ? 1 : 0);
  pass(80 * ns_per_minute);
  expect_seen(1, 1, is_believed ? 1 : 0);
  clock_.move_wall(is_believed ? 0 : -jump_ns_);
  pass(ns_per_minute);
  expect_held(false);
  expect_seen(1, 1, 1);
  expect_replayed();
}

TEST_P(EachJump, over_a_restart_a_hold_is_what_the_new_process_finds) {
  start();
  open_market();
  clock_.move_wall(jump_ns_);
  pass(80 * ns_per_minute);
  expect_seen(1, 1, is_held_running_ ? 0 : 1);
  Command cancel;  // time goes on from the newest command
  cancel.type = CommandType::mass_cancel;
  cancel.key = sim::key_of(1);
  cancel.account = AccountId{1};
  expect_done(cancel);
  start();
  const bool is_believed = !is_held_running_ || (jump_ns_ > 0 && jump_ns_ <= gap_max_ns);
  expect_held(!is_believed);
  expect_seen(1, 1, is_believed ? 1 : 0);
  clock_.move_wall(is_believed ? 0 : -jump_ns_);
  pass(ns_per_minute);
  expect_held(false);
  expect_seen(1, 1, 1);
  expect_replayed();
}

TEST_P(EachJump, forwards_is_none_if_the_machine_was_suspended_meanwhile) {
  if (jump_ns_ < 0) GTEST_SKIP() << "nobody is suspended backwards";
  start();
  open_market();
  clock_.suspend(static_cast<std::uint64_t>(jump_ns_), true);
  pump();
  expect_held(false);
  EXPECT_EQ(seen_.burnt, time_ns_ >= ends_ns_ ? 1 : 0);
  EXPECT_EQ(seen_.holds_begun, 0);
  expect_replayed();
}

TEST_P(EachJump, of_the_boottime_clock_alone_settles_nothing_with_the_reading_that_shows_it) {
  if (jump_ns_ < 0) GTEST_SKIP() << "nobody is suspended backwards";
  start();
  open_market();
  clock_.suspend(static_cast<std::uint64_t>(jump_ns_), false);
  pump();
  pump();
  expect_held(is_held_running_);
  EXPECT_EQ(seen_.burnt, 0);
  pass(80 * ns_per_minute);
  expect_seen(1, 1, is_held_running_ ? 0 : 1);
  clock_.move_wall(jump_ns_);
  pass(ns_per_minute);
  expect_held(false);
  expect_seen(1, 1, 1);
  expect_replayed();
}

INSTANTIATE_TEST_SUITE_P(jumps, EachJump, testing::ValuesIn(jumps),
                         [](const testing::TestParamInfo<std::int64_t>& jump) {
                           return std::string(jump.param < 0 ? "behind_by_" : "ahead_by_") +
                                  std::to_string(std::abs(jump.param) / ns_per_second) + "_s";
                         });

}  // namespace
}  // namespace karst
