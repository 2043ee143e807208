// TlsContext: what the server shows to its clients: TLS 1.3 only, certificate and key from files.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.hpp"

struct ssl_ctx_st;

namespace karst::gateway {

struct TlsFiles {
  std::string certificate;  ///< PEM, the server's own first, then those it was signed by
  std::string private_key;  ///< PEM; readable by its owner only
  std::string client_ca;    ///< PEM; empty = clients need no certificate
};

/// Shared by the connections made with it: a reload makes a new one and harms no old session.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

/// No TLS below 1.3, no early data, no session tickets, no key exchange but X25519 and P-256: what
/// a handshake costs us is not for the client to choose.
///
/// Errors: invalid: a key file that others may read, a key that is not the certificate's;
///         not_found, io.
[[nodiscard]] Result<TlsContext> load_tls_context(const TlsFiles& files);

/// Whether only its owner may read the file: what is asked of every file with a secret.
[[nodiscard]] Status check_private_file(const std::string& path);

}  // namespace karst::gateway
