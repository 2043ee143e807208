// Certificates of clients, and SIGHUP to a real karstd: what is reloaded, and what stays.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gateway/config/init_exchange.hpp"
#include "gateway/trust/pki.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using gateway::Client;
using gateway::ClientConfig;
using test::TestExchange;

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Why a client does not connect; empty = it does.
std::string refusal(const ClientConfig& config) {
  const auto client = Client::connect(config);
  return client ? std::string() : client.error().text();
}

class ClientCertificates : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.start();
    exchange_.make_market();
    exchange_.stop();
    exchange_.set_config("client_ca", "\"ca.crt\"");
    exchange_.start();
  }
  [[nodiscard]] ClientConfig with(const std::string& certificate) const {
    ClientConfig config = exchange_.client_config(test::alice);
    if (certificate.empty()) return config;
    config.peer.certificate_file = exchange_.folder() + "/" + certificate + ".crt";
    config.peer.private_key_file = exchange_.folder() + "/" + certificate + ".key";
    return config;
  }
  void write(const std::string& name, const tool::Certified& certified) const {
    write_file(exchange_.folder() + "/" + name + ".crt", certified.certificate);
    write_file(exchange_.folder() + "/" + name + ".key", certified.private_key);
  }
  /// The authority of the exchange.
  [[nodiscard]] tool::Certified authority() const {
    return {read_file(exchange_.folder() + "/ca.key"), read_file(exchange_.folder() + "/ca.crt")};
  }
  TestExchange exchange_;
};

TEST_F(ClientCertificates, of_the_right_authority_are_let_in_and_all_else_is_not) {
  ASSERT_TRUE(
      tool::make_client_files(exchange_.folder(), "alice & co", exchange_.folder() + "/alice"));
  EXPECT_EQ(refusal(with("alice")), "");
  EXPECT_NE(refusal(with("")), "") << "without a certificate";
  write("foreign", tool::make_client(tool::make_authority("another authority"), "alice", 30));
  EXPECT_NE(refusal(with("foreign")), "");
  write("expired", tool::make_client(authority(), "alice", -1));
  EXPECT_NE(refusal(with("expired")), "");
  write("server", tool::make_server(authority(), "localhost", 30));
  EXPECT_NE(refusal(with("server")), "") << "a server's certificate is not a client's";
  write("self_signed", tool::make_authority("alice"));
  EXPECT_NE(refusal(with("self_signed")), "");
  // A certificate opens the door; who speaks is proved by the key all the same.
  ClientConfig config = with("alice");
  config.secret = test::secret_of(test::bob);
  EXPECT_NE(refusal(config).find("LOG_ON_REFUSED"), std::string::npos);
  EXPECT_EQ(refusal(with("alice")), "");
}

TEST_F(ClientCertificates, are_never_written_over_another) {
  const std::string path = exchange_.folder() + "/alice";
  ASSERT_TRUE(tool::make_client_files(exchange_.folder(), "alice", path));
  const std::string first = read_file(path + ".key");
  const Status again = tool::make_client_files(exchange_.folder(), "alice", path);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_EQ(read_file(path + ".key"), first);
  EXPECT_FALSE(tool::make_client_files(exchange_.folder() + "/data", "alice", path + "2"));
}

TEST_F(ClientCertificates, of_a_name_that_x509_has_no_room_for_are_refused) {
  const std::string path = exchange_.folder() + "/long";
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("\xff\xfe")}) {
    const Status made = tool::make_client_files(exchange_.folder(), name, path);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("1 to 64 characters"), std::string::npos)
        << made.error().text();
  }
  std::string cities;  // 64 characters of three bytes
  for (int i = 0; i < 64; ++i) cities += "\u8d35";
  EXPECT_TRUE(tool::make_client_files(exchange_.folder(), cities, path));
}

TEST(ServerCertificates, have_long_host_names_and_refuse_what_is_none) {
  TestExchange exchange;
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  const std::string folder = exchange.folder();
  EXPECT_TRUE(tool::make_server_files(folder, longest + ",*.exchange.example,::1", folder + "/a"));
  for (const std::string& name : {label + "a", "b." + longest, std::string(" "), std::string("a b"),
                                  std::string("a..b"), std::string("a."), std::string("a:b")}) {
    const Status made = tool::make_server_files(folder, name, folder + "/b");
    ASSERT_FALSE(made) << name;
    EXPECT_NE(made.error().text().find("name a server"), std::string::npos);
    EXPECT_FALSE(tool::init_exchange(folder + "/new", name));
    EXPECT_FALSE(std::filesystem::exists(folder + "/new")) << "nothing is left behind";
  }
}

class Reload : public testing::Test {
 protected:
  void SetUp() override {
    exchange_.start_process();
    exchange_.make_market();
    alice_ = exchange_.connect(test::alice);
  }
  /// Sends SIGHUP. Returns: the line with which karstd answers it.
  std::string hang_up() {
    const std::size_t before = exchange_.process_log().size();
    ::kill(exchange_.process(), SIGHUP);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const std::string log = exchange_.process_log().substr(before);
      if (log.find("reloaded") != std::string::npos && log.back() == '\n') return log;
    }
    return "no answer";
  }
  /// The burst a new session of bob is given.
  std::uint32_t burst_of_bob() {
    return exchange_.connect(test::bob)->logged_on().limits().commands_burst();
  }
  void expect_alice_never_noticed() {
    EXPECT_EQ(test::call(*alice_, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
    EXPECT_EQ(alice_->logged_on().epoch(), 1U);
  }

  TestExchange exchange_;
  std::unique_ptr<Client> alice_;
};

TEST_F(Reload, takes_certificates_and_limits_and_drops_nobody) {
  const tool::Certified own = tool::make_authority("the next authority");
  const tool::Certified server = tool::make_server(own, "localhost", 30);
  write_file(exchange_.folder() + "/server.crt", server.certificate);
  write_file(exchange_.folder() + "/server.key", server.private_key);
  exchange_.set_config("commands_burst", "77");
  EXPECT_EQ(hang_up(), "karstd: certificates and limits reloaded\n");
  EXPECT_NE(refusal(exchange_.client_config(test::bob)), "") << "the old authority";
  write_file(exchange_.folder() + "/ca.crt", own.certificate);
  EXPECT_EQ(burst_of_bob(), 77U);
  expect_alice_never_noticed();
}

TEST_F(Reload, says_what_waits_for_a_restart) {
  exchange_.set_config("commands_burst", "77");
  exchange_.set_config("journal_segment_mib", "64");
  exchange_.set_config("subscriber_budget_kib", "2048");
  EXPECT_EQ(hang_up(),
            "karstd: certificates and limits reloaded\n"
            "karstd: not reloaded, restart karstd for it: storage.journal_segment_mib, "
            "feed.subscriber_budget_kib\n");
  EXPECT_EQ(burst_of_bob(), 77U);
}

TEST_F(Reload, holds_those_who_are_connected_to_the_limits_it_announces) {
  v1::Code code = v1::CODE_OK;
  ClientConfig config = exchange_.client_config(test::carol);
  config.handlers.on_market_data = [&](const v1::MarketData& it) {
    if (it.has_subscribed()) code = it.subscribed().code();
  };
  const auto carol = Client::connect(config);
  ASSERT_TRUE(carol);
  v1::Request request;
  for (const v1::FeedSchema schema : {v1::FEED_SCHEMA_MBO, v1::FEED_SCHEMA_TRADES}) {
    request.mutable_subscribe()->add_schemas(schema);
  }
  exchange_.set_config("subscriptions_max", "1");
  EXPECT_EQ(hang_up(), "karstd: certificates and limits reloaded\n");
  (*carol)->queue(request);
  ASSERT_TRUE((*carol)->flush());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (code == v1::CODE_OK && std::chrono::steady_clock::now() < end) {
    ASSERT_TRUE((*carol)->poll(100));
  }
  EXPECT_EQ(code, v1::CODE_TOO_MANY_SUBSCRIPTIONS);
  expect_alice_never_noticed();

  exchange_.set_config("frame_bytes_max", "1024");
  EXPECT_EQ(hang_up(), "karstd: certificates and limits reloaded\n");
  request.Clear();
  request.mutable_log_on()->set_signature(std::string(2'000, 'x'));
  const auto answered = alice_->ask(request);
  ASSERT_FALSE(answered);
  EXPECT_NE(answered.error().text().find("FRAME_TOO_LARGE"), std::string::npos)
      << answered.error().text();
}

/// Whether the process has the file open.
bool has_open(pid_t process, const std::string& file) {
  const std::string folder = "/proc/" + std::to_string(process) + "/fd";
  std::error_code error;
  for (const auto& it : std::filesystem::directory_iterator(folder, error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(it.path(), gone) == file) return true;
  }
  return false;
}

TEST(Start, a_hang_up_that_comes_before_karstd_serves_is_heeded_when_it_does) {
  TestExchange exchange;
  const std::string path = exchange.folder() + "/karst.toml";
  std::string text = read_file(path);
  while (text.size() < (std::size_t{16} << 20U)) text += "# it takes a while to read this\n";
  write_file(path, text);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  exchange.start_process(0, [&](pid_t karstd) {
    while (!has_open(karstd, path) && std::chrono::steady_clock::now() < end) {
    }
    ::kill(karstd, SIGHUP);
  });
  const char* const heeded = "certificates and limits reloaded";
  while (exchange.process_log().find(heeded) == std::string::npos &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_NE(exchange.process_log().find(heeded), std::string::npos) << exchange.process_log();
}

TEST_F(Reload, of_a_configuration_with_a_mistake_leaves_the_old_one_in_force) {
  const std::string path = exchange_.folder() + "/karst.toml";
  const std::string good = read_file(path);
  const std::uint32_t burst = burst_of_bob();
  exchange_.set_config("commands_burst", "77");
  const std::string changed = read_file(path);

  write_file(path, changed + "\nsurprise = 1\n");
  EXPECT_NE(hang_up().find("karstd: nothing reloaded: "), std::string::npos);
  EXPECT_NE(exchange_.process_log().find("unknown key operator.surprise at " + path),
            std::string::npos)
      << exchange_.process_log();
  EXPECT_EQ(burst_of_bob(), burst);

  exchange_.set_config("commands_burst", "0");
  EXPECT_NE(hang_up().find("nothing reloaded: "), std::string::npos);
  write_file(path, "");
  EXPECT_NE(hang_up().find("nothing reloaded: "), std::string::npos);

  // A key that is not the certificate's: neither the certificate nor the limits are taken.
  write_file(path, changed);
  const std::string key = read_file(exchange_.folder() + "/server.key");
  const tool::Certified other = tool::make_authority("other");
  write_file(exchange_.folder() + "/server.key", other.private_key);
  EXPECT_NE(hang_up().find("nothing reloaded: "), std::string::npos);
  EXPECT_EQ(burst_of_bob(), burst);

  write_file(exchange_.folder() + "/server.key", key);
  EXPECT_NE(hang_up().find("certificates and limits reloaded"), std::string::npos);
  EXPECT_EQ(burst_of_bob(), 77U);
  expect_alice_never_noticed();
}

}  // namespace
}  // namespace karst
