// Commands inside commands, read as docs/FORMATS.md says and not as the engine does.
#pragma once

#include <optional>

#include "engine/command/command.hpp"

namespace karst::model {

/// The command that can be proposed whose bytes these are, said by nobody; none for other bytes.
[[nodiscard]] std::optional<Command> command_in(const EnclosedCommand& bytes);

}  // namespace karst::model
