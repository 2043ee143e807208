// A real exchange over real TLS: who is let in, and what survives resends, restarts and kill -9.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gateway/client/tls_connection.hpp"
#include "gateway/trust/pki.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using gateway::Client;
using gateway::ClientConfig;
using test::TestExchange;

/// What a shell command says, both streams, and how it ended.
struct Said {
  std::string text;
  int status = 0;
};
Said shell(const std::string& command) {
  Said said;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) {
    said.text.append(buffer, got);
  }
  said.status = ::pclose(pipe);
  return said;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST(Capacity, that_an_exchange_was_not_begun_with_is_refused_by_name) {
  TestExchange exchange;
  exchange.start();
  exchange.stop();
  exchange.set_config("orders_max", "12345");
  const std::string journal = "cat " + exchange.folder() + "/data/journal/* | sha256sum";
  const std::string before = shell(journal).text;
  const Said said = shell("timeout 20 " KARST_BINARY_DIR "/karstd " + exchange.folder() +
                          "/karst.toml");
  EXPECT_NE(said.status, 0);
  EXPECT_NE(said.text.find("at [capacity] orders_max was "), std::string::npos) << said.text;
  EXPECT_NE(said.text.find(", not 12345"), std::string::npos) << said.text;
  EXPECT_EQ(shell(journal).text, before) << "the journal is left as it was";
}

TEST(Capacity, grows_at_a_restart_before_anybody_is_served) {
  TestExchange exchange;
  exchange.set_config("orders_max", "64");
  exchange.set_config("accounts_max", "20");
  exchange.start_process();
  exchange.make_market();
  const auto alice_sells = [&](int orders) {
    const auto alice = exchange.connect(test::alice);
    int taken = 0;
    for (int i = 0; i < orders; ++i) {
      const v1::Command order = test::order(exchange.instrument(), v1::SIDE_SELL, 100 + i, 1);
      taken += test::call(*alice, order).code() == v1::CODE_OK ? 1 : 0;
    }
    return taken;
  };
  EXPECT_EQ(alice_sells(70), 64);
  exchange.end_process(SIGKILL);
  exchange.set_config("orders_max", "128");
  exchange.set_config("accounts_max", "1000");
  const std::string check =
      "timeout 20 " KARST_BINARY_DIR "/karstd --check-config " + exchange.folder() + "/karst.toml";
  const std::string growth = "accounts_max from 20 to 1000, orders_max from 64 to 128";
  const Said asked = shell(check);
  EXPECT_EQ(asked.status, 0);
  EXPECT_NE(asked.text.find("a start makes the exchange larger: " + growth), std::string::npos)
      << asked.text;
  exchange.start_process();
  EXPECT_NE(exchange.process_log().find("the exchange is larger: " + growth), std::string::npos)
      << exchange.process_log();
  EXPECT_EQ(alice_sells(70), 64);
  exchange.end_process(SIGTERM);
  EXPECT_NE(shell(check).text.find("\nthe exchange has these sizes\n"), std::string::npos);
  exchange.start_process();
  EXPECT_EQ(exchange.process_log().find("larger"), std::string::npos) << exchange.process_log();
  EXPECT_EQ(alice_sells(1), 0);
}

TEST(Capacity, that_the_machine_has_no_memory_for_is_refused_with_the_figures) {
  TestExchange exchange;
  exchange.start();
  exchange.stop();
  exchange.set_config("references_max", "4294967295");
  const std::string journal = "cat " + exchange.folder() + "/data/journal/* | sha256sum";
  const std::string before = shell(journal).text;
  for (const char* word : {"", "--check-config "}) {
    const Said said = shell(std::string("timeout 20 " KARST_BINARY_DIR "/karstd ") + word +
                            exchange.folder() + "/karst.toml");
    EXPECT_NE(said.status, 0);
    EXPECT_NE(said.text.find("may come to "), std::string::npos) << said.text;
    EXPECT_NE(said.text.find(" MiB can be had at [capacity]"), std::string::npos) << said.text;
  }
  EXPECT_EQ(shell(journal).text, before) << "the journal is left as it was";
}

TEST(Tls, nothing_older_than_1_3_is_spoken) {
  TestExchange exchange;
  exchange.start();
  const std::string s_client =
      "openssl s_client -connect 127.0.0.1:" + std::to_string(exchange.port()) + " -CAfile " +
      exchange.folder() + "/ca.crt </dev/null";
  for (const char* version : {" -tls1_2", " -tls1_1 -cipher DEFAULT@SECLEVEL=0"}) {
    const Said said = shell("timeout 10 " + s_client + version);
    EXPECT_NE(said.text.find("Cipher is (NONE)"), std::string::npos) << said.text;
  }
  const Said good = shell("timeout 10 " + s_client + " -tls1_3 -verify_return_error");
  EXPECT_NE(good.text.find("TLSv1.3, Cipher is TLS_"), std::string::npos) << good.text;
  EXPECT_EQ(good.text.find("Verify return code: 0 (ok)") == std::string::npos, false) << good.text;
}

/// Why a client does not connect; empty = it does.
std::string refusal(const ClientConfig& config) {
  const auto client = Client::connect(config);
  return client ? std::string() : client.error().text();
}

TEST(Tls, a_certificate_that_is_wrong_expired_or_self_signed_is_refused_by_the_client) {
  TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const ClientConfig good = exchange.client_config(test::alice);
  EXPECT_EQ(refusal(good), "");
  ClientConfig wrong_name = good;
  wrong_name.peer.name = "elsewhere";
  EXPECT_NE(refusal(wrong_name).find("hostname mismatch"), std::string::npos)
      << refusal(wrong_name);
  exchange.stop();

  const tool::Certified own = tool::make_authority("another authority");
  const std::string crt = exchange.folder() + "/server.crt";
  const std::string key = exchange.folder() + "/server.key";
  const auto serve_with = [&](const tool::Certified& certified) {
    write_file(crt, certified.certificate);
    write_file(key, certified.private_key);
    exchange.start();
    const std::string why = refusal(exchange.client_config(test::alice));
    exchange.stop();
    return why;
  };
  const std::string foreign = serve_with(tool::make_server(own, "localhost", 30));
  EXPECT_NE(foreign.find("unable to get local issuer certificate"), std::string::npos) << foreign;
  const std::string self_signed = serve_with(own);
  EXPECT_NE(self_signed.find("self-signed certificate"), std::string::npos) << self_signed;
  // Signed by the right authority, but over.
  write_file(exchange.folder() + "/ca.crt", own.certificate);
  const std::string expired = serve_with(tool::make_server(own, "localhost", -1));
  EXPECT_NE(expired.find("certificate has expired"), std::string::npos) << expired;
  EXPECT_EQ(serve_with(tool::make_server(own, "localhost", 30)), "");
}

TEST(Tls, certificates_and_limits_reload_without_dropping_a_session) {
  TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const auto alice = exchange.connect(test::alice);
  const tool::Certified own = tool::make_authority("the next authority");
  const tool::Certified server = tool::make_server(own, "localhost", 30);
  write_file(exchange.folder() + "/server.crt", server.certificate);
  write_file(exchange.folder() + "/server.key", server.private_key);
  exchange.set_config("commands_burst", "77");
  const auto config = gateway::load_config(exchange.folder() + "/karst.toml");
  ASSERT_TRUE(config);
  ASSERT_TRUE(exchange.daemon().reload(*config));
  EXPECT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
  EXPECT_EQ(alice->logged_on().epoch(), 1U);
  EXPECT_NE(refusal(exchange.client_config(test::bob)), "") << "the old authority is not trusted";
  write_file(exchange.folder() + "/ca.crt", own.certificate);
  const auto bob = exchange.connect(test::bob);
  EXPECT_EQ(bob->logged_on().limits().commands_burst(), 77U);
}

TEST(Start, a_secret_that_others_may_read_is_refused) {
  TestExchange exchange;
  std::filesystem::permissions(
      exchange.folder() + "/server.key",
      std::filesystem::perms::owner_read | std::filesystem::perms::group_read);
  const auto config = gateway::load_config(exchange.folder() + "/karst.toml");
  ASSERT_TRUE(config);
  gateway::Daemon daemon(*config);
  const Status status = daemon.start();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().text().find("others may read"), std::string::npos);
}

TEST(Start, other_capacities_than_the_exchange_was_begun_with_are_refused) {
  TestExchange exchange;
  exchange.start();
  exchange.stop();
  exchange.set_config("orders_max", "1024");
  EXPECT_THROW(exchange.start(), std::runtime_error);
  exchange.set_config("orders_max", "65536");
  EXPECT_NO_THROW(exchange.start());
}

TEST(Start, a_configuration_with_a_mistake_is_refused_with_its_line) {
  TestExchange exchange;
  const std::string path = exchange.folder() + "/karst.toml";
  const auto why = [&] {
    const auto config = gateway::load_config(path);
    return config ? std::string() : config.error().text();
  };
  EXPECT_EQ(why(), "");
  std::ifstream stream(path);
  const std::string good{std::istreambuf_iterator<char>(stream), {}};
  write_file(path, good + "\nsurprise = 1\n");
  EXPECT_NE(why().find("unknown key operator.surprise"), std::string::npos) << why();
  write_file(path, "[gateway]\nport = 1\nprot = 2\n");
  EXPECT_NE(why().find("unknown key gateway.prot at " + path + ":3"), std::string::npos) << why();
  write_file(path, "[gateway]\nport = 65536\n");
  EXPECT_NE(why().find("from 0 to 65535 at " + path + ":2"), std::string::npos) << why();
  write_file(path, "[gateway]\nport = \"7\"\n");
  EXPECT_NE(why().find("must be a whole number"), std::string::npos) << why();
  write_file(path, "[gateway\n");
  EXPECT_NE(why().find(path + ":1"), std::string::npos) << why();
  write_file(path, good + "\n[[operator]]\nkey_id = 1\npublic_key = \"" + std::string(64, 'a') +
                       "\"\nscopes = [\"read\"]\n");
  EXPECT_NE(why().find("used twice"), std::string::npos) << why();
}

TEST(Start, capacities_that_no_command_could_keep_to_are_refused) {
  const auto why = [](std::initializer_list<std::pair<const char*, const char*>> settings) {
    TestExchange exchange;
    for (const auto& [key, value] : settings) exchange.set_config(key, value);
    const auto config = gateway::load_config(exchange.folder() + "/karst.toml");
    return config ? std::string() : config.error().text();
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  std::string text = why({{"makers_per_command_max", "5345"}});
  EXPECT_TRUE(has(text, "capacity.makers_per_command_max") && has(text, "1 to 5344")) << text;
  text = why({{"makers_per_command_max", "5281"}});  // and 64 for another book's sweep
  EXPECT_TRUE(has(text, "a command could come to") && has(text, "16384 is the most")) << text;
  text = why({{"releases_per_command_max", "8000"}});
  EXPECT_TRUE(has(text, "16384 is the most")) << text;
  text = why({{"keys_max", "2147483648"}});
  EXPECT_TRUE(has(text, "capacity.keys_max") && has(text, "2 to 2147483647")) << text;
  text = why({{"keys_max", "2147483647"}});
  EXPECT_TRUE(has(text, "lower capacity.keys_max") && has(text, "timers")) << text;
  EXPECT_EQ(why({{"makers_per_command_max", "5264"}, {"releases_per_command_max", "16"}}), "");
}

TEST(Sessions, a_revoked_key_is_cut_within_a_second) {
  TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const auto alice = exchange.connect(test::alice);
  const auto admin = exchange.connect(test::operator_key);
  v1::Command revoke;
  revoke.mutable_revoke_key()->set_key_id(test::alice.key);
  ASSERT_EQ(test::call(*admin, revoke).code(), v1::CODE_OK);
  const auto begin = std::chrono::steady_clock::now();
  Result<bool> came = true;
  while (came) came = alice->poll(2'000);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_NE(came.error().text().find("KEY_REVOKED"), std::string::npos) << came.error().text();
}

TEST(Sessions, a_reader_that_stops_is_cut_and_nobody_else_waits) {
  TestExchange exchange;
  exchange.set_config("unread_bytes_max", "65536");
  exchange.set_config("in_flight_max", "65536");
  exchange.start();
  exchange.make_market();
  const auto slow = exchange.connect(test::alice);
  const auto good = exchange.connect(test::bob);
  v1::Request request;
  *request.mutable_command() = test::order(1, v1::SIDE_SELL, 0, 1);  // refused: cheap to repeat
  v1::Request ping;
  ping.mutable_ping();
  std::chrono::nanoseconds worst{0};
  bool is_cut = false;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int round = 0; !is_cut && std::chrono::steady_clock::now() < end; ++round) {
    for (int i = 0; i < 200; ++i) slow->queue(request);
    is_cut = !slow->flush();
    if (round % 20 != 0) continue;
    // A ping does not wait for the disk: what it waits for is the other session.
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(test::ask(*good, ping).has_pulse());
    worst = std::max<std::chrono::nanoseconds>(worst, std::chrono::steady_clock::now() - begin);
  }
  EXPECT_TRUE(is_cut);
  EXPECT_LT(worst, std::chrono::seconds(1));
  EXPECT_EQ(test::call(*good, test::order(1, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_OK);
}

/// The number of open orders of alice, and the lots they leave.
std::pair<int, std::uint64_t> open_orders(Client& client) {
  v1::Request query;
  query.mutable_query_orders();
  const v1::Response answer = test::ask(client, query);
  std::uint64_t lots = 0;
  for (const v1::OpenOrder& order : answer.orders().orders()) lots += order.leaves_lots();
  return {answer.orders().orders_size(), lots};
}

TEST(Threads, bear_the_names_that_the_operators_page_lists) {
  TestExchange exchange;
  exchange.start_process();
  exchange.make_market();
  std::set<std::string> running;
  const std::string tasks = "/proc/" + std::to_string(exchange.process()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    running.insert(name);
  }
  std::set<std::string> listed;
  std::ifstream page(KARST_SOURCE_DIR "/docs/OPERATIONS.md");
  bool is_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "| thread | what it does |") is_table = true;
    if (line.empty()) is_table = false;
    if (!is_table || !line.starts_with("| `")) continue;
    const std::string names = line.substr(2, line.find(" |", 2) - 2);
    for (std::size_t at = 0; (at = names.find('`', at)) != std::string::npos;) {
      const std::size_t end = names.find('`', at + 1);
      listed.insert(names.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  EXPECT_EQ(running, listed);
  exchange.end_process(SIGTERM);
}

TEST(Survival, each_command_is_executed_once_across_kills_and_restarts) {
  TestExchange exchange;
  exchange.start_process();
  exchange.make_market();
  constexpr int kills = 4;
  std::vector<v1::Reply> acked;
  std::uint64_t next = 1;
  for (int kill = 0; kill <= kills; ++kill) {
    ClientConfig config = exchange.client_config(test::alice);
    auto connected = Client::connect(config);
    ASSERT_TRUE(connected) << connected.error().text();
    Client& client = **connected;
    // Whatever was acknowledged before the kill gets the same answer again.
    for (const v1::Reply& first : acked) {
      v1::Command command =
          test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(first.client_seq()), 1);
      client.set_next_client_seq(first.client_seq());
      const v1::Reply again = test::call(client, command);
      EXPECT_TRUE(again.is_repeated()) << again.ShortDebugString();
      EXPECT_EQ(again.sequence(), first.sequence());
      EXPECT_EQ(again.order_id(), first.order_id());
      EXPECT_EQ(again.event_number(), first.event_number());
    }
    // What was sent but not answered is there or not; sent again, it is there once.
    client.set_next_client_seq(next);
    for (int i = 0; i < 10; ++i, ++next) {
      const v1::Reply reply = test::call(
          client, test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(next), 1));
      ASSERT_EQ(reply.code(), v1::CODE_OK) << reply.ShortDebugString();
      acked.push_back(reply);
    }
    EXPECT_EQ(open_orders(client).first, static_cast<int>(acked.size()));
    if (kill == kills) break;
    // More on the way, unanswered, when the process is killed.
    v1::Request request;
    for (std::uint64_t i = 0; i < 20; ++i) {
      *request.mutable_command() =
          test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(next + i), 1);
      request.mutable_command()->set_client_seq(next + i);
      client.queue(request);
    }
    ASSERT_TRUE(client.flush());
    std::this_thread::sleep_for(std::chrono::microseconds(300 * kill));
    exchange.end_process(SIGKILL);
    exchange.start_process();
    const auto look = exchange.connect(test::alice);
    const auto [orders, lots] = open_orders(*look);
    const int executed = orders - static_cast<int>(acked.size());
    EXPECT_GE(executed, 0);
    EXPECT_LE(executed, 20);
    EXPECT_EQ(look->next_client_seq(), next + static_cast<std::uint64_t>(executed));
    for (std::uint64_t i = 0; i < 20; ++i, ++next) {
      look->set_next_client_seq(next);
      const v1::Reply reply = test::call(
          *look, test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(next), 1));
      EXPECT_EQ(reply.code(), v1::CODE_OK);
      EXPECT_EQ(reply.is_repeated(), i < static_cast<std::uint64_t>(executed));
      acked.push_back(reply);
    }
    EXPECT_EQ(open_orders(*look).first, static_cast<int>(acked.size()));
  }
  const int status = exchange.end_process(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Survival, the_event_log_resumes_across_a_restart_without_gap_or_repeat) {
  TestExchange exchange;
  exchange.start();
  exchange.make_market();
  std::vector<std::uint64_t> numbers;
  ClientConfig config = exchange.client_config(test::alice);
  config.follow_events = true;
  config.handlers.on_event = [&](const v1::Event& event) { numbers.push_back(event.number()); };
  std::uint64_t newest = 0;
  for (int life = 0; life < 3; ++life) {
    config.peer.port = exchange.port();
    config.resume_after = newest;
    auto connected = Client::connect(config);
    ASSERT_TRUE(connected) << connected.error().text();
    Client& client = **connected;
    std::uint64_t last = 0;
    for (int i = 0; i < 20; ++i) {
      last = test::call(client, test::order(1, v1::SIDE_SELL, 500, 1)).event_number();
    }
    while (numbers.empty() || numbers.back() < last) {
      const Result<bool> came = client.poll(5'000);
      ASSERT_TRUE(came && *came) << numbers.size();
    }
    newest = numbers.back();
    exchange.stop();
    exchange.start();
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1);
}

TEST(Survival, orders_of_a_session_that_a_restart_cut_are_cancelled_after_their_grace) {
  TestExchange exchange;
  exchange.start_process();
  exchange.make_market();
  ClientConfig config = exchange.client_config(test::alice);
  config.disconnect_grace_ns = 200'000'000;
  auto connected = Client::connect(config);
  ASSERT_TRUE(connected);
  ASSERT_EQ(test::call(**connected, test::order(1, v1::SIDE_SELL, 500, 1)).code(), v1::CODE_OK);
  exchange.end_process(SIGKILL);
  exchange.start_process();
  const auto viewer = exchange.connect(test::alice_viewer);
  for (int i = 0; i < 100 && open_orders(*viewer).first != 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(open_orders(*viewer).first, 0);
}

}  // namespace
}  // namespace karst
