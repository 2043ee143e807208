// Connection: one socket with TLS between the system and a session. Only server/ includes this.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "gateway/session/session.hpp"
#include "gateway/session/token_bucket.hpp"
#include "gateway/trust/tls_context.hpp"
#include "gateway/wire/native_skin.hpp"

struct ssl_st;

namespace karst::gateway {

class Hub;

/// What a connection asks of the server it belongs to.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  [[nodiscard]] virtual Hub& hub() = 0;
  [[nodiscard]] virtual Now now() const = 0;
  [[nodiscard]] virtual std::span<char> read_buffer() = 0;

  // The life of the connection that the server named `serial`, in this order.
  /// TLS is up. Returns: whether the hub has a place, which a stranger may have had to leave.
  [[nodiscard]] virtual bool make_place(std::uint64_t serial) = 0;
  /// The hub knows it by `id`.
  virtual void opened(std::uint64_t serial, ConnectionId id) = 0;
  /// It has proved to hold a key.
  virtual void proved(std::uint64_t serial) = 0;
  /// The hub has forgotten it; the peer has a moment to read why.
  virtual void leaves(std::uint64_t serial, ConnectionId id) = 0;
  virtual void closed(std::uint64_t serial, ConnectionId id) = 0;

  /// A peer did not get as far as a session. `reason` is a text of ours or OpenSSL's.
  virtual void refused(const boost::asio::ip::address& peer, const char* reason) = 0;
  /// Has everything that was touched in the hub written.
  virtual void flush_touched() = 0;
};

/// Life: handshake → open → closing (what is left is written, then the peer may hang up) → gone.
///
/// OpenSSL reads and writes the socket itself; Asio only says when it is ready. So an idle
/// connection has no buffers, and bytes are copied once.
/// Threads: the io thread.
class Connection : public std::enable_shared_from_this<Connection>, private Listener {
 public:
  Connection(ConnectionOwner& owner, boost::asio::ip::tcp::socket socket, TlsContext tls,
             std::uint64_t serial, std::int64_t handshake_deadline_ns);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Writes what the session has to say; closes behind an ended session's last word.
  void flush();
  /// Closes what has overstayed its handshake or its farewell.
  void on_timer(std::int64_t steady_ns);
  /// Makes place for another: says so to a peer whom TLS lets hear it, and closes.
  void turn_away();
  void close();

  [[nodiscard]] const boost::asio::ip::address& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t { handshake, open, closing, gone };
  // So long may a peer take to read its farewell, and, once it has proved to hold a key, so long
  // whatever piece of it comes next: it may be slow, and that is what it is told. But no longer
  // than that in all.
  static constexpr std::int64_t farewell_ns = 1'000'000'000;
  static constexpr std::int64_t farewell_piece_ns = 3'000'000'000;
  static constexpr std::int64_t farewell_ns_max = 30'000'000'000;
  static constexpr int reads_per_turn = 4;
  // TLS asks for a new key after 2^24 records: never so often.
  static constexpr std::uint32_t key_updates_per_second = 1;
  static constexpr std::uint32_t key_updates_burst = 32;

  /// OpenSSL's callback for every message of TLS, of which it counts the key updates.
  static void on_tls_message(int is_ours, int version, int content_type, const void* bytes,
                             std::size_t size, ssl_st* ssl, void* connection);
  void shake_hands();
  void refuse_handshake();
  void begin_session();
  void read();
  void take(std::span<const std::byte> bytes);
  [[nodiscard]] bool hear(const v1::Request& request, std::size_t bytes) override;
  void wait_to_read();
  void wait_to_write();
  [[nodiscard]] bool write_some();
  void say_farewell();
  /// Gives the peer of an ended session more time, for it takes what it is told.
  void extend_farewell(std::int64_t steady_ns);
  [[nodiscard]] std::int64_t patience_ns() const {
    return is_proved_ ? farewell_piece_ns : farewell_ns;
  }

  ConnectionOwner& owner_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::address peer_;
  TlsContext tls_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  std::uint64_t serial_;
  std::int64_t deadline_ns_;
  std::int64_t ended_ns_ = 0;  // when the session was first seen to have ended
  State state_ = State::handshake;
  ConnectionId id_ = 0;
  NativeSkin skin_;
  Now heard_at_;
  bool is_proved_ = false;
  TokenBucket key_updates_{key_updates_per_second, key_updates_burst};
  std::string writing_;
  std::size_t written_ = 0;
  bool is_waiting_to_write_ = false;
};

}  // namespace karst::gateway
