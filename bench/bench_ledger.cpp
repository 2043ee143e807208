// What a settled transaction costs the ledger, and what a question costs, beside raw SQLite.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/bench_folder.hpp"
#include "bench/registered.hpp"
#include "engine/seams/random.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/files/posix_storage.hpp"

namespace {

using namespace karst;
using bench::BenchFolder;
using bench::is_small;
using SteadyClock = std::chrono::steady_clock;

const std::uint32_t merchants = is_small ? 50 : 1'000;
const std::uint32_t instruments = is_small ? 10 : 100;

// How many records a ledger holds when it is opened and asked; KARST_BENCH_RECORDS says another.
std::uint64_t records_wanted(std::uint64_t usual) {
  const char* given = std::getenv("KARST_BENCH_RECORDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : usual;
}
const std::uint64_t audit_records = records_wanted(is_small ? 20'000 : 2'000'000);
const std::uint64_t stall_records = records_wanted(is_small ? 20'000 : 10'000'000);

// Commands with their events, as an engine would hand them over: first what sets the market up,
// then one six-leg settlement per command between random merchants in random instruments.
class Settlements {
 public:
  struct Batch {
    std::vector<Command> commands;
    std::vector<Event> events;
    std::vector<std::uint32_t> ends;  // of each command's events
    [[nodiscard]] std::span<const Event> events_of(std::size_t i) const {
      const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
      return std::span(events).subspan(begin, ends[i] - begin);
    }
  };

  void set_up(Batch& batch) {
    clear(batch);
    begin(batch, CommandType::list_contracts);
    for (std::uint32_t i = 1; i <= instruments; ++i) {
      Event& event = add(batch, EventType::contract_listed, instrument_id(0, i));
      event.contract.number = ++number_;
      event.contract.currency = CurrencyId{1};
      event.contract.pool = PoolId{1};
    }
    end(batch);
    for (std::uint32_t merchant = 1; merchant <= merchants; ++merchant) {
      begin(batch, CommandType::fund);
      Event& cash = add(batch, EventType::funded, InstrumentId{0});
      cash.cash.number = ++number_;
      cash.cash.amount = Money{std::int64_t{1} << 50U};
      cash.cash.account = AccountId{merchant};
      cash.cash.currency = CurrencyId{1};
      for (std::uint32_t i = 1; i <= instruments; ++i) {
        Event& lots = add(batch, EventType::capacity_minted, instrument_id(0, i));
        lots.units.number = ++number_;
        lots.units.account = AccountId{merchant};
        lots.units.quantity = Quantity{1'000'000'000};
      }
      end(batch);
    }
  }

  void next(Batch& batch, std::size_t count) {
    clear(batch);
    for (std::size_t i = 0; i < count; ++i) {
      begin(batch, CommandType::place_order);
      const InstrumentId instrument =
          instrument_id(0, 1 + static_cast<std::uint32_t>(random_.below(instruments)));
      const auto buyer = 1 + static_cast<std::uint32_t>(random_.below(merchants));
      const auto step = 1 + static_cast<std::uint32_t>(random_.below(merchants - 1));
      Event& trade = add(batch, EventType::trade, instrument);
      trade.detail = 1;
      trade.trade.price = Price{2'500};
      trade.trade.quantity = Quantity{1 + static_cast<std::uint32_t>(random_.below(100))};
      trade.trade.notional = Money{2'500 * std::int64_t{trade.trade.quantity.value()}};
      const Money fee{trade.trade.notional.value() / 400};
      Event& settled = add(batch, EventType::settlement, instrument);
      settled.detail = static_cast<std::uint8_t>(SettlementKind::capacity_paid);
      settled.settlement.number = ++number_;
      settled.settlement.buyer_fee = fee;
      settled.settlement.seller_fee = fee;
      settled.settlement.buyer = AccountId{buyer};
      settled.settlement.seller = AccountId{(buyer + step - 1) % merchants + 1};
      end(batch);
    }
  }

  [[nodiscard]] std::int64_t time() const { return time_; }

 private:
  static void clear(Batch& batch) {
    batch.commands.clear();
    batch.events.clear();
    batch.ends.clear();
  }
  void begin(Batch& batch, CommandType type) {
    Command& command = batch.commands.emplace_back();
    command.sequence = ++sequence_;
    command.time = Time{time_ += 1'000};
    command.type = type;
    index_ = 0;
  }
  Event& add(Batch& batch, EventType type, InstrumentId instrument) {
    Event& event = batch.events.emplace_back();
    std::ranges::fill(event.words, 0);
    event.sequence = sequence_;
    event.index = index_++;
    event.type = type;
    event.detail = 0;
    event.instrument = instrument;
    return event;
  }
  static void end(Batch& batch) {
    batch.ends.push_back(static_cast<std::uint32_t>(batch.events.size()));
  }

  Random random_{1};
  std::uint64_t sequence_ = 0;
  std::uint64_t number_ = 0;
  std::uint16_t index_ = 0;
  std::int64_t time_ = 1'790'000'000'000'000'000;
};

// Books with their background thread: what is measured is durable and on its way into the store.
class Ledger {
 public:
  bool open(benchmark::State& state) {
    options_.directory = folder_.path() + "/books";
    options_.store_path = folder_.path() + "/ledger.db";
    if (is_small) {
      options_.file_bytes = std::uint64_t{4} << 20U;
      options_.segment_records = 1U << 12U;
    }
    Result<std::unique_ptr<Books>> opened = Books::open(storage_, options_);
    if (!opened) {
      state.SkipWithError(opened.error().text().c_str());
      return false;
    }
    books_ = std::move(opened).value();
    is_running_ = true;
    worker_ = std::thread([this] { work(); });
    Settlements::Batch batch;
    settlements_.set_up(batch);
    return append(state, batch);
  }
  ~Ledger() { stop(); }
  void stop() {
    is_running_ = false;
    if (worker_.joinable()) worker_.join();
  }
  void close() {
    stop();
    books_.reset();
  }

  // Until everything is in the store that will be.
  void settle() {
    while (books_->records() / options_.segment_records > books_->indexed_segments()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // Appends and syncs; waits where the books are busy, as the exchange would.
  bool append(benchmark::State& state, const Settlements::Batch& batch) {
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
      Status status = books_->append(batch.commands[i], batch.events_of(i));
      while (!status && status.error().code == ErrorCode::busy) {
        ++busy_;
        if (Result<std::uint64_t> synced = books_->sync(); !synced) break;
        std::this_thread::yield();
        status = books_->append(batch.commands[i], batch.events_of(i));
      }
      if (!status) {
        state.SkipWithError(status.error().text().c_str());
        return false;
      }
    }
    const Result<std::uint64_t> synced = books_->sync();
    if (!synced) state.SkipWithError(synced.error().text().c_str());
    return synced.ok();
  }

  [[nodiscard]] Books& books() { return *books_; }
  [[nodiscard]] Settlements& settlements() { return settlements_; }
  [[nodiscard]] const BooksOptions& options() const { return options_; }
  [[nodiscard]] PosixStorage& storage() { return storage_; }
  [[nodiscard]] std::uint64_t busy() const { return busy_; }

  // Appends batches of 1,024 until there are so many records.
  bool fill(benchmark::State& state, std::uint64_t records) {
    Settlements::Batch batch;
    while (books_->records() < records) {
      settlements_.next(batch, 1'024);
      if (!append(state, batch)) return false;
    }
    return true;
  }

  // Bytes of the record log up to its last frame, and of the store.
  [[nodiscard]] double log_bytes() {
    const std::optional<RecordMark> last = books_->log().mark_before(books_->records());
    std::uint64_t bytes = last->offset;
    for (std::uint32_t file = 0; file < last->file; ++file) {
      bytes += std::filesystem::file_size(books_->log().path_of_file(file));
    }
    return static_cast<double>(bytes);
  }
  [[nodiscard]] double store_bytes() const {
    return static_cast<double>(std::filesystem::file_size(options_.store_path));
  }

 private:
  void work() {
    while (is_running_) {
      const Result<bool> worked = books_->work();
      if (worked && *worked) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  BenchFolder folder_{"ledger_bench"};
  PosixStorage storage_;
  BooksOptions options_;
  Settlements settlements_;
  std::unique_ptr<Books> books_;
  std::atomic<bool> is_running_{false};
  std::thread worker_;
  std::uint64_t busy_ = 0;
};

void report_latencies(benchmark::State& state, std::vector<double>& rounds_us) {
  if (rounds_us.empty()) return;
  std::ranges::sort(rounds_us);
  state.counters["p50_us"] = rounds_us[rounds_us.size() / 2];
  state.counters["p99_us"] = rounds_us[rounds_us.size() * 99 / 100];
  state.counters["max_us"] = rounds_us.back();
}

double us_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - begin).count();
}

// One round: a batch of six-leg settlements from events to durable, with the background indexing
// of earlier ones on the other core.
void append_rounds(benchmark::State& state, Ledger& ledger) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Settlements::Batch batch;
  std::vector<double> rounds_us;
  const std::uint64_t before = ledger.books().records();
  for ([[maybe_unused]] auto _ : state) {
    ledger.settlements().next(batch, count);
    const auto begin = SteadyClock::now();
    if (!ledger.append(state, batch)) break;
    rounds_us.push_back(us_since(begin));
    state.SetIterationTime(rounds_us.back() / 1e6);
  }
  report_latencies(state, rounds_us);
  const auto begin = SteadyClock::now();
  ledger.settle();
  state.counters["index_lag_ms"] = us_since(begin) / 1'000;
  state.counters["busy"] = static_cast<double>(ledger.busy());
  const auto settled = static_cast<double>(ledger.books().records() - before);
  state.counters["settlements"] = settled;
  state.counters["bytes_per_settlement"] =
      (ledger.log_bytes() + ledger.store_bytes()) / static_cast<double>(ledger.books().records());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void ledger_append(benchmark::State& state) {
  Ledger ledger;
  if (ledger.open(state)) append_rounds(state, ledger);
}

// The same in a ledger that is long already: how long does the longest round stall?
void ledger_stall(benchmark::State& state) {
  Ledger ledger;
  if (!ledger.open(state) || !ledger.fill(state, stall_records)) return;
  ledger.settle();
  append_rounds(state, ledger);
}

// What one would write without thinking: a row per record, a row per leg, an index to find them by
// account, a commit per batch. Balances are kept in memory, as above.
class NaiveStore {
 public:
  explicit NaiveStore(const std::string& path) {
    sqlite3_open(path.c_str(), &connection_);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE record (seq INTEGER PRIMARY KEY, time INTEGER, command INTEGER,"
        " instrument INTEGER, price INTEGER, quantity INTEGER) STRICT");
    run("CREATE TABLE leg (record INTEGER, account INTEGER, asset INTEGER, amount INTEGER,"
        " balance_after INTEGER, account_seq INTEGER, role INTEGER) STRICT");
    run("CREATE INDEX leg_of_account ON leg (account, asset, record)");
    prepare("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", record_);
    prepare("INSERT INTO leg VALUES (?, ?, ?, ?, ?, ?, ?)", leg_);
  }
  ~NaiveStore() {
    sqlite3_finalize(record_);
    sqlite3_finalize(leg_);
    sqlite3_close(connection_);
  }
  NaiveStore(const NaiveStore&) = delete;
  NaiveStore& operator=(const NaiveStore&) = delete;

  void run(const char* sql) { sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr); }

  void add(const RecordDraft& draft) {
    const auto seq = static_cast<std::int64_t>(++seq_);
    bind_and_step(record_, {seq, draft.time.value(),
                            static_cast<std::int64_t>(draft.ext_id.command), 1, 2'500, 1});
    for (std::size_t i = 0; i < draft.legs_count; ++i) {
      const DraftLeg& leg = draft.legs[i];
      auto& [balance, count] = states_[{leg.account, leg.asset}];
      balance += leg.amount;
      bind_and_step(leg_, {seq, leg.account.value(), leg.asset.value(), leg.amount, balance,
                           ++count, static_cast<std::int64_t>(leg.role)});
    }
  }

 private:
  void prepare(const char* sql, sqlite3_stmt*& statement) {
    sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr);
  }
  static void bind_and_step(sqlite3_stmt* statement, std::initializer_list<std::int64_t> values) {
    int index = 0;
    for (const std::int64_t value : values) sqlite3_bind_int64(statement, ++index, value);
    sqlite3_step(statement);
    sqlite3_reset(statement);
  }

  sqlite3* connection_ = nullptr;
  sqlite3_stmt* record_ = nullptr;
  sqlite3_stmt* leg_ = nullptr;
  std::uint64_t seq_ = 0;
  std::map<AccountKey, std::pair<std::int64_t, std::int64_t>> states_;
};

void naive_sqlite(benchmark::State& state) {
  const BenchFolder folder("naive_bench");
  NaiveStore store(folder.path() + "/naive.db");
  Settlements settlements;
  Posting posting(0);
  Settlements::Batch batch;
  std::vector<RecordDraft> drafts;
  settlements.set_up(batch);
  for (std::size_t i = 0; i < batch.commands.size(); ++i) {
    static_cast<void>(posting.translate(batch.commands[i], batch.events_of(i), drafts));
  }
  std::vector<double> rounds_us;
  for ([[maybe_unused]] auto _ : state) {
    settlements.next(batch, static_cast<std::size_t>(state.range(0)));
    const auto begin = SteadyClock::now();
    store.run("BEGIN");
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
      drafts.clear();
      static_cast<void>(posting.translate(batch.commands[i], batch.events_of(i), drafts));
      for (const RecordDraft& draft : drafts) store.add(draft);
    }
    store.run("COMMIT");
    rounds_us.push_back(us_since(begin));
    state.SetIterationTime(rounds_us.back() / 1e6);
  }
  report_latencies(state, rounds_us);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Questions ---------------------------------------------------------------------------------------

// One ledger for all of them.
struct Asked {
  Ledger ledger;
  std::unique_ptr<Audit> audit;
  Random random{7};
  std::int64_t begin_ns = 0;

  bool build(benchmark::State& state) {
    if (!ledger.open(state)) return false;
    begin_ns = ledger.settlements().time();
    if (!ledger.fill(state, audit_records)) return false;
    ledger.settle();
    Result<std::unique_ptr<Audit>> opened = Audit::open(ledger.books());
    if (!opened) return false;
    audit = std::move(opened).value();
    return true;
  }
  // Cash or lots of some merchant.
  AccountKey any_key() {
    const AccountId merchant{1 + static_cast<std::uint32_t>(random.below(merchants))};
    const AccountNumber account = account_number(merchant, AccountKind::main);
    if (random.chance(1, 2)) return {account, asset_of(CurrencyId{1})};
    const auto slot = 1 + static_cast<std::uint32_t>(random.below(instruments));
    return {account, asset_of(instrument_id(0, slot))};
  }
  std::uint64_t any_size() { return 1 + random.below(ledger.books().records()); }
  Time any_time() {
    const auto span = static_cast<std::uint64_t>(ledger.settlements().time() - begin_ns);
    return Time{begin_ns + static_cast<std::int64_t>(random.below(span))};
  }
};

Asked* asked(benchmark::State& state) {
  static std::unique_ptr<Asked> one;
  if (one == nullptr) {
    auto made = std::make_unique<Asked>();
    if (!made->build(state)) return nullptr;
    one = std::move(made);
  }
  return one.get();
}

// Runs `ask` once a round and reports percentiles; whatever it answers must be good.
template <typename Ask>
void question(benchmark::State& state, Ask ask) {
  Asked* with = asked(state);
  if (with == nullptr) return;
  std::vector<double> rounds_us;
  for ([[maybe_unused]] auto _ : state) {
    const auto begin = SteadyClock::now();
    const Status answered = ask(*with);
    rounds_us.push_back(us_since(begin));
    if (!answered) {
      state.SkipWithError(answered.error().text().c_str());
      break;
    }
  }
  report_latencies(state, rounds_us);
  state.counters["records"] = static_cast<double>(with->ledger.books().records());
}

template <typename T>
Status status_of(const Result<T>& result) {
  return result ? Status{} : Status{result.error()};
}

void audit_balance_at_sequence(benchmark::State& state) {
  question(state,
           [](Asked& it) { return status_of(it.audit->balance(it.any_key(), it.any_size())); });
}
void audit_balance_at_time(benchmark::State& state) {
  question(state, [](Asked& it) -> Status {
    const Result<std::uint64_t> size = it.audit->size_before(it.any_time());
    if (!size) return size.error();
    return status_of(it.audit->balance(it.any_key(), *size));
  });
}
void audit_turnover(benchmark::State& state) {
  question(state,
           [](Asked& it) { return status_of(it.audit->state(it.any_key(), it.any_size())); });
}
void audit_last_100(benchmark::State& state) {
  question(state, [](Asked& it) {
    return status_of(it.audit->last_lines(it.any_key(), it.any_size(), 100));
  });
}
void audit_by_match(benchmark::State& state) {
  question(state, [](Asked& it) {
    return status_of(it.audit->by_match(1 + it.random.below(audit_records / 2), std::nullopt));
  });
}

// A search no index helps: every record is read and looked at.
void audit_scan(benchmark::State& state) {
  Asked* with = asked(state);
  if (with == nullptr) return;
  AuditFilter filter;
  filter.amount_min = std::int64_t{1} << 60U;
  std::uint64_t examined = 0;
  for ([[maybe_unused]] auto _ : state) {
    const Result<AuditPage> page = with->audit->find(filter, {});
    if (!page) {
      state.SkipWithError(page.error().text().c_str());
      break;
    }
    examined += page->examined;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(examined));
}

// What a process does before it can append and answer: marks, balances, the records not indexed.
void ledger_open(benchmark::State& state) {
  Ledger ledger;
  if (!ledger.open(state)) return;
  if (!ledger.fill(state, audit_records)) return;
  ledger.settle();
  state.counters["records"] = static_cast<double>(ledger.books().records());
  state.counters["log_bytes_per_record"] =
      ledger.log_bytes() / static_cast<double>(ledger.books().records());
  state.counters["store_bytes_per_record"] =
      ledger.store_bytes() / static_cast<double>(ledger.books().records());
  ledger.close();
  for ([[maybe_unused]] auto _ : state) {
    const auto begin = SteadyClock::now();
    const Result<std::unique_ptr<Books>> opened = Books::open(ledger.storage(), ledger.options());
    state.SetIterationTime(us_since(begin) / 1e6);
    if (!opened) {
      state.SkipWithError(opened.error().text().c_str());
      break;
    }
    state.counters["records_read"] = static_cast<double>((*opened)->opened().log.records_read);
  }
}

const std::int64_t rounds_of_one = is_small ? 50 : 5'000;
const std::int64_t rounds_of_many = is_small ? 4 : 6'000;
// Long enough for two segments to be indexed beside it.
const std::int64_t rounds_of_stall = is_small ? 50 : 40'000;

BENCHMARK(ledger_append)->Arg(1)->Iterations(rounds_of_one)->UseManualTime();
BENCHMARK(ledger_append)->Arg(256)->Iterations(rounds_of_many)->UseManualTime();
BENCHMARK(ledger_append)->Arg(1024)->Iterations(rounds_of_many / 2)->UseManualTime();
BENCHMARK(ledger_stall)->Arg(16)->Iterations(rounds_of_stall)->UseManualTime();
BENCHMARK(naive_sqlite)->Arg(1)->Iterations(rounds_of_one / 2)->UseManualTime();
BENCHMARK(naive_sqlite)->Arg(256)->Iterations(rounds_of_one / 25)->UseManualTime();
BENCHMARK(naive_sqlite)->Arg(1024)->Iterations(rounds_of_one / 50)->UseManualTime();
BENCHMARK(audit_balance_at_sequence);
BENCHMARK(audit_balance_at_time);
BENCHMARK(audit_turnover);
BENCHMARK(audit_last_100);
BENCHMARK(audit_by_match);
BENCHMARK(audit_scan)->Unit(benchmark::kMillisecond);
BENCHMARK(ledger_open)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) { return karst::bench::run_registered(argc, argv); }
