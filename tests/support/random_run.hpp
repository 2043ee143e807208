// What every random test takes from outside: its seed (KARST_SEED) and its length (KARST_EFFORT).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace karst::test {

/// The seed of a random test: the environment variable KARST_SEED if it is set, else a new one.
/// Prints it, so that a failing run can be repeated.
[[nodiscard]] inline std::uint64_t seed_of_run() {
  const char* given = std::getenv("KARST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  std::printf("KARST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

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
