// Data products and their terms.
#include "engine/reference/terms.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

void emit_product(State& state, EventType type, const Instrument& instrument, std::uint32_t seats,
                  std::uint64_t number) {
  const std::uint64_t event_number = state.next_event_number(instrument.issuer);
  state.emit(type, 0, instrument.id,
             ProductDefined{.number = number,
                            .account_event = event_number,
                            .certificate_expiry = Time{instrument.certificate_expiry_ns},
                            .list_price = Price{instrument.list_price},
                            .issuer = AccountId{instrument.issuer},
                            .seats = Quantity{seats},
                            .version = instrument.version,
                            .supply = instrument.supply,
                            .resale = instrument.resale,
                            .currency = CurrencyId{instrument.currency}});
  state.note_answer(event_number, 0);
}

}  // namespace

Checked<DefineProduct> check(const State& state, const Command& command,
                             const DefineProduct& body) {
  RejectCode code = check_issuer(state.accounts[command.account.value()]);
  if (code == RejectCode::none) code = check_terms(state, body);
  if (code != RejectCode::none) return code;
  const bool needs_row = body.seats.value() != 0;
  if (state.instruments.slots_free() == 0 || (needs_row && state.holdings.rows_free() == 0)) {
    return RejectCode::exchange_full;
  }
  return {};
}

void carry_out(State& state, const Command& command, const Checked<DefineProduct>&) {
  const DefineProduct& body = command.define_product;
  Instrument& product = state.instruments.take();
  set_terms(state, product, body);
  product.state = InstrumentState::open;
  product.kind = InstrumentKind::data_product;
  product.modes = bit_of(body.supply == Supply::non_rival ? TradeMode::posted : TradeMode::book);
  product.resale = body.resale;
  product.supply = body.supply;
  product.unit = body.unit;
  product.issuer = command.account.value();
  product.version = 1;
  product.certificate_expiry_ns = product.tradable_until_ns = body.certificate_expiry.value();
  product.symbol = body.symbol;
  emit_product(state, EventType::product_defined, product, body.seats.value(),
               state.next_settlement());
  if (body.seats.value() != 0) mint(state, product, product.issuer, body.seats.value());
}

Checked<SetProductTerms> check(const State& state, const Command&, const SetProductTerms& body) {
  const Instrument* product = state.instruments.find(body.instrument);
  if (product == nullptr || product->kind != InstrumentKind::data_product) {
    return RejectCode::unknown_instrument;
  }
  if (product->state == InstrumentState::delisted) return RejectCode::instrument_delisted;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetProductTerms>&) {
  const SetProductTerms& body = command.set_product_terms;
  Instrument& product = state.instruments[slot_of(body.instrument)];
  product.certificate_expiry_ns = product.tradable_until_ns = body.certificate_expiry.value();
  product.terms_hash = body.terms_hash;
  ++product.version;
  emit_product(state, EventType::product_changed, product,
               product.allows(TradeMode::posted) ? 0 : product.minted, 0);
}

}  // namespace karst
