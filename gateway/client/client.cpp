#include "gateway/client/client.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "gateway/wire/frame.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {
namespace {

constexpr std::uint32_t answer_bytes_max = 16 * 1024 * 1024;
constexpr auto retry_pause = std::chrono::milliseconds(50);

/// The request that a message answers; 0 = none. The usual ones are known here; that of any other
/// answer is its field `request_id`, so that new ones need nothing.
std::uint64_t request_id_of(const v1::Response& response) {
  switch (response.body_case()) {
    case v1::Response::BODY_NOT_SET:
      return 0;
    case v1::Response::kReply:
      return response.reply().request_id();
    case v1::Response::kPulse:
      return response.pulse().token();
    case v1::Response::kMarketData:  // 0 but for what answers a subscription
      return response.market_data().subscribed().request_id();
    default:
      break;
  }
  const auto* const field = v1::Response::descriptor()->FindFieldByNumber(response.body_case());
  const auto& body = response.GetReflection()->GetMessage(response, field);
  const auto* const id = body.GetDescriptor()->FindFieldByName("request_id");
  return id == nullptr ? 0 : body.GetReflection()->GetUInt64(body, id);
}

}  // namespace

bool leaves_number_unused(const v1::Reply& reply) {
  const v1::Code code = reply.code();
  return code >= v1::CODE_BAD_FRAME || reply.validated_only() ||
         (code >= v1::CODE_UNKNOWN_KEY && code <= v1::CODE_IDEMPOTENCY_CONFLICT) ||
         (reply.sequence() == 0 && code != v1::CODE_OK);
}

bool is_worth_another_try(const v1::Reply& reply) {
  const v1::Code code = reply.code();
  return code == v1::CODE_BUSY || code == v1::CODE_RATE_LIMITED ||
         code == v1::CODE_TOO_MANY_IN_FLIGHT || code == v1::CODE_BOOK_BUSY;
}

/// What has come and was not yet looked at.
struct Client::Inbox {
  FrameReader reader{answer_bytes_max};
  std::vector<char> buffer = std::vector<char>(64 * 1024);
  v1::Response response;
  v1::LoggedOn logged_on;
  std::uint64_t awaited = 0;     // request_id of the answer a caller waits for
  bool awaits_farewell = false;  // LoggedOff answers a LogOff and bears no request_id
  std::optional<v1::Response> answer;
  std::uint64_t newest_event = 0;
  std::optional<std::uint64_t> incarnation;  // of the event of that number
  std::string farewell;                      // why the exchange ended the session
};

Client::Client(ClientConfig config)
    : config_(std::move(config)), inbox_(std::make_unique<Inbox>()) {
  inbox_->newest_event = config_.resume_after;
  inbox_->incarnation = config_.incarnation;
  // A peer that hangs up is an error of the write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
}

Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::connect(ClientConfig config) {
  std::unique_ptr<Client> client(new Client(std::move(config)));
  if (const Status status = client->log_on(); !status) return status.error();
  return client;
}

Status Client::reconnect() { return log_on(); }

const v1::LoggedOn& Client::logged_on() const { return inbox_->logged_on; }

std::uint64_t Client::newest_event() const { return inbox_->newest_event; }

std::optional<std::uint64_t> Client::newest_incarnation() const { return inbox_->incarnation; }

int Client::socket() const { return connection_ ? connection_->socket() : -1; }

void Client::drop() { connection_.reset(); }

Status Client::log_on() {
  connection_.reset();
  outgoing_.clear();
  inbox_->reader = FrameReader(answer_bytes_max);
  inbox_->farewell.clear();
  Result<TlsConnection> opened = TlsConnection::open(config_.peer, config_.timeout_ms);
  if (!opened) return opened.error();
  connection_.emplace(std::move(opened).value());
  Result<v1::Response> challenge = wait_for(0);
  if (!challenge) return challenge.error();
  Nonce nonce{};
  const std::string& given = challenge->challenge().nonce();
  if (given.size() != nonce.size()) {
    return Error{ErrorCode::invalid, "understand the challenge", config_.peer.host};
  }
  std::copy(given.begin(), given.end(), nonce.begin());
  const std::string statement = log_on_statement(nonce, connection_->binding(), config_.key);
  const Signature signature = config_.secret.sign(statement);
  v1::Request request;
  v1::LogOn& log_on = *request.mutable_log_on();
  log_on.set_key_id(config_.key.value());
  log_on.set_signature(std::string(signature.begin(), signature.end()));
  log_on.set_disconnect_grace_ns(config_.disconnect_grace_ns);
  log_on.set_follow_events(config_.follow_events);
  log_on.set_resume_after(inbox_->newest_event);
  if (inbox_->incarnation) log_on.set_incarnation(*inbox_->incarnation);
  Result<v1::Response> answer = exchange_once(request);
  if (!answer) return answer.error();
  if (!answer->has_logged_on()) {
    const std::string code = v1::Code_Name(answer->reply().code());
    return Error{ErrorCode::invalid, "log on (" + code + ")", config_.peer.host};
  }
  next_client_seq_ = inbox_->logged_on.last_client_seq() + 1;
  return {};
}

Result<v1::Reply> Client::call(v1::Command command) {
  v1::Request request;
  std::optional<std::uint64_t> number;
  Error last{ErrorCode::io, "connect", config_.peer.host};
  for (int attempt = 0; attempt <= config_.retries; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(retry_pause);
    if (!connection_) {
      if (const Status status = log_on(); !status) {
        last = status.error();
        if (last.code == ErrorCode::invalid) return last;
        continue;
      }
    }
    if (!number) number = next_client_seq_;
    command.set_client_seq(command.validate_only() ? 0 : *number);
    *request.mutable_command() = command;
    Result<v1::Response> answer = exchange_once(request);
    if (!answer) {
      last = answer.error();
      connection_.reset();
      continue;
    }
    const v1::Reply& reply = answer->reply();
    const bool is_unused = leaves_number_unused(reply);
    if (!is_unused) next_client_seq_ = *number + 1;
    if (!is_worth_another_try(reply) || attempt == config_.retries) return reply;
    if (!is_unused) number.reset();  // BOOK_BUSY is an answer: the next try is a new command
  }
  return last;
}

Result<v1::Response> Client::ask(v1::Request request) {
  Error last{ErrorCode::io, "connect", config_.peer.host};
  for (int attempt = 0; attempt <= config_.retries; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(retry_pause);
    if (!connection_) {
      if (const Status status = log_on(); !status) {
        last = status.error();
        continue;
      }
    }
    Result<v1::Response> answer = exchange_once(request);
    if (answer) return answer;
    last = answer.error();
    connection_.reset();
  }
  return last;
}

std::uint64_t Client::queue(v1::Request& request) {
  request.set_request_id(++last_request_id_);
  if (request.has_ping()) request.mutable_ping()->set_token(last_request_id_);
  append_frame(request, outgoing_);
  return last_request_id_;
}

Status Client::flush() {
  if (!connection_) return Error{ErrorCode::io, "write: not connected", config_.peer.host};
  Status status = connection_->write(outgoing_, config_.timeout_ms);
  outgoing_.clear();
  return status;
}

Result<bool> Client::poll(int timeout_ms) {
  inbox_->awaited = 0;
  Result<bool> came = receive(timeout_ms);
  if (!came || !*came) return came;
  if (const Status status = dispatch(); !status) return status.error();
  return true;
}

Result<bool> Client::receive(int timeout_ms) {
  if (!connection_) return Error{ErrorCode::io, "read: not connected", config_.peer.host};
  const Result<std::size_t> got = connection_->read(inbox_->buffer, timeout_ms);
  if (!got) {
    Error error = got.error();
    if (!inbox_->farewell.empty()) error.doing += " (" + inbox_->farewell + ")";
    return error;
  }
  inbox_->reader.feed(std::as_bytes(std::span(inbox_->buffer).first(*got)));
  return *got > 0;
}

/// Hands out every whole message there is.
Status Client::dispatch() {
  std::span<const std::byte> message;
  while (true) {
    const FrameReader::Next next = inbox_->reader.next(message);
    if (next == FrameReader::Next::incomplete) return {};
    v1::Response& response = inbox_->response;
    if (next != FrameReader::Next::frame ||
        !response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Error{ErrorCode::corrupt, "read a frame", config_.peer.host};
    }
    take(response);
  }
}

void Client::take(const v1::Response& response) {
  const ClientHandlers& to = config_.handlers;
  const std::uint64_t id = request_id_of(response);
  const bool is_farewell = response.has_logged_off() && inbox_->awaits_farewell;
  if ((id != 0 && id == inbox_->awaited) || is_farewell) {
    inbox_->answer = response;
    inbox_->awaited = 0;
    // Events may be right behind it, and they are of this incarnation.
    if (response.has_logged_on()) inbox_->logged_on = response.logged_on();
    // What answers a subscription is part of the stream that whoever follows it must have whole.
    if (response.has_market_data() && to.on_market_data) to.on_market_data(response.market_data());
    return;
  }
  switch (response.body_case()) {
    case v1::Response::kEvent:
      inbox_->newest_event = response.event().number();
      inbox_->incarnation = inbox_->logged_on.incarnation();
      if (to.on_event) to.on_event(response.event());
      return;
    case v1::Response::kReply:
      if (response.reply().code() == v1::CODE_RESUME_TOO_OLD && id == 0) {
        inbox_->newest_event = static_cast<std::uint64_t>(response.reply().value());
        inbox_->incarnation = inbox_->logged_on.incarnation();
      }
      if (to.on_reply) to.on_reply(response.reply());
      return;
    case v1::Response::kMarketData:
      if (to.on_market_data) to.on_market_data(response.market_data());
      return;
    case v1::Response::kChallenge:
      inbox_->answer = response;
      return;
    case v1::Response::kLoggedOff:
      inbox_->farewell = v1::Code_Name(response.logged_off().code());
      break;
    default:
      break;
  }
  if (to.on_other) to.on_other(response);
}

/// `request_id` 0 waits for the challenge.
Result<v1::Response> Client::wait_for(std::uint64_t request_id) {
  using SteadyClock = std::chrono::steady_clock;
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(config_.timeout_ms);
  inbox_->awaited = request_id;
  inbox_->answer.reset();
  while (true) {
    if (const Status status = dispatch(); !status) return status.error();
    if (inbox_->answer) return *std::exchange(inbox_->answer, std::nullopt);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return Error{ErrorCode::io, "wait for an answer", config_.peer.host};
    const Result<bool> came = receive(static_cast<int>(left.count()));
    if (!came) return came.error();
  }
}

Result<v1::Response> Client::exchange_once(v1::Request& request) {
  const std::uint64_t id = queue(request);
  if (const Status status = flush(); !status) return status.error();
  inbox_->awaits_farewell = request.has_log_off();
  Result<v1::Response> answer = wait_for(id);
  if (std::exchange(inbox_->awaits_farewell, false)) connection_.reset();
  return answer;
}

}  // namespace karst::gateway
