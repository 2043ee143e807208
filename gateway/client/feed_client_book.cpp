#include "gateway/client/feed_client_book.hpp"

#include <iterator>

namespace karst::feed {

Received FeedChain::accept(const v1::MarketUpdate& update) {
  if (update.part() == 0) {
    parts_.clear();
    const Received first = accept_first(update);
    if (first != Received::applied) return first;
  } else {
    const bool continues = !parts_.empty() && !parts_.back().end_of_event() &&
                           parts_.back().sequence() == update.sequence() &&
                           parts_.back().snapshot() == update.snapshot() &&
                           parts_.back().part() + 1 == update.part();
    if (!continues) return Received::ignored;
  }
  parts_.push_back(update);
  if (!update.end_of_event()) return Received::partial;
  is_valid_ = true;
  is_waiting_ = false;
  sequence_ = update.sequence();
  return Received::applied;
}

Received FeedChain::accept_first(const v1::MarketUpdate& update) {
  if (update.snapshot()) return Received::applied;
  if (is_valid_) {
    if (update.sequence() <= sequence_) return Received::ignored;
    if (update.prev_seq() <= sequence_) return Received::applied;
    invalidate();
    return Received::gap;
  }
  // Nothing is known: only an instrument that begins here needs no snapshot.
  if (update.prev_seq() == 0) return Received::applied;
  if (is_waiting_) return Received::ignored;
  invalidate();
  return Received::gap;
}

Received FeedClientBook::apply(const v1::MarketUpdate& update) {
  const Received received = chain_.accept(update);
  if (received != Received::applied) return received;
  if (!apply_parts() || update.checksum() != checksum(depth(), levels_published())) {
    chain_.invalidate();
    return Received::mismatch;
  }
  return Received::applied;
}

bool FeedClientBook::apply_parts() {
  const v1::MarketUpdate& first = chain_.parts().front();
  if (first.snapshot() || first.prev_seq() == 0) clear();
  bool is_consistent = true;
  for (const v1::MarketUpdate& part : chain_.parts()) {
    if (schema_ == Schema::mbo) {
      for (const v1::OrderUpdate& order : part.orders()) {
        is_consistent = is_consistent && apply(order);
      }
      continue;
    }
    for (const v1::PriceLevel& level : part.bids()) set(Side::buy, level);
    for (const v1::PriceLevel& level : part.asks()) set(Side::sell, level);
  }
  if (schema_ != Schema::mbo) trim();
  return is_consistent;
}

bool FeedClientBook::apply(const v1::OrderUpdate& update) {
  switch (update.action()) {
    case v1::OrderUpdate::ACTION_ADD:
      return add(update);
    case v1::OrderUpdate::ACTION_MOVE:
      return lower(update.order_id(), 0) && add(update);
    case v1::OrderUpdate::ACTION_REDUCE:
      return lower(update.order_id(), update.quantity_lots());
    case v1::OrderUpdate::ACTION_REMOVE:
      return lower(update.order_id(), 0);
    case v1::OrderUpdate::ACTION_FILL: {
      const auto found = places_.find(update.order_id());
      if (found == places_.end() || found->second.at->quantity < update.quantity_lots()) {
        return false;
      }
      return lower(update.order_id(), found->second.at->quantity - update.quantity_lots());
    }
    case v1::OrderUpdate::ACTION_OFFER:
      return set_offer(update.price_ticks());
    default:
      return false;
  }
}

bool FeedClientBook::add(const v1::OrderUpdate& update) {
  const Side side_of_order = static_cast<Side>(update.side());
  if (side_of_order != Side::buy && side_of_order != Side::sell) return false;
  if (places_.contains(update.order_id())) return false;
  if (side_of_order == Side::sell && offer_ != 0 && update.price_ticks() == offer_) return false;
  Level& level = side(side_of_order)[update.price_ticks()];
  level.queue.push_back({update.order_id(), update.quantity_lots()});
  level.quantity += update.quantity_lots();
  level.orders += 1;
  places_.emplace(update.order_id(),
                  Place{side_of_order, update.price_ticks(), std::prev(level.queue.end())});
  return true;
}

bool FeedClientBook::lower(std::uint64_t id, std::uint32_t quantity) {
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  const Place place = found->second;
  Levels& levels = side(place.side);
  const auto level = levels.find(place.price);
  if (place.at->quantity < quantity) return false;
  level->second.quantity -= place.at->quantity - quantity;
  place.at->quantity = quantity;
  if (quantity != 0) return true;
  level->second.orders -= 1;
  level->second.queue.erase(place.at);
  if (level->second.orders == 0) levels.erase(level);
  places_.erase(found);
  return true;
}

bool FeedClientBook::set_offer(std::int64_t price) {
  // Where offers are posted nobody else sells: the offer's level is its own.
  if (offer_ != 0) asks_.erase(offer_);
  offer_ = price;
  if (price == 0) return true;
  const auto [level, is_new] = asks_.try_emplace(price, Level{quantity_unlimited, 1, {}});
  if (!is_new) offer_ = 0;
  return is_new;
}

void FeedClientBook::set(Side of, const v1::PriceLevel& level) {
  if (level.quantity_lots() == 0) {
    side(of).erase(level.price_ticks());
    return;
  }
  Level& to = side(of)[level.price_ticks()];
  to.quantity = level.quantity_lots();
  to.orders = level.orders();
}

void FeedClientBook::trim() {
  while (bids_.size() > levels_published()) bids_.erase(bids_.begin());
  while (asks_.size() > levels_published()) asks_.erase(std::prev(asks_.end()));
}

void FeedClientBook::clear() {
  bids_.clear();
  asks_.clear();
  places_.clear();
  offer_ = 0;
}

Depth FeedClientBook::depth() const {
  Depth depth;
  for (const Side side : {Side::buy, Side::sell}) {
    std::size_t room = levels_published();
    const auto push = [&](std::int64_t price, const Level& level) {
      if (room == 0) return;
      --room;
      depth.push(side, {price, level.quantity, level.orders});
    };
    if (side == Side::buy) {
      for (auto at = bids_.rbegin(); at != bids_.rend() && room != 0; ++at) {
        push(at->first, at->second);
      }
    } else {
      for (auto at = asks_.begin(); at != asks_.end() && room != 0; ++at) {
        push(at->first, at->second);
      }
    }
  }
  return depth;
}

}  // namespace karst::feed
