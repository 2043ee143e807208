// The one translation between the wire's words and the engine's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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

/// An event as it stands in the log of an account, with what its words depend on beside it.
struct EventInLog {
  const Event& event;
  const Event* trade = nullptr;  ///< of a settlement: the event before it
  AccountId account{0};
  std::uint64_t number = 0;
  Time time{0};                     ///< of its command
  ClientOrderId client_order_id{};  ///< of the order it is about; zero: none
  const Text<64>* name = nullptr;   ///< of an admission or a new name: that of the merchant
};

/// Requires: the event is in that log.
void to_wire(const EventInLog& from, v1::Event& wire);

/// A client order id as clients write it: without the zeros it is filled up with.
[[nodiscard]] std::string to_wire(const ClientOrderId& id);
/// The other way round. Returns: whether it is no longer than they may be.
[[nodiscard]] bool to_engine(const std::string& wire, ClientOrderId& id);

/// Writes what the command made: ids and names, by its events. Names of hours begin with the symbol
/// of their pool, which no command that lists them says.
void write_made(const Command& command, std::span<const Event> events, std::string_view pool,
                v1::Reply& wire);

/// Writes what the answer to a command says: code, client_seq, sequence, event number, value, order
/// and whether it is the answer of an earlier time.
///
/// Requires: an answer event (docs/ENGINE.md, Answers) to `command`. `number` is its place in the
///           log of its merchant, 0 = in none.
void to_wire(const Command& command, const Event& answer, std::uint64_t number, v1::Reply& wire);

}  // namespace karst::schemas
