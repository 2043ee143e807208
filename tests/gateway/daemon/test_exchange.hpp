// TestExchange: a real exchange in a folder of its own, in this process or another, and clients.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/client/client.hpp"
#include "gateway/config/config.hpp"
#include "gateway/daemon/daemon.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/support/temporary_folder.hpp"

namespace karst::test {

/// The keys of the test market: number, merchant and scopes of each.
struct TestKey {
  std::uint32_t key;
  std::uint32_t account;
  std::uint8_t scopes;
};
inline constexpr TestKey operator_key{1, 0, scope::read | scope::audit | scope::operate};
inline constexpr TestKey alice{11, 1, scope::read | scope::trade};
inline constexpr TestKey bob{12, 2, scope::read | scope::trade};
inline constexpr TestKey alice_viewer{13, 1, scope::read};
inline constexpr TestKey alice_canceller{14, 1, scope::cancel_only};
inline constexpr TestKey auditor{15, 0, scope::audit};
inline constexpr TestKey second_operator{16, 0, scope::operate};
inline constexpr TestKey carol{17, 3, scope::read | scope::trade};

/// The secret of a key of the test market.
[[nodiscard]] gateway::SigningKey secret_of(const TestKey& key);

/// Karstd's parts with `karst init`'s files. Restarting keeps the folder.
class TestExchange {
 public:
  TestExchange();
  ~TestExchange();

  /// In this process. Throws when it cannot.
  void start();
  void stop();
  /// The program karstd as a process of its own, which may open so many files (0: as many as we).
  /// `meanwhile` is called with its number while it starts; `word` goes before the configuration.
  void start_process(std::uint64_t files_max = 0, const std::function<void(pid_t)>& meanwhile = {},
                     const std::string& word = "");
  /// What it has written to its log so far.
  [[nodiscard]] std::string process_log() const;
  /// Ends it by `signal` and waits until it is gone. Returns: its wait status.
  int end_process(int signal);
  [[nodiscard]] pid_t process() const { return process_; }

  /// Changes a line "key = value" of the configuration file; before start.
  void set_config(const std::string& key, const std::string& value);

  /// Admits merchants 1 to 3 (funded with 10^9 fen each), makes the keys above, and lists data
  /// products 1 to `products` (seats, band 0, prices 1 to 1,000,000, 1 fen a tick) of which alice
  /// has all the seats.
  void make_market(std::uint32_t products = 1);
  /// Creates one more key.
  void make_key(const TestKey& key);

  [[nodiscard]] gateway::ClientConfig client_config(const TestKey& key) const;
  /// A client that is logged on. Throws when it cannot.
  [[nodiscard]] std::unique_ptr<gateway::Client> connect(const TestKey& key) const;

  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint32_t instrument() const { return instrument_; }
  [[nodiscard]] gateway::Daemon& daemon() { return *daemon_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<gateway::Daemon> daemon_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
  std::uint32_t instrument_ = 0;
};

/// A limit order, good till cancelled, on the instrument given. Sells draw on capacity.
[[nodiscard]] v1::Command order(std::uint32_t instrument, v1::Side side, std::int64_t limit,
                                std::uint32_t lots);

/// The reply to `command`. Throws when there is none.
[[nodiscard]] v1::Reply call(gateway::Client& client, const v1::Command& command);

/// The answer to a question. Throws when there is none.
[[nodiscard]] v1::Response ask(gateway::Client& client, const v1::Request& request);

}  // namespace karst::test
