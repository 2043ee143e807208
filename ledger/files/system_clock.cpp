#include "ledger/files/system_clock.hpp"

#include <ctime>

#include "engine/base/assert.hpp"

namespace karst {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  const int failed = clock_gettime(clock, &now);
  KARST_ASSERT(failed == 0);
  if (now.tv_sec < 0) return 0;  // a wall clock set before 1970
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t SystemClock::wall_ns() const { return read_clock(CLOCK_REALTIME); }
std::uint64_t SystemClock::steady_ns() const { return read_clock(CLOCK_MONOTONIC); }
std::uint64_t SystemClock::boottime_ns() const { return read_clock(CLOCK_BOOTTIME); }

}  // namespace karst
