#include "tests/gateway/server/hostile_hello.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace karst::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

int connect_from(const std::string& source, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  ::inet_pton(AF_INET, source.c_str(), &from.sin_addr);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    throw std::runtime_error("no connection from " + source);
  }
  return fd;
}

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

/// The first flight of a client that would exchange keys by `groups`.
std::string make_hello(const char* groups) {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set1_groups_list(context.get(), groups);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  static_cast<void>(SSL_connect(ssl.get()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

HostileHello::HostileHello(Hello kind, const std::string& source, std::uint16_t port)
    : kind_(kind),
      fd_(connect_from(source, port)),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  std::signal(SIGPIPE, SIG_IGN);
  // Made once: an attacker needs no key of its own to send it again.
  static const std::string dear = make_hello("ffdhe8192");
  static const std::string usual = make_hello("X25519");
  if (kind == Hello::dear) say(dear);
  if (kind == Hello::unfinished) say(usual);
  if (kind == Hello::half) say(usual.substr(0, usual.size() / 2));
  if (kind != Hello::no_log_on && kind != Hello::key_updates) return;
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("no TLS from " + source);
}

HostileHello::~HostileHello() { ::close(fd_); }

void HostileHello::say(const std::string& bytes) const {
  static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

bool HostileHello::is_cut(SteadyClock::time_point end) {
  if (kind_ == Hello::key_updates) return send_key_updates(end);
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now());
    pollfd entry{fd_, POLLIN, 0};
    const int is_ready = ::poll(&entry, 1, left.count() < 0 ? 0 : static_cast<int>(left.count()));
    if (is_ready <= 0) return false;
    char bytes[4096];
    if (::recv(fd_, bytes, sizeof bytes, 0) <= 0) return true;
  }
}

bool HostileHello::send_key_updates(SteadyClock::time_point end) {
  while (SteadyClock::now() < end) {
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    if (SSL_do_handshake(ssl_.get()) != 1) return true;
  }
  return false;
}

}  // namespace karst::test
