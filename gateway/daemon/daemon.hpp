// Daemon: the exchange as one process: journal, engine, stores, sessions, sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "gateway/config/config.hpp"

namespace karst::gateway {

/// start() recovers and begins to serve; stop() ends in good order; between them reload() takes
/// new certificates and limits. Wiring only: what happens is decided by the parts.
///
/// Threads: one owner. The parts run their own.
class Daemon {
 public:
  explicit Daemon(Config config);
  ~Daemon();

  /// Errors: those of the files, the journal, the socket; nothing runs then.
  [[nodiscard]] Status start();
  /// The port listened to.
  [[nodiscard]] std::uint16_t port() const;
  /// One line for the log: what was recovered.
  [[nodiscard]] std::string recovery_text() const;

  /// Takes what is_reloaded() says from `config`; sessions live on, and are held to the new limits.
  ///
  /// Returns: the names of the settings that differ and wait for a restart; may be empty.
  /// Errors:  a certificate that cannot be used: nothing was changed.
  [[nodiscard]] Result<std::string> reload(const Config& config);

  void stop();
  /// One line for the log: where it ended, and the hash of all events. Requires: stopped.
  [[nodiscard]] std::string closing_text() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace karst::gateway
