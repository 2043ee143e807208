// Hub: all sessions, and what goes between them and the exchange. No socket, no clock, no thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/engine.hpp"
#include "engine/event/event.hpp"
#include "engine/state/incarnation.hpp"
#include "gateway/session/session.hpp"
#include "gateway/session/waiting_proposals.hpp"
#include "ledger/events/order_names.hpp"

namespace karst::gateway {

/// The door to the sequencer. `handle` comes back with the answer: through Hub::deliver(), or
/// refused(), or rehearsed().
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  [[nodiscard]] virtual Admission submit(const Command& command, std::uint64_t handle) = 0;
  /// What would the command be answered?
  [[nodiscard]] virtual Admission rehearse(const Command& command, std::uint64_t handle) = 0;
};

/// Who answers what the hub does not: questions and subscriptions. It answers now or later through
/// Hub::find().
class QuestionDesk {
 public:
  virtual ~QuestionDesk() = default;
  /// The permission has been checked, and `account` is whom the question is about.
  virtual void ask(ConnectionId from, const Speaker& speaker, AccountId account,
                   const v1::Request& request) = 0;
  /// The connection is gone.
  virtual void forget(ConnectionId from) = 0;
  /// What the connection had to write has been written.
  virtual void drained(ConnectionId id) = 0;
};

struct HubLimits {
  std::uint32_t connections_max = 12'000;
  bool is_trace_clock = false;  ///< time is what operators say; of the exchange, never changed
};

/// One command that is durable, with what it came to.
struct Delivered {
  const Command& command;
  std::span<const Event> events;
  const Event* answer;   ///< one of `events`; null: a tick
  bool is_ours;          ///< submitted by this hub
  std::uint64_t handle;  ///< as given to CommandSink::submit()
};

/// Invariants: 1. at most one live session per key: the one with the newest epoch;
///             2. a sequenced session that ends without having been fenced has its close_session
///                submitted, tried again until the sequencer takes it;
///             3. of the KeepAlives of a key at most four per timeout of its dead man's timer are
///                submitted, and none while it has no such timer.
/// Threads: one owner.
class Hub final : public SessionHost {
 public:
  /// `events` and `desk` may be null: what needs them is NOT_AVAILABLE.
  Hub(CommandSink& commands, EventSource* events, QuestionDesk* desk, const SessionLimits& limits,
      const HubLimits& hub_limits);
  ~Hub() override;

  /// What the engine knows when it starts. A session that is open there has lost its connection.
  void add_key(KeyId key, const KeyRecord& record);
  void close_leftover_session(KeyId key, AccountId account, std::uint32_t epoch);
  void set_sizes(const Configure& sizes) { sizes_ = sizes; }
  void set_incarnations(std::span<const Incarnation> lives) {
    lives_.assign(lives.begin(), lives.end());
  }

  /// Client order ids, pools and proposals, of what is there already.
  void begin_with(const Engine& engine);

  /// What the open orders are called by their merchants.
  [[nodiscard]] const OrderNames& names() const { return names_; }

  [[nodiscard]] bool is_full() const { return connections_.size() >= hub_limits_.connections_max; }

  [[nodiscard]] std::uint32_t connections_max() const { return hub_limits_.connections_max; }
  [[nodiscard]] const SessionLimits& session_limits() const { return limits_; }
  /// Returns: null if the key was never created.
  [[nodiscard]] const KeyRecord* find_key(KeyId key) const;

  // The connections. Where all places are taken, one more may come to be turned away at once.
  // `skin` outlives its connection.
  [[nodiscard]] ConnectionId connect(Skin& skin, const ChannelChallenge& challenge, Now now);
  /// Returns: whether there is more to hear of it.
  [[nodiscard]] bool hear(ConnectionId id, const v1::Request& request, std::size_t bytes, Now now);
  /// Says why, and ends the session.
  void end(ConnectionId id, v1::Code code, const char* text);
  void disconnect(ConnectionId id);
  /// Says that there are too many connections, and ends it.
  void turn_away(ConnectionId id);
  /// What was to be written has been written.
  void drained(ConnectionId id);
  /// Null: gone.
  [[nodiscard]] Session* find(ConnectionId id);
  /// Says that the session has something to write or has ended.
  void touch(ConnectionId id);
  /// Those touched since the last call.
  void take_touched(std::vector<ConnectionId>& out);

  // The exchange.
  void deliver(const Delivered& delivered, Now now);
  void refused(std::uint64_t handle, Admission why, Now now);
  void rehearsed(std::uint64_t handle, const Rehearsal& rehearsal, const KeyStanding& standing,
                 Now now);

  /// Call it every 50 ms or so.
  void on_timer(Now now);
  void set_limits(const SessionLimits& limits, const HubLimits& hub_limits);
  /// Ends every session.
  void shut_down();

  struct Counters {
    std::uint64_t connections = 0;
    std::uint64_t sessions = 0;
    std::uint64_t commands_total = 0;
    std::uint64_t refusals_total = 0;
    std::uint64_t log_ons_total = 0;
  };
  [[nodiscard]] Counters counters() const;

  /// Called for every question about somebody else.
  std::function<void(const Speaker&, AccountId about, const char* question)> on_access;
  /// Called for every log-on that is refused.
  std::function<void(ConnectionId from, KeyId key, const char* reason)> on_log_on_refused;
  /// Fills what the hub does not know of a Status.
  std::function<void(v1::Response&)> on_status;

  // SessionHost.
  [[nodiscard]] TokenBucket& bucket_of(const Speaker& speaker) override;
  [[nodiscard]] Recognised recognise(const Credential& credential) const override {
    return gateway::recognise(credential, find_key(credential.key));
  }
  [[nodiscard]] Admission submit(ConnectionId from, const Command& command,
                                 std::uint32_t ticket) override;
  [[nodiscard]] bool is_trace_clock() const override { return hub_limits_.is_trace_clock; }
  [[nodiscard]] Admission rehearse(ConnectionId from, const Command& command,
                                   std::uint32_t ticket) override;
  void complete(Confirm& confirmation) const override { proposals_.complete(confirmation); }
  [[nodiscard]] const Configure& sizes() const override { return sizes_; }
  void ask(ConnectionId from, const Speaker& speaker, const v1::Request& request) override;
  void logged_on(ConnectionId from, KeyId key, std::uint32_t epoch) override;
  [[nodiscard]] bool is_keep_alive_due(KeyId key) const override;
  void log_on_refused(ConnectionId from, KeyId key, const char* reason) override {
    if (on_log_on_refused) on_log_on_refused(from, key, reason);
  }
  [[nodiscard]] std::uint64_t last_sequence() const override { return last_sequence_; }
  [[nodiscard]] std::uint64_t incarnation() const override {
    return lives_.empty() ? 0 : lives_.back().number;
  }
  [[nodiscard]] std::uint64_t shared_through(std::optional<std::uint64_t> of) const override {
    return karst::shared_through(lives_, of);
  }

 private:
  struct Connection {
    std::unique_ptr<Session> session;
    bool is_touched = false;
    bool is_catching_up = false;  // a part of what it missed is being read
  };
  static constexpr std::size_t catch_up_bytes = 64 * 1024;
  static constexpr std::uint32_t catch_up_events = 256;
  static constexpr ConnectionId no_connection = 0;  // handles of the hub's own commands

  void on_key_event(const Command& command, const Event& event);
  void on_session_opened(const Delivered& delivered);
  void tell_followers(const Executed& executed);
  void on_followed(const AccountEntry& entry);
  void note_pool(const DefinePool& pool);
  [[nodiscard]] std::string_view pool_of(const Command& command) const;
  void close_session(KeyId key, AccountId account, std::uint32_t epoch);
  void send_closes();
  void note_dead_man(const Delivered& delivered);
  void answer_proposals(Session& session, const v1::Request& request);
  void catch_up(ConnectionId id);
  void on_caught_up(ConnectionId id, const EventAnswer& answer);
  void answer_status(Session& session, const v1::Request& request);
  void unfollow(AccountId account, ConnectionId id);

  CommandSink& commands_;
  EventSource* events_;
  QuestionDesk* desk_;
  SessionLimits limits_;
  HubLimits hub_limits_;
  std::unordered_map<std::uint32_t, KeyRecord> keys_;
  std::unordered_map<std::uint64_t, TokenBucket> buckets_;  // by who pays; they stay
  std::unordered_map<std::uint32_t, std::int64_t> kept_alive_ns_;  // by key: its last KeepAlive
  std::unordered_map<ConnectionId, Connection> connections_;
  std::unordered_map<std::uint32_t, ConnectionId> live_by_key_;
  std::unordered_map<std::uint32_t, std::vector<ConnectionId>> followers_;
  std::vector<ConnectionId> touched_;
  std::deque<Command> unsent_closes_;
  std::unordered_map<std::uint32_t, Command> closes_on_way_;
  std::uint32_t last_close_ = 0;
  WaitingProposals proposals_;
  Configure sizes_{};
  ConnectionId last_connection_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::vector<Incarnation> lives_;  // of the exchange, but for its first
  OrderNames names_;
  std::unordered_map<std::uint32_t, std::string> pools_;  // their symbols
  std::int64_t now_ns_ = 0;
  std::uint64_t commands_total_ = 0;
  std::uint64_t refusals_of_gone_ = 0;
  std::uint64_t log_ons_total_ = 0;
};

}  // namespace karst::gateway
