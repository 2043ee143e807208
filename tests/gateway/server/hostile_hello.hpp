// HostileHello: a peer that costs the exchange what it can before it has shown any key.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace karst::test {

enum class Hello : std::uint8_t {
  dear,         ///< asks for the dearest key exchange, ffdhe8192, and for no other
  silent,       ///< says nothing
  half,         ///< half a hello
  unfinished,   ///< a whole hello, and nothing after the answer
  no_log_on,    ///< TLS, and no log-on
  key_updates,  ///< TLS, and then one KeyUpdate after another
};

/// One connection to a port of 127.0.0.1.
class HostileHello {
 public:
  /// From `source`, an address of 127.0.0.0/8; does what such a one does at once.
  HostileHello(Hello kind, const std::string& source, std::uint16_t port);
  ~HostileHello();
  HostileHello(const HostileHello&) = delete;
  HostileHello& operator=(const HostileHello&) = delete;

  /// Goes on with what it does. Returns: whether the exchange has hung up by `end`.
  [[nodiscard]] bool is_cut(std::chrono::steady_clock::time_point end);

 private:
  void say(const std::string& bytes) const;
  [[nodiscard]] bool send_key_updates(std::chrono::steady_clock::time_point end);

  Hello kind_;
  int fd_ = -1;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace karst::test
