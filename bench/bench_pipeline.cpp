// What the whole exchange does in one process: sequencer, journal, engine, books and event log,
// durable; and how fast it comes back.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench_folder.hpp"
#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/exchange/exchange.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"

namespace {

using namespace karst;
using bench::BenchFolder;

// The small version only shows that everything still runs.
const bool is_small = std::getenv("KARST_BENCH_SMALL") != nullptr;
const std::uint64_t orders = is_small ? 20'000 : 1'000'000;
constexpr std::uint32_t merchants = 64;
constexpr double ns_per_second_f = 1e9;

Configure sizes() {
  Configure sizes{};
  sizes.accounts_max = 128;
  sizes.keys_max = 16;
  sizes.instruments_max = 16;
  sizes.orders_max = 1U << 16U;
  sizes.holdings_max = 1'024;
  sizes.level_pages_max = 256;
  sizes.client_ids_max = 1'024;
  sizes.references_max = 1'024;
  sizes.currencies_max = 4;
  sizes.pools_max = 4;
  sizes.answers_per_key = 64;
  sizes.client_ids_per_account_max = 64;
  sizes.makers_per_command_max = 4'096;
  sizes.makers_per_bystander_max = 64;
  sizes.releases_per_command_max = 64;
  return sizes;
}

template <std::size_t N>
Text<N> text(std::string_view word) {
  Text<N> padded{};
  std::copy(word.begin(), word.end(), padded.begin());
  return padded;
}

Command command_of(CommandType type, std::uint32_t account) {
  Command command;
  command.type = type;
  command.account = AccountId{account};
  return command;
}

std::vector<Command> opening() {
  std::vector<Command> commands;
  Command& currency = commands.emplace_back(command_of(CommandType::define_currency, 0));
  currency.define_currency.currency = CurrencyId{1};
  currency.define_currency.code = text<8>("CNY");
  commands.emplace_back(command_of(CommandType::define_calendar, 0)).define_calendar.calendar =
      CalendarId{1};
  Command& fees = commands.emplace_back(command_of(CommandType::define_fees, 0));
  fees.define_fees.schedule = FeeScheduleId{1};
  fees.define_fees.maker_bps = 5;
  fees.define_fees.taker_bps = 10;
  for (std::uint32_t merchant = 1; merchant <= merchants; ++merchant) {
    Command& admit = commands.emplace_back(command_of(CommandType::admit_merchant, merchant));
    admit.admit_merchant.domestic = true;
    admit.admit_merchant.name = text<32>("merchant");
    Command& fund = commands.emplace_back(command_of(CommandType::fund, merchant));
    fund.fund.currency = CurrencyId{1};
    fund.fund.amount = Money{std::int64_t{1} << 50U};
    fund.fund.reference = {merchant, 1};
  }
  Command& product = commands.emplace_back(command_of(CommandType::define_product, 1));
  DefineProduct& define = product.define_product;
  define.currency = CurrencyId{1};
  define.calendar = CalendarId{1};
  define.fees = FeeScheduleId{1};
  define.tick_value = Money{10};
  define.price_min = Price{1};
  define.price_max = Price{1'000};
  define.list_price = Price{100};
  define.quantity_max = Quantity{1'000'000};
  define.seats = Quantity{2'000'000'000};
  define.supply = Supply::seats;
  define.resale = Resale::free;
  define.unit = Unit::seat_month;
  define.certificate_expiry = Time{INT64_MAX};
  define.symbol = text<16>("SEATS");
  return commands;
}

// Every second order trades: the issuer sells, somebody buys as much.
Command order(std::uint64_t index) {
  const std::uint64_t pair = index / 2;
  const bool is_sell = index % 2 == 0;
  const auto buyer = static_cast<std::uint32_t>(2 + pair % (merchants - 1));
  Command command = command_of(CommandType::place_order, is_sell ? 1 : buyer);
  PlaceOrder& place = command.place_order;
  place.instrument = InstrumentId{1};
  place.quantity = Quantity{static_cast<std::uint32_t>(1 + pair % 9)};
  place.limit = Price{static_cast<std::int64_t>(95 + pair % 10)};
  place.side = is_sell ? Side::sell : Side::buy;
  place.kind = OrderKind::limit;
  place.time_in_force = TimeInForce::gtc;
  place.self_match = SelfMatch::cancel_oldest;
  place.draw = is_sell ? Draw::capacity : Draw::none;
  return command;
}

template <typename T>
bool check(benchmark::State& state, const Result<T>& result) {
  if (!result) state.SkipWithError(result.error().text().c_str());
  return result.ok();
}

// One exchange on a directory, with all its stores.
struct Running {
  PosixStorage storage;
  SystemClock clock;
  std::unique_ptr<FileLog> log;
  std::unique_ptr<Books> books;
  std::unique_ptr<EventLog> events;
  std::unique_ptr<BooksStore> books_store;
  std::unique_ptr<Exchange> exchange;
  Port* port = nullptr;
  Bell bell;

  bool open(benchmark::State& state, const ExchangeDirectory& directory, std::uint32_t batch) {
    FileLogOptions journal;
    journal.directory = directory.journal();
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage, clock, journal);
    if (!check(state, opened)) return false;
    log = std::move(opened).value();
    BooksOptions book_options;
    book_options.directory = directory.books();
    book_options.store_path = directory.books_database();
    Result<std::unique_ptr<Books>> found = Books::open(storage, book_options);
    if (!check(state, found)) return false;
    books = std::move(found).value();
    books_store = std::make_unique<BooksStore>(*books);
    EventLogOptions event_options;
    event_options.directory = directory.events();
    Result<std::unique_ptr<EventLog>> log_opened = EventLog::open(storage, event_options);
    if (!check(state, log_opened)) return false;
    events = std::move(log_opened).value();
    ExchangeConfig config;
    config.sizes = sizes();
    config.sequencer.batch_commands_max = batch;
    exchange = std::make_unique<Exchange>(config, clock, *log, nullptr);
    exchange->add_store(*books_store);
    exchange->add_store(*events);
    port = &exchange->open_port("bench", [this] { bell.ring(); });
    return check(state, exchange->start());
  }

  void poll_or_wait() {
    const std::uint32_t seen = bell.signals();
    if (port->poll([this](const Delivery& it) { trades += it.events.size() > 2 ? 1 : 0; }) == 0) {
      bell.wait(seen, 1'000'000);
    }
  }
  void submit(const Command& command) {
    while (exchange->submit(command, port->id(), 0) != Submitted::accepted) poll_or_wait();
  }
  void await(std::uint64_t sequence) {
    while (port->taken() < sequence) poll_or_wait();
  }

  std::uint64_t trades = 0;
};

// The median of one durable write of 4 KiB, beside what depends on it. Unit: nanoseconds.
double raw_sync_p50_ns(benchmark::State& state, const std::string& directory) {
  constexpr std::size_t writes = 200;
  PosixStorage storage;
  const SystemClock clock;
  const std::string path = directory + "/raw";
  const Result<OpenFile> made = OpenFile::open(storage, path, OpenMode::create);
  if (!check(state, made)) return 0;
  if (!check(state, storage.preallocate(made->handle(), writes * Storage::block_bytes))) return 0;
  if (!check(state, storage.sync(made->handle()))) return 0;
  const Result<OpenFile> file = OpenFile::open(storage, path, OpenMode::write_direct);
  if (!check(state, file)) return 0;
  alignas(Storage::block_bytes) static std::byte block[Storage::block_bytes];
  std::vector<std::uint64_t> took;
  for (std::size_t i = 0; i < writes; ++i) {
    const std::uint64_t begun = clock.steady_ns();
    const Status written = storage.write_through(file->handle(), i * Storage::block_bytes, block);
    if (!check(state, written)) return 0;
    took.push_back(clock.steady_ns() - begun);
  }
  std::ranges::sort(took);
  return static_cast<double>(took[took.size() / 2]);
}

// Submission to durable delivery of all orders, and until books and event log have them for good.
void pipeline(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const BenchFolder folder("pipeline_bench");
    Running running;
    const auto batch = static_cast<std::uint32_t>(state.range(0));
    if (!running.open(state, ExchangeDirectory(folder.path()), batch)) return;
    const std::vector<Command> first = opening();
    for (const Command& command : first) running.submit(command);
    running.await(first.size() + 1);
    const std::uint64_t begun = running.clock.steady_ns();
    for (std::uint64_t i = 0; i < orders; ++i) running.submit(order(i));
    running.await(first.size() + 1 + orders);
    const std::uint64_t delivered = running.clock.steady_ns() - begun;
    running.exchange->stop();
    const std::uint64_t stored = running.clock.steady_ns() - begun;
    state.SetIterationTime(static_cast<double>(stored) / ns_per_second_f);
    const auto count = static_cast<double>(orders);
    state.counters["commands_per_second"] = count * ns_per_second_f / static_cast<double>(stored);
    state.counters["answered_per_second"] =
        count * ns_per_second_f / static_cast<double>(delivered);
    state.counters["trades"] = static_cast<double>(running.trades);
    state.counters["records"] = static_cast<double>(running.books->records());
    state.counters["raw_sync_p50_us"] = raw_sync_p50_ns(state, folder.path()) / 1'000;
  }
}

// The engine again from the whole journal, without snapshot.
void recovery(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const BenchFolder folder("pipeline_bench");
    const ExchangeDirectory directory(folder.path());
    {
      Running running;
      if (!running.open(state, directory, 1'024)) return;
      for (const Command& command : opening()) running.submit(command);
      for (std::uint64_t i = 0; i < orders; ++i) running.submit(order(i));
      running.exchange->stop();
    }
    PosixStorage storage;
    SystemClock clock;
    FileLogOptions journal;
    journal.directory = directory.journal();
    const Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, journal);
    if (!check(state, log)) return;
    const Result<Recovered> recovered = recover(*log.value(), nullptr, {}, clock);
    if (!check(state, recovered)) return;
    const auto took = static_cast<double>(recovered->report.took_ns);
    state.SetIterationTime(took / ns_per_second_f);
    state.counters["commands"] = static_cast<double>(recovered->report.commands_replayed);
    state.counters["commands_per_second"] =
        static_cast<double>(recovered->report.commands_replayed) * ns_per_second_f / took;
  }
}

// Argument: the most commands in one batch.
BENCHMARK(pipeline)->Arg(256)->Arg(1'024)->Iterations(1)->UseManualTime();
BENCHMARK(recovery)->Iterations(1)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
