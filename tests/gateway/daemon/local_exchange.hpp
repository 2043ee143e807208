// LocalExchange: hub, sessions and the real engine in one thread, without socket, disk or clock.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "gateway/session/hub.hpp"
#include "gateway/wire/native_skin.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst::test {

/// Time is what the test says it is.
class LocalExchange final : public gateway::CommandSink, public gateway::EventSource {
 public:
  explicit LocalExchange(const gateway::SessionLimits& limits = {},
                         gateway::HubLimits hub_limits = {});

  /// Applies what was submitted and delivers it.
  void run();
  /// Time passes; timers run.
  void pass_ms(std::int64_t ms);
  [[nodiscard]] gateway::Now now() const { return now_; }

  /// Carries out a command of the exchange itself.
  void command(Command command);
  /// From here on it takes two operators; one alone funds 10,000.00.
  void begin_four_eyes();
  /// Merchants 1 to 3 with the keys of test_exchange.hpp, and the product as instrument 1.
  void make_market();

  // CommandSink and EventSource.
  gateway::Admission submit(const Command& command, std::uint64_t handle) override;
  gateway::Admission rehearse(const Command& command, std::uint64_t handle) override;
  bool ask(const gateway::EventQuestion& question, Then then) override;

  gateway::Admission next_admission = gateway::Admission::accepted;
  /// What becomes of a rehearsal that was accepted, where it does not reach the engine.
  gateway::Admission late_refusal = gateway::Admission::accepted;
  /// The same of commands that were accepted.
  gateway::Admission late_refusal_of_commands = gateway::Admission::accepted;
  bool is_event_log_damaged = false;  ///< nothing can be read of it
  bool is_event_log_hanging = false;  ///< its disk does not answer
  gateway::Hub hub;
  Engine engine;
  std::vector<Command> applied;  ///< everything sequenced so far

 private:
  struct Waiting {
    Command command;
    std::uint64_t handle;
  };
  struct Asked {
    gateway::EventQuestion question;
    Then then;
  };

  [[nodiscard]] gateway::EventAnswer answer(const gateway::EventQuestion& question) const;

  std::vector<Event> events_;
  EventRing ring_{};
  std::deque<Waiting> waiting_;
  std::deque<Waiting> rehearsing_;
  std::vector<AccountEntry> stored_;
  OrderNames names_;
  std::deque<Asked> asked_;
  gateway::Now now_{1'000'000'000, 1'700'000'000'000'000'000};
};

/// A client of a LocalExchange: frames in, messages out.
class LocalClient : private gateway::Listener {
 public:
  explicit LocalClient(LocalExchange& exchange);
  ~LocalClient() override;
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;

  /// Sends bytes as they are. Then the exchange runs.
  void send_bytes(const std::string& bytes);
  /// The same, but the exchange does not run.
  void hand_over(const std::string& bytes);
  /// Sends a request as a frame. Returns: what came back, in order.
  std::vector<v1::Response> send(const v1::Request& request);
  /// The reply to one command.
  v1::Reply command(const v1::Command& command);

  /// Everything that has come since the last call.
  std::vector<v1::Response> take();

  /// The request that logs on with `key`, properly signed.
  [[nodiscard]] v1::Request log_on_request(const TestKey& key) const;
  /// Logs on; the test fails if it cannot.
  void log_on(const TestKey& key);

  [[nodiscard]] gateway::Session* session() { return exchange_.hub.find(id_); }
  [[nodiscard]] bool is_ended() { return session() == nullptr || session()->is_ended(); }
  /// The code of the LoggedOff that came, or OK.
  [[nodiscard]] v1::Code farewell() const { return farewell_; }
  [[nodiscard]] const v1::LoggedOn& logged_on() const { return logged_on_; }
  void disconnect();
  [[nodiscard]] gateway::ConnectionId id() const { return id_; }

  gateway::ChannelBinding binding{7};

 private:
  bool hear(const v1::Request& request, std::size_t bytes) override {
    return exchange_.hub.hear(id_, request, bytes, exchange_.now());
  }

  LocalExchange& exchange_;
  gateway::NativeSkin skin_;
  gateway::ConnectionId id_ = 0;
  std::string nonce_;
  gateway::FrameReader reader_{1U << 24U};
  v1::Code farewell_ = v1::CODE_OK;
  v1::LoggedOn logged_on_;
  std::uint64_t last_request_ = 0;
};

/// The frame of a message.
[[nodiscard]] std::string frame_of(const v1::Request& request);

}  // namespace karst::test
