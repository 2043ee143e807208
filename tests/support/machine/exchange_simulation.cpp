#include "tests/support/machine/exchange_simulation.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/support/machine/book_watch.hpp"
#include "tests/support/machine/books_compare.hpp"
#include "tests/support/machine/small_market.hpp"
#include "tests/support/machine/sqlite_disk.hpp"

namespace karst::sim {
namespace {

constexpr std::uint64_t turn_ns = 200'000;
constexpr std::uint64_t turns_max = 20'000;
constexpr std::uint64_t starts_max = 50;
constexpr std::uint64_t resend_acked = 3;
constexpr std::uint64_t key_handle = ~std::uint64_t{0};
constexpr std::uint64_t page_entries = 7;
constexpr BooksStore::Options often_covered{24};

PipelineSizes small_pipeline() {
  PipelineSizes sizes;
  sizes.submissions = 64;
  sizes.commands = 256;
  sizes.events = 4 * events_per_command_max;
  return sizes;
}

BooksOptions small_books(const SqliteDisk& sqlite) {
  BooksOptions options;
  options.directory = "books";
  options.store_path = "books/ledger.db";
  options.store_vfs = sqlite.name();
  options.segment_records = 12;
  options.tails_max = 3;
  options.file_bytes = std::uint64_t{32} << 10U;
  options.keys_expected = 64;
  return options;
}

std::uint64_t handle_of(std::size_t client, std::uint64_t index) {
  return std::uint64_t{client} << 32U | index;
}

bool same_bytes(const Event& one, const Event& other) {
  return std::memcmp(&one, &other, sizeof one) == 0;
}

bool same_bytes(const AccountEntry& one, const AccountEntry& other) {
  std::vector<std::byte> bytes[2];
  encode_entry(one, bytes[0]);
  encode_entry(other, bytes[1]);
  return bytes[0] == bytes[1];
}

}  // namespace

void ExchangeCoverage::add(const ExchangeCoverage& other) {
  lives += other.lives;
  crashes += other.crashes;
  failed_syncs += other.failed_syncs;
  torn_tails_cut += other.torn_tails_cut;
  recoveries_from_snapshot += other.recoveries_from_snapshot;
  snapshots_made += other.snapshots_made;
  store_catch_ups += other.store_catch_ups;
  stores_left += other.stores_left;
  stores_brought_back += other.stores_brought_back;
  acks += other.acks;
  acks_repeated += other.acks_repeated;
  refused_disk_full += other.refused_disk_full;
  refused_clock_held += other.refused_clock_held;
  refused_busy += other.refused_busy;
  ticks += other.ticks;
  trades += other.trades;
  segments_indexed += other.segments_indexed;
  audit_stores_rebuilt += other.audit_stores_rebuilt;
  leaders_fenced += other.leaders_fenced;
}

const Command* SimClient::next() const {
  const bool may_send = next_ < commands_.size() && next_ < acked_ + window_;
  return may_send ? &commands_[next_] : nullptr;
}

void SimClient::reconnect(std::uint64_t resend) { next_ = acked_ - std::min(acked_, resend); }

void SimClient::refused(std::uint64_t index) { next_ = std::min(next_, index); }

std::string SimClient::answered(std::uint64_t index, const Event& answer) {
  const ClientAck ack = ack_of(answer);
  const std::string about = "client of key " + std::to_string(commands_[index].key.value()) +
                            ", command " + std::to_string(index + 1) + ": ";
  if (answer.type == EventType::rejected && ack.code == RejectCode::seq_gap) {
    // Something before it was not taken.
    refused(static_cast<std::uint64_t>(answer.answer.value) - 1);
    return "";
  }
  if (is_about_the_speaker(ack.code)) {
    return about + "refused with code " + std::to_string(static_cast<int>(ack.code));
  }
  if (is_acked_[index]) return ack == acks_[index] ? "" : about + "two answers that differ";
  acks_[index] = ack;
  is_acked_[index] = true;
  // One ahead of it may still be open: executed in an earlier life, and refused for want of disk
  // when it was sent again.
  while (acked_ < commands_.size() && is_acked_[acked_]) ++acked_;
  return "";
}

struct ExchangeSimulation::Process {
  explicit Process(ExchangeSimulation& simulation)
      : snapshots(simulation.storage_, "snapshots", 0), sqlite(simulation.storage_) {}

  Status open_log(ExchangeSimulation& simulation) {
    journal = &simulation.replicated_;
    if (simulation.options_.is_replicated) return {};
    FileLogOptions options;
    options.directory = "journal";
    options.segment_bytes = simulation.options_.segment_bytes;
    options.staging_bytes = simulation.options_.segment_bytes;
    options.reserve_bytes = 4 * journal_block_bytes;
    Result<std::unique_ptr<FileLog>> opened =
        FileLog::open(simulation.storage_, simulation.clock_, options);
    if (!opened) return opened.error();
    log = std::move(opened).value();
    journal = log.get();
    return {};
  }

  Status open(ExchangeSimulation& simulation) {
    if (Status opened = open_log(simulation); !opened) return opened;
    if (Status made = snapshots.open(); !made) return made;
    EventLogOptions event_log;
    event_log.directory = "events";
    event_log.segment_bytes = simulation.options_.event_segment_bytes;
    Result<std::unique_ptr<EventLog>> found = EventLog::open(simulation.storage_, event_log);
    if (!found) return found.error();
    events = std::move(found).value();

    return begin(simulation);
  }

  Status begin(ExchangeSimulation& simulation) {
    ExchangeConfig config;
    config.sizes = small_sizes();
    config.pipeline = small_pipeline();
    config.sequencer.batch_commands_max = simulation.options_.batch_commands_max;
    config.sequencer.clock.is_wall_accepted = true;  // whoever starts it has looked at the clock
    config.snapshots.every_commands = simulation.options_.snapshot_every;
    Result<std::unique_ptr<Books>> found_books =
        Books::open(simulation.storage_, small_books(sqlite));
    if (!found_books) return found_books.error();
    books = std::move(found_books).value();
    if (books->opened().was_store_rebuilt) simulation.coverage_.audit_stores_rebuilt += 1;
    books_store = std::make_unique<BooksStore>(*books, often_covered);

    core = std::make_unique<ExchangeCore>(config, simulation.clock_, *journal, &snapshots);
    core->add_store(simulation.memory_, nullptr);
    core->add_store(*events, nullptr);
    core->add_store(*books_store, nullptr);
    port = &core->open_port("clients", nullptr);
    Result<RecoveryReport> begun = core->begin();
    if (!begun) return begun.error();
    report = std::move(begun).value();
    return {};
  }

  std::unique_ptr<FileLog> log;  // null if the log is replicated
  CommandLog* journal = nullptr;
  SnapshotStore snapshots;
  std::unique_ptr<EventLog> events;
  SqliteDisk sqlite;
  std::unique_ptr<Books> books;
  std::unique_ptr<BooksStore> books_store;
  std::unique_ptr<ExchangeCore> core;
  Port* port = nullptr;
  RecoveryReport report;
};

ExchangeSimulation::ExchangeSimulation(std::uint64_t seed, const ExchangeSimulationOptions& options)
    : options_(options), storage_(seed), random_(seed) {
  clients_.emplace_back(opening(options.merchants), options.client_window);
  for (std::uint32_t merchant = 1; merchant <= options.merchants; ++merchant) {
    clients_.emplace_back(trading(merchant, options.commands_per_merchant, options.script_seed),
                          options.client_window);
  }
}

ExchangeSimulation::~ExchangeSimulation() = default;

void ExchangeSimulation::violation(const std::string& what) { violations_.push_back(what); }

bool ExchangeSimulation::is_done() const {
  return std::ranges::all_of(clients_, [](const SimClient& it) { return it.is_done(); });
}

// A process may die of what the machine does to it, and of nothing else.
bool ExchangeSimulation::survives(const Status& status) {
  if (status.ok()) return true;
  if (storage_.has_crashed()) return false;
  const ErrorCode code = status.error().code;
  if (code == ErrorCode::fenced && options_.is_replicated) {
    coverage_.leaders_fenced += 1;
    return false;
  }
  const bool is_of_the_machine = code == ErrorCode::io || code == ErrorCode::no_space ||
                                 code == ErrorCode::poisoned || code == ErrorCode::crashed;
  if (!are_faults_expected_ || !is_of_the_machine) violation(status.error().text());
  return false;
}

bool ExchangeSimulation::start() {
  process_ = std::make_unique<Process>(*this);
  coverage_.lives += 1;
  const std::uint64_t remembered = memory_.durable_sequence();
  if (!survives(process_->open(*this))) return false;
  const FileLog* log = process_->log.get();
  if (log != nullptr && log->recovery().torn_tail) coverage_.torn_tails_cut += 1;
  const RecoveryReport& report = process_->report;
  if (report.snapshot_sequence != 0) coverage_.recoveries_from_snapshot += 1;
  if (report.sequence < remembered) violation("the journal has lost what was released");
  for (const RecoveryReport::Store& store : report.stores) {
    if (store.to > store.from) coverage_.store_catch_ups += 1;
  }
  for (SimClient& client : clients_) client.reconnect(resend_acked);
  is_key_in_flight_ = false;
  return true;
}

void ExchangeSimulation::die(Loss loss) {
  storage_.stop();  // nothing is tidied up
  process_.reset();
  coverage_.crashes += 1;
  storage_.restart(loss);
}

bool ExchangeSimulation::turn() {
  for (const Actor actor : every_actor) {
    if (!act(actor)) return false;
  }
  clock_.advance(turn_ns);
  return true;
}

bool ExchangeSimulation::random_step() {
  clock_.advance(random_.below(turn_ns));
  return act(every_actor[random_.below(std::size(every_actor))]);
}

bool ExchangeSimulation::act(Actor actor) {
  ExchangeCore& core = *process_->core;
  switch (actor) {
    case Actor::clients:
      send();
      return !storage_.has_crashed();
    case Actor::sequencer: {
      const Result<bool> did = core.sequencer().step();
      return survives(did ? Status{} : Status{did.error()});
    }
    case Actor::committer: {
      if (core.committer() == nullptr) return true;
      const std::uint64_t before = core.pipeline().durable();
      const Result<bool> did = core.committer()->step();
      if (!did) {
        coverage_.failed_syncs += 1;
        if (core.pipeline().durable() != before) violation("released after a failed sync");
      }
      return survives(did ? Status{} : Status{did.error()});
    }
    case Actor::port:
      receive();
      return true;
    case Actor::stores:
      for (const auto& feeder : core.feeders()) {
        const bool was_away = feeder->is_away();
        feeder->step();
        if (!was_away && feeder->is_away()) coverage_.stores_left += 1;
      }
      return !storage_.has_crashed();
    case Actor::housekeeper:
      if (core.overlapped_log() == nullptr) return true;
      return survives(prepare_log(core.pipeline(), *core.overlapped_log()));
    case Actor::shadow:
      work_for_books();
      bring_back_stores();
      make_snapshots();
      return !storage_.has_crashed();
  }
  return true;
}

void ExchangeSimulation::send() {
  Pipeline& pipeline = process_->core->pipeline();
  const std::uint32_t port = process_->port->id();
  if (!has_operator_key_) {
    if (is_key_in_flight_) return;
    is_key_in_flight_ =
        pipeline.submit(create_operator_key(), port, key_handle) == Submitted::accepted;
    return;
  }
  const std::size_t speaking = clients_[0].is_done() ? clients_.size() : 1;
  for (std::size_t i = 0; i < speaking; ++i) {
    SimClient& client = clients_[i];
    for (const Command* command = client.next(); command != nullptr; command = client.next()) {
      const Submitted submitted =
          pipeline.submit(*command, port, handle_of(i, client.next_index()));
      if (submitted == Submitted::busy) coverage_.refused_busy += 1;
      if (submitted == Submitted::disk_full) coverage_.refused_disk_full += 1;
      if (submitted == Submitted::clock_held) coverage_.refused_clock_held += 1;
      if (submitted != Submitted::accepted) break;
      client.sent();
    }
  }
}

void ExchangeSimulation::receive() {
  process_->port->poll([this](const Delivery& it) { answered(it); });
  process_->port->poll_refusals([this](const Refusal& it) {
    if (it.why == Submitted::disk_full) coverage_.refused_disk_full += 1;
    if (it.why == Submitted::clock_held) coverage_.refused_clock_held += 1;
    if (it.handle == key_handle) {
      is_key_in_flight_ = false;
    } else {
      clients_[it.handle >> 32U].refused(it.handle & 0xffffffffU);
    }
  });
}

void ExchangeSimulation::answered(const Delivery& delivery) {
  if (delivery.command.type == CommandType::tick) coverage_.ticks += 1;
  for (const Event& event : delivery.events) {
    if (event.type == EventType::trade) coverage_.trades += 1;
  }
  if (delivery.port != process_->port->id()) return;
  if (!delivery.has_answer()) return violation("a command without an answer");
  const Event& answer = delivery.events[delivery.answer];
  if (delivery.handle == key_handle) {
    has_operator_key_ = true;
    return;
  }
  coverage_.acks += 1;
  if (answer.type == EventType::repeated) coverage_.acks_repeated += 1;
  SimClient& client = clients_[delivery.handle >> 32U];
  const std::string wrong = client.answered(delivery.handle & 0xffffffffU, answer);
  if (!wrong.empty()) violation(wrong);
}

void ExchangeSimulation::work_for_books() {
  const Result<bool> worked = process_->books_store->work();
  if (worked || storage_.has_crashed() || are_faults_expected_) return;
  violation("books: " + worked.error().text());
}

void ExchangeSimulation::bring_back_stores() {
  for (const auto& feeder : process_->core->feeders()) {
    if (!feeder->is_away()) continue;
    const Status back = process_->core->bring_back(*feeder);
    if (back) coverage_.stores_brought_back += 1;
    if (!back && !storage_.has_crashed() && !are_faults_expected_) {
      violation("a store does not come back: " + back.error().text());
    }
  }
}

void ExchangeSimulation::make_snapshots() {
  Snapshotter& snapshotter = *process_->core->snapshotter();
  const std::uint64_t before = snapshotter.newest();
  const Status made = snapshotter.step();
  if (snapshotter.newest() != before) coverage_.snapshots_made += 1;
  if (made || storage_.has_crashed()) return;
  if (!are_faults_expected_ || made.error().code == ErrorCode::invalid) {
    violation("snapshot: " + made.error().text());
  }
}

bool ExchangeSimulation::is_at_rest() const {
  const ExchangeCore& core = *process_->core;
  const std::uint64_t durable = core.pipeline().durable();
  if (core.pipeline().last_applied() != durable) return false;
  if (process_->events->durable_sequence() != durable) return false;
  if (process_->books->next_command() != durable + 1) return false;
  return memory_.durable_sequence() == durable && process_->port->taken() == durable;
}

void ExchangeSimulation::finish() {
  are_faults_expected_ = false;
  std::uint64_t starts = 0;
  for (std::uint64_t i = 0; i < turns_max && violations_.empty(); ++i) {
    if (process_ == nullptr) {
      if (++starts > starts_max) return violation("no process stays alive");
      if (!start()) die(Loss::kept);
      continue;
    }
    if (is_done() && is_at_rest()) return check();
    if (!turn()) die(Loss::kept);
  }
  if (violations_.empty()) violation("some client has not been answered");
}

void ExchangeSimulation::check() {
  process_->core->engine().check_invariants();
  check_replay();
  check_history();
  check_answers();
  check_event_log();
  check_books();
}

// The journal behind the newest snapshot, and the whole journal if it is there, give this engine.
void ExchangeSimulation::check_replay() {
  const Engine& live = process_->core->engine();
  for (SnapshotStore* snapshots : {&process_->snapshots, static_cast<SnapshotStore*>(nullptr)}) {
    Replay replay = replay_from(snapshots, live.sequence());
    const Status done = replay_log(*process_->journal, replay, live.sequence(), nullptr);
    if (!done && done.error().code == ErrorCode::trimmed && snapshots == nullptr) continue;
    if (!done) return violation("replay: " + done.error().text());
    if (!replay.has_engine() || replay.last().sequence != live.sequence()) {
      return violation("the replay does not reach the engine's command");
    }
    if (replay.engine().event_hash() != live.event_hash()) {
      return violation("a replay gives other events");
    }
    if (replay.engine().state_hash() != live.state_hash()) {
      return violation("a replay gives another state");
    }
  }
}

// What was ever released is what the commands come to, from the first on.
void ExchangeSimulation::check_history() {
  Engine engine(small_sizes());
  BookWatch watch;
  std::vector<Event> events(events_per_command_max);
  Time last{0};
  for (const MemoryStore::Entry& entry : memory_.entries()) {
    const std::string about = "command " + std::to_string(entry.command.sequence) + ": ";
    if (entry.command.time <= last) violation(about + "time does not increase");
    last = entry.command.time;
    EventRing ring{events.data(), events_per_command_max - 1, 0};
    const Applied applied = engine.apply(entry.command, ring);
    std::string wrong;
    for (const Event& event : entry.events) {
      if (wrong.empty()) wrong = watch.take(event);
    }
    if (wrong.empty()) wrong = watch.end_of_command();
    if (!wrong.empty()) return violation(about + wrong);
    bool is_same = applied.count == entry.events.size() && applied.answer == entry.answer;
    for (std::uint32_t i = 0; is_same && i < applied.count; ++i) {
      is_same = same_bytes(events[i], entry.events[i]);
    }
    if (!is_same) return violation(about + "released events are not those of the commands");
  }
  if (engine.event_hash() != process_->core->engine().event_hash()) {
    violation("the engine has come to something else than was released");
  }
}

// Each client's command is executed once, and the one answer is the one the client has.
void ExchangeSimulation::check_answers() {
  Executions executions;
  for (const MemoryStore::Entry& entry : memory_.entries()) {
    if (executions.take(entry.executed())) continue;
    violation("key " + std::to_string(entry.command.key.value()) + " number " +
              std::to_string(entry.command.client_seq) + " executed twice");
  }
  for (const SimClient& client : clients_) {
    for (std::uint64_t i = 0; i < client.acked(); ++i) {
      const Command& command = client.commands()[i];
      const std::string about = "key " + std::to_string(command.key.value()) + " number " +
                                std::to_string(command.client_seq) + ": ";
      const ClientAck* executed = executions.find(command.key, command.client_seq);
      if (executed == nullptr) {
        violation(about + "answered, but not in the journal");
      } else if (*executed != client.ack(i)) {
        violation(about + "the answer is not what happened");
      }
    }
  }
}

// Whatever became of the process and its files: what is kept is what one that never stopped has.
void ExchangeSimulation::check_event_log() {
  std::map<std::uint32_t, std::vector<AccountEntry>> accounts;
  OrderNames names;
  for (const MemoryStore::Entry& entry : memory_.entries()) {
    const Executed executed = entry.executed();
    names.note_name(executed);
    for (std::uint32_t at = 0; at < executed.events.size(); ++at) {
      const AccountPlaces numbers = account_places(executed.events[at]);
      for (std::uint32_t i = 0; i < numbers.count; ++i) {
        std::vector<AccountEntry>& events = accounts[numbers.items[i].account.value()];
        if (numbers.items[i].number != events.size() + 1) violation("a gap in an account's events");
        events.push_back(make_entry(executed, at, numbers.items[i], names));
      }
    }
    names.note_ends(executed);
  }
  for (const auto& [account, expected] : accounts) check_account(account, expected);
}

// Books made anew from what was released have the same records, byte for byte, and answer the same.
void ExchangeSimulation::check_books() {
  SimStorage elsewhere;
  SqliteDisk sqlite(elsewhere);
  Result<std::unique_ptr<Books>> rebuilt = Books::open(elsewhere, small_books(sqlite));
  if (!rebuilt) return violation("books: " + rebuilt.error().text());
  BooksStore store(**rebuilt, often_covered);
  StoreCatchUp catch_up(store);
  for (const MemoryStore::Entry& entry : memory_.entries()) {
    if (Status done = catch_up.take(entry.executed()); !done) {
      return violation("books: " + done.error().text());
    }
  }
  if (Status done = catch_up.finish(); !done) return violation("books: " + done.error().text());
  for (Books* books : {rebuilt->get(), process_->books.get()}) {
    Result<bool> worked = true;
    while (worked && *worked) worked = books->work();
    if (!worked) return violation("books: " + worked.error().text());
  }
  const std::string found = difference(*process_->books, **rebuilt);
  if (!found.empty()) violation("the books differ from books made anew: " + found);
  coverage_.segments_indexed += process_->books->indexed_segments();
}

void ExchangeSimulation::check_account(std::uint32_t account,
                                       const std::vector<AccountEntry>& expected) {
  const EventLog& log = *process_->events;
  const std::uint64_t oldest = log.oldest_sequence();
  std::uint64_t number = 1;
  while (number <= expected.size() && expected[number - 1].event.sequence < oldest) ++number;
  while (number <= expected.size()) {
    const Result<AccountPage> page = log.read(AccountId{account}, number, page_entries);
    if (!page) return violation("event log: " + page.error().text());
    const bool is_short = page.value().is_too_old || page.value().entries.empty();
    if (is_short) {
      return violation("account " + std::to_string(account) + " event " + std::to_string(number) +
                       " is missing");
    }
    for (const AccountEntry& entry : page.value().entries) {
      const bool is_same = number <= expected.size() && entry.number == number &&
                           same_bytes(entry, expected[number - 1]);
      if (!is_same) {
        return violation("account " + std::to_string(account) + " event " + std::to_string(number) +
                         " differs");
      }
      ++number;
    }
  }
}

}  // namespace karst::sim
