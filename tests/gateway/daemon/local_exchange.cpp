#include "tests/gateway/daemon/local_exchange.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "ledger/events/account_entry.hpp"

namespace karst::test {
namespace {

constexpr Configure small_sizes{.accounts_max = 64,
                                .keys_max = 64,
                                .instruments_max = 64,
                                .orders_max = 1'024,
                                .holdings_max = 1'024,
                                .level_pages_max = 256,
                                .client_ids_max = 1'024,
                                .references_max = 256,
                                .currencies_max = 4,
                                .pools_max = 8,
                                .answers_per_key = 64,
                                .client_ids_per_account_max = 256,
                                .makers_per_command_max = 256,
                                .makers_per_bystander_max = 16,
                                .releases_per_command_max = 16};

template <std::size_t N>
Text<N> text(const char* from) {
  Text<N> to{};
  std::memcpy(to.data(), from, std::strlen(from));
  return to;
}

}  // namespace

LocalExchange::LocalExchange(const gateway::SessionLimits& limits, gateway::HubLimits hub_limits)
    : hub(*this, this, nullptr, limits, hub_limits),
      engine(small_sizes),
      events_(events_per_command_max * 2) {
  hub.set_sizes(small_sizes);
  ring_ = {events_.data(), events_.size() - 1, 0};
  Command configure;
  configure.type = CommandType::configure;
  configure.configure = small_sizes;
  command(configure);
}

gateway::Admission LocalExchange::submit(const Command& command, std::uint64_t handle) {
  if (next_admission != gateway::Admission::accepted) return next_admission;
  waiting_.push_back({command, handle});
  return gateway::Admission::accepted;
}

gateway::Admission LocalExchange::rehearse(const Command& command, std::uint64_t handle) {
  // A question needs no room on a disk.
  const bool is_heard = next_admission == gateway::Admission::accepted ||
                        next_admission == gateway::Admission::disk_full;
  if (!is_heard) return next_admission;
  rehearsing_.push_back({command, handle});
  return gateway::Admission::accepted;
}

void LocalExchange::command(Command command) {
  waiting_.push_back({command, 0});
  run();
}

void LocalExchange::run() {
  while (!waiting_.empty()) {
    Waiting next = waiting_.front();
    waiting_.pop_front();
    if (late_refusal_of_commands != gateway::Admission::accepted) {
      hub.refused(next.handle, late_refusal_of_commands, now_);
      continue;
    }
    next.command.sequence = engine.sequence() + 1;
    now_.wall_ns += 1;
    next.command.time = Time{now_.wall_ns};
    const Applied made = engine.apply(next.command, ring_);
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < made.count; ++i) events.push_back(ring_.at(made.first + i));
    const Executed executed{next.command, events,
                            made.answer == Applied::no_answer ? Executed::no_answer : made.answer};
    names_.note_name(executed);
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const AccountPlaces numbers = account_places(events[i]);
      for (std::uint32_t n = 0; n < numbers.count; ++n) {
        stored_.push_back(make_entry(executed, i, numbers.items[n], names_));
      }
    }
    names_.note_ends(executed);
    applied.push_back(next.command);
    const Event* answer = made.answer == Applied::no_answer ? nullptr : &events[made.answer];
    hub.deliver({next.command, events, answer, true, next.handle}, now_);
  }
  for (; !rehearsing_.empty(); rehearsing_.pop_front()) {
    Waiting& next = rehearsing_.front();
    if (late_refusal != gateway::Admission::accepted) {
      hub.refused(next.handle, late_refusal, now_);
      continue;
    }
    next.command.time = Time{now_.wall_ns + 1};
    hub.rehearsed(next.handle, engine.rehearse(next.command),
                  gateway::standing_of(engine, next.command.key), now_);
  }
  for (; !asked_.empty() && !is_event_log_hanging; asked_.pop_front()) {
    asked_.front().then(answer(asked_.front().question));
  }
}

void LocalExchange::pass_ms(std::int64_t ms) {
  now_.steady_ns += ms * 1'000'000;
  now_.wall_ns += ms * 1'000'000;
  hub.on_timer(now_);
  run();
}

bool LocalExchange::ask(const gateway::EventQuestion& question, Then then) {
  asked_.push_back({question, std::move(then)});
  return true;
}

gateway::EventAnswer LocalExchange::answer(const gateway::EventQuestion& question) const {
  gateway::EventAnswer answer;
  answer.begun_after = question.after;
  if (is_event_log_damaged) answer.refusal = gateway::unreadable_text;
  for (const AccountEntry& it : stored_) {
    if (it.account != question.account || answer.refusal != nullptr) continue;
    if (it.number == question.after && it.event.sequence > question.shared_through) {
      answer.refusal = gateway::lost_history_text;
    } else if (question.after == 0 && it.time < question.from_time) {
      answer.begun_after = it.number;
    } else if (it.number > question.after && answer.entries.size() < question.limit) {
      answer.entries.push_back(it);
    }
  }
  return answer;
}

void LocalExchange::begin_four_eyes() {
  Command c;
  c.type = CommandType::adopt_rules;
  c.adopt_rules.version = rules_newest;
  command(c);
  c = Command{};
  c.type = CommandType::set_four_eyes;
  c.set_four_eyes = {true, Money{1'000'000}};
  command(c);
}

void LocalExchange::make_market() {
  Command c;
  c.type = CommandType::define_currency;
  c.define_currency = {CurrencyId{1}, text<8>("CNY")};
  command(c);
  c = Command{};
  c.type = CommandType::define_calendar;
  c.define_calendar = {CalendarId{1}, 0};
  command(c);
  c = Command{};
  c.type = CommandType::define_fees;
  c.define_fees.schedule = FeeScheduleId{1};
  command(c);
  for (const std::uint32_t account : {1U, 2U, 3U}) {
    c = Command{};
    c.type = CommandType::admit_merchant;
    c.account = AccountId{account};
    c.admit_merchant = {GroupId{0}, 9, 9, true, text<32>("merchant")};
    command(c);
    c = Command{};
    c.type = CommandType::fund;
    c.account = AccountId{account};
    c.fund = {CurrencyId{1}, Money{1'000'000'000}, {account, 1}};
    command(c);
  }
  for (const TestKey& key :
       {operator_key, alice, bob, alice_viewer, alice_canceller, auditor, second_operator, carol}) {
    c = Command{};
    c.type = CommandType::create_key;
    c.account = AccountId{key.account};
    c.create_key = {KeyId{key.key}, key.scopes, secret_of(key).public_key()};
    command(c);
  }
  c = Command{};
  c.type = CommandType::define_product;
  c.account = AccountId{alice.account};
  DefineProduct& product = c.define_product;
  product.currency = CurrencyId{1};
  product.calendar = CalendarId{1};
  product.fees = FeeScheduleId{1};
  product.tick_value = Money{1};
  product.price_min = Price{1};
  product.price_max = Price{1'000'000};
  product.list_price = Price{100};
  product.quantity_max = Quantity{1'000'000};
  product.seats = Quantity{1'000'000};
  product.supply = Supply::seats;
  product.resale = Resale::free;
  product.unit = Unit::copy;
  product.certificate_expiry = Time{4'000'000'000'000'000'000};
  product.symbol = text<16>("WEATHER");
  command(c);
}

std::string frame_of(const v1::Request& request) {
  std::string bytes;
  gateway::append_frame(request, bytes);
  return bytes;
}

LocalClient::LocalClient(LocalExchange& exchange)
    : exchange_(exchange), skin_(exchange.hub.session_limits().frame_bytes_max) {
  gateway::Nonce nonce{};
  nonce[0] = static_cast<std::uint8_t>(exchange.hub.counters().connections + 1);
  id_ = exchange_.hub.connect(skin_, {nonce, binding}, exchange_.now());
  nonce_ = take().at(0).challenge().nonce();
}

LocalClient::~LocalClient() { disconnect(); }

void LocalClient::disconnect() {
  exchange_.hub.disconnect(id_);
  exchange_.run();
}

void LocalClient::hand_over(const std::string& bytes) {
  skin_.set_frame_bytes_max(exchange_.hub.session_limits().frame_bytes_max);
  const auto bad = skin_.receive(std::as_bytes(std::span(bytes)), *this);
  if (bad) exchange_.hub.end(id_, bad->code, bad->text);
}

void LocalClient::send_bytes(const std::string& bytes) {
  hand_over(bytes);
  exchange_.run();
}

std::vector<v1::Response> LocalClient::send(const v1::Request& request) {
  send_bytes(frame_of(request));
  return take();
}

v1::Reply LocalClient::command(const v1::Command& command) {
  v1::Request request;
  request.set_request_id(++last_request_);
  *request.mutable_command() = command;
  for (const v1::Response& response : send(request)) {
    if (response.has_reply() && response.reply().request_id() == last_request_) {
      return response.reply();
    }
  }
  ADD_FAILURE() << "no reply to " << command.ShortDebugString();
  return {};
}

std::vector<v1::Response> LocalClient::take() {
  std::vector<v1::Response> all;
  reader_.feed(std::as_bytes(std::span(skin_.output())));
  skin_.output().clear();
  std::span<const std::byte> message;
  while (reader_.next(message) == gateway::FrameReader::Next::frame) {
    v1::Response& response = all.emplace_back();
    EXPECT_TRUE(response.ParseFromArray(message.data(), static_cast<int>(message.size())));
    if (response.has_logged_off()) farewell_ = response.logged_off().code();
    if (response.has_logged_on()) logged_on_ = response.logged_on();
  }
  return all;
}

v1::Request LocalClient::log_on_request(const TestKey& key) const {
  gateway::Nonce nonce{};
  std::copy(nonce_.begin(), nonce_.end(), nonce.begin());
  const auto signature =
      secret_of(key).sign(gateway::log_on_statement(nonce, binding, KeyId{key.key}));
  v1::Request request;
  request.set_request_id(1);
  request.mutable_log_on()->set_key_id(key.key);
  request.mutable_log_on()->set_signature(std::string(signature.begin(), signature.end()));
  request.mutable_log_on()->set_disconnect_grace_ns(-1);
  return request;
}

void LocalClient::log_on(const TestKey& key) {
  send(log_on_request(key));
  ASSERT_TRUE(session() != nullptr && session()->is_live()) << "key " << key.key;
  last_request_ = 1;
}

}  // namespace karst::test
