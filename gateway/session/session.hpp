// Session: one conversation with a client as a state machine. Requests and timers in; responses and
// calls of SessionHost out. No bytes, no socket, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/command/rehearsal.hpp"
#include "engine/event/event.hpp"
#include "gateway/session/event_source.hpp"
#include "gateway/session/key_standing.hpp"
#include "gateway/session/permission.hpp"
#include "gateway/session/recognise.hpp"
#include "gateway/session/session_limits.hpp"
#include "gateway/session/token_bucket.hpp"
#include "gateway/trust/credential.hpp"
#include "gateway/wire/skin.hpp"
#include "ledger/events/account_entry.hpp"
#include "ledger/replay/executed.hpp"

namespace karst::v1 {
class Batch;
class Command;
class LogOn;
class LoggedOn;
class Reply;
enum Code : int;
}  // namespace karst::v1

namespace karst::gateway {

/// One instant on both clocks.
struct Now {
  std::int64_t steady_ns = 0;
  std::int64_t wall_ns = 0;
};

/// Names a connection for as long as the process lives; never given twice.
using ConnectionId = std::uint32_t;

/// What the exchange says when it is handed a command.
enum class Admission : std::uint8_t { accepted, busy, disk_full, clock_held, stopped };

/// A session's way to the rest of the gateway. Calls return at once.
class SessionHost {
 public:
  virtual ~SessionHost() = default;

  /// Who a log-on says it is, if that is so.
  [[nodiscard]] virtual Recognised recognise(const Credential& credential) const = 0;

  /// Hands over a command. Accepted: on_answer() or on_refused() of the session follows, once,
  /// with `ticket`.
  [[nodiscard]] virtual Admission submit(ConnectionId from, const Command& command,
                                         std::uint32_t ticket) = 0;

  /// What the speaker's requests are paid from, whatever session they come by. Lives as long as the
  /// host.
  [[nodiscard]] virtual TokenBucket& bucket_of(const Speaker& speaker) = 0;

  /// Whether time is what operators say (clock = "trace").
  [[nodiscard]] virtual bool is_trace_clock() const = 0;

  /// Asks what the command would be answered. Accepted: on_rehearsed() of the session follows,
  /// once, with `ticket`.
  [[nodiscard]] virtual Admission rehearse(ConnectionId from, const Command& command,
                                           std::uint32_t ticket) = 0;

  /// Puts the command that a confirmation means into it, if it is the one of its hash.
  virtual void complete(Confirm& confirmation) const = 0;
  /// The sizes of the exchange, which bound some fields.
  [[nodiscard]] virtual const Configure& sizes() const = 0;

  /// A question or a subscription; answered, now or later, through Session::send() or refuse().
  virtual void ask(ConnectionId from, const Speaker& speaker, const v1::Request& request) = 0;

  /// The session has logged on: an older one of the same key is to be cut.
  virtual void logged_on(ConnectionId from, KeyId key, std::uint32_t epoch) = 0;

  /// Whether a KeepAlive of the key would keep a dead man's timer from firing, and none has been
  /// sequenced for a quarter of its timeout. Any other need not be.
  [[nodiscard]] virtual bool is_keep_alive_due(KeyId key) const = 0;

  /// A log-on was refused. `reason` is a text of ours, for the operator, not for the client.
  virtual void log_on_refused(ConnectionId from, KeyId key, const char* reason) = 0;

  /// Newest durable command.
  [[nodiscard]] virtual std::uint64_t last_sequence() const = 0;

  /// The present incarnation of the exchange; 0 = it was never restored from a backup.
  [[nodiscard]] virtual std::uint64_t incarnation() const = 0;
  /// Up to which command the history of somebody who was told of incarnation `of` is that of this
  /// exchange, or all_shared.
  [[nodiscard]] virtual std::uint64_t shared_through(std::optional<std::uint64_t> of) const = 0;
};

/// Life: challenge sent → log-on proved, open_session sequenced → live → ended. What is said to an
/// ended session is ignored. Where the journal has no room for a log-on, the session goes on with
/// the epoch that the engine still has open for the key, or with 0: then nothing fences it but the
/// gateway, and its end starts no grace.
///
/// Invariants: 1. before `live` nothing of the client but one LogOn has any effect;
///             2. at most in_flight_max (+ reserved_tickets for what is never throttled) commands
///                are unanswered, and each is answered once;
///             3. never more than unread_bytes_max and one message are unread.
/// Threads: one owner.
class Session {
 public:
  /// Begins with saying the Challenge. `skin` outlives the session.
  Session(SessionHost& host, const SessionLimits& limits, ConnectionId connection, Skin& skin,
          const ChannelChallenge& challenge, Now now);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// What the client says; `bytes` is how long that was on its way.
  void hear(const v1::Request& request, std::size_t bytes, Now now);

  /// Time has passed: timeouts and heartbeats. Call it at least every 100 ms.
  void on_timer(Now now);

  /// The answer to a submitted command: durable. `pool` is the symbol of the pool it names, if it
  /// lists hours of one. Requires: it has an answer.
  void on_answer(std::uint32_t ticket, const Executed& executed, std::string_view pool, Now now);
  /// The time that was set is there: `tick` is the command that says so.
  void on_time_set(std::uint32_t ticket, const Command& tick, Now now);
  /// What a command would be answered; of a log-on, also where its key stands.
  void on_rehearsed(std::uint32_t ticket, const Rehearsal& rehearsal, const KeyStanding& standing,
                    Now now);
  /// A submitted command was not sequenced after all.
  void on_refused(std::uint32_t ticket, Admission why, Now now);

  /// An event of the session's account: sent if the client follows and has all before it.
  void on_event(const AccountEntry& entry);

  /// Whether the client has to be sent events that the log has, which missing_events() asks for.
  [[nodiscard]] bool is_missing_events() const;
  /// Without a limit.
  [[nodiscard]] EventQuestion missing_events() const;
  /// What the log says to missing_events(); events of it that were sent since are passed over.
  void on_missing_events(const EventAnswer& answer);
  /// Says one message.
  void send(const v1::Response& response);
  /// Says what was encoded before, for all whose skin is the same.
  void send_encoded(std::string_view messages);
  /// Refuses a request by number.
  void refuse(std::uint64_t request_id, v1::Code code, std::int64_t value = 0,
              const char* field = "");
  /// The same of a number of events that is none of this history, or is no longer kept: `newest` is
  /// the number to go on after.
  void refuse_number(std::uint64_t request_id, std::uint64_t newest, const std::string& text);

  /// Says why and ends the session: the connection is to be closed once that is written.
  void end(v1::Code code, std::string_view text);

  /// What has been said and is not yet on its way.
  [[nodiscard]] std::size_t unread_bytes() const { return skin_.unread_bytes(); }

  [[nodiscard]] bool is_ended() const { return state_ == State::ended; }
  [[nodiscard]] bool is_live() const { return state_ == State::live; }
  /// Has not proved to hold a key.
  [[nodiscard]] bool is_stranger() const { return epoch_ == 0 && state_ != State::opening; }
  /// Who speaks. Requires: logged on, or was.
  [[nodiscard]] const Speaker& speaker() const { return speaker_; }
  [[nodiscard]] bool has_logged_on() const { return has_logged_on_; }
  /// 0 = has not logged on, or without being sequenced.
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::uint64_t refusals_total() const { return refusals_total_; }

  void set_limits(const SessionLimits& limits) { limits_ = limits; }

 private:
  enum class State : std::uint8_t { challenged, opening, live, ended };

  /// What becomes of a command.
  enum class Way : std::uint8_t {
    submit,    ///< it is carried out
    rehearse,  ///< the client is told what it would be answered
  };

  /// What to remember of an unanswered command.
  struct Ticket {
    std::uint64_t request_id = 0;
    std::uint64_t client_seq = 0;
    std::int64_t gateway_in_ns = 0;
    std::uint32_t batch_index = 0;
    std::uint32_t next_free = 0;
    bool is_taken = false;
    Way way = Way::submit;
    const char* wrong = nullptr;  ///< of a rehearsed command: the field that means nothing
  };

  /// Where a command came from.
  struct Origin {
    std::uint64_t request_id = 0;
    std::uint32_t batch_index = 0;
  };

  static constexpr std::uint32_t reserved_tickets = 16;
  static constexpr std::uint32_t no_ticket = ~std::uint32_t{0};

  void on_request(const v1::Request& request, std::size_t bytes, Now now);
  void on_log_on(std::uint64_t request_id, const v1::LogOn& log_on, Now now);
  void on_session_opened(const Ticket& ticket, const Event& answer, Now now);
  void go_live(const Ticket& ticket, const KeyStanding& standing, Now now);
  /// The journal has no room for the log-on: asks the engine where the key stands instead.
  [[nodiscard]] Admission look_up(std::uint32_t index);
  /// The events the client has to be sent are not there, which `text` explains: it is told, and
  /// follows from the next new one on.
  void resume_with_newest(const char* text);
  void keep_alive(Origin origin, Now now);
  void on_batch(std::uint64_t request_id, const v1::Batch& batch, Now now);
  void on_set_time(std::uint64_t request_id, std::int64_t time_ns, Now now);
  [[nodiscard]] v1::Code on_command(const v1::Command& wire, Origin origin, Now now);
  [[nodiscard]] v1::Code check(Command& command, const v1::Command& wire, Origin origin, Now now);
  [[nodiscard]] v1::Code submit(const Command& command, Origin origin, Now now,
                                Way way = Way::submit);
  [[nodiscard]] Admission hand_over(const Command& command, std::uint32_t index, Way way);
  [[nodiscard]] std::uint32_t take_ticket(bool may_use_reserve);
  void free_ticket(std::uint32_t index);
  /// Ends a command's wait: its ticket is free again.
  Ticket redeem(std::uint32_t index, Now now);
  /// The reply to what the ticket stands for, with nothing in it but whom and when.
  v1::Reply& begin_reply(const Ticket& ticket, Now now);
  v1::Code refuse_command(Origin origin, std::uint64_t client_seq, v1::Code code,
                          std::int64_t value = 0, const char* field = "",
                          const std::string& text = {});
  static void name_field(const char* wrong, v1::Reply& reply);
  void pulse(std::uint64_t token, Now now);
  void write(const v1::Response& response);
  /// The peer is cut that does not read what is said to it.
  void note_said();

  SessionHost& host_;
  SessionLimits limits_;
  ConnectionId connection_;
  Skin& skin_;
  ChannelChallenge challenge_;
  State state_ = State::challenged;
  std::unique_ptr<v1::Response> response_;  // reused for every reply and event
  TokenBucket* bucket_ = nullptr;  // of whoever speaks
  std::vector<Ticket> tickets_;
  std::uint32_t free_ticket_ = no_ticket;
  std::uint32_t in_flight_ = 0;
  Speaker speaker_{};
  bool has_logged_on_ = false;
  std::uint32_t epoch_ = 0;
  bool is_following_ = false;
  std::uint64_t next_event_ = 0;                   // the number the client is to get next
  std::optional<std::uint64_t> told_incarnation_;  // when it got the number before
  // The event it has last must be of this command or one before; until the log says that it is,
  // nothing is sent. all_shared: there is nothing to ask.
  std::uint64_t shared_through_ = all_shared;
  std::uint64_t newest_event_ = 0;                 // the newest that is known to be there
  std::uint64_t refusals_total_ = 0;
  std::int64_t began_ns_;
  std::int64_t heard_ns_;
  std::int64_t said_ns_;
  std::int64_t now_ns_;
};

}  // namespace karst::gateway
