#include "tests/gateway/feed/random_market.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

namespace karst::feed::test {
namespace {

constexpr std::uint32_t orders_max = 4'096;
constexpr std::int64_t price_low = 80;
constexpr std::uint32_t prices = 40;
constexpr std::uint32_t lots_max = 30;

bool is_within(Side taker, std::int64_t price, std::int64_t limit) {
  return taker == Side::buy ? price <= limit : price >= limit;
}

}  // namespace

RandomMarket::RandomMarket(std::uint64_t seed, std::uint32_t products)
    : generator_(seed), products_(products) {
  step_.command.sequence = 0;
  step_.command.time = Time{1'000};
}

Configure RandomMarket::sizes() {
  Configure sizes{};
  sizes.accounts_max = 16;
  sizes.keys_max = 16;
  sizes.instruments_max = 64;
  sizes.orders_max = orders_max;
  sizes.level_pages_max = 256;
  sizes.currencies_max = 4;
  sizes.pools_max = 4;
  return sizes;
}

void RandomMarket::begin(CommandType type) {
  const std::uint64_t sequence = step_.command.sequence + 1;
  const Time time{step_.command.time.value() + 1'000};
  step_.command = Command();
  step_.command.sequence = sequence;
  step_.command.time = time;
  step_.command.type = type;
  step_.events.clear();
  match_index_ = 0;
}

Event& RandomMarket::add(EventType type, InstrumentId instrument) {
  Event event;
  std::memset(static_cast<void*>(&event), 0, sizeof event);
  event.sequence = step_.command.sequence;
  event.index = static_cast<std::uint16_t>(step_.events.size());
  event.type = type;
  event.instrument = instrument;
  step_.events.push_back(event);
  return step_.events.back();
}

Event& RandomMarket::add_order(EventType type, const Product& product, const Order& order,
                               std::uint8_t flags) {
  Event& event = add(type, product.instrument);
  event.order.order = order.id;
  event.order.limit = Price{order.price};
  event.order.quantity = Quantity{order.quantity};
  event.order.side = order.side;
  event.order.flags = flags;
  return event;
}

const MarketStep& RandomMarket::next() {
  if (!is_currency_defined_) {
    is_currency_defined_ = true;
    begin(CommandType::define_currency);
    step_.command.define_currency.currency = CurrencyId{1};
    step_.command.define_currency.code = {'C', 'N', 'Y'};
    Event& event = add(EventType::currency_defined, InstrumentId{0});
    event.currency.currency = CurrencyId{1};
    event.currency.code = step_.command.define_currency.code;
  } else if (defined_ < products_.size()) {
    define(products_[defined_], defined_);
    ++defined_;
  } else {
    act(products_[random(products())]);
  }
  return step_;
}

void RandomMarket::define(Product& product, std::uint32_t index) {
  begin(CommandType::define_product);
  const bool is_offered = index + 1 == products();
  DefineProduct& asked = step_.command.define_product;
  asked.currency = CurrencyId{1};
  asked.tick_value = Money{100};
  asked.price_min = Price{1};
  asked.price_max = Price{1'000};
  asked.list_price = Price{100};
  asked.quantity_max = Quantity{1'000};
  asked.supply = is_offered ? Supply::non_rival : Supply::seats;
  asked.resale = Resale::free;
  asked.unit = Unit::copy;
  asked.symbol = {'P', static_cast<char>('A' + index % 26)};
  product.instrument = instrument_id(0, index + 1);
  product.state = InstrumentState::open;
  product.reference = 100;
  product.offer = 0;
  Event& event = add(EventType::product_defined, product.instrument);
  event.product.list_price = asked.list_price;
  event.product.supply = asked.supply;
  event.product.resale = asked.resale;
  event.product.currency = asked.currency;
  event.product.version = 1;
}

void RandomMarket::act(Product& product) {
  const std::uint32_t die = random(100);
  if (die < 50) return place(product);
  if (die < 62) return amend(product);
  if (die < 78) return cancel(product);
  if (die < 83) return hibernate(product);
  if (die < 88) return reactivate(product);
  if (die < 92) return decrement(product);
  if (die < 96) return change_state(product);
  post_offer(products_.back());
}

void RandomMarket::place(Product& product) {
  begin(CommandType::place_order);
  const bool is_offered = &product == &products_.back();
  Order order{new_id(), is_offered || random(2) == 0 ? Side::buy : Side::sell,
              price_low + random(prices), 1 + random(lots_max)};
  if (!crosses(product, order)) {
    add_order(EventType::order_accepted, product, order, order_flag::booked | order_flag::answer);
    product.queue.push_back(order);
    return;
  }
  add_order(EventType::order_accepted, product, order, order_flag::answer);
  match(product, order);
  if (order.quantity == 0) {
    free_id(order.id);
  } else if (random(3) == 0) {
    add_order(EventType::order_cancelled, product, order, 0);
    free_id(order.id);
  } else {
    add_order(EventType::order_booked, product, order, order_flag::booked);
    product.queue.push_back(order);
  }
}

void RandomMarket::amend(Product& product) {
  begin(CommandType::amend_order);
  if (product.queue.empty()) return;
  const std::uint32_t index = random(static_cast<std::uint32_t>(product.queue.size()));
  Order order = product.queue[index];
  if (random(2) == 0) {
    order.quantity = 1 + random(order.quantity);
    product.queue[index] = order;
    add_order(EventType::order_amended, product, order,
              order_flag::booked | order_flag::was_booked | order_flag::answer);
    return;
  }
  order.price = price_low + random(prices);
  order.quantity = 1 + random(lots_max);
  product.queue.erase(product.queue.begin() + index);
  constexpr std::uint8_t moved = order_flag::was_booked | order_flag::moved | order_flag::answer;
  if (!crosses(product, order)) {
    add_order(EventType::order_amended, product, order, moved | order_flag::booked);
    product.queue.push_back(order);
    return;
  }
  add_order(EventType::order_amended, product, order, moved);
  match(product, order);
  if (order.quantity == 0) {
    free_id(order.id);
    return;
  }
  add_order(EventType::order_booked, product, order, order_flag::booked);
  product.queue.push_back(order);
}

void RandomMarket::cancel(Product& product) {
  begin(CommandType::cancel_order);
  if (product.queue.empty()) return;
  const std::uint32_t index = random(static_cast<std::uint32_t>(product.queue.size()));
  add_order(EventType::order_cancelled, product, product.queue[index],
            order_flag::was_booked | order_flag::answer);
  free_id(product.queue[index].id);
  product.queue.erase(product.queue.begin() + index);
}

void RandomMarket::hibernate(Product& product) {
  begin(CommandType::hibernate_order);
  if (product.queue.empty()) return;
  const std::uint32_t index = random(static_cast<std::uint32_t>(product.queue.size()));
  add_order(EventType::order_hibernated, product, product.queue[index],
            order_flag::was_booked | order_flag::answer);
  product.hibernated.push_back(product.queue[index]);
  product.queue.erase(product.queue.begin() + index);
}

void RandomMarket::reactivate(Product& product) {
  begin(CommandType::reactivate_order);
  if (product.hibernated.empty()) return;
  Order order = product.hibernated.back();
  product.hibernated.pop_back();
  const bool is_booked = !crosses(product, order);
  add_order(EventType::order_reactivated, product, order,
            is_booked ? order_flag::booked | order_flag::answer : order_flag::answer);
  if (!is_booked) {
    match(product, order);
    if (order.quantity == 0) return free_id(order.id);
    add_order(EventType::order_booked, product, order, order_flag::booked);
  }
  product.queue.push_back(order);
}

void RandomMarket::decrement(Product& product) {
  begin(CommandType::place_order);
  if (product.queue.empty()) return;
  // A taker of the same merchant takes lots off a maker, and is gone itself.
  Order& maker = product.queue[random(static_cast<std::uint32_t>(product.queue.size()))];
  const Order taker{new_id(), opposite(maker.side), maker.price, maker.quantity - 1};
  if (taker.quantity == 0) return free_id(taker.id);
  add_order(EventType::order_accepted, product, taker, order_flag::answer);
  Event& prevented = add(EventType::self_match_prevented, product.instrument);
  prevented.self_match.maker = maker.id;
  prevented.self_match.taker = taker.id;
  prevented.self_match.quantity = Quantity{taker.quantity};
  maker.quantity -= taker.quantity;
  add_order(EventType::order_amended, product, maker, order_flag::booked | order_flag::was_booked);
  add_order(EventType::order_cancelled, product, taker, 0);
  free_id(taker.id);
}

void RandomMarket::change_state(Product& product) {
  begin(CommandType::halt);
  Event& event = add(EventType::instrument_state, product.instrument);
  product.state =
      product.state == InstrumentState::open ? InstrumentState::halted : InstrumentState::open;
  event.detail = static_cast<std::uint8_t>(product.state);
  event.state.reference = Price{product.reference};
  event.state.reason = StateReason::by_operator;
}

void RandomMarket::post_offer(Product& product) {
  begin(CommandType::post_offer);
  product.offer = random(5) == 0 ? 0 : price_low + random(prices);
  Event& posted = add(EventType::offer_posted, product.instrument);
  posted.offer.price = Price{product.offer};
  while (product.offer != 0) {
    const std::size_t at = best(product, Side::buy);
    if (at == product.queue.size() || product.queue[at].price < product.offer) break;
    Order bid = product.queue[at];
    const std::uint32_t lots = std::exchange(bid.quantity, 0U);
    product.queue.erase(product.queue.begin() + static_cast<std::ptrdiff_t>(at));
    trade(product, &bid, nullptr, bid.price, lots, Side::sell);
    free_id(bid.id);
  }
}

bool RandomMarket::crosses(const Product& product, const Order& taker) const {
  if (product.offer != 0 && taker.side == Side::buy && product.offer <= taker.price) return true;
  const std::size_t at = best(product, opposite(taker.side));
  return at != product.queue.size() && is_within(taker.side, product.queue[at].price, taker.price);
}

void RandomMarket::match(Product& product, Order& taker) {
  if (product.offer != 0 && taker.side == Side::buy && product.offer <= taker.price) {
    const std::uint32_t lots = std::exchange(taker.quantity, 0U);
    trade(product, nullptr, &taker, product.offer, lots, Side::buy);
    return;
  }
  while (taker.quantity != 0) {
    const std::size_t at = best(product, opposite(taker.side));
    if (at == product.queue.size()) return;
    Order& maker = product.queue[at];
    if (!is_within(taker.side, maker.price, taker.price)) return;
    const std::uint32_t lots = std::min(taker.quantity, maker.quantity);
    taker.quantity -= lots;
    maker.quantity -= lots;
    trade(product, &maker, &taker, maker.price, lots, taker.side);
    if (maker.quantity != 0) continue;
    free_id(maker.id);
    product.queue.erase(product.queue.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void RandomMarket::trade(Product& product, const Order* maker, const Order* taker,
                         std::int64_t price, std::uint32_t lots, Side taker_side) {
  Event& event = add(EventType::trade, product.instrument);
  event.detail = static_cast<std::uint8_t>(taker_side);
  event.trade.maker = maker != nullptr ? maker->id : OrderId{0};
  event.trade.taker = taker != nullptr ? taker->id : OrderId{0};
  event.trade.maker_leaves = Quantity{maker != nullptr ? maker->quantity : 0};
  event.trade.taker_leaves = Quantity{taker != nullptr ? taker->quantity : 0};
  event.trade.price = Price{price};
  event.trade.quantity = Quantity{lots};
  event.trade.match_index = match_index_++;
  product.reference = price;
  ++trades_;
  add(EventType::settlement, product.instrument);
}

std::size_t RandomMarket::best(const Product& product, Side side) const {
  std::size_t found = product.queue.size();
  for (std::size_t at = 0; at < product.queue.size(); ++at) {
    const Order& order = product.queue[at];
    if (order.side != side) continue;
    if (found == product.queue.size() ||
        (side == Side::buy ? order.price > product.queue[found].price
                           : order.price < product.queue[found].price)) {
      found = at;
    }
  }
  return found;
}

Depth RandomMarket::depth(InstrumentId instrument) const {
  const Product& product = products_[slot_of(instrument) - 1];
  Depth depth;
  for (const Side side : {Side::buy, Side::sell}) {
    std::map<std::int64_t, DepthLevel> levels;  // best first: bids by their negated price
    for (const Order& order : product.queue) {
      if (order.side != side) continue;
      const std::int64_t key = side == Side::buy ? -order.price : order.price;
      DepthLevel& level = levels.try_emplace(key, DepthLevel{order.price, 0, 0}).first->second;
      level.quantity += order.quantity;
      level.orders += 1;
    }
    if (side == Side::sell && product.offer != 0) {
      levels[product.offer] = {product.offer, quantity_unlimited, 1};
    }
    for (const auto& [key, level] : levels) {
      if (depth.side(side).size() < Depth::levels_max) depth.push(side, level);
    }
  }
  return depth;
}

OrderId RandomMarket::new_id() {
  std::uint32_t slot = static_cast<std::uint32_t>(generations_.size());
  if (free_slots_.empty()) {
    generations_.push_back(0);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  return order_id(++generations_[slot], slot);
}

void RandomMarket::free_id(OrderId id) {
  ++generations_[slot_of(id)];
  free_slots_.push_back(slot_of(id));
}

}  // namespace karst::feed::test
