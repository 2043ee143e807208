// The books beside the trading: their disk may hang or be full, and nobody who trades notices.
#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/ledger/exchange/hurdle_storage.hpp"

namespace karst {
namespace {

using test::HurdleStorage;
using test::RunningExchange;
using test::TemporaryFolder;
using Hurdle = HurdleStorage::Hurdle;

constexpr std::uint32_t merchants = 4;
constexpr std::uint32_t orders_each = 1'500;

std::vector<Command> market() {
  std::vector<Command> commands = test::whole_opening(merchants);
  std::vector<std::vector<Command>> traders;
  for (std::uint32_t i = 1; i <= merchants; ++i) traders.push_back(sim::trading(i, orders_each, 9));
  for (std::size_t i = 0; i < orders_each; ++i) {
    for (const std::vector<Command>& trader : traders) commands.push_back(trader[i]);
  }
  return commands;
}

std::vector<std::byte> bytes_of(const Books& books) {
  std::vector<std::byte> bytes;
  RecordReader reader(books.log());
  EXPECT_TRUE(books.records() == 0 || reader.seek(0).ok());
  for (std::uint64_t seq = 0; seq < books.records(); ++seq) {
    const Result<RecordView> record = reader.next();
    if (!record) ADD_FAILURE() << record.error().text();
    if (!record) break;
    const auto of_record = record->bytes();
    bytes.insert(bytes.end(), of_record.begin(), of_record.end());
  }
  return bytes;
}

// An exchange whose books stand on a disk of their own.
struct Ledgered {
  explicit Ledgered(const std::string& path) : directory(path) {
    BooksOptions options;
    options.directory = directory.books();
    options.store_path = directory.books_database();
    options.segment_records = 256;
    options.file_bytes = std::uint64_t{64} << 10U;
    Result<std::unique_ptr<Books>> opened = Books::open(disk, options);
    if (!opened) throw std::runtime_error(opened.error().text());
    books = std::move(opened).value();
    store.emplace(*books);
    EventLogOptions event_options;
    event_options.directory = directory.events();
    Result<std::unique_ptr<EventLog>> log = EventLog::open(plain, event_options);
    if (!log) throw std::runtime_error(log.error().text());
    events = std::move(log).value();
    ExchangeConfig config = RunningExchange::small_config();
    config.on_store = [this](const DerivedStore& it, const Error* error) {
      EXPECT_STREQ(it.name(), "books");
      (error != nullptr ? left : returned).fetch_add(1);
    };
    running.emplace(path, config, std::vector<DerivedStore*>{&*store, events.get()});
  }

  ExchangeDirectory directory;
  HurdleStorage disk;
  PosixStorage plain;
  std::unique_ptr<Books> books;
  std::optional<BooksStore> store;
  std::unique_ptr<EventLog> events;
  std::atomic<int> left{0};
  std::atomic<int> returned{0};
  std::optional<RunningExchange> running;
};

class PipelineBooks : public testing::TestWithParam<Hurdle> {};

TEST_P(PipelineBooks, a_hurdle_on_their_disk_stops_no_trading_and_they_catch_up) {
  const TemporaryFolder directory;
  const std::vector<Command> commands = market();
  const auto opening = static_cast<std::ptrdiff_t>(test::whole_opening(merchants).size());
  std::vector<std::byte> live;
  std::uint64_t durable = 0;
  {
    Ledgered it(directory.path());
    RunningExchange& running = *it.running;
    running.submit_all({commands.begin(), commands.begin() + opening});
    running.await_answers(static_cast<std::size_t>(opening));
    it.disk.put(GetParam());
    // Six times what the queues hold.
    running.submit_all({commands.begin() + opening, commands.end()},
                       static_cast<std::uint64_t>(opening));
    running.await_answers(commands.size());
    EXPECT_EQ(running.answers().size(), commands.size());
    EXPECT_LT(it.store->durable_sequence(), running.exchange().durable());
    // The account event log stands on a good disk, and goes on.
    while (it.events->durable_sequence() < commands.size()) running.poll_or_wait();
    it.disk.put(Hurdle::none);
    while (it.returned == 0) running.poll_or_wait();
    EXPECT_GE(it.left, 1);
    while (it.books->next_command() <= running.exchange().durable()) running.poll_or_wait();
    running.exchange().stop();
    durable = running.exchange().durable();
    ASSERT_TRUE(it.books->cover().ok());
    EXPECT_EQ(it.books->durable_command(), durable);
    EXPECT_GT(it.books->records(), 1'000U);
    live = bytes_of(*it.books);
  }
  const TemporaryFolder elsewhere;
  PosixStorage disk;
  const ExchangeDirectory into(elsewhere.path());
  const Result<Rebuilt> rebuilt =
      rebuild_stores(disk, ExchangeDirectory(directory.path()), into, 0);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
  EXPECT_EQ(rebuilt->sequence, durable);
  const Result<std::unique_ptr<Books>> again = Books::open(
      disk, {.directory = into.books(), .store_path = into.books_database(), .read_only = true});
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(bytes_of(**again), live);
}

INSTANTIATE_TEST_SUITE_P(Hurdles, PipelineBooks, testing::Values(Hurdle::hangs, Hurdle::is_full),
                         [](const auto& of) {
                           return of.param == Hurdle::hangs ? "hangs" : "is_full";
                         });

}  // namespace
}  // namespace karst
