// What the rules of each version say, on engine and model at once; a version is adopted for good.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/rules.hpp"
#include "tests/model/compare.hpp"
#include "tests/model/market_text.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t hour = 490'992;

/// A pool certified for 100 lots from hour 0 on, of which `alice` has minted 80 in hour + 2.
class Rules : public testing::Test {
 protected:
  static constexpr AccountId alice{1};
  static constexpr PoolId pool{1};

  Rules() : twins_(sizes(), Checks{1, 1, 3}) {
    Command configure = about(CommandType::configure);
    configure.configure = sizes();
    EXPECT_EQ(send(configure), RejectCode::none);
  }

  static Configure sizes() {
    return Configure{.accounts_max = 4,
                     .keys_max = 4,
                     .instruments_max = 16,
                     .orders_max = 16,
                     .holdings_max = 32,
                     .level_pages_max = 16,
                     .client_ids_max = 16,
                     .references_max = 16,
                     .currencies_max = 2,
                     .pools_max = 2,
                     .answers_per_key = 2,
                     .client_ids_per_account_max = 2,
                     .makers_per_command_max = 4,
                     .makers_per_bystander_max = 1,
                     .releases_per_command_max = 16};
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
    now_ += ns_per_second;
    command.time = Time{now_};
    const auto difference = twins_.apply(command);
    EXPECT_FALSE(difference.has_value()) << *difference;
    if (twins_.events().empty()) return RejectCode::none;
    const Event& answer = twins_.events().front();
    return answer.type == EventType::rejected ? static_cast<RejectCode>(answer.detail)
                                              : RejectCode::none;
  }

  RejectCode adopt(std::uint32_t version, KeyId key = KeyId{0}) {
    Command command = about(CommandType::adopt_rules);
    command.key = key;
    command.adopt_rules.version = version;
    return send(command);
  }

  RejectCode certify(std::int64_t from_hour, std::uint32_t lots) {
    Command command = about(CommandType::set_pool_capacity);
    command.set_pool_capacity = {pool, Hour{from_hour}, Quantity{lots}};
    return send(command);
  }

  RejectCode mint(std::int64_t of_hour, std::uint32_t lots) {
    Command command = about(CommandType::mint_capacity, alice);
    command.mint_capacity = {pool, Hour{of_hour}, 1, Quantity{lots}};
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
    admit.admit_merchant.name = {'m'};
    EXPECT_EQ(send(admit), RejectCode::none);
    make_pool();
    EXPECT_EQ(certify(0, 100), RejectCode::none);
    Command list = about(CommandType::list_contracts);
    list.list_contracts = {pool, Hour{hour + 2}, 3};
    EXPECT_EQ(send(list), RejectCode::none);
    EXPECT_EQ(mint(hour + 2, 80), RejectCode::none);
  }

  void make_pool() {
    Command define = about(CommandType::define_pool);
    define.define_pool.pool = pool;
    define.define_pool.operator_account = alice;
    define.define_pool.symbol = {'g', 'y'};
    define.define_pool.accelerator = {'x'};
    define.define_pool.unit = Unit::card_hour;
    EXPECT_EQ(send(define), RejectCode::none);
    Command terms = about(CommandType::set_pool_terms);
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
    t.gate_open_lead_ns = ns_per_day;
    EXPECT_EQ(send(terms), RejectCode::none);
  }

  void pass_to(std::int64_t to_hour) { now_ = to_hour * ns_per_hour; }

  Twins twins_;
  std::uint64_t sequence_ = 0;
  std::int64_t now_ = hour * ns_per_hour;
};

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
