#include "tests/model/request.hpp"

#include <cstring>
#include <type_traits>

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

/// Bodies that are nothing but their fields, as they lie in memory; the others field by field.
template <class Body>
  requires std::has_unique_object_representations_v<Body>
void put_body(Bytes& to, const Body& body) {
  put(to, body);
}

void put_body(Bytes& to, const DefineCalendar& c) { put(to, c.calendar, c.utc_offset_ns); }

void put_body(Bytes& to, const DefineFees& f) {
  put(to, f.schedule, f.maker_bps, f.taker_bps, f.maker_per_lot, f.taker_per_lot);
}

void put_body(Bytes& to, const AdmitMerchant& m) {
  put(to, m.group, m.tier, m.clearance, m.domestic, m.name);
}

void put_body(Bytes& to, const SetMerchantProfile& p) {
  put(to, p.group, p.tier, p.clearance, p.domestic);
}

void put_body(Bytes& to, const Fund& f) { put(to, f.currency, f.amount, f.reference); }

void put_body(Bytes& to, const Withdraw& w) { put(to, w.currency, w.amount, w.reference); }

void put_body(Bytes& to, const CreateKey& k) { put(to, k.new_key, k.scopes, k.public_key); }

void put_body(Bytes& to, const SetPoolCapacity& s) { put(to, s.pool, s.from_hour, s.capacity); }

void put_body(Bytes& to, const ListContracts& l) { put(to, l.pool, l.from_hour, l.hours); }

void put_body(Bytes& to, const MintCapacity& m) {
  put(to, m.pool, m.from_hour, m.hours, m.quantity);
}

void put_body(Bytes& to, const SetProductTerms& t) {
  put(to, t.instrument, t.certificate_expiry, t.terms_hash);
}

void put_body(Bytes& to, const SetInstrumentState& s) { put(to, s.instrument, s.state); }

void put_body(Bytes& to, const Resume& r) { put(to, r.instrument, r.reference); }

void put_body(Bytes& to, const AmendOrder& a) { put(to, a.order, a.limit, a.quantity); }

void put_body(Bytes& to, const MassCancel& m) { put(to, m.instrument, m.tag, m.side); }

void put_body(Bytes& to, const PostOffer& o) { put(to, o.instrument, o.price); }

void put_body(Bytes& to, const SetFourEyes& f) { put(to, f.on, f.unseen_max); }

void put_body(Bytes& to, const DefineCurrency& d) { put(to, d.currency, d.code); }

// These have no fields: a byte of them says nothing.
void put_body(Bytes&, const Tick&) {}
void put_body(Bytes&, const CloseSession&) {}
void put_body(Bytes&, const Heartbeat&) {}

void put_body(Bytes& to, const PlaceOrder& p) {
  put(to, p.instrument, p.quantity, p.limit, p.expiry, p.client_order_id, p.minimum, p.tag, p.side,
      p.kind, p.time_in_force, p.self_match, p.draw, p.all_or_none);
}

void put_body(Bytes& to, const SetPoolTerms& t) {
  put(to, t.pool, t.currency, t.calendar, t.fees, t.band_bps, t.tick_value, t.price_min,
      t.price_max, t.list_price, t.quantity_max, t.tier_min, t.clearance_min, t.domestic_only,
      t.grade, t.penalty_bps, t.gate_open_lead_ns, t.gate_close_lead_ns);
}

void put_body(Bytes& to, const DefineProduct& p) {
  put(to, p.currency, p.calendar, p.fees, p.band_bps, p.tick_value, p.price_min, p.price_max,
      p.list_price, p.quantity_max, p.seats, p.supply, p.resale, p.unit, p.tier_min,
      p.clearance_min, p.domestic_only, p.certificate_expiry, p.symbol, p.title);
}

void put_body(Bytes& to, const DefinePool& p) {
  put(to, p.pool, p.operator_account, p.hub, p.cluster, p.cards_per_node, p.interconnect_gbps,
      p.memory_gib, p.mflops_per_card, p.symbol, p.accelerator, p.unit, p.domestic_chip);
}

void put_body(Bytes& to, const SetMerchantLimits& l) {
  put(to, l.order_quantity_max, l.open_orders_max, l.order_notional_max, l.messages_per_10s_max,
      l.messages_per_hour_max, l.messages_per_day_max);
}

}  // namespace

Bytes request_of(const Command& command) {
  Bytes request;
  put(request, command.type, command.account);
  switch (command.type) {
#define KARST_PUT(name, number, Body, ...) \
  case CommandType::name: put_body(request, body_in(command.name)); break;
    KARST_COMMANDS(KARST_PUT)
#undef KARST_PUT
  }
  return request;
}

Bytes request_of(const PlaceOrder& order) {
  Bytes request;
  put_body(request, order);
  return request;
}

}  // namespace karst::model
