// A log-on key in a file: its number and its secret.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"
#include "gateway/trust/log_on_proof.hpp"

namespace karst::tool {

/// A file of lines "Name: value" and the secret as PEM, which other programs read too:
///
///     Karst-Key: 11
///     -----BEGIN PRIVATE KEY-----
struct KeyFile {
  std::uint32_t key = 0;  ///< 0: the file does not say
  gateway::SigningKey secret;
};

/// Errors: not_found; invalid: no Ed25519 secret in it; io.
[[nodiscard]] Result<KeyFile> read_key_file(const std::string& path);

/// What write_new_file() puts into such a file.
[[nodiscard]] std::string key_file_text(std::uint32_t key, const gateway::SigningKey& secret);

/// Makes a file that only its owner may read or write, whole and durable: it is there with all of
/// `text`, or not at all, whenever the program or the machine ends.
///
/// Errors: already_exists: nothing is ever overwritten; no_space; io.
[[nodiscard]] Status write_new_file(const std::string& path, const std::string& text);

/// Gives a file that write_new_file() made its name, durably.
///
/// Errors: already_exists: nothing is ever overwritten; io.
[[nodiscard]] Status name_new_file(const std::string& from, const std::string& to);

}  // namespace karst::tool
