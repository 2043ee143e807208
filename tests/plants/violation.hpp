// What a simulation that hunts for a planted bug says when it has found it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace karst::test {

/// Prints the first violation. Returns: whether there is one.
inline bool is_found(const std::vector<std::string>& violations, const char* where,
                     std::uint64_t number) {
  if (violations.empty()) return false;
  std::printf("violation found: %s (%s %llu)\n", violations.front().c_str(), where,
              static_cast<unsigned long long>(number));
  return true;
}

}  // namespace karst::test
