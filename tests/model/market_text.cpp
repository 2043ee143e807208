#include "tests/model/market_text.hpp"

#include <array>
#include <map>
#include <string_view>

namespace karst::model {
namespace {

const std::map<RejectCode, std::string_view> reject_names{
    {RejectCode::none, "none"},
    {RejectCode::unknown_key, "unknown_key"},
    {RejectCode::key_revoked, "key_revoked"},
    {RejectCode::session_fenced, "session_fenced"},
    {RejectCode::seq_gap, "seq_gap"},
    {RejectCode::answer_expired, "answer_expired"},
    {RejectCode::idempotency_conflict, "idempotency_conflict"},
    {RejectCode::invalid_field, "invalid_field"},
    {RejectCode::not_permitted, "not_permitted"},
    {RejectCode::not_configured, "not_configured"},
    {RejectCode::unknown_account, "unknown_account"},
    {RejectCode::client_order_id_in_use, "client_order_id_in_use"},
    {RejectCode::reference_in_use, "reference_in_use"},
    {RejectCode::account_suspended, "account_suspended"},
    {RejectCode::account_exited, "account_exited"},
    {RejectCode::account_killed, "account_killed"},
    {RejectCode::rate_exceeded, "rate_exceeded"},
    {RejectCode::unknown_currency, "unknown_currency"},
    {RejectCode::unknown_calendar, "unknown_calendar"},
    {RejectCode::unknown_fee_schedule, "unknown_fee_schedule"},
    {RejectCode::unknown_pool, "unknown_pool"},
    {RejectCode::unknown_instrument, "unknown_instrument"},
    {RejectCode::unknown_order, "unknown_order"},
    {RejectCode::already_exists, "already_exists"},
    {RejectCode::order_hibernated, "order_hibernated"},
    {RejectCode::order_not_hibernated, "order_not_hibernated"},
    {RejectCode::not_issuer, "not_issuer"},
    {RejectCode::instrument_scheduled, "instrument_scheduled"},
    {RejectCode::instrument_halted, "instrument_halted"},
    {RejectCode::instrument_suspended, "instrument_suspended"},
    {RejectCode::instrument_closed, "instrument_closed"},
    {RejectCode::instrument_delisted, "instrument_delisted"},
    {RejectCode::certificate_expired, "certificate_expired"},
    {RejectCode::mode_not_allowed, "mode_not_allowed"},
    {RejectCode::tier_too_low, "tier_too_low"},
    {RejectCode::clearance_too_low, "clearance_too_low"},
    {RejectCode::cross_border_denied, "cross_border_denied"},
    {RejectCode::resale_not_allowed, "resale_not_allowed"},
    {RejectCode::wrong_state, "wrong_state"},
    {RejectCode::price_out_of_bounds, "price_out_of_bounds"},
    {RejectCode::quantity_out_of_bounds, "quantity_out_of_bounds"},
    {RejectCode::amount_out_of_bounds, "amount_out_of_bounds"},
    {RejectCode::hours_out_of_bounds, "hours_out_of_bounds"},
    {RejectCode::expiry_in_past, "expiry_in_past"},
    {RejectCode::order_size_exceeded, "order_size_exceeded"},
    {RejectCode::order_notional_exceeded, "order_notional_exceeded"},
    {RejectCode::open_orders_exceeded, "open_orders_exceeded"},
    {RejectCode::client_order_ids_exceeded, "client_order_ids_exceeded"},
    {RejectCode::post_only_would_trade, "post_only_would_trade"},
    {RejectCode::insufficient_funds, "insufficient_funds"},
    {RejectCode::insufficient_capacity, "insufficient_capacity"},
    {RejectCode::insufficient_holding, "insufficient_holding"},
    {RejectCode::capacity_exceeded, "capacity_exceeded"},
    {RejectCode::exchange_full, "exchange_full"},
    {RejectCode::book_busy, "book_busy"},
    {RejectCode::needs_two, "needs_two"},
    {RejectCode::unknown_proposal, "unknown_proposal"},
    {RejectCode::own_proposal, "own_proposal"},
    {RejectCode::proposal_differs, "proposal_differs"},
    {RejectCode::too_few_operators, "too_few_operators"},
};

const std::map<CommandType, std::string_view> command_names{
#define KARST_NAME(name, number, Body, ...) {CommandType::name, #name},
    KARST_COMMANDS(KARST_NAME)
#undef KARST_NAME
};

/// The word of an enumerator, or its number if it has none. Enumerators count from 1.
template <class Enum, std::size_t N>
std::string word(Enum value, const std::array<std::string_view, N>& words) {
  const auto number = static_cast<std::size_t>(value);
  if (number >= 1 && number <= N) return std::string(words[number - 1]);
  return "#" + std::to_string(number);
}

std::string word(Side side) { return word(side, std::array<std::string_view, 2>{"buy", "sell"}); }

std::string word(TimeInForce time_in_force) {
  return word(time_in_force, std::array<std::string_view, 5>{"gtc", "gtd", "day", "ioc", "fok"});
}

std::string word(SelfMatch mode) {
  return word(mode, std::array<std::string_view, 4>{"cancel newest", "cancel oldest", "cancel both",
                                                    "decrement"});
}

std::string word(CancelReason reason) {
  return word(reason,
              std::array<std::string_view, 17>{
                  "by client", "mass cancel", "immediate remainder", "fill or kill",
                  "minimum not met", "self-match", "expired", "gate closed", "delisted",
                  "band breach", "kill switch", "session lost", "dead man", "merchant not admitted",
                  "not eligible", "instrument not open", "no room"});
}

std::string word(InstrumentState state) {
  return word(state, std::array<std::string_view, 6>{"scheduled", "open", "halted", "suspended",
                                                     "closed", "delisted"});
}

std::string word(StateReason reason) {
  return word(reason, std::array<std::string_view, 5>{"by operator", "gate opened", "gate closed",
                                                      "band breach", "delivery ended"});
}

std::string word(SettlementKind kind) {
  return word(
      kind, std::array<std::string_view, 4>{"capacity escrow", "capacity paid", "resale", "offer"});
}

std::string word(MerchantState state) {
  return word(state, std::array<std::string_view, 3>{"admitted", "suspended", "exited"});
}

std::string lots(Quantity quantity) { return std::to_string(quantity.value()); }

std::string order_text(const Event& e, const Names& n) {
  const OrderChange& o = e.order;
  const std::string order = " order " + n.order(o.order);
  const bool is_moved = (o.flags & order_flag::moved) != 0;
  switch (e.type) {
    case EventType::order_accepted:
      return "accepted" + order + " leaves " + lots(o.quantity);
    case EventType::order_booked:
      return "booked" + order + " leaves " + lots(o.quantity);
    case EventType::order_amended:
      return "amended" + order + " leaves " + lots(o.quantity) +
             (is_moved ? " moved @ " + n.price(e.instrument, o.limit) : std::string{});
    case EventType::order_cancelled:
      return "cancelled" + order + " lots " + lots(o.quantity) + " (" +
             word(static_cast<CancelReason>(e.detail)) + ")";
    case EventType::order_hibernated:
      return "hibernated" + order + " lots " + lots(o.quantity);
    default:
      return "reactivated" + order + " leaves " + lots(o.quantity);
  }
}

std::string name_or(OrderId id, const Names& n, const char* none) {
  return id.is_none() ? none : n.order(id);
}

std::string trade_text(const Event& e, const Names& n) {
  const Trade& t = e.trade;
  const bool is_offer_hit = t.maker.is_none();
  return "trade " + lots(t.quantity) + " @ " + n.price(e.instrument, t.price) + " maker " +
         name_or(t.maker, n, "offer") +
         (is_offer_hit ? std::string{} : " (leaves " + lots(t.maker_leaves) + ")") + " taker " +
         name_or(t.taker, n, "offer") + " " + word(static_cast<Side>(e.detail));
}

std::string prevented_text(const Event& e, const Names& n) {
  const SelfMatchPrevented& s = e.self_match;
  return "self-match prevented maker " + name_or(s.maker, n, "offer") + " taker " +
         name_or(s.taker, n, "offer") + " lots " + lots(s.quantity) + " (" +
         word(static_cast<SelfMatch>(e.detail)) + ")";
}

std::string settlement_text(const Event& e, const Names& n) {
  const Settlement& s = e.settlement;
  return "settled " + n.account(s.buyer) + " buys from " + n.account(s.seller) + " fees " +
         n.money(s.buyer_fee) + " and " + n.money(s.seller_fee) + " (" +
         word(static_cast<SettlementKind>(e.detail)) + ")";
}

std::string merchant_text(const Event& e, const Names& n) {
  const MerchantChange& m = e.merchant;
  return n.account(m.account) + " is " + word(m.state) + ", tier " + std::to_string(m.tier) +
         ", clearance " + std::to_string(m.clearance) + (m.killed ? ", killed" : "");
}

std::string session_text(const Event& e, const Names& n, const char* what) {
  const SessionChange& s = e.session;
  return std::string(what) + " " + n.account(s.account) + " key " + std::to_string(s.key.value()) +
         " epoch " + std::to_string(s.epoch);
}

std::string account_text(const Event& e, const Names& n) {
  switch (e.type) {
    case EventType::funded:
      return "funded " + n.account(e.cash.account) + " " + n.money(e.cash.amount);
    case EventType::withdrawn:
      return "withdrawn " + n.account(e.cash.account) + " " + n.money(e.cash.amount);
    case EventType::escrow_released:
      return "released " + n.account(e.escrow.account) + " " + n.money(e.escrow.amount);
    case EventType::capacity_minted:
      return "minted " + n.account(e.units.account) + " " + lots(e.units.quantity) + " of " +
             n.instrument(e.instrument);
    case EventType::units_burnt:
      return "burnt " + n.account(e.units.account) + " " + lots(e.units.quantity) + " of " +
             n.instrument(e.instrument) + (e.detail == 1 ? " (capacity)" : " (units)");
    default:
      return merchant_text(e, n);
  }
}

/// "set_merchant_state of bob", "revoke_key".
std::string proposal_text(const Event& e, const Names& n) {
  const auto name = command_names.find(e.proposal.command);
  const std::string what = name == command_names.end() ? "?" : std::string(name->second);
  return e.proposal.account.is_none() ? what : what + " of " + n.account(e.proposal.account);
}

std::string reference_text(const Event& e, const Names& n) {
  switch (e.type) {
    case EventType::currency_defined:
      return "currency defined";
    case EventType::contract_listed:
      return "listed " + n.instrument(e.instrument);
    case EventType::product_defined:
    case EventType::product_changed:
      return "product " + n.instrument(e.instrument) + " version " +
             std::to_string(e.product.version);
    case EventType::instrument_retired:
      return "retired " + n.instrument(e.instrument);
    case EventType::incarnation_begun:
      return "incarnation " + std::to_string(e.incarnation.number) + " after command " +
             std::to_string(e.incarnation.after);
    case EventType::clock_held:
      return e.detail != 0 ? "the clock is held" : "the clock is held no longer";
    case EventType::clock_accepted:
      return "the clock is accepted";
    case EventType::command_proposed:
      return "proposed " + proposal_text(e, n) + (e.detail != 0 ? " (taken over)" : "");
    case EventType::command_confirmed:
      return "confirmed " + proposal_text(e, n);
    case EventType::command_retracted:
      return "retracted " + proposal_text(e, n) +
             (static_cast<RetractReason>(e.detail) == RetractReason::expired ? " (expired)" : "");
    case EventType::offer_posted:
      return e.offer.price.value() == 0 ? "offer withdrawn on " + n.instrument(e.instrument)
                                        : "offer on " + n.instrument(e.instrument) + " @ " +
                                              n.price(e.instrument, e.offer.price);
    default:
      return n.instrument(e.instrument) + " is " + word(static_cast<InstrumentState>(e.detail)) +
             " (" + word(e.state.reason) + ")";
  }
}

}  // namespace

std::string text_of(RejectCode code) {
  const auto found = reject_names.find(code);
  return found == reject_names.end() ? "#" + std::to_string(static_cast<int>(code))
                                     : std::string(found->second);
}

std::string text_of(const Event& e, const Names& n) {
  switch (e.type) {
    case EventType::done:
      return "done";
    case EventType::rejected: {
      const std::string value =
          e.answer.value != 0 ? " expected " + std::to_string(e.answer.value) : std::string{};
      return "rejected " + text_of(static_cast<RejectCode>(e.detail)) + value;
    }
    case EventType::repeated: {
      const std::string order =
          e.repeated.order.is_none() ? std::string{} : " order " + n.order(e.repeated.order);
      return "repeated" + order +
             (e.repeated.code == RejectCode::none ? "" : " rejected " + text_of(e.repeated.code));
    }
    case EventType::trade:
      return trade_text(e, n);
    case EventType::settlement:
      return settlement_text(e, n);
    case EventType::entitlement:
      return "licence " + n.account(e.entitlement.account) + " " + lots(e.entitlement.quantity) +
             " of " + n.instrument(e.instrument) + " version " +
             std::to_string(e.entitlement.version);
    case EventType::self_match_prevented:
      return prevented_text(e, n);
    case EventType::key_created:
      return session_text(e, n, "key created for");
    case EventType::key_revoked:
      return session_text(e, n, "key revoked of");
    case EventType::session_opened:
      return session_text(e, n, "session opened by");
    case EventType::session_closed:
      return session_text(e, n, "session closed by");
    case EventType::dead_man_fired:
      return session_text(e, n, "dead man fired for");
    default:
      break;
  }
  if (e.type >= EventType::order_accepted && e.type <= EventType::order_reactivated) {
    return order_text(e, n);
  }
  if (e.type >= EventType::funded && e.type <= EventType::units_burnt) return account_text(e, n);
  return reference_text(e, n);
}

std::string text_of(const Command& c, const Names& n) {
  const auto name = command_names.find(c.type);
  std::string line = n.account(c.account) + " " +
                     (name == command_names.end() ? "#" + std::to_string(static_cast<int>(c.type))
                                                  : std::string(name->second));
  switch (c.type) {
    case CommandType::place_order: {
      const PlaceOrder& p = c.place_order;
      line += " " + word(p.side) + " " + lots(p.quantity) + " @ " + n.price(p.instrument, p.limit) +
              " " + word(p.time_in_force) + " on " + n.instrument(p.instrument);
      break;
    }
    case CommandType::amend_order:
      line += " " + n.order(c.amend_order.order) + " to " + lots(c.amend_order.quantity) + " @ " +
              n.price(InstrumentId{0}, c.amend_order.limit);
      break;
    case CommandType::cancel_order:
      line += " " + n.order(c.cancel_order.order);
      break;
    case CommandType::hibernate_order:
      line += " " + n.order(c.hibernate_order.order);
      break;
    case CommandType::reactivate_order:
      line += " " + n.order(c.reactivate_order.order);
      break;
    case CommandType::post_offer:
      line += " on " + n.instrument(c.post_offer.instrument) + " @ " +
              n.price(c.post_offer.instrument, c.post_offer.price);
      break;
    default:
      break;
  }
  if (!c.key.is_none()) line += " key " + std::to_string(c.key.value());
  if (c.epoch != 0) line += " epoch " + std::to_string(c.epoch);
  if (c.client_seq != 0) line += " client_seq " + std::to_string(c.client_seq);
  return line;
}

}  // namespace karst::model
