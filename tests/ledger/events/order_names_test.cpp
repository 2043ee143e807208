// What the event log says beside its events: the names merchants give their orders, and themselves.
// They are a function of the journal, however often following it began anew.
#include "ledger/events/order_names.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "ledger/files/crc32c.hpp"
#include "tests/frozen/frozen_market.hpp"
#include "tests/support/machine/sim_storage.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::FrozenExchange;
using test::TemporaryFolder;
using Bytes = std::vector<std::byte>;

constexpr std::uint32_t merchants = 4;
constexpr std::uint32_t lives = 4;
constexpr std::size_t page = 100;

bool is_none(const ClientOrderId& id) { return (id[0] | id[1]) == 0; }

/// All that is kept.
std::vector<AccountEntry> all_of(const EventLog& log, AccountId account) {
  std::vector<AccountEntry> all;
  std::uint64_t first = 1;
  while (log.read(account, first, 1)->is_too_old) ++first;
  while (true) {
    const Result<AccountPage> read = log.read(account, first + all.size(), page);
    EXPECT_TRUE(read.ok() && !read->is_too_old);
    if (!read.ok() || read->entries.empty()) return all;
    all.insert(all.end(), read->entries.begin(), read->entries.end());
  }
}

Bytes bytes_of(const std::vector<AccountEntry>& entries) {
  Bytes bytes;
  for (const AccountEntry& entry : entries) encode_entry(entry, bytes);
  return bytes;
}

/// The order an entry of `account` is about, told from the engine's ids alone.
OrderId order_of(const AccountEntry& entry) {
  if (entry.event.type == EventType::settlement) {
    const bool is_buyer = entry.event.settlement.buyer == entry.account;
    const bool is_taker_buyer = static_cast<Side>(entry.trade->detail) == Side::buy;
    return is_buyer == is_taker_buyer ? entry.trade->trade.taker : entry.trade->trade.maker;
  }
  const auto type = static_cast<unsigned>(entry.event.type);
  const bool is_order = type >= static_cast<unsigned>(EventType::order_accepted) &&
                        type <= static_cast<unsigned>(EventType::order_reactivated);
  return is_order ? entry.event.order.order : OrderId{0};
}

class NamesInTheLog : public testing::Test {
 protected:
  /// A market through several lives; a life may begin from a snapshot of the one before.
  void trade(const std::string& directory, bool has_snapshots) {
    const auto each = static_cast<std::uint32_t>(test::effort(4'000));
    const std::uint64_t seed = test::seed_of_run();
    std::vector<std::vector<Command>> traders;
    for (std::uint32_t i = 1; i <= merchants; ++i) traders.push_back(sim::trading(i, each, seed));
    for (std::uint32_t life = 0; life < lives; ++life) {
      FrozenExchange exchange(directory);
      const std::uint64_t begun = exchange.running().report().snapshot_sequence;
      snapshots_ += begun != 0 ? 1 : 0;
      std::vector<Command> commands;
      if (life == 0) commands = test::whole_opening(merchants);
      for (std::size_t i = each * life / lives; i < each * (life + 1) / lives; ++i) {
        for (const std::vector<Command>& trader : traders) commands.push_back(trader[i]);
      }
      const auto half = commands.begin() + static_cast<std::ptrdiff_t>(commands.size() / 2);
      exchange.send_at_once({commands.begin(), half});
      for (int tries = 0; has_snapshots && tries < 2'000; ++tries) {
        exchange.running().exchange().request_snapshot();
        const std::vector<std::uint64_t> made = exchange.running().snapshots().commands().value();
        if (!made.empty() && made.front() > begun) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      exchange.send_at_once({half, commands.end()});
      exchange.running().exchange().stop();
      ASSERT_FALSE(exchange.running().exchange().has_failed());
    }
  }

  int snapshots_ = 0;  // lives that began from one
};

TEST_F(NamesInTheLog, are_those_of_the_orders_and_a_rebuild_gives_the_same_bytes) {
  for (const bool has_snapshots : {false, true}) {
    const TemporaryFolder folder;
    trade(folder.path(), has_snapshots);
    EXPECT_EQ(snapshots_ > 0, has_snapshots);
    const TemporaryFolder into;
    PosixStorage storage;
    const Result<Rebuilt> rebuilt = rebuild_stores(storage, ExchangeDirectory(folder.path()),
                                                   ExchangeDirectory(into.path()), 0);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
    const auto open = [&](const std::string& directory) {
      EventLogOptions options;
      options.directory = ExchangeDirectory(directory).events();
      return std::move(EventLog::open(storage, options)).value();
    };
    const std::unique_ptr<EventLog> live = open(folder.path());
    const std::unique_ptr<EventLog> again = open(into.path());
    std::size_t fills_of_makers = 0;
    for (std::uint32_t merchant = 1; merchant <= merchants; ++merchant) {
      const std::vector<AccountEntry> entries = all_of(*live, AccountId{merchant});
      ASSERT_GT(entries.size(), 100U);
      // A journal that was trimmed gives what came behind the snapshot it begins with.
      const std::vector<AccountEntry> made_again = all_of(*again, AccountId{merchant});
      ASSERT_GT(made_again.size(), 100U);
      const std::vector<AccountEntry> same(entries.end() - std::ptrdiff_t(made_again.size()),
                                           entries.end());
      EXPECT_TRUE(bytes_of(same) == bytes_of(made_again)) << merchant;
      // Naively: an order is called as it was when it was accepted.
      std::map<std::uint64_t, ClientOrderId> names;
      for (const AccountEntry& entry : entries) {
        const std::uint64_t order = order_of(entry).value();
        if (entry.event.type == EventType::order_accepted) names[order] = entry.client_order_id;
        if (order == 0) continue;
        ASSERT_EQ(entry.client_order_id, names[order]) << entry.number;
        const bool is_maker_fill = entry.event.type == EventType::settlement &&
                                   !entry.is_own_command && !is_none(entry.client_order_id);
        fills_of_makers += is_maker_fill ? 1 : 0;
      }
    }
    EXPECT_GT(fills_of_makers, 10U) << "nothing that an own command does not say was compared";
  }
}

/// One command about account 4 that came to one event.
struct Told {
  Command command;
  Event event{};

  Told(CommandType type, EventType event_type, std::uint64_t sequence) {
    command.type = type;
    command.sequence = sequence;
    command.time = Time{static_cast<std::int64_t>(1'000 * sequence)};
    command.account = AccountId{4};
    event.sequence = sequence;
    event.type = event_type;
  }
  [[nodiscard]] Executed executed() const { return {command, {&event, 1}, 0}; }
};

TEST(AccountEntry, a_new_name_and_an_admission_say_what_the_merchant_is_called) {
  Told admitted(CommandType::admit_merchant, EventType::merchant_admitted, 1);
  std::memcpy(admitted.command.admit_merchant.name.data(), "Cloud", 5);
  Told renamed(CommandType::rename_merchant, EventType::merchant_renamed, 2);
  std::memcpy(renamed.command.rename_merchant.name.data(), "Atlas", 5);
  const Told changed(CommandType::set_merchant_limits, EventType::merchant_changed, 3);
  const OrderNames names;
  const auto name_of = [&](const Told& told) -> std::string {
    Bytes bytes;
    encode_entry(make_entry(told.executed(), 0, {AccountId{4}, 1}, names), bytes);
    AccountEntry entry;
    EXPECT_EQ(decode_entry(bytes, entry), bytes.size());
    EXPECT_EQ(entry.time, told.command.time);
    return entry.name ? std::string(entry.name->data()) : "none";
  };
  EXPECT_EQ(name_of(admitted), "Cloud");
  EXPECT_EQ(name_of(renamed), "Atlas");
  EXPECT_EQ(name_of(changed), "none");
}

TEST(AccountEntry, one_of_the_first_format_says_only_what_it_can) {
  // A cancel by its name, and an order of somebody's own that expired ahead of that command.
  Told cancel(CommandType::cancel_order, EventType::order_cancelled, 1);
  cancel.command.cancel_order.client_order_id = {7, 0};
  const OrderNames names;
  for (const bool is_answer : {true, false}) {
    AccountEntry entry = make_entry(cancel.executed(), 0, {AccountId{4}, 1}, names);
    entry.is_answer = is_answer;
    Bytes bytes;
    encode_entry(entry, bytes);
    bytes[46] = std::byte{0};
    const std::uint32_t crc = crc32c(std::span(bytes).subspan(4));
    std::memcpy(bytes.data(), &crc, sizeof crc);
    AccountEntry read;
    ASSERT_EQ(decode_entry(bytes, read), bytes.size());
    EXPECT_EQ(read.client_order_id[0], is_answer ? 7U : 0U);
  }
}

TEST(OrderNames, of_orders_that_ended_only_the_newest_are_kept) {
  OrderNames names;
  const std::uint64_t count = OrderNames::ended_max + 100;
  for (std::uint64_t i = 1; i <= count; ++i) {
    Told placed(CommandType::place_order, EventType::order_accepted, 2 * i);
    placed.command.place_order.client_order_id = {i, 0};
    placed.event.order.order = OrderId{i};
    names.note_name(placed.executed());
    names.note_ends(placed.executed());
    if (i == 1) continue;  // this one stays open
    Told gone(CommandType::cancel_order, EventType::order_cancelled, 2 * i + 1);
    gone.event.order.order = OrderId{i};
    names.note_name(gone.executed());
    names.note_ends(gone.executed());
  }
  EXPECT_EQ(names.size(), OrderNames::ended_max + 1);
  EXPECT_EQ(names.find(OrderId{1})[0], 1U);
  EXPECT_EQ(names.find(OrderId{count})[0], count);
  EXPECT_TRUE(is_none(names.find(OrderId{2})));
}

TEST(EventLogTimes, a_time_finds_the_first_entry_that_is_not_before_it) {
  sim::SimStorage disk;
  EventLogOptions options;
  options.directory = "events";
  options.segment_bytes = 1'200;  // about ten entries
  options.retain_bytes = 20 * options.segment_bytes;
  const std::unique_ptr<EventLog> log = std::move(EventLog::open(disk, options)).value();
  Random random(test::seed_of_run());
  std::vector<std::int64_t> times{0};  // by number; merchants 1 and 2 alternate
  std::int64_t now = 1'000;
  for (std::uint64_t i = 1; i <= 600; ++i) {
    Told told(CommandType::cancel_order, EventType::order_cancelled, i);
    now += static_cast<std::int64_t>(random.below(3)) + 1;
    told.command.time = Time{now};
    told.event.order.account = AccountId{static_cast<std::uint32_t>(1 + i % 2)};
    told.event.order.account_event = (i + 1) / 2;
    ASSERT_TRUE(log->append(told.executed()).ok());
    ASSERT_TRUE(log->sync().ok());
    if (i % 2 == 1) times.push_back(now);
  }
  ASSERT_GT(log->oldest_sequence(), 1U);
  std::uint64_t oldest = 1;
  while (log->read(AccountId{2}, oldest, 1)->is_too_old) ++oldest;
  std::size_t compared = 0;
  for (std::int64_t time = times[oldest] - 2; time <= now + 2; ++time) {
    const Result<AccountStart> start = log->first_at(AccountId{2}, Time{time});
    ASSERT_TRUE(start.ok());
    std::uint64_t expected = oldest;
    while (expected < times.size() && times[expected] < time) ++expected;
    ASSERT_EQ(start->number, expected) << time;
    compared += start->is_too_old ? 0 : 1;
  }
  EXPECT_GT(compared, 100U);
  EXPECT_TRUE(log->first_at(AccountId{2}, Time{1}).value().is_too_old);
  EXPECT_FALSE(log->first_at(AccountId{2}, Time{now + 1}).value().is_too_old);
  EXPECT_FALSE(log->first_at(AccountId{9}, Time{now}).value().is_too_old) << "it never had any";
  EXPECT_EQ(log->first_at(AccountId{9}, Time{now}).value().number, 1U);
}

}  // namespace
}  // namespace karst
