// What the reference model knows: plain structs in ordered containers, one noun each.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/units.hpp"
#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"
#include "engine/event/event.hpp"

namespace karst::model {

__extension__ using Wide = __int128;

/// Greatest amount of money, and greatest product of price and quantity. Unit: fen.
inline constexpr std::int64_t money_max = std::int64_t{1} << 62;
/// Greatest quantity of one order, one offer's licences, one capacity. Unit: lots.
inline constexpr std::uint32_t lots_max = 0x7fffffff;
inline constexpr std::int64_t hours_ahead_max = 336;  ///< listing window of a pool
inline constexpr std::int64_t hour_places = 512;      ///< contracts of a pool not yet retired
inline constexpr std::size_t capacity_entries_max = 64;

/// The number of the hour a moment lies in.
[[nodiscard]] constexpr std::int64_t hour_of(std::int64_t now) {
  return now / ns_per_hour - (now % ns_per_hour < 0 ? 1 : 0);
}
inline constexpr std::size_t account_jobs_max = 16;
inline constexpr std::size_t lives_max = 64;
inline constexpr std::uint64_t uses_end = std::uint64_t{1} << 31;  ///< of an order slot
inline constexpr std::uint64_t level_lots_end = std::uint64_t{1} << 40;
inline constexpr std::int64_t keys_per_page = 64;
inline constexpr std::int64_t first_key = 32;  ///< of the first order of an empty side
inline constexpr std::int64_t bps_whole = 10'000;

/// Unit: fen.
struct Cash {
  std::int64_t available = 0;
  std::int64_t reserved = 0;
  std::int64_t escrow = 0;
  friend bool operator==(const Cash&, const Cash&) = default;
};

/// Lots of one instrument that one merchant has, as capacity to sell or as units held.
struct Row {
  std::uint32_t free = 0;
  std::uint32_t reserved = 0;
  std::uint32_t locked = 0;  ///< may not be sold again
  std::int64_t escrow = 0;   ///< Unit: fen, capacity of contracts only
  friend bool operator==(const Row&, const Row&) = default;
};

struct RowKey {
  AccountId account;
  InstrumentId instrument;
  Draw kind;  ///< capacity, or holding for the units row
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

/// Messages of a merchant in the current window of one length.
struct Window {
  std::int64_t index = -1;
  std::uint32_t count = 0;
};

struct Merchant {
  GroupId group{};
  std::uint8_t tier = 0;
  std::uint8_t clearance = 0;
  bool domestic = false;
  MerchantState state = MerchantState::admitted;
  bool killed_by_operator = false;
  bool killed_by_itself = false;
  std::uint32_t order_quantity_max = lots_max;
  std::uint32_t open_orders_max = ~0U;
  std::int64_t order_notional_max = money_max;
  std::array<std::uint32_t, 3> messages_max{~0U, ~0U, ~0U};
  std::array<Window, 3> windows{};
  std::uint64_t events = 0;                           ///< last number of its event log
  std::map<std::uint64_t, OrderId> orders;            ///< by place of entry
  std::map<ClientOrderId, std::uint64_t> client_ids;  ///< to the number of the id

  [[nodiscard]] bool is_killed() const { return killed_by_operator || killed_by_itself; }
};

/// What a numbered command was answered.
struct Remembered {
  std::vector<std::uint8_t> request;  ///< type, account, body
  RejectCode code{};
  OrderId order{};
  std::uint64_t sequence = 0;
  std::uint64_t account_event = 0;
};

struct Key {
  AccountId account{};
  std::uint8_t scopes = 0;
  bool revoked = false;
  bool session_open = false;
  std::uint32_t epoch = 0;
  std::int64_t grace = -1;                   ///< of the session. Unit: ns
  std::optional<std::int64_t> grace_due;     ///< the timer that stands
  std::int64_t dead_man = 0;                 ///< Unit: ns; 0 = off
  std::optional<std::int64_t> dead_man_due;  ///< the timer that stands
  std::int64_t last_word = 0;
  std::uint64_t last_client_seq = 0;
  std::map<std::uint64_t, Remembered> answers;
};

/// A proposal.
struct Waiting {
  std::int64_t due = 0;
  KeyId by{};  ///< none: the exchange's own
  EnclosedCommand command{};
};

struct Fees {
  std::int64_t maker_bps = 0;
  std::int64_t taker_bps = 0;
  std::int64_t maker_per_lot = 0;
  std::int64_t taker_per_lot = 0;
  [[nodiscard]] std::int64_t bps_max() const { return std::max(maker_bps, taker_bps); }
  [[nodiscard]] std::int64_t per_lot_max() const { return std::max(maker_per_lot, taker_per_lot); }
};

struct Pool {
  std::vector<std::pair<std::int64_t, std::uint32_t>> capacities;  ///< (from hour, lots)
  std::optional<SetPoolTerms> terms;

  [[nodiscard]] std::uint32_t capacity_at(std::int64_t hour) const {
    std::uint32_t capacity = 0;
    for (const auto& [from, lots] : capacities) {
      if (from <= hour) capacity = lots;
    }
    return capacity;
  }
};

struct Level {
  std::deque<OrderId> queue;  ///< oldest first
  std::uint64_t lots = 0;
};
using Levels = std::map<std::int64_t, Level>;

enum class Stage : std::uint8_t { gate_open, gate_close, hour_end, settling };

/// An hour contract or a data product, with its book.
struct Instrument {
  InstrumentId id{};
  bool is_product = false;
  AccountId issuer{};     ///< products
  PoolId pool{};          ///< contracts
  std::int64_t hour = 0;  ///< contracts
  InstrumentState state{};
  CurrencyId currency{};
  CalendarId calendar{};
  FeeScheduleId fees{};
  std::int64_t band_bps = 0;
  std::int64_t tick_value = 0;
  std::int64_t price_min = 0;
  std::int64_t price_max = 0;
  std::int64_t list_price = 0;
  std::int64_t reference = 0;  ///< the band stands around it
  std::uint32_t quantity_max = 0;
  std::uint8_t tier_min = 0;
  std::uint8_t clearance_min = 0;
  bool domestic_only = false;

  std::int64_t gate_open = 0;
  std::int64_t gate_close = 0;
  Stage stage = Stage::gate_open;

  Supply supply{};
  Resale resale{};
  std::uint32_t seats = 0;
  std::int64_t certificate_expiry = 0;
  std::uint32_t version = 0;
  std::int64_t offer = 0;      ///< posted price, 0 = none
  std::uint32_t licences = 0;  ///< minted by the offer

  std::uint32_t minted = 0;
  std::uint32_t burnt = 0;
  std::vector<RowKey> rows;  ///< in order of creation
  Levels bids;
  Levels asks;
  std::int64_t first_bid = 0;  ///< price of the order that began the side: its key is 32
  std::int64_t first_ask = 0;
  std::deque<OrderId> hibernated;  ///< in order of hibernation

  [[nodiscard]] bool is_non_rival() const { return is_product && supply == Supply::non_rival; }
  [[nodiscard]] Levels& levels(Side side) { return side == Side::buy ? bids : asks; }
  [[nodiscard]] const Levels& levels(Side side) const { return side == Side::buy ? bids : asks; }
  [[nodiscard]] std::uint32_t supply_left() const { return lots_max - licences; }
};

/// The least and the greatest price a trade may print at.
struct Band {
  std::int64_t low;
  std::int64_t high;
};

enum class Where : std::uint8_t { arriving, resting, pending, hibernated };

/// One life of an exchange that was restored from a backup.
struct Life {
  std::uint64_t number = 0;
  std::uint64_t after = 0;
  std::uint64_t begun = 0;
  std::uint64_t uses = 0;  ///< every order slot counts so many more
};

struct Order {
  OrderId id{};
  AccountId account{};
  KeyId key{};
  InstrumentId instrument{};
  std::uint64_t entry = 0;  ///< sequence of the command that placed it
  std::int64_t limit = 0;
  std::int64_t expiry = 0;
  std::uint32_t leaves = 0;
  std::uint32_t filled = 0;
  std::uint32_t tag = 0;
  Side side{};
  OrderKind kind{};
  TimeInForce time_in_force{};
  SelfMatch self_match{};
  Draw draw{};
  Where where = Where::arriving;
  std::int64_t fee_remainder = 0;  ///< Unit: 1/10,000 fen
  std::int64_t reserved = 0;       ///< buys. Unit: fen

  [[nodiscard]] bool may_rest() const {
    return time_in_force != TimeInForce::ioc && time_in_force != TimeInForce::fok;
  }
};

/// A client order id that still stands.
struct ClientId {
  AccountId account{};
  ClientOrderId id{};
  std::vector<std::uint8_t> request;
  OrderId order{};
  std::uint64_t sequence = 0;
  std::uint64_t account_event = 0;
};

/// A bank's reference and what it moved.
struct Movement {
  CommandType type{};
  AccountId account{};
  CurrencyId currency{};
  std::int64_t amount = 0;
  std::uint64_t sequence = 0;
  std::uint64_t account_event = 0;
};

/// Matching that a bound has cut off: of a taker, or of a posted offer (`order` none).
struct Sweep {
  InstrumentId book{};
  OrderId order{};
  Band band{};
};

enum class TimerKind : std::uint8_t {
  lifecycle = 1,
  order_expiry = 2,
  grace = 3,
  dead_man = 4,
  client_id = 5,
  proposal = 6,
};
/// Fire in this order: deadline, kind, id.
using Timer = std::tuple<std::int64_t, TimerKind, std::uint64_t>;

struct Job {
  enum class Kind : std::uint8_t { drain, account, settle } kind{};
  CancelReason reason{};
  InstrumentId instrument{};  ///< of a drain or settle job; a filter of an account job
  AccountId account{};
  std::uint8_t side = 0;
  std::uint32_t tag = 0;
  KeyId key{};
  std::uint64_t queued = 0;  ///< sequence of the command during which it was queued
  std::uint64_t cursor = 0;  ///< entry of the order looked at last

  [[nodiscard]] bool matches(const Order& order) const {
    return kind == Kind::account && order.account == account && order.entry < queued &&
           (instrument.is_none() || order.instrument == instrument) &&
           (side == 0 || side == static_cast<std::uint8_t>(order.side)) &&
           (tag == 0 || order.tag == tag) && (key.is_none() || order.key == key);
  }
};

}  // namespace karst::model
