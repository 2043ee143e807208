// How long the random tests run: KARST_EFFORT, in percent of their usual length.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace karst::test {

/// `usual` steps scaled by the environment variable KARST_EFFORT (percent, default 100): `./run`
/// sets 10 under sanitizers and 2,000 for `./run soak`.
///
/// Returns: at least 1.
[[nodiscard]] inline std::int64_t effort(std::int64_t usual) {
  const char* percent = std::getenv("KARST_EFFORT");
  const std::int64_t scale = percent != nullptr ? std::strtoll(percent, nullptr, 10) : 100;
  return std::max<std::int64_t>(1, usual * scale / 100);
}

}  // namespace karst::test
