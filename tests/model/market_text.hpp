// Events and commands in a trader's words: for scenarios and for what a failing test prints.
#pragma once

#include <functional>
#include <string>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst::model {

/// How names and prices are written. The default writes numbers as they are.
struct Names {
  std::function<std::string(AccountId)> account = [](AccountId id) {
    return "m" + std::to_string(id.value());
  };
  std::function<std::string(InstrumentId)> instrument = [](InstrumentId id) {
    return "i" + std::to_string(slot_of(id)) + "." + std::to_string(generation_of(id));
  };
  std::function<std::string(OrderId)> order = [](OrderId id) {
    return std::to_string(slot_of(id)) + "." + std::to_string(generation_of(id));
  };
  std::function<std::string(InstrumentId, Price)> price = [](InstrumentId, Price of) {
    return std::to_string(of.value());
  };
  std::function<std::string(Money)> money = [](Money of) { return std::to_string(of.value()); };
};

/// One line, for example "trade 10 @ 2.50 maker 1 (leaves 0) taker 3 buy".
[[nodiscard]] std::string text_of(const Event& event, const Names& names);
/// One line, for example "m2 place_order buy 10 @ 250 gtc on i4.0".
[[nodiscard]] std::string text_of(const Command& command, const Names& names);
/// The enumerator as it stands in engine/command/reject_code.hpp.
[[nodiscard]] std::string text_of(RejectCode code);

}  // namespace karst::model
