// The events of an account's log, for people and for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "gateway/tool/output.hpp"
#include "schemas/karst/v1/audit.pb.h"
#include "schemas/karst/v1/events.pb.h"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::tool {

/// The codes of currencies by number, as far as they are known.
class CurrencyCodes {
 public:
  /// Learns those of a merchant's balances: every one that the merchant ever had.
  void learn(const v1::Balances& balances);
  [[nodiscard]] bool has(std::uint32_t currency) const { return codes_.contains(currency); }
  /// " CNY"; " of currency 1" if it is not known: what follows an amount.
  [[nodiscard]] std::string behind_amount(std::uint32_t currency) const;

 private:
  std::map<std::uint32_t, std::string> codes_;
};

/// "bought 3 GUIAN-P@2026-11-22T09Z at 28.50, fee 0.09; order 4294967296 has 7 left [desk-1]", the
/// last word being the client order id. `definition`:
/// of the event's instrument; nullptr if it is not known.
[[nodiscard]] std::string event_text(const v1::Event& event, const v1::Definition* definition,
                                     const CurrencyCodes& currencies);

/// karst.v1.Event in Protobuf's JSON mapping, with "instrument" (its name, null if about none),
/// "time" and "text" (as above) beside it; client_order_id is a word, null if there is none.
/// `docs/json/event.json` is its shape.
[[nodiscard]] Json event_json(const v1::Event& event, const v1::Definition* definition,
                              const CurrencyCodes& currencies);

}  // namespace karst::tool
