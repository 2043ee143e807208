// How many files and sockets the process may have open, and what of the configuration fits into it.
#pragma once

#include <string>

#include "engine/base/result.hpp"
#include "gateway/config/config.hpp"

namespace karst::gateway {

/// Raises the process's own limit of open files as far as the system lets it, and fits the greatest
/// numbers of connections and handshakes of `config` into it.
///
/// Returns: a line for the log if they had to be lowered; else nothing.
/// Errors:  invalid: there is hardly room for anybody.
[[nodiscard]] Result<std::string> fit_open_files(Config& config);

/// The same for a given limit.
[[nodiscard]] Result<std::string> fit_open_files(Config& config, std::uint64_t files_max);

}  // namespace karst::gateway
