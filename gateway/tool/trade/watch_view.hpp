// What `karst watch` shows: the market a feed client knows, as text or JSON.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/client/feed_client.hpp"

namespace karst::tool {

/// How a frame of `karst watch` is drawn.
struct WatchStyle {
  std::size_t width = 80;   ///< Unit: columns, at least 40.
  std::size_t height = 24;  ///< Unit: lines, at least 8.
  bool is_coloured = false;
};

/// One instrument: its state, a ladder of prices with the asks above the bids, the latest trades
/// beside it. Exactly `height` lines, none wider than `width`; each ends with a line feed.
///
/// Prices are in the currency where the instrument's definition is known, else in ticks.
[[nodiscard]] std::string watch_frame(const feed::FeedClient& client, std::uint32_t instrument,
                                      const WatchStyle& style);

/// All instruments, a line each: name, state, best bid and ask, last price, trades seen.
[[nodiscard]] std::string watch_list(const feed::FeedClient& client, const WatchStyle& style);

/// One instrument as one line of JSON, prices in ticks:
/// {"instrument", "symbol", "state", "sequence", "reference_ticks", "bids", "asks", "trades"},
/// levels as [price, quantity, orders] (quantity null = unlimited), the latest trade last.
[[nodiscard]] std::string watch_json(const feed::FeedClient& client, std::uint32_t instrument);

}  // namespace karst::tool
