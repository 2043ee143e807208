#include "gateway/session/session.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/command/check.hpp"
#include "gateway/session/account_event.hpp"
#include "gateway/session/subject.hpp"
#include "ledger/exchange/sequencer.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"

namespace karst::gateway {
namespace {

constexpr std::uint32_t protocol_version = 1;
constexpr std::int64_t ns_per_ms = 1'000'000;

void write_limits(const SessionLimits& from, v1::Limits& to) {
  to.set_frame_bytes_max(from.frame_bytes_max);
  to.set_log_on_timeout_ms(from.log_on_timeout_ms);
  to.set_idle_timeout_ms(from.idle_timeout_ms);
  to.set_heartbeat_interval_ms(from.heartbeat_interval_ms);
  to.set_commands_per_second(from.commands_per_second);
  to.set_commands_burst(from.commands_burst);
  to.set_in_flight_max(from.in_flight_max);
  to.set_batch_commands_max(from.batch_commands_max);
  to.set_subscriptions_max(from.subscriptions_max);
  to.set_unread_bytes_max(from.unread_bytes_max);
}

v1::Code code_of(Admission admission) {
  switch (admission) {
    case Admission::accepted:
      return v1::CODE_OK;
    case Admission::busy:
      return v1::CODE_BUSY;
    case Admission::disk_full:
      return v1::CODE_DISK_FULL;
    case Admission::clock_held:
      return v1::CODE_CLOCK_HELD;
    case Admission::stopped:
      return v1::CODE_SHUTTING_DOWN;
  }
  return v1::CODE_BUSY;
}

/// What a request takes from the token bucket beside what each of its commands takes: with those,
/// one for every 512 bytes, and no less than one; a look at the state of the exchange is dearer.
std::uint32_t surcharge(const v1::Request& request, std::size_t bytes) {
  constexpr std::size_t bytes_per_token = 512;
  constexpr std::size_t tokens_per_look = 16;
  std::size_t commands = 0;
  if (request.has_command()) commands = 1;
  if (request.has_batch()) commands = static_cast<std::size_t>(request.batch().commands_size());
  const std::size_t least = subject_of(request).is_about_account ? tokens_per_look : 1;
  const std::size_t all = std::max({commands, bytes / bytes_per_token, least});
  return static_cast<std::uint32_t>(all - commands);
}

/// The number of an answer in its merchant's log; 0 = it is in none.
std::uint64_t own_number(const Event& answer) {
  const AccountPlaces numbers = account_places(answer);
  return numbers.count == 0 ? 0 : numbers.items[0].number;
}

}  // namespace

Session::Session(SessionHost& host, const SessionLimits& limits, ConnectionId connection,
                 Skin& skin, const ChannelChallenge& challenge, Now now)
    : host_(host),
      limits_(limits),
      connection_(connection),
      skin_(skin),
      challenge_(challenge),
      response_(std::make_unique<v1::Response>()),
      began_ns_(now.steady_ns),
      heard_ns_(now.steady_ns),
      said_ns_(now.steady_ns),
      now_ns_(now.steady_ns) {
  v1::Challenge& message = *response_->mutable_challenge();
  message.set_nonce(std::string(challenge.nonce.begin(), challenge.nonce.end()));
  message.set_protocol(protocol_version);
  message.set_server_time_ns(now.wall_ns);
  write_limits(limits_, *message.mutable_limits());
  write(*response_);
}

Session::~Session() = default;

void Session::hear(const v1::Request& request, std::size_t bytes, Now now) {
  if (is_ended()) return;
  now_ns_ = now.steady_ns;
  heard_ns_ = now.steady_ns;
  if (state_ == State::live) return on_request(request, bytes, now);
  if (state_ == State::challenged && request.body_case() == v1::Request::kLogOn) {
    return on_log_on(request.request_id(), request.log_on(), now);
  }
  refuse(request.request_id(), v1::CODE_NOT_LOGGED_ON);
  end(v1::CODE_NOT_LOGGED_ON, "the first request is LogOn, the next follows LoggedOn");
}

void Session::on_request(const v1::Request& request, std::size_t bytes, Now now) {
  const std::uint64_t id = request.request_id();
  if (request.has_log_off()) return end(v1::CODE_OK, "as you wish");
  const std::uint32_t tokens = surcharge(request, bytes);
  const std::int64_t wait_ns = tokens == 0 ? 0 : bucket_->take(now.steady_ns, tokens);
  if (wait_ns > 0) return refuse(id, v1::CODE_RATE_LIMITED, wait_ns);
  switch (request.body_case()) {
    case v1::Request::BODY_NOT_SET:
      return refuse(id, v1::CODE_INVALID_FIELD, 0, "body");
    case v1::Request::kLogOn:
      return refuse(id, v1::CODE_ALREADY_LOGGED_ON);
    case v1::Request::kCommand:
      static_cast<void>(on_command(request.command(), {id, 0}, now));
      return;
    case v1::Request::kBatch:
      return on_batch(id, request.batch(), now);
    case v1::Request::kSetTime:
      return on_set_time(id, request.set_time().time_ns(), now);
    case v1::Request::kConfirm:
      return refuse(id, v1::CODE_NOT_AVAILABLE, 0, "confirm");
    case v1::Request::kPing:
      return pulse(request.ping().token(), now);
    default:
      return host_.ask(connection_, speaker_, request);
  }
}

void Session::on_log_on(std::uint64_t request_id, const v1::LogOn& log_on, Now now) {
  const KeyId key{log_on.key_id()};
  const Recognised who = host_.recognise(challenge_.answered_by(key, log_on.signature()));
  if (who.refusal != nullptr) {
    host_.log_on_refused(connection_, key, who.refusal);
    refuse(request_id, v1::CODE_LOG_ON_REFUSED);
    return end(v1::CODE_LOG_ON_REFUSED, "unknown key or wrong signature");
  }
  const std::int64_t grace_ns = log_on.disconnect_grace_ns();
  if (grace_ns < -1 || grace_ns > ns_per_day) {
    refuse(request_id, v1::CODE_INVALID_FIELD, 0, "disconnect_grace_ns");
    return end(v1::CODE_INVALID_FIELD, "disconnect_grace_ns is -1 to 24 h");
  }
  speaker_ = who.speaker;
  bucket_ = &host_.bucket_of(speaker_);
  is_following_ = log_on.follow_events() && !speaker_.account.is_none();
  next_event_ = number_after(log_on.resume_after());
  if (log_on.has_incarnation()) told_incarnation_ = log_on.incarnation();
  Command command;
  command.type = CommandType::open_session;
  command.key = key;
  command.account = speaker_.account;
  command.open_session.disconnect_grace_ns = grace_ns;
  state_ = State::opening;
  const v1::Code code = submit(command, {request_id, 0}, now);
  if (code != v1::CODE_OK) end(code, "the log-on could not be sequenced");
}

void Session::on_session_opened(const Ticket& ticket, const Event& answer, Now now) {
  if (answer.type != EventType::session_opened) {
    return end(v1::CODE_LOG_ON_REFUSED, "unknown key or wrong signature");
  }
  go_live(ticket,
          {answer.session.epoch, answer.session.last_client_seq, answer.session.account_event},
          now);
}

Admission Session::look_up(std::uint32_t index) {
  tickets_[index].way = Way::rehearse;
  Command command;
  command.type = CommandType::open_session;
  command.key = speaker_.key;
  command.account = speaker_.account;
  return host_.rehearse(connection_, command, index);
}

void Session::go_live(const Ticket& ticket, const KeyStanding& standing, Now now) {
  state_ = State::live;
  has_logged_on_ = true;
  heard_ns_ = now.steady_ns;
  epoch_ = standing.open_epoch;
  newest_event_ = std::max(newest_event_, standing.last_event);
  v1::LoggedOn& logged_on = *response_->mutable_logged_on();
  logged_on.Clear();
  logged_on.set_request_id(ticket.request_id);
  logged_on.set_account_id(speaker_.account.value());
  logged_on.set_scopes(speaker_.scopes);
  logged_on.set_epoch(epoch_);
  logged_on.set_last_client_seq(standing.last_client_seq);
  logged_on.set_last_event(standing.last_event);
  logged_on.set_incarnation(host_.incarnation());
  write_limits(limits_, *logged_on.mutable_limits());
  write(*response_);
  // The log-on is an event itself, which nobody had before, unless there was no room for it.
  const std::uint64_t own = ticket.way == Way::submit && standing.last_event != 0 ? 1 : 0;
  const std::uint64_t held = next_event_ - 1;
  if (held != 0) shared_through_ = host_.shared_through(told_incarnation_);
  if (is_following_ && held > standing.last_event - own) resume_with_newest(lost_history_text);
  host_.logged_on(connection_, speaker_.key, epoch_);
}

void Session::on_batch(std::uint64_t request_id, const v1::Batch& batch, Now now) {
  const int count = batch.commands_size();
  if (count == 0 || static_cast<std::uint32_t>(count) > limits_.batch_commands_max) {
    return refuse(request_id, v1::CODE_INVALID_FIELD, 0, "commands");
  }
  v1::Code code = v1::CODE_OK;
  for (int i = 0; i < count && !is_ended(); ++i) {
    const Origin origin{request_id, static_cast<std::uint32_t>(i)};
    if (code == v1::CODE_OK) {
      code = on_command(batch.commands(i), origin, now);
    } else {
      refuse_command(origin, batch.commands(i).client_seq(), code);
    }
  }
}

v1::Code Session::on_command(const v1::Command& wire, Origin origin, Now now) {
  Command command;
  const v1::Code code = check(command, wire, origin, now);
  if (code != v1::CODE_OK) return code;
  const bool is_check = wire.validate_only();
  if (command.type == CommandType::heartbeat && !is_check &&
      !host_.is_keep_alive_due(speaker_.key)) {
    keep_alive(origin, now);
    return v1::CODE_OK;
  }
  return submit(command, origin, now, is_check ? Way::rehearse : Way::submit);
}

/// A KeepAlive that would change nothing is heard, and takes no place in the journal.
void Session::keep_alive(Origin origin, Now now) {
  Ticket ticket;
  ticket.request_id = origin.request_id;
  ticket.batch_index = origin.batch_index;
  ticket.gateway_in_ns = now.wall_ns;
  begin_reply(ticket, now).set_sequence(host_.last_sequence());
  write(*response_);
}

v1::Code Session::check(Command& command, const v1::Command& wire, Origin origin, Now now) {
  const auto refused = [&](v1::Code code, std::int64_t value = 0, const char* field = "") {
    return refuse_command(origin, wire.client_seq(), code, value, field);
  };
  const char* wrong = schemas::to_engine(wire, command);
  if (wrong != nullptr) return refused(v1::CODE_INVALID_FIELD, 0, wrong);
  const bool is_for_exchange = wire.use_exchange_account();
  if (is_for_exchange && (command.type != CommandType::create_key || wire.account_id() != 0)) {
    return refused(v1::CODE_INVALID_FIELD, 0, "use_exchange_account");
  }
  if (command.type == CommandType::confirm) host_.complete(*command.confirm);
  if (command.account.is_none() && !is_for_exchange) command.account = speaker_.account;
  if (!traits_of(command.type).is_personal) command.account = AccountId{0};
  if (!may_command(speaker_, command)) return refused(v1::CODE_NOT_PERMITTED);
  if (!traits_of(command.type).is_never_throttled || wire.validate_only()) {
    const std::int64_t wait_ns = bucket_->take(now.steady_ns);
    if (wait_ns > 0) return refused(v1::CODE_RATE_LIMITED, wait_ns);
  }
  command.key = speaker_.key;
  command.epoch = epoch_;
  if (command.type == CommandType::heartbeat && command.client_seq != 0) {
    return refused(v1::CODE_INVALID_FIELD, 0, "client_seq");
  }
  return v1::CODE_OK;
}

void Session::on_set_time(std::uint64_t request_id, std::int64_t time_ns, Now now) {
  constexpr std::int64_t time_ns_max = std::int64_t{1} << 62;
  if (!speaker_.has(scope::operate)) return refuse(request_id, v1::CODE_NOT_PERMITTED);
  if (!host_.is_trace_clock()) return refuse(request_id, v1::CODE_CLOCK_IS_REAL);
  if (time_ns < 1 || time_ns > time_ns_max) {
    return refuse(request_id, v1::CODE_INVALID_FIELD, 0, "time_ns");
  }
  static_cast<void>(submit(time_submission(Time{time_ns}), {request_id, 0}, now));
}

v1::Code Session::submit(const Command& command, Origin origin, Now now, Way way) {
  const std::uint32_t index =
      take_ticket(way == Way::submit && traits_of(command.type).is_never_throttled);
  if (index == no_ticket) {
    return refuse_command(origin, command.client_seq, v1::CODE_TOO_MANY_IN_FLIGHT);
  }
  Ticket& ticket = tickets_[index];
  ticket.request_id = origin.request_id;
  ticket.batch_index = origin.batch_index;
  ticket.client_seq = command.client_seq;
  ticket.gateway_in_ns = now.wall_ns;
  ticket.way = way;
  ticket.wrong = way == Way::rehearse ? wrong_field(command, host_.sizes()) : nullptr;
  Admission admission = hand_over(command, index, way);
  if (admission == Admission::disk_full && state_ == State::opening) admission = look_up(index);
  if (admission == Admission::accepted) return v1::CODE_OK;
  free_ticket(index);
  return refuse_command(origin, command.client_seq, code_of(admission));
}

Admission Session::hand_over(const Command& command, std::uint32_t index, Way way) {
  if (way == Way::submit) return host_.submit(connection_, command, index);
  return host_.rehearse(connection_, command, index);
}

std::uint32_t Session::take_ticket(bool may_use_reserve) {
  const std::uint32_t most = limits_.in_flight_max + (may_use_reserve ? reserved_tickets : 0);
  if (in_flight_ >= most) return no_ticket;
  ++in_flight_;
  std::uint32_t index = free_ticket_;
  if (index == no_ticket) {
    index = static_cast<std::uint32_t>(tickets_.size());
    tickets_.emplace_back();
  } else {
    free_ticket_ = tickets_[index].next_free;
  }
  tickets_[index].is_taken = true;
  return index;
}

void Session::free_ticket(std::uint32_t index) {
  KARST_ASSERT(index < tickets_.size() && tickets_[index].is_taken);
  tickets_[index].is_taken = false;
  tickets_[index].next_free = free_ticket_;
  free_ticket_ = index;
  --in_flight_;
}

Session::Ticket Session::redeem(std::uint32_t index, Now now) {
  KARST_ASSERT(index < tickets_.size() && tickets_[index].is_taken);
  const Ticket ticket = tickets_[index];
  free_ticket(index);
  now_ns_ = now.steady_ns;
  return ticket;
}

v1::Reply& Session::begin_reply(const Ticket& ticket, Now now) {
  v1::Reply& reply = *response_->mutable_reply();
  reply.Clear();
  reply.set_request_id(ticket.request_id);
  reply.set_batch_index(ticket.batch_index);
  reply.set_gateway_in_ns(ticket.gateway_in_ns);
  reply.set_gateway_out_ns(now.wall_ns);
  return reply;
}

void Session::on_answer(std::uint32_t index, const Executed& executed, std::string_view pool,
                        Now now) {
  if (is_ended()) return;
  const Event& answer = executed.events[executed.answer];
  const Ticket ticket = redeem(index, now);
  if (state_ == State::opening) return on_session_opened(ticket, answer, now);
  v1::Reply& reply = begin_reply(ticket, now);
  schemas::to_wire(executed.command, answer, own_number(answer), reply);
  if (reply.code() == v1::CODE_INVALID_FIELD) {
    name_field(wrong_field(executed.command, host_.sizes()), reply);
  }
  const bool is_done = answer.type != EventType::rejected && answer.type != EventType::repeated;
  if (is_done) schemas::write_made(executed.command, executed.events, pool, reply);
  write(*response_);
}

/// The engine says that a field is wrong; which one it is can be found out again.
void Session::name_field(const char* wrong, v1::Reply& reply) {
  reply.set_field(wrong != nullptr ? wrong : "body");
}

void Session::on_time_set(std::uint32_t index, const Command& tick, Now now) {
  if (is_ended()) return;
  const Ticket ticket = redeem(index, now);
  v1::Reply& reply = begin_reply(ticket, now);
  reply.set_sequence(tick.sequence);
  reply.set_engine_ns(tick.time.value());
  write(*response_);
}

void Session::on_rehearsed(std::uint32_t index, const Rehearsal& rehearsal,
                           const KeyStanding& standing, Now now) {
  if (is_ended()) return;
  if (state_ == State::opening) {
    const Ticket log_on = redeem(index, now);
    if (rehearsal.code == RejectCode::none) return go_live(log_on, standing, now);
    return end(v1::CODE_LOG_ON_REFUSED, "unknown key or wrong signature");
  }
  const Ticket ticket = redeem(index, now);
  v1::Reply& reply = begin_reply(ticket, now);
  reply.set_client_seq(ticket.client_seq);
  reply.set_code(static_cast<v1::Code>(rehearsal.code));
  reply.set_value(rehearsal.value);
  reply.set_is_repeated(rehearsal.is_repeated);
  reply.set_validated_only(true);
  if (reply.code() == v1::CODE_INVALID_FIELD) name_field(ticket.wrong, reply);
  write(*response_);
}

void Session::on_refused(std::uint32_t index, Admission why, Now now) {
  if (is_ended()) return;
  const bool is_log_on = state_ == State::opening && tickets_[index].way == Way::submit;
  if (is_log_on && why == Admission::disk_full && look_up(index) == Admission::accepted) return;
  const Ticket ticket = redeem(index, now);
  refuse_command({ticket.request_id, ticket.batch_index}, ticket.client_seq, code_of(why));
  if (state_ == State::opening) end(code_of(why), "the log-on could not be sequenced");
}

void Session::on_event(const AccountEntry& entry) {
  newest_event_ = std::max(newest_event_, entry.number);
  const bool is_next =
      is_following_ && entry.number == next_event_ && shared_through_ == all_shared;
  if (state_ != State::live || !is_next) return;
  schemas::to_wire(in_log(entry), *response_->mutable_event());
  write(*response_);
  ++next_event_;
}

bool Session::is_missing_events() const {
  const bool is_behind = next_event_ <= newest_event_ || shared_through_ != all_shared;
  return is_live() && is_following_ && is_behind;
}

EventQuestion Session::missing_events() const {
  return {.account = speaker_.account, .after = next_event_ - 1, .shared_through = shared_through_};
}

void Session::on_missing_events(const EventAnswer& answer) {
  if (!is_missing_events()) return;
  if (answer.refusal != nullptr) return resume_with_newest(answer.refusal);
  shared_through_ = all_shared;
  for (const AccountEntry& entry : answer.entries) on_event(entry);
}

void Session::resume_with_newest(const char* text) {
  refuse_number(0, newest_event_, text);
  next_event_ = newest_event_ + 1;
  shared_through_ = all_shared;
}

void Session::on_timer(Now now) {
  if (is_ended()) return;
  now_ns_ = now.steady_ns;
  if (state_ != State::live) {
    if (now.steady_ns - began_ns_ >= limits_.log_on_timeout_ms * ns_per_ms) {
      host_.log_on_refused(connection_, KeyId{0}, "no log-on in time");
      end(v1::CODE_LOG_ON_TIMEOUT, "no log-on in time");
    }
    return;
  }
  if (now.steady_ns - heard_ns_ >= limits_.idle_timeout_ms * ns_per_ms) {
    return end(v1::CODE_IDLE_TIMEOUT, "nothing heard for Limits.idle_timeout_ms");
  }
  if (now.steady_ns - said_ns_ >= limits_.heartbeat_interval_ms * ns_per_ms) {
    pulse(0, now);
  }
}

void Session::pulse(std::uint64_t token, Now now) {
  v1::Pulse& message = *response_->mutable_pulse();
  message.set_token(token);
  message.set_last_sequence(host_.last_sequence());
  message.set_server_time_ns(now.wall_ns);
  write(*response_);
}

void Session::send(const v1::Response& response) {
  if (!is_ended()) write(response);
}

void Session::send_encoded(std::string_view messages) {
  if (is_ended()) return;
  skin_.say_encoded(messages);
  note_said();
}

void Session::refuse(std::uint64_t request_id, v1::Code code, std::int64_t value,
                     const char* field) {
  refuse_command({request_id, 0}, 0, code, value, field);
}

void Session::refuse_number(std::uint64_t request_id, std::uint64_t newest,
                            const std::string& text) {
  const std::string number = std::to_string(newest);
  refuse_command({request_id, 0}, 0, v1::CODE_RESUME_TOO_OLD, static_cast<std::int64_t>(newest), "",
                 text + ": ask for orders and balances, and go on after event " + number);
}

v1::Code Session::refuse_command(Origin origin, std::uint64_t client_seq, v1::Code code,
                                 std::int64_t value, const char* field, const std::string& text) {
  if (is_ended()) return code;
  ++refusals_total_;
  v1::Reply& reply = *response_->mutable_reply();
  reply.Clear();
  reply.set_request_id(origin.request_id);
  reply.set_batch_index(origin.batch_index);
  reply.set_client_seq(client_seq);
  reply.set_code(code);
  reply.set_value(value);
  reply.set_field(field);
  if (!text.empty()) reply.set_text(text);
  write(*response_);
  return code;
}

void Session::end(v1::Code code, std::string_view text) {
  if (is_ended()) return;
  v1::LoggedOff& logged_off = *response_->mutable_logged_off();
  logged_off.set_code(code);
  logged_off.set_text(std::string(text));
  state_ = State::ended;
  skin_.say(*response_);
}

void Session::write(const v1::Response& response) {
  skin_.say(response);
  note_said();
}

void Session::note_said() {
  said_ns_ = now_ns_;
  if (unread_bytes() > limits_.unread_bytes_max) end(v1::CODE_TOO_SLOW, "answers are not read");
}

}  // namespace karst::gateway
