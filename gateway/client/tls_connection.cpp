#include "gateway/client/tls_connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace karst::gateway {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view exporter_label = "EXPORTER-Channel-Binding";

int key_log_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void write_key_log(const SSL* ssl, const char* line) {
  const auto* path =
      static_cast<const std::string*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_log_index()));
  std::FILE* file = std::fopen(path->c_str(), "a");
  if (file == nullptr) return;
  std::fprintf(file, "%s\n", line);
  std::fclose(file);
}

/// Milliseconds until `deadline`, at least 0.
int left_ms(SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

struct Free {
  void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
  void operator()(SSL* it) const { SSL_free(it); }
};

}  // namespace

struct TlsConnection::Core {
  ~Core() {
    if (ssl != nullptr && is_up) SSL_shutdown(ssl.get());
    if (fd >= 0) ::close(fd);
  }

  [[nodiscard]] Error error(const std::string& doing, int system_error = 0) const {
    return {ErrorCode::io, doing, where, Error::no_offset, system_error};
  }
  [[nodiscard]] Status connect(const TlsPeer& peer, SteadyClock::time_point deadline);
  [[nodiscard]] Status connect_to(const addrinfo& address, int timeout_ms);
  [[nodiscard]] Status prepare(const TlsPeer& peer);
  [[nodiscard]] Status shake_hands(SteadyClock::time_point deadline);
  /// Waits until the socket is ready. Returns: false when the time is over.
  [[nodiscard]] bool wait(short events, int timeout_ms) const {
    pollfd entry{fd, events, 0};
    return ::poll(&entry, 1, timeout_ms) > 0;
  }
  /// Takes what OpenSSL has read ahead, of which the socket says nothing any more, behind the
  /// first `there` bytes. Returns: how many there are then. An error comes again next time.
  [[nodiscard]] std::size_t read_on(std::span<char> into, std::size_t there) const {
    while (there < into.size() && SSL_has_pending(ssl.get()) != 0) {
      ERR_clear_error();
      const int more =
          SSL_read(ssl.get(), into.data() + there, static_cast<int>(into.size() - there));
      if (more <= 0) break;
      there += static_cast<std::size_t>(more);
    }
    return there;
  }
  [[nodiscard]] std::string handshake_reason() const {
    const long verified = SSL_get_verify_result(ssl.get());
    if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != nullptr ? reason : "the peer hung up";
  }

  std::string where;
  std::string key_log_file;
  std::unique_ptr<SSL_CTX, Free> context;
  std::unique_ptr<SSL, Free> ssl;
  ChannelBinding binding{};
  int fd = -1;
  bool is_up = false;
};

Status TlsConnection::Core::connect(const TlsPeer& peer, SteadyClock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(peer.port);
  if (::getaddrinfo(peer.host.c_str(), port.c_str(), &hints, &found) != 0) {
    return error("find the address");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  int addresses = 0;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) ++addresses;
  Status status = error("find the address");
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next, --addresses) {
    // One that does not answer leaves the others their share of the time.
    status = connect_to(*it, left_ms(deadline) / addresses);
    if (status) return status;
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  return status;
}

Status TlsConnection::Core::connect_to(const addrinfo& address, int timeout_ms) {
  fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return error("open a socket", errno);
  if (::connect(fd, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
    return error("connect", errno);
  }
  if (!wait(POLLOUT, timeout_ms)) return error("connect in time");
  int reason = 0;
  socklen_t size = sizeof reason;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size);
  if (reason != 0) return error("connect", reason);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return {};
}

Status TlsConnection::Core::prepare(const TlsPeer& peer) {
  context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_load_verify_locations(raw, peer.ca_file.c_str(), nullptr) != 1) {
    return Error{ErrorCode::invalid, "read the CA", peer.ca_file};
  }
  if (!peer.certificate_file.empty() &&
      (SSL_CTX_use_certificate_chain_file(raw, peer.certificate_file.c_str()) != 1 ||
       SSL_CTX_use_PrivateKey_file(raw, peer.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1)) {
    return Error{ErrorCode::invalid, "read the client's certificate", peer.certificate_file};
  }
  // The variable is the one that other programs obey too.
  const char* wished = std::getenv("SSLKEYLOGFILE");
  key_log_file = peer.key_log_file.empty() && wished != nullptr ? wished : peer.key_log_file;
  if (!key_log_file.empty()) {
    SSL_CTX_set_ex_data(raw, key_log_index(), &key_log_file);
    SSL_CTX_set_keylog_callback(raw, write_key_log);
  }
  ssl.reset(SSL_new(raw));
  SSL_set_fd(ssl.get(), fd);
  SSL_set_tlsext_host_name(ssl.get(), peer.name.c_str());
  SSL_set1_host(ssl.get(), peer.name.c_str());
  return {};
}

Status TlsConnection::Core::shake_hands(SteadyClock::time_point deadline) {
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(ssl.get());
    if (done == 1) break;
    const int why = SSL_get_error(ssl.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      return error("shake hands (" + handshake_reason() + ")");
    }
    if (!wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, left_ms(deadline))) {
      return error("shake hands in time");
    }
  }
  is_up = true;
  if (SSL_export_keying_material(ssl.get(), binding.data(), binding.size(), exporter_label.data(),
                                 exporter_label.size(), nullptr, 0, 0) != 1) {
    return error("export the channel binding");
  }
  return {};
}

Result<TlsConnection> TlsConnection::open(const TlsPeer& peer, int timeout_ms) {
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  auto core = std::make_unique<Core>();
  core->where = peer.host + ":" + std::to_string(peer.port);
  if (const Status status = core->connect(peer, deadline); !status) return status.error();
  if (const Status status = core->prepare(peer); !status) return status.error();
  if (const Status status = core->shake_hands(deadline); !status) return status.error();
  return TlsConnection(std::move(core));
}

TlsConnection::TlsConnection(std::unique_ptr<Core> core) : core_(std::move(core)) {}
TlsConnection::TlsConnection(TlsConnection&&) noexcept = default;
TlsConnection& TlsConnection::operator=(TlsConnection&&) noexcept = default;
TlsConnection::~TlsConnection() = default;

const ChannelBinding& TlsConnection::binding() const { return core_->binding; }
int TlsConnection::socket() const { return core_->fd; }

Status TlsConnection::write(std::string_view bytes, int timeout_ms) {
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  while (!bytes.empty()) {
    ERR_clear_error();
    const int put = SSL_write(core_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (put > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    const int why = SSL_get_error(core_->ssl.get(), put);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      core_->is_up = false;
      return core_->error("write", errno);
    }
    if (!core_->wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, left_ms(deadline))) {
      return core_->error("write in time");
    }
  }
  return {};
}

Result<std::size_t> TlsConnection::read(std::span<char> into, int timeout_ms) {
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(core_->ssl.get(), into.data(), static_cast<int>(into.size()));
    if (got > 0) return core_->read_on(into, static_cast<std::size_t>(got));
    const int why = SSL_get_error(core_->ssl.get(), got);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      core_->is_up = false;
      return core_->error("read: the connection is gone", why == SSL_ERROR_SYSCALL ? errno : 0);
    }
    if (!core_->wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, left_ms(deadline))) {
      return std::size_t{0};
    }
  }
}

}  // namespace karst::gateway
