// The reference model: docs/ENGINE.md written down a second time, to be read, not to be fast.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/model/model_state.hpp"

namespace karst::model {

/// The whole exchange as one function of the commands so far. Shares nothing with the engine but
/// the command, event and unit types, so that both are only wrong together where the page is.
///
/// Threads:    owned by one.
/// Complexity: logarithmic look-ups everywhere; no bound but the configured ones.
class Model {
 public:
  /// Carries out one command.
  /// Returns: its events, in order; every byte not named by the event's type is zero.
  std::vector<Event> apply(const Command& command);

  [[nodiscard]] bool is_configured() const { return configured_; }
  [[nodiscard]] Cash cash(AccountId account, CurrencyId currency) const;
  [[nodiscard]] Row row(AccountId account, InstrumentId instrument, Draw kind) const;
  /// Fees taken so far. Unit: fen.
  [[nodiscard]] std::int64_t income(CurrencyId currency) const;
  /// Paid in less paid out. Unit: fen.
  [[nodiscard]] std::int64_t custody(CurrencyId currency) const;
  /// Deadline of the first timer, or the greatest time there is.
  [[nodiscard]] std::int64_t next_due() const;
  [[nodiscard]] bool has_pending_work() const { return !jobs_.empty() || !sweeps_.empty(); }

  [[nodiscard]] const std::map<std::uint32_t, Instrument>& instruments() const {
    return instruments_;
  }
  [[nodiscard]] const std::map<OrderId, Order>& orders() const { return orders_; }
  [[nodiscard]] const std::map<AccountId, Merchant>& merchants() const { return merchants_; }
  [[nodiscard]] const std::map<KeyId, Key>& keys() const { return keys_; }
  [[nodiscard]] const std::map<RowKey, Row>& rows() const { return rows_; }
  [[nodiscard]] const std::map<std::pair<AccountId, CurrencyId>, Cash>& balances() const {
    return balances_;
  }
  [[nodiscard]] const std::deque<Sweep>& sweeps() const { return sweeps_; }
  [[nodiscard]] const std::deque<Job>& jobs() const { return jobs_; }
  [[nodiscard]] const std::map<std::uint64_t, Waiting>& proposals() const { return waiting_; }
  [[nodiscard]] bool is_four_eyes() const { return four_eyes_; }
  [[nodiscard]] const Configure& configuration() const { return configure_; }
  [[nodiscard]] std::uint32_t rules() const { return rules_; }

  /// Says which invariant of the market does not hold, or nothing. Complexity: O(everything).
  [[nodiscard]] std::string broken_invariant() const;

 private:
  // model_answers.cpp: who speaks, and what is said.
  void execute();
  void execute_unconfigured();
  [[nodiscard]] bool is_refused_speaker();
  [[nodiscard]] bool is_answered_before(Key& key);
  [[nodiscard]] bool is_permitted() const;
  [[nodiscard]] bool may_speak_for_account() const;
  [[nodiscard]] bool is_of_later_rules() const;
  [[nodiscard]] RejectCode carry_out();
  [[nodiscard]] AccountId answer_account() const;
  Event& emit(EventType type, std::uint8_t detail = 0, InstrumentId instrument = InstrumentId{0});
  [[nodiscard]] std::uint64_t next_number(AccountId account);
  void reject(RejectCode code, std::int64_t value = 0);
  void answer_done();
  void answer_repeated(std::uint64_t sequence, std::uint64_t account_event, OrderId order,
                       RejectCode code);
  void remember_as(RejectCode code, OrderId order, std::uint64_t sequence,
                   std::uint64_t account_event);

  // What each command does, under its name: model_accounts.cpp, model_reference.cpp,
  // model_orders.cpp. Returns: why it does nothing; none once the answer has been written.
#define KARST_MODEL_COMMAND(name, number, Body, ...) [[nodiscard]] RejectCode name();
  KARST_COMMANDS(KARST_MODEL_COMMAND)
#undef KARST_MODEL_COMMAND

  // model_accounts.cpp: merchants, money, keys, sessions.
  void emit_merchant(EventType type, AccountId account, std::uint64_t number);
  void emit_session(EventType type, KeyId id);
  void end_session(KeyId id);
  void move_cash(EventType type, CurrencyId currency, Money amount, const Reference& reference);
  [[nodiscard]] std::optional<RejectCode> known_reference(const Reference& reference,
                                                          CurrencyId currency, Money amount);

  // model_four_eyes.cpp: what takes two operators.
  [[nodiscard]] std::size_t count_operators() const;
  [[nodiscard]] RejectCode try_out(const Command& command) const;
  [[nodiscard]] RejectCode refuse_alone();
  [[nodiscard]] bool takes_two() const;
  [[nodiscard]] Command said_now(const EnclosedCommand& bytes) const;
  void emit_proposal(EventType type, std::uint8_t detail, std::uint64_t number,
                     const Waiting& waiting, const Command* said);
  void forget_proposal(std::uint64_t number);
  void fire_proposal(std::uint64_t number);

  // model_reference.cpp: currencies, pools, contracts, products and their states.
  void end_hold();
  void emit_clock(EventType type, std::int64_t step_ns);
  [[nodiscard]] RejectCode replan_capacity(Pool& pool);
  void emit_product(EventType type, const Instrument& product, std::uint64_t number);
  void emit_state(const Instrument& on, InstrumentState before, StateReason reason);
  void move_state(Instrument& on, InstrumentState to);
  void list_contract(PoolId pool, const SetPoolTerms& terms, std::int64_t hour);
  void mint(Instrument& on, AccountId account, std::uint32_t lots);
  [[nodiscard]] Instrument& new_instrument();
  [[nodiscard]] Instrument* find_instrument(InstrumentId id);
  [[nodiscard]] const Instrument* find_instrument(InstrumentId id) const;
  [[nodiscard]] Instrument* find_contract(PoolId pool, std::int64_t hour);
  [[nodiscard]] InstrumentState effective_state(const Instrument& on) const;
  [[nodiscard]] bool is_certificate_valid(const Instrument& on) const;
  [[nodiscard]] std::size_t slots_free() const;

  // model_book.cpp: rows, reserves, levels, pages and the life of an order.
  [[nodiscard]] Row& row_of(const RowKey& key);
  [[nodiscard]] bool has_row(const RowKey& key) const { return rows_.contains(key); }
  [[nodiscard]] Wide worst(const Instrument& on, std::int64_t limit, std::int64_t lots,
                           std::int64_t remainder) const;
  void reserve(Order& order);
  void release(Order& order);
  [[nodiscard]] Band band_of(const Instrument& on) const;
  [[nodiscard]] bool has_room(const Instrument& on, Side side, std::int64_t limit,
                              std::uint32_t lots) const;
  [[nodiscard]] std::tuple<InstrumentId, Side, std::int64_t> page_of(const Instrument& on,
                                                                     Side side,
                                                                     std::int64_t limit) const;
  void put_in_book(Order& order);
  void take_from_book(Order& order);
  void lose_lots(Order& order, std::uint32_t lots);
  [[nodiscard]] bool crosses(const Instrument& on, Side side, std::int64_t limit) const;
  [[nodiscard]] OrderId best_opposite(const Instrument& on, Side side) const;
  [[nodiscard]] Order& new_order();
  void forget_order(OrderId id);
  void release_slot(std::uint32_t slot, std::uint64_t entry);
  void cancel(Order& order, CancelReason reason, bool is_answer = false);
  void emit_order(EventType type, const Order& order, std::uint8_t detail, std::uint32_t quantity,
                  std::uint8_t flags);
  [[nodiscard]] std::optional<CancelReason> doom_of(const Order& order) const;
  [[nodiscard]] Order* find_order(OrderId id);
  [[nodiscard]] Order* find_own_order(OrderId id);

  // model_orders.cpp: the commands about orders.
  [[nodiscard]] RejectCode may_trade(const Merchant& merchant) const;
  [[nodiscard]] RejectCode may_trade_and_count();
  [[nodiscard]] bool count_message(Merchant& merchant) const;
  [[nodiscard]] RejectCode tradable(const Instrument& on) const;
  [[nodiscard]] RejectCode eligible(const Instrument& on, AccountId buyer) const;
  [[nodiscard]] RejectCode within_bounds(const Instrument& on, const PlaceOrder& wish,
                                         std::int64_t limit) const;
  [[nodiscard]] RejectCode within_limits(const Instrument& on, const PlaceOrder& wish,
                                         std::int64_t limit) const;
  [[nodiscard]] RejectCode affordable(const Instrument& on, const PlaceOrder& wish,
                                      std::int64_t limit) const;
  [[nodiscard]] RejectCode can_move(const Order& order, std::int64_t limit,
                                    std::int64_t total) const;
  [[nodiscard]] RejectCode can_carry(const Order& order, std::int64_t limit,
                                     std::uint32_t leaves) const;
  void accept(const Instrument& on, const PlaceOrder& wish, std::int64_t limit);
  void keep_client_id(const Order& order, const PlaceOrder& wish);
  [[nodiscard]] std::int64_t expiry_of(const Instrument& on, const PlaceOrder& wish) const;

  // model_matching.cpp: arrival, walks, trades, sweeps.
  enum class Walk : std::uint8_t { finished, pending };
  enum class Taker : std::uint8_t { goes_on, gone };
  void arrive(Order& order, std::uint32_t minimum, CancelReason too_few);
  void go_on_from_match(Order& order);
  [[nodiscard]] Walk match(Order& taker, const Band& band, std::uint32_t budget);
  [[nodiscard]] Taker meet(Instrument& on, Order& taker, Order& maker, const Band& band);
  [[nodiscard]] Taker prevent_self_match(Order& taker, Order& maker);
  [[nodiscard]] Taker hit_offer(Instrument& on, Order& taker);
  void finish(Order& taker);
  [[nodiscard]] std::uint64_t count_eligible(const Order& taker, std::uint32_t wanted) const;
  [[nodiscard]] std::uint32_t count_offer(const Instrument& on, const Order& taker) const;
  [[nodiscard]] std::optional<CancelReason> unfit(const Instrument& on, const Order& maker) const;
  [[nodiscard]] bool is_related(AccountId one, AccountId other) const;
  [[nodiscard]] bool may_offer(const Instrument& on) const;
  void withdraw_offer(Instrument& on);
  void start_offer_sweep(Instrument& on);
  [[nodiscard]] Walk sweep_offer(Instrument& on, std::uint32_t budget);
  void meet_bid(Instrument& on, Order& bid);
  void trade(Instrument& on, Order* maker, Order* taker, Side taker_side, std::int64_t price,
             std::uint32_t lots);
  void settle(Instrument& on, Order& buyer, Order* seller, bool is_buyer_maker, std::int64_t price,
              std::uint32_t lots);
  [[nodiscard]] SettlementKind pay_seller(Instrument& on, Order* seller, std::uint32_t lots,
                                          std::int64_t proceeds);
  void continue_a_sweep();
  void continue_sweep(const Sweep& sweep, std::uint32_t budget);
  [[nodiscard]] Walk continue_order(const Sweep& sweep, std::uint32_t budget);
  [[nodiscard]] Walk continue_offer(const Sweep& sweep, std::uint32_t budget);
  [[nodiscard]] const Sweep* find_sweep(InstrumentId book) const;
  void end_sweep(InstrumentId book);
  [[nodiscard]] std::uint32_t own_budget(InstrumentId book) const;
  [[nodiscard]] InstrumentId named_book() const;

  // model_timers.cpp: what falls due, and what is done bit by bit.
  void run_timers_and_jobs();
  void fire(TimerKind kind, std::uint64_t id);
  void fire_lifecycle(Instrument& on);
  void fire_grace(KeyId id);
  void fire_dead_man(KeyId id);
  void fire_client_id(std::uint64_t number);
  void stand_grace(KeyId id, std::int64_t due);
  void drop_grace(KeyId id);
  void stand_dead_man(KeyId id, std::int64_t due);
  void drop_dead_man(KeyId id);
  void queue_drain(const Instrument& on, CancelReason reason);
  void queue_account_job(AccountId account, CancelReason reason, KeyId key = KeyId{0});
  void queue_account_job(const Job& job);
  [[nodiscard]] Job* find_waiting(const Job& like);
  void step_job();
  [[nodiscard]] bool step_drain(const Job& job);
  [[nodiscard]] bool step_account(Job& job);
  [[nodiscard]] bool step_settle(const Job& job);
  void settle_row(Instrument& on, const RowKey& key);
  void retire(Instrument& on);

  [[nodiscard]] std::string broken_money() const;
  [[nodiscard]] std::string broken_units() const;
  [[nodiscard]] std::string broken_reserves() const;
  [[nodiscard]] std::string broken_books() const;
  [[nodiscard]] std::string broken_bounds() const;

  bool configured_ = false;
  Configure configure_{};
  std::uint32_t rules_ = 1;        ///< the version followed
  bool is_capacity_kept_ = false;  ///< no pool was ever cut below what was minted
  std::map<CurrencyId, Text<8>> currencies_;
  std::map<CalendarId, std::int64_t> calendars_;
  std::map<FeeScheduleId, Fees> fees_;
  std::map<AccountId, Merchant> merchants_;
  std::map<KeyId, Key> keys_;
  std::map<PoolId, Pool> pools_;
  std::map<std::uint32_t, Instrument> instruments_;                 // by slot
  std::map<std::pair<PoolId, std::int64_t>, InstrumentId> places_;  // (pool, hour mod 512)
  std::vector<std::uint32_t> retired_slots_;
  std::map<std::uint32_t, std::uint32_t> slot_uses_;
  std::size_t slots_lost_ = 0;  // no id is left for them
  std::map<OrderId, Order> orders_;
  std::vector<std::uint32_t> released_slots_;
  std::vector<std::uint32_t> order_uses_;  // by slot
  std::vector<Life> lives_;                // after restores, oldest first
  std::uint64_t uses_skipped_ = 0;         // of slots never used: what all lives skipped
  std::map<RowKey, Row> rows_;
  std::map<std::pair<AccountId, CurrencyId>, Cash> balances_;
  std::map<CurrencyId, std::int64_t> custody_;
  std::map<CurrencyId, std::int64_t> income_;
  std::map<Reference, Movement> references_;
  std::map<std::uint64_t, ClientId> client_ids_;  // by number
  std::uint64_t client_ids_ever_ = 0;
  std::map<std::tuple<InstrumentId, Side, std::int64_t>, std::uint32_t> pages_;  // orders in each
  std::set<Timer> timers_;
  std::deque<Job> jobs_;
  bool clock_held_ = false;
  std::vector<Job> held_jobs_;  // of contracts that ended while the clock was held
  std::deque<Sweep> sweeps_;
  std::uint64_t settlements_ = 0;
  bool four_eyes_ = false;
  std::int64_t unseen_max_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;  // proposals by number

  // Of the command under way.
  const Command* command_ = nullptr;
  std::int64_t now_ = 0;
  std::vector<Event> events_;
  std::uint32_t matches_ = 0;
  InstrumentId swept_book_{0};
  std::uint32_t touched_ = 0;  // makers, by the sweep or match under way
  std::uint32_t swept_ = 0;    // makers, by the sweep before the command
  std::optional<Remembered> answer_;
};

}  // namespace karst::model
