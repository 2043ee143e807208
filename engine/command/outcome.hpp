// What a handler of a command came to.
#pragma once

#include <cstdint>

#include "engine/command/reject_code.hpp"

namespace karst {

/// A refusal; or done, the answer already written; or the first answer said again, which the
/// handler has noted in the state.
enum class Outcome : std::uint16_t { done = 0, repeated = 256 };

[[nodiscard]] constexpr Outcome refuse(RejectCode code) { return static_cast<Outcome>(code); }

/// Returns: none unless it is a refusal.
[[nodiscard]] constexpr RejectCode code_of(Outcome outcome) {
  return static_cast<RejectCode>(static_cast<std::uint16_t>(outcome) & 0xff);
}

}  // namespace karst
