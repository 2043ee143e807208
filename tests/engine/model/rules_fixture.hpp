// A small market on engine and model at once, under whatever rules a test adopts.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/command/rules.hpp"
#include "tests/model/compare.hpp"
#include "tests/model/market_text.hpp"

namespace karst::model {

inline constexpr std::int64_t hour = 490'992;
inline constexpr std::int64_t ns_per_minute = 60 * ns_per_second;

/// A pool certified for 100 lots from hour 0 on, of which `alice` has minted 80 in hour + 2.
class Rules : public testing::Test {
 protected:
  static constexpr AccountId alice{1};
  static constexpr AccountId bob{2};
  static constexpr PoolId pool{1};

  explicit Rules(const Configure& given = sizes(), const Checks& checks = Checks{1, 1, 3})
      : twins_(given, checks) {
    Command configure = about(CommandType::configure);
    configure.configure = given;
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
    sent_.push_back(command);
    const auto difference = twins_.apply(command);
    EXPECT_FALSE(difference.has_value()) << *difference;
    if (twins_.events().empty()) return RejectCode::none;
    for (const Event& event : twins_.events()) {
      if (event.type == EventType::rejected) return static_cast<RejectCode>(event.detail);
    }
    return RejectCode::none;
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
    for (const AccountId account : {alice, bob}) {
      Command admit = about(CommandType::admit_merchant, account);
      admit.admit_merchant.name = {'m'};
      EXPECT_EQ(send(admit), RejectCode::none);
    }
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
  std::vector<Command> sent_;
  std::uint64_t sequence_ = 0;
  std::int64_t now_ = hour * ns_per_hour;
};

}  // namespace karst::model
