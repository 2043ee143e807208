// The fields of every command, in the order in which they are written: one list for the codec, for
// request hashes and for canonical copies.
#pragma once

#include <concepts>
#include <type_traits>

#include "engine/command/command.hpp"

namespace karst {

template <class Body, class Of>
concept BodyOf = std::same_as<std::remove_const_t<Body>, Of>;

// Calls `f(field)` for each field of a body. Bodies without fields have no call.
template <class F>
void visit_fields(BodyOf<Configure> auto& b, F&& f) {
  f(b.accounts_max), f(b.keys_max), f(b.instruments_max), f(b.orders_max), f(b.holdings_max);
  f(b.level_pages_max), f(b.client_ids_max), f(b.references_max), f(b.currencies_max);
  f(b.pools_max), f(b.answers_per_key), f(b.client_ids_per_account_max);
  f(b.makers_per_command_max), f(b.makers_per_bystander_max), f(b.releases_per_command_max);
}
template <class F>
void visit_fields(BodyOf<Tick> auto&, F&&) {}
template <class F>
void visit_fields(BodyOf<AdoptRules> auto& b, F&& f) {
  f(b.version);
}
template <class F>
void visit_fields(BodyOf<BeginIncarnation> auto& b, F&& f) {
  f(b.number), f(b.after);
}
template <class F>
void visit_fields(BodyOf<ClockHeld> auto& b, F&& f) {
  f(b.held);
}
template <class F>
void visit_fields(BodyOf<AcceptClock> auto& b, F&& f) {
  f(b.step_ns);
}
template <class F>
void visit_fields(BodyOf<DefineCurrency> auto& b, F&& f) {
  f(b.currency), f(b.code);
}
template <class F>
void visit_fields(BodyOf<DefineCalendar> auto& b, F&& f) {
  f(b.calendar), f(b.utc_offset_ns);
}
template <class F>
void visit_fields(BodyOf<DefineFees> auto& b, F&& f) {
  f(b.schedule), f(b.maker_bps), f(b.taker_bps), f(b.maker_per_lot), f(b.taker_per_lot);
}
template <class F>
void visit_fields(BodyOf<AdmitMerchant> auto& b, F&& f) {
  f(b.group), f(b.tier), f(b.clearance), f(b.domestic), f(b.name);
}
template <class F>
void visit_fields(BodyOf<SetMerchantState> auto& b, F&& f) {
  f(b.state);
}
template <class F>
void visit_fields(BodyOf<SetMerchantLimits> auto& b, F&& f) {
  f(b.order_quantity_max), f(b.open_orders_max), f(b.order_notional_max);
  f(b.messages_per_10s_max), f(b.messages_per_hour_max), f(b.messages_per_day_max);
}
template <class F>
void visit_fields(BodyOf<SetMerchantProfile> auto& b, F&& f) {
  f(b.group), f(b.tier), f(b.clearance), f(b.domestic);
}
template <class F>
void visit_fields(BodyOf<KillSwitch> auto& b, F&& f) {
  f(b.on);
}
template <class F>
void visit_fields(BodyOf<Fund> auto& b, F&& f) {
  f(b.currency), f(b.amount), f(b.reference);
}
template <class F>
void visit_fields(BodyOf<Withdraw> auto& b, F&& f) {
  f(b.currency), f(b.amount), f(b.reference);
}
template <class F>
void visit_fields(BodyOf<CreateKey> auto& b, F&& f) {
  f(b.new_key), f(b.scopes), f(b.public_key);
}
template <class F>
void visit_fields(BodyOf<RevokeKey> auto& b, F&& f) {
  f(b.revoked_key);
}
template <class F>
void visit_fields(BodyOf<OpenSession> auto& b, F&& f) {
  f(b.disconnect_grace_ns);
}
template <class F>
void visit_fields(BodyOf<CloseSession> auto&, F&&) {}
template <class F>
void visit_fields(BodyOf<SetDeadMan> auto& b, F&& f) {
  f(b.timeout_ns);
}
template <class F>
void visit_fields(BodyOf<Heartbeat> auto&, F&&) {}
template <class F>
void visit_fields(BodyOf<DefinePool> auto& b, F&& f) {
  f(b.pool), f(b.operator_account), f(b.hub), f(b.cluster), f(b.cards_per_node);
  f(b.interconnect_gbps), f(b.memory_gib), f(b.mflops_per_card), f(b.symbol), f(b.accelerator);
  f(b.unit), f(b.domestic_chip);
}
template <class F>
void visit_fields(BodyOf<SetPoolCapacity> auto& b, F&& f) {
  f(b.pool), f(b.from_hour), f(b.capacity);
}
template <class F>
void visit_fields(BodyOf<SetPoolTerms> auto& b, F&& f) {
  f(b.pool), f(b.currency), f(b.calendar), f(b.fees), f(b.band_bps), f(b.tick_value);
  f(b.price_min), f(b.price_max), f(b.list_price), f(b.quantity_max), f(b.tier_min);
  f(b.clearance_min), f(b.domestic_only), f(b.grade), f(b.penalty_bps);
  f(b.gate_open_lead_ns), f(b.gate_close_lead_ns);
}
template <class F>
void visit_fields(BodyOf<ListContracts> auto& b, F&& f) {
  f(b.pool), f(b.from_hour), f(b.hours);
}
template <class F>
void visit_fields(BodyOf<MintCapacity> auto& b, F&& f) {
  f(b.pool), f(b.from_hour), f(b.hours), f(b.quantity);
}
template <class F>
void visit_fields(BodyOf<DefineProduct> auto& b, F&& f) {
  f(b.currency), f(b.calendar), f(b.fees), f(b.band_bps), f(b.tick_value), f(b.price_min);
  f(b.price_max), f(b.list_price), f(b.quantity_max), f(b.seats), f(b.supply), f(b.resale);
  f(b.unit), f(b.tier_min), f(b.clearance_min), f(b.domestic_only), f(b.certificate_expiry);
  f(b.symbol);
}
template <class F>
void visit_fields(BodyOf<SetProductTerms> auto& b, F&& f) {
  f(b.instrument), f(b.certificate_expiry), f(b.terms_hash);
}
template <class F>
void visit_fields(BodyOf<SetInstrumentState> auto& b, F&& f) {
  f(b.instrument), f(b.state);
}
template <class F>
void visit_fields(BodyOf<Halt> auto& b, F&& f) {
  f(b.instrument);
}
template <class F>
void visit_fields(BodyOf<Resume> auto& b, F&& f) {
  f(b.instrument), f(b.reference);
}
template <class F>
void visit_fields(BodyOf<PlaceOrder> auto& b, F&& f) {
  f(b.instrument), f(b.quantity), f(b.limit), f(b.expiry), f(b.client_order_id), f(b.minimum);
  f(b.tag), f(b.side), f(b.kind), f(b.time_in_force), f(b.self_match), f(b.draw);
  f(b.all_or_none);
}
template <class F>
void visit_fields(BodyOf<AmendOrder> auto& b, F&& f) {
  f(b.order), f(b.limit), f(b.quantity);
}
template <class F>
void visit_fields(BodyOf<CancelOrder> auto& b, F&& f) {
  f(b.order), f(b.client_order_id);
}
template <class F>
void visit_fields(BodyOf<MassCancel> auto& b, F&& f) {
  f(b.instrument), f(b.tag), f(b.side);
}
template <class F>
void visit_fields(BodyOf<HibernateOrder> auto& b, F&& f) {
  f(b.order);
}
template <class F>
void visit_fields(BodyOf<ReactivateOrder> auto& b, F&& f) {
  f(b.order);
}
template <class F>
void visit_fields(BodyOf<PostOffer> auto& b, F&& f) {
  f(b.instrument), f(b.price);
}

/// Calls `f(body)` with the body that the command's type says. Returns: false for an unknown type.
template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, Command>
bool visit_body(C& c, F&& f) {
  switch (c.type) {
    case CommandType::configure: f(c.configure); return true;
    case CommandType::tick: f(c.tick); return true;
    case CommandType::adopt_rules: f(c.adopt_rules); return true;
    case CommandType::begin_incarnation: f(c.begin_incarnation); return true;
    case CommandType::clock_held: f(c.clock_held); return true;
    case CommandType::accept_clock: f(c.accept_clock); return true;
    case CommandType::define_currency: f(c.define_currency); return true;
    case CommandType::define_calendar: f(c.define_calendar); return true;
    case CommandType::define_fees: f(c.define_fees); return true;
    case CommandType::admit_merchant: f(c.admit_merchant); return true;
    case CommandType::set_merchant_state: f(c.set_merchant_state); return true;
    case CommandType::set_merchant_limits: f(c.set_merchant_limits); return true;
    case CommandType::set_merchant_profile: f(c.set_merchant_profile); return true;
    case CommandType::kill_switch: f(c.kill_switch); return true;
    case CommandType::fund: f(c.fund); return true;
    case CommandType::withdraw: f(c.withdraw); return true;
    case CommandType::create_key: f(c.create_key); return true;
    case CommandType::revoke_key: f(c.revoke_key); return true;
    case CommandType::open_session: f(c.open_session); return true;
    case CommandType::close_session: f(c.close_session); return true;
    case CommandType::set_dead_man: f(c.set_dead_man); return true;
    case CommandType::heartbeat: f(c.heartbeat); return true;
    case CommandType::define_pool: f(c.define_pool); return true;
    case CommandType::set_pool_capacity: f(c.set_pool_capacity); return true;
    case CommandType::set_pool_terms: f(c.set_pool_terms); return true;
    case CommandType::list_contracts: f(c.list_contracts); return true;
    case CommandType::mint_capacity: f(c.mint_capacity); return true;
    case CommandType::define_product: f(c.define_product); return true;
    case CommandType::set_product_terms: f(c.set_product_terms); return true;
    case CommandType::set_instrument_state: f(c.set_instrument_state); return true;
    case CommandType::halt: f(c.halt); return true;
    case CommandType::resume: f(c.resume); return true;
    case CommandType::place_order: f(c.place_order); return true;
    case CommandType::amend_order: f(c.amend_order); return true;
    case CommandType::cancel_order: f(c.cancel_order); return true;
    case CommandType::mass_cancel: f(c.mass_cancel); return true;
    case CommandType::hibernate_order: f(c.hibernate_order); return true;
    case CommandType::reactivate_order: f(c.reactivate_order); return true;
    case CommandType::post_offer: f(c.post_offer); return true;
  }
  return false;
}

}  // namespace karst
