// Who is refused stands in the log, in few lines, whatever they do.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/daemon/refusal_log.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst::gateway {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(RefusalLog, of_a_flood_a_few_lines_are_said_and_the_others_counted) {
  std::vector<std::string> lines;
  RefusalLog log([&](const std::string& line) { lines.push_back(line); });
  for (int i = 0; i < 1'000; ++i) log.note("203.0.113.7", "too many handshakes", "", i);
  ASSERT_EQ(lines.size(), RefusalLog::lines_per_interval);
  EXPECT_EQ(lines[0], "refused 203.0.113.7: too many handshakes");
  log.note("203.0.113.8", "log-on with a wrong signature", "key 51", 2'000);
  EXPECT_EQ(lines.back(), "refused 203.0.113.8: log-on with a wrong signature (key 51)")
      << "one flood does not hide another reason";
  log.on_timer(5 * second);
  EXPECT_EQ(lines.size(), 6U);
  log.on_timer(10 * second);
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines.back(), "refused 995 more: too many handshakes, the last from 203.0.113.7");
  log.on_timer(30 * second);
  EXPECT_EQ(lines.size(), 7U) << "said once";
  log.note("203.0.113.9", "too many handshakes", "", 31 * second);
  EXPECT_EQ(lines.back(), "refused 203.0.113.9: too many handshakes");
}

TEST(RefusalLog, one_event_is_one_line_whatever_its_texts_hold) {
  std::vector<std::string> lines;
  RefusalLog log([&](const std::string& line) { lines.push_back(line); });
  log.note("", "a\nkarstd: all is well", "\x1b[2J\\", 0);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "refused unknown: a\\x0akarstd: all is well (\\x1b[2J\\x5c)");
  for (int i = 0; i < 1'000; ++i) log.note("x", "reason " + std::to_string(i), "", 0);
  EXPECT_LE(lines.size(), 200U) << "made-up reasons do not fill it either";
}

TEST(RefusalLog, karstd_says_who_was_refused_and_why) {
  test::TestExchange exchange;
  exchange.start();
  exchange.make_market();
  exchange.stop();
  exchange.start_process();
  ClientConfig config = exchange.client_config(test::alice);
  config.secret = test::secret_of(test::bob);
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(Client::connect(config));
  config.key = KeyId{4'000};
  EXPECT_FALSE(Client::connect(config));
  const std::string old_tls =
      "timeout 10 openssl s_client -tls1_2 -connect 127.0.0.1:" + std::to_string(exchange.port()) +
      " </dev/null >/dev/null 2>&1";
  EXPECT_NE(std::system(old_tls.c_str()), 0);
  exchange.end_process(SIGTERM);
  const std::string log = exchange.process_log();
  const auto count = [&](const std::string& words) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = log.find(words, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("karstd: refused 127.0.0.1: log-on with a wrong signature (key 11)\n"), 5U)
      << log;
  EXPECT_EQ(count("karstd: refused 127.0.0.1: log-on with an unknown key (key 4000)\n"), 1U) << log;
  EXPECT_EQ(count("karstd: refused 127.0.0.1: unsupported protocol\n"), 1U) << log;
  EXPECT_EQ(count("karstd: refused 3 more: log-on with a wrong signature"), 1U) << log;
}

// Protobuf's own line for each such text would let anybody fill the log.
TEST(RefusalLog, of_frames_whose_texts_are_no_utf_8_the_parser_says_nothing) {
  test::TestExchange exchange;
  exchange.start();
  exchange.make_market();
  exchange.stop();
  exchange.start_process();
  Result<std::unique_ptr<Client>> client = Client::connect(exchange.client_config(test::alice));
  ASSERT_TRUE(client.ok()) << client.error().text();
  v1::Command command;
  command.mutable_rename_merchant()->set_name("\xff\xfe");
  EXPECT_FALSE((*client)->call(command).ok());
  exchange.end_process(SIGTERM);
  EXPECT_EQ(exchange.process_log().find("libprotobuf"), std::string::npos)
      << exchange.process_log();
}

}  // namespace
}  // namespace karst::gateway
