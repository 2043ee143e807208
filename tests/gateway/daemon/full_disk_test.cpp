// What a full disk still takes, what may fill the journal, and at what price.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/gateway/daemon/local_exchange.hpp"

namespace karst {
namespace {

using test::call;
using test::LocalClient;
using test::LocalExchange;
using test::TestExchange;

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override { exchange_.make_market(); }
  [[nodiscard]] std::size_t count(CommandType type) const {
    return static_cast<std::size_t>(std::ranges::count(exchange_.applied, type, &Command::type));
  }
  LocalExchange exchange_;
};

v1::Command keep_alive() {
  v1::Command command;
  command.mutable_heartbeat();
  return command;
}
v1::Command dead_man(std::int64_t timeout_ns) {
  v1::Command command;
  command.mutable_set_dead_man()->set_timeout_ns(timeout_ns);
  return command;
}
v1::Command mass_cancel() {
  v1::Command command;
  command.mutable_mass_cancel();
  return command;
}
v1::Command cancel(std::uint64_t order_id) {
  v1::Command command;
  command.mutable_cancel_order()->set_order_id(order_id);
  return command;
}

/// The exchange itself says it, about merchant 1.
Command by_exchange(CommandType type) {
  Command command;
  command.type = type;
  command.account = AccountId{1};
  return command;
}

TEST_F(FullDiskTest, the_engine_knows_what_a_command_would_free) {
  Command cancel_all = by_exchange(CommandType::mass_cancel);
  EXPECT_EQ(exchange_.engine.relief(cancel_all), Relief::none) << "there is no order";
  LocalClient client(exchange_);
  client.log_on(test::alice);
  const v1::Reply placed = client.command(test::order(1, v1::SIDE_SELL, 100, 1));
  ASSERT_EQ(placed.code(), v1::CODE_OK);
  const std::uint64_t hash = exchange_.engine.state_hash();

  Command cancel_one = by_exchange(CommandType::cancel_order);
  cancel_one.cancel_order.order = OrderId{placed.order_id()};
  Command cancel_buys = cancel_all;
  cancel_buys.mass_cancel.side = static_cast<std::uint8_t>(Side::buy);
  Command cancel_sells = cancel_all;
  cancel_sells.mass_cancel.side = static_cast<std::uint8_t>(Side::sell);
  Command kill = by_exchange(CommandType::kill_switch);
  const Command revive = kill;
  kill.kill_switch.on = true;
  Command halt = by_exchange(CommandType::halt);
  halt.account = AccountId{0};
  halt.halt.instrument = exchange_.engine.instrument_in(1);
  Command revoke = by_exchange(CommandType::revoke_key);
  revoke.revoke_key.revoked_key = KeyId{test::bob.key};
  Command suspend = by_exchange(CommandType::set_merchant_state);
  suspend.set_merchant_state.state = MerchantState::suspended;
  Command let_in = suspend;
  let_in.set_merchant_state.state = MerchantState::admitted;

  for (const Command& it : {cancel_one, cancel_sells, revoke, suspend}) {
    EXPECT_EQ(exchange_.engine.relief(it), Relief::some) << static_cast<int>(it.type);
  }
  for (const Command& it : {cancel_all, kill, halt}) {
    EXPECT_EQ(exchange_.engine.relief(it), Relief::utmost) << static_cast<int>(it.type);
  }
  for (const Command& it : {cancel_buys, revive, let_in, by_exchange(CommandType::heartbeat)}) {
    EXPECT_EQ(exchange_.engine.relief(it), Relief::none) << static_cast<int>(it.type);
  }
  EXPECT_EQ(exchange_.engine.state_hash(), hash);

  for (const Command& it : {kill, halt, revoke, suspend}) {
    exchange_.command(it);
    EXPECT_EQ(exchange_.engine.relief(it), Relief::none) << "the second time";
  }
  EXPECT_EQ(exchange_.engine.relief(cancel_all), Relief::none) << "all are on their way out";
  EXPECT_EQ(exchange_.engine.relief(cancel_one), Relief::none);
}

TEST_F(FullDiskTest, a_keep_alive_is_journaled_four_times_per_timeout_and_else_never) {
  LocalClient client(exchange_);
  client.log_on(test::alice_viewer);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  EXPECT_EQ(count(CommandType::heartbeat), 0U);

  ASSERT_EQ(client.command(dead_man(400'000'000)).code(), v1::CODE_OK);
  for (int ms = 0; ms < 2'000; ++ms) {
    exchange_.pass_ms(1);
    ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  }
  EXPECT_EQ(count(CommandType::heartbeat), 20U);
  // Heard twice per timeout it never fires.
  for (int i = 0; i < 20; ++i) {
    exchange_.pass_ms(200);
    ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  }
  EXPECT_NE(exchange_.engine.key(KeyId{test::alice_viewer.key})->dead_man_ns, 0);

  ASSERT_EQ(client.command(dead_man(0)).code(), v1::CODE_OK);
  const std::size_t before = count(CommandType::heartbeat);
  exchange_.pass_ms(1'000);
  ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  EXPECT_EQ(count(CommandType::heartbeat), before);
}

TEST_F(FullDiskTest, a_timer_that_was_set_before_the_connection_counts) {
  {
    LocalClient client(exchange_);
    client.log_on(test::alice);
    ASSERT_EQ(client.command(dead_man(1'000'000'000)).code(), v1::CODE_OK);
    client.disconnect();
  }
  LocalClient client(exchange_);
  client.log_on(test::alice);
  exchange_.pass_ms(500);
  ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  EXPECT_EQ(count(CommandType::heartbeat), 1U);
  // Once it has fired there is nothing to keep alive.
  exchange_.pass_ms(1'500);
  Command tick;
  tick.type = CommandType::tick;
  exchange_.command(tick);
  ASSERT_EQ(client.command(keep_alive()).code(), v1::CODE_OK);
  EXPECT_EQ(count(CommandType::heartbeat), 1U);
}

TEST_F(FullDiskTest, every_frame_has_its_price_by_commands_or_by_bytes) {
  gateway::SessionLimits limits;
  limits.commands_per_second = 10;
  limits.commands_burst = 20;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient client(exchange);
  client.log_on(test::alice);
  v1::Request padded;
  padded.mutable_command()->mutable_mass_cancel();
  padded.set_request_id(1);
  padded.GetReflection()->MutableUnknownFields(&padded)->AddLengthDelimited(
      1'000, std::string(8 * 1'024, 'x'));
  EXPECT_EQ(client.send(padded).at(0).reply().code(), v1::CODE_OK);  // 16 tokens
  EXPECT_EQ(client.send(padded).at(0).reply().code(), v1::CODE_RATE_LIMITED);
  // What is only asked about is throttled, too.
  v1::Command asked = mass_cancel();
  asked.set_validate_only(true);
  int good = 0;
  while (good < 100 && client.command(asked).code() == v1::CODE_OK) ++good;
  EXPECT_EQ(good, 5);
  EXPECT_EQ(client.command(mass_cancel()).code(), v1::CODE_OK);
}

TEST_F(FullDiskTest, a_log_on_without_room_is_not_journaled_and_goes_on_where_the_engine_is) {
  LocalClient older(exchange_);
  older.log_on(test::alice);
  v1::Command numbered = test::order(1, v1::SIDE_SELL, 100, 1);
  numbered.set_client_seq(1);
  ASSERT_EQ(older.command(numbered).code(), v1::CODE_OK);
  const std::size_t before = exchange_.applied.size();

  exchange_.next_admission = gateway::Admission::disk_full;
  older.disconnect();
  LocalClient bob(exchange_);
  bob.log_on(test::bob);
  EXPECT_EQ(bob.logged_on().epoch(), 0U);
  for (int i = 0; i < 100; ++i) {
    LocalClient alice(exchange_);
    alice.log_on(test::alice);
    EXPECT_EQ(alice.logged_on().epoch(), 1U) << "what the engine still has open";
    EXPECT_EQ(alice.logged_on().last_client_seq(), 1U);
    alice.disconnect();
  }
  LocalClient alice(exchange_);
  alice.log_on(test::alice);
  EXPECT_EQ(exchange_.applied.size(), before);

  exchange_.next_admission = gateway::Admission::accepted;
  exchange_.pass_ms(100);
  EXPECT_EQ(exchange_.applied.size(), before) << "alice is back: there is nothing to close";
  EXPECT_EQ(alice.command(mass_cancel()).code(), v1::CODE_OK);
  EXPECT_EQ(bob.command(mass_cancel()).code(), v1::CODE_OK);
  alice.disconnect();
  EXPECT_EQ(exchange_.applied.back().type, CommandType::close_session);
  const std::size_t closed = exchange_.applied.size();
  bob.disconnect();
  EXPECT_EQ(exchange_.applied.size(), closed) << "bob's session was never opened";
}

TEST_F(FullDiskTest, a_close_that_is_refused_behind_the_door_is_sent_again) {
  LocalClient alice(exchange_);
  alice.log_on(test::alice);
  exchange_.late_refusal_of_commands = gateway::Admission::disk_full;
  alice.disconnect();
  exchange_.run();
  EXPECT_EQ(count(CommandType::close_session), 0U);
  exchange_.late_refusal_of_commands = gateway::Admission::accepted;
  exchange_.pass_ms(100);
  EXPECT_EQ(count(CommandType::close_session), 1U);
}

/// A file system of its own with little room, at the data of an exchange; gone with its owner.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    std::filesystem::create_directories(path_);
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=90m") == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

std::vector<std::uint64_t> open_orders(gateway::Client& client) {
  v1::Request request;
  request.mutable_query_orders();
  const v1::Response answer = test::ask(client, request);
  std::vector<std::uint64_t> ids;
  for (const v1::OpenOrder& it : answer.orders().orders()) ids.push_back(it.order_id());
  return ids;
}

TEST(FullDiskProcess, hostile_keys_use_nothing_up_and_it_starts_again_and_takes_cancels) {
  TestExchange exchange;
  const SmallDisk disk(exchange.folder() + "/data");
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
  exchange.set_config("journal_segment_mib", "32");
  exchange.start_process();
  exchange.make_market();
  {
    const auto alice = exchange.connect(test::alice);
    const auto bob = exchange.connect(test::bob);
    for (int i = 0; i < 8; ++i) {
      ASSERT_EQ(call(*alice, test::order(exchange.instrument(), v1::SIDE_SELL, 200, 1)).code(),
                v1::CODE_OK);
      ASSERT_EQ(call(*bob, test::order(exchange.instrument(), v1::SIDE_BUY, 100, 1)).code(),
                v1::CODE_OK);
    }
    // A key that may only read fills the disk; a whole frame each.
    const auto viewer = exchange.connect(test::alice_viewer);
    int said = 0;
    while (said < 40'000 && call(*viewer, dead_man(0)).code() == v1::CODE_OK) ++said;
    ASSERT_LT(said, 40'000);
    // It goes on, with log-ons in between, beside a merchant who cancels what is not there.
    for (int i = 0; i < 20; ++i) {
      const auto again = exchange.connect(test::alice_viewer);
      const auto carol = exchange.connect(test::carol);
      for (int n = 0; n < 150; ++n) {
        ASSERT_EQ(call(*again, dead_man(0)).code(), v1::CODE_DISK_FULL);
        ASSERT_EQ(call(*carol, cancel(12'345)).code(), v1::CODE_DISK_FULL);
      }
    }
    ASSERT_EQ(call(*alice, cancel(open_orders(*alice).at(0))).code(), v1::CODE_OK);
  }
  for (int life = 0; life < 3; ++life) {
    exchange.end_process(SIGKILL);
    if (life == 1) {
      const std::string path = exchange.folder() + "/karst.toml";
      std::ofstream(path, std::ios::app) << "\n[[operator]]\nkey_id = 60\nscopes = [\"operate\"]\n"
                                         << "public_key = \"" << std::string(64, 'a') << "\"\n";
    }
    exchange.start_process();
    if (life != 0) {
      EXPECT_NE(exchange.process_log().find("key 60 of an [[operator]] is not made"),
                std::string::npos)
          << exchange.process_log();
    }
    const auto alice = exchange.connect(test::alice);
    const std::vector<std::uint64_t> ids = open_orders(*alice);
    ASSERT_EQ(ids.size(), 7U - static_cast<std::size_t>(life));
    EXPECT_EQ(call(*alice, cancel(ids[0])).code(), v1::CODE_OK);
    EXPECT_EQ(call(*alice, test::order(exchange.instrument(), v1::SIDE_SELL, 200, 1)).code(),
              v1::CODE_DISK_FULL);
  }
  const auto alice = exchange.connect(test::alice);
  EXPECT_EQ(call(*alice, mass_cancel()).code(), v1::CODE_OK);
  const auto chief = exchange.connect(test::operator_key);
  v1::Command kill;
  kill.set_account_id(test::bob.account);
  kill.mutable_kill_switch()->set_on(true);
  EXPECT_EQ(call(*chief, kill).code(), v1::CODE_OK);
  v1::Command halt;
  halt.mutable_halt()->set_instrument_id(exchange.instrument());
  EXPECT_EQ(call(*chief, halt).code(), v1::CODE_OK);
  EXPECT_EQ(call(*chief, halt).code(), v1::CODE_DISK_FULL);
}

}  // namespace
}  // namespace karst
