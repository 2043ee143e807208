#include "gateway/session/hub.hpp"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "engine/command/enclosed.hpp"
#include "engine/state/instrument_table.hpp"
#include "gateway/session/account_event.hpp"
#include "gateway/session/subject.hpp"
#include "ledger/events/account_entry.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/text.hpp"
#include "schemas/translate/translate.hpp"

namespace karst::gateway {
namespace {

constexpr std::uint64_t handle_of(ConnectionId connection, std::uint32_t ticket) {
  return static_cast<std::uint64_t>(connection) << 32U | ticket;
}
constexpr ConnectionId connection_of(std::uint64_t handle) {
  return static_cast<ConnectionId>(handle >> 32U);
}
constexpr std::uint32_t ticket_of(std::uint64_t handle) {
  return static_cast<std::uint32_t>(handle);
}

}  // namespace

Hub::Hub(CommandSink& commands, EventSource* events, QuestionDesk* desk,
         const SessionLimits& limits, const HubLimits& hub_limits)
    : commands_(commands), events_(events), desk_(desk), limits_(limits), hub_limits_(hub_limits) {
  // What clients send is not for our log: Protobuf writes a line for each text that is no UTF-8.
  google::protobuf::SetLogHandler(nullptr);
}

Hub::~Hub() = default;

void Hub::add_key(KeyId key, const KeyRecord& record) { keys_[key.value()] = record; }

void Hub::close_leftover_session(KeyId key, AccountId account, std::uint32_t epoch) {
  close_session(key, account, epoch);
}

void Hub::begin_with(const Engine& engine) {
  names_.begin_with(engine);
  proposals_.begin(engine);
  for (std::uint32_t id = 1; id < engine.sizes().pools_max; ++id) {
    if (const Pool* pool = engine.pool(PoolId{id}); pool != nullptr) note_pool(pool->definition);
  }
}

void Hub::note_pool(const DefinePool& pool) {
  pools_[pool.pool.value()] = schemas::text_of(pool.symbol);
}

std::string_view Hub::pool_of(const Command& command) const {
  if (command.type != CommandType::list_contracts) [[likely]]
    return {};
  const auto found = pools_.find(command.list_contracts.pool.value());
  return found == pools_.end() ? std::string_view{} : found->second;
}

// --- connections --------------------------------------------------------------------------------

ConnectionId Hub::connect(Skin& skin, const ChannelChallenge& challenge, Now now) {
  const ConnectionId id = ++last_connection_;
  connections_[id].session = std::make_unique<Session>(*this, limits_, id, skin, challenge, now);
  touch(id);
  return id;
}

Session* Hub::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.session.get();
}

void Hub::touch(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.is_touched) return;
  found->second.is_touched = true;
  touched_.push_back(id);
}

void Hub::take_touched(std::vector<ConnectionId>& out) {
  out.swap(touched_);
  touched_.clear();
  for (const ConnectionId id : out) {
    const auto found = connections_.find(id);
    if (found != connections_.end()) found->second.is_touched = false;
  }
}

bool Hub::hear(ConnectionId id, const v1::Request& request, std::size_t bytes, Now now) {
  now_ns_ = now.steady_ns;
  Session* session = find(id);
  if (session == nullptr) return false;
  session->hear(request, bytes, now);
  touch(id);
  return !session->is_ended();
}

void Hub::end(ConnectionId id, v1::Code code, const char* text) {
  Session* session = find(id);
  if (session == nullptr) return;
  session->end(code, text);
  touch(id);
}

void Hub::drained(ConnectionId id) {
  catch_up(id);
  if (desk_ != nullptr) desk_->drained(id);
}

void Hub::disconnect(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const Session& session = *found->second.session;
  refusals_of_gone_ += session.refusals_total();
  if (session.has_logged_on()) {
    const Speaker speaker = session.speaker();
    unfollow(speaker.account, id);
    const auto live = live_by_key_.find(speaker.key.value());
    if (live != live_by_key_.end() && live->second == id) {
      live_by_key_.erase(live);
      if (session.epoch() != 0) close_session(speaker.key, speaker.account, session.epoch());
    }
  }
  connections_.erase(found);
  if (desk_ != nullptr) desk_->forget(id);
}

void Hub::turn_away(ConnectionId id) {
  end(id, v1::CODE_TOO_MANY_SESSIONS, "the exchange has as many connections as it may");
}

void Hub::unfollow(AccountId account, ConnectionId id) {
  const auto found = followers_.find(account.value());
  if (found == followers_.end()) return;
  std::erase(found->second, id);
  if (found->second.empty()) followers_.erase(found);
}

void Hub::close_session(KeyId key, AccountId account, std::uint32_t epoch) {
  Command command;
  command.type = CommandType::close_session;
  command.key = key;
  command.account = account;
  command.epoch = epoch;
  unsent_closes_.push_back(command);
  send_closes();
}

/// In order, and as soon as the sequencer takes them: the grace runs from then on.
void Hub::send_closes() {
  while (!unsent_closes_.empty()) {
    const Command& command = unsent_closes_.front();
    const Admission admission =
        commands_.submit(command, handle_of(no_connection, last_close_ + 1));
    if (admission == Admission::busy || admission == Admission::disk_full) return;
    ++last_close_;
    if (admission == Admission::accepted) closes_on_way_[last_close_] = command;
    unsent_closes_.pop_front();
  }
}

// --- the exchange -------------------------------------------------------------------------------

Admission Hub::submit(ConnectionId from, const Command& command, std::uint32_t ticket) {
  const Admission admission = commands_.submit(command, handle_of(from, ticket));
  if (admission != Admission::accepted) return admission;
  ++commands_total_;
  if (command.type == CommandType::heartbeat) kept_alive_ns_[command.key.value()] = now_ns_;
  return admission;
}

bool Hub::is_keep_alive_due(KeyId key) const {
  constexpr std::int64_t per_timeout = 4;
  const KeyRecord* record = find_key(key);
  if (record == nullptr || record->dead_man_ns == 0) return false;
  const auto last = kept_alive_ns_.find(key.value());
  return last == kept_alive_ns_.end() ||
         now_ns_ - last->second >= record->dead_man_ns / per_timeout;
}

Admission Hub::rehearse(ConnectionId from, const Command& command, std::uint32_t ticket) {
  return commands_.rehearse(command, handle_of(from, ticket));
}

void Hub::deliver(const Delivered& delivered, Now now) {
  last_sequence_ = delivered.command.sequence;
  now_ns_ = now.steady_ns;
  const Executed executed{
      delivered.command, delivered.events,
      delivered.answer == nullptr
          ? Executed::no_answer
          : static_cast<std::uint32_t>(delivered.answer - delivered.events.data())};
  if (delivered.answer != nullptr && delivered.answer->type == EventType::incarnation_begun) {
    lives_.push_back(life_of(*delivered.answer));
  }
  if (delivered.is_ours && delivered.answer != nullptr && delivered.handle != 0) {
    const ConnectionId id = connection_of(delivered.handle);
    if (id == no_connection) closes_on_way_.erase(ticket_of(delivered.handle));
    Session* session = find(id);
    if (delivered.answer->type == EventType::session_opened) on_session_opened(delivered);
    if (session != nullptr) {
      session->on_answer(ticket_of(delivered.handle), executed, pool_of(delivered.command), now);
      touch(id);
    }
  }
  if (delivered.is_ours && delivered.answer == nullptr && delivered.handle != 0) {
    const ConnectionId id = connection_of(delivered.handle);
    if (Session* session = find(id); session != nullptr) {
      session->on_time_set(ticket_of(delivered.handle), delivered.command, now);
      touch(id);
    }
  }
  // Behind the answer: who revokes the key it speaks with hears of it before it is cut.
  for (const Event& event : delivered.events) {
    if (event.type == EventType::key_created || event.type == EventType::key_revoked) {
      on_key_event(delivered.command, event);
    }
    proposals_.follow(delivered.command, event);
    if (event.type == EventType::dead_man_fired) keys_[event.session.key.value()].dead_man_ns = 0;
  }
  if (delivered.command.type == CommandType::set_dead_man) note_dead_man(delivered);
  const bool is_pool = delivered.command.type == CommandType::define_pool;
  if (is_pool && delivered.answer->type == EventType::done) {
    note_pool(delivered.command.define_pool);
  }
  names_.note_name(executed);
  if (!followers_.empty()) tell_followers(executed);
  names_.note_ends(executed);
}

void Hub::tell_followers(const Executed& executed) {
  for (std::uint32_t at = 0; at < executed.events.size(); ++at) {
    const AccountPlaces places = account_places(executed.events[at]);
    for (std::uint32_t i = 0; i < places.count; ++i) {
      if (!followers_.contains(places.items[i].account.value())) continue;
      on_followed(make_entry(executed, at, places.items[i], names_));
    }
  }
}

/// To set the timer is a word, too.
void Hub::note_dead_man(const Delivered& delivered) {
  if (delivered.answer == nullptr || delivered.answer->type != EventType::done) return;
  const std::uint32_t key = delivered.command.key.value();
  keys_[key].dead_man_ns = delivered.command.set_dead_man.timeout_ns;
  kept_alive_ns_[key] = now_ns_;
}

void Hub::on_key_event(const Command& command, const Event& event) {
  const std::uint32_t key = event.session.key.value();
  if (event.type == EventType::key_created) {
    keys_[key] = {event.session.account, event.session.scopes, false,
                  carried_out_by(command).create_key.public_key};
    return;
  }
  keys_[key].is_revoked = true;
  keys_[key].dead_man_ns = 0;
  const auto live = live_by_key_.find(key);
  if (live == live_by_key_.end()) return;
  // The engine has closed the session itself; the connection goes now.
  end(live->second, v1::CODE_KEY_REVOKED, "the key was revoked");
}

/// A connection that went while its log-on was on its way leaves an open session behind.
void Hub::on_session_opened(const Delivered& delivered) {
  const Session* session = find(connection_of(delivered.handle));
  if (session != nullptr && !session->is_ended()) return;
  close_session(delivered.command.key, delivered.command.account, delivered.answer->session.epoch);
}

void Hub::on_followed(const AccountEntry& entry) {
  const auto found = followers_.find(entry.account.value());
  if (found == followers_.end()) return;
  for (const ConnectionId id : found->second) {
    if (Session* session = find(id); session != nullptr) {
      session->on_event(entry);
      touch(id);
    }
  }
}

void Hub::refused(std::uint64_t handle, Admission why, Now now) {
  if (handle == 0) return;
  const ConnectionId id = connection_of(handle);
  if (id == no_connection) {
    const auto close = closes_on_way_.extract(ticket_of(handle));
    if (!close.empty() && why != Admission::stopped) unsent_closes_.push_back(close.mapped());
  }
  if (Session* session = find(id); session != nullptr) {
    session->on_refused(ticket_of(handle), why, now);
    touch(id);
  }
}

void Hub::rehearsed(std::uint64_t handle, const Rehearsal& rehearsal, const KeyStanding& standing,
                    Now now) {
  now_ns_ = now.steady_ns;
  const ConnectionId id = connection_of(handle);
  if (Session* session = find(id); session != nullptr) {
    session->on_rehearsed(ticket_of(handle), rehearsal, standing, now);
    touch(id);
  }
}

void Hub::logged_on(ConnectionId from, KeyId key, std::uint32_t epoch) {
  ++log_ons_total_;
  // Where it goes on with what the engine still has open, that is no longer to be closed.
  std::erase_if(unsent_closes_,
                [&](const Command& it) { return it.key == key && it.epoch == epoch; });
  const auto live = live_by_key_.find(key.value());
  if (live != live_by_key_.end() && live->second != from) {
    end(live->second, v1::CODE_SESSION_FENCED, "a newer log-on of this key has taken over");
  }
  live_by_key_[key.value()] = from;
  Session* session = find(from);
  const AccountId account = session->speaker().account;
  if (!account.is_none()) followers_[account.value()].push_back(from);
  catch_up(from);
}

/// Sends what the client has missed, a part at a time, as long as it reads it.
void Hub::catch_up(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || events_ == nullptr) return;
  Connection& connection = found->second;
  const Session& session = *connection.session;
  if (connection.is_catching_up || !session.is_missing_events()) return;
  if (session.unread_bytes() >= catch_up_bytes) return;
  EventQuestion question = session.missing_events();
  question.limit = catch_up_events;
  // When too many ask already, the next timer asks again.
  connection.is_catching_up =
      events_->ask(question, [this, id](const EventAnswer& answer) { on_caught_up(id, answer); });
}

void Hub::on_caught_up(ConnectionId id, const EventAnswer& answer) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second.is_catching_up = false;
  found->second.session->on_missing_events(answer);
  touch(id);
  // Where the log has not got it yet, the next timer asks again.
  if (!answer.entries.empty()) catch_up(id);
}

void Hub::on_timer(Now now) {
  now_ns_ = now.steady_ns;
  for (auto& [id, connection] : connections_) {
    Session& session = *connection.session;
    const std::size_t before = session.unread_bytes();
    session.on_timer(now);
    catch_up(id);
    if (session.unread_bytes() != before) touch(id);
  }
  send_closes();
}

TokenBucket& Hub::bucket_of(const Speaker& speaker) {
  // Operators and auditors share an account, which is none: each key of theirs has its own.
  const std::uint64_t payer = speaker.account.is_none()
                                  ? std::uint64_t{1} << 32U | speaker.key.value()
                                  : speaker.account.value();
  const TokenBucket full(limits_.commands_per_second, limits_.commands_burst);
  return buckets_.try_emplace(payer, full).first->second;
}

void Hub::set_limits(const SessionLimits& limits, const HubLimits& hub_limits) {
  limits_ = limits;
  hub_limits_ = hub_limits;
  for (auto& [payer, bucket] : buckets_) {
    bucket.set_limits(limits.commands_per_second, limits.commands_burst);
  }
  for (auto& [id, connection] : connections_) connection.session->set_limits(limits);
}

void Hub::shut_down() {
  for (auto& [id, connection] : connections_) {
    connection.session->end(v1::CODE_SHUTTING_DOWN, "the exchange is stopping");
    touch(id);
  }
}

Hub::Counters Hub::counters() const {
  Counters counters;
  counters.connections = connections_.size();
  counters.sessions = live_by_key_.size();
  counters.commands_total = commands_total_;
  counters.log_ons_total = log_ons_total_;
  counters.refusals_total = refusals_of_gone_;
  for (const auto& [id, connection] : connections_) {
    counters.refusals_total += connection.session->refusals_total();
  }
  return counters;
}

// --- what sessions ask --------------------------------------------------------------------------

const KeyRecord* Hub::find_key(KeyId key) const {
  const auto found = keys_.find(key.value());
  return found == keys_.end() ? nullptr : &found->second;
}

void Hub::ask(ConnectionId from, const Speaker& speaker, const v1::Request& request) {
  Session& session = *find(from);
  const std::uint64_t id = request.request_id();
  const Subject subject = subject_of(request);
  AccountId account = speaker.account;
  if (subject.is_about_account) {
    if (subject.account != 0) account = AccountId{subject.account};
    const bool is_elevated = speaker.has(scope::elevated);
    if (subject.is_everyone ? !is_elevated : !may_ask_about(speaker, account)) {
      return session.refuse(id, subject.is_everyone ? v1::CODE_NOT_PERMITTED : v1::CODE_NOT_FOUND);
    }
    if (subject.is_everyone) account = AccountId{0};
    if (on_access && (subject.is_everyone || account != speaker.account)) {
      on_access(speaker, account, subject.name);
    }
  }
  if (request.body_case() == v1::Request::kQueryStatus) return answer_status(session, request);
  if (request.body_case() == v1::Request::kQueryProposals) {
    return answer_proposals(session, request);
  }
  if (desk_ == nullptr) return session.refuse(id, v1::CODE_NOT_AVAILABLE);
  desk_->ask(from, speaker, account, request);
}

void Hub::answer_proposals(Session& session, const v1::Request& request) {
  if (!session.speaker().has(scope::elevated)) {
    return session.refuse(request.request_id(), v1::CODE_NOT_PERMITTED);
  }
  v1::Response response;
  response.mutable_proposals()->set_request_id(request.request_id());
  proposals_.write(*response.mutable_proposals());
  session.send(response);
}

void Hub::answer_status(Session& session, const v1::Request& request) {
  v1::Response response;
  response.mutable_status()->set_request_id(request.request_id());
  const Counters now = counters();
  v1::Status& status = *response.mutable_status();
  status.set_last_sequence(last_sequence_);
  status.set_connections(now.connections);
  status.set_sessions(now.sessions);
  status.set_commands_total(now.commands_total);
  status.set_refusals_total(now.refusals_total);
  status.set_incarnation(incarnation());
  status.set_incarnation_after(lives_.empty() ? 0 : lives_.back().after);
  if (on_status) on_status(response);
  session.send(response);
}

}  // namespace karst::gateway
