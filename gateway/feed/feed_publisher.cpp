#include "gateway/feed/feed_publisher.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace karst::feed {
namespace {

/// The events the public market is made of.
constexpr std::uint64_t market_events = [] {
  std::uint64_t mask = 0;
  for (const EventType type :
       {EventType::order_accepted, EventType::order_booked, EventType::order_amended,
        EventType::order_cancelled, EventType::order_hibernated, EventType::order_reactivated,
        EventType::trade, EventType::contract_listed, EventType::product_defined,
        EventType::product_changed, EventType::instrument_state, EventType::instrument_retired,
        EventType::offer_posted}) {
    mask |= std::uint64_t{1} << static_cast<unsigned>(type);
  }
  return mask;
}();

[[nodiscard]] bool is_of_market(const Event& event) {
  return (market_events >> (static_cast<unsigned>(event.type) % 64)) % 2 != 0;
}

[[nodiscard]] bool is_listing(const Event& event) {
  return event.type == EventType::contract_listed || event.type == EventType::product_defined;
}

[[nodiscard]] bool is_reference(const Event& event) {
  return is_listing(event) || event.type == EventType::product_changed ||
         event.type == EventType::instrument_retired;
}

/// The best `levels` levels of a side.
[[nodiscard]] std::span<const DepthLevel> best(const Depth& depth, Side side, std::size_t levels) {
  const auto all = depth.side(side);
  return all.first(std::min(levels, all.size()));
}

[[nodiscard]] bool is_best_equal(const Depth& a, const Depth& b) {
  return std::ranges::equal(best(a, Side::buy, 1), best(b, Side::buy, 1)) &&
         std::ranges::equal(best(a, Side::sell, 1), best(b, Side::sell, 1));
}

}  // namespace

FeedPublisher::FeedPublisher(const Configure& sizes, const FeedLimits& limits)
    : limits_(limits),
      book_(sizes),
      reference_(sizes),
      ring_(limits.ring_frames, limits.ring_bytes),
      watches_(sizes.instruments_max) {}

FeedPublisher::~FeedPublisher() = default;

void FeedPublisher::restored(std::uint64_t sequence, Time time,
                             std::span<const Incarnation> lives) {
  KARST_ASSERT(sequence_ == 0);
  lives_.assign(lives.begin(), lives.end());
  sequence_ = sequence;
  time_ = time;
  ring_.raise_floor(sequence);
  for (std::uint32_t slot = 0; slot < watches_.size(); ++slot) {
    watches_[slot].instrument = book_.instrument(slot);
    watches_[slot].listed_at = sequence;
  }
}

void FeedPublisher::apply(const Command& command, std::span<const Event> events) {
  KARST_ASSERT(command.sequence > sequence_);
  sequence_ = command.sequence;
  time_ = command.time;
  reference_.apply(command, events);
  for (const Event& event : events) {
    if (is_of_market(event)) apply(command, event);
    if (event.type == EventType::settlement) note_settlement(event);
    if (event.type == EventType::incarnation_begun) [[unlikely]] {
      lives_.push_back(life_of(event));
    }
  }
  for (std::size_t at = 0; at < touched_count_; ++at) {
    // What was retired by this command went out then; its slot may be another instrument's by now.
    const Watch& watch = watches_[touched_[at].slot];
    if (watch.is_touched && watch.touched_at == at) publish(touched_[at]);
  }
  touched_count_ = 0;
}

void FeedPublisher::apply(const Command& command, const Event& event) {
  const std::uint32_t slot = slot_of(event.instrument);
  Watch& watch = watches_[slot];
  if (is_listing(event)) {
    watch.listed_at = sequence_;
    watch.instrument = event.instrument;
  }
  if (active(watch) == 0) [[likely]] {
    book_.apply(event);
    if (is_reference(event)) reference_.apply(command, event);
    if (event.type == EventType::instrument_retired) end_instrument(slot);
    return;
  }
  Touched& touched = touch(slot);
  const OrderStep step = book_.apply(event);
  if (event.type == EventType::instrument_retired) {
    // The slot may be listed again by this very command: what is left goes out now.
    touched.is_status_changed = touched.is_retired = true;
    touched.reason = static_cast<std::uint8_t>(event.state.reason);
    publish(touched);
    reference_.apply(command, event);
    end_instrument(slot);
    return;
  }
  if (is_reference(event)) reference_.apply(command, event);
  note(touched, event, step);
}

FeedPublisher::Touched& FeedPublisher::touch(std::uint32_t slot) {
  Watch& watch = watches_[slot];
  if (watch.is_touched) return touched_[watch.touched_at];
  if ((active(watch) & depth_schemas) != 0 && watch.depth == nullptr) {
    watch.depth = std::make_unique<Depth>();
    book_.depth(slot, *watch.depth);
    watch.checksum = checksum(*watch.depth);
  }
  if (touched_count_ == touched_.size()) touched_.emplace_back();
  watch.is_touched = true;
  watch.touched_at = static_cast<std::uint32_t>(touched_count_);
  Touched& touched = touched_[touched_count_++];
  touched.slot = slot;
  touched.steps.clear();
  touched.trades.clear();
  touched.is_status_changed = touched.is_definition_changed = touched.is_retired = false;
  touched.reason = 0;
  return touched;
}

void FeedPublisher::note(Touched& touched, const Event& event, const OrderStep& step) {
  if (step.action != OrderAction::none) touched.steps.push_back(step);
  switch (event.type) {
    case EventType::trade:
      touched.trades.push_back({event.trade.match_index, event.trade.quantity, event.trade.price,
                                static_cast<Side>(event.detail),
                                event.trade.maker.is_none() || event.trade.taker.is_none(), 0});
      break;
    case EventType::contract_listed:
    case EventType::product_defined:
      touched.is_definition_changed = touched.is_status_changed = true;
      break;
    case EventType::product_changed:
      touched.is_definition_changed = true;
      break;
    case EventType::instrument_state:
      touched.is_status_changed = true;
      touched.reason = static_cast<std::uint8_t>(event.state.reason);
      break;
    default:
      break;
  }
}

/// A trade is followed at once by its settlement.
void FeedPublisher::note_settlement(const Event& event) {
  const Watch& watch = watches_[slot_of(event.instrument)];
  if (!watch.is_touched) return;
  std::vector<TradeMark>& trades = touched_[watch.touched_at].trades;
  KARST_ASSERT(!trades.empty());
  trades.back().settlement = event.settlement.number;
}

void FeedPublisher::publish(Touched& touched) {
  Watch& watch = watches_[touched.slot];
  watch.is_touched = false;
  retire_idle_channels(touched.slot);
  const SchemaMask mask = active(watch);
  if (touched.is_definition_changed && contains(mask, Schema::definition)) {
    begin_increment(Schema::definition, touched.slot);
    writer_.set(reference_.terms(touched.slot));
    writer_.end();
    send(Schema::definition, touched.slot);
  }
  if (touched.is_status_changed && contains(mask, Schema::status)) {
    begin_increment(Schema::status, touched.slot);
    writer_.set(StatusMark{book_.state(touched.slot), touched.reason, book_.reference(touched.slot),
                           touched.is_retired});
    writer_.end();
    send(Schema::status, touched.slot);
  }
  if (!touched.steps.empty() && (mask & depth_schemas) != 0) publish_depth(touched, mask);
  if (!touched.trades.empty() && contains(mask, Schema::trades)) {
    begin_increment(Schema::trades, touched.slot);
    for (const TradeMark& trade : touched.trades) writer_.add(trade);
    writer_.end();
    send(Schema::trades, touched.slot);
  }
}

void FeedPublisher::publish_depth(const Touched& touched, SchemaMask mask) {
  const std::uint32_t slot = touched.slot;
  Watch& watch = watches_[slot];
  Depth now;
  book_.depth(slot, now);
  const bool is_changed = now != *watch.depth;
  if (is_changed) watch.checksum = checksum(now);
  if (contains(mask, Schema::mbo)) {
    begin_increment(Schema::mbo, slot);
    for (const OrderStep& step : touched.steps) writer_.add(step);
    writer_.end(watch.checksum);
    send(Schema::mbo, slot);
  }
  if (!is_changed) return;
  if (contains(mask, Schema::mbp_10)) {
    begin_increment(Schema::mbp_10, slot);
    write_level_changes(*watch.depth, now, Depth::levels_max);
    writer_.end(watch.checksum);
    send(Schema::mbp_10, slot);
  }
  if (contains(mask, Schema::mbp_1) && !is_best_equal(*watch.depth, now)) {
    begin_increment(Schema::mbp_1, slot);
    write_level_changes(*watch.depth, now, 1);
    writer_.end(checksum(now, 1));
    send(Schema::mbp_1, slot);
  }
  *watch.depth = now;
}

void FeedPublisher::write_level_changes(const Depth& before, const Depth& now, std::size_t levels) {
  for (const Side side : {Side::buy, Side::sell}) {
    const auto is_better = [&](std::int64_t a, std::int64_t b) {
      return side == Side::buy ? a > b : a < b;
    };
    auto old_levels = best(before, side, levels);
    for (const DepthLevel& level : best(now, side, levels)) {
      while (!old_levels.empty() && is_better(old_levels.front().price, level.price)) {
        writer_.add(side, {old_levels.front().price, 0, 0});
        old_levels = old_levels.subspan(1);
      }
      const bool is_known = !old_levels.empty() && old_levels.front().price == level.price;
      if (!is_known || old_levels.front() != level) writer_.add(side, level);
      if (is_known) old_levels = old_levels.subspan(1);
    }
    for (const DepthLevel& level : old_levels) writer_.add(side, {level.price, 0, 0});
  }
}

void FeedPublisher::begin_increment(Schema schema, std::uint32_t slot) {
  Watch& watch = watches_[slot];
  // Since when the channel is active without a break: by itself or with all instruments.
  std::uint64_t since = sequence_;
  if (contains(watch.direct, schema)) {
    since = std::min(since, (*watch.channels)[index_of(schema)].active_since);
  }
  if (contains(wildcard_active_, schema)) {
    since = std::min(since, wildcards_[index_of(schema)].active_since);
  }
  std::uint64_t& last = watch.last[index_of(schema)];
  const bool is_linked = last > since && last >= watch.listed_at;
  const std::uint64_t begin = watch.listed_at > since ? 0 : since;
  frames_.clear();
  writer_.begin({schema, watch.instrument, sequence_, is_linked ? last : begin, time_, false},
                frames_);
  last = sequence_;
}

void FeedPublisher::send(Schema schema, std::uint32_t slot) {
  const Watch& watch = watches_[slot];
  for (const FramePtr& frame : frames_) {
    ring_.push(frame);
    for (Subscriber* subscriber : wildcards_[index_of(schema)].subscribers) {
      offer(*subscriber, slot, schema, frame);
    }
    if (!contains(watch.direct, schema)) continue;
    for (Subscriber* subscriber : (*watch.channels)[index_of(schema)].subscribers) {
      offer(*subscriber, slot, schema, frame);
    }
  }
}

void FeedPublisher::offer(Subscriber& subscriber, std::uint32_t slot, Schema schema,
                          const FramePtr& frame) {
  if (subscriber.is_cut_ || subscriber.is_stale(slot, schema)) return;
  if (!subscriber.has_room(*frame)) [[unlikely]] {
    fall_behind(subscriber, slot, schema);
    return;
  }
  push(subscriber, frame);
}

void FeedPublisher::snapshot(Schema schema, InstrumentId instrument, std::vector<FramePtr>& out) {
  KARST_ASSERT(book_.is_listed(instrument));
  frames_.clear();
  write_snapshot(schema, slot_of(instrument));
  out.insert(out.end(), frames_.begin(), frames_.end());
}

void FeedPublisher::write_snapshot(Schema schema, std::uint32_t slot) {
  writer_.begin({schema, book_.instrument(slot), sequence_, 0, Time{0}, true}, frames_);
  Depth depth;
  if (contains(depth_schemas, schema)) book_.depth(slot, depth);
  const std::size_t levels = schema == Schema::mbp_1 ? 1 : Depth::levels_max;
  switch (schema) {
    case Schema::definition:
      writer_.set(reference_.terms(slot));
      break;
    case Schema::status:
      writer_.set(StatusMark{book_.state(slot), 0, book_.reference(slot), false});
      break;
    case Schema::mbo:
      if (book_.offer(slot) != Price{0}) {
        writer_.add(
            OrderStep{OrderAction::offer, Side::sell, Quantity{0}, OrderId{0}, book_.offer(slot)});
      }
      book_.orders(slot, [&](const OrderStep& step) { writer_.add(step); });
      break;
    case Schema::mbp_10:
    case Schema::mbp_1:
      for (const Side side : {Side::buy, Side::sell}) {
        for (const DepthLevel& level : best(depth, side, levels)) writer_.add(side, level);
      }
      break;
    case Schema::trades:
      break;  // a mark from where on trades are told
  }
  if (contains(depth_schemas, schema)) {
    writer_.end(checksum(depth, levels));
  } else {
    writer_.end();
  }
}

}  // namespace karst::feed
