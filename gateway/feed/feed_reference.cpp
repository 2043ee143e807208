#include "gateway/feed/feed_reference.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace karst::feed {

FeedReference::FeedReference(const Configure& sizes)
    : currencies_(sizes.currencies_max), pools_(sizes.pools_max), terms_(sizes.instruments_max) {}

void FeedReference::apply(const Command& command, std::span<const Event> events) {
  if (command.type != CommandType::define_pool && command.type != CommandType::set_pool_terms &&
      command.type != CommandType::define_currency) {
    return;
  }
  const bool is_done = std::ranges::any_of(events, [](const Event& event) {
    return event.type == EventType::done || event.type == EventType::currency_defined;
  });
  if (!is_done) return;
  if (command.type == CommandType::define_pool) {
    restore_pool(command.define_pool);
  } else if (command.type == CommandType::set_pool_terms) {
    restore_pool_terms(command.set_pool_terms);
  } else {
    restore_currency(command.define_currency.currency, command.define_currency.code);
  }
}

void FeedReference::apply(const Command& command, const Event& event) {
  const std::uint32_t slot = slot_of(event.instrument);
  switch (event.type) {
    case EventType::contract_listed:
      list_contract(event);
      break;
    case EventType::product_defined:
      KARST_ASSERT(command.type == CommandType::define_product);
      define_product(command.define_product, event);
      break;
    case EventType::product_changed:
      terms_[slot].certificate_expiry = event.product.certificate_expiry;
      terms_[slot].version = event.product.version;
      break;
    case EventType::instrument_retired:
      retire(event);
      break;
    default:
      break;
  }
}

void FeedReference::retire(const Event& event) {
  InstrumentTerms& terms = terms_[slot_of(event.instrument)];
  retired_.push_back({terms, event.state.before, event.state.reference});
  ++retired_end_;
  if (retired_.size() > retired_max) retired_.pop_front();
  terms.instrument = InstrumentId{0};
}

void FeedReference::list_contract(const Event& event) {
  const Pool& pool = pools_[event.contract.pool.value()];
  InstrumentTerms terms{};
  terms.instrument = event.instrument;
  terms.is_contract = true;
  terms.symbol = pool.pool.symbol;
  terms.currency = currencies_[event.contract.currency.value()];
  terms.unit = pool.pool.unit;
  terms.tick_value = pool.terms.tick_value;
  terms.price_min = pool.terms.price_min;
  terms.price_max = pool.terms.price_max;
  terms.list_price = event.contract.list_price;
  terms.quantity_max = pool.terms.quantity_max;
  terms.band_bps = pool.terms.band_bps;
  terms.tier_min = pool.terms.tier_min;
  terms.clearance_min = pool.terms.clearance_min;
  terms.domestic_only = pool.terms.domestic_only;
  terms.pool = event.contract.pool;
  terms.hour = event.contract.hour;
  terms.gate_open = event.contract.gate_open;
  terms.gate_close = event.contract.gate_close;
  terms.grade = pool.terms.grade;
  terms.penalty_bps = pool.terms.penalty_bps;
  terms.hub = pool.pool.hub;
  terms.cluster = pool.pool.cluster;
  restore(terms);
}

void FeedReference::define_product(const DefineProduct& asked, const Event& event) {
  InstrumentTerms terms{};
  terms.instrument = event.instrument;
  terms.symbol = asked.symbol;
  terms.currency = currencies_[event.product.currency.value()];
  terms.unit = asked.unit;
  terms.tick_value = asked.tick_value;
  terms.price_min = asked.price_min;
  terms.price_max = asked.price_max;
  terms.list_price = event.product.list_price;
  terms.quantity_max = asked.quantity_max;
  terms.band_bps = asked.band_bps;
  terms.tier_min = asked.tier_min;
  terms.clearance_min = asked.clearance_min;
  terms.domestic_only = asked.domestic_only;
  terms.supply = event.product.supply;
  terms.resale = event.product.resale;
  terms.issuer = event.product.issuer;
  terms.seats = event.product.seats;
  terms.certificate_expiry = event.product.certificate_expiry;
  terms.version = event.product.version;
  restore(terms);
}

void FeedReference::restore_currency(CurrencyId currency, const Text<8>& code) {
  currencies_[currency.value()] = code;
}

void FeedReference::restore_pool(const DefinePool& pool) { pools_[pool.pool.value()].pool = pool; }

void FeedReference::restore_pool_terms(const SetPoolTerms& terms) {
  pools_[terms.pool.value()].terms = terms;
}

void FeedReference::restore(const InstrumentTerms& terms) {
  terms_[slot_of(terms.instrument)] = terms;
}

}  // namespace karst::feed
