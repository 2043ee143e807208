// Subcommands that carry out one command of the exchange, said as tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/tool/output.hpp"

namespace CLI {
class App;
}
namespace karst::v1 {
class Command;
}

namespace karst::tool {

/// One option of a deed and the field it fills. How its text is read follows from the field: its
/// type, and the unit at the end of its name.
///
/// | field           | text                                                                    |
/// |-----------------|-------------------------------------------------------------------------|
/// | bool            | a flag                                                                  |
/// | enum            | the enumerator in small letters, without its prefix: "p_hour"           |
/// | …_fen           | an amount: "1250.50"                                                    |
/// | …_ticks         | where the message has tick_value_fen, an amount, which must be whole    |
/// |                 | ticks, or "tick"; else one in whole ticks of the instrument named       |
/// | instrument_id   | a number, or a name that is looked up at the exchange                   |
/// | …expiry_ns      | a time: "2026-11-22T13:00+08:00"                                        |
/// | …_ns            | a duration: "8h", "15m"                                                 |
/// | …_hour          | a delivery hour: its beginning, or its number                           |
/// | …_hash          | 64 hexadecimal digits                                                   |
struct DeedOption {
  const char* name;             ///< "--tier"; without dashes: an argument by its place
  const char* field;            ///< of the command's body, or of Command itself
  const char* about;            ///< with the range, as in the .proto file
  const char* fallback = nullptr;  ///< nullptr: the option is required
};

/// A field that a deed always sets.
struct DeedConstant {
  const char* field;
  const char* text;
};

struct Deed {
  const char* path;     ///< "merchant admit"
  const char* about;
  const char* example;  ///< one line of arguments, shown below the help
  const char* body;     ///< "admit_merchant": the body of the Command
  const char* done;     ///< what to say: "merchant {account_id} is admitted"
  std::vector<DeedOption> options;
  std::vector<DeedConstant> constants = {};
  bool needs_option = false;  ///< without any option it would undo what was said before
};

/// The operator's subcommands. Every field of every command that an operator may send is filled by
/// one of them, but for CreateKey, which makes files too (keys_commands.cpp).
[[nodiscard]] std::vector<Deed> operate_deeds();

/// Adds the deed's subcommand to `app`, and those above it in its path.
void add_deed(CLI::App& app, const Deed& deed);

/// Finds the subcommand `path` ("merchant admit"), making what is not there yet. `about` describes
/// the last word.
CLI::App* subcommand(CLI::App& app, const std::string& path, const std::string& about);

/// Sets `field` of the command, or of its body, from text as described at DeedOption. Enumerators
/// and amounts in ticks look at fields set before.
///
/// Returns: what is wrong with the text; empty: nothing.
[[nodiscard]] std::string set_field(v1::Command& command, const std::string& body,
                                    const std::string& field, const std::string& text);

/// The shape docs/json/reply.json: what became of a command.
[[nodiscard]] Json reply_json(const v1::Command& command, const v1::Reply& reply);
[[nodiscard]] Json reply_json(const std::string& command, std::uint32_t account,
                              const v1::Reply& reply);

/// What --validate-only says for people.
inline const std::string validated_text =
    "as things are now the exchange would carry it out; nothing was done";

/// The footer of a subcommand's help.
[[nodiscard]] std::string example_text(const std::string& line);

}  // namespace karst::tool
