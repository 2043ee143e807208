// The events: everything the engine says, as 64-byte values written in place into a ring.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "engine/event/catalogue.hpp"

namespace karst {

/// Events are numbered (sequence, index); `instrument` is 0 where the event is about none.
struct alignas(64) Event {
  std::uint64_t sequence;
  std::uint16_t index;
  EventType type;
  std::uint8_t detail;
  InstrumentId instrument;
  union {
#define KARST_EVENT_BODY(Body, member) Body member;
    KARST_EVENT_BODIES(KARST_EVENT_BODY)
#undef KARST_EVENT_BODY
    std::uint64_t words[6];
  };
};

static_assert(sizeof(Event) == 64, "one cache line");
static_assert(std::is_trivially_copyable_v<Event>);

/// Calls `f(body)` with the body that the event's type says. Returns: false for an unknown type.
template <class E, class F>
requires std::same_as<std::remove_const_t<E>, Event>
bool visit_event_body(E& event, F&& f) {
  switch (event.type) {
#define KARST_EVENT_CASE(name, number, member, ...) \
  case EventType::name:                             \
    f(event.member);                                \
    return true;
    KARST_EVENTS(KARST_EVENT_CASE)
#undef KARST_EVENT_CASE
  }
  return false;
}

}  // namespace karst
