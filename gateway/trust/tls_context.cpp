#include "gateway/trust/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>

namespace karst::gateway {
namespace {

/// Both cost well below a millisecond. The finite fields that OpenSSL offers besides take a
/// hundred, for whoever asks for them.
constexpr const char* key_exchanges = "X25519:P-256";

/// What a client may show of itself: certificates of so many bytes, so many of them between its own
/// and the authority's.
constexpr long client_certificates_bytes_max = 16 * 1024;
constexpr int client_certificates_between_max = 3;

/// The newest reason OpenSSL gives, and forgets the others.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? reason : "no reason given";
}

Error tls_error(const std::string& doing, const std::string& what) {
  return {ErrorCode::invalid, doing + " (" + openssl_reason() + ")", what};
}

}  // namespace

Status check_private_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, "look at the secret file",
                 path, Error::no_offset, errno};
  }
  if ((status.st_mode & 077U) != 0) {
    return Error{ErrorCode::invalid, "refuse a secret that others may read (chmod 600 mends it)",
                 path};
  }
  return {};
}

Result<TlsContext> load_tls_context(const TlsFiles& files) {
  if (const Status status = check_private_file(files.private_key); !status) return status.error();
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return tls_error("make a TLS context", files.certificate);
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  if (SSL_CTX_set1_groups_list(raw, key_exchanges) != 1) {
    return tls_error("choose the key exchanges", files.certificate);
  }
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_max_early_data(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1) {
    return tls_error("read the certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error("read the private key", files.private_key);
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return tls_error("match key and certificate", files.private_key);
  }
  if (!files.client_ca.empty()) {
    if (SSL_CTX_load_verify_locations(raw, files.client_ca.c_str(), nullptr) != 1) {
      return tls_error("read the clients' CA", files.client_ca);
    }
    SSL_CTX_set_max_cert_list(raw, client_certificates_bytes_max);
    SSL_CTX_set_verify_depth(raw, client_certificates_between_max);
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace karst::gateway
