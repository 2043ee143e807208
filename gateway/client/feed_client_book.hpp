// A book as a subscriber builds it from snapshots and increments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "engine/base/side.hpp"
#include "gateway/feed/depth.hpp"
#include "gateway/feed/feed_schema.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::feed {

/// What became of a message of one channel.
enum class Received : std::uint8_t {
  applied,   ///< the channel is now at the message's sequence
  partial,   ///< kept until the last part is there
  ignored,   ///< known already, or of a channel that waits for its snapshot
  gap,       ///< something before it is missing: the channel waits for a snapshot
  mismatch,  ///< the book's checksum is not the publisher's: it waits for a snapshot
};

/// The position of one channel in the feed: which messages fit.
class FeedChain {
 public:
  /// Whether an update follows what is known. An increment that does not fit makes the channel
  /// wait for its snapshot. Parts are numbered; `applied` means: take all parts kept so far.
  [[nodiscard]] Received accept(const v1::MarketUpdate& update);

  /// The channel's contents do not hold: it waits for a snapshot.
  void invalidate() {
    is_valid_ = false;
    is_waiting_ = true;
    parts_.clear();
  }
  /// A request for snapshots was answered: from now on an increment shows that one was lost.
  void answered() { is_waiting_ = false; }
  [[nodiscard]] bool is_valid() const { return is_valid_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  /// The parts of the update that was accepted last.
  [[nodiscard]] const std::vector<v1::MarketUpdate>& parts() const { return parts_; }

 private:
  [[nodiscard]] Received accept_first(const v1::MarketUpdate& update);

  bool is_valid_ = false;
  bool is_waiting_ = false;  // found broken, and said so; increments are of no use
  std::uint64_t sequence_ = 0;
  std::vector<v1::MarketUpdate> parts_;
};

/// One book from the mbo, mbp-10 or mbp-1 channel of an instrument, checked against the
/// publisher's checksum after every update.
///
/// Threads: owned by one.
class FeedClientBook {
 public:
  struct Order {
    std::uint64_t id;
    std::uint32_t quantity;  ///< Unit: lots.
  };
  struct Level {
    std::uint64_t quantity = 0;  ///< Unit: lots; `quantity_unlimited` for a posted offer.
    std::uint32_t orders = 0;
    std::list<Order> queue;  ///< oldest first; mbo only, without posted offers
  };

  /// Requires: one of the schemas with a book.
  explicit FeedClientBook(Schema schema) : schema_(schema) {}

  /// Takes the next message of this channel.
  [[nodiscard]] Received apply(const v1::MarketUpdate& update);

  void answered() { chain_.answered(); }
  [[nodiscard]] bool is_valid() const { return chain_.is_valid(); }
  [[nodiscard]] std::uint64_t sequence() const { return chain_.sequence(); }
  [[nodiscard]] Schema schema() const { return schema_; }

  /// The best ten levels of each side (mbp-1: one).
  [[nodiscard]] Depth depth() const;

  /// Calls `f(price, const Level&)` for each level, best first.
  template <class F>
  void levels(Side side, F&& f) const {
    if (side == Side::buy) {
      for (auto at = bids_.rbegin(); at != bids_.rend(); ++at) f(at->first, at->second);
    } else {
      for (const auto& [price, level] : asks_) f(price, level);
    }
  }

 private:
  using Levels = std::map<std::int64_t, Level>;
  struct Place {
    Side side;
    std::int64_t price;
    std::list<Order>::iterator at;
  };

  [[nodiscard]] bool apply_parts();
  [[nodiscard]] bool apply(const v1::OrderUpdate& update);
  [[nodiscard]] bool add(const v1::OrderUpdate& update);
  [[nodiscard]] bool lower(std::uint64_t id, std::uint32_t quantity);
  [[nodiscard]] bool set_offer(std::int64_t price);
  void set(Side side, const v1::PriceLevel& level);
  void trim();
  void clear();
  [[nodiscard]] std::size_t levels_published() const {
    return schema_ == Schema::mbp_1 ? 1 : Depth::levels_max;
  }
  [[nodiscard]] Levels& side(Side side) { return side == Side::buy ? bids_ : asks_; }

  Schema schema_;
  FeedChain chain_;
  Levels bids_;
  Levels asks_;
  std::int64_t offer_ = 0;
  std::unordered_map<std::uint64_t, Place> places_;  // mbo: by order id
};

}  // namespace karst::feed
