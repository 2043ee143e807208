// Attacks over real sockets: whatever a peer sends, or stops sending, it gets a typed refusal or is
// closed in time, and a good client trades on.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/client/tls_connection.hpp"
#include "gateway/wire/frame.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using gateway::FrameReader;
using gateway::TlsConnection;
using SteadyClock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(60);

/// A peer that has shaken hands and then does as it likes.
class Attacker {
 public:
  explicit Attacker(const gateway::TlsPeer& peer)
      : connection_(TlsConnection::open(peer, 30'000).value()) {}

  /// Returns: false once the exchange has hung up.
  bool send(std::string_view bytes) { return connection_.write(bytes, 10'000).ok(); }

  /// Reads until `count` messages have come (the Challenge is one) or the exchange has hung up.
  /// Returns: whether it has hung up.
  bool read(std::size_t count) {
    const auto end = SteadyClock::now() + patience;
    while (messages_.size() < count && SteadyClock::now() < end) {
      if (!read_some()) return true;
    }
    return false;
  }
  /// Reads until the exchange hangs up. Returns: whether it did.
  bool read_to_the_end() { return read(~std::size_t{0}); }

  [[nodiscard]] const std::vector<v1::Response>& messages() const { return messages_; }
  /// Why the exchange ended it, as it said.
  [[nodiscard]] v1::Code farewell() const {
    const bool is_said = !messages_.empty() && messages_.back().has_logged_off();
    return is_said ? messages_.back().logged_off().code() : v1::CODE_OK;
  }
  [[nodiscard]] v1::Request log_on(const test::TestKey& key) const {
    gateway::Nonce nonce{};
    const std::string& given = messages_.at(0).challenge().nonce();
    std::copy(given.begin(), given.end(), nonce.begin());
    const auto signature = test::secret_of(key).sign(
        gateway::log_on_statement(nonce, connection_.binding(), KeyId{key.key}));
    v1::Request request;
    request.set_request_id(1);
    request.mutable_log_on()->set_key_id(key.key);
    request.mutable_log_on()->set_signature(std::string(signature.begin(), signature.end()));
    request.mutable_log_on()->set_disconnect_grace_ns(-1);
    return request;
  }

 private:
  bool read_some() {
    char buffer[16 * 1024];
    const Result<std::size_t> got = connection_.read(buffer, 1'000);
    if (!got) return false;
    reader_.feed(std::as_bytes(std::span(buffer).first(*got)));
    std::span<const std::byte> message;
    while (reader_.next(message) == FrameReader::Next::frame) {
      v1::Response& response = messages_.emplace_back();
      EXPECT_TRUE(response.ParseFromArray(message.data(), static_cast<int>(message.size())));
    }
    return true;
  }
  TlsConnection connection_;
  FrameReader reader_{16U << 20U};
  std::vector<v1::Response> messages_;
};

std::string frame_of(const v1::Request& request) {
  std::string bytes;
  gateway::append_frame(request, bytes);
  return bytes;
}

v1::Request ping(std::uint64_t token) {
  v1::Request request;
  request.mutable_ping()->set_token(token);
  return request;
}

class Attack : public testing::Test {
 protected:
  void SetUp() override {
    configure();
    exchange_.start();
    exchange_.make_market();
  }
  virtual void configure() {}
  void TearDown() override {
    const auto bob = exchange_.connect(test::bob);
    EXPECT_EQ(test::call(*bob, test::order(1, v1::SIDE_BUY, 1, 1)).code(), v1::CODE_OK);
    v1::Request query;
    query.mutable_query_status();
    const auto end = SteadyClock::now() + patience;
    std::uint64_t connections = 0;
    do {
      connections = test::ask(*bob, query).status().connections();
    } while (connections > 1 && SteadyClock::now() < end);
    EXPECT_EQ(connections, 1U) << "somebody is still there";
  }
  [[nodiscard]] gateway::TlsPeer peer() const { return exchange_.client_config(test::alice).peer; }
  /// A socket without TLS.
  [[nodiscard]] int plain_socket() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(exchange_.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
  /// Whether the exchange closes a socket; what it says before is thrown away.
  static bool is_closed_in_time(int fd) {
    const auto end = SteadyClock::now() + patience;
    while (SteadyClock::now() < end) {
      pollfd entry{fd, POLLIN, 0};
      if (::poll(&entry, 1, 1'000) <= 0) continue;
      char buffer[4'096];
      if (::recv(fd, buffer, sizeof buffer, 0) <= 0) return true;
    }
    return false;
  }

  test::TestExchange exchange_;
};

TEST_F(Attack, frames_malformed_empty_or_oversized_are_refused_by_their_code) {
  const std::vector<std::pair<std::string, v1::Code>> cases{
      {std::string(4, '\0'), v1::CODE_BAD_FRAME},
      {std::string("\0\0\0\3\xff\xff\xff", 7), v1::CODE_BAD_FRAME},
      {std::string("\0\1\0\1", 4), v1::CODE_FRAME_TOO_LARGE},
      {std::string(100'000, '\xff'), v1::CODE_FRAME_TOO_LARGE},
      {std::string("GET / HTTP/1.1\r\n\r\n"), v1::CODE_FRAME_TOO_LARGE},
      {frame_of(ping(1)), v1::CODE_NOT_LOGGED_ON}};
  for (const auto& [bytes, code] : cases) {
    for (const bool is_logged_on : {false, true}) {
      if (is_logged_on && code == v1::CODE_NOT_LOGGED_ON) continue;
      Attacker attacker(peer());
      ASSERT_FALSE(attacker.read(1));
      if (is_logged_on) {
        ASSERT_TRUE(attacker.send(frame_of(attacker.log_on(test::alice))));
        ASSERT_FALSE(attacker.read(2));
      }
      static_cast<void>(attacker.send(bytes));
      EXPECT_TRUE(attacker.read_to_the_end());
      EXPECT_EQ(attacker.farewell(), code);
    }
  }
}

TEST_F(Attack, a_session_may_be_cut_off_behind_every_byte) {
  std::size_t length = 0;
  for (std::size_t cut = 0; cut == 0 || cut < length; ++cut) {
    Attacker attacker(peer());
    ASSERT_FALSE(attacker.read(1));
    const std::string bytes = frame_of(attacker.log_on(test::alice)) + frame_of(ping(7));
    length = bytes.size();
    ASSERT_TRUE(attacker.send(std::string_view(bytes).substr(0, cut)));
  }
  EXPECT_GT(length, 70U);
}

TEST_F(Attack, requests_are_answered_in_order_however_they_are_packed) {
  Attacker attacker(peer());
  ASSERT_FALSE(attacker.read(1));
  ASSERT_TRUE(attacker.send(frame_of(attacker.log_on(test::alice))));
  ASSERT_FALSE(attacker.read(2));
  constexpr std::uint64_t pings = 500;
  std::string together;
  for (std::uint64_t token = 1; token <= pings; ++token) together += frame_of(ping(token));
  ASSERT_TRUE(attacker.send(together));
  const std::string apart = frame_of(ping(pings + 1));
  for (const char byte : apart) ASSERT_TRUE(attacker.send(std::string(1, byte)));
  ASSERT_FALSE(attacker.read(2 + pings + 1));
  std::uint64_t token = 0;
  for (const v1::Response& it : attacker.messages()) {
    if (!it.has_pulse() || it.pulse().token() == 0) continue;
    EXPECT_EQ(it.pulse().token(), ++token);
  }
  EXPECT_EQ(token, pings + 1);
}

/// Time limits short enough to wait for: 5 s to log on, 8 s between two requests.
class SlowAttack : public Attack {
 protected:
  void configure() override {
    exchange_.set_config("idle_timeout_ms", "8000");
    exchange_.set_config("heartbeat_interval_ms", "1000");
  }
};

TEST_F(SlowAttack, a_byte_a_second_does_not_keep_a_session_alive) {
  Attacker stranger(peer());
  Attacker known(peer());
  ASSERT_FALSE(known.read(1));
  ASSERT_TRUE(known.send(frame_of(known.log_on(test::alice))));
  const std::string slow = std::string("\0\0\1\0", 4) + std::string(256, 'x');
  bool is_stranger_in = true;
  bool is_known_in = true;
  for (std::size_t i = 0; i < 60 && (is_stranger_in || is_known_in); ++i) {
    is_stranger_in = is_stranger_in && stranger.send(slow.substr(i, 1));
    is_known_in = is_known_in && known.send(slow.substr(i, 1));
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  EXPECT_FALSE(is_stranger_in);
  EXPECT_FALSE(is_known_in);
  EXPECT_TRUE(stranger.read_to_the_end());
  EXPECT_EQ(stranger.farewell(), v1::CODE_LOG_ON_TIMEOUT);
  EXPECT_TRUE(known.read_to_the_end());
  EXPECT_EQ(known.farewell(), v1::CODE_IDLE_TIMEOUT);
}

TEST_F(SlowAttack, who_never_finishes_the_handshake_is_closed) {
  const int silent = plain_socket();
  const int half = plain_socket();
  const int rude = plain_socket();
  // The head of a TLS record that announces more than ever comes.
  const char hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
  EXPECT_GT(::send(half, hello, sizeof hello, MSG_NOSIGNAL), 0);
  const std::string nonsense(1'000, 'x');
  EXPECT_GT(::send(rude, nonsense.data(), nonsense.size(), MSG_NOSIGNAL), 0);
  for (const int fd : {silent, half, rude}) {
    EXPECT_TRUE(is_closed_in_time(fd));
    ::close(fd);
  }
}

TEST_F(SlowAttack, a_half_open_peer_is_closed) {
  // It has said that it will send nothing more, and reads nothing: neither side hears of the other.
  Attacker attacker(peer());
  ASSERT_FALSE(attacker.read(1));
  ASSERT_TRUE(attacker.send(frame_of(attacker.log_on(test::alice))));
  const auto alice = exchange_.connect(test::alice_viewer);
  v1::Request query;
  query.mutable_query_status();
  const auto end = SteadyClock::now() + patience;
  std::uint64_t connections = 2;
  while (connections > 1 && SteadyClock::now() < end) {
    connections = test::ask(*alice, query).status().connections();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(connections, 1U);
}

}  // namespace
}  // namespace karst
