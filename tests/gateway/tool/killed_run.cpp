#include "tests/gateway/tool/killed_run.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace karst::test {
namespace {

/// What changes a disk, or what somebody else knows.
constexpr std::uint64_t steps[] = {
    SYS_openat,   SYS_write,  SYS_pwrite64, SYS_fsync,   SYS_fdatasync, SYS_linkat,
    SYS_unlinkat, SYS_sendto, SYS_sendmsg,  SYS_mkdirat, SYS_renameat2, SYS_ftruncate,
#ifdef SYS_mkdir
    SYS_mkdir,    SYS_unlink, SYS_rename,   SYS_open,
#endif
};

[[nodiscard]] bool is_step(const __ptrace_syscall_info& call) {
  const std::uint64_t number = call.entry.nr;
  if (std::ranges::find(steps, number) == std::end(steps)) return false;
  // Of files that are opened, those to be written.
  return number != SYS_openat || (call.entry.args[2] & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
}

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& home) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, fd);
  ::setenv("KARST_HOME", home.c_str(), 1);
  ::unsetenv("KARST_KEY");
  ::alarm(60);
  std::string program = std::string(KARST_BINARY_DIR) + "/karst";
  std::vector<char*> raw{program.data()};
  for (const std::string& it : arguments) raw.push_back(const_cast<char*>(it.c_str()));
  raw.push_back(nullptr);
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::execv(raw[0], raw.data());
  ::_exit(127);
}

}  // namespace

bool kill_at_step(const std::vector<std::string>& arguments, const std::string& home, int step) {
  const pid_t process = ::fork();
  if (process == 0) become(arguments, home);
  int status = 0;
  ::waitpid(process, &status, 0);
  if (!WIFSTOPPED(status)) throw std::runtime_error("the program cannot be followed");
  ::ptrace(PTRACE_SETOPTIONS, process, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  int signal = 0;
  while (true) {
    ::ptrace(PTRACE_SYSCALL, process, nullptr, signal);
    ::waitpid(process, &status, 0);
    if (!WIFSTOPPED(status)) return false;
    signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
    if (signal != 0) continue;
    __ptrace_syscall_info call{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof call, &call);
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !is_step(call) || --step > 0) continue;
    ::kill(process, SIGKILL);
    ::waitpid(process, &status, 0);
    return true;
  }
}

}  // namespace karst::test
