#include "gateway/sim/demo_market.hpp"

#include <algorithm>
#include <array>

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr std::uint32_t currency = 1;
constexpr std::uint32_t calendar = 1;
constexpr std::uint32_t fees = 1;
constexpr std::uint32_t hours_listed = 12;
constexpr std::uint32_t lots_per_hour = 2'000;
constexpr std::size_t open_orders_max = 900;
constexpr std::uint32_t first_buyer = 21;
constexpr std::uint32_t buyers = 20;
constexpr std::int64_t purse_fen = 50'000'000'000;

/// A pool and its operator (a merchant of the same number), prices in fen per lot-hour.
struct DemoPool {
  const char* symbol;
  const char* owner;
  const char* accelerator;
  std::uint32_t hub;
  std::int64_t list_price;
  v1::Unit unit;
  bool is_domestic_chip;
};
constexpr std::array<DemoPool, 8> pools{{
    {"GUIAN-P", "Gui'an Compute", "MIXED", 1, 2'800, v1::UNIT_P_HOUR, true},
    {"WUHU-P", "Wuhu Compute", "MIXED", 2, 2'950, v1::UNIT_P_HOUR, true},
    {"SHAOGUAN-P", "Shaoguan Compute", "MIXED", 3, 3'100, v1::UNIT_P_HOUR, false},
    {"QINGYANG-P", "Qingyang Compute", "MIXED", 4, 2'600, v1::UNIT_P_HOUR, true},
    {"HOHHOT-CARD", "Horinger Cards", "G3", 5, 1'150, v1::UNIT_CARD_HOUR, false},
    {"ZHONGWEI-CARD", "Zhongwei Cards", "A10", 6, 720, v1::UNIT_CARD_HOUR, false},
    {"CHENGDU-NODE", "Tianfu Nodes", "8xG2", 7, 6'400, v1::UNIT_NODE_HOUR, true},
    {"QIANHAI-P", "Qianhai Compute", "MIXED", 3, 3'300, v1::UNIT_P_HOUR, false},
}};

/// A data product and its price in yuan; seats = 0: non-rival, by posted offer.
struct DemoProduct {
  const char* symbol;
  const char* owner;
  std::int64_t list_price;
  std::uint32_t seats;
  v1::Unit unit;
};
constexpr std::array<DemoProduct, 6> products{{
    {"WEATHER-GZ", "Cloud Atlas Weather", 1'800, 0, v1::UNIT_COPY},
    {"TRUCK-FLOWS", "Highway Data", 4'200, 0, v1::UNIT_COPY},
    {"CREDIT-REPORT", "Qian Credit", 260, 0, v1::UNIT_REPORT},
    {"GEOCODE-KCALL", "Street Index", 15, 0, v1::UNIT_KCALL},
    {"RISK-SEATS", "Harbour Risk", 900, 400, v1::UNIT_SEAT_MONTH},
    {"POWER-GRID", "Grid Insight", 2'500, 150, v1::UNIT_SEAT_MONTH},
}};
constexpr std::uint32_t first_issuer = 1 + pools.size();

[[nodiscard]] bool is_fine(v1::Code code) {
  return code == v1::CODE_OK || code == v1::CODE_ALREADY_EXISTS ||
         code == v1::CODE_HOURS_OUT_OF_BOUNDS || code == v1::CODE_CAPACITY_EXCEEDED;
}

[[nodiscard]] std::int64_t tick_of(const v1::Definition& definition) {
  return std::max<std::int64_t>(definition.list_price_ticks() / 400, 1);
}

}  // namespace

Result<v1::Reply> DemoMarket::say(const v1::Command& command) { return client_.call(command); }

Status DemoMarket::must(const v1::Command& command) {
  const Result<v1::Reply> reply = say(command);
  if (!reply) return reply.error();
  if (is_fine(reply->code())) return {};
  return Error{ErrorCode::invalid, "making the demo market (" + v1::Code_Name(reply->code()) + ")",
               command.ShortDebugString()};
}

Status DemoMarket::make() {
  if (Status status = make_money(); !status) return status;
  if (Status status = make_merchants(); !status) return status;
  if (Status status = make_pools(); !status) return status;
  return make_products();
}

Status DemoMarket::make_money() {
  v1::Command command;
  command.mutable_define_currency()->set_currency_id(currency);
  command.mutable_define_currency()->set_code("CNY");
  if (Status status = must(command); !status) return status;
  command.mutable_define_calendar()->set_calendar_id(calendar);
  command.mutable_define_calendar()->set_utc_offset_ns(8 * ns_per_hour);
  if (Status status = must(command); !status) return status;
  v1::DefineFees& schedule = *command.mutable_define_fees();
  schedule.set_fee_schedule_id(fees);
  schedule.set_maker_bps(5);
  schedule.set_taker_bps(10);
  return must(command);
}

Status DemoMarket::make_merchants() {
  std::map<std::uint32_t, std::string> names;
  for (const DemoPool& pool : pools) {
    names.emplace(static_cast<std::uint32_t>(&pool - pools.data()) + 1, pool.owner);
  }
  for (const DemoProduct& product : products) {
    names.emplace(static_cast<std::uint32_t>(&product - products.data()) + first_issuer,
                  product.owner);
  }
  for (std::uint32_t i = 0; i < buyers; ++i) {
    names.emplace(first_buyer + i, "Start-up " + std::to_string(i + 1));
  }
  for (const auto& [account, name] : names) {
    v1::Command command;
    command.set_account_id(account);
    v1::AdmitMerchant& merchant = *command.mutable_admit_merchant();
    merchant.set_name(name);
    merchant.set_tier(3);
    merchant.set_clearance(3);
    merchant.set_domestic(true);
    if (Status status = must(command); !status) return status;
    v1::Fund& fund = *command.mutable_fund();
    fund.set_currency_id(currency);
    fund.set_amount_fen(purse_fen);
    fund.set_reference("demo purse " + std::to_string(account));
    if (Status status = must(command); !status) return status;
  }
  return {};
}

Status DemoMarket::make_pools() {
  std::uint32_t id = 0;
  for (const DemoPool& pool : pools) {
    ++id;
    v1::Command command;
    v1::DefinePool& definition = *command.mutable_define_pool();
    definition.set_pool_id(id);
    definition.set_operator_account_id(id);
    definition.set_hub(pool.hub);
    definition.set_cluster(id);
    definition.set_cards_per_node(8);
    definition.set_symbol(pool.symbol);
    definition.set_accelerator(pool.accelerator);
    definition.set_unit(pool.unit);
    definition.set_domestic_chip(pool.is_domestic_chip);
    if (Status status = must(command); !status) return status;
    v1::SetPoolCapacity& capacity = *command.mutable_set_pool_capacity();
    capacity.set_pool_id(id);
    capacity.set_from_hour(0);
    capacity.set_capacity_lots(lots_per_hour);
    if (Status status = must(command); !status) return status;
    v1::SetPoolTerms& terms = *command.mutable_set_pool_terms();
    terms.set_pool_id(id);
    terms.set_currency_id(currency);
    terms.set_calendar_id(calendar);
    terms.set_fee_schedule_id(fees);
    terms.set_tick_value_fen(1);
    terms.set_price_min_ticks(1);
    terms.set_price_max_ticks(pool.list_price * 4);
    terms.set_list_price_ticks(pool.list_price);
    terms.set_quantity_lots_max(1'000);
    terms.set_grade(v1::GRADE_STANDARD);
    terms.set_penalty_bps(10'000);
    terms.set_gate_open_lead_ns(30 * ns_per_day);
    terms.set_gate_close_lead_ns(15 * 60 * ns_per_second);
    if (Status status = must(command); !status) return status;
  }
  return {};
}

Status DemoMarket::make_products() {
  std::uint32_t issuer = first_issuer;
  for (const DemoProduct& product : products) {
    // A product's number is the exchange's to give, so it cannot say "exists already": look first.
    const bool is_known = std::ranges::any_of(feed_.instruments(), [&](const auto& entry) {
      return entry.second.definition && entry.second.definition->symbol() == product.symbol;
    });
    v1::Command command;
    command.set_account_id(issuer++);
    if (is_known) continue;
    v1::DefineProduct& definition = *command.mutable_define_product();
    definition.set_currency_id(currency);
    definition.set_calendar_id(calendar);
    definition.set_fee_schedule_id(fees);
    definition.set_tick_value_fen(100);
    definition.set_price_min_ticks(1);
    definition.set_price_max_ticks(product.list_price * 10);
    definition.set_list_price_ticks(product.list_price);
    definition.set_quantity_lots_max(100);
    definition.set_seats(product.seats);
    definition.set_supply(product.seats == 0 ? v1::SUPPLY_NON_RIVAL : v1::SUPPLY_SEATS);
    definition.set_resale(product.seats == 0 ? v1::RESALE_NONE : v1::RESALE_FREE);
    definition.set_unit(product.unit);
    definition.set_certificate_expiry_ns(4'000'000'000'000'000'000);
    definition.set_symbol(product.symbol);
    if (Status status = must(command); !status) return status;
  }
  return {};
}

Status DemoMarket::list_hours(std::int64_t now_ns) {
  const std::int64_t first = now_ns / ns_per_hour + 2;
  for (std::uint32_t id = 1; id <= pools.size(); ++id) {
    for (std::int64_t hour = first; hour < first + hours_listed; ++hour) {
      v1::Command command;
      v1::ListContracts& list = *command.mutable_list_contracts();
      list.set_pool_id(id);
      list.set_from_hour(hour);
      list.set_hours(1);
      const Result<v1::Reply> reply = say(command);
      if (!reply) return reply.error();
      if (reply->code() != v1::CODE_OK) continue;  // listed before
      command.set_account_id(id);
      v1::MintCapacity& mint = *command.mutable_mint_capacity();
      mint.set_pool_id(id);
      mint.set_from_hour(hour);
      mint.set_hours(1);
      mint.set_quantity_lots(lots_per_hour);
      if (Status status = must(command); !status) return status;
    }
  }
  return {};
}

std::int64_t DemoMarket::fair_price(std::uint32_t id, const v1::Definition& definition) {
  const std::int64_t tick = tick_of(definition);
  std::int64_t& drift = drift_[id];
  drift += static_cast<std::int64_t>(random_.between(0, 2)) - 1;
  drift = std::clamp<std::int64_t>(drift, -60, 60);
  // Afternoons (UTC+8) are dearer than nights by up to a tenth.
  const std::int64_t hour = (definition.delivery_hour() + 8) % 24;
  const std::int64_t season = definition.kind() == v1::Definition::KIND_HOUR_CONTRACT
                                  ? definition.list_price_ticks() * (12 - std::abs(hour - 15)) / 120
                                  : 0;
  return std::max<std::int64_t>(definition.list_price_ticks() + season + drift * tick, 1);
}

Status DemoMarket::cancel_oldest() {
  v1::Command command;
  command.set_account_id(open_.front().account);
  command.mutable_cancel_order()->set_order_id(open_.front().order);
  open_.erase(open_.begin());
  const Result<v1::Reply> reply = say(command);
  if (!reply) return reply.error();
  ++counts_.cancels;
  return {};
}

Status DemoMarket::trade(std::uint32_t id, const v1::Definition& definition) {
  const bool is_hour = definition.kind() == v1::Definition::KIND_HOUR_CONTRACT;
  const bool is_posted = definition.supply() == v1::SUPPLY_NON_RIVAL;
  const std::uint32_t provider = is_hour ? definition.pool_id() : definition.issuer();
  const std::int64_t fair = fair_price(id, definition);
  const std::int64_t tick = tick_of(definition);
  v1::Command command;
  // The first thing that happens to a product of that kind is that its issuer offers it.
  if (is_posted && (offered_.insert(id).second || random_.chance(1, 12))) {
    command.set_account_id(provider);
    command.mutable_post_offer()->set_instrument_id(id);
    command.mutable_post_offer()->set_price_ticks(fair);
    const Result<v1::Reply> reply = say(command);
    if (!reply) return reply.error();
    return {};
  }
  const bool is_sell = !is_posted && random_.chance(1, 2);
  // Once the provider has sold all it had, lots go on from buyer to buyer.
  const bool is_resale = is_sell && sold_out_.contains(id);
  const bool is_aggressive = random_.chance(1, 4);
  const auto away = static_cast<std::int64_t>(random_.between(1, 9)) * tick;
  const std::int64_t limit = is_sell == is_aggressive ? fair - away : fair + away;
  const std::uint32_t buyer = first_buyer + static_cast<std::uint32_t>(random_.below(buyers));
  command.set_account_id(is_sell && !is_resale ? provider : buyer);
  v1::PlaceOrder& order = *command.mutable_place_order();
  order.set_instrument_id(id);
  order.set_side(is_sell ? v1::SIDE_SELL : v1::SIDE_BUY);
  order.set_limit_ticks(std::clamp(limit, definition.price_min_ticks(),
                                   definition.price_max_ticks()));
  order.set_quantity_lots(1 + static_cast<std::uint32_t>(random_.below(is_hour ? 24 : 3)));
  order.set_kind(v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(is_aggressive ? v1::TIME_IN_FORCE_IOC : v1::TIME_IN_FORCE_GTC);
  order.set_self_match(v1::SELF_MATCH_CANCEL_OLDEST);
  if (is_sell) order.set_draw(is_resale ? v1::DRAW_HOLDING : v1::DRAW_CAPACITY);
  const Result<v1::Reply> reply = say(command);
  if (!reply) return reply.error();
  if (reply->code() == v1::CODE_INSUFFICIENT_CAPACITY) sold_out_.insert(id);
  if (reply->code() != v1::CODE_OK) {
    ++counts_.refusals;
    return {};
  }
  ++counts_.orders;
  if (!is_aggressive) open_.push_back({reply->order_id(), command.account_id()});
  return {};
}

Status DemoMarket::step() {
  if (open_.size() > open_orders_max) return cancel_oldest();
  std::vector<std::uint32_t> ids;
  for (const auto& [id, instrument] : feed_.instruments()) {
    if (instrument.definition && !instrument.is_ended) ids.push_back(id);
  }
  if (ids.empty()) return {};
  // Half of all trading is in the nearest contract that is quoted most.
  const std::uint32_t star = featured();
  const std::uint32_t id =
      star != 0 && random_.chance(1, 2) ? star : ids[random_.below(ids.size())];
  return trade(id, *feed_.find(id)->definition);
}

std::uint32_t DemoMarket::featured() const {
  std::uint32_t best = 0;
  std::uint64_t most = 0;
  for (const auto& [id, instrument] : feed_.instruments()) {
    const bool is_hour = instrument.definition && !instrument.is_ended &&
                         instrument.definition->kind() == v1::Definition::KIND_HOUR_CONTRACT;
    if (is_hour && (best == 0 || instrument.trades_count > most)) {
      best = id;
      most = instrument.trades_count;
    }
  }
  return best;
}

}  // namespace karst::tool
