#include "tests/gateway/tool/trade_fixture.hpp"

#include <chrono>

#include "gateway/client/calls.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::test {
namespace {

constexpr std::uint32_t hours = 3;

void must(const Result<v1::Reply>& reply) {
  ASSERT_TRUE(reply) << reply.error().text();
  ASSERT_EQ(reply->code(), v1::CODE_OK) << reply->ShortDebugString();
}

v1::DefineProduct atlas() {
  v1::DefineProduct product;
  product.set_currency_id(1);
  product.set_calendar_id(1);
  product.set_fee_schedule_id(1);
  product.set_tick_value_fen(100);
  product.set_price_min_ticks(1);
  product.set_price_max_ticks(100'000);
  product.set_list_price_ticks(1'000);
  product.set_quantity_lots_max(100);
  product.set_supply(v1::SUPPLY_NON_RIVAL);
  product.set_resale(v1::RESALE_NONE);
  product.set_unit(v1::UNIT_COPY);
  product.set_certificate_expiry_ns(4'000'000'000'000'000'000);
  product.set_symbol("ATLAS");
  return product;
}

v1::SetPoolTerms terms() {
  v1::SetPoolTerms terms;
  terms.set_pool_id(1);
  terms.set_currency_id(1);
  terms.set_calendar_id(1);
  terms.set_fee_schedule_id(1);
  terms.set_tick_value_fen(1);
  terms.set_price_min_ticks(1);
  terms.set_price_max_ticks(100'000);
  terms.set_list_price_ticks(2'800);
  terms.set_quantity_lots_max(1'000);
  terms.set_grade(v1::GRADE_STANDARD);
  terms.set_gate_open_lead_ns(30 * ns_per_day);
  terms.set_gate_close_lead_ns(15 * 60 * ns_per_second);
  return terms;
}

void make_pool(gateway::Client& client, std::int64_t first) {
  v1::DefinePool pool;
  pool.set_pool_id(1);
  pool.set_operator_account_id(carol.account);
  pool.set_symbol("GY");
  pool.set_accelerator("MIXED");
  pool.set_unit(v1::UNIT_P_HOUR);
  must(gateway::call(client, pool));
  v1::SetPoolCapacity capacity;
  capacity.set_pool_id(1);
  capacity.set_capacity_lots(100);
  must(gateway::call(client, capacity));
  must(gateway::call(client, terms()));
  v1::ListContracts list;
  list.set_pool_id(1);
  list.set_from_hour(first);
  list.set_hours(hours);
  must(gateway::call(client, list));
  v1::MintCapacity mint;
  mint.set_pool_id(1);
  mint.set_from_hour(first);
  mint.set_hours(hours);
  mint.set_quantity_lots(100);
  must(gateway::call(client, mint, {.account = carol.account}));
}

}  // namespace

TradeCommands::TradeCommands() {
  const auto client = exchange.connect(operator_key);
  must(gateway::call(*client, atlas(), {.account = alice.account}));
  const auto now = std::chrono::duration_cast<std::chrono::hours>(
      std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t first = now.count() + 2;
  make_pool(*client, first);
  first_hour_ = "GY@" + tool::format_hour(first).substr(0, 13) + "Z";
}

std::string TradeCommands::order(const std::string& line) const {
  const Json made = exchange.json(line, "order");
  return made.is_object() ? made["order_id"].get<std::string>() : "0";
}

}  // namespace karst::test
