// How much memory this process may come to have.
#pragma once

#include <cstdint>

namespace karst::gateway {

/// What this process has and the machine has left, but no more than its control groups let it have.
/// Unit: bytes.
///
/// Returns: the greatest number there is where the system does not say.
[[nodiscard]] std::uint64_t memory_within_reach();

}  // namespace karst::gateway
