// The proof of a log-on: an Ed25519 signature over the challenge of one TLS connection.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/command/command.hpp"

namespace karst::gateway {

using Nonce = std::array<std::uint8_t, 32>;
/// TLS exporter "EXPORTER-Channel-Binding" (RFC 9266): both ends of one connection know it, nobody
/// else does, so that a signature relayed from another connection is worthless.
using ChannelBinding = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

/// What the client signs: "karst log-on v1", a zero byte, nonce, binding, key id (big-endian).
[[nodiscard]] std::string log_on_statement(const Nonce& nonce, const ChannelBinding& binding,
                                           KeyId key);

/// Whether `signature` over `statement` was made by the holder of `public_key`.
[[nodiscard]] bool is_signed(std::string_view statement, std::string_view signature,
                             const Digest& public_key);

/// An Ed25519 key pair. The secret stays in the object.
class SigningKey {
 public:
  /// A new one, from the system's random source.
  [[nodiscard]] static SigningKey generate();
  /// From its 32-byte secret seed.
  [[nodiscard]] static SigningKey from_seed(const Digest& seed);
  /// From PKCS#8 PEM text.
  [[nodiscard]] static std::optional<SigningKey> from_pem(const std::string& pem);

  [[nodiscard]] Digest public_key() const;
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] Signature sign(std::string_view statement) const;

 private:
  explicit SigningKey(const Digest& seed) : seed_(seed) {}
  Digest seed_;
};

/// A public key as 64 hexadecimal digits and back.
[[nodiscard]] std::string to_hex(const Digest& digest);
[[nodiscard]] bool from_hex(const std::string& text, Digest& digest);

/// Fills with bytes nobody can foretell.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace karst::gateway
