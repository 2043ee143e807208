// The walk of a taker through the book, maker by maker.
#include "engine/order/matching.hpp"

#include "engine/base/assert.hpp"
#include "engine/settlement/execution.hpp"

namespace karst {
namespace {

constexpr std::uint64_t no_group = std::uint64_t{1} << 32;

[[nodiscard]] bool may_rest(TimeInForce time_in_force) { return time_in_force <= TimeInForce::day; }

[[nodiscard]] std::uint64_t group_of(const State& state, std::uint32_t account) {
  const std::uint32_t group = state.accounts[account].group;
  return group == 0 ? no_group : group;
}

/// The arriving side of a match: an order, or a posted offer that was lowered.
struct Taker {
  std::uint64_t id;  ///< 0 = an offer
  std::uint32_t account;
  std::uint64_t group;  ///< no merchant has it if the taker is in none
  Side side;
  SelfMatch self_match;
  std::uint32_t row;        ///< of an offer none
  std::uint32_t remainder;  ///< of its fees; an offer carries none
  std::uint32_t leaves;
  std::int64_t limit;
  Band band;
  std::uint32_t decremented = 0;  ///< lots lost to self-match prevention
  Tally tally{};

  [[nodiscard]] bool is_offer() const { return id == 0; }
  [[nodiscard]] Party party(std::uint32_t leaves_said) {
    return {.account = account,
            .row = row,
            .order = id,
            .leaves = leaves_said,
            .remainder = remainder,
            .limit = limit,
            .tally = &tally};
  }
};

/// The order about to walk, as it stands now.
[[nodiscard]] Taker taker_of(const State& state, const Instrument& instrument, Slot slot,
                             const Band& band) {
  const OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  const OrderHot& hot = node.hot;
  const Band bounds{instrument.price_min, instrument.price_max};
  return {.id = state.orders.nodes.id(slot),
          .account = hot.account,
          .group = group_of(state, hot.account),
          .side = hot.side,
          .self_match = hot.self_match,
          .row = hot.row,
          .remainder = hot.fee_remainder,
          .leaves = node.quantity,
          .limit = hot.limit,
          .band = instrument.allows(TradeMode::posted) ? bounds : band};
}

[[nodiscard]] std::uint32_t supply_left(const Instrument& instrument) {
  return quantity_max - instrument.minted;
}

/// A lowered offer, about to walk through the bids.
[[nodiscard]] Taker taker_of_offer(const State& state, const Instrument& instrument) {
  return {.id = 0,
          .account = instrument.issuer,
          .group = group_of(state, instrument.issuer),
          .side = Side::sell,
          .self_match = SelfMatch::cancel_oldest,
          .row = HoldingTable::none,
          .remainder = 0,
          .leaves = supply_left(instrument),
          .limit = instrument.offer,
          .band = {instrument.price_min, instrument.price_max}};
}

[[nodiscard]] bool is_issuer_active(const State& state, const Instrument& instrument) {
  const Account& issuer = state.accounts[instrument.issuer];
  return issuer.is_admitted() && issuer.killed == 0;
}

[[nodiscard]] bool is_issuers_own(const State& state, const Instrument& instrument,
                                  const Taker& taker) {
  return taker.account == instrument.issuer ||
         taker.group == state.accounts[instrument.issuer].group;
}

/// Answers the book, maker by maker. Source: docs/ENGINE.md, "Arrival" step 2.
class Walk {
 public:
  Walk(State& state, Instrument& instrument, Taker& taker)
      : state_(state),
        instrument_(instrument),
        taker_(taker),
        levels_needed_(taker.side == Side::sell ? instrument.levels_needed : 0) {}

  Verdict operator()(Slot maker, std::int64_t price) {
    if (is_taker_done_) [[unlikely]]
      return Verdict::stop;
    const OrderHot& hot = state_.orders.nodes.node(maker).hot;
    const Account& account = state_.accounts[hot.account];
    if (!account.is_plain() || hot.expires) [[unlikely]] {
      reason_ = standing(maker, account);
      if (reason_ != CancelReason{}) return Verdict::cancel_maker;
    }
    if (!level::suffices(account.levels, levels_needed_)) [[unlikely]] {
      reason_ = CancelReason::not_eligible;
      return Verdict::cancel_maker;
    }
    if (hot.account == taker_.account || account.group == taker_.group) [[unlikely]] {
      return meet_own(maker, price);
    }
    if (price < taker_.band.low || price > taker_.band.high) [[unlikely]] {
      is_breach_ = true;
      return Verdict::stop;
    }
    return Verdict::trade;
  }

  /// Asks for what a trade with this maker will touch, and for the one behind it.
  void expect(Slot maker) const {
    const OrderNode<OrderHot>& node = state_.orders.nodes.node(maker);
    state_.orders.nodes.prefetch(node.next);
    state_.accounts.prefetch(node.hot.account, instrument_.currency);
    state_.holdings.prefetch_row(node.hot.row);
    state_.links.prefetch(maker);
  }

  void on_trade(Slot maker, std::int64_t price, std::uint32_t lots, bool is_filled) {
    if (taker_.side == Side::buy) {
      trade<TradeMode::book, Side::buy>(maker, price, lots);
    } else if (!taker_.is_offer()) [[likely]] {
      trade<TradeMode::book, Side::sell>(maker, price, lots);
    } else {
      trade<TradeMode::posted, Side::sell>(maker, price, lots);
    }
    ++touched_;
    if (is_filled) drop_order(state_, maker);
  }

  void on_cancel(Slot maker, std::int64_t) {
    ++touched_;
    finish_cancel(state_, instrument_, maker, reason_, order_flag::was_booked);
  }

  void on_decrement(Slot maker, std::int64_t price, std::uint32_t lots, bool is_filled) {
    ++touched_;
    emit_prevented(maker, price, lots);
    OrderHot& hot = state_.orders.nodes.node(maker).hot;
    const std::uint32_t leaves = state_.orders.nodes.node(maker).quantity;
    release(state_, instrument_, hot, leaves + lots, leaves);
    hot.total -= lots;
    say_decremented(maker, leaves, lots, order_flag::booked | order_flag::was_booked,
                    order_flag::was_booked);
    if (is_filled) drop_order(state_, maker);
    taker_.decremented += lots;
    const Slot slot = state_.orders.nodes.find(taker_.id);  // no offer decrements
    state_.orders.nodes.node(slot).hot.total -= lots;
    say_decremented(slot, taker_.leaves, lots, 0, 0);
    if (taker_.leaves == 0) is_taker_done_ = true;
  }

  [[nodiscard]] bool is_breach() const { return is_breach_; }
  [[nodiscard]] bool is_taker_cancelled() const { return is_taker_cancelled_; }
  [[nodiscard]] std::uint32_t touched() const { return touched_; }

 private:
  /// The taker buys or sells, at the price of the resting order.
  template <TradeMode mode, Side side>
  [[gnu::always_inline]] void trade(Slot maker, std::int64_t price, std::uint32_t lots) {
    OrderNode<OrderHot>& node = state_.orders.nodes.node(maker);
    const Party resting{.account = node.hot.account,
                        .row = node.hot.row,
                        .order = state_.orders.nodes.id(maker),
                        .leaves = node.quantity,
                        .remainder = node.hot.fee_remainder,
                        .limit = price,
                        .tally = nullptr};
    const Party arriving = taker_.party(mode == TradeMode::posted ? 0 : taker_.leaves);
    const ExecutionFees fees = execute(state_, instrument_,
                                       {.mode = mode,
                                        .taker = side,
                                        .price = price,
                                        .lots = lots,
                                        .buyer = side == Side::buy ? arriving : resting,
                                        .seller = side == Side::buy ? resting : arriving});
    const Fee& maker_fee = side == Side::buy ? fees.seller : fees.buyer;
    const Fee& taker_fee = side == Side::buy ? fees.buyer : fees.seller;
    node.hot.fee_remainder = static_cast<std::uint16_t>(maker_fee.remainder);
    taker_.remainder = mode == TradeMode::posted ? 0 : taker_fee.remainder;
  }

  /// Why a resting order must not trade although it is in the book.
  [[gnu::cold, gnu::noinline]] CancelReason standing(Slot maker, const Account& account) const {
    const CancelReason doom = doom_of(state_, maker);
    if (doom != CancelReason{}) return doom;
    return account.is_admitted() ? CancelReason{} : CancelReason::merchant_not_admitted;
  }

  [[gnu::cold, gnu::noinline]] Verdict meet_own(Slot maker, std::int64_t price) {
    if (taker_.self_match == SelfMatch::decrement) return Verdict::decrement;
    emit_prevented(maker, price, std::min(taker_.leaves, state_.orders.nodes.node(maker).quantity));
    reason_ = CancelReason::self_match;
    if (taker_.self_match == SelfMatch::cancel_oldest) return Verdict::cancel_maker;
    is_taker_done_ = is_taker_cancelled_ = true;
    if (taker_.self_match == SelfMatch::cancel_both) return Verdict::cancel_maker;
    ++touched_;
    return Verdict::stop;
  }

  void emit_prevented(Slot maker, std::int64_t price, std::uint32_t lots) {
    const std::uint64_t maker_id = state_.orders.nodes.id(maker);
    const OrderNode<OrderHot>& node = state_.orders.nodes.node(maker);
    state_.emit(EventType::self_match_prevented, static_cast<std::uint8_t>(taker_.self_match),
                instrument_.id,
                SelfMatchPrevented{.maker = OrderId{maker_id},
                                   .taker = OrderId{taker_.id},
                                   .price = Price{price},
                                   .account_event = state_.next_event_number(taker_.account),
                                   .taker_account = AccountId{taker_.account},
                                   .maker_account = AccountId{node.hot.account},
                                   .quantity = Quantity{taker_.is_offer() ? node.quantity : lots},
                                   .reserved = Quantity{0}});
  }

  void say_decremented(Slot slot, std::uint32_t leaves, std::uint32_t lots, std::uint8_t flags_left,
                       std::uint8_t flags_gone) {
    if (leaves == 0) {
      emit_order(state_, instrument_, EventType::order_cancelled,
                 static_cast<std::uint8_t>(CancelReason::self_match), slot, lots, flags_gone);
    } else {
      emit_order(state_, instrument_, EventType::order_amended, 0, slot, leaves, flags_left);
    }
  }

  State& state_;
  Instrument& instrument_;
  Taker& taker_;
  std::uint32_t levels_needed_;
  CancelReason reason_{};
  std::uint32_t touched_ = 0;
  bool is_breach_ = false;
  bool is_taker_done_ = false;
  bool is_taker_cancelled_ = false;
};

/// The same answers without effects, for counting what could trade.
class Count {
 public:
  Count(const State& state, const Instrument& instrument, const Taker& taker)
      : state_(state), instrument_(instrument), taker_(taker) {}

  Verdict operator()(Slot maker, std::int64_t price) const {
    const OrderHot& hot = state_.orders.nodes.node(maker).hot;
    const Account& account = state_.accounts[hot.account];
    const std::uint32_t needed = taker_.side == Side::sell ? instrument_.levels_needed : 0;
    if (doom_of(state_, maker) != CancelReason{} || !account.is_admitted() ||
        !level::suffices(account.levels, needed)) {
      return Verdict::skip;
    }
    if (hot.account == taker_.account || account.group == taker_.group) {
      return taker_.self_match == SelfMatch::cancel_oldest ? Verdict::skip : Verdict::stop;
    }
    return price < taker_.band.low || price > taker_.band.high ? Verdict::stop : Verdict::trade;
  }

 private:
  const State& state_;
  const Instrument& instrument_;
  const Taker& taker_;
};

/// A buy meets a posted offer. Returns: whether the buy is to be cancelled for meeting its own.
bool hit_offer(State& state, Instrument& instrument, Taker& taker) {
  if (!is_issuer_active(state, instrument)) {
    instrument.offer = 0;
    emit_offer(state, instrument, 0, false);
    return false;
  }
  const std::uint32_t lots = std::min(taker.leaves, supply_left(instrument));
  if (is_issuers_own(state, instrument, taker)) {
    state.emit(EventType::self_match_prevented, static_cast<std::uint8_t>(taker.self_match),
               instrument.id,
               SelfMatchPrevented{.maker = OrderId{0},
                                  .taker = OrderId{taker.id},
                                  .price = Price{instrument.offer},
                                  .account_event = state.next_event_number(taker.account),
                                  .taker_account = AccountId{taker.account},
                                  .maker_account = AccountId{instrument.issuer},
                                  .quantity = Quantity{taker.leaves},
                                  .reserved = Quantity{0}});
    return true;
  }
  if (lots == 0) return false;
  taker.leaves -= lots;
  const Party offer{.account = instrument.issuer,
                    .row = HoldingTable::none,
                    .order = 0,
                    .leaves = 0,
                    .remainder = 0,
                    .limit = instrument.offer,
                    .tally = nullptr};
  const ExecutionFees fees = execute(state, instrument,
                                     {.mode = TradeMode::posted,
                                      .taker = Side::buy,
                                      .price = instrument.offer,
                                      .lots = lots,
                                      .buyer = taker.party(taker.leaves),
                                      .seller = offer});
  taker.remainder = fees.buyer.remainder;
  return false;
}

/// Lots that could trade at once, up to `wanted`.
[[nodiscard]] std::uint64_t tradable(const State& state, const Instrument& instrument,
                                     const Taker& taker, std::uint32_t wanted,
                                     std::uint32_t makers_max) {
  if (instrument.allows(TradeMode::posted)) {
    const bool can_trade = instrument.offer != 0 && instrument.offer <= taker.limit &&
                           is_issuer_active(state, instrument) &&
                           !is_issuers_own(state, instrument, taker) && makers_max > 0;
    return can_trade ? std::min(taker.leaves, supply_left(instrument)) : 0;
  }
  Count count(state, instrument, taker);
  return state.instruments.book(slot_of(instrument.id))
      .feasible(state.orders, taker.side, taker.limit, wanted, count, makers_max);
}

/// Halts the contract because the next trade would print outside the band.
void breach(State& state, Instrument& instrument) {
  const InstrumentState before = effective_state(instrument, state.now);
  instrument.state = InstrumentState::halted;
  emit_state(state, instrument, before, StateReason::band_breach);
}

/// What is left of an order whose walk has ended goes where it belongs.
void place_rest(State& state, Instrument& instrument, Slot slot, bool is_listed) {
  OrderHot& hot = state.orders.nodes.node(slot).hot;
  if (!is_listed) enlist(state, slot);
  Book& book = state.instruments.book(hot.instrument);
  const bool can_rest = may_rest(hot.time_in_force);
  if (!can_rest || !book.try_insert(state.orders, slot, hot.side, hot.limit)) {
    hot.state = OrderState::pending;
    finish_cancel(state, instrument, slot,
                  can_rest ? CancelReason::no_room : CancelReason::immediate_remainder, 0);
    return;
  }
  hot.state = OrderState::booked;
  emit_order(state, instrument, EventType::order_booked, 0, slot,
             state.orders.nodes.node(slot).quantity, order_flag::booked);
}

/// What is left of a sweep goes on with a later command. `id`: of the order, or pending_offer.
void keep_pending(State& state, Instrument& instrument, const Band& band, std::uint64_t id) {
  instrument.band_low = band.low;
  instrument.band_high = band.high;
  if (instrument.pending != 0) return;
  instrument.pending = id;
  state.sweeps.push_back(slot_of(instrument.id));
}

void cancel_taker(State& state, Instrument& instrument, Slot slot, CancelReason reason,
                  bool is_listed) {
  if (!is_listed) enlist(state, slot);
  state.orders.nodes.node(slot).hot.state = OrderState::pending;
  finish_cancel(state, instrument, slot, reason, 0);
}

/// Drops a taker that has no lots left.
void leave_filled(State& state, Slot slot, bool is_listed) {
  if (is_listed) {
    drop_order(state, slot);
  } else {
    state.orders.nodes.release(slot);
  }
}

/// What a taker's meeting with the other side came to.
struct Meeting {
  std::uint32_t touched = 0;  ///< resting orders
  bool is_bounded = false;    ///< there is more to meet than it might
  bool is_breach = false;
  bool is_self_cancelled = false;
};

/// Walks through the book, maker by maker.
[[gnu::always_inline]] inline Meeting meet_book(State& state, Instrument& instrument, Taker& taker,
                                                std::uint32_t makers_max) {
  Walk walk(state, instrument, taker);
  const WalkResult result =
      state.instruments.book(slot_of(instrument.id))
          .match(state.orders, taker.side, taker.limit, taker.leaves, makers_max, walk);
  if (walk.is_breach()) breach(state, instrument);
  return {.touched = walk.touched(),
          .is_bounded = result == WalkResult::bound && !walk.is_taker_cancelled(),
          .is_breach = walk.is_breach(),
          .is_self_cancelled = walk.is_taker_cancelled()};
}

/// Meets the posted offer, if it is within the limit.
Meeting meet_offer(State& state, Instrument& instrument, Taker& taker, std::uint32_t makers_max) {
  if (instrument.offer == 0 || instrument.offer > taker.limit) return {};
  if (makers_max == 0) return {.is_bounded = true};
  return {.touched = 1, .is_self_cancelled = hit_offer(state, instrument, taker)};
}

/// Books what a taker's walk came to. Afterwards the order reserves exactly for its leaves.
void settle_order(State& state, const Instrument& instrument, const Taker& taker, Slot slot) {
  OrderNode<OrderHot>& node = state.orders.nodes.node(slot);
  HoldingRow& row = state.holdings[taker.row];
  if (taker.side == Side::buy) {
    const std::int64_t freed =
        worst_of(instrument, taker.limit, node.quantity, node.hot.fee_remainder) -
        worst_of(instrument, taker.limit, taker.leaves, taker.remainder);
    spend(state.accounts.balance(taker.account, instrument.currency), freed, taker.tally.cash);
    receive_lots(row, taker.tally.lots, taker.tally.locked);
  } else {
    take(row.reserved, taker.tally.lots);
    move(row.reserved, row.free, taker.decremented);
    pay_seller(state, instrument, taker.account, taker.row,
               settlement_kind(state, instrument, TradeMode::book, taker.row), taker.tally.cash);
  }
  node.quantity = taker.leaves;
  node.hot.fee_remainder = static_cast<std::uint16_t>(taker.remainder);
}

/// Lets an order meet the other side, books the result, and deals with what is left.
/// Returns: makers touched.
std::uint32_t run_sweep(State& state, Instrument& instrument, Slot slot, Taker& taker,
                        std::uint32_t makers_max, bool is_listed) {
  const Meeting meeting = instrument.allows(TradeMode::posted)
                              ? meet_offer(state, instrument, taker, makers_max)
                              : meet_book(state, instrument, taker, makers_max);
  settle_order(state, instrument, taker, slot);
  if (meeting.is_bounded) {
    state.orders.nodes.node(slot).hot.state = OrderState::pending;
    if (!is_listed) enlist(state, slot);
    keep_pending(state, instrument, taker.band, taker.id);
    return meeting.touched;
  }
  if (instrument.pending != 0) clear_sweep(state, instrument);
  if (taker.leaves == 0) {
    leave_filled(state, slot, is_listed);
  } else if (meeting.is_self_cancelled) {
    cancel_taker(state, instrument, slot, CancelReason::self_match, is_listed);
  } else if (meeting.is_breach) {
    cancel_taker(state, instrument, slot, CancelReason::band_breach, is_listed);
  } else {
    place_rest(state, instrument, slot, is_listed);
  }
  return meeting.touched;
}

/// Lets the lowered offer meet the bids. Returns: how many it touched.
[[gnu::cold, gnu::noinline]] std::uint32_t run_offer_sweep(State& state, Instrument& instrument,
                                                           std::uint32_t makers_max) {
  Taker offer = taker_of_offer(state, instrument);
  const Meeting meeting = meet_book(state, instrument, offer, makers_max);
  pay_seller(state, instrument, offer.account, offer.row, SettlementKind::offer, offer.tally.cash);
  if (meeting.is_bounded) {
    keep_pending(state, instrument, offer.band, Instrument::pending_offer);
  } else if (instrument.pending != 0) {
    clear_sweep(state, instrument);
  }
  return meeting.touched;
}

/// Why a pending order may not go on; zero if it may.
[[nodiscard]] CancelReason hindrance(const State& state, const Instrument& instrument, Slot slot) {
  if (effective_state(instrument, state.now) != InstrumentState::open ||
      state.now >= instrument.tradable_until_ns) {
    return CancelReason::instrument_not_open;
  }
  const CancelReason doom = doom_of(state, slot);
  if (doom != CancelReason{}) return doom;
  const Account& account = state.accounts[state.orders.nodes.node(slot).hot.account];
  if (!account.is_admitted()) return CancelReason::merchant_not_admitted;
  if (state.orders.nodes.node(slot).hot.side == Side::buy &&
      !level::suffices(account.levels, instrument.levels_needed)) {
    return CancelReason::not_eligible;
  }
  return CancelReason{};
}

std::uint32_t continue_offer(State& state, Instrument& instrument, std::uint32_t makers_max) {
  if (effective_state(instrument, state.now) != InstrumentState::open ||
      state.now >= instrument.tradable_until_ns) {
    clear_sweep(state, instrument);
    return 0;
  }
  if (!is_issuer_active(state, instrument)) {
    clear_sweep(state, instrument);
    instrument.offer = 0;
    emit_offer(state, instrument, 0, false);
    return 0;
  }
  return run_offer_sweep(state, instrument, makers_max);
}

}  // namespace

void walk_in(State& state, Instrument& instrument, Slot slot, const Arrival& arrival) {
  emit_order(state, instrument, arrival.event, 0, slot, state.orders.nodes.node(slot).quantity,
             arrival.flags | order_flag::answer, arrival.client_seq);
  Taker taker = taker_of(state, instrument, slot, band_of(instrument));
  if (arrival.minimum != 0 &&
      tradable(state, instrument, taker, arrival.minimum, state.makers_left) < arrival.minimum) {
    cancel_taker(state, instrument, slot, arrival.too_few, arrival.is_listed);
    return;
  }
  run_sweep(state, instrument, slot, taker, state.makers_left, arrival.is_listed);
}

void arrive(State& state, Instrument& instrument, Slot slot, const Arrival& arrival) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  Book& book = state.instruments.book(hot.instrument);
  if (is_crossing(book, instrument, hot.side, hot.limit)) {
    walk_in(state, instrument, slot, arrival);
    return;
  }
  const Place place =
      book.place(state.orders, hot.side, hot.limit, state.orders.nodes.node(slot).quantity);
  rest(state, instrument, book, slot, place, arrival.event, arrival.flags, arrival.client_seq);
}

void sweep_offer(State& state, Instrument& instrument) {
  if (!instrument.allows(TradeMode::posted) || instrument.offer == 0 || instrument.pending != 0 ||
      state.now >= instrument.tradable_until_ns) {
    return;
  }
  if (!is_issuer_active(state, instrument)) {
    instrument.offer = 0;
    emit_offer(state, instrument, 0, false);
    return;
  }
  run_offer_sweep(state, instrument, state.makers_left);
}

std::uint32_t continue_sweep(State& state, Instrument& instrument, std::uint32_t makers_max) {
  if (instrument.pending == Instrument::pending_offer) {
    return continue_offer(state, instrument, makers_max);
  }
  const Slot slot = state.orders.nodes.find(instrument.pending);
  KARST_ASSERT(slot != no_slot);
  const CancelReason reason = hindrance(state, instrument, slot);
  if (reason != CancelReason{}) {
    cancel(state, slot, reason);
    return 0;
  }
  Taker taker = taker_of(state, instrument, slot, Band{instrument.band_low, instrument.band_high});
  return run_sweep(state, instrument, slot, taker, makers_max, true);
}

void emit_offer(State& state, const Instrument& instrument, std::uint64_t client_seq,
                bool is_answer) {
  const std::uint64_t number = state.next_event_number(instrument.issuer);
  state.emit(EventType::offer_posted, 0, instrument.id,
             OfferPosted{.account_event = number,
                         .client_seq = client_seq,
                         .price = Price{instrument.offer},
                         .account = AccountId{instrument.issuer},
                         .reserved = {}});
  if (is_answer) state.note_answer(number, 0);
}

void emit_state(State& state, const Instrument& instrument, InstrumentState before,
                StateReason reason) {
  state.emit(EventType::instrument_state, static_cast<std::uint8_t>(instrument.state),
             instrument.id,
             StateChange{.reference = Price{instrument.reference},
                         .hour = Hour{instrument.hour},
                         .pool = PoolId{instrument.pool},
                         .reason = reason,
                         .before = before,
                         .reserved = {}});
}

}  // namespace karst
