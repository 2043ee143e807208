// The fields of every command: which wire field is which engine field, and its range.
// Included by translate.cpp only; ranges are those docs/ENGINE.md calls fields.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/fields.hpp"

namespace karst::schemas {

inline constexpr std::int64_t amount_fen_max = std::int64_t{1} << 62;
inline constexpr std::int64_t fen_per_lot_max = 1'000'000'000'000;
inline constexpr std::int64_t hour_max = std::int64_t{1} << 31;
inline constexpr std::uint32_t lots_max = 0x7fffffff;
inline constexpr std::int64_t ticks_max = std::int64_t{1} << 30;
inline constexpr std::uint32_t hours_max = 336;
inline constexpr std::uint32_t level_max = 9;  // tiers and clearances
inline constexpr std::uint32_t bps_max = 10'000;

template <class Way, class M>
void fields(Way& way, Configure& c, M& m) {
  way.number(KARST_FIELD(accounts_max), c.accounts_max);
  way.number(KARST_FIELD(keys_max), c.keys_max);
  way.number(KARST_FIELD(instruments_max), c.instruments_max);
  way.number(KARST_FIELD(orders_max), c.orders_max);
  way.number(KARST_FIELD(holdings_max), c.holdings_max);
  way.number(KARST_FIELD(level_pages_max), c.level_pages_max);
  way.number(KARST_FIELD(client_ids_max), c.client_ids_max);
  way.number(KARST_FIELD(references_max), c.references_max);
  way.number(KARST_FIELD(currencies_max), c.currencies_max);
  way.number(KARST_FIELD(pools_max), c.pools_max);
  way.number(KARST_FIELD(answers_per_key), c.answers_per_key);
  way.number(KARST_FIELD(client_ids_per_account_max), c.client_ids_per_account_max);
  way.number(KARST_FIELD(makers_per_command_max), c.makers_per_command_max);
  way.number(KARST_FIELD(makers_per_bystander_max), c.makers_per_bystander_max);
  way.number(KARST_FIELD(releases_per_command_max), c.releases_per_command_max);
}

template <class Way, class M>
void fields(Way&, Tick&, M&) {}
template <class Way, class M>
void fields(Way& way, AdoptRules& c, M& m) {
  way.number(KARST_FIELD(version), c.version);
}
template <class Way, class M>
void fields(Way& way, BeginIncarnation& c, M& m) {
  way.number(KARST_FIELD(incarnation), c.number);
  way.number(KARST_FIELD(after_sequence), c.after);
}
template <class Way, class M>
void fields(Way& way, ClockHeld& c, M& m) {
  way.flag(KARST_FIELD(held), c.held);
}
template <class Way, class M>
void fields(Way& way, AcceptClock& c, M& m) {
  way.number(KARST_FIELD(step_ns), c.step_ns);
}
template <class Way, class M>
void fields(Way&, CloseSession&, M&) {}
template <class Way, class M>
void fields(Way&, Heartbeat&, M&) {}

template <class Way, class M>
void fields(Way& way, DefineCurrency& c, M& m) {
  way.number(KARST_FIELD(currency_id), c.currency, 1, 0xffff);
  way.text(KARST_FIELD(code), c.code);
}

template <class Way, class M>
void fields(Way& way, DefineCalendar& c, M& m) {
  way.number(KARST_FIELD(calendar_id), c.calendar, 1, 255);
  way.number(KARST_FIELD(utc_offset_ns), c.utc_offset_ns, -12 * ns_per_hour, 14 * ns_per_hour);
}

template <class Way, class M>
void fields(Way& way, DefineFees& c, M& m) {
  constexpr std::uint32_t fee_bps_max = 5'000;
  way.number(KARST_FIELD(fee_schedule_id), c.schedule, 1, 255);
  way.number(KARST_FIELD(maker_bps), c.maker_bps, 0U, fee_bps_max);
  way.number(KARST_FIELD(taker_bps), c.taker_bps, 0U, fee_bps_max);
  way.number(KARST_FIELD(maker_per_lot_fen), c.maker_per_lot, std::int64_t{0}, fen_per_lot_max);
  way.number(KARST_FIELD(taker_per_lot_fen), c.taker_per_lot, std::int64_t{0}, fen_per_lot_max);
}

/// AdmitMerchant and SetMerchantProfile.
template <class Way, class C, class M>
void profile_fields(Way& way, C& c, M& m) {
  way.number(KARST_FIELD(group_id), c.group);
  way.number(KARST_FIELD(tier), c.tier, 0U, level_max);
  way.number(KARST_FIELD(clearance), c.clearance, 0U, level_max);
  way.flag(KARST_FIELD(domestic), c.domestic);
}

template <class Way, class M>
void fields(Way& way, AdmitMerchant& c, M& m) {
  profile_fields(way, c, m);
  way.text(KARST_FIELD(name), c.name);
}

template <class Way, class M>
void fields(Way& way, SetMerchantProfile& c, M& m) {
  profile_fields(way, c, m);
}

template <class Way, class M>
void fields(Way& way, SetMerchantState& c, M& m) {
  way.choice(KARST_FIELD(state), c.state, v1::MerchantState_IsValid);
}

template <class Way, class M>
void fields(Way& way, SetMerchantLimits& c, M& m) {
  way.number(KARST_FIELD(order_quantity_lots_max), c.order_quantity_max, 1U, lots_max);
  way.number(KARST_FIELD(open_orders_max), c.open_orders_max);
  way.number(KARST_FIELD(order_notional_fen_max), c.order_notional_max, std::int64_t{1},
             amount_fen_max);
  way.number(KARST_FIELD(messages_per_10s_max), c.messages_per_10s_max);
  way.number(KARST_FIELD(messages_per_hour_max), c.messages_per_hour_max);
  way.number(KARST_FIELD(messages_per_day_max), c.messages_per_day_max);
}

template <class Way, class M>
void fields(Way& way, KillSwitch& c, M& m) {
  way.flag(KARST_FIELD(on), c.on);
}

/// Fund and Withdraw.
template <class Way, class C, class M>
void cash_fields(Way& way, C& c, M& m) {
  way.number(KARST_FIELD(currency_id), c.currency, 1, 0xffff);
  way.number(KARST_FIELD(amount_fen), c.amount, std::int64_t{1}, amount_fen_max);
  way.name16(KARST_FIELD(reference), c.reference, false);
}

template <class Way, class M>
void fields(Way& way, Fund& c, M& m) {
  cash_fields(way, c, m);
}

template <class Way, class M>
void fields(Way& way, Withdraw& c, M& m) {
  cash_fields(way, c, m);
}

template <class Way, class M>
void fields(Way& way, CreateKey& c, M& m) {
  way.number(KARST_FIELD(key_id), c.new_key, 1U, 0xffffffffU);
  way.number(KARST_FIELD(scopes), c.scopes, 1U, std::uint32_t{scope::all});
  way.digest(KARST_FIELD(public_key), c.public_key);
}

template <class Way, class M>
void fields(Way& way, RevokeKey& c, M& m) {
  way.number(KARST_FIELD(key_id), c.revoked_key, 1U, 0xffffffffU);
}

template <class Way, class M>
void fields(Way& way, OpenSession& c, M& m) {
  way.number(KARST_FIELD(disconnect_grace_ns), c.disconnect_grace_ns, std::int64_t{-1}, ns_per_day);
}

template <class Way, class M>
void fields(Way& way, SetDeadMan& c, M& m) {
  constexpr std::int64_t shortest_ns = 1'000'000;
  way.number(KARST_FIELD(timeout_ns), c.timeout_ns, std::int64_t{0}, ns_per_day);
  if constexpr (std::is_same_v<Way, Reader>) {
    if (c.timeout_ns > 0 && c.timeout_ns < shortest_ns) way.refuse("timeout_ns");
  }
}

template <class Way, class M>
void fields(Way& way, DefinePool& c, M& m) {
  way.number(KARST_FIELD(pool_id), c.pool, 1U, 0xffffffffU);
  way.number(KARST_FIELD(operator_account_id), c.operator_account);
  way.number(KARST_FIELD(hub), c.hub);
  way.number(KARST_FIELD(cluster), c.cluster);
  way.number(KARST_FIELD(cards_per_node), c.cards_per_node);
  way.number(KARST_FIELD(interconnect_gbps), c.interconnect_gbps);
  way.number(KARST_FIELD(memory_gib), c.memory_gib);
  way.number(KARST_FIELD(mflops_per_card), c.mflops_per_card);
  way.text(KARST_FIELD(symbol), c.symbol);
  way.text(KARST_FIELD(accelerator), c.accelerator);
  way.choice(KARST_FIELD(unit), c.unit, v1::Unit_IsValid);
  way.flag(KARST_FIELD(domestic_chip), c.domestic_chip);
}

template <class Way, class M>
void fields(Way& way, SetPoolCapacity& c, M& m) {
  way.number(KARST_FIELD(pool_id), c.pool);
  way.number(KARST_FIELD(from_hour), c.from_hour);
  way.number(KARST_FIELD(capacity_lots), c.capacity);
}

/// What pools and products share: money, prices, and who may buy.
template <class Way, class C, class M>
void terms_fields(Way& way, C& c, M& m) {
  way.number(KARST_FIELD(currency_id), c.currency);
  way.number(KARST_FIELD(calendar_id), c.calendar);
  way.number(KARST_FIELD(fee_schedule_id), c.fees);
  way.number(KARST_FIELD(band_bps), c.band_bps, 0U, bps_max);
  way.number(KARST_FIELD(tick_value_fen), c.tick_value, std::int64_t{1}, fen_per_lot_max);
  way.number(KARST_FIELD(price_min_ticks), c.price_min, std::int64_t{1}, ticks_max);
  way.number(KARST_FIELD(price_max_ticks), c.price_max, std::int64_t{1}, ticks_max);
  way.number(KARST_FIELD(list_price_ticks), c.list_price, std::int64_t{1}, ticks_max);
  way.number(KARST_FIELD(quantity_lots_max), c.quantity_max, 1U, lots_max);
  way.number(KARST_FIELD(tier_min), c.tier_min, 0U, level_max);
  way.number(KARST_FIELD(clearance_min), c.clearance_min, 0U, level_max);
  way.flag(KARST_FIELD(domestic_only), c.domestic_only);
  if constexpr (std::is_same_v<Way, Reader>) {
    if (c.price_min > c.list_price) way.refuse("price_min_ticks");
    if (c.list_price > c.price_max) way.refuse("price_max_ticks");
  }
}

template <class Way, class M>
void fields(Way& way, SetPoolTerms& c, M& m) {
  constexpr std::uint32_t penalty_bps_max = 50'000;
  constexpr std::int64_t lead_ns_max = 400 * ns_per_day;
  way.number(KARST_FIELD(pool_id), c.pool);
  terms_fields(way, c, m);
  way.choice(KARST_FIELD(grade), c.grade, v1::Grade_IsValid);
  way.number(KARST_FIELD(penalty_bps), c.penalty_bps, 0U, penalty_bps_max);
  way.number(KARST_FIELD(gate_open_lead_ns), c.gate_open_lead_ns, std::int64_t{0}, lead_ns_max);
  way.number(KARST_FIELD(gate_close_lead_ns), c.gate_close_lead_ns, std::int64_t{0}, lead_ns_max);
}

template <class Way, class M>
void fields(Way& way, ListContracts& c, M& m) {
  way.number(KARST_FIELD(pool_id), c.pool);
  way.number(KARST_FIELD(from_hour), c.from_hour);
  way.number(KARST_FIELD(hours), c.hours, 1U, hours_max);
}

template <class Way, class M>
void fields(Way& way, MintCapacity& c, M& m) {
  way.number(KARST_FIELD(pool_id), c.pool);
  way.number(KARST_FIELD(from_hour), c.from_hour);
  way.number(KARST_FIELD(hours), c.hours, 1U, hours_max);
  way.number(KARST_FIELD(quantity_lots), c.quantity, 1U, lots_max);
}

template <class Way, class M>
void fields(Way& way, DefineProduct& c, M& m) {
  terms_fields(way, c, m);
  way.number(KARST_FIELD(seats), c.seats, 0U, lots_max);
  way.choice(KARST_FIELD(supply), c.supply, v1::Supply_IsValid);
  way.choice(KARST_FIELD(resale), c.resale, v1::Resale_IsValid);
  way.choice(KARST_FIELD(unit), c.unit, v1::Unit_IsValid);
  way.number(KARST_FIELD(certificate_expiry_ns), c.certificate_expiry);
  way.text(KARST_FIELD(symbol), c.symbol);
}

template <class Way, class M>
void fields(Way& way, SetProductTerms& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.number(KARST_FIELD(certificate_expiry_ns), c.certificate_expiry);
  way.digest(KARST_FIELD(terms_hash), c.terms_hash);
}

template <class Way, class M>
void fields(Way& way, SetInstrumentState& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.choice(KARST_FIELD(state), c.state, v1::InstrumentState_IsValid);
}

template <class Way, class M>
void fields(Way& way, Halt& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
}

template <class Way, class M>
void fields(Way& way, Resume& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.number(KARST_FIELD(reference_ticks), c.reference);
}

template <class Way, class M>
void fields(Way& way, PlaceOrder& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.choice(KARST_FIELD(side), c.side, v1::Side_IsValid);
  way.number(KARST_FIELD(limit_ticks), c.limit);
  way.number(KARST_FIELD(quantity_lots), c.quantity);
  way.choice(KARST_FIELD(kind), c.kind, v1::OrderKind_IsValid);
  way.choice(KARST_FIELD(time_in_force), c.time_in_force, v1::TimeInForce_IsValid);
  way.number(KARST_FIELD(expiry_ns), c.expiry);
  way.name16(KARST_FIELD(client_order_id), c.client_order_id, true);
  way.number(KARST_FIELD(minimum_lots), c.minimum);
  way.number(KARST_FIELD(tag), c.tag);
  way.choice(KARST_FIELD(self_match), c.self_match, v1::SelfMatch_IsValid);
  way.choice(KARST_FIELD(draw), c.draw, v1::Draw_IsValid, true);
  way.flag(KARST_FIELD(all_or_none), c.all_or_none);
}

template <class Way, class M>
void fields(Way& way, AmendOrder& c, M& m) {
  way.number(KARST_FIELD(order_id), c.order);
  way.number(KARST_FIELD(limit_ticks), c.limit);
  way.number(KARST_FIELD(quantity_lots), c.quantity, 1U, 0xffffffffU);
}

template <class Way, class M>
void fields(Way& way, CancelOrder& c, M& m) {
  way.number(KARST_FIELD(order_id), c.order);
  way.name16(KARST_FIELD(client_order_id), c.client_order_id, true);
  if constexpr (std::is_same_v<Way, Reader>) {
    const bool has_name = c.client_order_id[0] != 0 || c.client_order_id[1] != 0;
    if (c.order.is_none() != has_name) way.refuse("order_id");
  }
}

template <class Way, class M>
void fields(Way& way, MassCancel& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.number(KARST_FIELD(tag), c.tag);
  way.choice(KARST_FIELD(side), c.side, v1::Side_IsValid, true);
}

template <class Way, class M>
void fields(Way& way, HibernateOrder& c, M& m) {
  way.number(KARST_FIELD(order_id), c.order);
}

template <class Way, class M>
void fields(Way& way, ReactivateOrder& c, M& m) {
  way.number(KARST_FIELD(order_id), c.order);
}

template <class Way, class M>
void fields(Way& way, PostOffer& c, M& m) {
  way.number(KARST_FIELD(instrument_id), c.instrument);
  way.number(KARST_FIELD(price_ticks), c.price);
}

}  // namespace karst::schemas
