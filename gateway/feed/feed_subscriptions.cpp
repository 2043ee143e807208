// The part of the publisher that deals with subscribers: requests, channels, slowness.
#include <algorithm>
#include <optional>
#include <string>

#include "engine/base/assert.hpp"
#include "gateway/feed/feed_publisher.hpp"

namespace karst::feed {
namespace {

constexpr int instruments_per_request_max = 1'024;

/// The schemas asked for. Requires: they have been checked.
template <class Request>
[[nodiscard]] SchemaMask mask_of_request(const Request& request) {
  SchemaMask mask = 0;
  for (const int schema : request.schemas()) mask |= mask_of(static_cast<Schema>(schema));
  return mask;
}

/// What is wrong with a request whatever the state of the market.
template <class Request>
[[nodiscard]] v1::Code check_fields(const Request& request) {
  if (request.schemas_size() == 0) return v1::CODE_INVALID_FIELD;
  if (request.schemas_size() > static_cast<int>(schemas_count)) return v1::CODE_INVALID_FIELD;
  if (request.instrument_ids_size() > instruments_per_request_max) return v1::CODE_INVALID_FIELD;
  for (const int schema : request.schemas()) {
    if (schema < 1 || schema > static_cast<int>(schemas_count)) return v1::CODE_UNKNOWN_SCHEMA;
  }
  return v1::CODE_OK;
}

template <class F>
void for_each_schema(SchemaMask mask, F&& f) {
  for (const Schema schema : schemas) {
    if (contains(mask, schema)) f(schema);
  }
}

}  // namespace

Subscriber& FeedPublisher::attach(std::uint32_t owner) {
  subscribers_.push_back(std::make_unique<Subscriber>(limits_.budget_bytes, owner));
  subscribers_.back()->index_ = subscribers_.size() - 1;
  return *subscribers_.back();
}

void FeedPublisher::detach(Subscriber& subscriber) {
  for_each_schema(subscriber.wildcard_,
                  [&](Schema schema) { remove_wildcard(subscriber, schema); });
  for (std::uint32_t slot = 0; slot < subscriber.direct_.size(); ++slot) {
    for_each_schema(subscriber.direct_[slot],
                    [&](Schema schema) { remove_channel(subscriber, slot, schema); });
  }
  std::erase(ready_, &subscriber);
  const std::size_t index = subscriber.index_;
  std::swap(subscribers_[index], subscribers_.back());
  subscribers_[index]->index_ = index;
  subscribers_.pop_back();
}

v1::SubscribeReply FeedPublisher::check(const Subscriber& subscriber,
                                        const v1::Subscribe& request) const {
  v1::SubscribeReply reply;
  reply.set_sequence(sequence_);
  reply.set_incarnation(lives_.empty() ? 0 : lives_.back().number);
  reply.set_code(check_fields(request));
  if (reply.code() == v1::CODE_OK && !v1::OnSlow_IsValid(request.on_slow())) {
    reply.set_code(v1::CODE_INVALID_FIELD);
  }
  if (reply.code() != v1::CODE_OK) return reply;
  for (const std::uint32_t id : request.instrument_ids()) {
    if (book_.is_listed(InstrumentId{id})) continue;
    reply.set_code(v1::CODE_UNKNOWN_INSTRUMENT);
    reply.set_instrument_id(id);
    return reply;
  }
  const auto channels = static_cast<std::size_t>(std::max(1, request.instrument_ids_size())) *
                        static_cast<std::size_t>(request.schemas_size());
  if (subscriber.subscriptions() + channels > limits_.subscriptions_max) {
    reply.set_code(v1::CODE_TOO_MANY_SUBSCRIPTIONS);
  } else if (is_of_lost_history(request)) {
    reply.set_code(v1::CODE_RESUME_TOO_OLD);
    reply.set_text("resume_after " + std::to_string(request.resume_after()) +
                   " is of a history that this exchange does not have, as after the restore of a "
                   "backup: forget what you have of these channels, and subscribe without it");
  }
  return reply;
}

bool FeedPublisher::is_of_lost_history(const v1::Subscribe& request) const {
  const std::uint64_t after = request.resume_after();
  if (after > sequence_) return true;
  const std::uint64_t shared = shared_through(
      lives_, request.has_incarnation() ? std::optional(request.incarnation()) : std::nullopt);
  // A channel may be one command further than the position: that one has to be shared, too.
  return after != 0 && shared != all_shared && after >= shared;
}

void FeedPublisher::subscribe(Subscriber& subscriber, const v1::Subscribe& request,
                              std::uint64_t request_id) {
  if (subscriber.is_cut_) return;
  v1::SubscribeReply reply = check(subscriber, request);
  reply.set_request_id(request_id);
  if (reply.code() != v1::CODE_OK) {
    push_reply(subscriber, reply);
    return;
  }
  const SchemaMask mask = mask_of_request(request);
  const bool is_resumed = can_resume(subscriber, request, mask);
  reply.set_resumed(is_resumed);
  push_reply(subscriber, reply);
  if (subscriber.is_cut_) return;
  subscriber.on_slow_ =
      request.on_slow() == v1::ON_SLOW_CONFLATE ? OnSlow::conflate : OnSlow::disconnect;
  for_each_schema(mask, [&](Schema schema) {
    if (request.instrument_ids().empty()) add_wildcard(subscriber, schema);
    for (const std::uint32_t id : request.instrument_ids()) {
      add_channel(subscriber, slot_of(InstrumentId{id}), schema);
    }
  });
  if (is_resumed) {
    resume(subscriber, request, mask);
    return;
  }
  for (const std::uint32_t id : request.instrument_ids()) {
    subscriber.mark_stale(slot_of(InstrumentId{id}), mask);
  }
  if (!request.instrument_ids().empty()) return;
  for (std::uint32_t slot = 0; slot < book_.slots_max(); ++slot) {
    if (!book_.instrument(slot).is_none()) subscriber.mark_stale(slot, mask);
  }
}

void FeedPublisher::unsubscribe(Subscriber& subscriber, const v1::Unsubscribe& request,
                                std::uint64_t request_id) {
  if (subscriber.is_cut_) return;
  v1::SubscribeReply reply;
  reply.set_request_id(request_id);
  reply.set_sequence(sequence_);
  reply.set_code(check_fields(request));
  if (reply.code() == v1::CODE_OK) {
    for_each_schema(mask_of_request(request), [&](Schema schema) {
      if (request.instrument_ids().empty()) {
        if (contains(subscriber.wildcard_, schema)) remove_wildcard(subscriber, schema);
        for (std::uint32_t slot = 0; slot < subscriber.direct_.size(); ++slot) {
          if (contains(subscriber.direct_[slot], schema)) remove_channel(subscriber, slot, schema);
        }
      }
      for (const std::uint32_t id : request.instrument_ids()) {
        const std::uint32_t slot = slot_of(InstrumentId{id});
        if (!book_.is_listed(InstrumentId{id})) continue;
        if (contains(subscriber.direct(slot), schema)) remove_channel(subscriber, slot, schema);
      }
    });
  }
  push_reply(subscriber, reply);
}

bool FeedPublisher::can_resume(const Subscriber& subscriber, const v1::Subscribe& request,
                               SchemaMask mask) const {
  const std::uint64_t after = request.resume_after();
  if (after == 0 || after < ring_.floor() || after > sequence_) return false;
  bool is_held = true;
  for_each_schema(mask, [&](Schema schema) {
    const Channel& all = wildcards_[index_of(schema)];
    if (all.is_active && all.active_since <= after) return;
    is_held = is_held && !request.instrument_ids().empty();
    for (const std::uint32_t id : request.instrument_ids()) {
      const Watch& watch = watches_[slot_of(InstrumentId{id})];
      is_held = is_held && contains(watch.direct, schema) &&
                (*watch.channels)[index_of(schema)].active_since <= after;
    }
  });
  if (!is_held) return false;
  std::size_t bytes = 0;
  ring_.after(after, [&](const FramePtr& frame) { bytes += frame->bytes().size(); });
  return subscriber.queued_bytes() + bytes <= subscriber.budget_bytes() / 2;
}

void FeedPublisher::resume(Subscriber& subscriber, const v1::Subscribe& request, SchemaMask mask) {
  std::vector<std::uint32_t> wanted(request.instrument_ids().begin(),
                                    request.instrument_ids().end());
  std::ranges::sort(wanted);
  ring_.after(request.resume_after(), [&](const FramePtr& frame) {
    if (!contains(mask, frame->about().schema)) return;
    const std::uint32_t id = frame->about().instrument.value();
    if (!wanted.empty() && !std::ranges::binary_search(wanted, id)) return;
    push(subscriber, frame);
  });
  for (const std::uint32_t id : wanted) subscriber.mark_fresh(slot_of(InstrumentId{id}), mask);
  if (!wanted.empty()) return;
  for (std::uint32_t slot = 0; slot < book_.slots_max(); ++slot) subscriber.mark_fresh(slot, mask);
}

void FeedPublisher::activate(Channel& channel) {
  if (channel.is_active) return;
  channel.is_active = true;
  channel.active_since = sequence_;
}

void FeedPublisher::add_channel(Subscriber& subscriber, std::uint32_t slot, Schema schema) {
  if (contains(subscriber.subscribed(slot), schema)) return;
  Watch& watch = watches_[slot];
  if (watch.channels == nullptr) watch.channels = std::make_unique<Channels>();
  Channel& channel = (*watch.channels)[index_of(schema)];
  activate(channel);
  watch.direct |= mask_of(schema);
  channel.subscribers.add(subscriber);
  subscriber.add_direct(slot, schema);
}

void FeedPublisher::add_wildcard(Subscriber& subscriber, Schema schema) {
  if (contains(subscriber.wildcard_, schema)) return;
  for (std::uint32_t slot = 0; slot < subscriber.direct_.size(); ++slot) {
    if (contains(subscriber.direct_[slot], schema)) remove_channel(subscriber, slot, schema);
  }
  Channel& channel = wildcards_[index_of(schema)];
  activate(channel);
  wildcard_active_ |= mask_of(schema);
  channel.subscribers.add(subscriber);
  subscriber.wildcard_ |= mask_of(schema);
  ++subscriber.subscriptions_;
}

void FeedPublisher::remove_channel(Subscriber& subscriber, std::uint32_t slot, Schema schema) {
  Channel& channel = (*watches_[slot].channels)[index_of(schema)];
  channel.subscribers.remove(subscriber);
  if (channel.subscribers.empty()) channel.left_at = sequence_;
  subscriber.mark_fresh(slot, mask_of(schema));
  subscriber.remove_direct(slot, schema);
}

void FeedPublisher::remove_wildcard(Subscriber& subscriber, Schema schema) {
  Channel& channel = wildcards_[index_of(schema)];
  channel.subscribers.remove(subscriber);
  if (channel.subscribers.empty()) channel.left_at = sequence_;
  for (std::uint32_t slot = 0; slot < subscriber.stale_.size(); ++slot) {
    subscriber.mark_fresh(slot, mask_of(schema));
  }
  subscriber.wildcard_ &= static_cast<SchemaMask>(~mask_of(schema));
  --subscriber.subscriptions_;
}

bool FeedPublisher::is_idle(const Channel& channel) const {
  return channel.is_active && channel.subscribers.empty() && channel.left_at < ring_.floor();
}

void FeedPublisher::retire_idle_channels(std::uint32_t slot) {
  Watch& watch = watches_[slot];
  for (const Schema schema : schemas) {
    Channel& all = wildcards_[index_of(schema)];
    if (is_idle(all)) {
      all.is_active = false;
      wildcard_active_ &= static_cast<SchemaMask>(~mask_of(schema));
      if ((wildcard_active_ & depth_schemas) == 0) {
        for (Watch& any : watches_) {
          if ((any.direct & depth_schemas) == 0) any.depth.reset();
        }
      }
    }
    if (!contains(watch.direct, schema)) continue;
    Channel& channel = (*watch.channels)[index_of(schema)];
    if (!is_idle(channel)) continue;
    channel.is_active = false;
    watch.direct &= static_cast<SchemaMask>(~mask_of(schema));
  }
  if (watch.direct == 0) watch.channels.reset();
  if ((active(watch) & depth_schemas) == 0) watch.depth.reset();
}

void FeedPublisher::end_instrument(std::uint32_t slot) {
  Watch& watch = watches_[slot];
  ++retirements_;
  v1::FeedNotice notice;
  notice.set_kind(v1::FeedNotice::KIND_ENDED);
  notice.set_instrument_id(watch.instrument.value());
  notice.set_to_sequence(sequence_);
  const FramePtr frame = make_frame(notice);
  const auto tell = [&](Subscriber& subscriber) {
    if (std::exchange(subscriber.ended_stamp_, retirements_) == retirements_) return;
    if (!subscriber.is_cut_) push(subscriber, frame);
  };
  for (Channel& all : wildcards_) {
    for (Subscriber* subscriber : all.subscribers) {
      tell(*subscriber);
      subscriber->mark_fresh(slot, all_schemas);
    }
  }
  for_each_schema(watch.direct, [&](Schema schema) {
    for (Subscriber* subscriber : (*watch.channels)[index_of(schema)].subscribers) {
      tell(*subscriber);
      subscriber->mark_fresh(slot, mask_of(schema));
      subscriber->remove_direct(slot, schema);
    }
  });
  watch = Watch();
}

void FeedPublisher::heartbeat() {
  const FramePtr frame = position_frame();
  for (const auto& subscriber : subscribers_) {
    if (subscriber->is_cut_ || subscriber->is_any_stale()) continue;
    if (subscriber->has_room(*frame)) push(*subscriber, frame);
  }
}

FramePtr FeedPublisher::position_frame() const {
  v1::FeedHeartbeat heartbeat;
  heartbeat.set_sequence(sequence_);
  heartbeat.set_time_ns(time_.value());
  return make_frame(heartbeat);
}

void FeedPublisher::push(Subscriber& subscriber, const FramePtr& frame) {
  subscriber.push(frame);
  if (std::exchange(subscriber.is_ready_, true)) return;
  ready_.push_back(&subscriber);
}

void FeedPublisher::push_reply(Subscriber& subscriber, const v1::SubscribeReply& reply) {
  const FramePtr frame = make_frame(reply);
  if (subscriber.has_room(*frame)) {
    push(subscriber, frame);
  } else {
    cut(subscriber);  // it asks without reading the answers
  }
}

void FeedPublisher::cut(Subscriber& subscriber) {
  subscriber.is_cut_ = true;
  subscriber.drop_all();
  subscriber.is_ready_ = false;  // the server must hear of it, though it knew of more to write
  v1::FeedNotice notice;
  notice.set_kind(v1::FeedNotice::KIND_DISCONNECTED);
  notice.set_to_sequence(sequence_);
  push(subscriber, make_frame(notice));
}

void FeedPublisher::fall_behind(Subscriber& subscriber, std::uint32_t slot, Schema schema) {
  ++subscriber.slow_count_;
  if (subscriber.on_slow_ == OnSlow::disconnect) {
    cut(subscriber);
    return;
  }
  const bool is_told = subscriber.gap_after_ != 0;
  const std::uint64_t before = subscriber.drop_updates();
  if (!is_told) subscriber.gap_after_ = before != 0 ? before : sequence_ - 1;
  subscriber.mark_stale(slot, mask_of(schema));
  if (is_told) return;
  v1::FeedNotice notice;
  notice.set_kind(v1::FeedNotice::KIND_CONFLATED);
  notice.set_to_sequence(sequence_);
  push(subscriber, make_frame(notice));
}

void FeedPublisher::catch_up(Subscriber& subscriber) {
  const bool was_stale = subscriber.is_any_stale();
  while (subscriber.is_any_stale() && subscriber.queued_bytes() < subscriber.budget_bytes() / 2) {
    const Subscriber::Stale stale = subscriber.pop_stale();
    if (watches_[stale.slot].instrument.is_none()) continue;  // retired in the meantime
    for_each_schema(stale.mask, [&](Schema schema) {
      if (schema == Schema::trades && subscriber.gap_after_ != 0) {
        v1::FeedNotice notice;
        notice.set_kind(v1::FeedNotice::KIND_GAP);
        notice.set_instrument_id(watches_[stale.slot].instrument.value());
        notice.set_after_sequence(subscriber.gap_after_);
        notice.set_to_sequence(sequence_);
        push(subscriber, make_frame(notice));
      }
      frames_.clear();
      write_snapshot(schema, stale.slot);
      for (const FramePtr& frame : frames_) push(subscriber, frame);
    });
  }
  if (subscriber.is_any_stale()) return;
  subscriber.gap_after_ = 0;
  // That was all: nobody waits for the next timer to know.
  if (was_stale) push(subscriber, position_frame());
}

void FeedPublisher::take(Subscriber& subscriber, std::size_t bytes_max,
                         std::vector<FramePtr>& out) {
  if (subscriber.queue_.empty()) catch_up(subscriber);
  if (subscriber.queue_.empty()) subscriber.is_ready_ = false;
  std::size_t bytes = 0;
  while (!subscriber.queue_.empty()) {
    const std::size_t size = subscriber.queue_.front()->bytes().size();
    if (bytes != 0 && bytes + size > bytes_max) break;
    bytes += size;
    subscriber.queued_bytes_ -= size;
    out.push_back(std::move(subscriber.queue_.front()));
    subscriber.queue_.pop_front();
  }
}

void FeedPublisher::take_ready(std::vector<Subscriber*>& out) {
  out.insert(out.end(), ready_.begin(), ready_.end());
  ready_.clear();
}

}  // namespace karst::feed
