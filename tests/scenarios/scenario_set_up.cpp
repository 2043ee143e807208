// Lines that make a market, and lines that ask what it has come to.
#include <cstring>
#include <map>

#include "tests/scenarios/scenario.hpp"

namespace karst::scenarios {
namespace {

constexpr std::int64_t first_hour = 490'992;

template <std::size_t N>
Text<N> text(const std::string& words) {
  Text<N> result{};
  std::memcpy(result.data(), words.data(), std::min(words.size(), N));
  return result;
}

std::uint16_t take_bps(Words& words) { return static_cast<std::uint16_t>(words.take_number()); }

std::uint8_t take_rank(Words& words) { return static_cast<std::uint8_t>(words.take_number()); }

/// Options that contracts and products share. Returns: false if the next word is none of them.
template <class Terms>
bool take_term(Terms& terms, Words& words) {
  const std::int64_t tick = terms.tick_value.value();
  if (words.accept("price")) {
    const auto [low, high] = words.take_range();
    terms.price_min = Price{low / tick};
    terms.price_max = Price{high / tick};
  } else if (words.accept("list")) {
    terms.list_price = Price{words.take_money() / tick};
  } else if (words.accept("band")) {
    terms.band_bps = take_bps(words);
  } else if (words.accept("max")) {
    terms.quantity_max = Quantity{static_cast<std::uint32_t>(words.take_number())};
  } else if (words.accept("tier")) {
    terms.tier_min = take_rank(words);
  } else if (words.accept("clearance")) {
    terms.clearance_min = take_rank(words);
  } else if (words.accept("domestic")) {
    terms.domestic_only = true;
  } else {
    return false;
  }
  return true;
}

template <class Terms>
void set_usual_terms(Terms& terms, std::int64_t tick, std::uint16_t fees) {
  terms.currency = CurrencyId{1};
  terms.calendar = CalendarId{1};
  terms.fees = FeeScheduleId{fees};
  terms.tick_value = Money{tick};
  terms.price_min = Price{1};
  terms.price_max = Price{10'000 / tick};
  terms.list_price = Price{250 / tick};
  terms.quantity_max = Quantity{1'000};
}

[[noreturn]] void refuse(const Words& words) {
  throw Unreadable("\"" + std::string(words.peek()) + "\" is not understood here");
}

}  // namespace

void Scenario::set_bounds(Words& words) {
  if (twins_ != nullptr) throw Unreadable("bounds come before everything else");
  take_bounds(words);
}

void Scenario::take_bounds(Words& words) {
  const std::map<std::string, std::uint32_t*, std::less<>> bounds{
      {"makers", &configure_.makers_per_command_max},
      {"bystander", &configure_.makers_per_bystander_max},
      {"releases", &configure_.releases_per_command_max},
      {"orders", &configure_.orders_max},
      {"rows", &configure_.holdings_max},
      {"pages", &configure_.level_pages_max},
      {"instruments", &configure_.instruments_max},
      {"answers", &configure_.answers_per_key},
      {"client_ids", &configure_.client_ids_per_account_max},
  };
  while (!words.is_empty()) {
    const auto bound = bounds.find(words.peek());
    if (bound == bounds.end()) refuse(words);
    words.take();
    *bound->second = static_cast<std::uint32_t>(words.take_number());
  }
}

/// "fees maker 5 taker 10 per_lot 0.01 0.02": basis points; the instruments that follow have them.
void Scenario::set_fees(Words& words) {
  Command command = blank(CommandType::define_fees);
  DefineFees& fees = command.define_fees;
  fees.schedule = FeeScheduleId{++fee_schedules_};
  words.expect("maker");
  fees.maker_bps = take_bps(words);
  words.expect("taker");
  fees.taker_bps = take_bps(words);
  if (words.accept("per_lot")) {
    fees.maker_per_lot = Money{words.take_money()};
    fees.taker_per_lot = Money{words.take_money()};
  }
  send(command);
}

void Scenario::admit(Words& words) {
  const std::string name = words.take();
  const AccountId account = market_.new_account(name);
  Command command = blank(CommandType::admit_merchant, account);
  AdmitMerchant& wish = command.admit_merchant;
  wish.tier = 9;
  wish.clearance = 9;
  wish.domestic = true;
  wish.name = text<32>(name);
  std::int64_t funds = 0;
  while (!words.is_empty()) {
    if (words.accept("funds")) {
      funds = words.take_money();
    } else if (words.accept("tier")) {
      wish.tier = take_rank(words);
    } else if (words.accept("clearance")) {
      wish.clearance = take_rank(words);
    } else if (words.accept("group")) {
      wish.group = GroupId{static_cast<std::uint32_t>(words.take_number())};
    } else if (words.accept("foreign")) {
      wish.domestic = false;
    } else {
      refuse(words);
    }
  }
  send(command);
  if (funds == 0) return;
  Command fund = blank(CommandType::fund, account);
  fund.fund.currency = CurrencyId{1};
  fund.fund.amount = Money{funds};
  fund.fund.reference = Reference{++references_, 1};
  send(fund);
}

void Scenario::make_pool(Words& words) {
  const std::string name = words.take();
  std::uint32_t capacity = 1'000;
  std::int64_t tick = 1;
  if (words.accept("capacity")) capacity = static_cast<std::uint32_t>(words.take_number());
  if (words.accept("tick")) tick = words.take_money();
  const PoolId pool = market_.new_pool(name, tick);
  Command terms = blank(CommandType::set_pool_terms);
  SetPoolTerms& wish = terms.set_pool_terms;
  set_usual_terms(wish, tick, fee_schedules_);
  wish.pool = pool;
  wish.grade = Grade::standard;
  wish.gate_open_lead_ns = 14 * ns_per_day;
  wish.gate_close_lead_ns = ns_per_hour / 4;
  while (!words.is_empty()) {
    if (words.accept("opens")) {
      wish.gate_open_lead_ns = words.take_duration();
    } else if (words.accept("closes")) {
      wish.gate_close_lead_ns = words.take_duration();
    } else if (!take_term(wish, words)) {
      refuse(words);
    }
  }
  Command define = blank(CommandType::define_pool);
  define.define_pool.pool = pool;
  define.define_pool.operator_account = AccountId{1};
  define.define_pool.symbol = text<16>(name);
  define.define_pool.accelerator = text<16>("A100");
  define.define_pool.unit = Unit::p_hour;
  send(define);
  Command certify = blank(CommandType::set_pool_capacity);
  certify.set_pool_capacity.pool = pool;
  certify.set_pool_capacity.from_hour = Hour{0};
  certify.set_pool_capacity.capacity = Quantity{capacity};
  send(certify);
  send(terms);
}

/// "list gy hour 2 for 3": hours from the start of the scenario.
void Scenario::list_hours(Words& words) {
  Command command = blank(CommandType::list_contracts);
  command.list_contracts.pool = market_.pool(words.take());
  words.expect("hour");
  const auto from = static_cast<std::int64_t>(words.take_number());
  command.list_contracts.from_hour = Hour{first_hour + from};
  command.list_contracts.hours = 1;
  if (words.accept("for")) {
    command.list_contracts.hours = static_cast<std::uint32_t>(words.take_number());
  }
  send(command);
}

/// "mint alice 100 gy hour 2 for 3"
void Scenario::mint(Words& words) {
  Command command = blank(CommandType::mint_capacity, market_.account(words.take()));
  MintCapacity& wish = command.mint_capacity;
  wish.quantity = Quantity{static_cast<std::uint32_t>(words.take_number())};
  wish.pool = market_.pool(words.take());
  words.expect("hour");
  wish.from_hour = Hour{first_hour + static_cast<std::int64_t>(words.take_number())};
  wish.hours = 1;
  if (words.accept("for")) wish.hours = static_cast<std::uint32_t>(words.take_number());
  send(command);
}

/// "product maps by alice non_rival tick 1.00 price 1.00..500.00 list 20.00 resale once expires 9d
/// title 地图"
void Scenario::make_product(Words& words) {
  const std::string name = words.take();
  words.expect("by");
  Command command = blank(CommandType::define_product, market_.account(words.take()));
  DefineProduct& wish = command.define_product;
  if (words.accept("non_rival")) {
    wish.supply = Supply::non_rival;
  } else if (words.accept("exclusive")) {
    wish.supply = Supply::exclusive;
    wish.seats = Quantity{1};
  } else {
    words.expect("seats");
    wish.supply = Supply::seats;
    wish.seats = Quantity{static_cast<std::uint32_t>(words.take_number())};
  }
  const std::int64_t tick = words.accept("tick") ? words.take_money() : 1;
  set_usual_terms(wish, tick, fee_schedules_);
  wish.resale = Resale::free;
  wish.unit = Unit::copy;
  wish.symbol = text<16>(name);
  wish.certificate_expiry = Time{now_ + 365 * ns_per_day};
  while (!words.is_empty()) {
    if (words.accept("resale")) {
      const std::string how = words.take();
      wish.resale = how == "none" ? Resale::none : how == "once" ? Resale::once : Resale::free;
    } else if (words.accept("expires")) {
      wish.certificate_expiry = Time{now_ + words.take_duration()};
    } else if (words.accept("title")) {
      wish.title = text<64>(words.take());
    } else if (!take_term(wish, words)) {
      refuse(words);
    }
  }
  market_.expect_product(name, tick);
  send(command);
}

/// "key k1 of alice trade" or "key desk of exchange operate"
void Scenario::make_key(Words& words) {
  Command command = blank(CommandType::create_key);
  command.create_key.new_key = market_.new_key(words.take());
  words.expect("of");
  if (!words.accept("exchange")) command.account = market_.account(words.take());
  const std::map<std::string, std::uint8_t, std::less<>> scopes{{"read", scope::read},
                                                                {"trade", scope::trade},
                                                                {"cancel_only", scope::cancel_only},
                                                                {"audit", scope::audit},
                                                                {"operate", scope::operate}};
  while (!words.is_empty()) {
    const auto scope = scopes.find(words.peek());
    if (scope == scopes.end()) refuse(words);
    words.take();
    command.create_key.scopes |= scope->second;
  }
  send(command);
}

void Scenario::show(Words& words) {
  const std::map<std::string, Show, std::less<>> groups{{"settlements", Show::settlements},
                                                        {"accounts", Show::accounts},
                                                        {"sessions", Show::sessions},
                                                        {"reference", Show::reference},
                                                        {"answers", Show::answers}};
  while (!words.is_empty()) {
    const auto group = groups.find(words.peek());
    if (group == groups.end()) refuse(words);
    words.take();
    shown_.insert(group->second);
  }
}

/// "book" or "book gy/2": the queues as they stand, best first, oldest first.
void Scenario::ask_book(Words& words) {
  const InstrumentId id = market_.instrument(words.is_empty() ? "" : words.take());
  for (const Side side : {Side::buy, Side::sell}) {
    std::vector<RestingOrder> resting;
    twins_->engine().resting_orders(id, side, resting);
    for (const RestingOrder& order : resting) {
      actual_.push_back(std::string(side == Side::buy ? "bid " : "ask ") +
                        std::to_string(order.leaves.value()) + " @ " +
                        market_.names().price(id, order.price) + " order " +
                        market_.names().order(order.id));
    }
  }
}

void Scenario::ask_balance(Words& words) {
  const Balance balance = twins_->engine().balance(market_.account(words.take()), CurrencyId{1});
  actual_.push_back("available " + money_text(balance.available.value()) + " reserved " +
                    money_text(balance.reserved.value()) + " escrow " +
                    money_text(balance.escrow.value()));
}

/// "holding bob gy/2" of units, "holding alice gy/2 capacity" of what is to sell.
void Scenario::ask_holding(Words& words) {
  const AccountId account = market_.account(words.take());
  std::string name;
  if (!words.is_empty() && words.peek() != "capacity") name = words.take();
  const Draw kind = words.accept("capacity") ? Draw::capacity : Draw::holding;
  const Holding row = twins_->engine().holding(account, market_.instrument(name), kind);
  actual_.push_back("free " + std::to_string(row.free.value()) + " reserved " +
                    std::to_string(row.reserved.value()) + " locked " +
                    std::to_string(row.locked.value()));
}

}  // namespace karst::scenarios
