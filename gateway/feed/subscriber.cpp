#include "gateway/feed/subscriber.hpp"

#include <utility>

#include "engine/base/assert.hpp"

namespace karst::feed {

void Subscriber::add_direct(std::uint32_t slot, Schema schema) {
  if (slot >= direct_.size()) direct_.resize(slot + 1);
  KARST_ASSERT(!contains(direct_[slot], schema));
  direct_[slot] |= mask_of(schema);
  ++subscriptions_;
}

void Subscriber::remove_direct(std::uint32_t slot, Schema schema) {
  KARST_ASSERT(contains(direct(slot), schema));
  direct_[slot] &= static_cast<SchemaMask>(~mask_of(schema));
  --subscriptions_;
}

void Subscriber::mark_stale(std::uint32_t slot, SchemaMask mask) {
  KARST_ASSERT((subscribed(slot) & mask) == mask);
  if (mask == 0) return;
  if (slot >= stale_.size()) stale_.resize(slot + 1);
  Staleness& stale = stale_[slot];
  if (stale.mask == 0) ++stale_count_;
  if (!std::exchange(stale.is_queued, true)) stale_slots_.push_back(slot);
  stale.mask |= mask;
}

void Subscriber::mark_fresh(std::uint32_t slot, SchemaMask mask) {
  if (slot >= stale_.size() || stale_[slot].mask == 0) return;
  stale_[slot].mask &= static_cast<SchemaMask>(~mask);
  if (stale_[slot].mask == 0) --stale_count_;
}

Subscriber::Stale Subscriber::pop_stale() {
  KARST_ASSERT(is_any_stale());
  while (true) {
    const std::uint32_t slot = stale_slots_.front();
    stale_slots_.pop_front();
    const Staleness stale = std::exchange(stale_[slot], {});
    if (stale.mask == 0) continue;
    --stale_count_;
    return {slot, stale.mask};
  }
}

void Subscriber::push(const FramePtr& frame) {
  queued_bytes_ += frame->bytes().size();
  queue_.push_back(frame);
}

std::uint64_t Subscriber::drop_updates() {
  std::uint64_t before = 0;
  std::deque<FramePtr> kept;
  queued_bytes_ = 0;
  for (FramePtr& frame : queue_) {
    const Frame::About& about = frame->about();
    if (about.kind == Frame::Kind::essential) {
      queued_bytes_ += frame->bytes().size();
      kept.push_back(std::move(frame));
    } else if (about.kind == Frame::Kind::update) {
      if (before == 0) before = about.sequence - 1;
      const std::uint32_t slot = slot_of(about.instrument);
      mark_stale(slot, static_cast<SchemaMask>(mask_of(about.schema) & subscribed(slot)));
    }
  }
  queue_ = std::move(kept);
  return before;
}

void Subscriber::drop_all() {
  queue_.clear();
  queued_bytes_ = 0;
}

}  // namespace karst::feed
