#include "tests/model/request.hpp"

#include <cstring>

namespace karst::model {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <class... Fields>
void put(Bytes& to, const Fields&... fields) {
  const auto put_one = [&](const auto& field) {
    const std::size_t end = to.size();
    to.resize(end + sizeof field);
    std::memcpy(to.data() + end, &field, sizeof field);
  };
  (put_one(fields), ...);
}

void put_body(Bytes& to, const PlaceOrder& p) {
  put(to, p.instrument, p.quantity, p.limit, p.expiry, p.client_order_id, p.minimum, p.tag, p.side,
      p.kind, p.time_in_force, p.self_match, p.draw, p.all_or_none);
}

void put_body(Bytes& to, const Configure& c) { put(to, c); }

void put_body(Bytes& to, const SetPoolTerms& t) {
  put(to, t.pool, t.currency, t.calendar, t.fees, t.band_bps, t.tick_value, t.price_min,
      t.price_max, t.list_price, t.quantity_max, t.tier_min, t.clearance_min, t.domestic_only,
      t.grade, t.penalty_bps, t.gate_open_lead_ns, t.gate_close_lead_ns);
}

void put_body(Bytes& to, const DefineProduct& p) {
  put(to, p.currency, p.calendar, p.fees, p.band_bps, p.tick_value, p.price_min, p.price_max,
      p.list_price, p.quantity_max, p.seats, p.supply, p.resale, p.unit, p.tier_min,
      p.clearance_min, p.domestic_only, p.certificate_expiry, p.symbol);
}

void put_body(Bytes& to, const DefinePool& p) {
  put(to, p.pool, p.operator_account, p.hub, p.cluster, p.cards_per_node, p.interconnect_gbps,
      p.memory_gib, p.mflops_per_card, p.symbol, p.accelerator, p.unit, p.domestic_chip);
}

void put_body(Bytes& to, const SetMerchantLimits& l) {
  put(to, l.order_quantity_max, l.open_orders_max, l.order_notional_max, l.messages_per_10s_max,
      l.messages_per_hour_max, l.messages_per_day_max);
}

void put_account_body(Bytes& to, const Command& c) {
  switch (c.type) {
    case CommandType::admit_merchant: {
      const AdmitMerchant& m = c.admit_merchant;
      return put(to, m.group, m.tier, m.clearance, m.domestic, m.name);
    }
    case CommandType::set_merchant_state:
      return put(to, c.set_merchant_state.state);
    case CommandType::set_merchant_limits:
      return put_body(to, c.set_merchant_limits);
    case CommandType::set_merchant_profile: {
      const SetMerchantProfile& p = c.set_merchant_profile;
      return put(to, p.group, p.tier, p.clearance, p.domestic);
    }
    case CommandType::kill_switch:
      return put(to, c.kill_switch.on);
    case CommandType::fund:
      return put(to, c.fund.currency, c.fund.amount, c.fund.reference);
    case CommandType::withdraw:
      return put(to, c.withdraw.currency, c.withdraw.amount, c.withdraw.reference);
    case CommandType::create_key:
      return put(to, c.create_key.new_key, c.create_key.scopes, c.create_key.public_key);
    case CommandType::revoke_key:
      return put(to, c.revoke_key.revoked_key);
    case CommandType::open_session:
      return put(to, c.open_session.disconnect_grace_ns);
    case CommandType::set_dead_man:
      return put(to, c.set_dead_man.timeout_ns);
    default:
      return;
  }
}

void put_reference_body(Bytes& to, const Command& c) {
  switch (c.type) {
    case CommandType::configure:
      return put_body(to, c.configure);
    case CommandType::adopt_rules:
      return put(to, c.adopt_rules.version);
    case CommandType::begin_incarnation:
      return put(to, c.begin_incarnation.number, c.begin_incarnation.after);
    case CommandType::clock_held:
      return put(to, c.clock_held.held);
    case CommandType::accept_clock:
      return put(to, c.accept_clock.step_ns);
    case CommandType::define_currency:
      return put(to, c.define_currency.currency, c.define_currency.code);
    case CommandType::define_calendar:
      return put(to, c.define_calendar.calendar, c.define_calendar.utc_offset_ns);
    case CommandType::define_fees: {
      const DefineFees& f = c.define_fees;
      return put(to, f.schedule, f.maker_bps, f.taker_bps, f.maker_per_lot, f.taker_per_lot);
    }
    case CommandType::define_pool:
      return put_body(to, c.define_pool);
    case CommandType::set_pool_capacity: {
      const SetPoolCapacity& s = c.set_pool_capacity;
      return put(to, s.pool, s.from_hour, s.capacity);
    }
    case CommandType::set_pool_terms:
      return put_body(to, c.set_pool_terms);
    case CommandType::list_contracts:
      return put(to, c.list_contracts.pool, c.list_contracts.from_hour, c.list_contracts.hours);
    case CommandType::mint_capacity: {
      const MintCapacity& m = c.mint_capacity;
      return put(to, m.pool, m.from_hour, m.hours, m.quantity);
    }
    case CommandType::define_product:
      return put_body(to, c.define_product);
    case CommandType::set_product_terms: {
      const SetProductTerms& t = c.set_product_terms;
      return put(to, t.instrument, t.certificate_expiry, t.terms_hash);
    }
    case CommandType::set_instrument_state:
      return put(to, c.set_instrument_state.instrument, c.set_instrument_state.state);
    case CommandType::halt:
      return put(to, c.halt.instrument);
    case CommandType::resume:
      return put(to, c.resume.instrument, c.resume.reference);
    default:
      return;
  }
}

void put_order_body(Bytes& to, const Command& c) {
  switch (c.type) {
    case CommandType::place_order:
      return put_body(to, c.place_order);
    case CommandType::amend_order:
      return put(to, c.amend_order.order, c.amend_order.limit, c.amend_order.quantity);
    case CommandType::cancel_order:
      return put(to, c.cancel_order.order, c.cancel_order.client_order_id);
    case CommandType::mass_cancel:
      return put(to, c.mass_cancel.instrument, c.mass_cancel.tag, c.mass_cancel.side);
    case CommandType::hibernate_order:
      return put(to, c.hibernate_order.order);
    case CommandType::reactivate_order:
      return put(to, c.reactivate_order.order);
    case CommandType::post_offer:
      return put(to, c.post_offer.instrument, c.post_offer.price);
    default:
      return;
  }
}

}  // namespace

Bytes request_of(const Command& command) {
  Bytes request;
  put(request, command.type, command.account);
  put_account_body(request, command);
  put_reference_body(request, command);
  put_order_body(request, command);
  return request;
}

Bytes request_of(const PlaceOrder& order) {
  Bytes request;
  put_body(request, order);
  return request;
}

}  // namespace karst::model
