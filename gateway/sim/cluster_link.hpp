// The one session of a cluster replay: pipelined, in order, and proof against a dying exchange.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "gateway/measure/latency_histogram.hpp"
#include "gateway/sim/own_exchange.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {

/// What is kept of the answer to a command.
struct LinkAnswer {
  v1::Code code = v1::CODE_OK;
  std::uint64_t sequence = 0;
  std::uint64_t event_number = 0;  ///< in the log of `account`; 0 = in none
  std::uint64_t order_id = 0;
  std::uint32_t account = 0;
  bool is_command = false;  ///< not a setting of the clock
};

/// Commands go out in the order in which they are given, at most window_max unanswered at a time.
/// When the connection is lost the exchange is started again if it has died, everything unanswered
/// is sent again under its number, and each command is carried out once. What is sent, and in what
/// order, never depends on when answers come.
///
/// Threads: one owner.
class ClusterLink {
 public:
  explicit ClusterLink(OwnExchange& exchange) : exchange_(exchange) {}

  /// Starts the exchange and logs on.
  [[nodiscard]] Status open();

  /// Sends a command behind those before it. Errors: io: the exchange cannot be brought back;
  /// invalid: a refusal by the gateway, which must not happen here.
  [[nodiscard]] Status send(const v1::Command& command);
  /// Sets the exchange's clock. Unit: ns since 1970-01-01T00:00Z.
  [[nodiscard]] Status set_time(std::int64_t time_ns);
  /// Waits until everything is answered.
  ///
  /// Returns: the answers to the commands since the last call, in their order; they live until the
  ///          next send(). Errors: as send().
  [[nodiscard]] Result<std::vector<LinkAnswer>> settle();

  /// Asks questions and waits for their answers, in their order. Requires: settled.
  ///
  /// Errors: invalid: a question was refused; io as send().
  [[nodiscard]] Result<std::vector<v1::Response>> ask(std::vector<v1::Request> questions);

  /// Kills the exchange once so many more commands have been sent, with answers outstanding:
  /// every other time before any of them has been read.
  void kill_after(std::uint64_t commands) { kill_at_ = commands_ + commands; }
  [[nodiscard]] bool is_kill_due() const { return kill_at_ != never; }

  [[nodiscard]] std::uint64_t commands() const { return commands_; }
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] std::uint32_t kills() const { return kills_; }
  [[nodiscard]] std::uint32_t reconnects() const { return reconnects_; }
  /// From the write of each command to the reading of its answer.
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }

 private:
  static constexpr std::size_t window_max = 512;  // below the answers kept per key
  static constexpr std::size_t flush_at = 64;
  static constexpr std::uint32_t turns_missed_max = 4;
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  struct Pending {
    v1::Request request;
    std::uint64_t request_id = 0;
    std::int64_t sent_ns = 0;  // 0: not yet, or more than once
    std::size_t answer = 0;    // place in answers_
  };

  [[nodiscard]] Status push(v1::Request request);
  [[nodiscard]] Status flush();
  [[nodiscard]] Status read();
  void kill_if_due(bool has_read);
  [[nodiscard]] Status recover(const Error& why);
  [[nodiscard]] Status connect();
  void on_reply(const v1::Reply& reply);

  OwnExchange& exchange_;
  std::unique_ptr<gateway::Client> client_;
  std::deque<Pending> unanswered_;
  std::size_t unsent_ = 0;  // the newest so many are queued and not flushed
  std::vector<LinkAnswer> answers_;
  std::vector<v1::Response> came_;  // answers to questions
  std::optional<Error> refused_;
  std::uint64_t next_client_seq_ = 1;
  std::uint64_t commands_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t kill_at_ = never;
  std::uint32_t kills_ = 0;
  std::uint32_t turns_missed_ = 0;
  std::uint32_t reconnects_ = 0;
  LatencyHistogram latency_;
};

}  // namespace karst::tool
