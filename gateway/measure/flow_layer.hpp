// A layer that flow files can be played through: the book, or the whole engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/trade_hash.hpp"

namespace karst::tool {

/// What one play of a flow file came to.
struct FlowPlay {
  std::int64_t cpu_ns = 0;    // processor time of the timed operations
  std::uint64_t refused = 0;  // cancels of orders that were gone, adds without room
  TradeHash trades;           // of the whole file, computed after the timed part
};

/// One way of playing a flow file. A play starts from nothing each time, so that all plays of a
/// file must come to the same trades.
class FlowLayer {
 public:
  FlowLayer() = default;
  FlowLayer(const FlowLayer&) = delete;
  FlowLayer& operator=(const FlowLayer&) = delete;
  virtual ~FlowLayer() = default;

  [[nodiscard]] virtual FlowPlay play() = 0;
};

/// The order book alone. Cancels name exchange-assigned ids, as a client learns them from the
/// acknowledgement; they are looked up once, in an untimed rehearsal.
/// Requires: `flow` outlives the layer.
[[nodiscard]] std::unique_ptr<FlowLayer> make_book_layer(const Flow& flow);

/// The whole engine: 1,000 funded merchants with a key each, prefunded orders, fees of 5 and 10
/// basis points, self-match prevention, limits, numbered commands, and events into a ring of
/// 4 MiB that another thread reads. Requires: `flow` outlives the layer.
[[nodiscard]] std::unique_ptr<FlowLayer> make_engine_layer(const Flow& flow);
/// The same with another number of merchants: `pairs` of a buyer and a seller.
[[nodiscard]] std::unique_ptr<FlowLayer> make_engine_layer(const Flow& flow, std::uint32_t pairs);

}  // namespace karst::tool
