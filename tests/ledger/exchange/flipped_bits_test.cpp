// One flipped bit in any file of an exchange: every answer is the right one or an error.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "ledger/audit/audit.hpp"
#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/offline/offline.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;
namespace fs = std::filesystem;

constexpr std::uint32_t merchants = 4;
constexpr std::uint32_t commands_of_each = 300;
constexpr std::int64_t flips_of_each_kind = 120;

/// What a question came to; an error is not compared.
struct Answer {
  std::string question;
  std::string words;
  bool is_error = false;
};
using Answers = std::vector<Answer>;

BooksOptions books_options(const std::string& directory, bool is_read_only) {
  const ExchangeDirectory at(directory);
  BooksOptions options;
  options.directory = at.books();
  options.store_path = at.books_database();
  options.segment_records = 64;
  options.file_bytes = std::uint64_t{64} << 10U;
  options.read_only = is_read_only;
  return options;
}

EventLogOptions event_options(const std::string& directory) {
  EventLogOptions options;
  options.directory = ExchangeDirectory(directory).events();
  options.segment_bytes = std::uint64_t{64} << 10U;
  return options;
}

std::string words_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string words_of(const AccountState& state) {
  return std::to_string(state.balance) + "/" + std::to_string(state.account_seq) + "/" +
         std::to_string(static_cast<std::uint64_t>(state.debits));
}

/// What is asked of the books: keys and sizes are those before any damage.
struct BooksQuestions {
  std::vector<AccountKey> keys;
  std::uint64_t records = 0;

  void ask(const Books& books, Answers& to) const {
    Result<std::unique_ptr<Audit>> audit = Audit::open(books);
    if (!audit) return to.push_back({"open the audit", "", true});
    ask(**audit, to);
  }
  void ask(Audit& audit, Answers& to) const {
    const auto take = [&](std::string question, const auto& result, const auto& words) {
      const bool is_error = !result.ok();
      to.push_back(
          {std::move(question), is_error ? std::string() : words(result.value()), is_error});
    };
    for (std::uint64_t seq = 0; seq < records; seq += 3) {
      take("record " + std::to_string(seq), audit.by_seq(seq), [](const Record& record) {
        std::vector<std::byte> bytes;
        encode(record, bytes);
        return words_of(bytes);
      });
    }
    for (const AccountKey& key : keys) {
      const std::string name =
          std::to_string(key.account.value()) + " in " + std::to_string(key.asset.value());
      for (const std::uint64_t size : {records / 5, records / 2, records}) {
        const std::string at = " of " + name + " at " + std::to_string(size);
        take("state" + at, audit.state(key, size),
             [](const AccountState& state) { return words_of(state); });
        take("balance" + at, audit.balance(key, size),
             [](std::int64_t balance) { return std::to_string(balance); });
      }
      take("statement of " + name, audit.statement(key, 0, records, records * 8),
           [](const AccountStatement& statement) {
             return words_of(statement.closing) + " " + std::to_string(statement.lines.size());
           });
    }
    AuditFilter filter;
    filter.merchant = AccountId{2};
    filter.to_seq = records;
    AuditPaging paging;
    paging.limit = static_cast<std::size_t>(records);
    // A page of books that have lost records says so: it is true as of fewer.
    Result<AuditPage> page = audit.find(filter, paging);
    if (page && page->as_of < records) page = Error{};
    take("find", page, [](const AuditPage& found) {
      std::string words;
      for (const Record& record : found.records) words += std::to_string(record.seq) + " ";
      return words;
    });
  }
};

/// Each answer is the one of before, or an error. Returns: how many were errors.
std::size_t compare(const Answers& before, const Answers& after, const std::string& where) {
  std::size_t errors = 0;
  std::size_t at = 0;
  for (const Answer& answer : after) {
    if (answer.is_error) {
      ++errors;
      ++at;
      continue;
    }
    if (at >= before.size() || before[at].question != answer.question) {
      ADD_FAILURE() << where << ": other questions";
      return errors;
    }
    EXPECT_EQ(before[at].words, answer.words) << where << ": " << answer.question;
    ++at;
  }
  return errors;
}

class FlippedBits : public testing::Test {
 protected:
  void SetUp() override {
    random.seed(test::seed_of_run());
    trade();
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file()) good[entry.path().string()] = contents(entry.path().string());
    }
    Result<std::unique_ptr<Books>> books = Books::open(storage, books_options(folder.path(), true));
    ASSERT_TRUE(books.ok()) << books.error().text();
    ASSERT_GT((*books)->indexed_segments(), 2U);
    questions.records = (*books)->records();
    questions.keys = (*books)->keys();
    questions.ask(**books, book_answers);
    for (const Answer& answer : book_answers) ASSERT_FALSE(answer.is_error) << answer.question;
  }

  // A market in two lives, with its books, event log and two snapshots.
  void trade() {
    std::vector<std::vector<Command>> traders;
    for (std::uint32_t i = 1; i <= merchants; ++i) {
      traders.push_back(sim::trading(i, 2 * commands_of_each, 9));
    }
    for (std::uint32_t life = 0; life < 2; ++life) {
      auto books = Books::open(storage, books_options(folder.path(), false));
      ASSERT_TRUE(books.ok()) << books.error().text();
      auto events = EventLog::open(storage, event_options(folder.path()));
      ASSERT_TRUE(events.ok()) << events.error().text();
      BooksStore store(**books);
      auto running =
          std::make_unique<RunningExchange>(folder.path(), RunningExchange::small_config(),
                                            std::vector<DerivedStore*>{&store, events->get()});
      std::vector<Command> commands;
      if (life == 0) commands = test::whole_opening(merchants);
      for (std::size_t i = 0; i < commands_of_each; ++i) {
        for (const std::vector<Command>& trader : traders) {
          commands.push_back(trader[life * commands_of_each + i]);
        }
      }
      running->submit_all(commands);
      running->await_answers(commands.size());
      running->exchange().stop();
      ASSERT_FALSE(running->exchange().has_failed());
      ASSERT_TRUE((*books)->cover().ok());
      Result<bool> worked = true;
      while (worked && *worked) worked = (*books)->work();
      running.reset();
      SystemClock clock;
      const auto made = make_snapshot(storage, clock, ExchangeDirectory(folder.path()), 0);
      ASSERT_TRUE(made.ok()) << made.error().text();
    }
  }

  static std::string contents(const std::string& path) {
    std::string bytes(fs::file_size(path), '\0');
    std::ifstream(path, std::ios::binary)
        .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }
  static void put(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  // Everything as it was.
  void restore() {
    std::vector<fs::path> strange;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file() && !good.contains(entry.path().string())) {
        strange.push_back(entry.path());
      }
    }
    for (const fs::path& path : strange) fs::remove(path);
    for (const auto& [path, bytes] : good) {
      if (!fs::exists(path) || contents(path) != bytes) put(path, bytes);
    }
  }

  // Flips a bit where something was written. Returns: where.
  std::string flip(const std::vector<std::string>& endings) {
    std::vector<const std::string*> paths;
    for (const auto& [path, bytes] : good) {
      for (const std::string& ending : endings) {
        if (path.ends_with(ending) && !bytes.empty()) paths.push_back(&path);
      }
    }
    EXPECT_FALSE(paths.empty()) << endings.front();
    const std::string& path = *paths[random() % paths.size()];
    std::string bytes = good.at(path);
    const std::size_t last = bytes.find_last_not_of('\0');
    const std::size_t used = last == std::string::npos ? bytes.size() : last + 1;
    const std::size_t at = random() % used;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(bytes[at]);
    return path + ":" + std::to_string(at);
  }

  // Opens the books and asks; or has them open, damages them, and asks.
  Answers ask_books(const std::function<std::string()>& damage, bool is_read_only, bool is_open,
                    std::string& where) {
    Answers answers;
    if (!is_open) where = damage();
    auto books = Books::open(storage, books_options(folder.path(), is_read_only));
    if (!books) {
      answers.push_back({"open the books", books.error().text(), true});
      return answers;
    }
    if (is_open) where = damage();
    questions.ask(**books, answers);
    return answers;
  }

  void flip_books(const std::vector<std::string>& endings, bool is_healed) {
    std::size_t errors = 0;
    const std::int64_t flips = test::effort(flips_of_each_kind);
    for (std::int64_t i = 0; i < flips; ++i) {
      const bool is_read_only = i % 2 == 0;
      const bool is_open = i % 4 < 2;
      std::string where;
      const Answers answers =
          ask_books([&] { return flip(endings); }, is_read_only, is_open, where);
      errors += compare(book_answers, answers, where) > 0 ? 1 : 0;
      if (is_healed) expect_healed(where);
      restore();
      if (HasFailure()) return;
    }
    std::printf("%lld flips, %zu of them made errors\n", static_cast<long long>(flips), errors);
  }

  // The ledger itself makes good what can be made again, and then no answer is an error.
  void expect_healed(const std::string& where) {
    auto books = Books::open(storage, books_options(folder.path(), false));
    ASSERT_TRUE(books.ok()) << where << ": " << books.error().text();
    auto audit = Audit::open(**books);
    ASSERT_TRUE(audit.ok()) << where << ": " << audit.error().text();
    Answers first;
    questions.ask(**audit, first);
    static_cast<void>(compare(book_answers, first, where));
    Result<bool> worked = true;
    while (worked && *worked) worked = (*books)->work();
    ASSERT_TRUE(worked.ok()) << where << ": " << worked.error().text();
    Answers healed;
    questions.ask(**audit, healed);
    EXPECT_EQ(compare(book_answers, healed, where), 0U) << where << ": not made again";
  }

  TemporaryFolder folder;
  PosixStorage storage;
  std::mt19937_64 random;
  std::map<std::string, std::string> good;
  BooksQuestions questions;
  Answers book_answers;
};

TEST_F(FlippedBits, in_the_store_are_found_and_the_store_is_made_again) {
  flip_books({"/ledger.db"}, true);
}

TEST_F(FlippedBits, in_the_saved_balances_are_found_and_they_are_made_again) {
  flip_books({"/balances"}, true);
}

TEST_F(FlippedBits, in_the_record_log_are_found) { flip_books({".log"}, false); }

TEST_F(FlippedBits, in_journal_and_snapshots_are_found) {
  const ExchangeDirectory files(folder.path());
  const Result<StateAt> newest = state_at(storage, files, 0, newest_sequence);
  ASSERT_TRUE(newest.ok()) << newest.error().text();
  std::size_t errors = 0;
  for (std::int64_t i = 0; i < test::effort(2 * flips_of_each_kind); ++i) {
    const std::string where = flip(i % 2 == 0 ? std::vector<std::string>{".journal"}
                                              : std::vector<std::string>{".snapshot"});
    const Result<StateAt> now = state_at(storage, files, 0, newest->sequence);
    if (now) {
      EXPECT_EQ(now->state_hash, newest->state_hash) << where;
      EXPECT_EQ(now->event_hash, newest->event_hash) << where;
    }
    Replay replay;
    const Status replayed =
        replay_files(storage, files.journal(), replay, newest->sequence, nullptr);
    errors += replayed && now ? 0 : 1;
    if (replayed && replay.last().sequence == newest->sequence) {
      EXPECT_EQ(replay.engine().state_hash(), newest->state_hash) << where;
    }
    restore();
    if (HasFailure()) return;
  }
  std::printf("%zu of them made errors\n", errors);
}

TEST_F(FlippedBits, in_the_event_log_and_its_index_are_found) {
  using Entries = std::map<std::pair<std::uint32_t, std::uint64_t>, std::string>;
  const auto read_all = [&](const EventLog& log) {
    Entries entries;
    for (std::uint32_t account = 1; account <= merchants; ++account) {
      for (std::uint64_t number = 1;;) {
        const Result<AccountPage> page = log.read(AccountId{account}, number, 50);
        if (!page || page->is_too_old || page->entries.empty()) break;
        for (const AccountEntry& it : page->entries) {
          entries[{account, it.number}] =
              words_of(std::as_bytes(std::span(&it.event, 1))) + std::to_string(it.time.value()) +
              "/" + std::to_string(it.key.value()) + "/" +
              (it.trade ? words_of(std::as_bytes(std::span(&*it.trade, 1))) : std::string());
        }
        number = page->next_number;
      }
    }
    return entries;
  };
  auto whole = EventLog::open(storage, event_options(folder.path()));
  ASSERT_TRUE(whole.ok());
  const Entries before = read_all(**whole);
  const std::uint64_t durable = (*whole)->durable_sequence();
  whole.value().reset();
  ASSERT_GT(before.size(), 100U);
  restore();
  std::size_t short_ones = 0;
  for (std::int64_t i = 0; i < test::effort(flips_of_each_kind); ++i) {
    const bool is_open = i % 2 == 0;
    std::string where;
    if (!is_open) where = flip({".events", ".index"});
    auto opened = EventLog::open(storage, event_options(folder.path()));
    if (is_open) where = flip({".events", ".index"});
    if (opened) {
      const Entries after = read_all(**opened);
      for (const auto& [place, words] : after) {
        ASSERT_TRUE(before.contains(place)) << where;
        ASSERT_EQ(before.at(place), words) << where << ": number " << place.second;
      }
      short_ones += after.size() < before.size() ? 1 : 0;
      EXPECT_LE((*opened)->durable_sequence(), durable) << where;
    }
    if (opened) opened.value().reset();
    restore();
  }
  std::printf("%zu of them left entries to be made again\n", short_ones);
}

}  // namespace
}  // namespace karst
