#include "gateway/sim/itch_gateway.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "engine/command/command.hpp"
#include "gateway/client/calls.hpp"
#include "gateway/client/feed_client.hpp"
#include "gateway/client/find_instruments.hpp"
#include "gateway/client/wall_clock.hpp"
#include "gateway/measure/load_session.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t currency = 1;
constexpr std::uint32_t calendar = 1;
constexpr std::uint32_t fees = 9;  // none are taken
constexpr std::uint32_t buyer = 90'901;
constexpr std::uint32_t seller = 90'902;
constexpr std::int64_t price_max = std::int64_t{1} << 30U;
constexpr std::uint32_t seats = 2'147'483'647;
constexpr std::int64_t purse_fen = std::int64_t{1} << 60U;
constexpr auto patience = std::chrono::seconds(60);
constexpr auto look_again = std::chrono::milliseconds(10);
constexpr int answer_ms = 30'000;

Error refusal(const v1::Reply& reply, const std::string& what) {
  return {ErrorCode::invalid, "replay: the exchange says " + v1::Code_Name(reply.code()), what};
}

/// What was there before is no error.
template <class Body>
Status make(gateway::Client& client, const Body& body, std::uint32_t account = 0) {
  const Result<v1::Reply> reply = gateway::call(client, body, {.account = account});
  if (!reply) return reply.error();
  if (reply->code() == v1::CODE_OK || reply->code() == v1::CODE_ALREADY_EXISTS) return {};
  return refusal(*reply, body.ShortDebugString());
}

Status make_money(gateway::Client& client) {
  v1::DefineCurrency money;
  money.set_currency_id(currency);
  money.set_code("CNY");
  if (Status made = make(client, money); !made) return made;
  v1::DefineCalendar days;
  days.set_calendar_id(calendar);
  if (Status made = make(client, days); !made) return made;
  v1::DefineFees schedule;
  schedule.set_fee_schedule_id(fees);
  return make(client, schedule);
}

Status make_merchants(gateway::Client& client) {
  for (const std::uint32_t account : {buyer, seller}) {
    v1::AdmitMerchant merchant;
    merchant.set_name(account == buyer ? "Replay buyer" : "Replay seller");
    merchant.set_domestic(true);
    if (Status made = make(client, merchant, account); !made) return made;
  }
  v1::Fund fund;
  fund.set_currency_id(currency);
  fund.set_amount_fen(purse_fen);
  fund.set_reference("replay purse");
  const Result<v1::Reply> funded = gateway::call(client, fund, {.account = buyer});
  if (!funded) return funded.error();
  // From the second replay on the purse is there already.
  const bool is_there = funded->code() == v1::CODE_REFERENCE_IN_USE || funded->is_repeated() ||
                        funded->code() == v1::CODE_ALREADY_EXISTS;
  if (funded->code() != v1::CODE_OK && !is_there) return refusal(*funded, "purse");
  return {};
}

/// A product of its own for each replay. Returns: its instrument.
Result<std::uint32_t> make_product(gateway::Client& client, std::int64_t price_highest) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  constexpr std::int64_t digits = 10'000'000'000;
  const std::string symbol = "ITCH-" + std::to_string(wall_ns() / ns_per_ms % digits);
  v1::DefineProduct product;
  product.set_currency_id(currency);
  product.set_calendar_id(calendar);
  product.set_fee_schedule_id(fees);
  product.set_tick_value_fen(1);
  product.set_price_min_ticks(1);
  product.set_price_max_ticks(price_highest);
  product.set_list_price_ticks(price_highest);
  product.set_quantity_lots_max(seats);
  product.set_seats(seats);
  product.set_supply(v1::SUPPLY_SEATS);
  product.set_resale(v1::RESALE_FREE);
  product.set_unit(v1::UNIT_COPY);
  product.set_certificate_expiry_ns(4'000'000'000'000'000'000);
  product.set_symbol(symbol);
  if (Status made = make(client, product, seller); !made) return made.error();
  const auto is_ours = [&](const v1::Definition& it) { return it.symbol() == symbol; };
  const auto found = find_instruments(client, is_ours, 1);
  if (!found) return found.error();
  return found->begin()->first;
}

/// The flow's orders and what has been answered about them.
class ItchPlayer {
 public:
  ItchPlayer(gateway::Client& client, std::uint32_t instrument, ItchGatewayReport& report)
      : client_(client),
        instrument_(instrument),
        report_(report),
        next_number_(client.next_client_seq()) {
    client_.handlers().on_reply = [this](const v1::Reply& reply) { take(reply); };
  }
  ~ItchPlayer() { client_.handlers().on_reply = nullptr; }
  ItchPlayer(const ItchPlayer&) = delete;
  ItchPlayer& operator=(const ItchPlayer&) = delete;

  [[nodiscard]] Status apply(const ItchMessage& message);
  /// Waits until everything is answered.
  [[nodiscard]] Status settle() { return wait_for(0); }

  /// Of both merchants, one of whom a command about nothing names: the end of their event logs.
  /// Returns: its place in the journal.
  [[nodiscard]] Result<std::uint64_t> mark_end(std::uint32_t account);

  /// The flow's name of an order of the exchange.
  [[nodiscard]] std::uint64_t name_of(std::uint64_t order) const {
    const auto found = names_.find(order);
    return found == names_.end() ? 0 : found->second;
  }

 private:
  static constexpr std::size_t window_max = 1'000;
  static constexpr std::size_t flush_at = 32;

  struct Order {
    std::uint64_t order = 0;  // as the exchange named it; 0 = not yet, or refused
    std::int64_t price = 0;
    std::int64_t total = 0;  // lots, those filled included
    Side side = Side::buy;
    bool is_answered = false;
  };
  struct Pending {
    std::uint64_t name = 0;  // an add's
    std::int64_t sent_ns = 0;
  };

  [[nodiscard]] Status add(std::uint64_t name, const ItchMessage& message, Side side);
  [[nodiscard]] Status reduce(Order& order, std::uint32_t lots);
  [[nodiscard]] Status cancel(const Order& order);
  /// Waits until the exchange has named the order. Returns: whether it has one.
  [[nodiscard]] Result<bool> know(const Order& order);
  [[nodiscard]] Status send(v1::Command& command, Side side, std::uint64_t name);
  [[nodiscard]] Status wait_for(std::size_t unanswered_max);
  void take(const v1::Reply& reply);

  gateway::Client& client_;
  std::uint32_t instrument_;
  ItchGatewayReport& report_;
  std::uint64_t next_number_;
  std::unordered_map<std::uint64_t, Order> orders_;          // by name
  std::unordered_map<std::uint64_t, std::uint64_t> names_;  // by order
  std::deque<Pending> pending_;
  std::size_t unsent_ = 0;
  v1::Reply last_;
  std::optional<Error> failed_;
};

Status ItchPlayer::apply(const ItchMessage& message) {
  if (message.type == ItchType::add) return add(message.id, message, message.side);
  const auto found = orders_.find(message.id);
  if (found == orders_.end()) {
    ++report_.counts.unknown;
    return {};
  }
  const Result<bool> is_known = know(found->second);
  if (!is_known) return is_known.error();
  if (!*is_known) ++report_.counts.gone;
  if (takes_off(message.type)) {
    return *is_known ? reduce(found->second, message.quantity) : Status();
  }
  const Order order = found->second;
  orders_.erase(found);
  if (*is_known) {
    if (Status sent = cancel(order); !sent) return sent;
  }
  if (message.type == ItchType::remove) return {};
  if (Status settled = settle(); !settled) return settled;
  if (*is_known && last_.code() == v1::CODE_OK) return add(message.new_id, message, order.side);
  if (!orders_.try_emplace(message.new_id, Order{.side = order.side, .is_answered = true}).second) {
    ++report_.counts.duplicates;
  }
  return {};
}

Status ItchPlayer::add(std::uint64_t name, const ItchMessage& message, Side side) {
  const Order order{.price = message.price, .total = message.quantity, .side = side};
  if (!orders_.try_emplace(name, order).second) {
    ++report_.counts.duplicates;
    return {};
  }
  v1::Command command;
  v1::PlaceOrder& place = *command.mutable_place_order();
  place.set_instrument_id(instrument_);
  place.set_side(static_cast<v1::Side>(side));
  place.set_limit_ticks(message.price);
  place.set_quantity_lots(message.quantity);
  place.set_kind(v1::ORDER_KIND_LIMIT);
  place.set_time_in_force(v1::TIME_IN_FORCE_GTC);
  place.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  place.set_draw(side == Side::sell ? v1::DRAW_CAPACITY : v1::DRAW_UNSPECIFIED);
  return send(command, side, name);
}

/// An order of which nothing would be left is cancelled; whether that is so, only the exchange
/// knows.
Status ItchPlayer::reduce(Order& order, std::uint32_t lots) {
  if (lots < order.total) {
    v1::Command command;
    command.mutable_amend_order()->set_order_id(order.order);
    command.mutable_amend_order()->set_limit_ticks(order.price);
    order.total -= lots;
    command.mutable_amend_order()->set_quantity_lots(static_cast<std::uint32_t>(order.total));
    if (Status sent = send(command, order.side, 0); !sent) return sent;
    if (Status settled = settle(); !settled) return settled;
    if (last_.code() != v1::CODE_QUANTITY_OUT_OF_BOUNDS) return {};
  }
  return cancel(order);
}

Status ItchPlayer::cancel(const Order& order) {
  v1::Command command;
  command.mutable_cancel_order()->set_order_id(order.order);
  return send(command, order.side, 0);
}

Result<bool> ItchPlayer::know(const Order& order) {
  while (!order.is_answered) {
    if (Status came = wait_for(pending_.size() - 1); !came) return came.error();
  }
  return order.order != 0;
}

Status ItchPlayer::send(v1::Command& command, Side side, std::uint64_t name) {
  if (Status ready = wait_for(window_max); !ready) return ready;
  command.set_account_id(side == Side::buy ? buyer : seller);
  command.set_client_seq(next_number_++);
  v1::Request request;
  request.mutable_command()->Swap(&command);
  client_.queue(request);
  pending_.push_back({name, steady_now_ns()});
  ++report_.commands;
  if (++unsent_ < flush_at) return {};
  unsent_ = 0;
  return client_.flush();
}

Status ItchPlayer::wait_for(std::size_t unanswered_max) {
  while (pending_.size() > unanswered_max) {
    if (unsent_ != 0) {
      unsent_ = 0;
      if (Status flushed = client_.flush(); !flushed) return flushed;
    }
    const Result<bool> came = client_.poll(answer_ms);
    if (!came) return came.error();
    if (!*came) return Error{ErrorCode::io, "wait for an answer", "the exchange"};
    if (failed_) return *failed_;
  }
  return {};
}

/// Answers come in the order of the commands.
void ItchPlayer::take(const v1::Reply& reply) {
  if (reply.sequence() == 0 || pending_.empty()) {
    failed_ = refusal(reply, reply.field());
    return;
  }
  const Pending pending = pending_.front();
  pending_.pop_front();
  report_.latency.record(steady_now_ns() - pending.sent_ns);
  last_ = reply;
  const v1::Code code = reply.code();
  if (pending.name != 0) {
    Order& order = orders_.at(pending.name);
    order.is_answered = true;
    if (code != v1::CODE_OK) {
      ++report_.counts.refused;
      return;
    }
    order.order = reply.order_id();
    names_[reply.order_id()] = pending.name;
  } else if (code == v1::CODE_UNKNOWN_ORDER) {
    ++report_.counts.gone;
  } else if (code != v1::CODE_OK && code != v1::CODE_QUANTITY_OUT_OF_BOUNDS) {
    ++report_.counts.refused;
  }
}

Result<std::uint64_t> ItchPlayer::mark_end(std::uint32_t account) {
  if (Status settled = settle(); !settled) return settled.error();
  client_.set_next_client_seq(next_number_);
  v1::CancelOrder nothing;
  nothing.set_order_id(~std::uint64_t{0});
  const Result<v1::Reply> reply = gateway::call(client_, nothing, {.account = account});
  if (!reply) return reply.error();
  next_number_ = client_.next_client_seq();
  return reply->sequence();
}

/// Gives every fill of `account` in the instrument to `visit` until its event log has got to
/// `end_sequence`.
template <class Visit>
Status read_fills(gateway::Client& client, std::uint32_t account, std::uint32_t instrument,
                  std::uint64_t end_sequence, Visit&& visit) {
  std::uint64_t newest = 0;
  const auto deadline = SteadyClock::now() + patience;
  while (SteadyClock::now() < deadline) {
    v1::Request request;
    request.mutable_query_events()->set_account_id(account);
    request.mutable_query_events()->set_after_number(newest);
    request.mutable_query_events()->set_incarnation(client.logged_on().incarnation());
    const Result<v1::Response> answer = client.ask(request);
    if (!answer) return answer.error();
    if (!answer->has_events()) return refusal(answer->reply(), "events");
    for (const v1::Event& event : answer->events().events()) {
      newest = event.number();
      if (event.has_fill() && event.instrument_id() == instrument) visit(event.fill());
      if (event.sequence() >= end_sequence) return {};
    }
    if (answer->events().events_size() == 0) std::this_thread::sleep_for(look_again);
  }
  return Error{ErrorCode::io, "wait for the event log", "account " + std::to_string(account)};
}

/// The trades of the flow, in the order in which they were settled.
Status read_trades(gateway::Client& client, std::uint32_t instrument, ItchPlayer& player,
                   ItchCounts& counts) {
  std::map<std::uint64_t, FlowTrade> trades;  // by settlement
  for (const std::uint32_t account : {buyer, seller}) {
    const Result<std::uint64_t> end = player.mark_end(account);
    if (!end) return end.error();
    const Status read = read_fills(client, account, instrument, *end, [&](const v1::Fill& fill) {
      FlowTrade& trade = trades[fill.settlement()];
      (fill.is_taker() ? trade.taker : trade.maker) = player.name_of(fill.order_id());
      trade.price = fill.price_ticks();
      trade.quantity = fill.quantity_lots();
    });
    if (!read) return read;
  }
  for (const auto& [settlement, trade] : trades) counts.trades.add(trade);
  return {};
}

/// The book that the flow has left, order by order.
Status read_book(gateway::Client& client, std::uint32_t instrument, ItchCounts& counts) {
  feed::FeedClient feed(
      feed::FeedWish{feed::mask_of(feed::Schema::mbo), {instrument}, feed::OnSlow::conflate});
  client.handlers().on_market_data = [&](const v1::MarketData& message) {
    static_cast<void>(feed.receive(message));
  };
  v1::Request request;
  *request.mutable_subscribe() = feed.connected();
  client.queue(request);
  Result<bool> came = true;
  if (const Status sent = client.flush(); !sent) came = sent.error();
  const auto deadline = SteadyClock::now() + patience;
  const feed::FeedClientBook* book = nullptr;
  while (came && book == nullptr && SteadyClock::now() < deadline) {
    came = client.poll(100);
    const feed::FeedInstrument* known = feed.find(instrument);
    if (known != nullptr) book = known->book();
  }
  client.handlers().on_market_data = nullptr;
  if (!came) return came.error();
  if (book == nullptr) return Error{ErrorCode::io, "wait for the book in the feed", "mbo"};
  for (const Side side : {Side::buy, Side::sell}) {
    std::optional<std::int64_t>& best = side == Side::buy ? counts.best_bid : counts.best_ask;
    book->levels(side, [&](std::int64_t price, const feed::FeedClientBook::Level& level) {
      if (!best) best = price;
      counts.open_orders += level.orders;
    });
  }
  return {};
}

}  // namespace

Result<ItchGatewayReport> match_itch_through(gateway::Client& client, const ItchFlow& flow) {
  std::int64_t highest = 1;
  for (const ItchMessage& message : flow.messages) {
    const bool has_price = message.type == ItchType::add || message.type == ItchType::replace;
    if (has_price && (message.price < 1 || message.price > price_max)) {
      return Error{ErrorCode::invalid, "list an instrument with prices of 1 to 2^30", flow.symbol};
    }
    highest = std::max<std::int64_t>(highest, message.price);
  }
  if (Status made = make_money(client); !made) return made.error();
  if (Status made = make_merchants(client); !made) return made.error();
  const Result<std::uint32_t> instrument = make_product(client, highest);
  if (!instrument) return instrument.error();
  ItchGatewayReport report;
  ItchPlayer player(client, *instrument, report);
  const auto begin = SteadyClock::now();
  for (const ItchMessage& message : flow.messages) {
    count(report.counts, message.type);
    if (Status applied = player.apply(message); !applied) return applied.error();
  }
  if (Status settled = player.settle(); !settled) return settled.error();
  report.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (Status read = read_trades(client, *instrument, player, report.counts); !read) {
    return read.error();
  }
  if (Status read = read_book(client, *instrument, report.counts); !read) return read.error();
  return report;
}

}  // namespace karst::tool
