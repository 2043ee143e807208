// TlsConnection: the client's end of one connection, blocking with a time limit.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "gateway/trust/log_on_proof.hpp"

namespace karst::gateway {

struct TlsPeer {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string ca_file;                ///< PEM: who must have signed the server's certificate
  std::string name = "localhost";     ///< whom the certificate must name
  std::string certificate_file = {};  ///< PEM, for servers that ask; may be empty
  std::string private_key_file = {};
  std::string key_log_file = {};  ///< where to write the secrets of TLS, for protocol analysers
};

/// TLS 1.3; the server's certificate is always checked.
///
/// Threads: one reader and one writer may not be different threads: one owner.
class TlsConnection {
 public:
  /// Tries every address the host's name has, in the system's order.
  ///
  /// Errors: io: not reachable, or the handshake failed (a certificate that is not trusted, not
  ///         this name's, or expired: the text says which).
  [[nodiscard]] static Result<TlsConnection> open(const TlsPeer& peer, int timeout_ms);

  TlsConnection(TlsConnection&&) noexcept;
  TlsConnection& operator=(TlsConnection&&) noexcept;
  ~TlsConnection();

  [[nodiscard]] const ChannelBinding& binding() const;

  /// Writes all of it. Errors: io, also when `timeout_ms` has passed.
  [[nodiscard]] Status write(std::string_view bytes, int timeout_ms);

  /// Waits for bytes and reads what is there. With room for 32 KiB nothing that has come is left
  /// behind which the socket would not tell of.
  ///
  /// Returns: how many; 0 when `timeout_ms` has passed without any.
  /// Errors:  io: the connection is gone.
  [[nodiscard]] Result<std::size_t> read(std::span<char> into, int timeout_ms);

  /// The socket, for poll(): readable means read() has something or the connection is gone.
  [[nodiscard]] int socket() const;

 private:
  struct Core;
  explicit TlsConnection(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace karst::gateway
