// Turns what the engine did into the market-data feed and hands it to every subscriber.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "engine/state/incarnation.hpp"
#include "gateway/feed/depth.hpp"
#include "gateway/feed/feed_book.hpp"
#include "gateway/feed/feed_frame.hpp"
#include "gateway/feed/feed_reference.hpp"
#include "gateway/feed/feed_ring.hpp"
#include "gateway/feed/feed_schema.hpp"
#include "gateway/feed/feed_writer.hpp"
#include "gateway/feed/listeners.hpp"
#include "gateway/feed/subscriber.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::feed {

struct FeedLimits {
  std::size_t budget_bytes = std::size_t{1} << 20;  ///< queued per subscriber, see Subscriber
  std::size_t ring_bytes = std::size_t{64} << 20;   ///< increments kept for resume_after
  std::size_t ring_frames = std::size_t{1} << 18;
  std::size_t subscriptions_max = 4'096;  ///< channels (and schemas of all) per subscriber
};

/// The market-data feed without its sockets.
///
/// Commands and their events go in, in order, once they are durable. Each change is encoded once
/// per schema and instrument, and only where somebody subscribes or did lately; the bytes are
/// shared by the ring and all subscribers. A slow subscriber costs a bounded queue and delays
/// nobody.
///
/// Invariants: 1. A subscriber gets messages in the order of their sequences, and for each of its
///                channels first a snapshot (or what it missed), then every increment, or it is
///                told what it lost.
///             2. The ring has every increment above its floor of every active channel.
/// Threads:    owned by one, together with its subscribers.
class FeedPublisher {
 public:
  /// `sizes` are those of the engine, or those it grows to.
  FeedPublisher(const Configure& sizes, const FeedLimits& limits);
  ~FeedPublisher();

  /// Takes the next command and what it came to.
  void apply(const Command& command, std::span<const Event> events);

  /// From the next subscription on; nobody loses a channel.
  void set_subscriptions_max(std::size_t channels) { limits_.subscriptions_max = channels; }

  /// Adds a subscriber without channels, which belongs to whom the caller calls `owner`.
  [[nodiscard]] Subscriber& attach(std::uint32_t owner = 0);
  /// Forgets a subscriber, and ends its lifetime.
  void detach(Subscriber& subscriber);

  /// Carries out a request, whose answer is queued before what follows from it.
  void subscribe(Subscriber& subscriber, const v1::Subscribe& request,
                 std::uint64_t request_id = 0);
  void unsubscribe(Subscriber& subscriber, const v1::Unsubscribe& request,
                   std::uint64_t request_id = 0);

  /// Queues a heartbeat for everyone who has been sent everything. Call it on a timer.
  void heartbeat();

  /// Moves up to `bytes_max` of frames (at least one, if any is due) out of a subscriber's queue;
  /// an empty queue is first filled with snapshots of stale channels. Call it again once they are
  /// written.
  void take(Subscriber& subscriber, std::size_t bytes_max, std::vector<FramePtr>& out);

  /// Hands over those who got something to take since the last call, or since their queue was
  /// last empty.
  void take_ready(std::vector<Subscriber*>& out);

  /// The snapshot of a channel as a new subscriber would get it now.
  /// Requires: the instrument is listed.
  void snapshot(Schema schema, InstrumentId instrument, std::vector<FramePtr>& out);

  /// The last command applied; 0 before the first.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  [[nodiscard]] Time time() const { return time_; }
  [[nodiscard]] const FeedBook& book() const { return book_; }
  [[nodiscard]] const FeedReference& reference() const { return reference_; }
  [[nodiscard]] const FeedRing& ring() const { return ring_; }
  [[nodiscard]] std::size_t subscribers() const { return subscribers_.size(); }

  /// Starts from a snapshot of the engine instead of from its first command: fill the book and the
  /// reference through these, then say where they stand. Requires: nothing was applied yet.
  [[nodiscard]] FeedBook& book_to_restore() { return book_; }
  [[nodiscard]] FeedReference& reference_to_restore() { return reference_; }
  void restored(std::uint64_t sequence, Time time, std::span<const Incarnation> lives = {});

 private:
  /// Who listens to one schema of one instrument, or of all of them.
  struct Channel {
    Listeners subscribers;
    bool is_active = false;
    std::uint64_t active_since = 0;  // increments above this sequence have been published
    std::uint64_t left_at = 0;       // when the last subscriber left
  };
  using Channels = std::array<Channel, schemas_count>;
  /// What publishing has to know of an instrument.
  struct Watch {
    InstrumentId instrument{0};    // none: nothing is listed here
    SchemaMask direct = 0;         // schemas with an active channel of this instrument
    bool is_touched = false;       // by the command being applied
    std::uint32_t touched_at = 0;  // its place in touched_
    std::uint64_t listed_at = 0;   // sequence of the listing
    std::array<std::uint64_t, schemas_count> last{};  // sequence of the latest increment
    std::unique_ptr<Channels> channels;
    std::unique_ptr<Depth> depth;  // as published; kept while an mbo or mbp channel is active
    std::uint32_t checksum = 0;    // of depth
  };
  /// What one command has changed of one instrument so far.
  struct Touched {
    std::uint32_t slot = 0;
    std::vector<OrderStep> steps;
    std::vector<TradeMark> trades;
    bool is_status_changed = false;
    bool is_definition_changed = false;
    bool is_retired = false;
    std::uint8_t reason = 0;
  };

  // Publishing: feed_publisher.cpp.
  void apply(const Command& command, const Event& event);
  [[nodiscard]] Touched& touch(std::uint32_t slot);
  void note(Touched& touched, const Event& event, const OrderStep& step);
  void note_settlement(const Event& event);
  void publish(Touched& touched);
  void publish_depth(const Touched& touched, SchemaMask mask);
  void write_level_changes(const Depth& before, const Depth& now, std::size_t levels);
  void begin_increment(Schema schema, std::uint32_t slot);
  void send(Schema schema, std::uint32_t slot);
  void offer(Subscriber& subscriber, std::uint32_t slot, Schema schema, const FramePtr& frame);
  void end_instrument(std::uint32_t slot);
  void write_snapshot(Schema schema, std::uint32_t slot);

  // Channels and subscribers: feed_subscriptions.cpp.
  [[nodiscard]] SchemaMask active(const Watch& watch) const {
    return static_cast<SchemaMask>(watch.direct | wildcard_active_);
  }
  void retire_idle_channels(std::uint32_t slot);
  [[nodiscard]] bool is_idle(const Channel& channel) const;
  void activate(Channel& channel);
  [[nodiscard]] v1::SubscribeReply check(const Subscriber& subscriber,
                                         const v1::Subscribe& request) const;
  /// Whether the subscriber stands where this exchange never was, or is no more.
  [[nodiscard]] bool is_of_lost_history(const v1::Subscribe& request) const;
  [[nodiscard]] bool can_resume(const Subscriber& subscriber, const v1::Subscribe& request,
                                SchemaMask mask) const;
  void resume(Subscriber& subscriber, const v1::Subscribe& request, SchemaMask mask);
  void add_channel(Subscriber& subscriber, std::uint32_t slot, Schema schema);
  void add_wildcard(Subscriber& subscriber, Schema schema);
  void remove_channel(Subscriber& subscriber, std::uint32_t slot, Schema schema);
  void remove_wildcard(Subscriber& subscriber, Schema schema);
  [[nodiscard]] FramePtr position_frame() const;
  void push(Subscriber& subscriber, const FramePtr& frame);
  void push_reply(Subscriber& subscriber, const v1::SubscribeReply& reply);
  void cut(Subscriber& subscriber);
  void fall_behind(Subscriber& subscriber, std::uint32_t slot, Schema schema);
  void catch_up(Subscriber& subscriber);

  FeedLimits limits_;
  FeedBook book_;
  FeedReference reference_;
  FeedRing ring_;
  FeedWriter writer_;
  std::uint64_t sequence_ = 0;
  Time time_{0};
  std::vector<Incarnation> lives_;  // of the exchange, but for its first
  std::uint64_t retirements_ = 0;

  std::vector<Watch> watches_;  // by instrument slot
  Channels wildcards_;
  SchemaMask wildcard_active_ = 0;
  std::vector<Touched> touched_;  // the first touched_count_ belong to the command being applied
  std::size_t touched_count_ = 0;
  std::vector<FramePtr> frames_;  // being written

  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<Subscriber*> ready_;
};

}  // namespace karst::feed
