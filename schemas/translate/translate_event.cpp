// Events to the wire.
#include <cstring>
#include <string>

#include "engine/base/assert.hpp"
#include "schemas/karst/v1/events.pb.h"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"

namespace karst::schemas {
namespace {

void write(const Answer& from, const Event& event, v1::Answer& to) {
  const bool is_rejected = event.type == EventType::rejected;
  to.set_code(is_rejected ? to_wire(static_cast<RejectCode>(event.detail)) : v1::CODE_OK);
  to.set_command(static_cast<std::uint32_t>(from.command));
  to.set_client_seq(from.client_seq);
  to.set_key_id(from.key.value());
  to.set_value(from.value);
  to.set_order_id(from.order.value());
}

v1::OrderChange::What what_of(EventType type) {
  switch (type) {
    case EventType::order_accepted:
      return v1::OrderChange::WHAT_ACCEPTED;
    case EventType::order_booked:
      return v1::OrderChange::WHAT_BOOKED;
    case EventType::order_amended:
      return v1::OrderChange::WHAT_AMENDED;
    case EventType::order_cancelled:
      return v1::OrderChange::WHAT_CANCELLED;
    case EventType::order_hibernated:
      return v1::OrderChange::WHAT_HIBERNATED;
    default:
      return v1::OrderChange::WHAT_REACTIVATED;
  }
}

void write(const OrderChange& from, const Event& event, v1::OrderChange& to) {
  to.set_what(what_of(event.type));
  to.set_order_id(from.order.value());
  to.set_limit_ticks(from.limit.value());
  to.set_quantity_lots(from.quantity.value());
  to.set_side(static_cast<v1::Side>(from.side));
  to.set_time_in_force(static_cast<v1::TimeInForce>(from.time_in_force));
  to.set_tag(from.tag);
  to.set_client_seq(from.client_seq);
  to.set_is_booked((from.flags & order_flag::booked) != 0);
  to.set_was_booked((from.flags & order_flag::was_booked) != 0);
  to.set_is_answer((from.flags & order_flag::answer) != 0);
  to.set_lost_priority((from.flags & order_flag::moved) != 0);
  if (event.type == EventType::order_cancelled) {
    to.set_cancel_reason(static_cast<v1::OrderChange::CancelReason>(event.detail));
  }
}

void write(const Settlement& from, const Event& event, const Event* trade_event, AccountId account,
           v1::Fill& to) {
  KARST_ASSERT(trade_event != nullptr && trade_event->type == EventType::trade);
  const Trade& trade = trade_event->trade;
  const bool is_buyer = from.buyer == account;
  const bool is_taker = (static_cast<Side>(trade_event->detail) == Side::buy) == is_buyer;
  to.set_settlement(from.number);
  to.set_order_id((is_taker ? trade.taker : trade.maker).value());
  to.set_side(is_buyer ? v1::SIDE_BUY : v1::SIDE_SELL);
  to.set_is_taker(is_taker);
  to.set_price_ticks(trade.price.value());
  to.set_quantity_lots(trade.quantity.value());
  to.set_leaves_lots((is_taker ? trade.taker_leaves : trade.maker_leaves).value());
  to.set_fee_fen((is_buyer ? from.buyer_fee : from.seller_fee).value());
  to.set_kind(static_cast<v1::Fill::Kind>(event.detail));
  to.set_match_index(trade.match_index);
  to.set_notional_fen(trade.notional.value());
}

void write(const CashMoved& from, const Event& event, v1::CashMoved& to) {
  const bool is_funded = event.type == EventType::funded;
  to.set_settlement(from.number);
  to.set_amount_fen(is_funded ? from.amount.value() : -from.amount.value());
  to.set_currency_id(from.currency.value());
  std::string reference(sizeof from.reference, '\0');
  std::memcpy(reference.data(), from.reference.data(), reference.size());
  to.set_reference(reference);
}

void write(const MerchantChange& from, v1::MerchantChange& to) {
  to.set_settlement(from.number);
  to.set_state(static_cast<v1::MerchantState>(from.state));
  to.set_group_id(from.group.value());
  to.set_tier(from.tier);
  to.set_clearance(from.clearance);
  to.set_domestic(from.domestic);
  to.set_is_killed(from.killed);
}

void write(const UnitsMoved& from, const Event& event, v1::UnitsMoved& to) {
  const bool is_minted = event.type == EventType::capacity_minted;
  const std::int64_t lots = from.quantity.value();
  to.set_settlement(from.number);
  to.set_hour(from.hour.value());
  to.set_quantity_lots(is_minted ? lots : -lots);
  to.set_pool_id(from.pool.value());
  to.set_row(is_minted ? v1::DRAW_CAPACITY : static_cast<v1::Draw>(event.detail));
}

v1::SessionChange::What session_what_of(EventType type) {
  switch (type) {
    case EventType::key_created:
      return v1::SessionChange::WHAT_KEY_CREATED;
    case EventType::key_revoked:
      return v1::SessionChange::WHAT_KEY_REVOKED;
    case EventType::session_opened:
      return v1::SessionChange::WHAT_OPENED;
    case EventType::session_closed:
      return v1::SessionChange::WHAT_CLOSED;
    default:
      return v1::SessionChange::WHAT_DEAD_MAN_FIRED;
  }
}

void write(const SessionChange& from, const Event& event, v1::SessionChange& to) {
  to.set_what(session_what_of(event.type));
  to.set_key_id(from.key.value());
  to.set_epoch(from.epoch);
  to.set_scopes(from.scopes);
  to.set_last_client_seq(from.last_client_seq);
}

void write(const ProductDefined& from, v1::ProductChange& to) {
  to.set_settlement(from.number);
  to.set_certificate_expiry_ns(from.certificate_expiry.value());
  to.set_list_price_ticks(from.list_price.value());
  to.set_seats(from.seats.value());
  to.set_version(from.version);
  to.set_supply(static_cast<v1::Supply>(from.supply));
  to.set_resale(static_cast<v1::Resale>(from.resale));
}

void write(const SelfMatchPrevented& from, const Event& event, v1::SelfMatchPrevented& to) {
  to.set_taker_order_id(from.taker.value());
  to.set_price_ticks(from.price.value());
  to.set_quantity_lots(from.quantity.value());
  to.set_mode(static_cast<v1::SelfMatch>(event.detail));
}

void write(const Entitlement& from, v1::Entitlement& to) {
  to.set_settlement(from.settlement);
  to.set_price_ticks(from.price.value());
  to.set_issuer_account_id(from.issuer.value());
  to.set_quantity_lots(from.quantity.value());
  to.set_version(from.version);
}

void write(const EscrowReleased& from, v1::EscrowReleased& to) {
  to.set_settlement(from.number);
  to.set_amount_fen(from.amount.value());
  to.set_currency_id(from.currency.value());
}

void write(const OfferPosted& from, v1::OfferPosted& to) {
  to.set_price_ticks(from.price.value());
  to.set_client_seq(from.client_seq);
}

void write_body(const Event& event, const Event* trade, AccountId account, v1::Event& to) {
  switch (event.type) {
    case EventType::done:
    case EventType::rejected:
      return write(event.answer, event, *to.mutable_answer());
    case EventType::order_accepted:
    case EventType::order_booked:
    case EventType::order_amended:
    case EventType::order_cancelled:
    case EventType::order_hibernated:
    case EventType::order_reactivated:
      return write(event.order, event, *to.mutable_order());
    case EventType::self_match_prevented:
      return write(event.self_match, event, *to.mutable_self_match());
    case EventType::settlement:
      return write(event.settlement, event, trade, account, *to.mutable_fill());
    case EventType::entitlement:
      return write(event.entitlement, *to.mutable_entitlement());
    case EventType::funded:
    case EventType::withdrawn:
      return write(event.cash, event, *to.mutable_cash());
    case EventType::merchant_admitted:
    case EventType::merchant_changed:
      return write(event.merchant, *to.mutable_merchant());
    case EventType::escrow_released:
      return write(event.escrow, *to.mutable_escrow());
    case EventType::capacity_minted:
    case EventType::units_burnt:
      return write(event.units, event, *to.mutable_units());
    case EventType::key_created:
    case EventType::key_revoked:
    case EventType::session_opened:
    case EventType::session_closed:
    case EventType::dead_man_fired:
      return write(event.session, event, *to.mutable_session());
    case EventType::product_defined:
    case EventType::product_changed:
      return write(event.product, *to.mutable_product());
    case EventType::offer_posted:
      return write(event.offer, *to.mutable_offer());
    case EventType::repeated:
    case EventType::trade:
    case EventType::currency_defined:
    case EventType::contract_listed:
    case EventType::instrument_state:
    case EventType::instrument_retired:
    case EventType::incarnation_begun:
    case EventType::clock_held:
    case EventType::clock_accepted:
      break;
  }
  KARST_ASSERT(!"an event that stands in no account's log");
}

}  // namespace

void to_wire(const Event& event, const Event* trade, AccountId account, std::uint64_t number,
             v1::Event& wire) {
  wire.Clear();
  wire.set_number(number);
  wire.set_sequence(event.sequence);
  wire.set_index(event.index);
  wire.set_account_id(account.value());
  wire.set_instrument_id(event.instrument.value());
  write_body(event, trade, account, wire);
}

void to_wire(const Command& command, const Event& answer, std::uint64_t number, v1::Reply& wire) {
  wire.set_client_seq(command.client_seq);
  wire.set_sequence(answer.sequence);
  wire.set_engine_ns(command.time.value());
  wire.set_event_number(number);
  switch (answer.type) {
    case EventType::rejected:
      wire.set_code(to_wire(static_cast<RejectCode>(answer.detail)));
      wire.set_value(answer.answer.value);
      wire.set_order_id(answer.answer.order.value());
      return;
    case EventType::done:
      wire.set_value(answer.answer.value);
      wire.set_order_id(answer.answer.order.value());
      return;
    case EventType::repeated:
      wire.set_code(to_wire(answer.repeated.code));
      wire.set_is_repeated(true);
      wire.set_sequence(answer.repeated.original_sequence);
      wire.set_event_number(answer.repeated.original_account_event);
      wire.set_order_id(answer.repeated.order.value());
      return;
    case EventType::order_accepted:
    case EventType::order_amended:
    case EventType::order_cancelled:
    case EventType::order_hibernated:
    case EventType::order_reactivated:
      wire.set_order_id(answer.order.order.value());
      return;
    case EventType::session_opened:
      wire.set_value(answer.session.epoch);
      return;
    default:
      return;
  }
}

}  // namespace karst::schemas
