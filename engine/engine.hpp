// The engine: one deterministic function from commands to events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/command/command.hpp"
#include "engine/command/rehearsal.hpp"
#include "engine/event/event_ring.hpp"
#include "engine/relief.hpp"
#include "engine/state/holding_table.hpp"
#include "engine/state/incarnation.hpp"
#include "engine/state/order_table.hpp"
#include "engine/state/proposal_table.hpp"

namespace karst {

struct State;
struct Instrument;
struct Key;
struct Account;
struct Pool;

/// A resting order as others may see it.
struct RestingOrder {
  OrderId id;
  AccountId account;
  Price price;
  Quantity leaves;
};

/// An open or hibernated order of a merchant.
struct OpenOrder {
  OrderId id;
  InstrumentId instrument;
  Side side;
  OrderState state;
  TimeInForce time_in_force;
  Price limit;
  Quantity leaves;
  Quantity filled;
  Time expiry;  ///< 0 = none
  std::uint32_t tag;
  KeyId key;
  std::uint64_t entered;  ///< the command that placed it
};

/// What is remembered of an order by the name its merchant gave it.
struct ClientOrder {
  ClientOrderId id{};
  OrderId order{0};
  AccountId account{0};
  std::uint64_t entered = 0;        ///< the command that placed it
  std::uint64_t account_event = 0;  ///< number of its order_accepted in the merchant's log
};

/// A place in a merchant's orders, which stand in order of entry. At first before all of them.
struct OrderCursor {
  OrderId order{0};           ///< looked at last; where to go on, while it is there
  std::uint64_t entered = 0;  ///< orders entered by this command or before have been given
};

/// The hash of a saved state as it stands, whatever its format. Complexity: O(bytes).
[[nodiscard]] std::uint64_t hash_of_state(std::span<const std::uint8_t> bytes);

/// How many places of the tables that fill are taken. What there is of each: Configure.
struct TableUse {
  std::uint32_t instruments = 0;
  std::uint32_t orders = 0;
  std::uint32_t holdings = 0;
  std::uint32_t client_ids = 0;
  std::uint32_t references = 0;
};

/// The exchange itself: instruments, accounts, risk, matching, settlement. The same commands give
/// the same events, state and hashes on every build. It reads no clock, does no I/O, starts no
/// thread and throws nothing. What it does, exactly: docs/ENGINE.md.
///
/// Threads: owned by one.
/// Memory:  reserved at construction from `Configure`, touched as used.
class Engine {
 public:
  /// Requires: is_valid(sizes). The journal's first command must be a `configure` of these sizes.
  explicit Engine(const Configure& sizes);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Carries out one command, after whatever was due or left over before it.
  ///
  /// Requires: sequence = sequence() + 1, time > that of the last command, room for
  ///           events_per_command_max events in `ring`.
  /// Errors:   none; a refusal is an event.
  Applied apply(const Command& command, EventRing& ring);

  /// What the command would be answered if it came now, and nothing due or left over came before
  /// it. Everything stays as it was, though not untouched: nobody else may look meanwhile.
  ///
  /// Of the command's stamp only the time counts, and only if it is after the last command's.
  [[nodiscard]] Rehearsal rehearse(const Command& command) const;

  /// What the command would free if it came now. As rehearse(): everything stays as it was.
  [[nodiscard]] Relief relief(const Command& command) const;

  /// Asks for the memory that a coming command will touch, in steps a memory access apart: each
  /// when what the one before asked for is there. look_ahead.hpp says how far ahead that is.
  /// Nothing changes, and nothing the command names need exist.
  void prefetch_first(const Command& command) const;
  void prefetch_second(const Command& command) const;
  void prefetch_third(const Command& command) const;
  /// A step each of three commands, in one call.
  void prefetch(const Command& first, const Command& second, const Command& third) const;

  // -- what it has come to --
  [[nodiscard]] std::uint64_t sequence() const;     ///< of the last command; 0 at first
  [[nodiscard]] std::uint64_t event_hash() const;   ///< over all events since the first
  [[nodiscard]] Time next_due() const;              ///< the earliest timer; INT64_MAX if none
  [[nodiscard]] bool has_pending_work() const;      ///< jobs or sweeps that ticks would carry on
  [[nodiscard]] std::uint64_t settlements() const;  ///< settlement numbers used

  // -- state to and from bytes --
  void save(std::vector<std::uint8_t>& out) const;
  /// Requires: made with the sizes the bytes were saved with, and not used yet.
  /// Returns:  what became of it; unless it is good, the engine must not be used.
  [[nodiscard]] Loaded load(std::span<const std::uint8_t> bytes);
  /// The hash of what save() writes. Complexity: O(state).
  [[nodiscard]] std::uint64_t state_hash() const;
  /// Asserts what must hold between commands. Complexity: O(state).
  void check_invariants() const;

  // -- questions, answered as of the last command --
  [[nodiscard]] const Configure& sizes() const;
  [[nodiscard]] std::uint32_t rules() const;  ///< the version it follows; engine/command/rules.hpp
  /// The lives it has had since it was first restored, oldest first; none before.
  [[nodiscard]] std::span<const Incarnation> incarnations() const;
  [[nodiscard]] bool is_clock_held() const;   ///< the wall clock is not believed
  [[nodiscard]] const FourEyes& four_eyes() const;
  /// The commands that wait for a second operator, and can be confirmed.
  [[nodiscard]] std::vector<Proposal> proposals() const;
  [[nodiscard]] std::uint32_t operators() const;  ///< keys of scope operate that are not revoked
  /// Queued release jobs looked at so far to find out whether an order is on its way out, or a job
  /// of its like waits: a measure of work, no part of the state. Its bound: docs/ENGINE.md §5.
  [[nodiscard]] std::uint64_t job_looks() const;
  [[nodiscard]] Balance balance(AccountId account, CurrencyId currency) const;
  [[nodiscard]] Holding holding(AccountId account, InstrumentId instrument, Draw kind) const;
  [[nodiscard]] Money custody(CurrencyId currency) const;
  [[nodiscard]] Money fee_income(CurrencyId currency) const;
  [[nodiscard]] const Account* account(AccountId id) const;  ///< nullptr = unknown
  [[nodiscard]] const Key* key(KeyId id) const;              ///< nullptr = unknown
  /// Whether the key was revoked and another one has its place; it is unknown then.
  [[nodiscard]] bool is_key_past(KeyId id) const;
  [[nodiscard]] const Digest* public_key(KeyId id) const;             ///< nullptr = unknown
  [[nodiscard]] const Instrument* instrument(InstrumentId id) const;  ///< nullptr = unknown
  [[nodiscard]] const Pool* pool(PoolId id) const;                    ///< nullptr = unknown
  [[nodiscard]] InstrumentId contract(PoolId pool, Hour hour) const;  ///< none = not listed
  [[nodiscard]] const Text<8>* currency_code(CurrencyId id) const;    ///< nullptr = unknown
  [[nodiscard]] TableUse table_use() const;                           ///< Complexity: O(1)
  [[nodiscard]] std::uint32_t accounts_end() const;       ///< all known accounts are below
  [[nodiscard]] std::uint32_t keys_end() const;           ///< all taken places of keys are below
  [[nodiscard]] KeyId key_in(std::uint32_t place) const;  ///< none = no key ever had it
  [[nodiscard]] std::uint32_t instruments_end() const;    ///< all used slots are below
  [[nodiscard]] InstrumentId instrument_in(std::uint32_t slot) const;  ///< none = slot is free
  /// Calls `f(price, quantity, orders)` level by level, best first, until it answers false.
  template <class F>
  void levels(InstrumentId id, Side side, F&& f) const;
  /// Appends the orders resting on a side, best first, oldest first.
  void resting_orders(InstrumentId id, Side side, std::vector<RestingOrder>& out) const;
  /// Appends a merchant's open and hibernated orders in order of entry.
  void open_orders(AccountId id, std::vector<OpenOrder>& out) const;
  /// The same page by page: appends at most `rows_max` of those behind `cursor`, looking at no more
  /// than `looks_max`, and moves the cursor behind them. Between two pages anything may happen.
  ///
  /// Returns: whether there may be more.
  [[nodiscard]] bool open_orders(AccountId id, OrderCursor& cursor, std::uint32_t rows_max,
                                 std::uint32_t looks_max, std::vector<OpenOrder>& out) const;
  /// A merchant's open or hibernated order; nothing if there is none of that id, or it is
  /// another's.
  [[nodiscard]] std::optional<OpenOrder> open_order(AccountId id, OrderId order) const;
  /// The order a merchant calls so, open or not, for as long as the name is in use.
  [[nodiscard]] std::optional<ClientOrder> client_order(AccountId id,
                                                        const ClientOrderId& name) const;
  /// Appends all open and hibernated orders that have such a name. Complexity: O(names in use).
  void client_orders(std::vector<ClientOrder>& out) const;
  /// Calls `f(HoldingRow)` for every row in use.
  void holdings(std::vector<HoldingRow>& out) const;

 private:
  [[nodiscard]] const OrderPools& order_pools() const;
  [[nodiscard]] const Book* book(InstrumentId id) const;
  [[nodiscard]] OpenOrder open_order_in(Slot slot) const;

  std::unique_ptr<State> state_;
};

template <class F>
void Engine::levels(InstrumentId id, Side side, F&& f) const {
  const Book* found = book(id);
  if (found != nullptr) found->levels(order_pools(), side, f);
}

}  // namespace karst
