// The bodies of the commands: what each of them asks, as plain values of fixed size.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/side.hpp"
#include "engine/base/units.hpp"

namespace karst {

enum class OrderKind : std::uint8_t { limit = 1, market = 2, post_only = 3 };
enum class TimeInForce : std::uint8_t { gtc = 1, gtd = 2, day = 3, ioc = 4, fok = 5 };
/// What happens when an order meets one of its own merchant or group; the taker's mode governs.
enum class SelfMatch : std::uint8_t {
  cancel_newest = 1,
  cancel_oldest = 2,
  cancel_both = 3,
  decrement = 4,
};
/// What a sell delivers from: certified capacity (or seats) of the provider, or lots bought before.
enum class Draw : std::uint8_t { none = 0, capacity = 1, holding = 2 };
enum class MerchantState : std::uint8_t { admitted = 1, suspended = 2, exited = 3 };
enum class Supply : std::uint8_t { non_rival = 1, seats = 2, exclusive = 3 };
enum class Resale : std::uint8_t { none = 1, once = 2, free = 3 };
enum class Grade : std::uint8_t { reserved = 1, standard = 2, spot = 3 };
enum class Unit : std::uint8_t {
  p_hour = 1,
  card_hour = 2,
  node_hour = 3,
  core_hour = 4,
  copy = 5,
  report = 6,
  task = 7,
  seat_month = 8,
  kcall = 9,
  mtoken = 10,
};
/// Life of an instrument; see docs/ENGINE.md for the moves. Also the argument of
/// `set_instrument_state`, which takes open, suspended and delisted.
enum class InstrumentState : std::uint8_t {
  scheduled = 1,  ///< listed, gate not yet open
  open = 2,
  halted = 3,
  suspended = 4,
  closed = 5,    ///< gate closed; delivery to come or under way
  delisted = 6,  ///< a data product taken off the list
};

/// What a key may do, as bits.
namespace scope {
inline constexpr std::uint8_t read = 1;
inline constexpr std::uint8_t trade = 2;
inline constexpr std::uint8_t cancel_only = 4;
inline constexpr std::uint8_t audit = 8;
inline constexpr std::uint8_t operate = 16;
inline constexpr std::uint8_t all = 31;
inline constexpr std::uint8_t elevated = audit | operate;  ///< of either: everybody's affairs
}  // namespace scope

/// Short text, NUL-padded; printable ASCII without spaces at the ends, at least one character.
template <std::size_t N>
using Text = std::array<char, N>;
/// 16 bytes compared as a whole; all zero = none.
using ClientOrderId = std::array<std::uint64_t, 2>;
using Reference = std::array<std::uint64_t, 2>;  ///< a bank's reference, compared as a whole
using Digest = std::array<std::uint8_t, 32>;
/// A command inside another one: what it says, encoded, zeros behind; who says it, and when, are
/// zero (engine/command/enclosed.hpp).
using EnclosedCommand = std::array<std::uint8_t, 128>;

/// Sizes and bounds of one exchange; the first command of every journal, so that a replay has
/// the same tables and stops at the same places.
struct Configure {
  std::uint32_t accounts_max;      ///< merchants are 1 .. accounts_max - 1
  std::uint32_t keys_max;          ///< keys are 1 .. keys_max - 1
  std::uint32_t instruments_max;   ///< slots are 1 .. instruments_max - 1
  std::uint32_t orders_max;        ///< open and hibernated orders at once
  std::uint32_t holdings_max;      ///< rows (account, instrument, capacity or units)
  std::uint32_t level_pages_max;   ///< pages of 64 price levels
  std::uint32_t client_ids_max;    ///< client order ids remembered at once
  std::uint32_t references_max;    ///< funding and withdrawal references, kept for ever
  std::uint32_t currencies_max;    ///< currencies are 1 .. currencies_max - 1
  std::uint32_t pools_max;         ///< pools are 1 .. pools_max - 1
  std::uint32_t answers_per_key;   ///< remembered answers; a power of two
  std::uint32_t client_ids_per_account_max;
  std::uint32_t makers_per_command_max;   ///< resting orders a command's matching may touch
  std::uint32_t makers_per_bystander_max; ///< the same for another book's pending sweep
  std::uint32_t releases_per_command_max; ///< timers, orders and rows before a command
};

/// From here on the exchange has these sizes and bounds, none less than it was.
struct Grow : Configure {};

struct Tick {};

/// From here on the exchange follows the rules of this version (engine/command/rules.hpp).
struct AdoptRules {
  std::uint32_t version;
};

/// A restored exchange begins another life: what came after command `after` before is lost.
struct BeginIncarnation {
  std::uint64_t number;  ///< drawn at random; never 0
  std::uint64_t after;
};

/// The wall clock is not believed from here on, or is again.
struct ClockHeld {
  bool held;
};

/// An operator's word that the wall clock is right, which ends a hold.
struct AcceptClock {
  std::int64_t step_ns;  ///< how far the wall clock is ahead of the exchange's time; not 0
};

struct DefineCurrency {
  CurrencyId currency;
  Text<8> code;
};

/// A calendar says when a trading day ends.
struct DefineCalendar {
  CalendarId calendar;
  std::int64_t utc_offset_ns;  ///< local midnight ends the day; -12 h .. +14 h
};

/// Fees of one schedule. Never changed once defined: resting orders have reserved by it.
struct DefineFees {
  FeeScheduleId schedule;
  std::uint16_t maker_bps;  ///< Unit: 1/10,000 of the notional, 0 .. 5,000
  std::uint16_t taker_bps;
  Money maker_per_lot;  ///< Unit: fen per lot, 0 .. 10^12
  Money taker_per_lot;
};

struct AdmitMerchant {  // header.account = the new merchant
  GroupId group;
  std::uint8_t tier;       ///< 0 .. 9
  std::uint8_t clearance;  ///< 0 .. 9
  bool domestic;
  Text<32> name;
};
struct SetMerchantState {
  MerchantState state;
};
struct SetMerchantLimits {
  Quantity order_quantity_max;
  std::uint32_t open_orders_max;
  Money order_notional_max;
  std::uint32_t messages_per_10s_max;
  std::uint32_t messages_per_hour_max;
  std::uint32_t messages_per_day_max;
};
struct SetMerchantProfile {
  GroupId group;
  std::uint8_t tier;
  std::uint8_t clearance;
  bool domestic;
};
/// What the merchant is called from here on: 1 to 64 bytes of UTF-8.
struct RenameMerchant {
  Text<64> name;
};
struct KillSwitch {
  bool on;
};
struct Fund {
  CurrencyId currency;
  Money amount;  ///< 1 .. 2^62
  Reference reference;
};
struct Withdraw {
  CurrencyId currency;
  Money amount;
  Reference reference;
};

struct CreateKey {  // header.account = the key's merchant, 0 = the exchange
  KeyId new_key;
  std::uint8_t scopes;
  Digest public_key;  ///< Ed25519
};
struct RevokeKey {
  KeyId revoked_key;
};
struct OpenSession {  // header.key = the key that logged on
  std::int64_t disconnect_grace_ns;  ///< cancel the key's orders so long after a close; -1 = never
};
struct CloseSession {};      // header.key, header.epoch = the session
struct SetDeadMan {
  std::int64_t timeout_ns;  ///< cancel the key's orders after this long without a word; 0 = off
};
struct Heartbeat {};

struct DefinePool {
  PoolId pool;
  AccountId operator_account;
  std::uint16_t hub;
  std::uint16_t cluster;
  std::uint16_t cards_per_node;
  std::uint16_t interconnect_gbps;
  std::uint32_t memory_gib;  ///< per card
  std::uint64_t mflops_per_card;
  Text<16> symbol;
  Text<16> accelerator;
  Unit unit;
  bool domestic_chip;
};
/// From `from_hour` on the pool's certified capacity is `capacity` lots in every hour.
struct SetPoolCapacity {
  PoolId pool;
  Hour from_hour;
  Quantity capacity;
};
/// The terms of the hour contracts listed from now on.
struct SetPoolTerms {
  PoolId pool;
  CurrencyId currency;
  CalendarId calendar;
  FeeScheduleId fees;
  std::uint16_t band_bps;  ///< price band around the reference, 0 = the price bounds only
  Money tick_value;        ///< Unit: fen per tick and lot
  Price price_min;
  Price price_max;
  Price list_price;
  Quantity quantity_max;
  std::uint8_t tier_min;
  std::uint8_t clearance_min;
  bool domestic_only;
  Grade grade;
  std::uint16_t penalty_bps;
  std::int64_t gate_open_lead_ns;   ///< the gate opens this long before the hour begins
  std::int64_t gate_close_lead_ns;  ///< and closes this long before it
};
struct ListContracts {
  PoolId pool;
  Hour from_hour;
  std::uint32_t hours;  ///< 1 .. 336
};
struct MintCapacity {  // header.account = the provider
  PoolId pool;
  Hour from_hour;
  std::uint32_t hours;  ///< 1 .. 336, all listed
  Quantity quantity;
};
struct DefineProduct {  // header.account = the issuer
  CurrencyId currency;
  CalendarId calendar;
  FeeScheduleId fees;
  std::uint16_t band_bps;
  Money tick_value;
  Price price_min;
  Price price_max;
  Price list_price;
  Quantity quantity_max;
  Quantity seats;  ///< minted to the issuer; 0 for non-rival supply, 1 for exclusive
  Supply supply;
  Resale resale;
  Unit unit;
  std::uint8_t tier_min;
  std::uint8_t clearance_min;
  bool domestic_only;
  Time certificate_expiry;
  Text<16> symbol;
  Text<64> title;  ///< what it is called: none, or 1 to 64 bytes of UTF-8
};
/// New terms; entitlements already sold keep the version they were sold under.
struct SetProductTerms {
  InstrumentId instrument;
  Time certificate_expiry;
  Digest terms_hash;
};
struct SetInstrumentState {
  InstrumentId instrument;
  InstrumentState state;
};
struct Halt {
  InstrumentId instrument;
};
struct Resume {
  InstrumentId instrument;
  Price reference;  ///< the new reference price; 0 = keep
};

struct PlaceOrder {
  InstrumentId instrument;
  Quantity quantity;
  Price limit;  ///< 0 for market orders
  Time expiry;  ///< GTD only, else 0
  ClientOrderId client_order_id;
  Quantity minimum;   ///< lots that must trade at once, or none; 0 = no such wish
  std::uint32_t tag;  ///< the merchant's own mark, for mass cancels
  Side side;
  OrderKind kind;
  TimeInForce time_in_force;
  SelfMatch self_match;
  Draw draw;         ///< sells only
  bool all_or_none;  ///< all lots must trade at once, or none
  std::uint8_t reserved[2];
};
struct AmendOrder {
  OrderId order;
  Price limit;
  Quantity quantity;  ///< the new total, what has been filled included
};
struct CancelOrder {
  OrderId order;  ///< or none, and the order is named by client_order_id
  ClientOrderId client_order_id;
};
struct MassCancel {
  InstrumentId instrument;  ///< none = all
  std::uint32_t tag;        ///< 0 = all
  std::uint8_t side;        ///< 0 = both, else a Side
};
struct HibernateOrder {
  OrderId order;
};
struct ReactivateOrder {
  OrderId order;
};
/// The issuer's standing ask of unlimited size for a non-rival product.
struct PostOffer {
  InstrumentId instrument;
  Price price;  ///< 0 = withdraw the offer
};

/// A command that waits until another operator confirms it. It is named by the sequence of this.
struct Propose {
  EnclosedCommand command;
};
/// The second operator's yes to what waits.
struct Confirm {
  std::uint64_t proposal;
  Digest hash;              ///< SHA-256 of the encoded command, as the second operator was shown it
  EnclosedCommand command;  ///< the same; the gateway puts it there
};
/// What waits is not to be carried out.
struct Retract {
  std::uint64_t proposal;
};
/// Whether it takes two operators to have done what needs_two() says.
struct SetFourEyes {
  bool on;
  Money unseen_max;  ///< so much one operator alone may fund or withdraw at once. Unit: fen
};

}  // namespace karst
