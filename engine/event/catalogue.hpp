// The catalogue of events: one row for each, from which everything comes that has to know of all.
//
// The type and its number, the union, visits, whose log it stands in, whether it is settled and the
// lists of tests are made of these rows. A new event is a row here, a body, and what becomes of it:
// its postings (ledger/record/posting.cpp) and its words on the wire (schemas/translate).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/event/bodies.hpp"

namespace karst {

/// In whose event log an event stands.
enum class InLog : std::uint8_t {
  none,
  of_account,  ///< that of the one account it is about, unless that is the exchange
  of_both,     ///< the buyer's and the seller's
};

struct EventTraits {
  InLog log = InLog::none;
  bool is_settled = false;  ///< takes a settlement number and becomes a record of the ledger
};

/// BODY(type, member of Event)
#define KARST_EVENT_BODIES(BODY)            \
  BODY(Answer, answer)                      \
  BODY(Repeated, repeated)                  \
  BODY(OrderChange, order)                  \
  BODY(SelfMatchPrevented, self_match)      \
  BODY(Trade, trade)                        \
  BODY(Settlement, settlement)              \
  BODY(Entitlement, entitlement)            \
  BODY(CashMoved, cash)                     \
  BODY(MerchantChange, merchant)            \
  BODY(EscrowReleased, escrow)              \
  BODY(UnitsMoved, units)                   \
  BODY(SessionChange, session)              \
  BODY(CurrencyDefined, currency)           \
  BODY(ContractListed, contract)            \
  BODY(ProductDefined, product)             \
  BODY(StateChange, state)                  \
  BODY(OfferPosted, offer)                  \
  BODY(IncarnationBegun, incarnation)       \
  BODY(ClockChange, clock)                  \
  BODY(ProposalChange, proposal)

// clang-format off
// ROW(name, number, member of Event, traits ...). Numbers are stable for ever. By groups:
// answers, of which every command but a tick has exactly one (docs/ENGINE.md says which); orders;
// trades, always a trade followed at once by its settlement (and, for a posted offer, by the
// entitlement it minted); accounts; keys and sessions; reference data; the exchange itself; what
// takes two operators.
#define KARST_EVENTS(ROW)                                                                          \
  /* carried out, nothing else to say */                                                           \
  ROW(done,                  1, answer,      .log = InLog::of_account)                             \
  /* refused, nothing changed; detail = RejectCode */                                              \
  ROW(rejected,              2, answer,      .log = InLog::of_account)                             \
  /* a resend; the first answer again */                                                           \
  ROW(repeated,              3, repeated)                                                          \
                                                                                                   \
  ROW(order_accepted,       10, order,       .log = InLog::of_account)                             \
  /* what is left of an order rests in the book from here */                                       \
  ROW(order_booked,         11, order,       .log = InLog::of_account)                             \
  ROW(order_amended,        12, order,       .log = InLog::of_account)                             \
  /* detail = CancelReason */                                                                      \
  ROW(order_cancelled,      13, order,       .log = InLog::of_account)                             \
  ROW(order_hibernated,     14, order,       .log = InLog::of_account)                             \
  ROW(order_reactivated,    15, order,       .log = InLog::of_account)                             \
  /* detail = SelfMatch */                                                                         \
  ROW(self_match_prevented, 16, self_match,  .log = InLog::of_account)                             \
                                                                                                   \
  /* detail = Side of the taker */                                                                 \
  ROW(trade,                20, trade)                                                             \
  /* detail = SettlementKind */                                                                    \
  ROW(settlement,           21, settlement,  .log = InLog::of_both, .is_settled = true)            \
  ROW(entitlement,          22, entitlement, .log = InLog::of_account)                             \
                                                                                                   \
  ROW(funded,               30, cash,        .log = InLog::of_account, .is_settled = true)         \
  ROW(withdrawn,            31, cash,        .log = InLog::of_account, .is_settled = true)         \
  ROW(merchant_admitted,    32, merchant,    .log = InLog::of_account, .is_settled = true)         \
  /* state, limits or profile */                                                                   \
  ROW(merchant_changed,     33, merchant,    .log = InLog::of_account)                             \
  ROW(escrow_released,      34, escrow,      .log = InLog::of_account, .is_settled = true)         \
  ROW(capacity_minted,      35, units,       .log = InLog::of_account, .is_settled = true)         \
  /* detail = Draw: what kind of row */                                                            \
  ROW(units_burnt,          36, units,       .log = InLog::of_account, .is_settled = true)         \
  ROW(merchant_renamed,     37, merchant,    .log = InLog::of_account, .is_settled = true)         \
                                                                                                   \
  ROW(key_created,          40, session,     .log = InLog::of_account)                             \
  ROW(key_revoked,          41, session,     .log = InLog::of_account)                             \
  ROW(session_opened,       42, session,     .log = InLog::of_account)                             \
  ROW(session_closed,       43, session,     .log = InLog::of_account)                             \
  ROW(dead_man_fired,       44, session,     .log = InLog::of_account)                             \
                                                                                                   \
  ROW(currency_defined,     50, currency,    .is_settled = true)                                   \
  ROW(contract_listed,      51, contract,    .is_settled = true)                                   \
  ROW(product_defined,      52, product,     .log = InLog::of_account, .is_settled = true)         \
  /* new terms */                                                                                  \
  ROW(product_changed,      53, product,     .log = InLog::of_account)                             \
  /* detail = new InstrumentState */                                                               \
  ROW(instrument_state,     54, state)                                                             \
  /* its slot may be used again */                                                                 \
  ROW(instrument_retired,   55, state)                                                             \
  ROW(offer_posted,         56, offer,       .log = InLog::of_account)                             \
                                                                                                   \
  /* a restored exchange goes on */                                                                \
  ROW(incarnation_begun,    60, incarnation)                                                       \
  /* detail: 1 = not believed from here on, 0 = again */                                           \
  ROW(clock_held,           61, clock)                                                             \
  /* an operator has ended the hold */                                                             \
  ROW(clock_accepted,       62, clock)                                                             \
                                                                                                   \
  /* it waits; detail: 1 = was the exchange's own, and the operator who speaks has taken it over */\
  ROW(command_proposed,     70, proposal)                                                          \
  /* it is carried out by what follows */                                                          \
  ROW(command_confirmed,    71, proposal,    .is_settled = true)                                   \
  /* it never will be; detail = RetractReason */                                                   \
  ROW(command_retracted,    72, proposal)
// clang-format on

enum class EventType : std::uint8_t {
#define KARST_EVENT_TYPE(name, number, member, ...) name = (number),
  KARST_EVENTS(KARST_EVENT_TYPE)
#undef KARST_EVENT_TYPE
};

/// Every type of event there is, in the order of the catalogue.
inline constexpr auto all_events = std::to_array<EventType>({
#define KARST_EVENT_ENTRY(name, number, member, ...) EventType::name,
    KARST_EVENTS(KARST_EVENT_ENTRY)
#undef KARST_EVENT_ENTRY
});

namespace detail {
[[nodiscard]] consteval std::array<EventTraits, 256> make_event_traits() {
  std::array<EventTraits, 256> table{};
#define KARST_EVENT_TRAITS(name, number, member, ...) table[number] = EventTraits{__VA_ARGS__};
  KARST_EVENTS(KARST_EVENT_TRAITS)
#undef KARST_EVENT_TRAITS
  return table;
}
inline constexpr std::array<EventTraits, 256> event_traits = make_event_traits();
}  // namespace detail

/// Requires: any number; one that is no event has the traits of one in no log.
[[nodiscard]] constexpr const EventTraits& traits_of(EventType type) {
  return detail::event_traits[static_cast<std::size_t>(type)];
}

/// A place in the log of an account.
struct AccountPlace {
  AccountId account{0};
  std::uint64_t number = 0;  ///< 0 = none
};

/// Where the body of an event that stands in one log stands.
template <class Body>
[[nodiscard]] constexpr AccountPlace place_in_log(const Body& body) {
  if constexpr (requires { body.account; body.account_event; }) {
    return {body.account, body.account_event};
  } else {
    return {};
  }
}
[[nodiscard]] constexpr AccountPlace place_in_log(const SelfMatchPrevented& body) {
  return {body.taker_account, body.account_event};
}
[[nodiscard]] constexpr AccountPlace place_in_log(const ProductDefined& body) {
  return {body.issuer, body.account_event};
}

}  // namespace karst
