// An exchange that came out of a backup is not the one its clients knew: what it tells them.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gateway/client/calls.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/backup.hpp"
#include "ledger/offline/restore_mark.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"
#include "tests/gateway/daemon/feed_follower.hpp"

namespace karst {
namespace {

using gateway::Client;
using gateway::ClientConfig;
using test::TestExchange;

/// A log-on that follows events, and what it was told.
struct Followed {
  std::vector<std::uint64_t> numbers;
  std::vector<v1::Reply> refusals;
  std::unique_ptr<Client> client;

  /// Takes what comes until `is_enough`, or nothing has come for a while.
  void poll_until(const std::function<bool()>& is_enough) const {
    for (int i = 0; i < 20 && !is_enough(); ++i) static_cast<void>(client->poll(100));
  }
};

/// A market that was backed up, traded on, and was put back to its backup.
class Restored : public testing::Test {
 protected:
  Restored() {
    exchange_.start_process();
    exchange_.make_market();
    alice_ = exchange_.connect(test::alice);
    for (int i = 0; i < 8; ++i) shared_.insert(place());
    for (const std::uint64_t id : {*shared_.begin(), *shared_.rbegin()}) cancel(id);
    back_up(backup_);
  }

  void back_up(const std::string& into) {
    const auto copied = karst::back_up(storage_, data(), ExchangeDirectory(into), 0);
    ASSERT_TRUE(copied) << copied.error().text();
  }

  /// Ends the exchange, puts a backup in its place and starts on that.
  void go_back(const std::string& backup) {
    alice_.reset();
    exchange_.end_process(SIGTERM);
    std::filesystem::rename(data().path(), exchange_.folder() + "/lost" + std::to_string(++lost_));
    const auto copied = restore(storage_, ExchangeDirectory(backup), data(), 0);
    ASSERT_TRUE(copied) << copied.error().text();
    exchange_.start_process();
    alice_ = exchange_.connect(test::alice);
  }

  [[nodiscard]] ExchangeDirectory data() const {
    return ExchangeDirectory(exchange_.folder() + "/data");
  }

  std::uint64_t place() {
    newest_ = test::call(*alice_, test::order(1, v1::SIDE_SELL, 500, 1));
    EXPECT_EQ(newest_.code(), v1::CODE_OK);
    return newest_.order_id();
  }
  void cancel(std::uint64_t order) {
    v1::Command command;
    command.mutable_cancel_order()->set_order_id(order);
    EXPECT_EQ(test::call(*alice_, command).code(), v1::CODE_OK);
  }
  /// Orders that come and go, and others that stay. Returns: the ids of all.
  std::set<std::uint64_t> trade_on(int orders) {
    std::set<std::uint64_t> ids;
    for (int i = 0; i < orders; ++i) {
      const std::uint64_t id = place();
      EXPECT_TRUE(ids.insert(id).second);
      if (i % 3 != 0) cancel(id);
    }
    return ids;
  }

  /// Alice's viewer follows events after `after`, which it got in that incarnation.
  std::unique_ptr<Followed> follow(std::uint64_t after, std::optional<std::uint64_t> incarnation) {
    auto to = std::make_unique<Followed>();
    ClientConfig config = exchange_.client_config(test::alice_viewer);
    config.follow_events = true;
    config.resume_after = after;
    config.incarnation = incarnation;
    config.handlers.on_event = [it = to.get()](const v1::Event& event) {
      it->numbers.push_back(event.number());
    };
    config.handlers.on_reply = [it = to.get()](const v1::Reply& reply) {
      it->refusals.push_back(reply);
    };
    auto connected = Client::connect(config);
    if (!connected) throw std::runtime_error(connected.error().text());
    to->client = std::move(*connected);
    return to;
  }

  /// Whether a log-on with that number is told that it is of a lost history, and goes on behind.
  bool is_told(std::uint64_t after, std::optional<std::uint64_t> incarnation) {
    const auto owner = follow(after, incarnation);
    const Followed& to = *owner;
    const std::uint64_t last = to.client->logged_on().last_event();
    to.poll_until([&] { return !to.refusals.empty() || (!to.numbers.empty() && after <= last); });
    if (to.refusals.empty()) return false;
    EXPECT_EQ(to.refusals[0].code(), v1::CODE_RESUME_TOO_OLD);
    EXPECT_GE(to.refusals[0].value(), static_cast<std::int64_t>(last));
    EXPECT_NE(to.refusals[0].text().find("restore"), std::string::npos);
    EXPECT_TRUE(to.numbers.empty());
    const std::uint64_t order = place();
    const std::uint64_t number = newest_.event_number();
    to.poll_until([&] { return !to.numbers.empty() && to.numbers.back() >= number; });
    EXPECT_FALSE(to.numbers.empty()) << "what comes now, it gets";
    cancel(order);
    return true;
  }

  v1::Response ask_events(std::uint64_t after, std::optional<std::uint64_t> incarnation) {
    v1::Request request;
    request.mutable_query_events()->set_after_number(after);
    if (incarnation) request.mutable_query_events()->set_incarnation(*incarnation);
    return test::ask(*alice_, request);
  }

  v1::SubscribeReply subscribe(std::uint64_t after, std::optional<std::uint64_t> incarnation) {
    v1::Request request;
    v1::Subscribe& wish = *request.mutable_subscribe();
    wish.add_schemas(v1::FEED_SCHEMA_TRADES);
    wish.set_resume_after(after);
    if (incarnation) wish.set_incarnation(*incarnation);
    return test::ask(*alice_, request).market_data().subscribed();
  }

  v1::Status status() { return gateway::status(*exchange_.connect(test::operator_key)).value(); }

  TestExchange exchange_;
  PosixStorage storage_;
  std::string backup_ = exchange_.folder() + "/backup";
  std::unique_ptr<Client> alice_;
  std::set<std::uint64_t> shared_;  // ids of before the backup
  v1::Reply newest_;
  int lost_ = 0;
};

TEST_F(Restored, gives_no_order_id_again_that_the_lost_history_gave) {
  std::set<std::uint64_t> given = trade_on(60);
  go_back(backup_);
  for (const std::uint64_t id : trade_on(60)) EXPECT_TRUE(given.insert(id).second) << id;
  go_back(backup_);
  cancel(*std::next(shared_.begin()));  // its slot was in use when the backup was made
  for (const std::uint64_t id : trade_on(60)) EXPECT_TRUE(given.insert(id).second) << id;
}

TEST_F(Restored, tells_a_client_that_is_ahead_of_it) {
  trade_on(60);
  const std::uint64_t ahead = newest_.event_number();
  const std::uint64_t sequence = newest_.sequence();
  go_back(backup_);
  EXPECT_TRUE(is_told(ahead, std::nullopt)) << "also one that knows no incarnations";
  EXPECT_TRUE(is_told(ahead, 0));
  EXPECT_EQ(ask_events(ahead, std::nullopt).reply().code(), v1::CODE_RESUME_TOO_OLD);
  EXPECT_EQ(subscribe(sequence, std::nullopt).code(), v1::CODE_RESUME_TOO_OLD);
}

TEST_F(Restored, tells_a_client_whose_number_is_another_events_by_now) {
  const std::uint64_t common = newest_.event_number();
  const std::uint64_t common_sequence = newest_.sequence();
  trade_on(20);
  const std::uint64_t lost = newest_.event_number();
  const std::uint64_t lost_sequence = newest_.sequence();
  go_back(backup_);
  EXPECT_EQ(subscribe(0, std::nullopt).code(), v1::CODE_OK);
  trade_on(60);
  ASSERT_GT(newest_.event_number(), lost);
  const std::uint64_t present = alice_->logged_on().incarnation();
  ASSERT_NE(present, 0U);
  for (const std::optional<std::uint64_t> told : {std::optional<std::uint64_t>(), {0}, {77}}) {
    EXPECT_TRUE(is_told(lost, told));
    const v1::Response events = ask_events(lost, told);
    EXPECT_EQ(events.reply().code(), v1::CODE_RESUME_TOO_OLD);
    EXPECT_GE(events.reply().value(), static_cast<std::int64_t>(newest_.event_number()));
    EXPECT_EQ(subscribe(lost_sequence, told).code(), v1::CODE_RESUME_TOO_OLD);
    EXPECT_FALSE(subscribe(lost_sequence, told).text().empty());
    if (told == 77) continue;  // a life that this one never had: nothing is known to be shared
    EXPECT_FALSE(is_told(common, told)) << "history that both have";
    EXPECT_GT(ask_events(common, told).events().events_size(), 0);
    EXPECT_NE(subscribe(common_sequence, told).code(), v1::CODE_RESUME_TOO_OLD);
  }
  EXPECT_FALSE(is_told(lost, present));
  EXPECT_GT(ask_events(lost, present).events().events_size(), 0);
  const std::uint64_t end = newest_.event_number() + 1'000;
  EXPECT_EQ(ask_events(end, present).reply().code(), v1::CODE_RESUME_TOO_OLD);
  EXPECT_TRUE(subscribe(lost_sequence + 3, present).resumed());
}

TEST_F(Restored, begins_one_incarnation_for_each_restore) {
  EXPECT_EQ(status().incarnation(), 0U);
  const std::uint64_t backed_up = newest_.sequence() + 1;
  trade_on(3);
  go_back(backup_);
  const v1::Status first = status();
  EXPECT_NE(first.incarnation(), 0U);
  EXPECT_GE(first.incarnation_after(), backed_up - 1);
  EXPECT_FALSE(std::filesystem::exists(data().restore_mark()));
  EXPECT_NE(exchange_.process_log().find("incarnation " + std::to_string(first.incarnation())),
            std::string::npos);
  exchange_.end_process(SIGKILL);
  exchange_.start_process();
  EXPECT_EQ(status().incarnation(), first.incarnation()) << "a crash begins nothing";
  back_up(backup_ + "2");
  alice_ = exchange_.connect(test::alice);
  const std::set<std::uint64_t> lost = trade_on(9);
  const std::uint64_t number = newest_.event_number();
  go_back(backup_ + "2");
  EXPECT_NE(status().incarnation(), first.incarnation());
  for (const std::uint64_t id : trade_on(9)) EXPECT_FALSE(lost.contains(id));
  EXPECT_TRUE(is_told(number, first.incarnation()));
}

TEST_F(Restored, the_number_in_the_mark_is_begun_once_however_often_it_is_found) {
  go_back(backup_);
  const v1::Status first = status();
  alice_.reset();
  // As a crash leaves it behind the command, before the mark is gone.
  exchange_.end_process(SIGKILL);
  ASSERT_TRUE(
      write_restore_mark(storage_, data(), {first.incarnation_after(), first.incarnation()}));
  exchange_.start_process();
  EXPECT_EQ(status().incarnation(), first.incarnation());
  EXPECT_FALSE(std::filesystem::exists(data().restore_mark()));
  // As a crash leaves it before the command.
  exchange_.end_process(SIGKILL);
  ASSERT_TRUE(write_restore_mark(storage_, data(), {first.incarnation_after(), 4'711}));
  exchange_.start_process();
  EXPECT_EQ(status().incarnation(), 4'711U);
  EXPECT_EQ(status().incarnation_after(), first.incarnation_after());
}

TEST_F(Restored, is_not_begun_on_a_mark_that_is_damaged) {
  alice_.reset();
  exchange_.end_process(SIGTERM);
  std::ofstream(data().restore_mark()) << "restored";
  EXPECT_THROW(exchange_.start_process(), std::runtime_error);
  EXPECT_NE(exchange_.process_log().find("corrupt"), std::string::npos) << exchange_.process_log();
}

TEST_F(Restored, our_own_clients_go_on_by_themselves) {
  using feed::Schema;
  feed::FeedWish wish;
  wish.schemas = mask_of(Schema::definition) | mask_of(Schema::mbo) | mask_of(Schema::trades);
  test::FeedFollower follower(exchange_, test::bob, wish);
  follower.connect();
  const auto owner = follow(0, std::nullopt);
  const Followed& to = *owner;
  trade_on(20);
  const std::uint64_t lost = newest_.event_number();
  ASSERT_TRUE(follower.read_up_to(newest_.sequence()));
  to.poll_until([&] { return !to.numbers.empty() && to.numbers.back() >= lost; });
  ASSERT_GE(to.client->newest_event(), lost);
  go_back(backup_);
  trade_on(60);
  ASSERT_GT(newest_.event_number(), lost);
  follower.drop();
  follower.connect();
  EXPECT_TRUE(follower.read_up_to(newest_.sequence()));
  const feed::FeedClientBook* book = follower.feed().find(1)->book(Schema::mbo);
  ASSERT_NE(book, nullptr);
  std::uint32_t orders = 0;
  book->levels(Side::sell, [&](std::int64_t, const feed::FeedClientBook::Level& level) {
    orders += level.orders;
    return true;
  });
  EXPECT_EQ(orders, 6U + 20U) << "six of before the backup, every third of those since";
  // The port is another one: what a client remembers goes with its program.
  const auto other = follow(to.client->newest_event(), to.client->newest_incarnation());
  const Followed& again = *other;
  again.poll_until([&] { return !again.refusals.empty(); });
  ASSERT_FALSE(again.refusals.empty());
  EXPECT_EQ(again.client->newest_event(), static_cast<std::uint64_t>(again.refusals[0].value()));
  EXPECT_EQ(again.client->newest_incarnation(), again.client->logged_on().incarnation());
}

}  // namespace
}  // namespace karst
