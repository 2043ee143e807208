// A real karstd of one's own: a child process on a free port, with a trace clock.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/result.hpp"
#include "gateway/client/client.hpp"

namespace karst::tool {

/// What the exchange is made for.
struct ClusterSizes {
  std::uint32_t models = 0;
  std::uint32_t providers = 0;
  std::uint32_t hours_listed = 0;
};

/// Makes an exchange in a folder, runs it as a child process, and ends it in either way. The child
/// dies with its parent; what it says stands in karstd.log of the folder.
///
/// Threads: one owner.
class ClusterExchange {
 public:
  /// Makes certificates, operator key and configuration in `directory`.
  ///
  /// Errors: already_exists: there is an exchange in it; io.
  [[nodiscard]] static Result<ClusterExchange> make(const std::string& directory,
                                                    const std::string& program,
                                                    const ClusterSizes& sizes);
  ClusterExchange(ClusterExchange&& other) noexcept;
  ClusterExchange& operator=(ClusterExchange&&) = delete;
  ~ClusterExchange();

  /// Starts the program and waits until it serves. Errors: io: what its log says.
  [[nodiscard]] Status start();
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// Whether it runs. A child that has ended is buried here.
  [[nodiscard]] bool is_running();
  /// SIGTERM. Returns: its last line. Errors: io: it did not end well.
  [[nodiscard]] Result<std::string> stop();

  /// How the operator logs on to the running exchange.
  [[nodiscard]] Result<gateway::ClientConfig> client_config() const;
  [[nodiscard]] std::string data() const { return directory_ + "/data"; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  ClusterExchange(std::string directory, std::string program)
      : directory_(std::move(directory)), program_(std::move(program)) {}
  [[nodiscard]] std::string log_text() const;

  std::string directory_;
  std::string program_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace karst::tool
