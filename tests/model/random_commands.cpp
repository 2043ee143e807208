#include "tests/model/random_commands.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

#include "engine/command/enclosed.hpp"
#include "engine/command/rules.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t first_hour = 490'000;  // late in 2025
constexpr std::uint32_t merchants_first = 8;
constexpr std::size_t numbered_max = 64;

template <std::size_t N>
Text<N> text(const char* words) {
  Text<N> result{};
  std::strncpy(result.data(), words, N);
  return result;
}

}  // namespace

RandomCommands::RandomCommands(std::uint64_t seed, Profile profile, const Model& model)
    : random_(seed), rules_(rules_of_seed(seed)), profile_(profile), model_(model) {
  now_ = first_hour * ns_per_hour + static_cast<std::int64_t>(random_.below(ns_per_hour));
  make_configuration();
  queue_set_up();
}

void RandomCommands::make_configuration() {
  const bool is_tight = chance(35);
  const auto size = [&](std::uint64_t tight, std::uint64_t wide) {
    const std::uint64_t about = is_tight ? tight : wide;
    return static_cast<std::uint32_t>(random_.between(about, about + about / 2));
  };
  configure_.accounts_max = 64;
  configure_.keys_max = 96;
  configure_.instruments_max = size(40, 90);
  configure_.orders_max = size(70, 500);
  configure_.holdings_max = size(60, 600);
  configure_.level_pages_max = chance(25) ? size(4, 8) : size(16, 200);
  configure_.client_ids_max = size(12, 200);
  configure_.references_max = size(60, 300);
  configure_.currencies_max = 4;
  configure_.pools_max = 4;
  configure_.answers_per_key = 1U << random_.between(0, 5);
  configure_.client_ids_per_account_max = size(3, 40);
  configure_.makers_per_command_max =
      static_cast<std::uint32_t>(random_.between(1, chance(60) ? 3 : 8));
  configure_.makers_per_bystander_max = static_cast<std::uint32_t>(random_.between(1, 3));
  configure_.releases_per_command_max = static_cast<std::uint32_t>(random_.between(1, 6));
}

Command RandomCommands::blank(CommandType type, AccountId account) const {
  Command command;
  command.type = type;
  command.account = account;
  return command;
}

/// What makes a market: everything an operator does before the first trade.
void RandomCommands::queue_set_up() {
  if (chance(50)) queue(blank(CommandType::tick));
  if (chance(50)) queue(blank(CommandType::place_order, AccountId{1}));
  if (chance(50)) queue(blank(CommandType::configure));
  Command configure = blank(CommandType::configure);
  configure.configure = configure_;
  queue(configure);
  if (rules_ != rules_first) {
    Command adopt = blank(CommandType::adopt_rules);
    adopt.adopt_rules.version = rules_;
    queue(adopt);
  }
  for (std::uint16_t id = 1; id <= 2; ++id) {
    Command currency = blank(CommandType::define_currency);
    currency.define_currency.currency = CurrencyId{id};
    currency.define_currency.code = text<8>(id == 1 ? "CNY" : "HKD");
    queue(currency);
    Command calendar = blank(CommandType::define_calendar);
    calendar.define_calendar.calendar = CalendarId{id};
    calendar.define_calendar.utc_offset_ns = id == 1 ? 8 * ns_per_hour : -5 * ns_per_hour;
    queue(calendar);
    Command fees = blank(CommandType::define_fees);
    fees.define_fees.schedule = FeeScheduleId{id};
    fees.define_fees.maker_bps = static_cast<std::uint16_t>(id == 1 ? random_.below(50) : 5'000);
    fees.define_fees.taker_bps = static_cast<std::uint16_t>(random_.below(id == 1 ? 90 : 5'001));
    fees.define_fees.maker_per_lot = Money{static_cast<std::int64_t>(random_.below(4))};
    fees.define_fees.taker_per_lot = Money{static_cast<std::int64_t>(random_.below(4))};
    queue(fees);
  }
  for (std::uint32_t id = 1; id <= merchants_first; ++id) {
    Command admit = blank(CommandType::admit_merchant, AccountId{id});
    admit.admit_merchant.group = GroupId{id >= 7 ? 1U : 0U};
    admit.admit_merchant.tier = static_cast<std::uint8_t>(random_.between(2, 9));
    admit.admit_merchant.clearance = static_cast<std::uint8_t>(random_.between(2, 9));
    admit.admit_merchant.domestic = id != 3;
    admit.admit_merchant.name = text<32>("merchant");
    queue(admit);
    for (const std::uint16_t currency : {1, 2}) {
      Command fund = funding(AccountId{id}, id == 2 ? 10'000'000 : 1'000'000'000'000);
      fund.fund.currency = CurrencyId{currency};
      queue(fund);
    }
    Command key = blank(CommandType::create_key, AccountId{id});
    key.create_key.new_key = KeyId{id};
    key.create_key.scopes = id == 8 ? scope::cancel_only : scope::trade;
    queue(key);
  }
  Command key = blank(CommandType::create_key, AccountId{0});
  key.create_key.new_key = KeyId{20};
  key.create_key.scopes = scope::operate;
  queue(key);
  queue_pools();
  queue_products();
}

void RandomCommands::queue_pools() {
  for (std::uint32_t id = 1; id <= 2; ++id) {
    Command pool = blank(CommandType::define_pool);
    pool.define_pool.pool = PoolId{id};
    pool.define_pool.operator_account = AccountId{id};
    pool.define_pool.symbol = text<16>("POOL");
    pool.define_pool.accelerator = text<16>("A");
    pool.define_pool.unit = Unit::p_hour;
    queue(pool);
    Command capacity = blank(CommandType::set_pool_capacity);
    capacity.set_pool_capacity.pool = PoolId{id};
    capacity.set_pool_capacity.from_hour = Hour{first_hour - 100};
    capacity.set_pool_capacity.capacity = Quantity{id == 1 ? 2'000U : 0x7fffffffU};
    queue(capacity);
    Command terms = pool_terms(PoolId{id});
    terms.set_pool_terms.calendar = CalendarId{1};
    terms.set_pool_terms.fees = FeeScheduleId{1};
    queue(terms);
    queue(list(PoolId{id}, hour_now() + 2, 4));
    for (int i = 0; i < 4; ++i) {
      Command minted = blank(CommandType::mint_capacity, AccountId{id});
      minted.mint_capacity.pool = PoolId{id};
      minted.mint_capacity.from_hour = Hour{hour_now() + 2 + i};
      minted.mint_capacity.hours = 1;
      minted.mint_capacity.quantity = Quantity{500};
      queue(minted);
    }
  }
}

void RandomCommands::queue_products() {
  queue(product(AccountId{4}, Supply::non_rival));
  queue(product(AccountId{5}, Supply::seats));
  queue(product(AccountId{6}, Supply::exclusive));
  queue(product(AccountId{7}, Supply::non_rival));
}

Command RandomCommands::pool_terms(PoolId pool) {
  Command command = blank(CommandType::set_pool_terms);
  SetPoolTerms& terms = command.set_pool_terms;
  terms.pool = pool;
  terms.currency = CurrencyId{static_cast<std::uint16_t>(chance(80) ? 1 : 2)};
  terms.calendar = CalendarId{static_cast<std::uint16_t>(chance(5) ? 9 : random_.between(1, 2))};
  terms.fees = FeeScheduleId{static_cast<std::uint16_t>(chance(80) ? 1 : chance(90) ? 2 : 9)};
  terms.band_bps = static_cast<std::uint16_t>(chance(30) ? 0 : random_.between(100, 2'000));
  terms.tick_value = Money{static_cast<std::int64_t>(random_.between(1, 100))};
  terms.price_min = Price{static_cast<std::int64_t>(random_.between(1, 100))};
  terms.list_price = Price{static_cast<std::int64_t>(random_.between(200, 900))};
  terms.price_max = Price{static_cast<std::int64_t>(random_.between(1'000, 3'000))};
  terms.quantity_max = Quantity{static_cast<std::uint32_t>(chance(50) ? 1'000 : 0x7fffffff)};
  terms.tier_min = static_cast<std::uint8_t>(random_.below(3));
  terms.clearance_min = static_cast<std::uint8_t>(random_.below(3));
  terms.domestic_only = chance(20);
  terms.grade = Grade::standard;
  terms.penalty_bps = 10'000;
  terms.gate_close_lead_ns = static_cast<std::int64_t>(random_.below(3)) * ns_per_hour / 4;
  const auto hours = static_cast<std::int64_t>(random_.between(1, 12));
  terms.gate_open_lead_ns = terms.gate_close_lead_ns + hours * ns_per_hour;
  return command;
}

Command RandomCommands::product(AccountId issuer, Supply supply) {
  Command command = blank(CommandType::define_product, issuer);
  DefineProduct& wish = command.define_product;
  const bool is_non_rival = supply == Supply::non_rival;
  const bool is_huge = chance(25);
  wish.currency = CurrencyId{static_cast<std::uint16_t>(chance(80) ? 1 : 2)};
  wish.calendar = CalendarId{1};
  wish.fees = FeeScheduleId{static_cast<std::uint16_t>(chance(80) ? 1 : 2)};
  wish.band_bps = static_cast<std::uint16_t>(is_non_rival || chance(50) ? 0 : 1'000);
  wish.tick_value = Money{is_huge ? static_cast<std::int64_t>(random_.between(1, 8)) : 100};
  wish.price_min = Price{1};
  wish.list_price = Price{static_cast<std::int64_t>(random_.between(20, 200))};
  wish.price_max = Price{is_huge ? std::int64_t{1} << 30 : 500};
  wish.quantity_max = Quantity{is_huge ? 0x7fffffffU : 100U};
  wish.supply = supply;
  wish.seats = Quantity{is_non_rival ? 0U : 1U};
  if (supply == Supply::seats) wish.seats = Quantity{is_huge ? 0x7fffffffU : 300U};
  wish.resale = static_cast<Resale>(random_.between(1, 3));
  wish.unit = Unit::copy;
  wish.tier_min = static_cast<std::uint8_t>(random_.below(3));
  wish.domestic_only = chance(20);
  const std::int64_t days = chance(30) ? 2 : 4'000;
  wish.certificate_expiry = Time{now_ + days * ns_per_day};
  wish.symbol = text<16>("DATA");
  if (rules_ >= rules_of_titles ? chance(50) : chance(3)) wish.title = text<64>("\u6570\u636e");
  ++products_;
  return command;
}

Command RandomCommands::list(PoolId pool, std::int64_t from_hour, std::uint32_t hours) const {
  Command command = blank(CommandType::list_contracts);
  command.list_contracts.pool = pool;
  command.list_contracts.from_hour = Hour{from_hour};
  command.list_contracts.hours = hours;
  return command;
}

Command RandomCommands::mint(const Instrument& contract, AccountId account, std::uint32_t lots) {
  Command command = blank(CommandType::mint_capacity, account);
  command.mint_capacity.pool = contract.pool;
  command.mint_capacity.from_hour = Hour{contract.hour};
  command.mint_capacity.hours = static_cast<std::uint32_t>(random_.between(1, chance(80) ? 1 : 4));
  command.mint_capacity.quantity = Quantity{lots};
  return command;
}

Command RandomCommands::funding(AccountId account, std::int64_t amount) {
  Command command = blank(CommandType::fund, account);
  command.fund.currency = CurrencyId{static_cast<std::uint16_t>(chance(75) ? 1 : 2)};
  command.fund.amount = Money{amount};
  command.fund.reference = Reference{++references_, 77};
  return command;
}

Command RandomCommands::order(AccountId account, const Instrument& on, Side side,
                              std::int64_t limit, std::uint32_t lots) {
  Command command = blank(CommandType::place_order, account);
  PlaceOrder& wish = command.place_order;
  wish.instrument = on.id;
  wish.quantity = Quantity{lots};
  wish.limit = Price{limit};
  wish.side = side;
  wish.kind = OrderKind::limit;
  wish.time_in_force = TimeInForce::gtc;
  wish.self_match = static_cast<SelfMatch>(random_.between(1, 4));
  wish.tag = static_cast<std::uint32_t>(random_.below(3));
  if (side == Side::sell) {
    const std::uint32_t capacity = model_.row(account, on.id, Draw::capacity).free;
    const std::uint32_t held = model_.row(account, on.id, Draw::holding).free;
    const bool is_either = capacity > 0 && held > 0;
    wish.draw = is_either ? static_cast<Draw>(random_.between(1, 2))
                          : (capacity > 0 ? Draw::capacity : Draw::holding);
    const std::uint32_t there = std::max(1U, wish.draw == Draw::capacity ? capacity : held);
    if (lots > there && chance(80)) wish.quantity = Quantity{there};
  }
  return command;
}

AccountId RandomCommands::known_account() {
  const auto& merchants = model_.merchants();
  if (merchants.empty()) return AccountId{1};
  const auto steps = static_cast<std::ptrdiff_t>(random_.below(merchants.size()));
  const auto& [account, merchant] = *std::next(merchants.begin(), steps);
  // Those who have left stay in the lists for ever; most often take one who has not.
  if (merchant.state == MerchantState::exited && chance(80)) return merchants.rbegin()->first;
  return account;
}

AccountId RandomCommands::any_account() {
  if (chance(97)) return known_account();
  return AccountId{
      static_cast<std::uint32_t>(random_.below(model_.configuration().accounts_max + 2))};
}

const Order* RandomCommands::any_order() {
  const auto& orders = model_.orders();
  if (orders.empty()) return nullptr;
  const auto steps = static_cast<std::ptrdiff_t>(random_.below(orders.size()));
  return &std::next(orders.begin(), steps)->second;
}

const Instrument* RandomCommands::any_instrument() {
  const auto& instruments = model_.instruments();
  if (instruments.empty()) return nullptr;
  const auto steps = static_cast<std::ptrdiff_t>(random_.below(instruments.size()));
  return &std::next(instruments.begin(), steps)->second;
}

/// One that trades now, most often one of the few with the busiest books.
const Instrument* RandomCommands::open_instrument() {
  std::vector<const Instrument*> open;
  for (const auto& [slot, on] : model_.instruments()) {
    const bool is_closed = !on.is_product && (on.gate_close <= now_ || on.gate_open > now_);
    const bool is_open = on.state == InstrumentState::open ||
                         (on.state == InstrumentState::scheduled && !on.is_product);
    if (is_open && !is_closed) open.push_back(&on);
  }
  if (open.empty()) return any_instrument();
  const std::size_t few = chance(70) ? std::min<std::size_t>(open.size(), 3) : open.size();
  return open[random_.below(few)];
}

/// A price of the instrument up to `ticks` from its reference, or anywhere within its bounds.
std::int64_t RandomCommands::price_near(const Instrument& on, std::int64_t ticks) {
  if (chance(4)) {
    return static_cast<std::int64_t>(random_.between(static_cast<std::uint64_t>(on.price_min),
                                                     static_cast<std::uint64_t>(on.price_max)));
  }
  const auto offset =
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * ticks + 1))) - ticks;
  return std::clamp(on.reference + offset, on.price_min, on.price_max);
}

ClientOrderId RandomCommands::any_client_id() { return {random_.between(1, 30), 9}; }

Command RandomCommands::next() {
  Command command;
  if (!script_.empty()) {
    command = script_.front();
    script_.pop_front();
  } else if (rules_ >= rules_of_incarnations &&
             sequence_ % commands_per_life == commands_per_life - 1) {
    command = blank(CommandType::begin_incarnation);
    command.begin_incarnation = {(sequence_ + 1) * 0x9e3779b97f4a7c15, sequence_ - 1};
  } else if (rules_ >= rules_of_growth && sequence_ < commands_per_growth * growths_max &&
             sequence_ % commands_per_growth == commands_per_growth - 1) {
    command = growth();
  } else if (!numbered_.empty() && chance(2)) {
    command = resend();
  } else {
    command = profile_ == Profile::adversary ? adversary() : trader();
    give_voice(command);
    ask_for_two(command);
    if (chance(profile_ == Profile::adversary ? 6 : 1)) bend(command);
  }
  stamp(command);
  if (command.client_seq != 0) {
    if (numbered_.size() >= numbered_max) numbered_.erase(numbered_.begin());
    numbered_.push_back(command);
  }
  return command;
}

/// Larger sizes, by an eighth at most; now and then such as are refused.
Command RandomCommands::growth() {
  Command command = blank(CommandType::grow);
  Grow& to = command.grow;
  to = Grow{model_.configuration()};
  for (std::uint32_t Configure::* size :
       {&Configure::accounts_max, &Configure::keys_max, &Configure::instruments_max,
        &Configure::orders_max, &Configure::holdings_max, &Configure::level_pages_max,
        &Configure::client_ids_max, &Configure::references_max, &Configure::currencies_max,
        &Configure::pools_max, &Configure::client_ids_per_account_max,
        &Configure::makers_per_command_max, &Configure::makers_per_bystander_max,
        &Configure::releases_per_command_max}) {
    if (chance(50)) to.*size += static_cast<std::uint32_t>(random_.between(1, 1 + to.*size / 8));
    if (chance(1)) to.*size = model_.configuration().*size - 1;
  }
  if (chance(5)) to.answers_per_key *= 2;
  if (chance(5)) command.key = KeyId{20};
  // Places that were given again keep the keys where they are.
  if (chance(50)) to.keys_max = model_.configuration().keys_max;
  return command;
}

/// Gives the command its place and its time, which runs in leaps now and then.
void RandomCommands::stamp(Command& command) {
  std::uint64_t step = random_.between(1, 1'000'000);
  const std::uint64_t leap = random_.below(1'000);
  if (leap < 300) step = random_.below(2 * ns_per_second) + 1;
  if (leap < 60) step = random_.below(600 * ns_per_second) + 1;
  if (leap < 8) step = random_.below(2 * ns_per_hour) + 1;
  if (leap < 1 && chance(30)) step = random_.below(3 * ns_per_day) + 1;
  const bool is_due = model_.next_due() > now_ && model_.next_due() < now_ + ns_per_hour;
  if (is_due && leap >= 990) {  // to the very moment of a timer, or next to it
    step = static_cast<std::uint64_t>(model_.next_due() - now_) + random_.below(3);
    step -= step > 1 ? 1 : 0;
  }
  now_ += static_cast<std::int64_t>(step);
  command.sequence = ++sequence_;
  command.time = Time{now_};
}

/// Lets the exchange itself speak, or a key that may.
void RandomCommands::give_voice(Command& command) {
  if (command.key.value() != 0 || chance(35)) return;
  std::vector<KeyId> able;
  for (const auto& [id, key] : model_.keys()) {
    const bool is_operator = (key.scopes & scope::operate) != 0;
    const bool is_fit = is_operator || (key.scopes & scope::trade) != 0 || chance(10);
    if (key.revoked || !is_fit) continue;
    if (key.account == command.account || is_operator) able.push_back(id);
  }
  if (able.empty()) return;
  command.key = able[random_.below(able.size())];
  const Key& key = model_.keys().at(command.key);
  if (key.session_open && chance(60)) command.epoch = key.epoch;
  if (chance(50)) number(command);
}

/// What one alone may not do is proposed, most often; and what waits is confirmed.
void RandomCommands::ask_for_two(Command& command) {
  if (!model_.is_four_eyes() || !traits_of(command.type).may_need_two || !chance(70)) return;
  const Command inner = command;
  command = blank(CommandType::propose);
  command.key = inner.key;
  command.epoch = inner.epoch;
  command.client_seq = inner.client_seq;
  command.propose->command = enclose(inner);
}

void RandomCommands::number(Command& command) {
  const Key& key = model_.keys().at(command.key);
  command.client_seq = key.last_client_seq + 1;
  if (!chance(4)) return;
  switch (random_.below(4)) {
    case 0:
      command.client_seq += random_.between(1, 3);
      break;
    case 1:
      command.client_seq -= std::min(command.client_seq, random_.between(1, 40));
      break;
    case 2:
      command.epoch += static_cast<std::uint32_t>(random_.between(1, 2));
      break;
    default:
      command.client_seq = random_.next();
  }
}

/// A numbered command once more: the same, or changed, or by a later session.
Command RandomCommands::resend() {
  Command command = numbered_[random_.below(numbered_.size())];
  if (chance(20)) command.client_seq -= 1;
  if (chance(20)) command.epoch = 0;
  if (chance(20)) bend_word(command);
  return command;
}

/// Breaks something about a command that may have been valid.
void RandomCommands::bend(Command& command) {
  switch (random_.below(10)) {
    case 0:
      command.account = any_account();
      break;
    case 1:
      command.key = KeyId{static_cast<std::uint32_t>(random_.below(40))};
      break;
    case 2:
      command.epoch = static_cast<std::uint32_t>(random_.below(4));
      break;
    case 3:
      command.client_seq = random_.below(4);
      break;
    case 4:
      command.reserved[random_.below(3)] = static_cast<std::uint8_t>(random_.below(2));
      break;
    case 5:
      command.type = static_cast<CommandType>(random_.below(96));
      break;
    default:
      bend_word(command);
  }
}

/// Where the body lies, whatever the type: a word of it may become anything.
std::span<std::uint8_t> RandomCommands::body_bytes(Command& command) {
  switch (command.type) {
#define KARST_LONG(name, number, Body, ...)                                              \
  case CommandType::name:                                                                \
    if constexpr (is_long<Body>) {                                                       \
      return {reinterpret_cast<std::uint8_t*>(&body_in(command.name)), sizeof(Body)};    \
    }                                                                                    \
    break;
    KARST_COMMANDS(KARST_LONG)
#undef KARST_LONG
  }
  return {reinterpret_cast<std::uint8_t*>(&command.configure), 72};
}

/// Puts a value at some limit into some word of the body.
void RandomCommands::bend_word(Command& command) {
  static constexpr std::uint64_t limits[] = {0,
                                             1,
                                             2,
                                             3,
                                             5,
                                             9,
                                             10,
                                             11,
                                             255,
                                             256,
                                             5'000,
                                             5'001,
                                             10'000,
                                             10'001,
                                             50'001,
                                             336,
                                             337,
                                             0x7fffffff,
                                             0x80000000,
                                             0xffffffff,
                                             1ULL << 30,
                                             1ULL << 31,
                                             1ULL << 32,
                                             1ULL << 61,
                                             1ULL << 62,
                                             1ULL << 63,
                                             ~0ULL,
                                             1'000'000'000'000,
                                             1'000'000'000'001};
  std::uint64_t value = limits[random_.below(std::size(limits))];
  if (chance(30)) value += random_.below(3) - 1;
  const std::span<std::uint8_t> body = body_bytes(command);
  static constexpr std::size_t widths[] = {1, 1, 2, 4, 8};
  const std::size_t width = widths[random_.below(std::size(widths))];
  const std::size_t place = random_.below(body.size() / width) * width;
  if (chance(30)) {  // next to what is there
    std::uint64_t there = 0;
    std::memcpy(&there, &body[place], width);
    value = there + random_.below(3) - 1;
  }
  std::memcpy(&body[place], &value, width);
}

}  // namespace karst::model
