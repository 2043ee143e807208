#include "gateway/desk/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace karst::gateway {

Result<AccessLog> AccessLog::open(const std::string& path, const AccessLogLimits& limits) {
  AccessLog log;
  log.path_ = path;
  log.limits_ = limits;
  Result<AccessLogReport> found =
      read_access_log(path, [&](AccessEntry&& entry) { log.keep(std::move(entry)); });
  if (!found) return found.error();
  log.found_ = *found;
  log.last_number_ = found->last_number;
  log.head_ = found->head;
  const std::vector<AccessFile> files = access_files(path);
  if (Status opened = log.open_file(files.empty() ? 1 : files.back().number); !opened) {
    return opened.error();
  }
  log.size_ = found->last_file_bytes;
  if (::ftruncate(log.fd_, static_cast<off_t>(log.size_)) != 0) {
    return log.failed("cut the torn tail of the access log");
  }
  if (Status begun = log.begin_chain(); !begun) return begun.error();
  return log;
}

AccessLog::AccessLog(AccessLog&& other) noexcept
    : path_(std::move(other.path_)),
      limits_(other.limits_),
      found_(std::move(other.found_)),
      fd_(std::exchange(other.fd_, -1)),
      file_number_(other.file_number_),
      size_(other.size_),
      head_(std::move(other.head_)),
      last_number_(other.last_number_),
      kept_(std::move(other.kept_)) {}

AccessLog::~AccessLog() {
  if (fd_ < 0) return;
  ::fdatasync(fd_);
  ::close(fd_);
}

Error AccessLog::failed(const char* doing) const {
  return {ErrorCode::io, doing, access_file_path(path_, file_number_), Error::no_offset, errno};
}

void AccessLog::keep(AccessEntry entry) {
  last_number_ = entry.number;
  kept_.push_back(std::move(entry));
  if (kept_.size() > kept_max) kept_.pop_front();
}

Status AccessLog::open_file(std::uint64_t number) {
  file_number_ = number;
  const std::string path = access_file_path(path_, number);
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) return failed("open the access log");
  return {};
}

/// Writes the chain line that must stand before the next entry, if one must.
Status AccessLog::begin_chain() {
  ChainStart why = ChainStart::begun;
  if (!found_.is_damage_marked) {
    why = ChainStart::broken;
  } else if (!head_.empty()) {
    if (size_ > 0) return {};
    why = ChainStart::continued;
  }
  return append(chain_line(why, last_number_, head_));
}

std::string AccessLog::opening_text() const {
  std::string text;
  if (found_.torn_bytes > 0) {
    text = "the access log: " + std::to_string(found_.torn_bytes) +
           " bytes of a torn line were cut from " + access_file_path(path_, file_number_);
  }
  if (found_.damaged == 0) return text;
  if (!text.empty()) text += "; ";
  return text + "the access log is damaged: " + found_.first_damage + " (" +
         std::to_string(found_.damaged) + " lines in all); " +
         (found_.is_damage_marked ? "a later line of it says so" : "it goes on under a new chain");
}

/// A line that did not get into the file whole is taken out again, at the next try at the latest.
Status AccessLog::append(const std::string& line) {
  const auto put = ::write(fd_, line.data(), line.size());
  if (put == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
    return {};
  }
  if (put >= 0) errno = ENOSPC;
  Error error = failed("write the access log");
  if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
    error.doing = "take half a line out of the access log";
  }
  return error;
}

Status AccessLog::begin_further_file() {
  const int former = fd_;
  const std::uint64_t former_number = file_number_;
  const std::uint64_t former_size = std::exchange(size_, 0);
  std::string head = head_;
  Status begun = open_file(file_number_ + 1);
  if (begun) begun = append(chain_line(ChainStart::continued, last_number_ - 1, head));
  if (!begun) {
    // The one that was written goes on: longer than it should be, but whole.
    if (fd_ >= 0) {
      ::unlink(access_file_path(path_, file_number_).c_str());
      ::close(fd_);
    }
    fd_ = former;
    file_number_ = former_number;
    size_ = former_size;
    return begun;
  }
  head_ = head;
  ::fdatasync(former);
  ::close(former);
  let_go_of_oldest();
  return {};
}

void AccessLog::let_go_of_oldest() {
  const std::vector<AccessFile> files = access_files(path_);
  for (std::size_t i = 0; i + limits_.files < files.size(); ++i) {
    ::unlink(files[i].path.c_str());
  }
}

Status AccessLog::note(std::int64_t time_ns, KeyId key, AccountId account, const char* question) {
  const AccessEntry entry{last_number_ + 1, time_ns, key, account, question};
  keep(entry);
  Status further;
  if (size_ + access_line_bytes_max > limits_.file_bytes) further = begin_further_file();
  // What an earlier failure left must be gone before anything stands behind it.
  if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) return failed("write the access log");
  std::string head = head_;
  const std::string line = entry_line(entry, head);
  if (Status written = append(line); !written) return written;
  head_ = head;
  return further;
}

std::vector<AccessEntry> AccessLog::newest(std::uint64_t before, std::size_t limit) const {
  std::vector<AccessEntry> found;
  for (auto it = kept_.rbegin(); it != kept_.rend() && found.size() < limit; ++it) {
    if (before == 0 || it->number < before) found.push_back(*it);
  }
  return found;
}

}  // namespace karst::gateway
