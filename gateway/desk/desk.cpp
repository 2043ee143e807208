#include "gateway/desk/desk.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/state/account_table.hpp"
#include "gateway/desk/books_answers.hpp"
#include "gateway/desk/pool_symbols.hpp"
#include "gateway/feed/instrument_search.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"

namespace karst::gateway {
namespace {

/// A place in a merchant's orders as clients carry it: two numbers, little-endian.
constexpr std::size_t cursor_bytes = 16;

std::string text_of(const OrderCursor& cursor) {
  std::string text;
  for (const std::uint64_t number : {cursor.order.value(), cursor.entered}) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      text += static_cast<char>(static_cast<unsigned char>(number >> shift));
    }
  }
  return text;
}

bool read_cursor(const std::string& text, OrderCursor& cursor) {
  if (text.size() != cursor_bytes) return false;
  std::uint64_t numbers[2]{};
  for (std::size_t i = 0; i < cursor_bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    numbers[i / 8] |= static_cast<std::uint64_t>(byte) << (i % 8 * 8);
  }
  cursor = {OrderId{numbers[0]}, numbers[1]};
  return true;
}

}  // namespace

Desk::Desk(Exchange& exchange, BooksDesk& books, EventSource& events, feed::FeedPublisher& feed,
           AccessLog& access_log, std::function<void()> wake)
    : exchange_(exchange),
      books_(books),
      events_(events),
      feed_(feed),
      access_log_(access_log),
      wake_(std::move(wake)) {
  books_.set_pools([&exchange] { return pool_symbols(exchange); });
}

Desk::~Desk() { books_.set_pools(nullptr); }

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
      return ask_for_orders(from, std::move(answer), request.query_orders());
    case v1::Request::kQueryOrder:
      return ask_for_order(from, std::move(answer), request.query_order());
    case v1::Request::kQueryInstruments:
      return answer_instruments(from, request);
    case v1::Request::kQueryBalances:
      answer.kind = Answer::Kind::balances;
      answer.cursor = request.query_balances().cursor();
      return look_up(std::move(answer));
    case v1::Request::kQueryHoldings:
      answer.kind = Answer::Kind::holdings;
      answer.cursor = request.query_holdings().cursor();
      return look_up(std::move(answer));
    case v1::Request::kQueryEvents:
      return ask_for_events(std::move(answer), request.query_events());
    case v1::Request::kQueryTransactions:
    case v1::Request::kQueryLedgerBalances:
    case v1::Request::kQueryFees:
    case v1::Request::kQueryTurnover:
    case v1::Request::kQueryLedgerNames:
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

/// The engine knows how far the account's log can go, and what of it there is its reader finds.
void Desk::ask_for_events(Answer answer, const v1::QueryEvents& query) {
  answer.kind = Answer::Kind::events;
  answer.limit = query.limit() == 0 ? rows_max : query.limit();
  if (answer.limit > rows_max) {
    return hub_->find(answer.to)->refuse(answer.request_id, v1::CODE_INVALID_FIELD, 0, "limit");
  }
  for (const auto& [time_ns, field] : {std::pair(query.from_time_ns(), "from_time_ns"),
                                       std::pair(query.to_time_ns(), "to_time_ns")}) {
    if (time_ns >= 0) continue;
    return hub_->find(answer.to)->refuse(answer.request_id, v1::CODE_INVALID_FIELD, 0, field);
  }
  answer.wanted = {Time{query.from_time_ns()}, Time{query.to_time_ns()}, query.fills_only()};
  answer.events.account = answer.account;
  answer.events.after = query.after_number();
  answer.events.from_time = answer.wanted.from;
  answer.events.limit = answer.limit;
  answer.events.shared_through = hub_->shared_through(
      query.has_incarnation() ? std::optional(query.incarnation()) : std::nullopt);
  look_up(std::move(answer));
}

void Desk::read_events(const Answer& answer) {
  Session& session = *hub_->find(answer.to);
  if (answer.events.after > answer.newest_event) {
    return session.refuse_number(answer.request_id, answer.newest_event, lost_history_text);
  }
  const bool is_taken = events_.ask(
      answer.events, [this, answer](const EventAnswer& events) { send_events(answer, events); });
  if (!is_taken) session.refuse(answer.request_id, v1::CODE_BUSY);
}

void Desk::send_events(const Answer& answer, const EventAnswer& events) {
  Session* session = hub_->find(answer.to);
  if (session == nullptr) return;
  hub_->touch(answer.to);
  if (events.refusal != nullptr) {
    return session->refuse_number(answer.request_id, answer.newest_event, events.refusal);
  }
  v1::Response response;
  v1::Events& to = *response.mutable_events();
  write_page(answer.wanted, events.begun_after, answer.limit, events.entries, to);
  to.set_request_id(answer.request_id);
  session->send(response);
}

void Desk::ask_for_orders(ConnectionId from, Answer answer, const v1::QueryOrders& query) {
  const auto refused = [&](const char* field) {
    hub_->find(from)->refuse(answer.request_id, v1::CODE_INVALID_FIELD, 0, field);
  };
  answer.kind = Answer::Kind::orders;
  answer.limit = query.limit() == 0 ? rows_max : query.limit();
  answer.skip = query.skip();
  if (answer.limit > rows_max) return refused("limit");
  if (answer.skip > skip_max) return refused("skip");
  if (!query.cursor().empty() && !read_cursor(query.cursor(), answer.order_cursor)) {
    return refused("cursor");
  }
  look_up(std::move(answer));
}

void Desk::ask_for_order(ConnectionId from, Answer answer, const v1::QueryOrder& query) {
  answer.kind = Answer::Kind::order;
  answer.order = OrderId{query.order_id()};
  const bool is_id = schemas::to_engine(query.client_order_id(), answer.client_order_id);
  const bool has_id = answer.client_order_id != ClientOrderId{};
  if (!is_id || has_id != answer.order.is_none()) {
    return hub_->find(from)->refuse(answer.request_id, v1::CODE_INVALID_FIELD, 0,
                                    has_id || !is_id ? "client_order_id" : "order_id");
  }
  look_up(std::move(answer));
}

void Desk::answer_instruments(ConnectionId from, const v1::Request& request) {
  Session& session = *hub_->find(from);
  const v1::QueryInstruments& query = request.query_instruments();
  if (const char* field = feed::misfit(query); field != nullptr) {
    return session.refuse(request.request_id(), v1::CODE_INVALID_FIELD, 0, field);
  }
  v1::Response response;
  feed::find_instruments(feed_, query, *response.mutable_instruments());
  response.mutable_instruments()->set_request_id(request.request_id());
  session.send(response);
}

void Desk::look_up(Answer answer) {
  const ConnectionId to = answer.to;
  const std::uint64_t request_id = answer.request_id;
  if (!ask_engine(std::make_shared<Answer>(std::move(answer)))) {
    hub_->find(to)->refuse(request_id, v1::CODE_BUSY);
  }
}

/// Looks again, behind the next command, while there is more to look at: `looks_max` times, and on
/// until there is something to show. That comes to an end: what a cursor whose order is gone makes
/// the engine pass over are the orders given before, which only become fewer.
bool Desk::ask_engine(const std::shared_ptr<Answer>& answer) {
  const auto look_once = [this, answer](const Engine& engine, std::uint64_t sequence) {
    answer->sequence = sequence;
    const bool is_done =
        look(engine, *answer) || (++answer->looks >= looks_max && answer->has_rows());
    if (!is_done && ask_engine(answer)) return;
    answer->is_given_up = !is_done && !answer->has_rows();
    {
      const std::lock_guard guard(lock_);
      seen_.push_back(std::move(*answer));
    }
    wake_();
  };
  return exchange_.ask(look_once, answer->kind == Answer::Kind::events ? 1 : steps_per_look);
}

/// Returns: whether that is the answer; else it wants another look.
bool Desk::look(const Engine& engine, Answer& answer) {
  answer.is_known = engine.account(answer.account) != nullptr;
  if (!answer.is_known) return true;
  switch (answer.kind) {
    case Answer::Kind::orders:
      return look_at_orders(engine, answer);
    case Answer::Kind::order:
      look_at_order(engine, answer);
      return true;
    case Answer::Kind::balances:
      return look_at_balances(engine, answer);
    case Answer::Kind::holdings:
      return look_at_holdings(engine, answer);
    case Answer::Kind::events:
      answer.newest_event = engine.account(answer.account)->event_number;
      return true;
  }
  return true;
}

void Desk::look_at_order(const Engine& engine, Answer& answer) {
  if (answer.order.is_none()) {
    answer.named = engine.client_order(answer.account, answer.client_order_id);
    if (answer.named) answer.order = answer.named->order;
  }
  const auto open = engine.open_order(answer.account, answer.order);
  if (open) answer.orders.push_back(*open);
  answer.is_known = open || answer.named;
}

bool Desk::look_at_orders(const Engine& engine, Answer& answer) {
  if (answer.skip != 0) {
    std::vector<OpenOrder> skipped;
    answer.has_more = engine.open_orders(answer.account, answer.order_cursor, answer.skip,
                                         steps_per_look, skipped);
    answer.skip -= static_cast<std::uint32_t>(skipped.size());
    return !answer.has_more;
  }
  answer.has_more = engine.open_orders(answer.account, answer.order_cursor, answer.limit,
                                       steps_per_look, answer.orders);
  return !answer.orders.empty() || !answer.has_more;
}

bool Desk::look_at_balances(const Engine& engine, Answer& answer) {
  const std::uint32_t end = engine.sizes().currencies_max;
  std::uint32_t at = std::max(answer.cursor, 1U);
  for (std::uint32_t steps = 0; at < end && steps < steps_per_look; ++at, ++steps) {
    const CurrencyId currency{static_cast<std::uint16_t>(at)};
    const Text<8>* code = engine.currency_code(currency);
    if (code == nullptr) continue;
    answer.balances.push_back({currency, *code, engine.balance(answer.account, currency)});
  }
  answer.cursor = at < end ? at : 0;
  return !answer.balances.empty() || answer.cursor == 0;
}

bool Desk::look_at_holdings(const Engine& engine, Answer& answer) {
  const std::uint32_t end = engine.instruments_end();
  std::uint32_t slot = std::max(answer.cursor, 1U);
  for (std::uint32_t steps = 0; slot < end && steps < steps_per_look; ++slot, ++steps) {
    if (answer.holdings.size() >= rows_max) break;
    const InstrumentId instrument = engine.instrument_in(slot);
    if (instrument.is_none()) continue;
    for (const Draw kind : {Draw::capacity, Draw::holding}) {
      const Holding holding = engine.holding(answer.account, instrument, kind);
      const bool is_empty = holding.free.value() == 0 && holding.reserved.value() == 0 &&
                            holding.locked.value() == 0 && holding.escrow.value() == 0;
      if (!is_empty) answer.holdings.push_back({instrument, kind, holding});
    }
  }
  answer.cursor = slot < end ? slot : 0;
  return answer.cursor == 0 || answer.holdings.size() >= rows_max;
}

void Desk::ask_books(ConnectionId from, const Speaker& speaker, AccountId account,
                     const v1::Request& request) {
  Session& session = *hub_->find(from);
  const std::uint64_t id = request.request_id();
  const bool is_elevated = speaker.has(scope::elevated);
  if (!is_elevated && BooksAnswers::needs_audit(request)) {
    return session.refuse(id, v1::CODE_NOT_PERMITTED);
  }
  if (const char* field = BooksAnswers::wrong_field(request); field != nullptr) {
    return session.refuse(id, v1::CODE_INVALID_FIELD, 0, field);
  }
  const bool is_taken = books_.ask({.connection = from,
                                    .account = account,
                                    .is_elevated = is_elevated,
                                    .request = std::make_unique<v1::Request>(request)});
  if (!is_taken) session.refuse(id, v1::CODE_BUSY);
}

void Desk::send_transactions() {
  for (const BooksDesk::Answer& answer : books_.take()) {
    Session* session = hub_->find(answer.connection);
    if (session == nullptr) continue;
    if (answer.response == nullptr) {
      session->refuse(answer.request_id, answer.refused);
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
  feed_.detach(*found->second.subscriber);
  subscribers_.erase(found);
}

void Desk::send_answers(std::uint64_t durable) {
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
}

/// A few at a time, in turn: what comes while a round of all of them is on its way goes to each at
/// its next turn, not after the whole of the next round, and orders and answers pass in between.
bool Desk::serve_subscribers() {
  feed_.take_ready(ready_);
  for (feed::Subscriber* subscriber : ready_) {
    const ConnectionId id = subscriber->owner();
    if (!std::exchange(subscribers_.at(id).is_due, true)) due_.push_back(id);
  }
  ready_.clear();
  for (std::size_t i = 0; i < subscribers_per_turn && !due_.empty(); ++i) {
    const ConnectionId id = due_.front();
    due_.pop_front();
    const auto found = subscribers_.find(id);
    if (found == subscribers_.end()) continue;
    found->second.is_due = false;
    push_feed(id, *found->second.subscriber);
  }
  return !due_.empty();
}

void Desk::send(const Answer& answer) {
  Session* session = hub_->find(answer.to);
  if (session == nullptr) return;
  hub_->touch(answer.to);
  if (!answer.is_known) return session->refuse(answer.request_id, v1::CODE_NOT_FOUND);
  if (answer.is_given_up) return session->refuse(answer.request_id, v1::CODE_BUSY);
  v1::Response response;
  switch (answer.kind) {
    case Answer::Kind::orders:
      send_orders(answer, response);
      break;
    case Answer::Kind::order:
      send_order(answer, *response.mutable_order_found());
      break;
    case Answer::Kind::events:
      return read_events(answer);
    case Answer::Kind::balances: {
      v1::Balances& to = *response.mutable_balances();
      to.set_request_id(answer.request_id);
      to.set_as_of_sequence(answer.sequence);
      to.set_next_cursor(answer.cursor);
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
      to.set_next_cursor(answer.cursor);
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
  to.set_has_more(answer.has_more);
  if (answer.has_more) to.set_next_cursor(text_of(answer.order_cursor));
  for (const OpenOrder& order : answer.orders) write(order, *to.add_orders());
}

void Desk::send_order(const Answer& answer, v1::OrderFound& to) {
  to.set_request_id(answer.request_id);
  to.set_as_of_sequence(answer.sequence);
  to.set_order_id(answer.order.value());
  if (!answer.orders.empty()) {
    write(answer.orders.front(), *to.mutable_order());
    to.set_client_order_id(to.order().client_order_id());
    to.set_sequence(to.order().sequence());
  }
  if (!answer.named) return;
  to.set_client_order_id(schemas::to_wire(answer.named->id));
  to.set_sequence(answer.named->entered);
  to.set_event_number(answer.named->account_event);
}

void Desk::write(const OpenOrder& order, v1::OpenOrder& line) const {
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
  line.set_client_order_id(schemas::to_wire(hub_->names().find(order.id)));
  line.set_sequence(order.entered);
}

// --- market data --------------------------------------------------------------------------------

feed::Subscriber& Desk::subscriber_of(ConnectionId id) {
  const auto found = subscribers_.find(id);
  if (found != subscribers_.end()) return *found->second.subscriber;
  feed::Subscriber& subscriber = feed_.attach(id);
  subscribers_[id].subscriber = &subscriber;
  return subscriber;
}

void Desk::push_feed(ConnectionId id, feed::Subscriber& subscriber) {
  Session* session = hub_->find(id);
  if (session == nullptr || session->is_ended()) return;
  bool is_any = false;
  // What does not fit waits in the subscriber's own queue, where slowness is judged. The last word
  // to one that is cut waits for nothing: it may never read again.
  while (subscriber.is_cut() || session->unread_bytes() < output_bytes_max) {
    frames_.clear();
    feed_.take(subscriber, output_bytes_max, frames_);
    if (frames_.empty()) break;
    is_any = true;
    for (const feed::FramePtr& frame : frames_) {
      const auto bytes = frame->bytes();
      session->send_encoded({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }
  frames_.clear();
  if (subscriber.is_cut()) session->end(v1::CODE_TOO_SLOW, "market data is not read");
  if (is_any || subscriber.is_cut()) hub_->touch(id);
}

void Desk::drained(ConnectionId id) {
  const auto found = subscribers_.find(id);
  if (found != subscribers_.end()) push_feed(id, *found->second.subscriber);
}

}  // namespace karst::gateway
