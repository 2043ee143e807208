#include "tests/gateway/server/crowd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>

namespace karst::test {

Crowd::Crowd(std::uint16_t port)
    : port_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
}

Crowd::~Crowd() { hang_up(); }

int Crowd::connect() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

bool Crowd::shake_hands(Member& member) const {
  member.fd = connect();
  if (member.fd < 0) return false;
  member.ssl = SSL_new(context_.get());
  SSL_set_fd(member.ssl, member.fd);
  return SSL_connect(member.ssl) == 1;
}

void Crowd::close(Member& member) {
  SSL_free(member.ssl);
  if (member.fd >= 0) ::close(member.fd);
}

bool Crowd::open() {
  Member member;
  const bool is_up = shake_hands(member);
  if (!is_up) {
    close(member);
    return false;
  }
  const std::lock_guard guard(lock_);
  members_.push_back(member);
  return true;
}

bool Crowd::visit(Manner manner) {
  Member member;
  bool is_good = false;
  if (manner == Manner::polite) {
    is_good = shake_hands(member);
  } else {
    member.fd = connect();
    is_good = member.fd >= 0;
    constexpr char nonsense[] = "GET / HTTP/1.1\r\nHost: exchange\r\n\r\n";
    if (is_good && manner == Manner::rude) {
      is_good = ::send(member.fd, nonsense, sizeof nonsense, MSG_NOSIGNAL) > 0;
    }
  }
  close(member);
  return is_good;
}

void Crowd::hang_up() {
  for (Member& member : members_) close(member);
  members_.clear();
}

}  // namespace karst::test
