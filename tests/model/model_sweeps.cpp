// Posted offers, and matching that goes on over several commands (docs/ENGINE.md §1.3, §4).
#include "tests/model/model.hpp"

namespace karst::model {

bool Model::may_offer(const Instrument& on) const {
  return may_trade(merchants_.at(on.issuer)) == RejectCode::none;
}

void Model::withdraw_offer(Instrument& on) {
  on.offer = 0;
  const std::uint64_t account_event = next_number(on.issuer);
  OfferPosted& posted = emit(EventType::offer_posted, 0, on.id).offer;
  posted.account_event = account_event;
  posted.account = on.issuer;
}

/// A buy meets the posted offer, once.
Model::Taker Model::hit_offer(Instrument& on, Order& taker) {
  if (!may_offer(on)) {
    withdraw_offer(on);
    return Taker::goes_on;
  }
  if (is_related(on.issuer, taker.account)) {
    const std::uint64_t account_event = next_number(taker.account);
    SelfMatchPrevented& prevented =
        emit(EventType::self_match_prevented, static_cast<std::uint8_t>(taker.self_match), on.id)
            .self_match;
    prevented.taker = taker.id;
    prevented.price = Price{on.offer};
    prevented.account_event = account_event;
    prevented.taker_account = taker.account;
    prevented.maker_account = on.issuer;
    prevented.quantity = Quantity{taker.leaves};
    cancel(taker, CancelReason::self_match);
    return Taker::gone;
  }
  const std::uint32_t lots = std::min(taker.leaves, on.supply_left());
  if (lots > 0) trade(on, nullptr, &taker, Side::buy, on.offer, lots);
  return Taker::goes_on;
}

/// The offer has been posted anew, or the product has opened.
void Model::start_offer_sweep(Instrument& on) {
  if (!on.is_non_rival() || on.offer == 0) return;
  if (!is_certificate_valid(on) || find_sweep(on.id) != nullptr) return;
  if (!may_offer(on)) return withdraw_offer(on);
  touched_ = 0;
  if (sweep_offer(on, own_budget(on.id)) == Walk::pending) {
    sweeps_.push_back(Sweep{on.id, OrderId{0}, Band{}});
  }
}

Model::Walk Model::sweep_offer(Instrument& on, std::uint32_t budget) {
  while (!on.bids.empty() && on.bids.rbegin()->first >= on.offer && on.supply_left() > 0) {
    if (touched_ >= budget) return Walk::pending;
    ++touched_;
    meet_bid(on, orders_.at(on.bids.rbegin()->second.queue.front()));
  }
  return Walk::finished;
}

void Model::meet_bid(Instrument& on, Order& bid) {
  if (const auto reason = unfit(on, bid)) return cancel(bid, *reason);
  if (!is_related(on.issuer, bid.account)) {
    const std::uint32_t lots = std::min(bid.leaves, on.supply_left());
    return trade(on, &bid, nullptr, Side::sell, bid.limit, lots);
  }
  const std::uint64_t account_event = next_number(on.issuer);
  const auto mode = static_cast<std::uint8_t>(SelfMatch::cancel_oldest);
  SelfMatchPrevented& prevented = emit(EventType::self_match_prevented, mode, on.id).self_match;
  prevented.maker = bid.id;
  prevented.price = Price{bid.limit};
  prevented.account_event = account_event;
  prevented.taker_account = on.issuer;
  prevented.maker_account = bid.account;
  prevented.quantity = Quantity{bid.leaves};
  cancel(bid, CancelReason::self_match);
}

const Sweep* Model::find_sweep(InstrumentId book) const {
  for (const Sweep& sweep : sweeps_) {
    if (sweep.book == book) return &sweep;
  }
  return nullptr;
}

void Model::end_sweep(InstrumentId book) {
  std::erase_if(sweeps_, [&](const Sweep& sweep) { return sweep.book == book; });
}

/// The book the command is about, or none. Looks at nothing but the name.
InstrumentId Model::named_book() const {
  OrderId id{0};
  ClientOrderId client_id{};
  switch (command_->type) {
    case CommandType::place_order:
      return command_->place_order.instrument;
    case CommandType::post_offer:
      return command_->post_offer.instrument;
    case CommandType::amend_order:
      id = command_->amend_order.order;
      break;
    case CommandType::hibernate_order:
      id = command_->hibernate_order.order;
      break;
    case CommandType::reactivate_order:
      id = command_->reactivate_order.order;
      break;
    case CommandType::cancel_order:
      id = command_->cancel_order.order;
      client_id = command_->cancel_order.client_order_id;
      break;
    default:
      return InstrumentId{0};
  }
  const auto merchant = merchants_.find(command_->account);
  if (id.is_none() && merchant != merchants_.end()) {
    const auto known = merchant->second.client_ids.find(client_id);
    if (known != merchant->second.client_ids.end()) id = client_ids_.at(known->second).order;
  }
  const auto order = orders_.find(id);
  return order == orders_.end() ? InstrumentId{0} : order->second.instrument;
}

/// Step 3 of a command: the named book's sweep, or else the oldest one, goes on.
void Model::continue_a_sweep() {
  if (sweeps_.empty()) return;
  const Sweep* named = find_sweep(named_book());
  const Sweep sweep = named != nullptr ? *named : sweeps_.front();
  const bool is_full = named != nullptr || command_->type == CommandType::tick;
  continue_sweep(sweep,
                 is_full ? configure_.makers_per_command_max : configure_.makers_per_bystander_max);
}

void Model::continue_sweep(const Sweep& sweep, std::uint32_t budget) {
  touched_ = 0;
  const Walk walk =
      sweep.order.is_none() ? continue_offer(sweep, budget) : continue_order(sweep, budget);
  if (walk == Walk::finished) end_sweep(sweep.book);
  swept_book_ = sweep.book;
  swept_ = touched_;
}

Model::Walk Model::continue_order(const Sweep& sweep, std::uint32_t budget) {
  Order& order = orders_.at(sweep.order);
  const Instrument& on = *find_instrument(sweep.book);
  if (tradable(on) != RejectCode::none) {
    cancel(order, CancelReason::instrument_not_open);
    return Walk::finished;
  }
  // The checks of a maker are those of a taker that goes on.
  if (const auto reason = unfit(on, order)) {
    cancel(order, *reason);
    return Walk::finished;
  }
  return match(order, sweep.band, budget);
}

Model::Walk Model::continue_offer(const Sweep& sweep, std::uint32_t budget) {
  Instrument& on = *find_instrument(sweep.book);
  if (tradable(on) != RejectCode::none) return Walk::finished;
  if (!may_offer(on)) {
    withdraw_offer(on);
    return Walk::finished;
  }
  return sweep_offer(on, budget);
}

}  // namespace karst::model
