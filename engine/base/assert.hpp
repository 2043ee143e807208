// KARST_ASSERT: for what only our own mistake can cause. On in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace karst::detail {

/// Says on standard error which assertion failed and where, then aborts: the journal brings the
/// process back.
[[noreturn, gnu::cold, gnu::noinline]] inline void assertion_failed(const char* expression,
                                                                    const char* file, int line) {
  std::fprintf(stderr, "karst: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace karst::detail

/// Stops the process unless `expression` holds. Never for what a client or a disk can cause.
#define KARST_ASSERT(expression)     \
  (__builtin_expect(!!(expression), 1) \
       ? static_cast<void>(0)          \
       : ::karst::detail::assertion_failed(#expression, __FILE__, __LINE__))
