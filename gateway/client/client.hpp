// Client: a session with the exchange, for programs: typed calls, retries, pipelining.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.hpp"
#include "engine/base/units.hpp"
#include "gateway/client/tls_connection.hpp"
#include "gateway/trust/log_on_proof.hpp"

namespace karst::v1 {
class Command;
class Event;
class LoggedOn;
class MarketData;
class Reply;
class Request;
class Response;
}  // namespace karst::v1

namespace karst::gateway {

/// Whether the number of the command that this answers is still unused: it was refused by the
/// gateway, or by who speaks (codes 1 to 6). Numbered commands sent behind it are refused as
/// SEQ_GAP then.
[[nodiscard]] bool leaves_number_unused(const v1::Reply& reply);
/// Whether the same command may well be taken a little later.
[[nodiscard]] bool is_worth_another_try(const v1::Reply& reply);

/// What comes on its own, and answers that nobody waits for. All may be empty.
struct ClientHandlers {
  std::function<void(const v1::Reply&)> on_reply = {};
  std::function<void(const v1::Event&)> on_event = {};
  std::function<void(const v1::MarketData&)> on_market_data = {};
  std::function<void(const v1::Response&)> on_other = {};
};

struct ClientConfig {
  TlsPeer peer;
  KeyId key{0};
  SigningKey secret = SigningKey::from_seed({});
  std::int64_t disconnect_grace_ns = -1;  ///< -1: orders outlive a lost connection
  bool follow_events = false;
  std::uint64_t resume_after = 0;  ///< the newest event number this program has
  /// What newest_incarnation() said when that number came; none: it is not known.
  std::optional<std::uint64_t> incarnation = {};
  int timeout_ms = 5'000;        ///< for connecting, and for each answer
  int retries = 5;               ///< connections tried again before a call gives up
  ClientHandlers handlers = {};  ///< called from within the client's calls
};

/// One session. A lost connection is made again by the call that needs it, and a numbered command
/// whose answer was lost is sent again under its number: it is carried out once, whatever happens.
///
/// Threads: one owner.
class Client {
 public:
  /// Connects and logs on.
  ///
  /// Errors: io, and invalid when the log-on was refused (the text names the code).
  [[nodiscard]] static Result<std::unique_ptr<Client>> connect(ClientConfig config);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Carries out a command and waits for its answer. It gets the next number of the key (whatever
  /// client_seq it has), so that a lost connection cannot make it happen twice; a busy exchange is
  /// asked again.
  ///
  /// Returns: the answer, also when it is a refusal.
  /// Errors:  io: no answer after all retries. Whether it was carried out is not known; the same
  ///          call of a later Client with that number says.
  [[nodiscard]] Result<v1::Reply> call(v1::Command command);

  /// Asks a question and waits for what answers it by request_id. Of a subscription that is the
  /// SubscribeReply (it goes to on_market_data too, as all that follows); of a LogOff LoggedOff,
  /// and the connection is gone.
  ///
  /// Errors: io: no answer after all retries.
  [[nodiscard]] Result<v1::Response> ask(v1::Request request);

  // Pipelining: commands without waiting. The caller numbers them, and resends what is unanswered
  // after a loss (`reconnect()` says where the exchange is).

  /// Writes a request behind those not yet sent. Returns: its request_id.
  std::uint64_t queue(v1::Request& request);
  /// Sends what is queued.
  [[nodiscard]] Status flush();
  /// Takes what has come, waiting at most `timeout_ms` for the first of it.
  ///
  /// Returns: whether anything came. Errors: io: the connection is gone.
  [[nodiscard]] Result<bool> poll(int timeout_ms);

  /// Connects and logs on again, going on with the events after the newest seen. If that is of a
  /// history which the exchange has lost in a restore, a Reply RESUME_TOO_OLD comes first, and
  /// those after its `value` follow.
  [[nodiscard]] Status reconnect();

  [[nodiscard]] ClientHandlers& handlers() { return config_.handlers; }

  /// The newest event number seen, and the incarnation of the exchange whose event it is: together
  /// they name a place to go on after. A number alone may be another event's after a restore.
  [[nodiscard]] std::uint64_t newest_event() const;
  [[nodiscard]] std::optional<std::uint64_t> newest_incarnation() const;

  /// How the session began.
  [[nodiscard]] const v1::LoggedOn& logged_on() const;
  /// The number the next numbered command must have.
  [[nodiscard]] std::uint64_t next_client_seq() const { return next_client_seq_; }
  void set_next_client_seq(std::uint64_t number) { next_client_seq_ = number; }
  [[nodiscard]] int socket() const;
  /// Hangs up without a word, as a crash would.
  void drop();

 private:
  struct Inbox;
  explicit Client(ClientConfig config);
  [[nodiscard]] Status log_on();
  [[nodiscard]] Result<bool> receive(int timeout_ms);
  [[nodiscard]] Status dispatch();
  void take(const v1::Response& response);
  [[nodiscard]] Result<v1::Response> wait_for(std::uint64_t request_id);
  [[nodiscard]] Result<v1::Response> exchange_once(v1::Request& request);

  ClientConfig config_;
  std::optional<TlsConnection> connection_;
  std::unique_ptr<Inbox> inbox_;
  std::string outgoing_;
  std::uint64_t last_request_id_ = 0;
  std::uint64_t next_client_seq_ = 1;
};

}  // namespace karst::gateway
