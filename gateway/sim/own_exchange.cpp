#include "gateway/sim/own_exchange.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "gateway/config/init_exchange.hpp"
#include "gateway/trust/key_file.hpp"

namespace karst::tool {
namespace {

// Recovery may replay a whole journal, on a slow machine.
constexpr auto start_patience = std::chrono::minutes(10);
constexpr auto look_again = std::chrono::milliseconds(5);

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Gives `key` of a configuration text another value, up to the comment behind it.
bool set(std::string& text, const std::string& key, const std::string& value) {
  const std::size_t at = text.find("\n" + key + " = ");
  if (at == std::string::npos) return false;
  const std::size_t begin = at + key.size() + 4;
  text.replace(begin, text.find_first_of("#\n", begin) - begin, value + "  ");
  return true;
}

std::string karstd_beside_this_program() {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / "karstd";
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::error_code unknown;
  std::string name = std::filesystem::temp_directory_path(unknown) / "karst-XXXXXX";
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<OwnExchange> OwnExchange::make(const std::string& directory, const Settings& settings,
                                      const std::string& wanted) {
  const std::string program = wanted.empty() ? karstd_beside_this_program() : wanted;
  if (::access(program.c_str(), X_OK) != 0) {
    return Error{ErrorCode::not_found, "find the exchange's program", program};
  }
  if (Status made = init_exchange(directory, "localhost,127.0.0.1,::1"); !made) {
    return made.error();
  }
  const std::string path = directory + "/karst.toml";
  std::string text = text_of(path);
  KARST_ASSERT(set(text, "port", "0"));
  for (const auto& [key, value] : settings) KARST_ASSERT(set(text, key, value));
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) return Error{ErrorCode::io, "write the configuration", path};
  return OwnExchange(directory, program);
}

OwnExchange::OwnExchange(OwnExchange&& other) noexcept
    : directory_(std::move(other.directory_)),
      program_(std::move(other.program_)),
      process_(std::exchange(other.process_, 0)),
      port_(other.port_) {}

OwnExchange::~OwnExchange() { kill(); }

std::string OwnExchange::log_text() const { return text_of(directory_ + "/karstd.log"); }

Status OwnExchange::start() {
  const std::string log = directory_ + "/karstd.log";
  const std::string config = directory_ + "/karst.toml";
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Error{ErrorCode::io, "open the log", log, Error::no_offset, errno};
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(fd, STDERR_FILENO);
    ::execl(program_.c_str(), program_.c_str(), config.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(fd);
  if (process_ < 0) return Error{ErrorCode::io, "start", program_, Error::no_offset, errno};
  return await_serving();
}

Status OwnExchange::await_serving() {
  const std::string serving = "karstd: serving at 127.0.0.1:";
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (is_running() && std::chrono::steady_clock::now() < deadline) {
    const std::string text = log_text();
    const std::size_t at = text.find(serving);
    if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
      std::from_chars(text.data() + at + serving.size(), text.data() + text.size(), port_);
      return {};
    }
    std::this_thread::sleep_for(look_again);
  }
  return Error{ErrorCode::io, "start the exchange (" + log_text() + ")", program_};
}

bool OwnExchange::is_running() {
  if (process_ <= 0) return false;
  if (::waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
  return process_ > 0;
}

void OwnExchange::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

Result<std::string> OwnExchange::stop() {
  if (!is_running()) return Error{ErrorCode::io, "stop the exchange: it has ended", program_};
  ::kill(process_, SIGTERM);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = 0;
  std::string text = log_text();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error{ErrorCode::io, "stop the exchange (" + text + ")", program_};
  }
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

Result<gateway::ClientConfig> OwnExchange::client_config() const {
  Result<KeyFile> key = read_key_file(directory_ + "/operator.key");
  if (!key) return key.error();
  gateway::ClientConfig config;
  config.peer.port = port_;
  config.peer.ca_file = directory_ + "/ca.crt";
  config.key = KeyId{key->key == 0 ? 1 : key->key};
  config.secret = key->secret;
  config.timeout_ms = 60'000;
  return config;
}

}  // namespace karst::tool
