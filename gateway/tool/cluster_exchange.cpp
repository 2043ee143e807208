#include "gateway/tool/cluster_exchange.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "gateway/tool/key_file.hpp"
#include "gateway/tool/pki.hpp"

namespace karst::tool {
namespace {

using SteadyClock = std::chrono::steady_clock;
// Recovery replays the whole journal, which a slow machine may take its time for.
constexpr auto start_patience = std::chrono::minutes(10);
constexpr auto look_again = std::chrono::milliseconds(5);

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Gives `key` of a configuration text another value.
void set(std::string& text, const std::string& key, const std::string& value) {
  const std::size_t at = text.find("\n" + key + " = ");
  KARST_ASSERT(at != std::string::npos);
  const std::size_t begin = at + key.size() + 4;
  const std::size_t end = text.find("  #", begin);
  text.replace(begin, end - begin, value);
}

void configure(std::string& text, const ClusterSizes& sizes) {
  // A contract's slot comes free only when its hour is settled, after its place in the window.
  const std::uint32_t instruments = sizes.models * (sizes.hours_listed + 8) + 8;
  const std::uint32_t asks = instruments * sizes.providers * 4;
  set(text, "port", "0");
  set(text, "clock", "\"trace\"");
  set(text, "commands_per_second", "10000000");  // what is refused would change the order
  set(text, "commands_burst", "10000000");
  set(text, "idle_timeout_ms", "3600000");
  set(text, "snapshot_every_commands", "0");  // the journal is replayed from its first command
  set(text, "event_log_days", "3650");
  set(text, "accounts_max", "64");
  set(text, "keys_max", "16");
  set(text, "instruments_max", std::to_string(instruments));
  set(text, "orders_max", std::to_string(asks + 1'024));
  set(text, "holdings_max", std::to_string(instruments * 64));
  set(text, "level_pages_max", std::to_string(instruments * 4));
  set(text, "client_ids_max", "1024");
  set(text, "references_max", "1024");
  set(text, "pools_max", "64");
}

}  // namespace

Result<ClusterExchange> ClusterExchange::make(const std::string& directory,
                                              const std::string& program,
                                              const ClusterSizes& sizes) {
  if (::access(program.c_str(), X_OK) != 0) {
    return Error{ErrorCode::not_found, "find the exchange's program", program};
  }
  if (Status made = init_exchange(directory, "localhost,127.0.0.1,::1"); !made) {
    return made.error();
  }
  const std::string path = directory + "/karst.toml";
  std::string text = text_of(path);
  configure(text, sizes);
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) return Error{ErrorCode::io, "write the configuration", path};
  return ClusterExchange(directory, program);
}

ClusterExchange::ClusterExchange(ClusterExchange&& other) noexcept
    : directory_(std::move(other.directory_)),
      program_(std::move(other.program_)),
      process_(std::exchange(other.process_, 0)),
      port_(other.port_) {}

ClusterExchange::~ClusterExchange() { kill(); }

std::string ClusterExchange::log_text() const { return text_of(directory_ + "/karstd.log"); }

Status ClusterExchange::start() {
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
  const std::string serving = "karstd: serving at 127.0.0.1:";
  const auto deadline = SteadyClock::now() + start_patience;
  while (is_running() && SteadyClock::now() < deadline) {
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

bool ClusterExchange::is_running() {
  if (process_ <= 0) return false;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) == process_) process_ = 0;
  return process_ > 0;
}

void ClusterExchange::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

Result<std::string> ClusterExchange::stop() {
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

Result<gateway::ClientConfig> ClusterExchange::client_config() const {
  Result<KeyFile> key = read_key_file(directory_ + "/operator.key");
  if (!key) return key.error();
  gateway::ClientConfig config;
  config.peer.port = port_;
  config.peer.ca_file = directory_ + "/ca.crt";
  config.key = KeyId{key->key == 0 ? 1 : key->key};
  config.secret = std::move(key->secret);
  config.timeout_ms = 60'000;
  config.retries = 0;
  return config;
}

}  // namespace karst::tool
