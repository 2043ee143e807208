#include "gateway/sim/cluster_market.hpp"

#include <algorithm>
#include <string>

#include "gateway/sim/cluster_demand.hpp"
#include "gateway/sim/cluster_settings.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t calendar = 1;
constexpr std::uint32_t fees = 1;
constexpr std::uint32_t maker_bps = 5;
constexpr std::uint32_t taker_bps = 10;
constexpr std::int64_t purse_fen = 1'000'000'000'000'000;
constexpr std::int64_t price_factor_max = 10;  // times the list price
constexpr std::uint32_t order_lots_max = 1'000'000;

}  // namespace

ClusterMarket::ClusterMarket(ClusterDesk& desk, const ClusterTrace& trace, std::uint32_t hours)
    : desk_(desk), trace_(trace), hours_(hours), lots_(provider_lots(trace)) {
  for (const std::string& model : trace.models) prices_.push_back(list_price_of(model));
}

Status ClusterMarket::make() {
  if (Status made = make_money(); !made) return made;
  if (Status made = make_merchants(); !made) return made;
  for (std::uint32_t pool = 1; pool <= pools(); ++pool) {
    if (Status made = make_pool(pool); !made) return made;
  }
  const auto answers = desk_.settle(desk_.everybody());
  return answers ? Status{} : Status(answers.error());
}

Status ClusterMarket::make_money() {
  v1::Command command;
  command.mutable_define_currency()->set_currency_id(cluster_currency.value());
  command.mutable_define_currency()->set_code("CNY");
  if (Status sent = desk_.send(command); !sent) return sent;
  command.mutable_define_calendar()->set_calendar_id(calendar);
  command.mutable_define_calendar()->set_utc_offset_ns(cluster_utc_offset_ns);
  if (Status sent = desk_.send(command); !sent) return sent;
  v1::DefineFees& schedule = *command.mutable_define_fees();
  schedule.set_fee_schedule_id(fees);
  schedule.set_maker_bps(maker_bps);
  schedule.set_taker_bps(taker_bps);
  return desk_.send(command);
}

Status ClusterMarket::make_merchants() {
  for (std::uint32_t account = 1; account <= cluster_merchants; ++account) {
    const bool is_team = account >= first_team;
    v1::Command command;
    command.set_account_id(account);
    v1::AdmitMerchant& merchant = *command.mutable_admit_merchant();
    merchant.set_name(is_team ? "Team " + std::to_string(account - first_team + 1)
                              : "Provider " + std::to_string(account));
    merchant.set_tier(3);
    merchant.set_clearance(3);
    merchant.set_domestic(true);
    if (Status sent = desk_.send(command); !sent) return sent;
    if (!is_team) continue;
    v1::Fund& fund = *command.mutable_fund();
    fund.set_currency_id(cluster_currency.value());
    fund.set_amount_fen(purse_fen);
    fund.set_reference("purse " + std::to_string(account));
    if (Status sent = desk_.send(command); !sent) return sent;
  }
  return {};
}

Status ClusterMarket::make_pool(std::uint32_t pool) {
  const std::string model = trace_.models[pool - 1].substr(0, 16);
  v1::Command command;
  v1::DefinePool& definition = *command.mutable_define_pool();
  definition.set_pool_id(pool);
  definition.set_operator_account_id(1);
  definition.set_hub(1);
  definition.set_cluster(pool);
  definition.set_symbol(model);
  definition.set_accelerator(model);
  definition.set_unit(v1::UNIT_CARD_HOUR);
  if (Status sent = desk_.send(command); !sent) return sent;
  v1::SetPoolCapacity& capacity = *command.mutable_set_pool_capacity();
  capacity.set_pool_id(pool);
  capacity.set_from_hour(cluster_first_hour);
  capacity.set_capacity_lots(static_cast<std::uint32_t>(trace_.cards(pool - 1) * lots_per_card));
  if (Status sent = desk_.send(command); !sent) return sent;
  v1::SetPoolTerms& terms = *command.mutable_set_pool_terms();
  terms.set_pool_id(pool);
  terms.set_currency_id(cluster_currency.value());
  terms.set_calendar_id(calendar);
  terms.set_fee_schedule_id(fees);
  terms.set_tick_value_fen(1);
  terms.set_price_min_ticks(1);
  terms.set_price_max_ticks(list_price(pool) * price_factor_max);
  terms.set_list_price_ticks(list_price(pool));
  terms.set_quantity_lots_max(order_lots_max);
  terms.set_grade(v1::GRADE_STANDARD);
  terms.set_penalty_bps(10'000);
  terms.set_gate_open_lead_ns(30 * ns_per_day);
  terms.set_gate_close_lead_ns(cluster_gate_lead_s * ns_per_second);
  return desk_.send(command);
}

Result<ClusterMarket::Listed> ClusterMarket::begin_hour(std::uint32_t hour) {
  const Listed listed{listed_end_, std::min(hour + cluster_window_hours, hours_) + 1};
  if (listed.begin < listed.end) {
    if (Status done = list(listed.begin, listed.end); !done) return done.error();
    if (Status done = mint(listed.begin, listed.end); !done) return done.error();
    // The ids of the new contracts are in the providers' events.
    if (const auto settled = desk_.settle(desk_.providers()); !settled) return settled.error();
    if (Status done = post_asks(listed.begin, listed.end, hour); !done) return done.error();
    listed_end_ = listed.end;
  }
  for (const std::uint32_t lead : markdown_hours) {
    if (hour + lead >= listed.begin) continue;  // asked for at its price from the start
    if (Status done = mark_down(hour + lead, hour); !done) return done.error();
  }
  if (const auto settled = desk_.settle(desk_.providers()); !settled) return settled.error();
  return listed;
}

Status ClusterMarket::list(std::uint32_t begin, std::uint32_t end) {
  for (std::uint32_t pool = 1; pool <= pools(); ++pool) {
    v1::Command command;
    v1::ListContracts& list = *command.mutable_list_contracts();
    list.set_pool_id(pool);
    list.set_from_hour(cluster_first_hour + begin);
    list.set_hours(end - begin);
    if (Status sent = desk_.send(command); !sent) return sent;
  }
  return {};
}

Status ClusterMarket::mint(std::uint32_t begin, std::uint32_t end) {
  for (std::uint32_t pool = 1; pool <= pools(); ++pool) {
    for (std::uint32_t provider = 0; provider < cluster_providers; ++provider) {
      const std::uint32_t lots = lots_[pool - 1][provider];
      if (lots == 0) continue;
      v1::Command command;
      command.set_account_id(provider + 1);
      v1::MintCapacity& mint = *command.mutable_mint_capacity();
      mint.set_pool_id(pool);
      mint.set_from_hour(cluster_first_hour + begin);
      mint.set_hours(end - begin);
      mint.set_quantity_lots(lots);
      if (Status sent = desk_.send(command); !sent) return sent;
    }
  }
  return {};
}

Status ClusterMarket::post_asks(std::uint32_t begin, std::uint32_t end, std::uint32_t now) {
  for (std::uint32_t hour = begin; hour < end; ++hour) {
    for (std::uint32_t pool = 1; pool <= pools(); ++pool) {
      const std::uint32_t instrument = desk_.accounts().instrument({pool, hour});
      for (std::uint32_t place = 0; place < cluster_providers * ask_rungs; ++place) {
        const std::uint32_t provider = place / ask_rungs;
        const std::uint32_t rung = place % ask_rungs;
        const std::uint32_t lots = rung_lots(lots_[pool - 1][provider], rung);
        if (lots == 0) continue;
        v1::Command command;
        command.set_account_id(provider + 1);
        v1::PlaceOrder& order = *command.mutable_place_order();
        order.set_instrument_id(instrument);
        order.set_side(v1::SIDE_SELL);
        order.set_limit_ticks(ask_price(list_price(pool), provider, rung, hour - now));
        order.set_quantity_lots(lots);
        order.set_kind(v1::ORDER_KIND_LIMIT);
        order.set_time_in_force(v1::TIME_IN_FORCE_GTC);
        order.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
        order.set_draw(v1::DRAW_CAPACITY);
        order.set_tag(rung);
        if (Status sent = desk_.send(command); !sent) return sent;
      }
    }
  }
  return {};
}

Status ClusterMarket::mark_down(std::uint32_t hour, std::uint32_t now) {
  for (std::uint32_t pool = 1; pool <= pools(); ++pool) {
    for (const OpenAsk& ask : desk_.accounts().asks({pool, hour})) {
      const std::int64_t price =
          ask_price(list_price(pool), ask.account - 1, ask.rung, hour - now);
      if (price == ask.price) continue;
      v1::Command command;
      command.set_account_id(ask.account);
      v1::AmendOrder& amend = *command.mutable_amend_order();
      amend.set_order_id(ask.order);
      amend.set_limit_ticks(price);
      amend.set_quantity_lots(ask.total);
      if (Status sent = desk_.send(command); !sent) return sent;
    }
  }
  return {};
}

}  // namespace karst::tool
