// What a start would do about the sizes of the exchange.
#pragma once

#include <string>

#include "engine/base/result.hpp"
#include "engine/seams/storage.hpp"
#include "gateway/config/config.hpp"

namespace karst::gateway {

/// Compares [capacity] with what the exchange in the data folder has, as a start would; changes
/// nothing, and may be done beside a running exchange.
///
/// Returns: one sentence: the sizes are new, the same, or grow, and which.
/// Errors:  those with which a start would be refused: invalid, for a size that cannot be given;
///          no_space, for more memory than there is; those of recovery.
/// Memory:  a second engine while it lasts.
[[nodiscard]] Result<std::string> sizes_at_start(Storage& storage, const Config& config);

}  // namespace karst::gateway
