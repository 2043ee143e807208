// Where events are written: in place, into a ring the caller owns.
#pragma once

#include <cstdint>

#include "engine/event/event.hpp"

namespace karst {

/// The most events one command can cause. The caller lets a command in only when the ring has room
/// for as many, so the engine never waits.
inline constexpr std::uint32_t events_per_command_max = 16'384;

/// A power-of-two ring of events; position p lies at events[p & mask].
struct EventRing {
  Event* events;
  std::uint64_t mask;
  std::uint64_t next;  ///< position of the next event; grows for ever

  [[nodiscard]] Event& at(std::uint64_t position) const { return events[position & mask]; }
  Event& append() { return at(next++); }
};

/// What one command came to: events [first, first + count) of the ring.
struct Applied {
  static constexpr std::uint32_t no_answer = 0xffffffff;

  std::uint64_t first;
  std::uint32_t count;
  std::uint32_t answer;  ///< index of the answer among them; no_answer for a tick
};

}  // namespace karst
