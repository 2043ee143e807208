// Before log-on everybody is a stranger with a budget: whatever strangers do, a good client is
// logged on within a second, and they are cut.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/client/tls_connection.hpp"
#include "gateway/server/strangers.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"
#include "tests/gateway/server/hostile_hello.hpp"

namespace karst {
namespace {

using gateway::Strangers;
using std::chrono::milliseconds;
using test::Hello;
using test::HostileHello;
using SteadyClock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds log_on_max(10'000);
#else
constexpr milliseconds log_on_max(1'000);
#endif

struct Flood {
  Hello kind;
  const char* name;
};

class StrangerTest : public testing::TestWithParam<Flood> {
 protected:
  static constexpr int strangers = 100;  // more than there are places

  void SetUp() override {
    exchange_.set_config("handshakes_max", "24");
    exchange_.set_config("connections_max", "24");
    exchange_.set_config("handshake_timeout_ms", "600000");
    exchange_.set_config("log_on_timeout_ms", "600000");
    exchange_.start();
    exchange_.make_market();
    resident_ = exchange_.connect(test::bob);
  }
  void expect_quick_log_on() {
    const auto begin = SteadyClock::now();
    const auto good = gateway::Client::connect(exchange_.client_config(test::alice));
    EXPECT_TRUE(good) << good.error().text();
    EXPECT_LT(SteadyClock::now() - begin, log_on_max);
  }
  /// Strangers from `source`, or from a new address each.
  void flood_from(const char* source) {
    std::vector<std::unique_ptr<HostileHello>> crowd;
    for (int i = 0; i < strangers; ++i) {
      const std::string own = "127.9." + std::to_string(i / 200) + "." + std::to_string(i + 1);
      crowd.push_back(std::make_unique<HostileHello>(
          GetParam().kind, source != nullptr ? source : own, exchange_.port()));
      if (i % 20 == 19) expect_quick_log_on();
    }
    // Whom the places do not suffice for has been cut without any time limit having passed.
    const auto end = SteadyClock::now() + std::chrono::seconds(10);
    for (int i = 0; i < strangers - 48; ++i) {
      EXPECT_TRUE(crowd[static_cast<std::size_t>(i)]->is_cut(end)) << "stranger " << i;
    }
    expect_quick_log_on();
    EXPECT_EQ(test::call(*resident_, test::order(1, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_OK);
  }

  test::TestExchange exchange_;
  std::unique_ptr<gateway::Client> resident_;
};

TEST_P(StrangerTest, a_good_client_from_the_same_address_is_logged_on_within_a_second) {
  flood_from("127.0.0.1");
}

TEST_P(StrangerTest, a_good_client_is_logged_on_while_one_other_address_holds_sockets) {
  flood_from("127.7.7.7");
}

TEST_P(StrangerTest, a_good_client_is_logged_on_while_many_addresses_hold_sockets) {
  flood_from(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Hellos, StrangerTest,
                         testing::Values(Flood{Hello::dear, "dear"}, Flood{Hello::silent, "silent"},
                                         Flood{Hello::half, "half"},
                                         Flood{Hello::unfinished, "unfinished"},
                                         Flood{Hello::no_log_on, "no_log_on"},
                                         Flood{Hello::key_updates, "key_updates"}),
                         [](const auto& flood) { return std::string(flood.param.name); });

TEST(Strangers, time_limits_cut_who_does_not_get_on_with_it) {
  test::TestExchange exchange;
  exchange.set_config("handshake_timeout_ms", "200");
  exchange.set_config("log_on_timeout_ms", "200");
  exchange.start();
  for (const Hello kind : {Hello::silent, Hello::half, Hello::unfinished, Hello::no_log_on}) {
    HostileHello stranger(kind, "127.0.0.1", exchange.port());
    EXPECT_TRUE(stranger.is_cut(SteadyClock::now() + std::chrono::seconds(10)))
        << static_cast<int>(kind);
  }
}

TEST(Strangers, the_dearest_hello_costs_the_exchange_nothing) {
  test::TestExchange exchange;
  exchange.start();
  const auto send_one = [&] {
    HostileHello stranger(Hello::dear, "127.0.0.1", exchange.port());
    EXPECT_TRUE(stranger.is_cut(SteadyClock::now() + std::chrono::seconds(60)));
  };
  send_one();  // makes the hello
  constexpr int hellos = 50;
  const std::clock_t before = std::clock();
  for (int i = 0; i < hellos; ++i) send_one();
  const double each_ms = 1e3 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / hellos;
  EXPECT_LT(each_ms, 20.0) << "processor time of both ends; to heed it took 116 ms";
}

TEST(Strangers, a_flood_of_key_updates_is_cut_after_the_first_few) {
  test::TestExchange exchange;
  exchange.set_config("log_on_timeout_ms", "600000");
  exchange.start();
  exchange.make_market();
  std::atomic<bool> is_over{false};
  std::atomic<int> floods{0};
  std::vector<std::thread> attackers;
  for (int i = 0; i < 3; ++i) {
    attackers.emplace_back([&] {
      while (!is_over) {
        HostileHello stranger(Hello::key_updates, "127.0.0.1", exchange.port());
        EXPECT_TRUE(stranger.is_cut(SteadyClock::now() + std::chrono::seconds(20)));
        ++floods;
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    const auto begin = SteadyClock::now();
    EXPECT_TRUE(gateway::Client::connect(exchange.client_config(test::alice)));
    EXPECT_LT(SteadyClock::now() - begin, log_on_max);
  }
  is_over = true;
  for (std::thread& attacker : attackers) attacker.join();
  EXPECT_GE(floods.load(), 3);
}

TEST(Strangers, where_all_places_are_taken_the_exchange_says_so) {
  test::TestExchange exchange;
  exchange.set_config("connections_max", "2");
  exchange.start();
  exchange.make_market();
  const auto alice = exchange.connect(test::alice);
  const auto connect = [&] {
    return gateway::TlsConnection::open(exchange.client_config(test::carol).peer, 10'000);
  };
  const auto farewell = [](gateway::TlsConnection& of) {
    std::string all;
    std::vector<char> buffer(32 * 1024);
    const auto end = SteadyClock::now() + std::chrono::seconds(10);
    while (SteadyClock::now() < end) {
      const Result<std::size_t> got = of.read(buffer, 100);
      if (!got) break;
      all.append(buffer.data(), *got);
    }
    return all;
  };
  const char* const words = "as many connections as it may";
  {
    // The stranger makes place for the client that logs on.
    Result<gateway::TlsConnection> stranger = connect();
    ASSERT_TRUE(stranger);
    const auto bob = exchange.connect(test::bob);
    EXPECT_NE(farewell(*stranger).find(words), std::string::npos);
    // Both places are taken by those who have logged on: they stay.
    Result<gateway::TlsConnection> late = connect();
    ASSERT_TRUE(late);
    EXPECT_NE(farewell(*late).find(words), std::string::npos);
    const auto carol = gateway::Client::connect(exchange.client_config(test::carol));
    ASSERT_FALSE(carol);
    EXPECT_NE(carol.error().text().find("TOO_MANY_SESSIONS"), std::string::npos)
        << carol.error().text();
    EXPECT_EQ(test::call(*bob, test::order(1, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_OK);
  }
  EXPECT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
}

TEST(Strangers, one_origin_competes_with_itself_beyond_its_share) {
  Strangers all;
  EXPECT_EQ(all.to_go_for(1), 0U);
  for (std::uint64_t serial = 1; serial <= 6; ++serial) all.add(serial, serial <= 2 ? 1 : serial);
  EXPECT_EQ(all.oldest(), 1U);
  EXPECT_EQ(all.to_go_for(9), 1U) << "the oldest of all for one from elsewhere";
  EXPECT_EQ(all.to_go_for(5), 5U) << "a fourth of six is one";
  all.remove(1);
  all.remove(1);
  EXPECT_EQ(all.oldest_of(1), 2U);
  EXPECT_EQ(all.size_of(1), 1U);
  all.remove(2);
  EXPECT_EQ(all.oldest_of(1), 0U);
  EXPECT_EQ(all.size(), 4U);
}

TEST(Strangers, an_origin_is_an_address_or_the_network_of_an_ipv6_host) {
  const auto origin = [](const char* text) {
    return Strangers::origin_of(boost::asio::ip::make_address(text));
  };
  EXPECT_NE(origin("192.0.2.1"), origin("192.0.2.2"));
  EXPECT_EQ(origin("192.0.2.1"), origin("::ffff:192.0.2.1"));
  EXPECT_EQ(origin("2001:db8::1"), origin("2001:db8::ffff:0:0:2"));
  EXPECT_NE(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace karst
