// Very many connections that say nothing, and very many that come and go, beside one good client.
// 500 and 1,000 a second as usual; `./run soak` has 10,000 stay and 20,000 come.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gateway/daemon/open_files.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"
#include "tests/gateway/server/crowd.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::Crowd;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What a process occupies. Unit: KiB.
std::int64_t resident_kib(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoll(line.substr(6));
  }
  return 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t memory_factor = 16;  // a sanitizer keeps books of its own
#else
constexpr std::int64_t memory_factor = 1;
#endif

class CrowdTest : public testing::Test {
 protected:
  static constexpr std::int64_t session_kib_max = 64 * memory_factor;
  static constexpr std::int64_t storm_kib_max = 64 * 1'024 * memory_factor;
  static constexpr int threads = 4;

  void SetUp() override {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    const auto room = static_cast<std::int64_t>(std::min<rlim_t>(files.rlim_max, 1U << 20U));
    staying_ = std::min({test::effort(500), std::int64_t{10'000}, room - 256});
    exchange_.set_config("log_on_timeout_ms", "600000");
    exchange_.set_config("connections_max", "12000");
    exchange_.start_process();
    exchange_.make_market();
    crowd_ = std::make_unique<Crowd>(exchange_.port());
  }

  /// Connect, log on, trade, leave. Returns: how long it took until it was logged on.
  milliseconds log_on_and_trade() {
    const auto begin = SteadyClock::now();
    const auto alice = exchange_.connect(test::alice);
    const auto took = SteadyClock::now() - begin;
    EXPECT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
    return std::chrono::duration_cast<milliseconds>(took);
  }
  /// Runs `f(i)` for i = 0 … count - 1 in several threads while a good client comes again and
  /// again. Returns: how many of them were good.
  template <class F>
  std::int64_t meanwhile(std::int64_t count, F f) {
    std::atomic<std::int64_t> next{0};
    std::atomic<std::int64_t> good{0};
    std::atomic<int> running{threads};
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (std::int64_t i = next++; i < count; i = next++) good += f(i) ? 1 : 0;
        --running;
      });
    }
    do {
      took_.push_back(log_on_and_trade());
    } while (running > 0);
    for (std::thread& worker : workers) worker.join();
    return good;
  }
  /// A good client is logged on within a second, but for what a busy machine may do to one in
  /// twenty.
  void expect_quick_log_ons() {
    std::ranges::sort(took_);
    ASSERT_FALSE(took_.empty());
    EXPECT_LE(took_[took_.size() * 95 / 100], milliseconds(1'000));
    EXPECT_LE(took_.back(), milliseconds(10'000));
  }
  std::uint64_t connections() {
    v1::Request query;
    query.mutable_query_status();
    return test::ask(*exchange_.connect(test::auditor), query).status().connections();
  }

  test::TestExchange exchange_;
  std::unique_ptr<Crowd> crowd_;
  std::int64_t staying_ = 0;
  std::vector<milliseconds> took_;
};

TEST_F(CrowdTest, idle_sessions_and_1000_connects_a_second_leave_a_good_client_its_second) {
  took_.push_back(log_on_and_trade());
  const std::int64_t empty_kib = resident_kib(exchange_.process());
  const auto begin = SteadyClock::now();
  EXPECT_EQ(meanwhile(staying_, [&](std::int64_t) { return crowd_->open(); }), staying_);
  const double opening_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  EXPECT_EQ(connections(), static_cast<std::uint64_t>(staying_) + 1);
  const std::int64_t full_kib = resident_kib(exchange_.process());
  const double each_kib = static_cast<double>(full_kib - empty_kib) / static_cast<double>(staying_);
  std::printf("%lld idle sessions opened in %.1f s, %.1f KiB each (%lld KiB before)\n",
              static_cast<long long>(staying_), opening_s, each_kib,
              static_cast<long long>(empty_kib));
  EXPECT_LE(each_kib, session_kib_max);

  const std::int64_t visits = test::effort(1'000);
  const std::int64_t per_second = std::min<std::int64_t>(visits, 1'000);
  const auto start = SteadyClock::now();
  const std::int64_t good = meanwhile(visits, [&](std::int64_t i) {
    std::this_thread::sleep_until(start + std::chrono::microseconds(i * 1'000'000 / per_second));
    return crowd_->visit(static_cast<Crowd::Manner>(i % 3));
  });
  const double storm_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
  EXPECT_EQ(good, visits);
  const std::int64_t after_kib = resident_kib(exchange_.process());
  std::ranges::sort(took_);
  std::printf("%lld visits, %.0f a second; %+lld KiB; %zu log-ons, median %lld ms, worst %lld ms\n",
              static_cast<long long>(visits), static_cast<double>(visits) / storm_s,
              static_cast<long long>(after_kib - full_kib), took_.size(),
              static_cast<long long>(took_[took_.size() / 2].count()),
              static_cast<long long>(took_.back().count()));
  EXPECT_LE(after_kib - full_kib, storm_kib_max);
  expect_quick_log_ons();

  crowd_->hang_up();
  const auto end = SteadyClock::now() + std::chrono::seconds(60);
  while (connections() > 1 && SteadyClock::now() < end) std::this_thread::yield();
  EXPECT_EQ(connections(), 1U);
}

TEST(OpenFiles, connections_are_fitted_into_what_the_system_allows) {
  const auto fitted = [](std::uint64_t files_max) {
    gateway::Config config;
    config.hub.connections_max = 12'000;
    config.server.handshakes_max = 1'024;
    const Result<std::string> said = gateway::fit_open_files(config, files_max);
    return std::tuple(said ? *said : said.error().text(), config.hub.connections_max,
                      config.server.handshakes_max);
  };
  EXPECT_EQ(fitted(13'280), std::tuple(std::string(), 12'000U, 1'024U));
  EXPECT_EQ(fitted(13'279),
            std::tuple(std::string("the system allows 13279 open files (ulimit -Hn; LimitNOFILE= "
                                   "of a service), 13280 were needed: connections_max is 11999 "
                                   "and handshakes_max 1024"),
                       11'999U, 1'024U));
  EXPECT_EQ(std::get<1>(fitted(656)), 300U);
  EXPECT_EQ(std::get<2>(fitted(656)), 100U);
  EXPECT_NE(std::get<0>(fitted(319)).find("13280 files are needed"), std::string::npos);
}

TEST(OpenFiles, a_crowd_beyond_them_is_turned_away_and_who_is_in_trades_on) {
  test::TestExchange exchange;
  exchange.start_process(400);
  EXPECT_NE(exchange.process_log().find("connections_max is 108"), std::string::npos)
      << exchange.process_log();
  exchange.make_market();
  const auto alice = exchange.connect(test::alice);
  Crowd crowd(exchange.port());
  for (int i = 0; i < 400; ++i) static_cast<void>(crowd.open());
  EXPECT_LE(crowd.size(), 400U);
  EXPECT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
  crowd.hang_up();
  Result<std::unique_ptr<gateway::Client>> bob = Error{ErrorCode::io, "not yet", ""};
  const auto end = SteadyClock::now() + std::chrono::seconds(60);
  while (!bob && SteadyClock::now() < end) {
    bob = gateway::Client::connect(exchange.client_config(test::bob));
  }
  EXPECT_TRUE(bob);
}

}  // namespace
}  // namespace karst
