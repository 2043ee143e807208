// The replay's own accounts and checks see what is wrong, and its plots say what they are given.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/engine.hpp"
#include "gateway/sim/cluster_accounts.hpp"
#include "gateway/sim/cluster_audit.hpp"
#include "gateway/sim/cluster_market.hpp"
#include "gateway/sim/cluster_report.hpp"
#include "gateway/sim/cluster_svg.hpp"

namespace karst::test {
namespace {

using tool::ClusterAccounts;
using tool::ClusterAuditor;
using Holdings = std::vector<v1::Holding>;

v1::Event funded(std::uint64_t number, std::uint32_t account, std::int64_t amount) {
  v1::Event event;
  event.set_number(number);
  event.set_account_id(account);
  event.mutable_cash()->set_amount_fen(amount);
  return event;
}

v1::Event minted(std::uint64_t number, std::uint32_t account, std::uint32_t lots) {
  v1::Event event;
  event.set_number(number);
  event.set_account_id(account);
  event.set_instrument_id(7);
  event.mutable_units()->set_pool_id(2);
  event.mutable_units()->set_hour(tool::cluster_first_hour + 5);
  event.mutable_units()->set_quantity_lots(lots);
  event.mutable_units()->set_row(v1::DRAW_CAPACITY);
  return event;
}

v1::Event fill(std::uint64_t number, std::uint32_t account, v1::Side side, std::uint64_t order) {
  v1::Event event;
  event.set_number(number);
  event.set_account_id(account);
  event.set_instrument_id(7);
  v1::Fill& body = *event.mutable_fill();
  body.set_side(side);
  body.set_order_id(order);
  body.set_quantity_lots(4);
  body.set_price_ticks(10);
  body.set_notional_fen(40);
  body.set_fee_fen(1);
  return event;
}

v1::Event ask(std::uint64_t number, std::uint64_t order, std::int64_t price, std::uint32_t lots) {
  v1::Event event;
  event.set_number(number);
  event.set_account_id(1);
  event.set_instrument_id(7);
  v1::OrderChange& body = *event.mutable_order();
  body.set_what(v1::OrderChange::WHAT_ACCEPTED);
  body.set_side(v1::SIDE_SELL);
  body.set_order_id(order);
  body.set_limit_ticks(price);
  body.set_quantity_lots(lots);
  body.set_tag(3);
  return event;
}

v1::Balances balances(std::int64_t available, std::int64_t reserved, std::int64_t escrow) {
  v1::Balances all;
  v1::Balance& it = *all.add_balances();
  it.set_available_fen(available);
  it.set_reserved_fen(reserved);
  it.set_escrow_fen(escrow);
  return all;
}

TEST(cluster_accounts, follow_the_events_and_notice_a_missing_one) {
  ClusterAccounts accounts(tool::cluster_first_hour);
  ASSERT_TRUE(accounts.take(minted(1, 1, 10)).ok());
  ASSERT_TRUE(accounts.take(ask(2, 100, 10, 6)).ok());
  ASSERT_TRUE(accounts.take(ask(3, 101, 12, 4)).ok());
  EXPECT_EQ(accounts.instrument({2, 5}), 7u);
  EXPECT_EQ(accounts.best_ask({2, 5}), 10);
  EXPECT_EQ(accounts.best_ask({2, 6}), 0);
  ASSERT_EQ(accounts.asks({2, 5}).size(), 2u);
  EXPECT_EQ(accounts.asks({2, 5})[0].rung, 3u);
  ASSERT_TRUE(accounts.take(funded(1, 11, 1'000)).ok());
  ASSERT_TRUE(accounts.take(fill(2, 11, v1::SIDE_BUY, 200)).ok());
  ASSERT_TRUE(accounts.take(fill(4, 1, v1::SIDE_SELL, 100)).ok());
  EXPECT_EQ(accounts.asks({2, 5})[0].leaves, 2u);
  EXPECT_EQ(accounts.take_filled(200), 4u);
  EXPECT_EQ(accounts.take_filled(200), 0u);
  EXPECT_TRUE(accounts.is_zero_sum());
  EXPECT_FALSE(accounts.is_at_rest());
  EXPECT_EQ(accounts.compare(11, balances(959, 0, 0)), "");
  EXPECT_EQ(accounts.compare(1, balances(0, 0, 39)), "");
  EXPECT_EQ(accounts.take(fill(4, 11, v1::SIDE_BUY, 201)).error().code, ErrorCode::corrupt);
}

TEST(cluster_accounts, say_what_the_exchange_has_got_wrong) {
  ClusterAccounts accounts(tool::cluster_first_hour);
  ASSERT_TRUE(accounts.take(funded(1, 11, 1'000)).ok());
  EXPECT_NE(accounts.compare(11, balances(999, 0, 0)), "");
  EXPECT_NE(accounts.compare(11, balances(900, 100, 0)), "");  // nothing may stay reserved
  EXPECT_NE(accounts.compare(11, balances(1'001, 0, -1)), "");
  EXPECT_EQ(accounts.compare(11, balances(1'000, 0, 0)), "");
  ASSERT_TRUE(accounts.take(minted(1, 1, 10)).ok());
  v1::Holding holding;
  holding.set_instrument_id(7);
  holding.set_row(v1::DRAW_CAPACITY);
  holding.set_free_lots(3);
  holding.set_reserved_lots(7);
  EXPECT_EQ(accounts.compare(1, Holdings{holding}), "");
  holding.set_free_lots(4);
  EXPECT_NE(accounts.compare(1, Holdings{holding}), "");
  EXPECT_NE(accounts.compare(1, Holdings{}), "");
}

/// An engine with one merchant that has been paid in 500 fen, and what it said.
struct SmallEngine {
  SmallEngine() : engine(sizes()), events(events_per_command_max) {
    Command command;
    command.type = CommandType::configure;
    command.configure = sizes();
    apply(command);
    command = Command{};
    command.type = CommandType::define_currency;
    command.define_currency.currency = CurrencyId{1};
    command.define_currency.code = {'C', 'N', 'Y'};
    apply(command);
    command = Command{};
    command.type = CommandType::admit_merchant;
    command.account = AccountId{1};
    command.admit_merchant.name = {'m'};
    apply(command);
    command = Command{};
    command.type = CommandType::fund;
    command.account = AccountId{1};
    command.fund = {CurrencyId{1}, Money{500}, {1, 2}};
    apply(command);
  }
  static Configure sizes() {
    return {64, 4, 8, 64, 64, 8, 16, 16, 2, 4, 4, 4, 64, 8, 64};
  }
  Executed apply(Command command) {
    last = command;
    last.sequence = engine.sequence() + 1;
    last.time = Time{static_cast<std::int64_t>(last.sequence)};
    EventRing ring{events.data(), events_per_command_max - 1, 0};
    const Applied applied = engine.apply(last, ring);
    return {last, {events.data(), applied.count}, applied.answer};
  }
  Engine engine;
  std::vector<Event> events;
  Command last;
};

TEST(cluster_audit, holds_on_a_sound_engine_and_fails_on_events_that_lie) {
  SmallEngine small;
  Command tick;
  tick.type = CommandType::tick;
  ClusterAuditor auditor(1, 2);
  auditor.take(small.apply(tick), small.engine);
  EXPECT_EQ(auditor.check(ClusterAuditor::zero_sum).failures, 0u);
  EXPECT_GT(auditor.check(ClusterAuditor::zero_sum).looks, 0u);
  const std::uint64_t silent = auditor.figures().market_hash;
  // Lots that the engine knows nothing of.
  Event lie{};
  lie.type = EventType::capacity_minted;
  lie.instrument = InstrumentId{1};
  lie.units.account = AccountId{1};
  lie.units.pool = PoolId{1};
  lie.units.quantity = Quantity{5};
  const Executed executed = small.apply(tick);
  const std::vector<Event> lies{lie};
  auditor.take({executed.command, lies, Executed::no_answer}, small.engine);
  EXPECT_EQ(auditor.check(ClusterAuditor::zero_sum).failures, 1u);
  EXPECT_EQ(auditor.check(ClusterAuditor::capacity).failures, 1u);
  EXPECT_NE(auditor.check(ClusterAuditor::zero_sum).first, "");
  EXPECT_NE(auditor.figures().market_hash, silent);
}

TEST(cluster_audit, a_log_on_changes_the_event_hash_but_not_the_market) {
  SmallEngine small;
  ClusterAuditor auditor(1, 2);
  const std::uint64_t market = auditor.figures().market_hash;
  Command command;
  command.type = CommandType::create_key;
  command.account = AccountId{1};
  command.create_key = {KeyId{1}, scope::trade, {}};
  auditor.take(small.apply(command), small.engine);
  const std::uint64_t before = auditor.figures().event_hash;
  command = Command{};
  command.type = CommandType::open_session;
  command.key = KeyId{1};
  command.account = AccountId{1};
  auditor.take(small.apply(command), small.engine);
  EXPECT_NE(auditor.figures().event_hash, before);
  EXPECT_EQ(auditor.figures().market_hash, market);
}

TEST(cluster_report, a_check_that_never_looked_does_not_hold) {
  tool::ClusterReport report;
  tool::ClusterCheck check;
  report.checks.push_back(check);
  EXPECT_FALSE(report.is_sound());
  report.checks[0].expect(true, "");
  EXPECT_TRUE(report.is_sound());
  report.checks[0].expect(false, "this");
  EXPECT_FALSE(report.is_sound());
  EXPECT_EQ(report.checks[0].first, "this");
}

TEST(cluster_plots, numbers_are_short_and_texts_are_safe) {
  EXPECT_EQ(tool::short_number(0), "0");
  EXPECT_EQ(tool::short_number(7'500), "7500");
  EXPECT_EQ(tool::short_number(12'345), "12.3 k");
  EXPECT_EQ(tool::short_number(1'200'000), "1.2 M");
  EXPECT_EQ(tool::escaped("<a&\"b\">"), "&lt;a&amp;&quot;b&quot;&gt;");
  EXPECT_EQ(tool::grouped(1'234'567), "1,234,567");
  EXPECT_EQ(tool::grouped(999), "999");
  EXPECT_EQ(tool::hundredths(123'406), "1,234.06");
}

TEST(cluster_plots, a_bar_for_every_value_that_is_not_zero) {
  const tool::PlotFrame frame{.title = "t", .unit = ""};
  const std::string svg = tool::stacked_bars(
      frame, {{"a", "#111", {1, 0, 3}}, {"b", "#222", {0, 2, 2}}}, {"cap", "#333", {4, 4, 4}});
  std::size_t bars = 0;
  for (std::size_t at = svg.find("<rect"); at < svg.size(); at = svg.find("<rect", at + 1)) {
    ++bars;
  }
  EXPECT_EQ(bars, 4u);
  EXPECT_NE(svg.find("a, hour 3: 3"), std::string::npos);
  EXPECT_NE(svg.find("stroke-dasharray"), std::string::npos);
}

}  // namespace
}  // namespace karst::test
