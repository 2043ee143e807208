// docs/EVENTS.md says what the catalogue of events says.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>

#include "engine/event/catalogue.hpp"
#include "engine/event/fields.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/schemas/translate/field_type.hpp"
#include "tests/schemas/translate/made_page.hpp"

namespace karst {
namespace {

using google::protobuf::EnumDescriptor;
using test::field_type;

/// "client_seq u64, account_event u64 …" of each body.
#define KARST_NAMED(member) \
  fields += (fields.empty() ? "" : ", ") + std::string(#member " ") + field_type(body.member);
#define KARST_BODY_TEXT(Body, member)                      \
  [[maybe_unused]] std::string text_of(const Body& body) { \
    std::string fields;                                    \
    KARST_EVENT_FIELDS_##Body(KARST_NAMED) return fields;  \
  }
KARST_EVENT_BODIES(KARST_BODY_TEXT)
#undef KARST_BODY_TEXT
#undef KARST_NAMED

const char* text_of(InLog log) {
  switch (log) {
    case InLog::none:
      return "nobody's";
    case InLog::of_account:
      return "the account's";
    case InLog::of_both:
      return "the buyer's and the seller's";
  }
  return "";
}

const char* detail_of(EventType type) {
  switch (type) {
    case EventType::rejected:
      return "[code](ERRORS.md)";
    case EventType::order_cancelled:
      return "cancel reason";
    case EventType::self_match_prevented:
      return "self-match mode";
    case EventType::trade:
      return "side of the taker";
    case EventType::settlement:
      return "settlement kind";
    case EventType::units_burnt:
      return "draw";
    case EventType::instrument_state:
      return "instrument state";
    case EventType::clock_held:
      return "1 held, 0 again believed";
    case EventType::command_proposed:
      return "1 taken over from the exchange";
    case EventType::command_retracted:
      return "1 by an operator, 2 expired";
    default:
      return "0";
  }
}

/// "BUY 1, SELL 2": the values of an enumeration of the wire, which has the engine's numbers.
std::string values_of(const EnumDescriptor& type) {
  const std::size_t prefix = test::prefix_of(type).size();
  std::string text;
  for (int i = 0; i < type.value_count(); ++i) {
    const auto& value = *type.value(i);
    if (value.number() == 0) continue;
    text += (text.empty() ? "" : ", ") + value.name().substr(prefix) + " " +
            std::to_string(value.number());
  }
  return text;
}

std::string page() {
  std::ostringstream page;
  page << "# Events\n\nMade from `engine/event/catalogue.hpp` and `engine/event/fields.hpp` by "
          "`tests/schemas`; do not edit.\nWhen each comes: [ENGINE.md](ENGINE.md). In a file an "
          "event has 64 bytes, little-endian, one field behind the other: sequence u64,\nindex "
          "u16, type u8, detail u8, instrument u32, then its body, whose fields come to 48 bytes. "
          "`reserved` is zero.\n\n"
          "| number | event | detail | in whose log | settled | fields of the body, in order |\n"
          "|---|---|---|---|---|---|\n";
  for (const EventType type : all_events) {
    Event event{};
    event.type = type;
    const char* name = "";
    switch (type) {
#define KARST_NAME(event_name, number, member, ...) \
  case EventType::event_name:                       \
    name = #event_name;                             \
    break;
      KARST_EVENTS(KARST_NAME)
#undef KARST_NAME
    }
    std::string fields;
    (void)visit_event_body(event, [&](const auto& body) { fields = text_of(body); });
    page << "| " << static_cast<int>(type) << " | " << name << " | " << detail_of(type) << " | "
         << text_of(traits_of(type).log) << " | " << (traits_of(type).is_settled ? "yes" : "no")
         << " | " << fields << " |\n";
  }
  page << "\n## Values\n\n| of | values |\n|---|---|\n";
  const std::pair<const char*, const EnumDescriptor*> enumerations[] = {
      {"side", v1::Side_descriptor()},
      {"time_in_force", v1::TimeInForce_descriptor()},
      {"cancel reason", v1::OrderChange::CancelReason_descriptor()},
      {"self-match mode", v1::SelfMatch_descriptor()},
      {"settlement kind", v1::Fill::Kind_descriptor()},
      {"draw", v1::Draw_descriptor()},
      {"state of a merchant", v1::MerchantState_descriptor()},
      {"instrument state, before", v1::InstrumentState_descriptor()},
      {"reason of a state", v1::InstrumentStatus::Reason_descriptor()},
      {"supply", v1::Supply_descriptor()},
      {"resale", v1::Resale_descriptor()},
  };
  for (const auto& [name, type] : enumerations) {
    page << "| " << name << " | " << values_of(*type) << " |\n";
  }
  page << "| flags of an order | 1 in the book after it, 2 in the book before it, 4 the answer to "
          "the command of this sequence, 8 lost its priority |\n"
          "| scopes | sum of read 1, trade 2, cancel-only 4, audit 8, operate 16 |\n"
          "| command | [COMMANDS.md](COMMANDS.md) |\n";
  return page.str();
}

static_assert(order_flag::booked == 1 && order_flag::was_booked == 2 && order_flag::answer == 4 &&
              order_flag::moved == 8);

TEST(Catalogue, the_page_of_events_is_that_of_the_catalogue) {
  test::expect_page("EVENTS.md", page());
}

}  // namespace
}  // namespace karst
