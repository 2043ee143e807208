#include "ledger/files/standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace karst {
namespace {

Error output_error() {
  const int system_error = errno;
  return {system_error == ENOSPC || system_error == EDQUOT ? ErrorCode::no_space : ErrorCode::io,
          "write", "standard output", Error::no_offset, system_error};
}

}  // namespace

void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // The lowest free number is `fd` itself. Open for the other direction: using it stays an error.
    const int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", flags) != fd) return;
  }
}

Status write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return output_error();
  return {};
}

Status flush_output() {
  if (std::fflush(stdout) != 0) return output_error();
  return {};
}

bool is_reader_gone(const Error& error) { return error.system_error == EPIPE; }

}  // namespace karst
