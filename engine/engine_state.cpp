// The engine's state as bytes, as a hash, as invariants, and as answers to questions.
#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/engine.hpp"
#include "engine/order/life.hpp"
#include "engine/reference/four_eyes.hpp"
#include "engine/state/saved_state.hpp"
#include "engine/state/state.hpp"

namespace karst {
namespace {

/// Adds up what the open orders of everyone need, and compares.
class Needs {
 public:
  explicit Needs(const State& state)
      : money_(std::size_t{state.accounts.count()} * state.config.currencies_max),
        lots_(state.config.holdings_max) {}
  void add(const State& state, Slot slot) {
    const OrderHot& hot = state.orders.nodes.node(slot).hot;
    if (hot.state == OrderState::hibernated) return;
    const Instrument& instrument = state.instruments[hot.instrument];
    const std::uint32_t lots = state.orders.nodes.node(slot).quantity;
    if (hot.side == Side::buy) {
      money_[std::size_t{hot.account} * state.config.currencies_max + instrument.currency] +=
          worst_of(instrument, hot.limit, lots, hot.fee_remainder);
    } else {
      lots_[hot.row] += lots;
    }
  }
  void check(const State& state) const {
    for (std::uint32_t id = 0; id < state.accounts.count(); ++id) {
      for (std::uint32_t currency = 0; currency < state.config.currencies_max; ++currency) {
        const Balance& balance = state.accounts.balance(id, currency);
        KARST_ASSERT(balance.reserved.value() ==
                     money_[std::size_t{id} * state.config.currencies_max + currency]);
        KARST_ASSERT(balance.available.value() >= 0 && balance.escrow.value() >= 0);
      }
    }
    for (std::uint32_t row = 0; row < state.config.holdings_max; ++row) {
      KARST_ASSERT(state.holdings[row].reserved == lots_[row]);
    }
  }

 private:
  std::vector<std::int64_t> money_;
  std::vector<std::uint32_t> lots_;
};

void check_accounts(const State& state) {
  Needs needs(state);
  for (std::uint32_t id = 0; id < state.accounts.count(); ++id) {
    const Account& account = state.accounts[id];
    if (account.state == MerchantState{}) continue;
    std::uint32_t count = 0;
    std::uint64_t entered = 0;
    for (Slot slot = account.oldest_order; slot != no_slot; slot = state.links.newer(slot)) {
      KARST_ASSERT(state.orders.nodes.node(slot).hot.account == id);
      KARST_ASSERT(state.orders.nodes.node(slot).hot.entered > entered);
      entered = state.orders.nodes.node(slot).hot.entered;
      needs.add(state, slot);
      ++count;
    }
    KARST_ASSERT(count == account.open_orders);
  }
  needs.check(state);
}

void check_money(const State& state) {
  for (std::uint32_t currency = 0; currency < state.config.currencies_max; ++currency) {
    Wide sum = state.currencies[currency].fee_income;
    Wide escrow = 0;
    for (std::uint32_t id = 0; id < state.accounts.count(); ++id) {
      const Balance& balance = state.accounts.balance(id, currency);
      sum += balance.available.value() + balance.reserved.value() + balance.escrow.value();
      escrow += balance.escrow.value();
    }
    KARST_ASSERT(sum == state.currencies[currency].custody);
    state.holdings.each([&](const HoldingRow& row) {
      if (state.instruments[slot_of(InstrumentId{row.asset >> 1})].currency == currency) {
        escrow -= row.escrow;
      }
    });
    KARST_ASSERT(escrow == 0);
  }
}

void check_books(const State& state) {
  for (std::uint32_t slot = 1; slot < state.instruments.touched(); ++slot) {
    const Instrument& instrument = state.instruments[slot];
    if (instrument.id.is_none()) continue;
    const Book& book = state.instruments.book(slot);
    book.check_invariants(state.orders);
    if (!book.is_empty(Side::buy) && !book.is_empty(Side::sell)) {
      KARST_ASSERT(book.best(Side::buy) < book.best(Side::sell));
    }
    std::uint64_t lots = 0;
    for (std::uint32_t row = instrument.first_row; row != HoldingTable::none;
         row = state.holdings[row].next) {
      const HoldingRow& holding = state.holdings[row];
      KARST_ASSERT(InstrumentId{holding.asset >> 1} == instrument.id);
      lots += std::uint64_t{holding.free} + holding.reserved + holding.locked;
    }
    KARST_ASSERT(lots == instrument.minted ||
                 instrument.state == InstrumentState::closed);  // burnt row by row
  }
}

}  // namespace

void Engine::save(std::vector<std::uint8_t>& out) const { save_state(*state_, out); }

Loaded Engine::load(std::span<const std::uint8_t> bytes) { return load_state(bytes, *state_); }

std::uint64_t hash_of_state(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = hash_seed;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(bytes.size() - at, sizeof word));
    hash = mix(hash, word);
  }
  return hash;
}

std::uint64_t Engine::state_hash() const {
  std::vector<std::uint8_t> bytes;
  save(bytes);
  return hash_of_state(bytes);
}

void Engine::check_invariants() const {
  const State& s = *state_;
  s.orders.nodes.check_invariants();
  check_accounts(s);
  check_money(s);
  check_books(s);
}

std::uint32_t Engine::rules() const { return state_->rules; }
std::span<const Incarnation> Engine::incarnations() const { return state_->incarnations; }
bool Engine::is_clock_held() const { return state_->is_clock_held; }
const FourEyes& Engine::four_eyes() const { return state_->four_eyes; }
std::vector<Proposal> Engine::proposals() const { return waiting_proposals(*state_); }
std::uint32_t Engine::operators() const { return state_->keys.count_operators(); }
std::uint64_t Engine::job_looks() const { return state_->jobs.looks(); }
std::uint64_t Engine::sequence() const { return state_->sequence; }
std::uint64_t Engine::event_hash() const { return state_->event_hash; }
Time Engine::next_due() const { return Time{state_->timers.earliest_ns()}; }
bool Engine::has_pending_work() const {
  return !state_->jobs.is_empty() || !state_->sweeps.empty();
}
std::uint64_t Engine::settlements() const { return state_->settlements; }
const Configure& Engine::sizes() const { return state_->config; }

Balance Engine::balance(AccountId account, CurrencyId currency) const {
  if (!state_->accounts.is_known(account) || currency.value() >= state_->config.currencies_max) {
    return Balance{Money{0}, Money{0}, Money{0}, 0};
  }
  return state_->accounts.balance(account.value(), currency.value());
}

Holding Engine::holding(AccountId account, InstrumentId instrument, Draw kind) const {
  const std::uint32_t row =
      state_->holdings.find(account.value(), HoldingTable::asset(instrument, kind));
  if (row == HoldingTable::none) {
    return {Quantity{0}, Quantity{0}, Quantity{0}, Money{0}};
  }
  const HoldingRow& found = state_->holdings[row];
  return {Quantity{found.free}, Quantity{found.reserved}, Quantity{found.locked},
          Money{found.escrow}};
}

Money Engine::custody(CurrencyId currency) const {
  return Money{currency.value() < state_->config.currencies_max
                   ? state_->currencies[currency.value()].custody
                   : 0};
}
Money Engine::fee_income(CurrencyId currency) const {
  return Money{currency.value() < state_->config.currencies_max
                   ? state_->currencies[currency.value()].fee_income
                   : 0};
}

const Account* Engine::account(AccountId id) const {
  return state_->accounts.is_known(id) ? &state_->accounts[id.value()] : nullptr;
}
const Key* Engine::key(KeyId id) const {
  return state_->keys.is_known(id) ? &state_->keys[id] : nullptr;
}
bool Engine::is_key_past(KeyId id) const { return state_->keys.is_past(id); }
const Digest* Engine::public_key(KeyId id) const {
  return state_->keys.is_known(id) ? &state_->keys.public_key(id) : nullptr;
}
const Instrument* Engine::instrument(InstrumentId id) const { return state_->instruments.find(id); }
const Pool* Engine::pool(PoolId id) const {
  return id.value() < state_->config.pools_max && state_->pools[id.value()].is_known != 0
             ? &state_->pools[id.value()]
             : nullptr;
}
InstrumentId Engine::contract(PoolId id, Hour hour) const {
  if (pool(id) == nullptr || hour.value() < 0) return InstrumentId{0};
  const InstrumentId found{state_->pools[id.value()].contract(hour.value())};
  const Instrument* contract = instrument(found);
  return contract != nullptr && contract->hour == hour.value() ? found : InstrumentId{0};
}
const Text<8>* Engine::currency_code(CurrencyId id) const {
  return id.value() < state_->config.currencies_max && state_->currencies[id.value()].is_known != 0
             ? &state_->currencies[id.value()].code
             : nullptr;
}
TableUse Engine::table_use() const {
  const Configure& sizes = state_->config;
  return {.instruments = sizes.instruments_max - 1 - state_->instruments.slots_free(),
          .orders = sizes.orders_max - state_->orders.nodes.slots_free(),
          .holdings = sizes.holdings_max - state_->holdings.rows_free(),
          .client_ids = sizes.client_ids_max - state_->client_ids.ids_free(),
          .references = state_->references.used()};
}

std::uint32_t Engine::accounts_end() const { return state_->accounts.count(); }
std::uint32_t Engine::keys_end() const { return state_->keys.count(); }
KeyId Engine::key_in(std::uint32_t place) const {
  return place < state_->keys.count() ? state_->keys.id_in(place) : KeyId{0};
}
std::uint32_t Engine::instruments_end() const { return state_->instruments.touched(); }
InstrumentId Engine::instrument_in(std::uint32_t slot) const {
  return slot < state_->instruments.touched() ? state_->instruments[slot].id : InstrumentId{0};
}

void Engine::resting_orders(InstrumentId id, Side side, std::vector<RestingOrder>& out) const {
  const Book* found = book(id);
  if (found == nullptr) return;
  found->orders(state_->orders, side, [&](Slot slot, std::int64_t price) {
    const OrderNode<OrderHot>& node = state_->orders.nodes.node(slot);
    out.push_back({OrderId{state_->orders.nodes.id(slot)}, AccountId{node.hot.account},
                   Price{price}, Quantity{node.quantity}});
    return true;
  });
}

void Engine::open_orders(AccountId id, std::vector<OpenOrder>& out) const {
  constexpr std::uint32_t all = ~std::uint32_t{0};
  OrderCursor cursor;
  (void)open_orders(id, cursor, all, all, out);
}

bool Engine::open_orders(AccountId id, OrderCursor& cursor, std::uint32_t rows_max,
                         std::uint32_t looks_max, std::vector<OpenOrder>& out) const {
  if (!state_->accounts.is_known(id)) return false;
  const Slot known = state_->orders.nodes.find(cursor.order.value());
  const bool is_there =
      known != no_slot && state_->orders.nodes.node(known).hot.account == id.value();
  Slot slot = is_there ? state_->links.newer(known) : state_->accounts[id.value()].oldest_order;
  for (; slot != no_slot && rows_max != 0 && looks_max != 0; --looks_max) {
    const OrderHot& hot = state_->orders.nodes.node(slot).hot;
    cursor.order = OrderId{state_->orders.nodes.id(slot)};
    if (hot.entered > cursor.entered) {
      out.push_back(open_order_in(slot));
      cursor.entered = hot.entered;
      --rows_max;
    }
    slot = state_->links.newer(slot);
  }
  return slot != no_slot;
}

OpenOrder Engine::open_order_in(Slot slot) const {
  const OrderNode<OrderHot>& node = state_->orders.nodes.node(slot);
  const OrderHot& hot = node.hot;
  return {.id = OrderId{state_->orders.nodes.id(slot)},
          .instrument = state_->instruments[hot.instrument].id,
          .side = hot.side,
          .state = hot.state,
          .time_in_force = hot.time_in_force,
          .limit = Price{hot.limit},
          .leaves = Quantity{node.quantity},
          .filled = Quantity{hot.total - node.quantity},
          .expiry = Time{hot.expires ? state_->orders.nodes.cold(slot).expiry_ns : 0},
          .tag = hot.tag,
          .key = KeyId{hot.key},
          .entered = hot.entered};
}

std::optional<OpenOrder> Engine::open_order(AccountId id, OrderId order) const {
  const Slot slot = state_->orders.nodes.find(order.value());
  if (slot == no_slot || state_->orders.nodes.node(slot).hot.account != id.value()) {
    return std::nullopt;
  }
  return open_order_in(slot);
}

std::optional<ClientOrder> Engine::client_order(AccountId id, const ClientOrderId& name) const {
  const std::uint32_t at = state_->client_ids.find(id.value(), name);
  if (at == ClientIdTable::none) return std::nullopt;
  const ClientIdEntry& entry = state_->client_ids[at];
  return ClientOrder{entry.id, OrderId{entry.order}, AccountId{entry.account}, entry.sequence,
                     entry.account_event};
}

void Engine::client_orders(std::vector<ClientOrder>& out) const {
  state_->client_ids.each([&](const ClientIdEntry& entry) {
    if (state_->orders.nodes.find(entry.order) == no_slot) return;
    out.push_back({entry.id, OrderId{entry.order}, AccountId{entry.account}, entry.sequence,
                   entry.account_event});
  });
}

void Engine::holdings(std::vector<HoldingRow>& out) const {
  state_->holdings.each([&](const HoldingRow& row) { out.push_back(row); });
}

const OrderPools& Engine::order_pools() const { return state_->orders; }
const Book* Engine::book(InstrumentId id) const {
  return state_->instruments.find(id) == nullptr ? nullptr : &state_->instruments.book(slot_of(id));
}

}  // namespace karst
