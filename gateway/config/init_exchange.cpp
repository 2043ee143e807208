#include "gateway/config/init_exchange.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/trust/key_file.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "gateway/trust/pki.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t operator_key_number = 1;  // as config_text() says

/// The configuration under this name says that the folder is being made, and that what stands
/// beside it under our names is ours.
constexpr const char* unfinished = "/karst.toml.unfinished";

using Files = std::vector<std::pair<std::string, std::string>>;  // path, text

Error failed(ErrorCode code, const char* doing, const std::string& what) {
  return {code, doing, what, Error::no_offset, errno};
}

/// Whether the mark is there, and one of ours: a configuration begins as every one does.
bool is_begun_in(const std::string& directory, const std::string& config) {
  std::ifstream stream(directory + unfinished, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t title = config.find('\n');
  return !text.empty() && text.compare(0, title, config, 0, title) == 0;
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// The folder, made if need be, and ours alone while we work in it.
class OwnFolder {
 public:
  OwnFolder() = default;
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  ~OwnFolder() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] Status take(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return failed(ErrorCode::io, "make the folder", path);
    }
    fd_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) return failed(ErrorCode::io, "open the folder", path);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      return failed(ErrorCode::locked, "make an exchange", path);
    }
    return {};
  }

 private:
  int fd_ = -1;
};

/// Nothing of another's may be there. What an earlier try that was cut short has left is removed.
Status clear(const std::string& directory, const std::string& config, const Files& files) {
  const bool is_begun = is_begun_in(directory, config);
  std::vector<std::string> ours;
  for (const auto& [path, text] : files) ours.push_back(path);
  ours.push_back(directory + unfinished);  // last: until then they are known to be ours
  for (const std::string& path : ours) {
    if (!is_there(path)) continue;
    if (!is_begun) return Error{ErrorCode::already_exists, "make the file", path};
    if (::unlink(path.c_str()) != 0) {
      return failed(ErrorCode::io, "remove what an earlier try left", path);
    }
  }
  return {};
}

}  // namespace

Status init_exchange(const std::string& directory, const std::string& names) {
  const Result<OwnTrust> trust = make_trust(names);
  if (!trust) return trust.error();
  const gateway::SigningKey operator_key = gateway::SigningKey::generate();
  const std::string config = gateway::config_text(gateway::to_hex(operator_key.public_key()));
  const Files files{
      {directory + "/ca.key", trust->authority.private_key},
      {directory + "/ca.crt", trust->authority.certificate},
      {directory + "/server.key", trust->server.private_key},
      {directory + "/server.crt", trust->server.certificate},
      {directory + "/operator.key", key_file_text(operator_key_number, operator_key)},
  };
  OwnFolder folder;
  if (Status taken = folder.take(directory); !taken) return taken;
  const std::string there = directory + "/karst.toml";
  if (is_there(there)) return Error{ErrorCode::already_exists, "make the file", there};
  if (Status cleared = clear(directory, config, files); !cleared) return cleared;
  const std::string mark = directory + unfinished;
  if (Status marked = write_new_file(mark, config); !marked) return marked;
  for (const auto& [path, text] : files) {
    if (Status written = write_new_file(path, text); !written) return written;
  }
  // Where there is a configuration, there is all that it names.
  return name_new_file(mark, there);
}

}  // namespace karst::tool
