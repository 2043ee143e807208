#include "gateway/daemon/daemon.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "engine/engine.hpp"
#include "engine/state/key_table.hpp"
#include "gateway/config/memory.hpp"
#include "gateway/config/version.hpp"
#include "gateway/daemon/exchange_sink.hpp"
#include "gateway/daemon/own_commands.hpp"
#include "gateway/daemon/refusal_log.hpp"
#include "gateway/desk/access_log.hpp"
#include "gateway/desk/books_desk.hpp"
#include "gateway/desk/capacity_watch.hpp"
#include "gateway/desk/desk.hpp"
#include "gateway/desk/event_reader.hpp"
#include "gateway/feed/feed_publisher.hpp"
#include "gateway/feed/feed_restore.hpp"
#include "gateway/server/server.hpp"
#include "gateway/session/hub.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/exchange/exchange.hpp"
#include "ledger/exchange/thread_name.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/snapshot/snapshot_store.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {
namespace {

constexpr std::uint64_t mib = 1U << 20U;

void say(const std::string& line) { std::fprintf(stderr, "karstd: %s\n", line.c_str()); }

}  // namespace

struct Daemon::Parts {
  explicit Parts(Config given) : config(std::move(given)) {}

  [[nodiscard]] Status open_files();
  void wire();
  [[nodiscard]] Status begin();
  void learn_from_engine();
  void tell_start_clock();
  void on_pass(Now now);
  static constexpr std::size_t commands_per_pass = 256;
  [[nodiscard]] bool answer(Now now);
  [[nodiscard]] bool tell_market(Now now);
  void watch_capacity(std::int64_t steady_ns);
  void note_access(const Speaker& speaker, AccountId about, const char* question);
  /// Says so in the log when the disk of the journal gets full, and when it has room again.
  void tell_disk();
  /// Says so when an operator has accepted the wall clock.
  void tell_acceptance(const Delivery& delivery) const;
  /// Says so when the wall clock is believed no more, and when it agrees again.
  void tell_clock();
  void fill_status(v1::Response& response) const;

  /// Has on_pass() called soon, by any thread; nothing once the server is gone.
  void wake() {
    if (Server* to = woken.load(std::memory_order_acquire); to != nullptr) to->wake();
  }

  Config config;
  std::atomic<Server*> woken{nullptr};
  SystemClock clock;
  PosixStorage storage;
  std::unique_ptr<FileLog> journal;
  std::optional<SnapshotStore> snapshots;
  std::unique_ptr<EventLog> events;
  std::optional<AccessLog> access_log;
  CapacityWatch capacity_watch;
  RefusalLog refusals{[](const std::string& line) { say(line); }};
  std::unique_ptr<BooksDesk> books;
  std::unique_ptr<Exchange> exchange;
  Port* port = nullptr;
  Port* feed_port = nullptr;  ///< the market's own place in the stream, behind that of answers
  std::unique_ptr<feed::FeedPublisher> feed;
  std::unique_ptr<ExchangeSink> sink;
  std::unique_ptr<EventReader> event_reader;
  std::unique_ptr<Desk> desk;
  std::unique_ptr<Hub> hub;
  std::optional<OwnCommands> own;
  std::unique_ptr<Server> server;
  std::thread io;
  RecoveryReport report;
  std::int64_t started_ns = 0;
  std::int64_t feed_heartbeat_ns = 0;
  std::int64_t capacity_seen_ns = 0;
  bool was_disk_full = false;
  bool was_clock_held = false;
  bool is_access_noted = true;
  bool is_running = false;
};

/// A backup that was restored beside the data folder instead of into it, where karst.toml was not
/// there yet, is not to be passed by: the exchange would begin anew.
static Status check_place(Storage& storage, const std::string& data) {
  const Result<std::vector<std::string>> files = storage.list(data);
  const bool is_half = files && std::ranges::find(*files, "unfinished_copy") != files->end();
  if (is_half) {
    return Error{ErrorCode::invalid, "start: a restore was cut short; say karst restore again",
                 data};
  }
  const std::string above = data.substr(0, data.rfind('/'));
  const Result<std::vector<std::string>> misplaced =
      storage.list(ExchangeDirectory(above).journal());
  const Result<std::vector<std::string>> here = storage.list(ExchangeDirectory(data).journal());
  const bool is_empty = !here || here->empty();
  if (!is_empty || !misplaced || misplaced->empty()) return {};
  return Error{ErrorCode::invalid,
               "start: " + above +
                   " holds the files of an exchange itself; move journal, books, "
                   "events, snapshots, access.log and restored into its data folder",
               data};
}

Status Daemon::Parts::open_files() {
  const std::string& data = config.data;
  if (Status placed = check_place(storage, data); !placed) return placed;
  if (Status made = storage.create_directory(data); !made) return made;
  Result<std::unique_ptr<FileLog>> log = FileLog::open(
      storage, clock,
      {.directory = data + "/journal", .segment_bytes = config.storage.journal_segment_mib * mib});
  if (!log) return log.error();
  journal = std::move(log).value();
  if (journal->recovery().torn_tail) say(journal->recovery().text());
  snapshots.emplace(storage, data + "/snapshots", 0);
  if (Status opened = snapshots->open(); !opened) return opened;
  // A new event log begins where the journal does: there is nothing else to make it of.
  const Result<std::uint64_t> journal_begin =
      command_before_journal(storage, ExchangeDirectory(data));
  if (!journal_begin) return journal_begin.error();
  const std::uint64_t events_bytes = config.storage.event_log_mib * mib;
  Result<std::unique_ptr<EventLog>> event_log = EventLog::open(
      storage, {.directory = data + "/events",
                .segment_bytes = event_segment_bytes(events_bytes),
                .retain_bytes = events_bytes,
                .retain_ns = static_cast<std::int64_t>(config.storage.event_log_days) * ns_per_day,
                .begin_after = *journal_begin,
                .notice = [](const std::string& words) { say("event log: " + words); }});
  if (!event_log) return event_log.error();
  events = std::move(event_log).value();
  Result<std::unique_ptr<BooksDesk>> opened_books = BooksDesk::open(
      storage, data + "/books", config.storage.ledger_file_mib * mib, [this] { wake(); });
  if (!opened_books) return opened_books.error();
  books = std::move(opened_books).value();
  Result<AccessLog> access = AccessLog::open(
      ExchangeDirectory(data).access_log(), {.file_bytes = config.storage.access_log_file_mib * mib,
                                             .files = config.storage.access_log_files});
  if (!access) return access.error();
  access_log.emplace(std::move(access).value());
  if (const std::string text = access_log->opening_text(); !text.empty()) say(text);
  return {};
}

void Daemon::Parts::wire() {
  ExchangeConfig exchange_config;
  exchange_config.sizes = config.capacity;
  exchange_config.sequencer.is_trace_clock = config.hub.is_trace_clock;
  exchange_config.sequencer.clock.start_gap_max_ns =
      config.start_gap_max_hours * static_cast<std::uint64_t>(ns_per_hour);
  exchange_config.sequencer.clock.is_wall_accepted = config.is_wall_clock_accepted;
  exchange_config.snapshots.every_commands = config.storage.snapshot_every_commands;
  exchange_config.snapshots.every_journal_bytes = config.storage.snapshot_every_mib * mib;
  exchange_config.may_grow = [this] { return check_memory(config, memory_within_reach()); };
  exchange_config.on_store = [](const DerivedStore& store, const Error* error) {
    std::fprintf(stderr, "karstd: %s %s%s\n", store.name(),
                 error != nullptr ? "is left alone for a while: " : "is back",
                 error != nullptr ? error->text().c_str() : "");
  };
  exchange = std::make_unique<Exchange>(exchange_config, clock, *journal, &*snapshots);
  exchange->add_store(*events);
  exchange->add_store(books->store());
  port = &exchange->open_port("io", [this] { wake(); });
  feed_port = &exchange->open_port("feed", [] {});  // its turn comes behind that of "io"
  feed::FeedLimits feed_limits;
  feed_limits.budget_bytes = config.feed.subscriber_budget_kib * 1'024;
  feed_limits.ring_bytes = config.feed.ring_mib * mib;
  feed_limits.subscriptions_max = config.session.subscriptions_max;
  feed = std::make_unique<feed::FeedPublisher>(config.capacity, feed_limits);
  sink = std::make_unique<ExchangeSink>(
      *exchange, *port, clock, ExchangeSink::Config{config.hub.is_trace_clock}, [this] { wake(); });
  event_reader = std::make_unique<EventReader>(
      [this](AccountId account, std::uint64_t from, std::size_t entries_max) {
        return events->read(account, from, entries_max);
      },
      [this](AccountId account, Time time) { return events->first_at(account, time); },
      [this] { wake(); }, say);
  desk = std::make_unique<Desk>(*exchange, *books, *event_reader, *feed, *access_log,
                                [this] { wake(); });
  hub = std::make_unique<Hub>(*sink, event_reader.get(), desk.get(), config.session, config.hub);
  desk->set_hub(*hub);
  own.emplace(*exchange, *hub, storage, config, say);
  hub->on_access = [this](const Speaker& speaker, AccountId about, const char* question) {
    note_access(speaker, about, question);
  };
  hub->on_log_on_refused = [this](ConnectionId from, KeyId key, const char* reason) {
    const std::string who = key.is_none() ? "" : "key " + std::to_string(key.value());
    refusals.note(server->address_of(from), reason, who,
                  static_cast<std::int64_t>(clock.steady_ns()));
  };
  hub->on_status = [this](v1::Response& response) { fill_status(response); };
}

Status Daemon::Parts::begin() {
  Result<TlsContext> tls = load_tls_context(config.tls);
  if (!tls) return tls.error();
  server = std::make_unique<Server>(config.server, std::move(tls).value(), *hub, clock,
                                    [this](Now now) { on_pass(now); });
  server->set_on_refused([this](const std::string& address, const char* reason) {
    refusals.note(address, reason, "", static_cast<std::int64_t>(clock.steady_ns()));
  });
  if (Status listening = server->listen(); !listening) return listening;
  Result<RecoveryReport> recovered = exchange->start();
  if (!recovered) return recovered.error();
  report = std::move(recovered).value();
  for (const RecoveryReport::Store& store : report.stores) {
    const bool is_of_books = store.name == books->store().name();
    if (store.error && is_of_books && store.error->code == ErrorCode::trimmed) {
      books->leave_behind();
    }
  }
  is_running = true;
  started_ns = static_cast<std::int64_t>(clock.wall_ns());
  const std::int64_t stood_ns = started_ns - report.time.value();
  if (report.sequence != 0 && stood_ns > ns_per_hour && exchange->clock_apart_ns() == 0) {
    say(wall_ahead_text(stood_ns) + ": what fell due meanwhile is done now");
  }
  learn_from_engine();
  tell_start_clock();
  own->adopt_newest_rules();
  own->grow();
  if (Status begun = own->begin_incarnation(); !begun) return begun;
  own->create_operator_keys();
  if (Status applied = own->begin_four_eyes(); !applied) return applied;
  woken.store(server.get(), std::memory_order_release);
  io = std::thread([this] {
    name_thread("io");
    server->run();
  });
  server->wake();
  return {};
}

/// One who starts the exchange alone is no two operators (ExchangeCore).
void Daemon::Parts::tell_start_clock() {
  if (!config.is_wall_clock_accepted || report.sequence == 0) return;
  say(own->is_four_eyes()
          ? "--accept-clock is not heard: with four_eyes two operators accept a clock, by karst "
            "clock accept"
          : "the wall clock is accepted (--accept-clock): " +
                wall_ahead_text(started_ns - report.time.value()));
}

/// Keys, sessions that were open when the last process ended, and the books of the feed. Nothing
/// else runs yet; what is applied meanwhile is delivered afterwards and passed over by sequence.
void Daemon::Parts::learn_from_engine() {
  std::promise<void> done;
  const bool is_asked = exchange->ask([&](const Engine& engine, std::uint64_t sequence) {
    own->learn(engine);
    hub->set_sizes(config.capacity);
    hub->set_incarnations(own->lives());
    hub->begin_with(engine);
    for (std::uint32_t place = 1; place < engine.keys_end(); ++place) {
      const KeyId id = engine.key_in(place);
      const Key* key = engine.key(id);
      if (key == nullptr) continue;
      const AccountId account{key->account};
      hub->add_key(id, {account, key->scopes, key->is_revoked != 0, *engine.public_key(id),
                        key->dead_man_ns});
      if (key->is_open != 0) hub->close_leftover_session(id, account, key->epoch);
    }
    for (const OperatorKey& it : config.operators) {
      if (!engine.is_key_past(it.key)) continue;
      hub->add_key(it.key, {AccountId{0}, it.scopes, true, it.public_key});
    }
    if (sequence != 0) feed::restore(*feed, engine, report.time);
    done.set_value();
  });
  KARST_ASSERT(is_asked);
  done.get_future().wait();
}

/// Who asked hears the answer before the market hears what it came to; but who asks for the market
/// behind an answer finds in it what was answered, for both take as many commands in a pass.
void Daemon::Parts::on_pass(Now now) {
  bool has_more = answer(now);
  server->flush();
  has_more = tell_market(now) || has_more;
  if (has_more) wake();
  tell_disk();
  tell_clock();
  refusals.on_timer(now.steady_ns);
  watch_capacity(now.steady_ns);
}

/// Returns: whether there may be more.
bool Daemon::Parts::answer(Now now) {
  const auto deliver = [&](const Delivery& delivery) {
    tell_acceptance(delivery);
    const Event* answer = delivery.has_answer() ? &delivery.events[delivery.answer] : nullptr;
    if (answer != nullptr && answer->type == EventType::incarnation_begun) {
      own->finish_incarnation(*answer);
    }
    const bool is_ours = delivery.port == port->id();
    hub->deliver({delivery.command, delivery.events, answer, is_ours, delivery.handle}, now);
  };
  const std::size_t delivered = port->poll(deliver, commands_per_pass);
  static_cast<void>(port->poll_refusals([&](const Refusal& refusal) {
    hub->refused(refusal.handle, admission_of(refusal.why), now);
  }));
  sink->give(*hub, port->taken(), now);
  event_reader->give();
  desk->send_answers(port->taken());
  return delivered == commands_per_pass;
}

/// The same.
bool Daemon::Parts::tell_market(Now now) {
  constexpr std::int64_t heartbeat_ns = ns_per_second;
  const std::size_t applied = feed_port->poll(
      [&](const Delivery& delivery) {
        if (delivery.command.sequence <= feed->sequence()) return;
        feed->apply(delivery.command, delivery.events);
      },
      commands_per_pass);
  if (now.steady_ns - feed_heartbeat_ns >= heartbeat_ns) {
    feed_heartbeat_ns = now.steady_ns;
    feed->heartbeat();
  }
  return desk->serve_subscribers() || applied == commands_per_pass;
}

/// A disk that takes no more is said once, and once more when it does again.
void Daemon::Parts::note_access(const Speaker& speaker, AccountId about, const char* question) {
  const auto now_ns = static_cast<std::int64_t>(clock.wall_ns());
  const Status noted = access_log->note(now_ns, speaker.key, about, question);
  if (noted.ok() == is_access_noted) return;
  is_access_noted = noted.ok();
  say(noted ? "the access log is written again; numbers are missing in it for what was not"
            : noted.error().text());
}

void Daemon::Parts::watch_capacity(std::int64_t steady_ns) {
  constexpr std::int64_t interval_ns = ns_per_second / 4;
  if (steady_ns - capacity_seen_ns < interval_ns) return;
  capacity_seen_ns = steady_ns;
  // When too many ask already, the next time will do.
  static_cast<void>(
      exchange->ask([this](const Engine& engine, std::uint64_t) { capacity_watch.look(engine); }));
  for (const std::string& line : capacity_watch.take_warnings()) say(line);
}

void Daemon::Parts::tell_disk() {
  const bool is_full = exchange->is_disk_full();
  if (is_full == was_disk_full) return;
  was_disk_full = is_full;
  std::fprintf(stderr, "karstd: %s\n",
               is_full ? "the disk of the journal is full: only cancels are taken; make room"
                       : "the journal has room again: everything is taken");
}

void Daemon::Parts::tell_acceptance(const Delivery& delivery) const {
  const CommandType type = delivery.command.type;
  if (type != CommandType::accept_clock && type != CommandType::confirm) return;
  for (const Event& event : delivery.events) {
    if (event.type != EventType::clock_accepted) continue;
    std::fprintf(stderr, "karstd: the wall clock is accepted (key %u): %s\n",
                 event.clock.key.value(), wall_ahead_text(event.clock.step_ns).c_str());
  }
}

void Daemon::Parts::tell_clock() {
  const std::int64_t apart_ns = exchange->clock_apart_ns();
  if ((apart_ns != 0) == was_clock_held) return;
  was_clock_held = apart_ns != 0;
  const std::string text =
      was_clock_held ? wall_ahead_text(apart_ns) + ": only what lessens risk is taken (CLOCK_HELD)"
                     : "the wall clock agrees with the exchange's time again: everything is taken";
  std::fprintf(stderr, "karstd: %s\n", text.c_str());
}

void Daemon::Parts::fill_status(v1::Response& response) const {
  v1::Status& status = *response.mutable_status();
  status.set_started_ns(started_ns);
  status.set_is_disk_full(exchange->is_disk_full());
  status.set_is_clock_held(exchange->clock_apart_ns() != 0);
  status.set_clock_ahead_ns(exchange->clock_apart_ns());
  status.set_ledger_sequence(books->store().durable_sequence());
  const HashedRecords hashed = books->hashed();
  status.set_settlement(hashed.records);
  status.set_records_hash(hashed.hash);
  status.set_version(version);
  capacity_watch.fill(status);
}

Daemon::Daemon(Config config) : parts_(std::make_unique<Parts>(std::move(config))) {}

Daemon::~Daemon() { stop(); }

Status Daemon::start() {
  if (Status opened = parts_->open_files(); !opened) return opened;
  parts_->wire();
  return parts_->begin();
}

std::uint16_t Daemon::port() const { return parts_->server->port(); }

std::string Daemon::recovery_text() const {
  const RecoveryReport& it = parts_->report;
  std::string text = "command " + std::to_string(it.sequence) + ", from snapshot " +
                     std::to_string(it.snapshot_sequence) + ", " +
                     std::to_string(it.commands_replayed) + " replayed in " +
                     std::to_string(it.took_ns / 1'000'000) + " ms";
  for (const std::string& refused : it.snapshots_refused) text += "; refused snapshot: " + refused;
  for (const RecoveryReport::Store& store : it.stores) {
    if (store.error) text += "; " + store.name + " left behind: " + store.error->text();
  }
  return text;
}

Result<std::string> Daemon::reload(const Config& config) {
  Result<TlsContext> tls = load_tls_context(config.tls);
  if (!tls) return tls.error();
  parts_->server->set_tls(std::move(tls).value());
  parts_->server->set_limits(config.server);
  HubLimits hub = config.hub;
  hub.is_trace_clock = parts_->config.hub.is_trace_clock;  // for the life of the process
  parts_->server->post([parts = parts_.get(), session = config.session, hub] {
    parts->hub->set_limits(session, hub);
    parts->feed->set_subscriptions_max(session.subscriptions_max);
  });
  return settings_for_restart(parts_->config, config);
}

std::string Daemon::closing_text() const {
  const HashMark mark = parts_->exchange->stopped_at();
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016" PRIx64, mark.event_hash);
  return "stopped at command " + std::to_string(mark.sequence) + ", event hash " + hash;
}

void Daemon::stop() {
  if (parts_->io.joinable()) {
    parts_->server->stop();
    parts_->io.join();
    parts_->refusals.finish();
  }
  parts_->woken.store(nullptr, std::memory_order_release);
  if (parts_->is_running) parts_->exchange->stop();
  parts_->is_running = false;
}

}  // namespace karst::gateway
