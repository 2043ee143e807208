// Events as files keep them: 64 bytes, field by field, whatever they are in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/event/event.hpp"

namespace karst {

/// Every event takes as many.
inline constexpr std::size_t encoded_event_bytes = 64;

/// Writes one event: (sequence, index), type, detail, instrument, and the fields of its body.
/// Requires: its type is known. Source: docs/FORMATS.md, "Event".
void encode_event(const Event& event, std::span<std::byte, encoded_event_bytes> out);

/// Reads one event. Returns: false if it is of no known type, or a field holds what none can.
[[nodiscard]] bool decode_event(std::span<const std::byte, encoded_event_bytes> in, Event& out);

}  // namespace karst
