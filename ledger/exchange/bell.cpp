#include "ledger/exchange/bell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace karst {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) {
  static_assert(sizeof word == sizeof(std::uint32_t));
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation, value, timeout, nullptr,
            0);
}

}  // namespace

void Bell::wait(std::uint32_t seen, std::uint64_t timeout_ns, std::uint32_t spins) {
  for (std::uint32_t i = 0; i < spins; ++i) {
    if (signals() != seen) return;
    __builtin_ia32_pause();
  }
  is_waiting_.store(true, std::memory_order_seq_cst);
  if (signals() == seen) {
    timespec timeout{};
    timeout.tv_sec = static_cast<std::time_t>(timeout_ns / ns_per_s);
    timeout.tv_nsec = static_cast<long>(timeout_ns % ns_per_s);
    futex(signals_, FUTEX_WAIT_PRIVATE, seen, timeout_ns == for_ever ? nullptr : &timeout);
  }
  is_waiting_.store(false, std::memory_order_seq_cst);
}

void Bell::wake() { futex(signals_, FUTEX_WAKE_PRIVATE, 1, nullptr); }

}  // namespace karst
