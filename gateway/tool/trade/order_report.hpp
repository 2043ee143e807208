// How the subcommands that change an order say what came of it.
#pragma once

#include <string>

#include "gateway/tool/listing.hpp"
#include "gateway/tool/output.hpp"
#include "gateway/tool/trade/order_outcome.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {

/// An order and what has become of it. `docs/json/order.json` is its shape.
struct OrderReport {
  const Listed& listed;
  v1::Side side = v1::SIDE_BUY;
  std::int64_t limit_ticks = 0;     ///< 0 = market
  std::uint32_t quantity_lots = 0;  ///< the order's total
  v1::Reply reply;
  OrderOutcome outcome;
};

[[nodiscard]] Json order_json(const OrderReport& report);
/// One line per price at which it traded, then one that says what is left and how to go on.
[[nodiscard]] std::string order_text(const OrderReport& report);

/// Answers that a command would have been taken. `docs/json/validated.json` is its shape.
void answer_validated(const Output& output, const std::string& instrument = {});

}  // namespace karst::tool
