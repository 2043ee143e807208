// The events of an account's log, for people and for programs.
#pragma once

#include <string>

#include "gateway/tool/output.hpp"
#include "schemas/karst/v1/events.pb.h"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::tool {

/// "bought 3 GUIAN-P@2026-11-22T09Z at 28.50, fee 0.09; order 4294967296 has 7 left". `definition`:
/// of the event's instrument; nullptr if it is not known.
[[nodiscard]] std::string event_text(const v1::Event& event, const v1::Definition* definition);

/// karst.v1.Event in Protobuf's JSON mapping, with "instrument" (its name, null if about none) and
/// "text" (as above) beside it. `docs/json/event.json` is its shape.
[[nodiscard]] Json event_json(const v1::Event& event, const v1::Definition* definition);

}  // namespace karst::tool
