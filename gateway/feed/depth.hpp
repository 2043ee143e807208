// The best price levels of a book, and the checksum over them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/assert.hpp"
#include "engine/base/side.hpp"
#include "schemas/words/quantity.hpp"

namespace karst::feed {

/// What rests at one price.
struct DepthLevel {
  std::int64_t price;      ///< Unit: ticks per lot.
  std::uint64_t quantity;  ///< Unit: lots; `quantity_unlimited` for a posted offer.
  std::uint32_t orders;    ///< A posted offer counts as one.

  friend bool operator==(const DepthLevel&, const DepthLevel&) = default;
};

/// The best levels of both sides, best first, at most `levels_max` of each.
class Depth {
 public:
  static constexpr std::size_t levels_max = 10;

  [[nodiscard]] std::span<const DepthLevel> side(Side side) const {
    const Queue& queue = queues_[index(side)];
    return {queue.levels.data(), queue.count};
  }

  /// Appends a level worse than those before. Requires: fewer than `levels_max` on that side.
  void push(Side side, const DepthLevel& level) {
    Queue& queue = queues_[index(side)];
    KARST_ASSERT(queue.count < levels_max);
    queue.levels[queue.count++] = level;
  }
  void clear() { queues_[0].count = queues_[1].count = 0; }

  friend bool operator==(const Depth& a, const Depth& b);

 private:
  struct Queue {
    std::size_t count = 0;
    std::array<DepthLevel, levels_max> levels;
  };
  [[nodiscard]] static std::size_t index(Side side) { return static_cast<std::size_t>(side) - 1; }

  std::array<Queue, 2> queues_;
};

/// The checksum of the feed: CRC-32 over the best `levels` levels of each side, as integers of
/// fixed layout. docs/FEED.md draws the bytes and lists vectors.
[[nodiscard]] std::uint32_t checksum(const Depth& depth, std::size_t levels = Depth::levels_max);

}  // namespace karst::feed
