// One subscriber of the feed: its channels, its queue, and what becomes of it when it is slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/units.hpp"
#include "gateway/feed/feed_frame.hpp"
#include "gateway/feed/feed_schema.hpp"

namespace karst::feed {

enum class OnSlow : std::uint8_t { disconnect = 1, conflate = 2 };

/// The state of one subscriber, without a socket: frames go in, the server takes them out as the
/// connection accepts them.
///
/// A channel that is *stale* gets no increments; a snapshot comes first. Channels are stale when
/// they were just subscribed to, and when a slow subscriber lost increments of them. So starting
/// and catching up are one thing, done as the queue empties, and the memory of a subscriber is
/// bounded whatever it asks for and however little it reads.
///
/// Invariants: 1. queued_bytes() <= budget, but for one channel's snapshot and essential frames.
///             2. A channel is stale only if it is subscribed to.
/// Threads:    owned by one, the publisher's.
class Subscriber {
 public:
  /// `owner` is whoever it belongs to, as they name it.
  Subscriber(std::size_t budget_bytes, std::uint32_t owner)
      : budget_bytes_(budget_bytes), owner_(owner) {}

  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  [[nodiscard]] std::uint32_t owner() const { return owner_; }
  /// Too slow, and cut as it chose: what is queued (a last notice) is all it will ever get.
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] std::size_t budget_bytes() const { return budget_bytes_; }
  /// How often increments were dropped, or the connection was to be.
  [[nodiscard]] std::uint64_t slow_count() const { return slow_count_; }
  [[nodiscard]] OnSlow on_slow() const { return on_slow_; }
  [[nodiscard]] std::size_t subscriptions() const { return subscriptions_; }

 private:
  friend class FeedPublisher;

  [[nodiscard]] SchemaMask subscribed(std::uint32_t slot) const {
    return static_cast<SchemaMask>(wildcard_ | direct(slot));
  }
  [[nodiscard]] SchemaMask direct(std::uint32_t slot) const {
    return slot < direct_.size() ? direct_[slot] : SchemaMask{0};
  }
  [[nodiscard]] bool is_stale(std::uint32_t slot, Schema schema) const {
    return stale_count_ != 0 && slot < stale_.size() && contains(stale_[slot].mask, schema);
  }

  void add_direct(std::uint32_t slot, Schema schema);
  void remove_direct(std::uint32_t slot, Schema schema);

  void mark_stale(std::uint32_t slot, SchemaMask mask);
  void mark_fresh(std::uint32_t slot, SchemaMask mask);
  /// The next slot with stale channels, oldest first; its mask is handed over and cleared.
  /// Requires: is_any_stale().
  struct Stale {
    std::uint32_t slot;
    SchemaMask mask;
  };
  [[nodiscard]] Stale pop_stale();
  [[nodiscard]] bool is_any_stale() const { return stale_count_ != 0; }

  void push(const FramePtr& frame);
  /// Whether `frame` may still be queued.
  [[nodiscard]] bool has_room(const Frame& frame) const {
    return queued_bytes_ + frame.bytes().size() <= budget_bytes_;
  }
  /// Takes everything out of the queue but essential frames; the channels of the updates become
  /// stale. Returns: the sequence before the oldest update dropped, 0 if none was.
  std::uint64_t drop_updates();
  void drop_all();

  std::size_t budget_bytes_;
  std::uint32_t owner_;
  OnSlow on_slow_ = OnSlow::disconnect;
  bool is_cut_ = false;
  bool is_ready_ = false;  // in the publisher's list of those with something to write
  std::uint64_t slow_count_ = 0;
  std::uint64_t gap_after_ = 0;    // 0: no trades were dropped since the last gap notice
  std::uint64_t ended_stamp_ = 0;  // last retirement it was told of, so that it is told once

  std::deque<FramePtr> queue_;
  std::size_t queued_bytes_ = 0;

  SchemaMask wildcard_ = 0;         // schemas of all instruments
  std::vector<SchemaMask> direct_;  // by slot: schemas of this instrument
  std::size_t subscriptions_ = 0;   // channels in direct_, schemas in wildcard_
  // A slot that has become fresh stays among stale_slots_ until its turn, and is passed over then.
  struct Staleness {
    SchemaMask mask = 0;
    bool is_queued = false;  // it stands in stale_slots_
  };
  std::vector<Staleness> stale_;  // by slot
  std::deque<std::uint32_t> stale_slots_;
  std::size_t stale_count_ = 0;  // slots with a stale channel
  std::size_t index_ = 0;        // place among the publisher's subscribers
};

}  // namespace karst::feed
