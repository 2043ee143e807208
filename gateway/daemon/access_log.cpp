#include "gateway/daemon/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

namespace karst::gateway {

Result<AccessLog> AccessLog::open(const std::string& path) {
  AccessLog log;
  log.path_ = path;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    AccessEntry entry;
    std::uint32_t key = 0;
    std::uint32_t account = 0;
    // A line cut short by a crash is passed over; the number goes on behind the last whole one.
    if (!(words >> entry.number >> entry.time_ns >> key >> account >> entry.question)) continue;
    entry.key = KeyId{key};
    entry.account = AccountId{account};
    log.keep(std::move(entry));
  }
  log.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log.fd_ < 0) {
    return Error{ErrorCode::io, "open the access log", path, Error::no_offset, errno};
  }
  return log;
}

AccessLog::AccessLog(AccessLog&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      last_number_(other.last_number_),
      kept_(std::move(other.kept_)) {}

AccessLog::~AccessLog() {
  if (fd_ >= 0) ::close(fd_);
}

void AccessLog::keep(AccessEntry entry) {
  last_number_ = entry.number;
  kept_.push_back(std::move(entry));
  if (kept_.size() > kept_max) kept_.pop_front();
}

Status AccessLog::note(std::int64_t time_ns, KeyId key, AccountId account, const char* question) {
  keep({last_number_ + 1, time_ns, key, account, question});
  char line[160];
  const int size = std::snprintf(
      line, sizeof line, "%llu %lld %u %u %s\n", static_cast<unsigned long long>(last_number_),
      static_cast<long long>(time_ns), key.value(), account.value(), question);
  if (::write(fd_, line, static_cast<std::size_t>(size)) != size) {
    return Error{ErrorCode::io, "write the access log", path_, Error::no_offset, errno};
  }
  return {};
}

std::vector<AccessEntry> AccessLog::newest(std::uint64_t before, std::size_t limit) const {
  std::vector<AccessEntry> found;
  for (auto it = kept_.rbegin(); it != kept_.rend() && found.size() < limit; ++it) {
    if (before == 0 || it->number < before) found.push_back(*it);
  }
  return found;
}

}  // namespace karst::gateway
