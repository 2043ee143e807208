// An exchange of one's own: a real karstd as a child process, in a folder made for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"

namespace karst::tool {

/// A folder in $TMPDIR, else /tmp, that goes when the object does.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  /// Empty: it could not be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Makes an exchange in a folder, runs it as a child process on a free port, and ends it. The child
/// dies with its parent; what it says stands in karstd.log of the folder.
///
/// Threads: one owner.
class OwnExchange {
 public:
  /// Keys of karst.toml and the text of their values.
  using Settings = std::vector<std::pair<std::string, std::string>>;

  /// Makes certificates, operator key and configuration in `directory`. `program` empty: the karstd
  /// that lies beside the running program.
  ///
  /// Errors: not_found: no such program; already_exists: there is an exchange in it; io.
  [[nodiscard]] static Result<OwnExchange> make(const std::string& directory,
                                                const Settings& settings,
                                                const std::string& program = {});
  OwnExchange(OwnExchange&& other) noexcept;
  OwnExchange& operator=(OwnExchange&&) = delete;
  ~OwnExchange();

  /// Starts the program and waits until it serves. Errors: io: what its log says.
  [[nodiscard]] Status start();
  /// SIGTERM. Returns: its last line. Errors: io: it did not end well.
  [[nodiscard]] Result<std::string> stop();
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// Whether it runs. A child that has ended is buried here.
  [[nodiscard]] bool is_running();

  /// How the operator logs on to the running exchange.
  [[nodiscard]] Result<gateway::ClientConfig> client_config() const;
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string data() const { return directory_ + "/data"; }

 private:
  OwnExchange(std::string directory, std::string program)
      : directory_(std::move(directory)), program_(std::move(program)) {}
  [[nodiscard]] std::string log_text() const;
  [[nodiscard]] Status await_serving();

  std::string directory_;
  std::string program_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace karst::tool
