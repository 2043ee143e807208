// The fields of every event, in the order in which they are written to disk. One list for codec and
// whoever has to see all that an event says; what a field means stands with its body.
#pragma once

#include <concepts>
#include <type_traits>

#include "engine/event/event.hpp"

namespace karst {

// clang-format off
// FIELD(member), in the order of the released files, for ever: wherever it lies in memory.
#define KARST_EVENT_FIELDS_Answer(FIELD)                                                           \
  FIELD(client_seq) FIELD(account_event) FIELD(value) FIELD(order) FIELD(account) FIELD(key)       \
  FIELD(command) FIELD(reserved)
#define KARST_EVENT_FIELDS_Repeated(FIELD)                                                         \
  FIELD(client_seq) FIELD(original_sequence) FIELD(original_account_event) FIELD(order)            \
  FIELD(account) FIELD(key) FIELD(command) FIELD(code) FIELD(reserved)
#define KARST_EVENT_FIELDS_OrderChange(FIELD)                                                      \
  FIELD(order) FIELD(limit) FIELD(account_event) FIELD(client_seq) FIELD(account)                  \
  FIELD(quantity) FIELD(tag) FIELD(side) FIELD(time_in_force) FIELD(flags) FIELD(reserved)
#define KARST_EVENT_FIELDS_SelfMatchPrevented(FIELD)                                               \
  FIELD(maker) FIELD(taker) FIELD(price) FIELD(account_event) FIELD(taker_account)                 \
  FIELD(maker_account) FIELD(quantity) FIELD(reserved)
#define KARST_EVENT_FIELDS_Trade(FIELD)                                                            \
  FIELD(maker) FIELD(taker) FIELD(price) FIELD(quantity) FIELD(maker_leaves) FIELD(taker_leaves)   \
  FIELD(match_index) FIELD(notional)
#define KARST_EVENT_FIELDS_Settlement(FIELD)                                                       \
  FIELD(number) FIELD(buyer_event) FIELD(seller_event) FIELD(buyer_fee) FIELD(seller_fee)          \
  FIELD(buyer) FIELD(seller)
#define KARST_EVENT_FIELDS_Entitlement(FIELD)                                                      \
  FIELD(settlement) FIELD(account_event) FIELD(price) FIELD(account) FIELD(issuer)                 \
  FIELD(quantity) FIELD(version) FIELD(reserved)
#define KARST_EVENT_FIELDS_CashMoved(FIELD)                                                        \
  FIELD(number) FIELD(account_event) FIELD(amount) FIELD(reference) FIELD(account)                 \
  FIELD(currency) FIELD(reserved)
#define KARST_EVENT_FIELDS_MerchantChange(FIELD)                                                   \
  FIELD(number) FIELD(account_event) FIELD(account) FIELD(group) FIELD(state) FIELD(tier)          \
  FIELD(clearance) FIELD(domestic) FIELD(killed) FIELD(reserved)
#define KARST_EVENT_FIELDS_EscrowReleased(FIELD)                                                   \
  FIELD(number) FIELD(account_event) FIELD(amount) FIELD(account) FIELD(currency)                  \
  FIELD(reserved) FIELD(reserved2)
#define KARST_EVENT_FIELDS_UnitsMoved(FIELD)                                                       \
  FIELD(number) FIELD(account_event) FIELD(hour) FIELD(account) FIELD(quantity) FIELD(pool)        \
  FIELD(reserved)
#define KARST_EVENT_FIELDS_SessionChange(FIELD)                                                    \
  FIELD(account_event) FIELD(last_client_seq) FIELD(account) FIELD(key) FIELD(epoch)               \
  FIELD(scopes) FIELD(reserved)
#define KARST_EVENT_FIELDS_CurrencyDefined(FIELD)                                                  \
  FIELD(number) FIELD(code) FIELD(currency) FIELD(reserved) FIELD(reserved2)
#define KARST_EVENT_FIELDS_ContractListed(FIELD)                                                   \
  FIELD(number) FIELD(hour) FIELD(gate_open) FIELD(gate_close) FIELD(list_price) FIELD(pool)       \
  FIELD(currency) FIELD(reserved)
#define KARST_EVENT_FIELDS_ProductDefined(FIELD)                                                   \
  FIELD(number) FIELD(account_event) FIELD(certificate_expiry) FIELD(list_price) FIELD(issuer)     \
  FIELD(seats) FIELD(version) FIELD(supply) FIELD(resale) FIELD(currency)
#define KARST_EVENT_FIELDS_StateChange(FIELD)                                                      \
  FIELD(reference) FIELD(hour) FIELD(pool) FIELD(reason) FIELD(before) FIELD(reserved)
#define KARST_EVENT_FIELDS_OfferPosted(FIELD)                                                      \
  FIELD(account_event) FIELD(client_seq) FIELD(price) FIELD(account) FIELD(reserved)
#define KARST_EVENT_FIELDS_IncarnationBegun(FIELD)                                                 \
  FIELD(number) FIELD(before) FIELD(after) FIELD(reserved)
#define KARST_EVENT_FIELDS_ClockChange(FIELD)                                                      \
  FIELD(client_seq) FIELD(step_ns) FIELD(key) FIELD(reserved)
#define KARST_EVENT_FIELDS_ProposalChange(FIELD)                                                   \
  FIELD(number) FIELD(client_seq) FIELD(proposal) FIELD(by) FIELD(key) FIELD(account)              \
  FIELD(command) FIELD(reserved)
// clang-format on

// visit_fields(body, f) calls `f(field)` for each field of an event's body.
#define KARST_VISIT(member) f(b.member);
#define KARST_EVENT_FIELD_LISTS(Body, member)         \
  template <class B, class F>                         \
  requires std::same_as<std::remove_const_t<B>, Body> \
  void visit_fields(B& b, F&& f) { KARST_EVENT_FIELDS_##Body(KARST_VISIT) }
KARST_EVENT_BODIES(KARST_EVENT_FIELD_LISTS)
#undef KARST_EVENT_FIELD_LISTS
#undef KARST_VISIT

}  // namespace karst
