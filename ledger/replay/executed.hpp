// Executed: one command with all it came to.
#pragma once

#include <cstdint>
#include <span>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst {

/// One command with its sequence and time, and its events. It owns nothing: valid during the call
/// it is given to.
struct Executed {
  static constexpr std::uint32_t no_answer = ~std::uint32_t{0};

  const Command& command;
  std::span<const Event> events;  ///< In order; possibly none (a tick).
  std::uint32_t answer;           ///< Which of the events is the answer, or no_answer.

  [[nodiscard]] bool has_answer() const { return answer != no_answer; }
};

}  // namespace karst
