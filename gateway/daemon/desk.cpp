#include "gateway/daemon/desk.hpp"

#include <algorithm>
#include <cstring>

#include "engine/account_table.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

Desk::Desk(Exchange& exchange, BooksDesk& books, feed::FeedPublisher& feed, AccessLog& access_log,
           std::function<void()> wake)
    : exchange_(exchange),
      books_(books),
      feed_(feed),
      access_log_(access_log),
      wake_(std::move(wake)) {}

Desk::~Desk() = default;

void Desk::ask(ConnectionId from, const Speaker& speaker, AccountId account,
               const v1::Request& request) {
  Session& session = *hub_->find(from);
  const std::uint64_t id = request.request_id();
  Answer answer;
  answer.to = from;
  answer.request_id = id;
  answer.account = account;
  switch (request.body_case()) {
    case v1::Request::kQueryOrders:
      answer.kind = Answer::Kind::orders;
      answer.skip = request.query_orders().skip();
      answer.limit = request.query_orders().limit();
      if (answer.limit == 0) answer.limit = rows_max;
      if (answer.limit > rows_max) return session.refuse(id, v1::CODE_INVALID_FIELD, 0, "limit");
      return look_up(std::move(answer));
    case v1::Request::kQueryBalances:
      answer.kind = Answer::Kind::balances;
      return look_up(std::move(answer));
    case v1::Request::kQueryHoldings:
      answer.kind = Answer::Kind::holdings;
      answer.skip = request.query_holdings().cursor();
      return look_up(std::move(answer));
    case v1::Request::kQueryTransactions:
      return ask_books(from, speaker, account, request);
    case v1::Request::kQueryAccessLog:
      return answer_access_log(from, request);
    case v1::Request::kSubscribe: {
      feed::Subscriber& subscriber = subscriber_of(from);
      feed_.subscribe(subscriber, request.subscribe(), id);
      return push_feed(from, subscriber);
    }
    case v1::Request::kUnsubscribe: {
      feed::Subscriber& subscriber = subscriber_of(from);
      feed_.unsubscribe(subscriber, request.unsubscribe(), id);
      return push_feed(from, subscriber);
    }
    default:
      return session.refuse(id, v1::CODE_NOT_AVAILABLE);
  }
}

void Desk::look_up(Answer answer) {
  const ConnectionId to = answer.to;
  const std::uint64_t request_id = answer.request_id;
  auto shared = std::make_shared<Answer>(std::move(answer));
  const bool is_taken = exchange_.ask([this, shared](const Engine& engine, std::uint64_t sequence) {
    shared->sequence = sequence;
    look(engine, *shared);
    {
      const std::lock_guard guard(lock_);
      seen_.push_back(std::move(*shared));
    }
    wake_();
  });
  if (!is_taken) hub_->find(to)->refuse(request_id, v1::CODE_BUSY);
}

void Desk::look(const Engine& engine, Answer& answer) {
  const Account* account = engine.account(answer.account);
  answer.is_known = account != nullptr;
  if (!answer.is_known) return;
  switch (answer.kind) {
    case Answer::Kind::orders:
      answer.is_too_large = account->open_orders > open_orders_max;
      if (!answer.is_too_large) engine.open_orders(answer.account, answer.orders);
      return;
    case Answer::Kind::balances:
      for (std::uint32_t c = 1; c < engine.sizes().currencies_max; ++c) {
        const CurrencyId currency{static_cast<std::uint16_t>(c)};
        const Text<8>* code = engine.currency_code(currency);
        if (code == nullptr) continue;
        answer.balances.push_back({currency, *code, engine.balance(answer.account, currency)});
      }
      return;
    case Answer::Kind::holdings:
      return look_at_holdings(engine, answer);
  }
}

/// From slot `skip` on: so many slots, or so many rows, whichever comes first.
void Desk::look_at_holdings(const Engine& engine, Answer& answer) {
  const std::uint32_t end = engine.instruments_end();
  std::uint32_t slot = std::max(answer.skip, 1U);
  const std::uint64_t last = std::uint64_t{slot} + slots_per_look;
  for (; slot < end && slot < last && answer.holdings.size() < rows_max; ++slot) {
    const InstrumentId instrument = engine.instrument_in(slot);
    if (instrument.is_none()) continue;
    for (const Draw kind : {Draw::capacity, Draw::holding}) {
      const Holding holding = engine.holding(answer.account, instrument, kind);
      const bool is_empty = holding.free.value() == 0 && holding.reserved.value() == 0 &&
                            holding.locked.value() == 0 && holding.escrow.value() == 0;
      if (!is_empty) answer.holdings.push_back({instrument, kind, holding});
    }
  }
  answer.next_cursor = slot < end ? slot : 0;
}

void Desk::ask_books(ConnectionId from, const Speaker& speaker, AccountId account,
                     const v1::Request& request) {
  const v1::QueryTransactions& query = request.query_transactions();
  Session& session = *hub_->find(from);
  const std::uint32_t limit = query.limit() == 0 ? rows_max : query.limit();
  if (limit > rows_max) {
    return session.refuse(request.request_id(), v1::CODE_INVALID_FIELD, 0, "limit");
  }
  const bool is_taken = books_.ask({.connection = from,
                                    .request_id = request.request_id(),
                                    .account = account,
                                    .is_everyone = query.everyone(),
                                    .is_elevated = speaker.has(scope::audit | scope::operate),
                                    .from_seq = query.from_seq(),
                                    .limit = limit});
  if (!is_taken) session.refuse(request.request_id(), v1::CODE_BUSY);
}

void Desk::send_transactions() {
  for (const BooksDesk::Answer& answer : books_.take()) {
    Session* session = hub_->find(answer.connection);
    if (session == nullptr) continue;
    if (answer.response == nullptr) {
      session->refuse(answer.request_id, v1::CODE_NOT_AVAILABLE);
    } else {
      session->send(*answer.response);
    }
    hub_->touch(answer.connection);
  }
}

void Desk::answer_access_log(ConnectionId from, const v1::Request& request) {
  const v1::QueryAccessLog& query = request.query_access_log();
  Session& session = *hub_->find(from);
  const std::uint32_t limit = query.limit() == 0 ? rows_max : query.limit();
  if (limit > rows_max) {
    return session.refuse(request.request_id(), v1::CODE_INVALID_FIELD, 0, "limit");
  }
  v1::Response response;
  v1::AccessLog& log = *response.mutable_access_log();
  log.set_request_id(request.request_id());
  for (const AccessEntry& entry : access_log_.newest(query.before_number(), limit)) {
    v1::Access& access = *log.add_accesses();
    access.set_number(entry.number);
    access.set_time_ns(entry.time_ns);
    access.set_key_id(entry.key.value());
    access.set_account_id(entry.account.value());
    access.set_question(entry.question);
  }
  session.send(response);
}

void Desk::forget(ConnectionId from) {
  const auto found = subscribers_.find(from);
  if (found == subscribers_.end()) return;
  connections_.erase(found->second);
  feed_.detach(*found->second);
  subscribers_.erase(found);
}

void Desk::on_pass(std::uint64_t durable) {
  {
    const std::lock_guard guard(lock_);
    for (Answer& answer : seen_) waiting_.push_back(std::move(answer));
    seen_.clear();
  }
  std::erase_if(waiting_, [&](const Answer& answer) {
    if (answer.sequence > durable) return false;
    send(answer);
    return true;
  });
  send_transactions();
  feed_.take_ready(ready_);
  for (feed::Subscriber* subscriber : ready_) {
    const auto found = connections_.find(subscriber);
    if (found != connections_.end()) push_feed(found->second, *subscriber);
  }
  ready_.clear();
}

void Desk::send(const Answer& answer) {
  Session* session = hub_->find(answer.to);
  if (session == nullptr) return;
  hub_->touch(answer.to);
  if (!answer.is_known) return session->refuse(answer.request_id, v1::CODE_NOT_FOUND);
  if (answer.is_too_large) return session->refuse(answer.request_id, v1::CODE_NOT_AVAILABLE);
  v1::Response response;
  switch (answer.kind) {
    case Answer::Kind::orders:
      send_orders(answer, response);
      break;
    case Answer::Kind::balances: {
      v1::Balances& to = *response.mutable_balances();
      to.set_request_id(answer.request_id);
      to.set_as_of_sequence(answer.sequence);
      for (const Answer::Purse& purse : answer.balances) {
        v1::Balance& line = *to.add_balances();
        line.set_currency_id(purse.currency.value());
        line.set_currency(std::string(purse.code.data(), ::strnlen(purse.code.data(), 8)));
        line.set_available_fen(purse.balance.available.value());
        line.set_reserved_fen(purse.balance.reserved.value());
        line.set_escrow_fen(purse.balance.escrow.value());
      }
      break;
    }
    case Answer::Kind::holdings: {
      v1::Holdings& to = *response.mutable_holdings();
      to.set_request_id(answer.request_id);
      to.set_as_of_sequence(answer.sequence);
      to.set_next_cursor(answer.next_cursor);
      for (const Answer::Row& row : answer.holdings) {
        v1::Holding& line = *to.add_holdings();
        line.set_instrument_id(row.instrument.value());
        line.set_row(static_cast<v1::Draw>(row.kind));
        line.set_free_lots(row.holding.free.value());
        line.set_reserved_lots(row.holding.reserved.value());
        line.set_locked_lots(row.holding.locked.value());
      }
      break;
    }
  }
  session->send(response);
}

void Desk::send_orders(const Answer& answer, v1::Response& response) {
  v1::Orders& to = *response.mutable_orders();
  to.set_request_id(answer.request_id);
  to.set_as_of_sequence(answer.sequence);
  const std::size_t first = std::min<std::size_t>(answer.skip, answer.orders.size());
  const std::size_t end = std::min(first + answer.limit, answer.orders.size());
  to.set_has_more(end < answer.orders.size());
  for (std::size_t i = first; i < end; ++i) {
    const OpenOrder& order = answer.orders[i];
    v1::OpenOrder& line = *to.add_orders();
    line.set_order_id(order.id.value());
    line.set_instrument_id(order.instrument.value());
    line.set_side(static_cast<v1::Side>(order.side));
    line.set_limit_ticks(order.limit.value());
    line.set_leaves_lots(order.leaves.value());
    line.set_filled_lots(order.filled.value());
    line.set_time_in_force(static_cast<v1::TimeInForce>(order.time_in_force));
    line.set_tag(order.tag);
    line.set_is_booked(order.state == OrderState::booked);
    line.set_is_hibernated(order.state == OrderState::hibernated);
    line.set_expiry_ns(order.expiry.value());
  }
}

// --- market data --------------------------------------------------------------------------------

feed::Subscriber& Desk::subscriber_of(ConnectionId id) {
  const auto found = subscribers_.find(id);
  if (found != subscribers_.end()) return *found->second;
  feed::Subscriber& subscriber = feed_.attach();
  subscribers_[id] = &subscriber;
  connections_[&subscriber] = id;
  return subscriber;
}

void Desk::push_feed(ConnectionId id, feed::Subscriber& subscriber) {
  Session* session = hub_->find(id);
  if (session == nullptr || session->is_ended()) return;
  // What does not fit waits in the subscriber's own queue, where slowness is judged. The last word
  // to one that is cut waits for nothing: it may never read again.
  while (subscriber.is_cut() || session->output().size() < output_bytes_max) {
    frames_.clear();
    feed_.take(subscriber, output_bytes_max, frames_);
    if (frames_.empty()) break;
    for (const feed::FramePtr& frame : frames_) {
      const auto bytes = frame->bytes();
      session->send_frames({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }
  frames_.clear();
  if (subscriber.is_cut()) session->end(v1::CODE_TOO_SLOW, "market data is not read");
  hub_->touch(id);
}

void Desk::drained(ConnectionId id) {
  const auto found = subscribers_.find(id);
  if (found != subscribers_.end()) push_feed(id, *found->second);
}

}  // namespace karst::gateway
