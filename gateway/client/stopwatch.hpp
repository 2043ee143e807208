// Clocks for measuring, never for deciding.
#pragma once

#include <ctime>

#include <cstdint>

namespace karst::tool {

/// Processor time this thread has used. Unit: ns
[[nodiscard]] inline std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Time that has passed, from any origin. Unit: ns
[[nodiscard]] inline std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace karst::tool
