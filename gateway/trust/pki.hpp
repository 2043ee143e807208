// The start of trust: a certificate authority of one's own, and what it signs.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace karst::tool {

/// A key (ECDSA P-256) and its certificate, as PEM.
struct Certified {
  std::string private_key;
  std::string certificate;
};

/// A certificate authority that may sign end certificates only, valid for ten years.
/// Requires: a name of 1 to 64 characters.
[[nodiscard]] Certified make_authority(const std::string& name);

/// A certificate for a server that is called by `names` (host names and numeric addresses), signed
/// by `authority`; valid from now on for `days` (negative: it has been over for so long).
/// Requires: names that DNS or an address could have.
[[nodiscard]] Certified make_server(const Certified& authority, const std::string& names, int days);

/// A certificate for a client, for exchanges with `client_ca`. Requires: 1 to 64 characters.
[[nodiscard]] Certified make_client(const Certified& authority, const std::string& name, int days);

/// What the server is called on its own machine: `karst` there says "localhost". Every server
/// certificate names these beside the names asked for.
inline constexpr const char* own_names = "localhost,127.0.0.1,::1";

/// An authority, and the server it vouches for; the server's certificate has the authority's behind
/// it, as clients want to see them.
struct OwnTrust {
  Certified authority;
  Certified server;
};

/// Makes both, the server for `names` and `own_names`.
///
/// Errors: invalid: a name no certificate can have.
[[nodiscard]] Result<OwnTrust> make_trust(const std::string& names);

/// Makes a server's key and certificate, `path`.key and `path`.crt, for `names` (empty: those of
/// the folder's server.crt) and `own_names`, signed by the authority in the folder of an exchange.
///
/// Errors: invalid: a name no certificate can have; not_found, invalid: of the authority;
///         already_exists, io.
[[nodiscard]] Status make_server_files(const std::string& directory, const std::string& names,
                                       const std::string& path);

/// Makes a client's key and certificate, `path`.key and `path`.crt, signed by the authority in the
/// folder of an exchange.
///
/// Errors: invalid: a name no certificate can have; not_found, invalid: of the authority;
///         already_exists, io.
[[nodiscard]] Status make_client_files(const std::string& directory, const std::string& name,
                                       const std::string& path);

/// Makes a key pair in `path` (the secret, PEM, readable by its owner only).
///
/// Returns: the public key in hexadecimal digits. Errors: already_exists, io.
[[nodiscard]] Result<std::string> make_key_file(const std::string& path);

}  // namespace karst::tool
