// What a command of an operator asks for, as a sentence.
#pragma once

#include <cstdint>
#include <string>

namespace karst::v1 {
class Command;
}

namespace karst::tool {

/// "take instrument 12 off the list for ever": all that the command says, so that who reads it
/// knows what would be done.
[[nodiscard]] std::string words_of(const v1::Command& command);

/// "read, audit, operate".
[[nodiscard]] std::string scopes_text(std::uint32_t scopes);

}  // namespace karst::tool
