// The events: everything the engine says, as 64-byte values written in place into a ring.
#pragma once

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

/// Calls `f(body)` with the body that the event's type says; not at all for a type there is not.
template <class F>
void visit_event_body(const Event& event, F&& f) {
  switch (event.type) {
#define KARST_EVENT_CASE(name, number, member, ...) \
  case EventType::name: return f(event.member);
    KARST_EVENTS(KARST_EVENT_CASE)
#undef KARST_EVENT_CASE
  }
}

}  // namespace karst
