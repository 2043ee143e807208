// Why a command is refused: one stable list, in order of precedence.
#pragma once

#include <cstdint>

namespace karst {

/// The order of this list is the order of precedence: of all codes that apply to a command, the
/// answer names the first. Numbers are stable for ever; gaps are left for later codes.
enum class RejectCode : std::uint8_t {
  none = 0,

  // Who speaks. These answers are not remembered and use up no client sequence number.
  unknown_key = 1,           ///< no such key
  key_revoked = 2,           ///< the key was revoked
  session_fenced = 3,        ///< a newer log-on of this key has taken over
  seq_gap = 4,               ///< client_seq is beyond last + 1; `value` = the expected number
  answer_expired = 5,        ///< client_seq is older than the answers kept
  idempotency_conflict = 6,  ///< the same client_seq was used for a different request

  // May it speak.
  invalid_field = 10,      ///< a field or a combination of fields has no meaning
  not_permitted = 11,      ///< the key's scopes do not allow this command for this account
  not_configured = 12,     ///< the exchange has no configuration yet, or has one already
  unknown_account = 13,    ///< no such merchant
  client_order_id_in_use = 14,  ///< by a different request within 24 h, or by an open order
  reference_in_use = 15,        ///< the bank reference named a different movement
  account_suspended = 16,       ///< the merchant is suspended
  account_exited = 17,          ///< the merchant has left the exchange
  account_killed = 18,          ///< the merchant's kill switch is on
  rate_exceeded = 19,  ///< more messages than the merchant's limit for 10 s, hour or day

  // What it is about.
  unknown_currency = 20,
  unknown_calendar = 21,
  unknown_fee_schedule = 22,
  unknown_pool = 23,
  unknown_instrument = 24,
  unknown_order = 25,  ///< no such order, not yours, or already on its way out
  already_exists = 26,
  order_hibernated = 27,      ///< the command needs an active order
  order_not_hibernated = 28,  ///< the command needs a hibernated order
  not_issuer = 29,            ///< only the issuer posts offers

  // Is it open.
  instrument_scheduled = 30,  ///< the gate has not opened
  instrument_halted = 31,
  instrument_suspended = 32,
  instrument_closed = 33,    ///< the gate has closed, or the hour has passed
  instrument_delisted = 34,
  certificate_expired = 35,  ///< the product's compliance certificate
  mode_not_allowed = 36,     ///< this instrument does not trade this way
  tier_too_low = 37,         ///< the buyer's tier
  clearance_too_low = 38,    ///< the buyer's clearance for the security level
  cross_border_denied = 39,  ///< the product may not leave the country
  resale_not_allowed = 40,
  wrong_state = 41,  ///< the instrument's state does not allow this move
  unknown_proposal = 42,   ///< none waits under this number: carried out, retracted, expired
  own_proposal = 43,       ///< another operator has to confirm it
  proposal_differs = 44,   ///< what is confirmed is not what was proposed
  too_few_operators = 45,  ///< it takes two operators' keys that are not revoked

  // Is it within bounds.
  price_out_of_bounds = 50,
  quantity_out_of_bounds = 51,
  amount_out_of_bounds = 52,  ///< money, or a product of price and quantity, beyond 2^62 fen
  hours_out_of_bounds = 53,
  expiry_in_past = 54,
  order_size_exceeded = 55,      ///< the merchant's limit of lots per order
  order_notional_exceeded = 56,  ///< the merchant's limit of fen per order
  open_orders_exceeded = 57,     ///< the merchant's limit of open orders
  client_order_ids_exceeded = 58,  ///< the merchant's 4,096 client order ids are all in use

  // Can it be done.
  post_only_would_trade = 70,
  insufficient_funds = 71,
  insufficient_capacity = 72,
  insufficient_holding = 73,
  capacity_exceeded = 74,  ///< more than the pool's certified capacity in that hour
  exchange_full = 75,      ///< a configured table is full
  book_busy = 76,          ///< the book is still finishing an earlier sweep; send it again
  needs_two = 77,          ///< nothing else is wrong, but it has to be proposed and confirmed
};

}  // namespace karst
