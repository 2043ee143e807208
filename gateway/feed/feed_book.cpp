#include "gateway/feed/feed_book.hpp"

#include "engine/base/assert.hpp"

namespace karst::feed {
namespace {

// Prices of every instrument are 1 .. 2^30; narrower bounds would gain nothing, as a ladder only
// spans the prices in use.
constexpr std::int64_t price_min = 1;
constexpr std::int64_t price_max = std::int64_t{1} << 30;

// The engine's pages start at each instrument's own lowest price, ours at 1: the levels of one of
// its pages lie in at most two of ours.
constexpr std::uint32_t pages_per_engine_page = 2;

constexpr OrderStep no_step{OrderAction::none, Side::buy, Quantity{0}, OrderId{0}, Price{0}};

[[nodiscard]] bool has(const Event& event, std::uint8_t flag) {
  return (event.order.flags & flag) != 0;
}

}  // namespace

FeedBook::FeedBook(const Configure& sizes)
    : pools_(sizes.orders_max, sizes.level_pages_max * pages_per_engine_page),
      orders_max_(sizes.orders_max),
      slots_max_(sizes.instruments_max),
      instruments_(sizes.instruments_max) {}

OrderStep FeedBook::apply(const Event& event) {
  switch (event.type) {
    case EventType::order_accepted:
    case EventType::order_reactivated:
      return has(event, order_flag::booked) ? add(event, OrderAction::add) : no_step;
    case EventType::order_booked:
      return add(event, OrderAction::add);
    case EventType::order_amended:
      return has(event, order_flag::was_booked) ? amend(event) : no_step;
    case EventType::order_cancelled:
    case EventType::order_hibernated:
      return has(event, order_flag::was_booked) ? remove(event) : no_step;
    case EventType::trade:
      return fill(event);
    case EventType::offer_posted:
      return post_offer(event);
    case EventType::instrument_state: {
      Instrument& instrument = listed(event.instrument);
      instrument.state = static_cast<InstrumentState>(event.detail);
      instrument.reference = event.state.reference;
      return no_step;
    }
    case EventType::contract_listed:
      list(event.instrument, InstrumentState::scheduled, event.contract.list_price);
      return no_step;
    case EventType::product_defined:
      list(event.instrument, InstrumentState::open, event.product.list_price);
      return no_step;
    case EventType::instrument_retired: {
      Instrument& instrument = listed(event.instrument);
      KARST_ASSERT(instrument.book.is_empty(Side::buy) && instrument.book.is_empty(Side::sell));
      instrument.id = InstrumentId{0};
      instrument.offer = Price{0};
      return no_step;
    }
    default:
      return no_step;
  }
}

void FeedBook::list(InstrumentId instrument, InstrumentState state, Price reference) {
  KARST_ASSERT(slot_of(instrument) < slots_max_);
  Instrument& listing = instruments_[slot_of(instrument)];
  KARST_ASSERT(listing.id.is_none());
  listing.id = instrument;
  listing.state = state;
  listing.reference = reference;
  listing.offer = Price{0};
  listing.book.open(pools_, price_min, price_max);
}

FeedBook::Instrument& FeedBook::listed(InstrumentId instrument) {
  KARST_ASSERT(is_listed(instrument));
  return instruments_[slot_of(instrument)];
}

Slot FeedBook::resting(const Instrument& instrument, OrderId order) const {
  const Slot slot = slot_of(order);
  KARST_ASSERT(slot < orders_max_);
  const HotOrder& hot = pools_.nodes.node(slot).hot;
  KARST_ASSERT(hot.generation == generation_of(order));
  KARST_ASSERT(hot.instrument == slot_of(instrument.id));
  return slot;
}

OrderStep FeedBook::add(const Event& event, OrderAction action) {
  const OrderChange& change = event.order;
  insert(listed(event.instrument), change.order, change.side, change.limit, change.quantity);
  return {action, change.side, change.quantity, change.order, change.limit};
}

OrderStep FeedBook::remove(const Event& event) {
  Instrument& instrument = listed(event.instrument);
  const Slot slot = resting(instrument, event.order.order);
  const OrderStep step{OrderAction::remove, instrument.book.side_of(pools_, slot),
                       Quantity{pools_.nodes.node(slot).quantity}, event.order.order,
                       Price{instrument.book.price_of(pools_, slot)}};
  erase(instrument, slot);
  return step;
}

OrderStep FeedBook::amend(const Event& event) {
  const bool is_booked = has(event, order_flag::booked);
  if (is_booked && !has(event, order_flag::moved)) {
    Instrument& instrument = listed(event.instrument);
    const Slot slot = resting(instrument, event.order.order);
    instrument.book.reduce(pools_, slot, event.order.quantity.value());
    return {OrderAction::reduce, event.order.side, event.order.quantity, event.order.order,
            Price{instrument.book.price_of(pools_, slot)}};
  }
  const OrderStep removed = remove(event);
  return is_booked ? add(event, OrderAction::move) : removed;
}

OrderStep FeedBook::fill(const Event& event) {
  const Trade& trade = event.trade;
  Instrument& instrument = listed(event.instrument);
  instrument.reference = trade.price;
  if (trade.maker.is_none()) return no_step;  // a posted offer has no size to lose
  const Slot slot = resting(instrument, trade.maker);
  const OrderStep step{OrderAction::fill, instrument.book.side_of(pools_, slot), trade.quantity,
                       trade.maker, Price{instrument.book.price_of(pools_, slot)}};
  const std::uint32_t before = pools_.nodes.node(slot).quantity;
  KARST_ASSERT(before == trade.quantity.value() + trade.maker_leaves.value());
  if (trade.maker_leaves == Quantity{0}) {
    erase(instrument, slot);
  } else {
    instrument.book.reduce(pools_, slot, trade.maker_leaves.value());
  }
  return step;
}

OrderStep FeedBook::post_offer(const Event& event) {
  listed(event.instrument).offer = event.offer.price;
  return {OrderAction::offer, Side::sell, Quantity{0}, OrderId{0}, event.offer.price};
}

void FeedBook::insert(Instrument& instrument, OrderId order, Side side, Price price,
                      Quantity quantity) {
  const Slot slot = slot_of(order);
  KARST_ASSERT(slot < orders_max_);
  auto& node = pools_.nodes.node(slot);
  KARST_ASSERT(node.hot.generation % 2 == 0 && generation_of(order) % 2 == 1);
  node.quantity = quantity.value();
  node.hot.generation = generation_of(order);
  node.hot.instrument = slot_of(instrument.id);
  instrument.book.insert(pools_, slot, side, price.value());
}

void FeedBook::erase(Instrument& instrument, Slot slot) {
  instrument.book.remove(pools_, slot);
  pools_.nodes.node(slot).hot.generation += 1;
}

void FeedBook::depth(std::uint32_t slot, Depth& to) const {
  to.clear();
  const Instrument& instrument = instruments_[slot];
  bool is_offer_due = instrument.offer != Price{0};
  const DepthLevel offer{instrument.offer.value(), quantity_unlimited, 1};
  for (const Side side : {Side::buy, Side::sell}) {
    std::size_t room = Depth::levels_max;
    const auto push = [&](const DepthLevel& level) {
      if (room == 0) return false;
      to.push(side, level);
      --room;
      return true;
    };
    instrument.book.levels(pools_, side,
                           [&](std::int64_t price, std::uint64_t quantity, std::uint32_t orders) {
                             if (side == Side::sell && is_offer_due && offer.price <= price) {
                               is_offer_due = false;
                               if (!push(offer)) return false;
                             }
                             return push({price, quantity, orders});
                           });
    if (side == Side::sell && is_offer_due) push(offer);
  }
}

void FeedBook::restore_instrument(InstrumentId instrument, InstrumentState state, Price reference,
                                  Price offer) {
  list(instrument, state, reference);
  instruments_[slot_of(instrument)].offer = offer;
}

void FeedBook::restore_order(InstrumentId instrument, OrderId order, Side side, Price price,
                             Quantity quantity) {
  insert(listed(instrument), order, side, price, quantity);
}

void FeedBook::check_invariants() const {
  for (std::uint32_t slot = 0; slot < slots_max_; ++slot) {
    if (instruments_[slot].id.is_none()) continue;
    KARST_ASSERT(slot_of(instruments_[slot].id) == slot);
    instruments_[slot].book.check_invariants(pools_);
    orders(slot, [&](const OrderStep& step) {
      KARST_ASSERT(pools_.nodes.node(slot_of(step.order)).hot.instrument == slot);
    });
  }
}

}  // namespace karst::feed
