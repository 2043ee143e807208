#include "tests/scenarios/market.hpp"

#include <algorithm>

#include "tests/scenarios/words.hpp"

namespace karst::scenarios {
namespace {

template <class Map>
auto look_up(const Map& map, const std::string& name, const char* kind) {
  const auto found = map.find(name);
  if (found == map.end()) throw Unreadable("no " + std::string(kind) + " \"" + name + "\"");
  return found->second;
}

}  // namespace

Market::Market() {
  names_.account = [this](AccountId id) { return name_of(id); };
  names_.order = [this](OrderId id) { return text_of(id); };
  names_.money = [](Money money) { return money_text(money.value()); };
  names_.instrument = [this](InstrumentId id) {
    const auto found = listings_.find(id);
    return found == listings_.end() ? std::string("?") : found->second.name;
  };
  names_.price = [this](InstrumentId id, Price price) {
    const auto found = listings_.find(id);
    const std::int64_t tick = found == listings_.end() ? 1 : found->second.tick_value;
    return money_text(price.value() * tick);
  };
}

AccountId Market::account(const std::string& name) const {
  return look_up(accounts_, name, "merchant");
}

bool Market::is_account(std::string_view name) const { return accounts_.contains(name); }

AccountId Market::new_account(const std::string& name) {
  return accounts_[name] = AccountId{static_cast<std::uint32_t>(accounts_.size() + 1)};
}

KeyId Market::key(const std::string& name) const { return look_up(keys_, name, "key"); }

KeyId Market::new_key(const std::string& name) {
  return keys_[name] = KeyId{static_cast<std::uint32_t>(keys_.size() + 1)};
}

PoolId Market::pool(const std::string& name) const { return look_up(pools_, name, "pool"); }

PoolId Market::new_pool(const std::string& name, std::int64_t tick_value) {
  const PoolId id{static_cast<std::uint32_t>(pools_.size() + 1)};
  pools_[name] = id;
  pool_ticks_[id] = tick_value;
  return id;
}

InstrumentId Market::instrument(const std::string& name) const {
  return name.empty() ? last_instrument_ : look_up(instruments_, name, "instrument");
}

void Market::expect_product(const std::string& name, std::int64_t tick_value) {
  product_ = Listing{name, tick_value};
}

OrderId Market::order(std::uint64_t number) const {
  // One that no order has, for a number that is not given out yet.
  if (number < 1 || number > orders_.size()) return OrderId{number + 1'000'000};
  return orders_[number - 1];
}

Price Market::price(InstrumentId instrument, std::int64_t fen) const {
  const std::int64_t tick = listings_.at(instrument).tick_value;
  if (fen % tick != 0) throw Unreadable(money_text(fen) + " is no whole number of ticks");
  return Price{fen / tick};
}

void Market::learn(const Event& event, std::int64_t first_hour) {
  if (event.type == EventType::order_accepted) orders_.push_back(event.order.order);
  Listing listing;
  if (event.type == EventType::product_defined) {
    listing = product_;
  } else if (event.type == EventType::contract_listed) {
    for (const auto& [name, id] : pools_) {
      if (id == event.contract.pool) listing.name = name;
    }
    listing.name += "/" + std::to_string(event.contract.hour.value() - first_hour);
    listing.tick_value = pool_ticks_.at(event.contract.pool);
  } else {
    return;
  }
  listings_[event.instrument] = listing;
  instruments_[listing.name] = event.instrument;
  last_instrument_ = event.instrument;
}

std::string Market::name_of(AccountId id) const {
  for (const auto& [name, account] : accounts_) {
    if (account == id) return name;
  }
  return "exchange";
}

std::string Market::text_of(OrderId id) const {
  const auto found = std::find(orders_.begin(), orders_.end(), id);
  return found == orders_.end() ? "?" : std::to_string(found - orders_.begin() + 1);
}

}  // namespace karst::scenarios
