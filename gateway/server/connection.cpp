#include "gateway/server/connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string_view>

#include "gateway/session/hub.hpp"

namespace karst::gateway {
namespace {

using boost::asio::ip::tcp;

constexpr std::string_view exporter_label = "EXPORTER-Channel-Binding";

}  // namespace

Connection::Connection(ConnectionOwner& owner, tcp::socket socket, TlsContext tls,
                       std::uint64_t serial, std::int64_t handshake_deadline_ns)
    : owner_(owner),
      socket_(std::move(socket)),
      tls_(std::move(tls)),
      ssl_(SSL_new(tls_.get()), SSL_free),
      serial_(serial),
      deadline_ns_(handshake_deadline_ns),
      skin_(owner.hub().session_limits().frame_bytes_max) {
  boost::system::error_code ignored;
  peer_ = socket_.remote_endpoint(ignored).address();
}

Connection::~Connection() = default;

void Connection::start() {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  boost::system::error_code error;
  socket_.native_non_blocking(true, error);
  if (error || ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) {
    return close();
  }
  SSL_set_msg_callback(ssl_.get(), &Connection::on_tls_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  SSL_set_accept_state(ssl_.get());
  shake_hands();
}

void Connection::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return begin_session();
  const int why = SSL_get_error(ssl_.get(), done);
  if (why == SSL_ERROR_SSL) refuse_handshake();
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return close();
  const auto ready = why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
  socket_.async_wait(ready, [self = shared_from_this()](const auto& error) {
    if (error || self->state_ != State::handshake) return self->close();
    self->shake_hands();
  });
}

/// A peer that hangs up is no news; one that OpenSSL refuses is.
void Connection::refuse_handshake() {
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return;
  const char* reason = ERR_reason_error_string(code);
  owner_.refused(peer_, reason != nullptr ? reason : "handshake failed");
}

void Connection::on_tls_message(int is_ours, int, int content_type, const void* bytes,
                                std::size_t size, ssl_st* ssl, void* connection) {
  if (is_ours != 0 || content_type != SSL3_RT_HANDSHAKE || size == 0) return;
  if (*static_cast<const unsigned char*>(bytes) != SSL3_MT_KEY_UPDATE) return;
  auto& self = *static_cast<Connection*>(connection);
  if (self.key_updates_.take(self.owner_.now().steady_ns) == 0) return;
  // OpenSSL goes on within one SSL_read for as long as they come; this stops it.
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void Connection::begin_session() {
  ChannelChallenge challenge;
  ChannelBinding& binding = challenge.binding;
  fill_random(challenge.nonce);
  if (SSL_export_keying_material(ssl_.get(), binding.data(), binding.size(), exporter_label.data(),
                                 exporter_label.size(), nullptr, 0, 0) != 1) {
    return close();
  }
  const bool has_place = owner_.make_place(serial_);
  state_ = State::open;
  deadline_ns_ = 0;
  id_ = owner_.hub().connect(skin_, challenge, owner_.now());
  owner_.opened(serial_, id_);
  if (!has_place) turn_away();
  flush();
  read();
}

void Connection::wait_to_read() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const auto& error) {
    if (error) return self->close();
    self->read();
  });
}

void Connection::read() {
  if (state_ == State::gone) return;
  const std::span<char> buffer = owner_.read_buffer();
  for (int i = 0; i < reads_per_turn; ++i) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      const int why = SSL_get_error(ssl_.get(), got);
      owner_.flush_touched();
      const bool is_over = (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
      if (is_over || (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)) return close();
      if (state_ != State::gone) wait_to_read();
      return;
    }
    // What a peer still sends while it is shown out is read and dropped.
    if (state_ == State::open) {
      take(std::as_bytes(buffer.first(static_cast<std::size_t>(got))));
    }
  }
  // Others have their turn before the rest of a long burst.
  owner_.flush_touched();
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read(); });
}

void Connection::take(std::span<const std::byte> bytes) {
  heard_at_ = owner_.now();
  skin_.set_frame_bytes_max(owner_.hub().session_limits().frame_bytes_max);
  if (const auto bad = skin_.receive(bytes, *this)) owner_.hub().end(id_, bad->code, bad->text);
}

bool Connection::hear(const v1::Request& request, std::size_t bytes) {
  return owner_.hub().hear(id_, request, bytes, heard_at_);
}

void Connection::flush() {
  if (state_ != State::open || is_waiting_to_write_) return;
  while (true) {
    Session* session = owner_.hub().find(id_);
    if (session == nullptr) return;
    if (!is_proved_ && !session->is_stranger()) {
      is_proved_ = true;
      owner_.proved(serial_);
    }
    if (writing_.empty()) {
      writing_.swap(skin_.output());
      written_ = 0;
    }
    if (writing_.empty()) {
      if (session->is_ended()) say_farewell();
      return;
    }
    if (!write_some()) return;
    writing_.clear();
    owner_.hub().drained(id_);
  }
}

/// Returns: whether all of writing_ is on its way.
bool Connection::write_some() {
  while (written_ < writing_.size()) {
    ERR_clear_error();
    const int put = SSL_write(ssl_.get(), writing_.data() + written_,
                              static_cast<int>(writing_.size() - written_));
    if (put > 0) {
      written_ += static_cast<std::size_t>(put);
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), put);
    if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) {
      wait_to_write();
    } else {
      close();
    }
    return false;
  }
  return true;
}

void Connection::wait_to_write() {
  is_waiting_to_write_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const auto& error) {
    self->is_waiting_to_write_ = false;
    if (error) return self->close();
    const std::size_t before = self->written_;
    const bool is_all = self->write_some();
    if (self->written_ != before) self->extend_farewell(self->owner_.now().steady_ns);
    if (!is_all) return;
    self->writing_.clear();
    if (self->state_ == State::open) self->owner_.hub().drained(self->id_);
    self->flush();
  });
}

void Connection::say_farewell() {
  state_ = State::closing;
  deadline_ns_ = owner_.now().steady_ns + patience_ns();
  owner_.hub().disconnect(id_);
  owner_.leaves(serial_, id_);
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::on_timer(std::int64_t steady_ns) {
  if (state_ != State::open && steady_ns >= deadline_ns_) {
    if (state_ == State::handshake) owner_.refused(peer_, "handshake not done in time");
    return close();
  }
  // A peer that does not read its farewell has until the same time.
  if (state_ != State::open || !is_waiting_to_write_) return;
  const Session* session = owner_.hub().find(id_);
  if (session == nullptr || !session->is_ended()) return;
  if (ended_ns_ == 0) {
    ended_ns_ = steady_ns;
    deadline_ns_ = steady_ns + patience_ns();
  }
  if (steady_ns >= deadline_ns_) close();
}

void Connection::extend_farewell(std::int64_t steady_ns) {
  if (ended_ns_ == 0 || !is_proved_) return;
  deadline_ns_ = std::min(steady_ns + farewell_piece_ns, ended_ns_ + farewell_ns_max);
}

void Connection::turn_away() {
  owner_.refused(peer_, "had to make place for another");
  if (state_ == State::open) {
    owner_.hub().turn_away(id_);
    flush();
    // Who leaves the place of one message unread has been told nothing, and goes all the same.
    if (state_ == State::closing) return;
  }
  close();
}

void Connection::close() {
  if (state_ == State::gone) return;
  const auto self = shared_from_this();
  state_ = State::gone;
  if (id_ != 0) owner_.hub().disconnect(id_);
  boost::system::error_code ignored;
  socket_.close(ignored);
  owner_.closed(serial_, id_);
}

}  // namespace karst::gateway
