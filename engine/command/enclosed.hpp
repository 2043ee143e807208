// Commands inside commands: what is proposed, and what is confirmed.
#pragma once

#include "engine/command/command.hpp"

namespace karst {

/// The command as another one carries it: its type, whom it is about and its body.
///
/// Requires: it can be proposed (`may_need_two` in its row).
[[nodiscard]] EnclosedCommand enclose(const Command& command);

/// Reads what enclose() wrote. Who says it, and when, read as zero.
///
/// Returns: false, with `out` of no use, for anything else: bytes that are no command or none that
///          can be proposed, and such as enclose() would have written otherwise.
[[nodiscard]] bool disclose(const EnclosedCommand& bytes, Command& out);

/// How many of the bytes are the command; behind them are zeros. Requires: disclose() reads it.
[[nodiscard]] std::size_t enclosed_bytes(const EnclosedCommand& bytes);

/// The enclosed command as if the one who says `speaker` said it. Requires: disclose() reads it.
[[nodiscard]] Command said_by(const EnclosedCommand& bytes, const Command& speaker);

/// The command that is carried out if `command` is: the one that a confirmation encloses, said by
/// the same key at the same time, or the command itself.
[[nodiscard]] Command carried_out_by(const Command& command);

}  // namespace karst
