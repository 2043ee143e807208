// The event hash: what two engines that came to the same have in common.
#pragma once

#include "engine/base/hash.hpp"
#include "engine/event/event.hpp"

namespace karst {

/// The running event hash, one event taken in: all its 64 bytes as they lie in memory.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t hash, const Event& event) {
  return mix(hash, gather<8>(&event));
}

}  // namespace karst
