#include "gateway/trust/key_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>

namespace karst::tool {
namespace {

constexpr std::string_view number_mark = "Karst-Key: ";

struct OpenDescriptor {
  int fd = -1;

  explicit OpenDescriptor(int opened) : fd(opened) {}
  OpenDescriptor(const OpenDescriptor&) = delete;
  OpenDescriptor& operator=(const OpenDescriptor&) = delete;
  ~OpenDescriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The number that the file says; 0: none. Returns: nullopt: what it says is no number of a key.
std::optional<std::uint32_t> number_in(const std::string& text) {
  const std::size_t at = text.find(number_mark);
  if (at == std::string::npos || at > text.find("-----BEGIN")) return 0;
  std::uint32_t number = 0;
  const std::size_t first = at + number_mark.size();
  const std::size_t end = std::min(text.find_first_of("\r\n", first), text.size());
  const auto [stop, wrong] = std::from_chars(text.data() + first, text.data() + end, number);
  if (wrong != std::errc{} || stop != text.data() + end) return std::nullopt;
  return number;
}

}  // namespace

Result<KeyFile> read_key_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, "read the key", path,
                 Error::no_offset, errno};
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::optional<gateway::SigningKey> secret = gateway::SigningKey::from_pem(text);
  if (!secret) return Error{ErrorCode::invalid, "find an Ed25519 secret key", path};
  const std::optional<std::uint32_t> number = number_in(text);
  if (!number) return Error{ErrorCode::invalid, "read the number behind Karst-Key:", path};
  return KeyFile{*number, *secret};
}

std::string key_file_text(std::uint32_t key, const gateway::SigningKey& secret) {
  return std::string(number_mark) + std::to_string(key) + "\n" + secret.to_pem();
}

Status write_new_file(const std::string& path, const std::string& text) {
  const auto failed = [&](const char* doing) {
    const ErrorCode code = errno == EEXIST   ? ErrorCode::already_exists
                           : errno == ENOSPC ? ErrorCode::no_space
                                             : ErrorCode::io;
    return Error{code, doing, path, Error::no_offset, errno};
  };
  if (::access(path.c_str(), F_OK) == 0) {
    errno = EEXIST;
    return failed("make the file");
  }
  // It has no name until it is whole: whoever ends this program leaves nothing behind.
  const OpenDescriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd < 0) return failed("make the file");
  OpenDescriptor file(::openat(folder.fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const bool is_named = file.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
  if (is_named) {  // where the file system has no such files
    file.fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  }
  if (file.fd < 0) return failed("make the file");
  const auto undone = [&](const char* doing) {
    const Error error = failed(doing);
    if (is_named) ::unlink(path.c_str());
    return error;
  };
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t put = ::write(file.fd, text.data() + written, text.size() - written);
    if (put < 0) return undone("write the file");
    written += static_cast<std::size_t>(put);
  }
  if (::fsync(file.fd) != 0) return undone("sync the file");
  const std::string unnamed = "/proc/self/fd/" + std::to_string(file.fd);
  if (!is_named && ::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path.c_str(),
                            AT_SYMLINK_FOLLOW) != 0) {
    return failed("name the file");
  }
  if (::fsync(folder.fd) != 0) return failed("sync the folder");
  return {};
}

Status name_new_file(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    return Error{errno == EEXIST ? ErrorCode::already_exists : ErrorCode::io, "name the file", to,
                 Error::no_offset, errno};
  }
  const OpenDescriptor folder(::open(folder_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) {
    return Error{ErrorCode::io, "sync the folder", to, Error::no_offset, errno};
  }
  return {};
}

}  // namespace karst::tool
