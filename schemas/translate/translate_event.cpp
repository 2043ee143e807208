// Events to the wire.
#include <cstring>
#include <string>

#include "engine/base/assert.hpp"
#include "schemas/karst/v1/events.pb.h"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/text.hpp"
#include "schemas/translate/translate.hpp"

namespace karst::schemas {
namespace {

using Around = EventInLog;

void write(const Answer& from, const Around& at, v1::Event& wire) {
  v1::Answer& to = *wire.mutable_answer();
  const bool is_rejected = at.event.type == EventType::rejected;
  to.set_code(is_rejected ? to_wire(static_cast<RejectCode>(at.event.detail)) : v1::CODE_OK);
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

void write(const OrderChange& from, const Around& at, v1::Event& wire) {
  v1::OrderChange& to = *wire.mutable_order();
  to.set_what(what_of(at.event.type));
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
  if (at.event.type == EventType::order_cancelled) {
    to.set_cancel_reason(static_cast<v1::OrderChange::CancelReason>(at.event.detail));
  }
}

void write(const Settlement& from, const Around& at, v1::Event& wire) {
  v1::Fill& to = *wire.mutable_fill();
  KARST_ASSERT(at.trade != nullptr && at.trade->type == EventType::trade);
  const Trade& trade = at.trade->trade;
  const bool is_buyer = from.buyer == at.account;
  const bool is_taker = (static_cast<Side>(at.trade->detail) == Side::buy) == is_buyer;
  to.set_settlement(from.number);
  to.set_order_id((is_taker ? trade.taker : trade.maker).value());
  to.set_side(is_buyer ? v1::SIDE_BUY : v1::SIDE_SELL);
  to.set_is_taker(is_taker);
  to.set_price_ticks(trade.price.value());
  to.set_quantity_lots(trade.quantity.value());
  to.set_leaves_lots((is_taker ? trade.taker_leaves : trade.maker_leaves).value());
  to.set_fee_fen((is_buyer ? from.buyer_fee : from.seller_fee).value());
  to.set_kind(static_cast<v1::Fill::Kind>(at.event.detail));
  to.set_match_index(trade.match_index);
  to.set_notional_fen(trade.notional.value());
}

void write(const CashMoved& from, const Around& at, v1::Event& wire) {
  v1::CashMoved& to = *wire.mutable_cash();
  const bool is_funded = at.event.type == EventType::funded;
  to.set_settlement(from.number);
  to.set_amount_fen(is_funded ? from.amount.value() : -from.amount.value());
  to.set_currency_id(from.currency.value());
  std::string reference(sizeof from.reference, '\0');
  std::memcpy(reference.data(), from.reference.data(), reference.size());
  to.set_reference(reference);
}

void write(const MerchantChange& from, const Around& at, v1::Event& wire) {
  v1::MerchantChange& to = *wire.mutable_merchant();
  to.set_settlement(from.number);
  to.set_state(static_cast<v1::MerchantState>(from.state));
  to.set_group_id(from.group.value());
  to.set_tier(from.tier);
  to.set_clearance(from.clearance);
  to.set_domestic(from.domestic);
  to.set_is_killed(from.killed);
  to.set_is_renamed(at.event.type == EventType::merchant_renamed);
  if (at.name != nullptr) to.set_name(text_of(*at.name));
}

void write(const UnitsMoved& from, const Around& at, v1::Event& wire) {
  v1::UnitsMoved& to = *wire.mutable_units();
  const bool is_minted = at.event.type == EventType::capacity_minted;
  const std::int64_t lots = from.quantity.value();
  to.set_settlement(from.number);
  to.set_hour(from.hour.value());
  to.set_quantity_lots(is_minted ? lots : -lots);
  to.set_pool_id(from.pool.value());
  to.set_row(is_minted ? v1::DRAW_CAPACITY : static_cast<v1::Draw>(at.event.detail));
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

void write(const SessionChange& from, const Around& at, v1::Event& wire) {
  v1::SessionChange& to = *wire.mutable_session();
  to.set_what(session_what_of(at.event.type));
  to.set_key_id(from.key.value());
  to.set_epoch(from.epoch);
  to.set_scopes(from.scopes);
  to.set_last_client_seq(from.last_client_seq);
}

void write(const ProductDefined& from, const Around&, v1::Event& wire) {
  v1::ProductChange& to = *wire.mutable_product();
  to.set_settlement(from.number);
  to.set_certificate_expiry_ns(from.certificate_expiry.value());
  to.set_list_price_ticks(from.list_price.value());
  to.set_seats(from.seats.value());
  to.set_version(from.version);
  to.set_supply(static_cast<v1::Supply>(from.supply));
  to.set_resale(static_cast<v1::Resale>(from.resale));
}

void write(const SelfMatchPrevented& from, const Around& at, v1::Event& wire) {
  v1::SelfMatchPrevented& to = *wire.mutable_self_match();
  to.set_taker_order_id(from.taker.value());
  to.set_price_ticks(from.price.value());
  to.set_quantity_lots(from.quantity.value());
  to.set_mode(static_cast<v1::SelfMatch>(at.event.detail));
}

void write(const Entitlement& from, const Around&, v1::Event& wire) {
  v1::Entitlement& to = *wire.mutable_entitlement();
  to.set_settlement(from.settlement);
  to.set_price_ticks(from.price.value());
  to.set_issuer_account_id(from.issuer.value());
  to.set_quantity_lots(from.quantity.value());
  to.set_version(from.version);
}

void write(const EscrowReleased& from, const Around&, v1::Event& wire) {
  v1::EscrowReleased& to = *wire.mutable_escrow();
  to.set_settlement(from.number);
  to.set_amount_fen(from.amount.value());
  to.set_currency_id(from.currency.value());
}

void write(const OfferPosted& from, const Around&, v1::Event& wire) {
  v1::OfferPosted& to = *wire.mutable_offer();
  to.set_price_ticks(from.price.value());
  to.set_client_seq(from.client_seq);
}

/// The others stand in no account's log.
template <class Body>
void write(const Body&, const Around&, v1::Event&) {
  KARST_ASSERT(!"an event that stands in no account's log");
}

}  // namespace

void to_wire(const EventInLog& from, v1::Event& wire) {
  const Event& event = from.event;
  wire.Clear();
  wire.set_number(from.number);
  wire.set_sequence(event.sequence);
  wire.set_index(event.index);
  wire.set_account_id(from.account.value());
  wire.set_instrument_id(event.instrument.value());
  wire.set_time_ns(from.time.value());
  if ((from.client_order_id[0] | from.client_order_id[1]) != 0) {
    wire.set_client_order_id(to_wire(from.client_order_id));
  }
  visit_event_body(event, [&](const auto& body) { write(body, from, wire); });
}

std::string to_wire(const ClientOrderId& id) {
  std::string bytes(sizeof id, '\0');
  std::memcpy(bytes.data(), id.data(), sizeof id);
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  return bytes;
}

bool to_engine(const std::string& wire, ClientOrderId& id) {
  id = {};
  if (wire.size() > sizeof id) return false;
  std::memcpy(id.data(), wire.data(), wire.size());
  return true;
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
    case EventType::command_proposed:
      wire.set_waiting_proposal_id(answer.proposal.proposal);
      return;
    default:
      return;
  }
}

}  // namespace karst::schemas
