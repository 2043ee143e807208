// Quantities of the wire that are no number of lots.
#pragma once

#include <cstdint>
#include <limits>

namespace karst {

/// Quantity of a posted offer's level. Unit: lots.
inline constexpr std::uint64_t quantity_unlimited = std::numeric_limits<std::uint64_t>::max();

}  // namespace karst
