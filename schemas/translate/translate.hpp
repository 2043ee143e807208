// The one translation between the wire's words and the engine's.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"
#include "engine/event/event.hpp"

namespace karst::v1 {
class Command;
class Event;
class Reply;
enum Code : int;
}  // namespace karst::v1

namespace karst::schemas {

/// Reads a command from the wire: client_seq, account, type and body. Every number is checked to be
/// in the range its field documents; prices and quantities only to be representable, because their
/// bounds are the instrument's and the engine's to name. Fields this build does not know are
/// refused, so that no wish is dropped in silence.
///
/// Returns: null, or the name of the first field that is wrong ("body": no command was given).
///          Then `command` is not to be used.
[[nodiscard]] const char* to_engine(const v1::Command& wire, Command& command);

/// Writes a command to the wire, the inverse of to_engine().
///
/// Requires: a command whose type has a name.
void to_wire(const Command& command, v1::Command& wire);

/// Reads a command that stands in another one, which can be proposed. Who says it is said outside.
/// Returns: the first field that is wrong, or null.
[[nodiscard]] const char* enclose_from_wire(const v1::Command& wire, EnclosedCommand& bytes);
/// Writes one: create_key for account 0 says that it means it.
void enclosed_to_wire(const Command& command, v1::Command& wire);

/// The same number under its name on the wire.
[[nodiscard]] v1::Code to_wire(RejectCode code);

/// Writes `event` as it stands under `number` in the log of `account`.
///
/// Requires: the event is in that log; `trade` is the event before it if it is a settlement.
void to_wire(const Event& event, const Event* trade, AccountId account, std::uint64_t number,
             v1::Event& wire);

/// Writes what the answer to a command says: code, client_seq, sequence, event number, value, order
/// and whether it is the answer of an earlier time.
///
/// Requires: an answer event (docs/ENGINE.md, Answers) to `command`. `number` is its place in the
///           log of its merchant, 0 = in none.
void to_wire(const Command& command, const Event& answer, std::uint64_t number, v1::Reply& wire);

}  // namespace karst::schemas
