#include "engine/event/codec.hpp"

#include "engine/base/assert.hpp"
#include "engine/base/field_bytes.hpp"
#include "engine/event/fields.hpp"

namespace karst {
namespace {

template <class E, class F>
void visit_head(E& event, F&& f) {
  f(event.sequence);
  f(event.index);
  f(event.type);
  f(event.detail);
  f(event.instrument);
}

}  // namespace

void encode_event(const Event& event, std::span<std::byte, encoded_event_bytes> out) {
  auto* const begin = reinterpret_cast<std::uint8_t*>(out.data());
  FieldWriter write(begin);
  visit_head(event, write);
  const bool is_known =
      visit_event_body(event, [&](const auto& body) { visit_fields(body, write); });
  KARST_ASSERT(is_known && write.end() == begin + encoded_event_bytes);
}

bool decode_event(std::span<const std::byte, encoded_event_bytes> in, Event& out) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(in.data());
  FieldReader read(begin, begin + in.size());
  out = Event{};
  visit_head(out, read);
  const bool is_known = visit_event_body(out, [&](auto& body) { visit_fields(body, read); });
  return is_known && read.is_good_at_end();
}

}  // namespace karst
