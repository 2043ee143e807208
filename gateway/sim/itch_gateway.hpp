// A recorded ITCH flow as orders of two merchants, through the gateway of a running exchange.
#pragma once

#include <cstdint>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "gateway/measure/itch_match.hpp"
#include "gateway/measure/latency_histogram.hpp"

namespace karst::tool {

struct ItchGatewayReport {
  ItchCounts counts;           ///< as of match_itch(), but from what the exchange says
  std::uint64_t commands = 0;  ///< sent for the flow
  double seconds = 0;          ///< from the first command to the last answer
  LatencyHistogram latency;    ///< from the write of each command to the reading of its answer
};

/// Makes a product with more seats than the flow has lots, and two merchants, as the operator whose
/// session `client` is; then plays the flow: buys come from one merchant, sells from the other.
/// Commands are pipelined as far as each depends on answers no further than a program's must: one
/// that names an order waits for the order's number, a replace for the end of the order it
/// replaces.
///
/// The trades are read from both merchants' event logs, the book that is left from the feed.
///
/// Errors: those of the client; invalid: the exchange refused what makes the market, or the flow's
///         prices are not 1 to 2^30; io: the logs did not get there in time.
[[nodiscard]] Result<ItchGatewayReport> match_itch_through(gateway::Client& client,
                                                           const ItchFlow& flow);

}  // namespace karst::tool
