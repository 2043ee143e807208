// Every reject code is reached, and mending one fault at a time walks down their list.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/model/compare.hpp"
#include "tests/model/market_text.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t hour = 490'992;

Configure small_exchange() {
  return Configure{.accounts_max = 16,
                   .keys_max = 16,
                   .instruments_max = 16,
                   .orders_max = 16,
                   .holdings_max = 32,
                   .level_pages_max = 16,
                   .client_ids_max = 16,
                   .references_max = 16,
                   .currencies_max = 4,
                   .pools_max = 4,
                   .answers_per_key = 2,
                   .client_ids_per_account_max = 2,
                   .makers_per_command_max = 4,
                   .makers_per_bystander_max = 1,
                   .releases_per_command_max = 16};
}

/// A market with one of everything that can be wrong, on engine and model at once.
class Walk : public testing::Test {
 protected:
  static constexpr AccountId alice{1}, bob{2}, carol{3}, dora{4}, nobody{9};
  static constexpr KeyId trader{1}, revoked{2}, desk{3}, unknown{9};

  Walk() : twins_(small_exchange(), Checks{1, 1, 0}) {
    Command configure = about(CommandType::configure);
    configure.configure = small_exchange();
    send(configure);
    Command currency = about(CommandType::define_currency);
    currency.define_currency = {CurrencyId{1}, {'C', 'N', 'Y'}};
    send(currency);
    Command calendar = about(CommandType::define_calendar);
    calendar.define_calendar = {CalendarId{1}, 0};
    send(calendar);
    Command fees = about(CommandType::define_fees);
    fees.define_fees.schedule = FeeScheduleId{1};
    send(fees);
    for (const AccountId account : {alice, bob, carol, dora}) {
      Command admit = about(CommandType::admit_merchant, account);
      admit.admit_merchant.name = {'m'};
      admit.admit_merchant.domestic = account == carol;
      if (account == carol) admit.admit_merchant.tier = admit.admit_merchant.clearance = 9;
      send(admit);
    }
    make_key(trader, bob, scope::trade);
    make_key(revoked, bob, scope::trade);
    make_key(desk, AccountId{0}, scope::operate);
    Command revoke = about(CommandType::revoke_key);
    revoke.revoke_key.revoked_key = revoked;
    send(revoke);
    fund(carol, 1'000);
  }

  static Command about(CommandType type, AccountId account = AccountId{0}) {
    Command command;
    command.type = type;
    command.account = account;
    return command;
  }

  /// Returns: the code of the answer; none if the command was carried out.
  RejectCode send(const Command& wish) {
    Command command = wish;
    command.sequence = ++sequence_;
    command.time = Time{hour * ns_per_hour + static_cast<std::int64_t>(sequence_)};
    const auto difference = twins_.apply(command);
    EXPECT_FALSE(difference.has_value()) << *difference;
    RejectCode code = RejectCode::none;
    for (const Event& event : twins_.events()) {
      if (event.type == EventType::rejected) code = static_cast<RejectCode>(event.detail);
      if (event.type == EventType::order_accepted) last_order_ = event.order.order;
      if (event.type == EventType::contract_listed || event.type == EventType::product_defined) {
        last_instrument_ = event.instrument;
      }
    }
    return code;
  }

  void make_key(KeyId id, AccountId account, std::uint8_t scopes) {
    Command key = about(CommandType::create_key, account);
    key.create_key.new_key = id;
    key.create_key.scopes = scopes;
    send(key);
  }

  void fund(AccountId account, std::int64_t fen) {
    Command command = about(CommandType::fund, account);
    command.fund.currency = CurrencyId{1};
    command.fund.amount = Money{fen};
    command.fund.reference = Reference{sequence_, 1};
    send(command);
  }

  /// A seat-limited product that asks much of its buyers.
  InstrumentId product(std::int64_t certified_for = ns_per_hour) {
    Command command = about(CommandType::define_product, alice);
    DefineProduct& wish = command.define_product;
    wish.currency = CurrencyId{1};
    wish.calendar = CalendarId{1};
    wish.fees = FeeScheduleId{1};
    wish.tick_value = Money{8};
    wish.price_min = Price{1};
    wish.list_price = Price{100};
    wish.price_max = Price{std::int64_t{1} << 30};
    wish.quantity_max = Quantity{0x7fffffff};
    wish.seats = Quantity{10};
    wish.supply = Supply::seats;
    wish.resale = Resale::free;
    wish.unit = Unit::copy;
    wish.tier_min = 3;
    wish.clearance_min = 4;
    wish.domestic_only = true;
    wish.certificate_expiry = Time{hour * ns_per_hour + certified_for};
    wish.symbol = {'D'};
    send(command);
    return last_instrument_;
  }

  void move(InstrumentId id, InstrumentState to) {
    Command command = about(CommandType::set_instrument_state);
    command.set_instrument_state.instrument = id;
    command.set_instrument_state.state = to;
    send(command);
  }

  /// Two contracts: one whose gate opens later, one whose gate has closed when this returns.
  std::pair<InstrumentId, InstrumentId> contracts() {
    Command pool = about(CommandType::define_pool);
    pool.define_pool.pool = PoolId{1};
    pool.define_pool.operator_account = alice;
    pool.define_pool.symbol = {'P'};
    pool.define_pool.accelerator = {'A'};
    pool.define_pool.unit = Unit::p_hour;
    send(pool);
    Command terms = about(CommandType::set_pool_terms);
    SetPoolTerms& wish = terms.set_pool_terms;
    wish.pool = PoolId{1};
    wish.currency = CurrencyId{1};
    wish.calendar = CalendarId{1};
    wish.fees = FeeScheduleId{1};
    wish.tick_value = Money{1};
    wish.price_min = wish.list_price = wish.price_max = Price{1};
    wish.quantity_max = Quantity{1};
    wish.grade = Grade::spot;
    // The gate of the next hour closes three commands from now; that of the one after opens then.
    wish.gate_close_lead_ns = ns_per_hour - static_cast<std::int64_t>(sequence_) - 4;
    wish.gate_open_lead_ns = wish.gate_close_lead_ns + 1;
    send(terms);
    Command list = about(CommandType::list_contracts);
    list.list_contracts = {PoolId{1}, Hour{hour + 1}, 2};
    send(list);
    const InstrumentId later = last_instrument_;
    for (int i = 0; i < 4; ++i) send(about(CommandType::tick));
    return {later, instrument_id(generation_of(later), slot_of(later) - 1)};
  }

  void limit(AccountId account, std::uint32_t lots, std::int64_t fen, std::uint32_t orders,
             std::uint32_t messages) {
    Command command = about(CommandType::set_merchant_limits, account);
    command.set_merchant_limits = {Quantity{lots}, orders, Money{fen}, messages, ~0U, ~0U};
    send(command);
  }

  void profile(std::uint8_t tier, std::uint8_t clearance, bool domestic) {
    Command command = about(CommandType::set_merchant_profile, bob);
    command.set_merchant_profile = {GroupId{0}, tier, clearance, domestic};
    send(command);
  }

  void set_state(AccountId account, MerchantState state) {
    Command command = about(CommandType::set_merchant_state, account);
    command.set_merchant_state.state = state;
    send(command);
  }

  void kill(bool on) {
    Command command = about(CommandType::kill_switch, bob);
    command.kill_switch.on = on;
    send(command);
  }

  Command order(AccountId account, InstrumentId on, Side side, std::int64_t price) const {
    Command command = about(CommandType::place_order, account);
    PlaceOrder& wish = command.place_order;
    wish.instrument = on;
    wish.quantity = Quantity{1};
    wish.limit = Price{price};
    wish.side = side;
    wish.kind = OrderKind::limit;
    wish.time_in_force = TimeInForce::gtc;
    wish.self_match = SelfMatch::cancel_newest;
    wish.draw = side == Side::buy ? Draw::none : Draw::capacity;
    return command;
  }

  Twins twins_;
  std::uint64_t sequence_ = 0;
  OrderId last_order_{0};
  InstrumentId last_instrument_{0};
};

TEST_F(Walk, of_place_order_down_the_list_by_mending_the_fault_of_lowest_number) {
  // Places where things can be wrong, made first.
  const InstrumentId good = product();
  const InstrumentId halted = product();
  const InstrumentId suspended = product();
  const InstrumentId delisted = product();
  const InstrumentId uncertified = product(0);
  const auto [scheduled, closed] = contracts();
  Command halt = about(CommandType::halt);
  halt.halt.instrument = halted;
  send(halt);
  move(suspended, InstrumentState::suspended);
  move(delisted, InstrumentState::delisted);
  Command named = order(carol, good, Side::buy, 1);
  named.place_order.client_order_id = {7, 7};
  ASSERT_EQ(send(named), RejectCode::none);
  ASSERT_EQ(send(order(alice, good, Side::sell, 90)), RejectCode::none);
  set_state(carol, MerchantState::suspended);
  set_state(dora, MerchantState::exited);
  profile(9, 9, true);
  fund(bob, 200);
  for (std::uint64_t id = 1; id <= 2; ++id) {  // all the client order ids bob may have
    Command own = order(bob, good, Side::buy, 1);
    own.place_order.client_order_id = {id, 1};
    ASSERT_EQ(send(own), RejectCode::none);
  }
  profile(0, 0, false);
  limit(bob, 10, 100, 2, 0);
  kill(true);
  send(about(CommandType::tick));
  Command again = order(bob, good, Side::buy, 1);
  ASSERT_EQ(send(again), RejectCode::account_killed);

  // A command with every fault.
  Command c = order(nobody, InstrumentId{999}, static_cast<Side>(9), (std::int64_t{1} << 30) + 1);
  c.key = unknown;
  c.epoch = 7;
  c.client_seq = 5;
  PlaceOrder& wish = c.place_order;
  wish.draw = Draw::none;
  wish.kind = OrderKind::post_only;
  wish.time_in_force = TimeInForce::gtd;
  wish.expiry = Time{1};
  wish.client_order_id = {7, 7};
  wish.quantity = Quantity{0x80000000};

  struct Step {
    RejectCode expected;
    std::function<void()> mend;
  };
  const std::vector<Step> steps{
      {RejectCode::unknown_key, [&] { c.key = revoked; }},
      {RejectCode::key_revoked, [&] { c.key = trader; }},
      {RejectCode::session_fenced, [&] { c.epoch = 0; }},
      {RejectCode::seq_gap, [&] { c.client_seq = 0; }},
      {RejectCode::invalid_field, [&] { wish.side = Side::buy; }},
      {RejectCode::not_permitted, [&] { c.key = desk; }},
      {RejectCode::unknown_account, [&] { c.account = carol; }},
      {RejectCode::client_order_id_in_use,
       [&] {
         wish.client_order_id = {8, 8};
       }},
      {RejectCode::account_suspended, [&] { c.account = dora; }},
      {RejectCode::account_exited, [&] { c.account = bob; }},
      {RejectCode::account_killed, [&] { kill(false); }},
      {RejectCode::rate_exceeded, [&] { limit(bob, 10, 100, 0, ~0U); }},
      {RejectCode::unknown_instrument, [&] { wish.instrument = scheduled; }},
      {RejectCode::instrument_scheduled, [&] { wish.instrument = halted; }},
      {RejectCode::instrument_halted, [&] { wish.instrument = suspended; }},
      {RejectCode::instrument_suspended, [&] { wish.instrument = closed; }},
      {RejectCode::instrument_closed, [&] { wish.instrument = delisted; }},
      {RejectCode::instrument_delisted, [&] { wish.instrument = uncertified; }},
      {RejectCode::certificate_expired, [&] { wish.instrument = good; }},
      {RejectCode::tier_too_low, [&] { profile(3, 0, false); }},
      {RejectCode::clearance_too_low, [&] { profile(3, 4, false); }},
      {RejectCode::cross_border_denied, [&] { profile(3, 4, true); }},
      {RejectCode::price_out_of_bounds, [&] { wish.limit = Price{std::int64_t{1} << 30}; }},
      {RejectCode::quantity_out_of_bounds, [&] { wish.quantity = Quantity{0x7fffffff}; }},
      {RejectCode::amount_out_of_bounds, [&] { wish.limit = Price{100}; }},
      {RejectCode::expiry_in_past, [&] { wish.expiry = Time{(hour + 9) * ns_per_hour}; }},
      {RejectCode::order_size_exceeded, [&] { wish.quantity = Quantity{10}; }},
      {RejectCode::order_notional_exceeded, [&] { limit(bob, 10, 10'000, 0, ~0U); }},
      {RejectCode::open_orders_exceeded, [&] { limit(bob, 10, 10'000, 9, ~0U); }},
      {RejectCode::client_order_ids_exceeded, [&] { wish.client_order_id = {}; }},
      {RejectCode::post_only_would_trade, [&] { wish.kind = OrderKind::limit; }},
      {RejectCode::insufficient_funds, [&] { fund(bob, 10'000); }},
      {RejectCode::none, [] {}},
  };
  RejectCode before = RejectCode::none;
  for (const Step& step : steps) {
    const RejectCode code = send(c);
    ASSERT_EQ(text_of(code), text_of(step.expected)) << "after " << text_of(before);
    ASSERT_TRUE(code == RejectCode::none || code > before) << "the list is walked downwards";
    before = code;
    step.mend();
  }
}

/// Codes that no command of a test by itself shows are in the scenarios (book_busy, no_room …).
TEST(RejectCodes, of_the_list_are_all_reached_by_random_commands) {
  Coverage coverage;
  for (const Profile profile : {Profile::adversary, Profile::traders}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const auto difference =
          compare_random(seed, profile, 30'000, Checks{100, 1'000, 10'000}, coverage);
      ASSERT_FALSE(difference.has_value()) << *difference;
    }
  }
  for (int number = 1; number <= 76; ++number) {
    const auto code = static_cast<RejectCode>(number);
    if (text_of(code).starts_with("#")) continue;  // a gap in the list
    EXPECT_GT(coverage.rejects[code], 0U) << text_of(code);
  }
  for (int number = 1; number <= 15; ++number) {
    EXPECT_GT(coverage.cancels[static_cast<CancelReason>(number)], 0U) << "reason " << number;
  }
  EXPECT_GT(coverage.events[EventType::trade], 10'000U);
  EXPECT_GT(coverage.commands_with_sweeps, 1'000U);
}

}  // namespace
}  // namespace karst::model
