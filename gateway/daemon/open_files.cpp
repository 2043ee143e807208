#include "gateway/daemon/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace karst::gateway {
namespace {

/// Journal, snapshots, event log, books and the process itself.
constexpr std::uint64_t own_files = 256;
constexpr std::uint64_t connections_min = 64;

}  // namespace

Result<std::string> fit_open_files(Config& config) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error{ErrorCode::io, "ask for the limit of open files", "", Error::no_offset, errno};
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error{ErrorCode::io, "raise the limit of open files", "", Error::no_offset, errno};
  }
  return fit_open_files(config, limit.rlim_max);
}

Result<std::string> fit_open_files(Config& config, std::uint64_t files_max) {
  std::uint32_t& connections = config.hub.connections_max;
  std::uint32_t& handshakes = config.server.handshakes_max;
  const std::uint64_t needed = own_files + connections + handshakes;
  if (needed <= files_max) return std::string();
  const std::string limit = "the system allows " + std::to_string(files_max) +
                            " open files (ulimit -Hn; LimitNOFILE= of a service)";
  const std::uint64_t room = files_max - std::min(files_max, own_files);
  if (room < connections_min) {
    return Error{ErrorCode::invalid,
                 "serve: " + std::to_string(needed) + " files are needed, " + limit, ""};
  }
  handshakes = static_cast<std::uint32_t>(std::min<std::uint64_t>(handshakes, room / 4));
  connections = static_cast<std::uint32_t>(std::min<std::uint64_t>(connections, room - handshakes));
  return limit + ", " + std::to_string(needed) + " were needed: connections_max is " +
         std::to_string(connections) + " and handshakes_max " + std::to_string(handshakes);
}

}  // namespace karst::gateway
