// Which fields of a command have a meaning at all (docs/ENGINE.md §2.4, `invalid_field`).
#pragma once

#include "engine/command/command.hpp"

namespace karst::model {

/// Whether every enumerator has a name, every bool is 0 or 1, every text is one, and the command's
/// fields fit together. Knows nothing of what exists.
[[nodiscard]] bool are_fields_valid(const Command& command, const Configure& configure);

/// Whether `account` of such a command is ignored. True of a type without a name too.
[[nodiscard]] bool is_about_no_merchant(CommandType type);

/// Whether `account` has to be a merchant.
[[nodiscard]] bool needs_merchant(const Command& command);

/// open_session, close_session, heartbeat.
[[nodiscard]] bool is_never_numbered(CommandType type);

}  // namespace karst::model
