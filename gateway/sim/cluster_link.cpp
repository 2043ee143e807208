#include "gateway/sim/cluster_link.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gateway/client/stopwatch.hpp"

namespace karst::tool {
namespace {

constexpr int patience_ms = 60'000;
constexpr int connect_tries_max = 100;
constexpr auto connect_pause = std::chrono::milliseconds(50);

Error refusal(const v1::Reply& reply, const v1::Request& request) {
  return {ErrorCode::invalid, "replay (the exchange says " + v1::Code_Name(reply.code()) + ")",
          request.ShortDebugString()};
}

std::uint64_t id_of(const v1::Response& response) {
  switch (response.body_case()) {
    case v1::Response::kReply: return response.reply().request_id();
    case v1::Response::kEvents: return response.events().request_id();
    case v1::Response::kBalances: return response.balances().request_id();
    case v1::Response::kHoldings: return response.holdings().request_id();
    case v1::Response::kOrders: return response.orders().request_id();
    case v1::Response::kStatus: return response.status().request_id();
    default: return 0;
  }
}

}  // namespace

Status ClusterLink::open() {
  if (Status started = exchange_.start(); !started) return started;
  return connect();
}

Status ClusterLink::connect() {
  Result<gateway::ClientConfig> config = exchange_.client_config();
  if (!config) return config.error();
  config->retries = 0;  // recover() knows better
  config->handlers.on_reply = [this](const v1::Reply& reply) { on_reply(reply); };
  config->handlers.on_other = [this](const v1::Response& response) {
    if (id_of(response) != 0) came_.push_back(response);
  };
  Error last;
  for (int i = 0; i < connect_tries_max; ++i) {
    if (i > 0) std::this_thread::sleep_for(connect_pause);
    if (!exchange_.is_running()) {
      if (Status started = exchange_.start(); !started) return started;
      config->peer.port = exchange_.client_config()->peer.port;
    }
    Result<std::unique_ptr<gateway::Client>> connected = gateway::Client::connect(*config);
    if (connected) {
      client_ = std::move(connected).value();
      return {};
    }
    last = connected.error();
  }
  return last;
}

Status ClusterLink::send(const v1::Command& command) {
  v1::Request request;
  *request.mutable_command() = command;
  request.mutable_command()->set_client_seq(next_client_seq_++);
  ++commands_;
  return push(std::move(request));
}

Status ClusterLink::set_time(std::int64_t time_ns) {
  v1::Request request;
  request.mutable_set_time()->set_time_ns(time_ns);
  return push(std::move(request));
}

Status ClusterLink::push(v1::Request request) {
  Pending pending;
  pending.answer = answers_.size();
  LinkAnswer& answer = answers_.emplace_back();
  answer.account = request.command().account_id();
  answer.is_command = request.has_command();
  pending.request_id = client_->queue(request);
  pending.request = std::move(request);
  unanswered_.push_back(std::move(pending));
  ++unsent_;
  if (unsent_ >= flush_at) {
    if (Status flushed = flush(); !flushed) return flushed;
  }
  while (unanswered_.size() >= window_max) {
    if (Status came = read(); !came) return came;
  }
  return {};
}

Status ClusterLink::flush() {
  if (unsent_ == 0) return {};
  const std::int64_t now_ns = monotonic_ns();
  for (std::size_t i = unanswered_.size() - unsent_; i < unanswered_.size(); ++i) {
    unanswered_[i].sent_ns = now_ns;
  }
  unsent_ = 0;
  const Status written = client_->flush();
  kill_if_due(false);
  return written ? written : recover(written.error());
}

Status ClusterLink::read() {
  if (Status flushed = flush(); !flushed) return flushed;
  if (unanswered_.empty()) return {};
  const Result<bool> came = client_->poll(patience_ms);
  if (refused_) return *refused_;
  if (!came) return recover(came.error());
  kill_if_due(true);
  if (!*came) return recover({ErrorCode::io, "wait for an answer", "the exchange"});
  return {};
}

void ClusterLink::kill_if_due(bool has_read) {
  if (commands_ < kill_at_ || unanswered_.empty()) return;
  // Where few commands are under way all answers come in one read: then not for ever.
  const bool is_turn = has_read == (kills_ % 2 != 0);
  if (!is_turn && ++turns_missed_ < turns_missed_max) return;
  kill_at_ = never;
  turns_missed_ = 0;
  exchange_.kill();
  ++kills_;
}

/// Everything unanswered goes out again, under the numbers it had.
Status ClusterLink::recover(const Error& why) {
  if (exchange_.is_running() && why.code == ErrorCode::corrupt) return why;
  ++reconnects_;
  client_.reset();
  if (Status connected = connect(); !connected) return connected;
  for (Pending& pending : unanswered_) {
    pending.sent_ns = 0;
    pending.request_id = client_->queue(pending.request);
  }
  unsent_ = 0;
  const Status written = client_->flush();
  // A second loss at once shows when answers are read.
  static_cast<void>(written);
  return {};
}

void ClusterLink::on_reply(const v1::Reply& reply) {
  const auto found =
      std::find_if(unanswered_.begin(), unanswered_.end(),
                   [&](const Pending& it) { return it.request_id == reply.request_id(); });
  if (found == unanswered_.end()) {
    v1::Response response;
    *response.mutable_reply() = reply;
    came_.push_back(response);
    return;
  }
  // A refusal by the gateway, or by who speaks, has not used up the number: all behind it fail.
  const bool is_used = reply.code() == v1::CODE_OK || reply.code() >= v1::CODE_INVALID_FIELD;
  if (!is_used || reply.code() >= v1::CODE_BAD_FRAME) {
    if (!refused_) refused_ = refusal(reply, found->request);
    return;
  }
  LinkAnswer& answer = answers_[found->answer];
  answer.code = reply.code();
  answer.sequence = reply.sequence();
  answer.event_number = reply.event_number();
  answer.order_id = reply.order_id();
  last_sequence_ = std::max(last_sequence_, reply.sequence());
  if (found->sent_ns != 0 && found->request.has_command()) {
    latency_.record(monotonic_ns() - found->sent_ns);
  }
  unanswered_.erase(found);
}

Result<std::vector<LinkAnswer>> ClusterLink::settle() {
  while (!unanswered_.empty()) {
    if (Status came = read(); !came) return came.error();
  }
  std::erase_if(answers_, [](const LinkAnswer& it) { return !it.is_command; });
  return std::exchange(answers_, {});
}

Result<std::vector<v1::Response>> ClusterLink::ask(std::vector<v1::Request> questions) {
  KARST_ASSERT(unanswered_.empty());
  while (true) {
    came_.clear();
    std::vector<std::uint64_t> ids;
    for (v1::Request& question : questions) ids.push_back(client_->queue(question));
    std::optional<Error> lost;
    if (const Status written = client_->flush(); !written) lost = written.error();
    while (!lost && came_.size() < questions.size()) {
      const Result<bool> came = client_->poll(patience_ms);
      if (!came) lost = came.error();
      if (came && !*came) lost = Error{ErrorCode::io, "wait for an answer", "the exchange"};
    }
    if (lost) {
      if (Status recovered = recover(*lost); !recovered) return recovered.error();
      continue;
    }
    std::vector<v1::Response> answers(questions.size());
    for (v1::Response& response : came_) {
      const auto found = std::find(ids.begin(), ids.end(), id_of(response));
      if (found == ids.end()) continue;
      const auto place = static_cast<std::size_t>(found - ids.begin());
      if (response.has_reply()) return refusal(response.reply(), questions[place]);
      answers[place] = std::move(response);
    }
    return answers;
  }
}

}  // namespace karst::tool
