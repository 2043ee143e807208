#include "gateway/trust/key_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

namespace karst::tool {
namespace {

constexpr std::string_view number_mark = "Karst-Key: ";

std::uint32_t number_in(const std::string& text) {
  const std::size_t at = text.find(number_mark);
  if (at == std::string::npos || at > text.find("-----BEGIN")) return 0;
  std::uint32_t number = 0;
  const char* const first = text.data() + at + number_mark.size();
  std::from_chars(first, text.data() + text.size(), number);
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
  return KeyFile{number_in(text), *secret};
}

std::string key_file_text(std::uint32_t key, const gateway::SigningKey& secret) {
  return std::string(number_mark) + std::to_string(key) + "\n" + secret.to_pem();
}

Status write_new_file(const std::string& path, const std::string& text) {
  const auto failed = [&](const char* doing) {
    return Error{errno == EEXIST ? ErrorCode::already_exists : ErrorCode::io, doing, path,
                 Error::no_offset, errno};
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("make the file");
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t put = ::write(fd, text.data() + written, text.size() - written);
    if (put < 0) {
      const Error error = failed("write the file");
      ::close(fd);
      return error;
    }
    written += static_cast<std::size_t>(put);
  }
  const bool is_synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!is_synced) return failed("sync the file");
  return {};
}

}  // namespace karst::tool
