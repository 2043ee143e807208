// Server: sockets and TLS around the hub. It moves bytes and time, and decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "engine/seams/clock.hpp"
#include "gateway/trust/tls_context.hpp"

namespace karst::gateway {

class Hub;
struct Now;

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free one
  std::uint32_t handshake_timeout_ms = 5'000;
  std::uint32_t handshakes_max = 1'024;  ///< not done with TLS; a fourth of them from one address
  std::uint32_t send_buffer_kib = 256;   ///< the system may hold so much of what is not read
};

/// Threads: run() is the io thread, which owns the hub; post(), stop() and set_…() by any.
class Server {
 public:
  /// `on_pass` is called in the io thread after wake() and on every timer: the place to give
  /// deliveries to the hub. It does a bounded part of what there is and wakes again for the rest,
  /// so that those who ask and those who answer have their turns in between.
  Server(const ServerConfig& config, TlsContext tls, Hub& hub, const Clock& clock,
         std::function<void(Now)> on_pass);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Before listen(): called in the io thread for every peer that did not get as far as a session,
  /// with its address and a text that says why.
  void set_on_refused(std::function<void(const std::string& address, const char* reason)>);
  /// Of a connection the hub knows, in the io thread. Empty: it is gone.
  [[nodiscard]] std::string address_of(std::uint32_t connection) const;

  /// Errors: io, with the address and the system's reason.
  [[nodiscard]] Status listen();
  /// The port listened to. Requires: listen() was good.
  [[nodiscard]] std::uint16_t port() const;

  /// Serves until stop().
  void run();
  /// Stops accepting, lets the sessions be told and their output be written, then ends run().
  void stop();

  /// Has `on_pass` called soon. Cheap: many calls before it runs are one.
  void wake();
  /// Within `on_pass`: has all that has been said so far written before it goes on.
  void flush();
  /// Runs `work` in the io thread.
  void post(std::function<void()> work);

  /// Takes the limits of handshakes; address, port and buffers stay. From the next connection on.
  void set_limits(const ServerConfig& config);
  /// From the next connection on.
  void set_tls(TlsContext tls);

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace karst::gateway
