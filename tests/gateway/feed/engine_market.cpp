#include "tests/gateway/feed/engine_market.hpp"

#include <cstring>

#include "engine/state/instrument_table.hpp"

namespace karst::feed::test {
namespace {

constexpr std::uint32_t merchants = 8;
constexpr std::int64_t start_ns = 1'000 * ns_per_hour;
constexpr std::int64_t step_ns = 10 * ns_per_second;
constexpr std::uint32_t hours_ahead = 6;
constexpr std::int64_t price_low = 90;
constexpr std::uint32_t prices = 21;
constexpr std::size_t orders_remembered = 48;

}  // namespace

EngineMarket::EngineMarket(std::uint64_t seed)
    : generator_(seed),
      engine_(sizes()),
      ring_memory_(std::size_t{2} * events_per_command_max),
      ring_{ring_memory_.data(), ring_memory_.size() - 1, 0},
      next_hour_(start_ns / ns_per_hour + 2) {
  queue_set_up();
  queue_products();
}

Configure EngineMarket::sizes() {
  Configure sizes{};
  sizes.accounts_max = 16;
  sizes.keys_max = 16;
  sizes.instruments_max = 32;
  sizes.orders_max = 4'096;
  sizes.holdings_max = 4'096;
  sizes.level_pages_max = 256;
  sizes.client_ids_max = 64;
  sizes.references_max = 64;
  sizes.currencies_max = 4;
  sizes.pools_max = 4;
  sizes.answers_per_key = 16;
  sizes.client_ids_per_account_max = 16;
  sizes.makers_per_command_max = 4;
  sizes.makers_per_bystander_max = 2;
  sizes.releases_per_command_max = 8;
  return sizes;
}

Command& EngineMarket::ask(CommandType type, std::uint32_t account) {
  Command command;
  command.type = type;
  command.account = AccountId{account};
  script_.push_back(command);
  return script_.back();
}

void EngineMarket::queue_set_up() {
  ask(CommandType::configure).configure = sizes();
  ask(CommandType::define_currency).define_currency = {CurrencyId{1}, {'C', 'N', 'Y'}};
  ask(CommandType::define_calendar).define_calendar = {CalendarId{1}, 8 * ns_per_hour};
  ask(CommandType::define_fees).define_fees = {FeeScheduleId{1}, 5, 10, Money{0}, Money{0}};
  for (std::uint32_t account = 1; account <= merchants; ++account) {
    AdmitMerchant& admit = ask(CommandType::admit_merchant, account).admit_merchant;
    admit.tier = 9;
    admit.clearance = 9;
    admit.domestic = true;
    admit.name = {'m', static_cast<char>('0' + account)};
    Fund& fund = ask(CommandType::fund, account).fund;
    fund = {CurrencyId{1}, Money{std::int64_t{1} << 50}, {account, 1}};
  }
  DefinePool& pool = ask(CommandType::define_pool).define_pool;
  pool.pool = PoolId{1};
  pool.operator_account = AccountId{1};
  pool.hub = 3;
  pool.cluster = 7;
  pool.symbol = {'G', 'Z', '-', '1'};
  pool.accelerator = {'a', '9', '1', '0'};
  pool.unit = Unit::p_hour;
  SetPoolTerms& terms = ask(CommandType::set_pool_terms).set_pool_terms;
  terms.pool = PoolId{1};
  terms.currency = CurrencyId{1};
  terms.calendar = CalendarId{1};
  terms.fees = FeeScheduleId{1};
  terms.band_bps = 900;
  terms.tick_value = Money{10};
  terms.price_min = Price{1};
  terms.price_max = Price{1'000'000};
  terms.list_price = Price{100};
  terms.quantity_max = Quantity{1'000};
  terms.grade = Grade::standard;
  terms.penalty_bps = 10'000;
  terms.gate_open_lead_ns = 3 * ns_per_hour;
  terms.gate_close_lead_ns = ns_per_hour / 4;
  SetPoolCapacity& capacity = ask(CommandType::set_pool_capacity).set_pool_capacity;
  capacity = {PoolId{1}, Hour{0}, Quantity{1'000'000}};
}

void EngineMarket::queue_products() {
  for (const Supply supply : {Supply::seats, Supply::non_rival}) {
    DefineProduct& product = ask(CommandType::define_product, 1).define_product;
    product.currency = CurrencyId{1};
    product.calendar = CalendarId{1};
    product.fees = FeeScheduleId{1};
    product.tick_value = Money{100};
    product.price_min = Price{1};
    product.price_max = Price{1'000};
    product.list_price = Price{100};
    product.quantity_max = Quantity{500};
    product.seats = Quantity{supply == Supply::seats ? 100'000U : 0U};
    product.supply = supply;
    product.resale = Resale::free;
    product.unit = supply == Supply::seats ? Unit::seat_month : Unit::copy;
    product.certificate_expiry = Time{start_ns + 1'000 * ns_per_day};
    product.symbol = {'D', supply == Supply::seats ? '1' : '2'};
  }
}

void EngineMarket::queue_contracts() {
  ListContracts& list = ask(CommandType::list_contracts).list_contracts;
  list = {PoolId{1}, Hour{next_hour_}, 1};
  for (const std::uint32_t provider : {1U, 2U}) {
    MintCapacity& mint = ask(CommandType::mint_capacity, provider).mint_capacity;
    mint = {PoolId{1}, Hour{next_hour_}, 1, Quantity{100'000}};
  }
  ++next_hour_;
}

void EngineMarket::next() {
  const std::uint64_t sequence = engine_.sequence() + 1;
  const std::int64_t time = start_ns + static_cast<std::int64_t>(sequence) * step_ns;
  if (script_at_ == script_.size()) {
    script_.clear();
    script_at_ = 0;
    if (next_hour_ <= time / ns_per_hour + hours_ahead) {
      queue_contracts();
    } else {
      act();
    }
  }
  command_ = script_[script_at_++];
  command_.sequence = sequence;
  command_.time = Time{time};
  const Applied applied = engine_.apply(command_, ring_);
  events_.clear();
  for (std::uint32_t i = 0; i < applied.count; ++i) {
    events_.push_back(ring_.at(applied.first + i));
    remember(events_.back());
  }
}

void EngineMarket::remember(const Event& event) {
  if (event.type != EventType::order_accepted) return;
  const Order order{event.order.order, event.order.account, event.order.quantity.value()};
  if (orders_.size() < orders_remembered) {
    orders_.push_back(order);
  } else {
    orders_[random(orders_remembered)] = order;
  }
}

void EngineMarket::act() {
  const std::uint32_t die = random(100);
  if (die < 75) return place();
  if (die < 95 && !orders_.empty()) return change();
  operate();
}

void EngineMarket::place() {
  const std::vector<InstrumentId> instruments = listed();
  InstrumentId id{0};
  for (int attempt = 0; attempt < 8; ++attempt) {
    id = instruments[random(static_cast<std::uint32_t>(instruments.size()))];
    if (engine_.instrument(id)->state == InstrumentState::open) break;
  }
  const bool is_posted = engine_.instrument(id)->allows(TradeMode::posted);
  const bool is_buy = is_posted || random(2) == 0;
  // Providers sell capacity and seats; the others resell what they have bought.
  const bool is_provider = random(2) == 0;
  const std::uint32_t account = is_provider ? 1 + random(2) : 1 + random(merchants);
  PlaceOrder& order = ask(CommandType::place_order, account).place_order;
  order.instrument = id;
  order.quantity = Quantity{1 + random(40)};
  order.limit = Price{price_low + random(prices)};
  order.side = is_buy ? Side::buy : Side::sell;
  order.kind = random(10) == 0 ? OrderKind::post_only : OrderKind::limit;
  order.time_in_force =
      order.kind == OrderKind::limit && random(4) == 0 ? TimeInForce::ioc : TimeInForce::gtc;
  order.self_match = static_cast<SelfMatch>(1 + random(4));
  order.draw = is_buy ? Draw::none : is_provider ? Draw::capacity : Draw::holding;
  order.tag = random(3);
}

void EngineMarket::change() {
  const Order& order = orders_[random(static_cast<std::uint32_t>(orders_.size()))];
  const std::uint32_t account = order.account.value();
  switch (random(12)) {
    case 0:
    case 5:
    case 6:
      ask(CommandType::amend_order, account).amend_order = {
          order.id, Price{price_low + random(prices)}, Quantity{1 + random(60)}};
      break;
    case 1:
    case 2:
      ask(CommandType::cancel_order, account).cancel_order = {order.id, {}};
      break;
    case 3:
      ask(CommandType::hibernate_order, account).hibernate_order = {order.id};
      break;
    case 4:
      ask(CommandType::hibernate_order, account).hibernate_order = {order.id};
      ask(CommandType::reactivate_order, account).reactivate_order = {order.id};
      break;
    case 8:
      ask(CommandType::mass_cancel, account).mass_cancel = {InstrumentId{0}, 1 + random(2), 0};
      break;
    default:
      break;
  }
  ask(CommandType::tick);
}

void EngineMarket::operate() {
  const std::vector<InstrumentId> instruments = listed();
  const InstrumentId id = instruments[random(static_cast<std::uint32_t>(instruments.size()))];
  switch (random(8)) {
    case 0:
      ask(CommandType::halt).halt = {id};
      break;
    case 1:
    case 6:
    case 7:
      for (const InstrumentId halted : instruments) {
        if (engine_.instrument(halted)->state != InstrumentState::halted) continue;
        ask(CommandType::resume).resume = {halted, Price{100}};
      }
      break;
    case 2:
      ask(CommandType::set_product_terms, 1).set_product_terms = {
          id, Time{start_ns + (1'000 + random(100)) * ns_per_day}, {}};
      break;
    case 3:
      ask(CommandType::set_instrument_state).set_instrument_state = {id,
                                                                     InstrumentState::suspended};
      ask(CommandType::set_instrument_state).set_instrument_state = {id, InstrumentState::open};
      break;
    default:
      for (const InstrumentId posted : instruments) {
        if (!engine_.instrument(posted)->allows(TradeMode::posted)) continue;
        const std::int64_t price = random(4) == 0 ? 0 : price_low + random(prices);
        ask(CommandType::post_offer, 1).post_offer = {posted, Price{price}};
      }
      break;
  }
  ask(CommandType::tick);
}

Depth EngineMarket::depth(InstrumentId instrument) const {
  Depth depth;
  const std::int64_t offer = engine_.instrument(instrument)->offer;
  if (offer != 0) depth.push(Side::sell, {offer, quantity_unlimited, 1});
  for (const Side side : {Side::buy, Side::sell}) {
    engine_.levels(instrument, side,
                   [&](std::int64_t price, std::uint64_t quantity, std::uint32_t orders) {
                     if (depth.side(side).size() == Depth::levels_max) return false;
                     depth.push(side, {price, quantity, orders});
                     return true;
                   });
  }
  return depth;
}

std::vector<InstrumentId> EngineMarket::listed() const {
  std::vector<InstrumentId> listed;
  for (std::uint32_t slot = 1; slot < engine_.instruments_end(); ++slot) {
    const InstrumentId id = engine_.instrument_in(slot);
    if (!id.is_none()) listed.push_back(id);
  }
  return listed;
}

}  // namespace karst::feed::test
