// The market of the frozen folders: who trades what in which life, and the stores beside it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/offline.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"

namespace karst::test {

/// A frozen folder is an exchange that lived three lives and was stopped; a test that opens it
/// plays the fourth. What is here may never change: the folders hold what it gave.
namespace frozen {

inline constexpr std::uint32_t merchants = 4;
inline constexpr std::uint32_t commands_each = 400;
inline constexpr std::uint32_t lives = 4;
inline constexpr std::uint64_t seed = 20261130;

/// The commands of one life, 0 … lives - 1, in the order they are sent.
[[nodiscard]] inline std::vector<Command> commands_of(std::uint32_t life) {
  std::vector<Command> commands;
  if (life == 0) commands = whole_opening(merchants);
  std::vector<std::vector<Command>> traders;
  for (std::uint32_t m = 1; m <= merchants; ++m) {
    traders.push_back(sim::trading(m, commands_each, seed));
  }
  const std::uint32_t each = commands_each / lives;
  for (std::uint32_t i = each * life; i < each * (life + 1); ++i) {
    for (const std::vector<Command>& trader : traders) commands.push_back(trader[i]);
  }
  return commands;
}

}  // namespace frozen

/// An exchange with books and event log, all files small.
class FrozenExchange {
 public:
  explicit FrozenExchange(const std::string& directory, const ExchangeConfig& chosen = config())
      : books_(open_books(storage_, directory)),
        books_store_(*books_),
        events_(open_events(storage_, directory)),
        running_(directory, chosen, {&books_store_, events_.get()}) {}

  /// Sends commands, each in a frame of its own.
  void send(const std::vector<Command>& commands) {
    for (const Command& command : commands) send_at_once({command});
  }
  /// Sends commands that may share frames.
  void send_at_once(const std::vector<Command>& commands) {
    running_.submit_all(commands, sent_);
    running_.await_answers(sent_ += commands.size());
  }

  [[nodiscard]] static BooksOptions books_options(const std::string& directory) {
    const ExchangeDirectory at(directory);
    BooksOptions options;
    options.directory = at.books();
    options.store_path = at.books_database();
    options.segment_records = 256;
    options.file_bytes = std::uint64_t{128} << 10U;
    return options;
  }

  // However long it lay, it goes on.
  [[nodiscard]] static ExchangeConfig config() {
    ExchangeConfig config = RunningExchange::small_config();
    config.sequencer.clock.start_gap_max_ns = std::uint64_t{100} * 365 * ns_per_day;
    return config;
  }

  [[nodiscard]] RunningExchange& running() { return running_; }
  [[nodiscard]] Books& books() { return *books_; }
  [[nodiscard]] BooksStore& books_store() { return books_store_; }
  [[nodiscard]] EventLog& events() { return *events_; }

 private:
  [[nodiscard]] static std::unique_ptr<Books> open_books(Storage& storage,
                                                         const std::string& directory) {
    return must(Books::open(storage, books_options(directory)));
  }
  [[nodiscard]] static std::unique_ptr<EventLog> open_events(Storage& storage,
                                                             const std::string& directory) {
    EventLogOptions options;
    options.directory = ExchangeDirectory(directory).events();
    options.segment_bytes = std::uint64_t{32} << 10U;
    options.retain_ns = 100 * 365 * ns_per_day;
    options.begin_after = must(command_before_journal(storage, ExchangeDirectory(directory)));
    return must(EventLog::open(storage, options));
  }
  template <typename T>
  [[nodiscard]] static T must(Result<T> opened) {
    if (!opened) throw std::runtime_error(opened.error().text());
    return std::move(opened).value();
  }

  PosixStorage storage_;
  std::unique_ptr<Books> books_;
  BooksStore books_store_;
  std::unique_ptr<EventLog> events_;
  RunningExchange running_;
  std::uint64_t sent_ = 0;
};

}  // namespace karst::test
