// The bodies of the events: what each of them says, as plain values of 48 bytes.
#pragma once

#include <cstdint>

#include "engine/base/side.hpp"
#include "engine/base/units.hpp"
#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"

namespace karst {

enum class CancelReason : std::uint8_t {
  by_client = 1,
  by_mass_cancel = 2,
  immediate_remainder = 3,  ///< IOC or market: nothing more within the limit
  fill_or_kill = 4,
  minimum_not_met = 5,
  self_match = 6,
  expired = 7,
  gate_closed = 8,
  delisted = 9,
  band_breach = 10,  ///< the next trade would have printed outside the price band
  kill_switch = 11,
  session_lost = 12,
  dead_man = 13,
  merchant_not_admitted = 14,
  not_eligible = 15,      ///< tier, clearance or border, at match time
  instrument_not_open = 16,  ///< a sweep still under way when its instrument stopped trading
  no_room = 17,              ///< the table of price levels was full when a sweep ended
};

/// Where the seller's money goes.
enum class SettlementKind : std::uint8_t {
  capacity_escrow = 1,  ///< compute sold from capacity: into the provider's escrow
  capacity_paid = 2,    ///< seats sold from the issue: to the issuer at once
  resale = 3,           ///< lots bought before: to the reseller at once
  offer = 4,            ///< a posted offer: to the issuer at once, licences minted
};

enum class StateReason : std::uint8_t {
  by_operator = 1,
  gate_opened = 2,
  gate_closed = 3,
  band_breach = 4,
  delivery_ended = 5,
};

enum class RetractReason : std::uint8_t { by_operator = 1, expired = 2 };

struct Answer {
  std::uint64_t client_seq;
  std::uint64_t account_event;  ///< number in the account's event log; 0 = not in any log
  std::int64_t value;           ///< see RejectCode; for `done` of open_session the epoch, else 0
  OrderId order;                ///< the order the command named, if any
  AccountId account;
  KeyId key;
  CommandType command;
  std::uint8_t reserved[7];
};

struct Repeated {
  std::uint64_t client_seq;
  std::uint64_t original_sequence;
  std::uint64_t original_account_event;
  OrderId order;
  AccountId account;
  KeyId key;
  CommandType command;
  RejectCode code;  ///< none = the command was carried out
  std::uint8_t reserved[6];
};

/// `quantity` is what the event is about: accepted, amended, reactivated: open lots; booked: lots
/// now in the book; cancelled, hibernated: lots taken away.
struct OrderChange {
  OrderId order;
  Price limit;  ///< of a market order: the bound it was given by the price band
  std::uint64_t account_event;
  std::uint64_t client_seq;  ///< of the command answered; 0 where nobody asked
  AccountId account;
  Quantity quantity;
  std::uint32_t tag;
  Side side;
  TimeInForce time_in_force;
  std::uint8_t flags;  ///< see order_flag
  std::uint8_t reserved;
};
namespace order_flag {
inline constexpr std::uint8_t booked = 1;      ///< in the book after this event
inline constexpr std::uint8_t was_booked = 2;  ///< in the book before this event
inline constexpr std::uint8_t answer = 4;      ///< the answer to the command of this sequence
inline constexpr std::uint8_t moved = 8;       ///< an amend that gave up the order's priority
}  // namespace order_flag

struct SelfMatchPrevented {
  OrderId maker;
  OrderId taker;
  Price price;
  std::uint64_t account_event;  ///< of the taker's merchant
  AccountId taker_account;
  AccountId maker_account;
  Quantity quantity;  ///< decrement: lots taken off both; else the smaller of both leaves
  Quantity reserved;
};

struct Trade {
  OrderId maker;  ///< none for a posted offer hit; none is also the taker of a lowered offer
  OrderId taker;
  Price price;
  Quantity quantity;
  Quantity maker_leaves;
  Quantity taker_leaves;
  std::uint32_t match_index;  ///< 0, 1, 2 … within the command
  Money notional;             ///< price × tick_value × quantity
};

struct Settlement {
  std::uint64_t number;  ///< the engine's own dense settlement number
  std::uint64_t buyer_event;
  std::uint64_t seller_event;
  Money buyer_fee;
  Money seller_fee;
  AccountId buyer;
  AccountId seller;
};

struct Entitlement {
  std::uint64_t settlement;
  std::uint64_t account_event;
  Price price;
  AccountId account;
  AccountId issuer;
  Quantity quantity;
  std::uint32_t version;  ///< of the product's terms
  std::uint64_t reserved;
};

struct CashMoved {
  std::uint64_t number;
  std::uint64_t account_event;
  Money amount;
  Reference reference;
  AccountId account;
  CurrencyId currency;
  std::uint16_t reserved;
};

struct MerchantChange {
  std::uint64_t number;  ///< settlement number of an admission, else 0
  std::uint64_t account_event;
  AccountId account;
  GroupId group;
  MerchantState state;
  std::uint8_t tier;
  std::uint8_t clearance;
  bool domestic;
  bool killed;
  std::uint8_t reserved[19];
};

struct EscrowReleased {
  std::uint64_t number;
  std::uint64_t account_event;
  Money amount;
  AccountId account;
  CurrencyId currency;
  std::uint16_t reserved;
  std::uint64_t reserved2[2];
};

struct UnitsMoved {
  std::uint64_t number;
  std::uint64_t account_event;
  Hour hour;  ///< 0 for data products
  AccountId account;
  Quantity quantity;
  PoolId pool;  ///< none for data products
  std::uint32_t reserved[3];
};

struct SessionChange {
  std::uint64_t account_event;
  std::uint64_t last_client_seq;
  AccountId account;
  KeyId key;
  std::uint32_t epoch;
  std::uint8_t scopes;
  std::uint8_t reserved[19];
};

struct CurrencyDefined {
  std::uint64_t number;
  Text<8> code;
  CurrencyId currency;
  std::uint16_t reserved;
  std::uint32_t reserved2[7];
};

struct ContractListed {
  std::uint64_t number;
  Hour hour;
  Time gate_open;
  Time gate_close;
  Price list_price;
  PoolId pool;
  CurrencyId currency;
  std::uint16_t reserved;
};

struct ProductDefined {
  std::uint64_t number;  ///< settlement number of a definition, else 0
  std::uint64_t account_event;
  Time certificate_expiry;
  Price list_price;
  AccountId issuer;
  Quantity seats;
  std::uint32_t version;
  Supply supply;
  Resale resale;
  CurrencyId currency;
};

struct StateChange {
  Price reference;  ///< the price the band stands around
  Hour hour;        ///< 0 for data products
  PoolId pool;
  StateReason reason;
  InstrumentState before;
  std::uint8_t reserved[26];
};

struct OfferPosted {
  std::uint64_t account_event;
  std::uint64_t client_seq;
  Price price;  ///< 0 = withdrawn
  AccountId account;
  std::uint8_t reserved[20];
};

struct IncarnationBegun {
  std::uint64_t number;
  std::uint64_t before;  ///< the incarnation that was restored; 0 = the first
  std::uint64_t after;   ///< commands up to this one are shared with it
  std::uint64_t reserved[3];
};

struct ClockChange {
  std::uint64_t client_seq;
  std::int64_t step_ns;  ///< what the operator has accepted, else 0
  KeyId key;             ///< who has
  std::uint8_t reserved[28];
};

/// What has become of a command that takes two operators.
struct ProposalChange {
  std::uint64_t number;      ///< settlement number of a confirmation, else 0
  std::uint64_t client_seq;  ///< of the command answered; 0 where nobody asked
  std::uint64_t proposal;
  KeyId by;            ///< who proposes it; 0 = the exchange itself
  KeyId key;           ///< who speaks; 0 = the exchange itself, or time
  AccountId account;   ///< whom the proposed command is about
  CommandType command;  ///< what is proposed
  std::uint8_t reserved[11];
};

}  // namespace karst
