#include "gateway/feed/feed_restore.hpp"

#include <vector>

#include "engine/state/account_table.hpp"
#include "engine/state/instrument_table.hpp"

namespace karst::feed {
namespace {

/// What the engine keeps of an instrument, as the feed tells it.
InstrumentTerms terms_of(const Engine& engine, const Instrument& instrument) {
  InstrumentTerms terms{};
  terms.instrument = instrument.id;
  terms.is_contract = instrument.traits().has_gate;
  const CurrencyId currency{static_cast<std::uint16_t>(instrument.currency)};
  terms.currency = *engine.currency_code(currency);
  terms.unit = instrument.unit;
  terms.tick_value = Money{instrument.tick_value};
  terms.price_min = Price{instrument.price_min};
  terms.price_max = Price{instrument.price_max};
  terms.list_price = Price{instrument.list_price};
  terms.quantity_max = Quantity{instrument.quantity_max};
  terms.band_bps = static_cast<std::uint16_t>(instrument.band_bps);
  terms.tier_min = level::tier(instrument.levels_needed);
  terms.clearance_min = level::clearance(instrument.levels_needed);
  terms.domestic_only = level::is_domestic(instrument.levels_needed);
  if (terms.is_contract) {
    const DefinePool& pool = engine.pool(PoolId{instrument.pool})->definition;
    terms.symbol = pool.symbol;
    terms.pool = pool.pool;
    terms.hour = Hour{instrument.hour};
    terms.gate_open = Time{instrument.gate_open_ns};
    terms.gate_close = Time{instrument.tradable_until_ns};
    terms.grade = instrument.grade;
    terms.penalty_bps = static_cast<std::uint16_t>(instrument.penalty_bps);
    terms.hub = pool.hub;
    terms.cluster = pool.cluster;
  } else {
    terms.symbol = instrument.symbol;
    terms.supply = instrument.supply;
    terms.resale = instrument.resale;
    terms.issuer = AccountId{instrument.issuer};
    const bool has_seats = instrument.supply != Supply::non_rival;  // else licences are counted
    terms.seats = Quantity{has_seats ? instrument.minted : 0};
    terms.certificate_expiry = Time{instrument.certificate_expiry_ns};
    terms.version = instrument.version;
  }
  return terms;
}

}  // namespace

void restore(FeedPublisher& publisher, const Engine& engine, Time time) {
  FeedReference& reference = publisher.reference_to_restore();
  FeedBook& book = publisher.book_to_restore();
  for (std::uint32_t id = 1; id < engine.sizes().currencies_max; ++id) {
    const CurrencyId currency{static_cast<std::uint16_t>(id)};
    if (const Text<8>* code = engine.currency_code(currency)) {
      reference.restore_currency(currency, *code);
    }
  }
  for (std::uint32_t id = 1; id < engine.sizes().pools_max; ++id) {
    const Pool* pool = engine.pool(PoolId{id});
    if (pool == nullptr) continue;
    reference.restore_pool(pool->definition);
    if (pool->has_terms != 0) reference.restore_pool_terms(pool->terms);
  }
  std::vector<RestingOrder> orders;
  for (std::uint32_t slot = 1; slot < engine.instruments_end(); ++slot) {
    const InstrumentId id = engine.instrument_in(slot);
    if (id.is_none()) continue;
    const Instrument& instrument = *engine.instrument(id);
    reference.restore(terms_of(engine, instrument));
    book.restore_instrument(id, instrument.state, Price{instrument.reference},
                            Price{instrument.offer});
    for (const Side side : {Side::buy, Side::sell}) {
      orders.clear();
      engine.resting_orders(id, side, orders);
      for (const RestingOrder& order : orders) {
        book.restore_order(id, order.id, side, order.price, order.leaves);
      }
    }
  }
  publisher.restored(engine.sequence(), time, engine.incarnations());
}

}  // namespace karst::feed
