// LoadSession: one session of the load generator, told when each command was to be sent.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "gateway/measure/latency_histogram.hpp"
#include "gateway/measure/load_flow.hpp"

namespace karst::tool {

/// What was seen of a run, by one thread. Times on the client are from its steady clock; those on
/// the server are differences of the three times in each reply.
struct LoadTally {
  LoadTally(std::int64_t start_ns, std::int64_t interval_ns, std::size_t intervals);

  /// Answered commands that were to be sent from here on are measured; those before warm up.
  std::int64_t start_ns;
  std::int64_t interval_ns;

  LatencyHistogram latency;        ///< from when a command was to be sent to its reply
  LatencyHistogram from_send;      ///< from when it was sent: hides what waited behind others
  LatencyHistogram before_engine;  ///< gateway-in to the engine
  LatencyHistogram after_engine;   ///< engine to gateway-out: durable in between
  LatencyHistogram outside;        ///< the rest of from_send: sockets, TLS and the client
  std::vector<LatencyHistogram> times;  ///< latency by interval of the time to send

  std::array<std::uint64_t, load_kind_names.size()> answered{};  ///< by kind, measured or not
  std::map<int, std::uint64_t> refused;  ///< by code, measured or not
  std::uint64_t resent = 0;              ///< refused for want of room, and sent again later
  std::uint64_t unanswered = 0;          ///< of lost sessions, or too late
  std::uint64_t lost_sessions = 0;

  void add(const LoadTally& other);
};

/// Sends each command as soon as it may, but measures from when it was to be sent: what waits for
/// a slow exchange counts as waiting. Never more commands are on their way than the exchange
/// allows a session; one that is refused for want of room is sent again under its number, with
/// those behind it.
///
/// Invariant: the numbers of `sent_` are consecutive from `first_number_`.
/// Threads: one owner.
class LoadSession {
 public:
  /// Logs on and cancels what an earlier run has left.
  [[nodiscard]] static Result<std::unique_ptr<LoadSession>> open(gateway::ClientConfig config,
                                                                 const LoadFlow& flow,
                                                                 LoadTally& tally);

  /// A command is to be sent at `ns` of the steady clock.
  void add(std::int64_t ns) { due_.push_back(ns); }
  /// Sends what may be sent. A session that is lost counts what it owes and is idle from then on.
  void send();
  /// Takes what has come.
  void receive();

  [[nodiscard]] bool is_idle() const { return due_.empty() && sent_.empty() && again_.empty(); }
  [[nodiscard]] bool is_lost() const { return is_lost_; }
  /// For poll(); -1 when lost.
  [[nodiscard]] int socket() const { return is_lost_ ? -1 : client_->socket(); }
  /// Counts what is still not answered.
  void give_up();

 private:
  enum class State : std::uint8_t { waiting, answered, again };
  struct Sent {
    std::int64_t due_ns;
    std::int64_t sent_ns;
    LoadCommand command;
    State state = State::waiting;
  };

  LoadSession(const LoadFlow& flow, LoadTally& tally) : flow_(flow), tally_(tally) {}

  void send(const Sent& sent);
  void take(const v1::Reply& reply);
  void measure(const Sent& sent, const v1::Reply& reply);
  void begin_again();
  void lose();

  LoadFlow flow_;
  LoadTally& tally_;
  std::unique_ptr<gateway::Client> client_;
  std::uint64_t in_flight_max_ = 1;
  std::deque<std::int64_t> due_;  // not sent yet
  std::deque<Sent> sent_;
  std::deque<Sent> again_;  // to be sent before those due
  std::uint64_t first_number_ = 1;
  std::uint64_t lowest_unused_ = 0;  // 0 = all numbers were used
  std::uint64_t waiting_ = 0;        // of sent_
  std::int64_t pause_until_ns_ = 0;
  std::int64_t said_ns_ = 0;
  bool is_lost_ = false;
};

/// Unit: nanoseconds of the steady clock.
[[nodiscard]] std::int64_t steady_now_ns();

}  // namespace karst::tool
