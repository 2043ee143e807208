// The folder of a new exchange: its trust, its operator's key, its configuration.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace karst::tool {

/// Makes a folder `directory` with authority, server certificate (for `names` and `own_names`),
/// operator key and configuration: everything karstd needs. Files are readable by their owner only.
/// The configuration gets its name last; what a try that was cut short has left is made anew.
///
/// Errors: invalid: a name no certificate can have; already_exists: nothing there is ever
///         overwritten; locked: somebody else makes one there; no_space; io.
[[nodiscard]] Status init_exchange(const std::string& directory, const std::string& names);

}  // namespace karst::tool
