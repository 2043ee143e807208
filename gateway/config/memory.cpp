#include "gateway/config/memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace karst::gateway {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// What the machine can still give. Source: proc_meminfo(5).
std::uint64_t available_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  for (std::string unit; file >> name >> kib; std::getline(file, unit)) {
    if (name == "MemAvailable:") return kib * 1024;
  }
  return unlimited;
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// The least that a control group of this process, or one above it, may have. Source: cgroups(7).
std::uint64_t group_bytes() {
  std::ifstream groups("/proc/self/cgroup");
  std::uint64_t least = unlimited;
  for (std::string line; std::getline(groups, line);) {
    constexpr std::string_view unified = "0::/";
    if (!line.starts_with(unified)) continue;
    std::string path = line.substr(unified.size() - 1);
    for (;; path.resize(path.rfind('/'))) {
      std::ifstream file("/sys/fs/cgroup" + path + "/memory.max");
      std::uint64_t bytes = 0;
      if (file >> bytes) least = std::min(least, bytes);
      if (path.find('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

std::uint64_t memory_within_reach() {
  const std::uint64_t available = available_bytes();
  if (available == unlimited) return group_bytes();
  return std::min(available + resident_bytes(), group_bytes());
}

}  // namespace karst::gateway
