// Writes the messages of the feed into frames.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/units.hpp"
#include "engine/event/event.hpp"
#include "gateway/feed/depth.hpp"
#include "gateway/feed/feed_book.hpp"
#include "gateway/feed/feed_frame.hpp"
#include "gateway/feed/feed_reference.hpp"
#include "gateway/feed/feed_schema.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::feed {

/// The most order steps, levels or trades in one message; more come in several parts.
inline constexpr std::uint32_t entries_per_frame_max = 512;

/// One trade as the `trades` schema tells it.
struct TradeMark {
  std::uint32_t match_index;
  Quantity quantity;
  Price price;
  Side taker_side;
  bool is_from_offer;
  std::uint64_t settlement;  ///< of the exchange; the ledger's record says it
};

/// Whether an instrument trades, as the `status` schema tells it.
struct StatusMark {
  InstrumentState state;
  std::uint8_t reason;  ///< a StateReason, or 0 in snapshots and listings
  Price reference;
  bool is_retired;
};

void write(const InstrumentTerms& terms, v1::Definition& to);
void write(const StatusMark& status, v1::InstrumentStatus& to);

/// A frame with any other message of the feed.
[[nodiscard]] FramePtr make_frame(const v1::SubscribeReply& reply);
[[nodiscard]] FramePtr make_frame(const v1::FeedNotice& notice);
[[nodiscard]] FramePtr make_frame(const v1::FeedHeartbeat& heartbeat);

/// Writes MarketUpdates: begin, any number of entries, end. The frames, one per part, are appended
/// to `out` given at the beginning.
///
/// Threads: owned by one.
class FeedWriter {
 public:
  struct Head {
    Schema schema;
    InstrumentId instrument;
    std::uint64_t sequence;
    std::uint64_t prev_seq;  ///< 0 in snapshots
    Time time;               ///< 0 in snapshots
    bool is_snapshot;
  };

  void begin(const Head& head, std::vector<FramePtr>& out);
  void add(const OrderStep& step);
  void add(Side side, const DepthLevel& level);
  void add(const TradeMark& trade);
  void set(const InstrumentTerms& terms);
  void set(const StatusMark& status);
  void end(std::optional<std::uint32_t> checksum = std::nullopt);

 private:
  /// Makes room for one more entry: sends the part off when it is full.
  void reserve_entry();
  void finish_part(bool is_last);

  Head head_{};
  std::vector<FramePtr>* out_ = nullptr;
  std::uint32_t entries_ = 0;
  v1::MarketUpdate update_;  // reused: its entries keep their memory
};

}  // namespace karst::feed
