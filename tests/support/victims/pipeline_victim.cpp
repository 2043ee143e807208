// An exchange under load that is there to be killed: clients in the same process write every
// answer to a file, and each life checks that a resend gives the answer it gave before.
//
//   pipeline_victim DIRECTORY ACK_FILE MILLISECONDS [journal]
//
// Ends by itself after so many milliseconds. `journal`: without event log and books, and with every
// write to the journal followed by its own fdatasync. Exit codes: 0 ended in good order; 3 an
// answer differs from the one before; 74 the journal failed.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/exchange/exchange.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/exchange_simulation.hpp"
#include "tests/support/machine/small_market.hpp"
#include "tests/support/victims/ack_file.hpp"

namespace {

using namespace karst;

constexpr std::uint32_t merchants = 4;
constexpr std::uint32_t commands_each = 200'000;
constexpr std::uint64_t window = 64;
constexpr std::uint64_t resend = 5;
constexpr std::uint64_t key_handle = ~std::uint64_t{0};
constexpr int exit_code_differs = 3;

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "victim: %s\n", result.error().text().c_str());
  std::exit(1);
}
void must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "victim: %s\n", status.error().text().c_str());
  std::exit(1);
}

// Holds the journal back for ever: who looks afterwards wants all of it.
class HoldingBooks : public BooksStore {
 public:
  using BooksStore::BooksStore;
  [[nodiscard]] std::uint64_t trim_floor() const override { return 0; }
};

// The clients, all in the thread that polls their port.
class Clients {
 public:
  explicit Clients(const std::string& ack_path)
      : known_(test::AckFile::read(ack_path)), file_(ack_path) {
    add(sim::opening(merchants));
    for (std::uint32_t merchant = 1; merchant <= merchants; ++merchant) {
      add(sim::trading(merchant, commands_each, 1));
    }
  }

  void send(Exchange& exchange, const Port& port) {
    if (!has_key_) {
      if (is_key_sent_) return;
      is_key_sent_ =
          exchange.submit(sim::create_operator_key(), port.id(), key_handle) == Submitted::accepted;
      return;
    }
    const std::size_t speaking = acked_[0] == commands_[0].size() ? commands_.size() : 1;
    for (std::size_t i = 0; i < speaking; ++i) {
      while (next_[i] < commands_[i].size() && next_[i] < acked_[i] + window) {
        const std::uint64_t handle = std::uint64_t{i} << 32U | next_[i];
        if (exchange.submit(commands_[i][next_[i]], port.id(), handle) != Submitted::accepted) {
          break;
        }
        ++next_[i];
      }
    }
  }

  void answered(const Delivery& delivery) {
    if (delivery.handle == key_handle) {
      has_key_ = true;
      return;
    }
    const std::uint64_t client = delivery.handle >> 32U;
    const std::uint64_t index = delivery.handle & 0xffffffffU;
    const Command& command = commands_[client][index];
    const sim::ClientAck ack = sim::ack_of(delivery.events[delivery.answer]);
    const auto known = known_.find({command.key.value(), command.client_seq});
    const bool is_strange = sim::is_about_the_speaker(ack.code) || index > acked_[client];
    if (is_strange || (known != known_.end() && known->second != ack)) {
      std::fprintf(stderr, "victim: another answer to key %u number %llu\n", command.key.value(),
                   static_cast<unsigned long long>(command.client_seq));
      std::exit(exit_code_differs);
    }
    if (known == known_.end()) file_.add(command.key, command.client_seq, ack);
    if (index == acked_[client]) ++acked_[client];
  }

 private:
  void add(std::vector<Command> commands) {
    std::uint64_t acked = 0;
    while (acked < commands.size() &&
           known_.contains({commands[acked].key.value(), commands[acked].client_seq})) {
      ++acked;
    }
    acked_.push_back(acked - std::min(acked, resend));
    next_.push_back(acked_.back());
    commands_.push_back(std::move(commands));
  }

  test::AckFile::Acks known_;
  test::AckFile file_;
  std::vector<std::vector<Command>> commands_;  // [0] = the operator
  std::vector<std::uint64_t> acked_;
  std::vector<std::uint64_t> next_;
  bool has_key_ = false;
  bool is_key_sent_ = false;
};

Configure sizes() {
  Configure sizes = sim::small_sizes();
  sizes.client_ids_max = 1U << 20U;
  sizes.client_ids_per_account_max = 1U << 18U;
  return sizes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 1;
  const ExchangeDirectory directory(argv[1]);
  const std::uint64_t lifetime_ns = std::strtoull(argv[3], nullptr, 10) * 1'000'000;
  const bool is_journal_only = argc > 4;
  SystemClock clock;
  PosixStorage storage(!is_journal_only);
  FileLogOptions journal;
  journal.directory = directory.journal();
  journal.segment_bytes = std::uint64_t{4} << 20U;
  journal.reserve_bytes = std::uint64_t{1} << 20U;
  const std::unique_ptr<FileLog> log = must(FileLog::open(storage, clock, journal));
  SnapshotStore snapshots(storage, directory.snapshots(), 0);
  must(snapshots.open());
  EventLogOptions event_log;
  event_log.directory = directory.events();
  event_log.segment_bytes = std::uint64_t{1} << 30U;
  const std::unique_ptr<EventLog> events = must(EventLog::open(storage, event_log));
  BooksOptions book_options;
  book_options.directory = directory.books();
  book_options.store_path = directory.books_database();
  book_options.segment_records = 4'096;
  book_options.file_bytes = std::uint64_t{4} << 20U;
  const std::unique_ptr<Books> books = must(Books::open(storage, book_options));
  HoldingBooks books_store(*books);

  ExchangeConfig config;
  config.sizes = sizes();
  config.snapshots.every_commands = is_journal_only ? 0 : 10'000;
  Clients clients(argv[2]);
  Bell bell;
  Exchange exchange(config, clock, *log, &snapshots);
  if (!is_journal_only) {
    exchange.add_store(*events);
    exchange.add_store(books_store);
  }
  Port& port = exchange.open_port("clients", [&] { bell.ring(); });
  std::fprintf(stderr, "victim: %s\n", must(exchange.start()).text().c_str());
  const std::uint64_t end_ns = clock.steady_ns() + lifetime_ns;
  while (clock.steady_ns() < end_ns) {
    const std::uint32_t seen = bell.signals();
    clients.send(exchange, port);
    const std::size_t taken = port.poll([&](const Delivery& it) {
      if (it.port == port.id()) clients.answered(it);
    });
    if (taken == 0) bell.wait(seen, 10'000'000);
  }
  exchange.stop();
  must(log->close());
  return 0;
}
