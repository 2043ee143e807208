// What a second operator signs for: the hash of a command that was proposed.
#pragma once

#include "engine/command/bodies.hpp"

namespace karst::gateway {

/// SHA-256 of the command as the journal has it, without the zeros behind it.
///
/// Requires: a command that disclose() reads.
[[nodiscard]] Digest hash_of(const EnclosedCommand& command);

}  // namespace karst::gateway
