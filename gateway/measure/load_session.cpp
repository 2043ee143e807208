#include "gateway/measure/load_session.hpp"

#include <algorithm>
#include <chrono>

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr std::uint32_t interval_precision_bits = 5;
constexpr std::int64_t pause_ns = 1'000'000;  // before commands are sent again
constexpr std::int64_t ping_after_ns = 5'000'000'000;

}  // namespace

std::int64_t steady_now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

LoadTally::LoadTally(std::int64_t start, std::int64_t interval, std::size_t intervals)
    : start_ns(start),
      interval_ns(interval),
      times(intervals, LatencyHistogram(interval_precision_bits)) {}

void LoadTally::add(const LoadTally& other) {
  latency.add(other.latency);
  from_send.add(other.from_send);
  before_engine.add(other.before_engine);
  after_engine.add(other.after_engine);
  outside.add(other.outside);
  for (std::size_t i = 0; i < times.size(); ++i) times[i].add(other.times[i]);
  for (std::size_t i = 0; i < answered.size(); ++i) answered[i] += other.answered[i];
  for (const auto& [code, count] : other.refused) refused[code] += count;
  resent += other.resent;
  unanswered += other.unanswered;
  lost_sessions += other.lost_sessions;
}

Result<std::unique_ptr<LoadSession>> LoadSession::open(gateway::ClientConfig config,
                                                       const LoadFlow& flow, LoadTally& tally) {
  std::unique_ptr<LoadSession> session(new LoadSession(flow, tally));
  config.disconnect_grace_ns = 0;
  Result<std::unique_ptr<gateway::Client>> connected = gateway::Client::connect(config);
  if (!connected) return connected.error();
  session->client_ = std::move(connected).value();
  v1::Command cancel;
  cancel.mutable_mass_cancel();
  const Result<v1::Reply> reply = session->client_->call(cancel);
  if (!reply) return reply.error();
  session->first_number_ = session->client_->next_client_seq();
  session->in_flight_max_ =
      std::max<std::uint64_t>(session->client_->logged_on().limits().in_flight_max(), 1);
  session->client_->handlers().on_reply = [raw = session.get()](const v1::Reply& it) {
    raw->take(it);
  };
  return session;
}

void LoadSession::send() {
  if (is_lost_) return;
  if (waiting_ == 0 && lowest_unused_ != 0) begin_again();
  const std::int64_t now = steady_now_ns();
  // Behind a refused number every further one would be refused too.
  if (lowest_unused_ != 0 || now < pause_until_ns_) return;
  bool is_any = false;
  while (waiting_ < in_flight_max_ && !(again_.empty() && due_.empty())) {
    Sent next{};
    if (!again_.empty()) {
      next = again_.front();
      again_.pop_front();
    } else {
      next = {due_.front(), 0, flow_.next()};
      due_.pop_front();
    }
    next.sent_ns = now;
    next.state = State::waiting;
    send(next);
    is_any = true;
  }
  if (!is_any && now - said_ns_ > ping_after_ns) {
    v1::Request ping;
    ping.mutable_ping();
    client_->queue(ping);
    is_any = true;
  }
  if (!is_any) return;
  said_ns_ = now;
  if (!client_->flush()) lose();
}

void LoadSession::send(const Sent& sent) {
  v1::Request request;
  v1::Command& command = *request.mutable_command();
  command.set_client_seq(first_number_ + sent_.size());
  LoadFlow::write(sent.command, command);
  client_->queue(request);
  sent_.push_back(sent);
  ++waiting_;
}

void LoadSession::receive() {
  if (!is_lost_ && !client_->poll(0)) lose();
}

void LoadSession::take(const v1::Reply& reply) {
  const std::uint64_t number = reply.client_seq();
  if (number < first_number_ || number - first_number_ >= sent_.size()) return;
  Sent& sent = sent_[number - first_number_];
  if (sent.state != State::waiting) return;
  --waiting_;
  const bool is_unused = gateway::leaves_number_unused(reply);
  if (is_unused) {
    if (lowest_unused_ == 0 || number < lowest_unused_) lowest_unused_ = number;
    const bool is_rate = reply.code() == v1::CODE_RATE_LIMITED;
    const std::int64_t wait_ns = is_rate ? std::max(reply.value(), pause_ns) : pause_ns;
    pause_until_ns_ = std::max(pause_until_ns_, steady_now_ns() + wait_ns);
  }
  const bool is_again =
      is_unused && (gateway::is_worth_another_try(reply) || reply.code() == v1::CODE_SEQ_GAP);
  if (is_again) {
    ++tally_.resent;
    sent.state = State::again;
  } else {
    sent.state = State::answered;
    ++tally_.answered[static_cast<std::size_t>(sent.command.kind)];
    if (reply.code() != v1::CODE_OK) ++tally_.refused[reply.code()];
    flow_.answered(sent.command, reply);
    if (sent.due_ns >= tally_.start_ns) measure(sent, reply);
  }
  while (!sent_.empty() && sent_.front().state == State::answered && lowest_unused_ == 0) {
    sent_.pop_front();
    ++first_number_;
  }
}

void LoadSession::measure(const Sent& sent, const v1::Reply& reply) {
  const std::int64_t now = steady_now_ns();
  const std::int64_t from_send = now - sent.sent_ns;
  tally_.latency.record(now - sent.due_ns);
  tally_.from_send.record(from_send);
  if (reply.sequence() != 0) {
    const std::int64_t inside = reply.gateway_out_ns() - reply.gateway_in_ns();
    tally_.before_engine.record(reply.engine_ns() - reply.gateway_in_ns());
    tally_.after_engine.record(reply.gateway_out_ns() - reply.engine_ns());
    tally_.outside.record(from_send - inside);
  }
  const auto interval =
      static_cast<std::size_t>((sent.due_ns - tally_.start_ns) / tally_.interval_ns);
  if (interval < tally_.times.size()) tally_.times[interval].record(now - sent.due_ns);
}

/// Everything on its way has been answered, and numbers from lowest_unused_ on are free.
void LoadSession::begin_again() {
  for (auto sent = sent_.rbegin(); sent != sent_.rend(); ++sent) {
    if (sent->state == State::again) again_.push_front(*sent);
  }
  sent_.clear();
  first_number_ = lowest_unused_;
  lowest_unused_ = 0;
}

void LoadSession::lose() {
  if (is_lost_) return;
  is_lost_ = true;
  ++tally_.lost_sessions;
  give_up();
}

void LoadSession::give_up() {
  tally_.unanswered += waiting_ + again_.size() + due_.size();
  for (const Sent& sent : sent_) tally_.unanswered += sent.state == State::again ? 1 : 0;
  waiting_ = 0;
  sent_.clear();
  again_.clear();
  due_.clear();
}

}  // namespace karst::tool
