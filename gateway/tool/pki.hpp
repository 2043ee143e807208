// The start of trust: a certificate authority of one's own, and what it signs.
#pragma once

#include <string>

#include "engine/result.hpp"

namespace karst::tool {

/// A key (ECDSA P-256) and its certificate, as PEM.
struct Certified {
  std::string private_key;
  std::string certificate;
};

/// A certificate authority that may sign end certificates only, valid for ten years.
[[nodiscard]] Certified make_authority(const std::string& name);

/// A certificate for a server that is called by `names` (host names and numeric addresses), signed
/// by `authority`; valid from now on for `days` (negative: it has been over for so long).
[[nodiscard]] Certified make_server(const Certified& authority, const std::string& names, int days);

/// Makes a folder `directory` with authority, server certificate, operator key and configuration:
/// everything karstd needs. Files are readable by their owner only.
///
/// Errors: already_exists: nothing there is ever overwritten; io.
[[nodiscard]] Status init_exchange(const std::string& directory, const std::string& names);

/// Makes a key pair in `path` (the secret, PEM, readable by its owner only).
///
/// Returns: the public key in hexadecimal digits. Errors: already_exists, io.
[[nodiscard]] Result<std::string> make_key_file(const std::string& path);

}  // namespace karst::tool
