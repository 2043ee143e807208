// Books made anew from the command journal are the books that were kept while it was written.
#include <gtest/gtest.h>

#include <map>

#include "ledger/books/books_store.hpp"
#include "ledger/exchange/store_feeder.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/ledger/books/engine_totals.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/machine/books_compare.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;
using Totals = std::map<AccountKey, std::int64_t>;

constexpr std::uint32_t merchants = 4;
constexpr std::uint32_t lives = 4;
constexpr std::uint64_t totals_every_commands = 97;

BooksOptions options_of(const std::string& directory) {
  const ExchangeDirectory at(directory);
  BooksOptions options;
  options.directory = at.books();
  options.store_path = at.books_database();
  options.segment_records = 256;
  options.file_bytes = std::uint64_t{128} << 10U;
  return options;
}

std::unique_ptr<Books> open(Storage& storage, const std::string& directory) {
  Result<std::unique_ptr<Books>> opened = Books::open(storage, options_of(directory));
  if (!opened) throw std::runtime_error(opened.error().text());
  return std::move(opened).value();
}

// A market through several lives of an exchange, its books beside it.
void trade(const std::string& directory, std::uint64_t seed) {
  const auto each = static_cast<std::uint32_t>(test::effort(4'000));
  std::vector<std::vector<Command>> traders;
  for (std::uint32_t i = 1; i <= merchants; ++i) traders.push_back(sim::trading(i, each, seed));
  for (std::uint32_t life = 0; life < lives; ++life) {
    PosixStorage storage;
    const std::unique_ptr<Books> books = open(storage, directory);
    BooksStore store(*books);
    RunningExchange running(directory, RunningExchange::small_config(), {&store});
    std::vector<Command> commands;
    if (life == 0) commands = test::whole_opening(merchants);
    for (std::size_t i = each * life / lives; i < each * (life + 1) / lives; ++i) {
      for (const std::vector<Command>& trader : traders) commands.push_back(trader[i]);
    }
    running.submit_all(commands);
    running.await_answers(commands.size());
    running.exchange().stop();
    ASSERT_FALSE(running.exchange().has_failed());
  }
}

// The records once more, added up by themselves.
class Sums {
 public:
  explicit Sums(const Books& books) : books_(books), reader_(books.log()) {}

  /// Takes the records up to a settlement number, and checks each.
  void take_up_to(std::uint64_t settled) {
    if (taken_ == 0 && settled > 0) {
      ASSERT_TRUE(reader_.seek(0).ok());
    }
    for (; taken_ < settled; ++taken_) {
      ASSERT_LT(taken_, books_.records());
      const Result<RecordView> record = reader_.next();
      ASSERT_TRUE(record.ok()) << record.error().text();
      ASSERT_EQ(record->source_seq(), taken_ + 1);
      for (std::size_t i = 0; i < record->legs(); ++i) {
        const Leg leg = record->leg(i);
        const AccountKey key{leg.account, leg.asset};
        per_asset_[leg.asset] += leg.amount;
        totals_[key] += leg.amount;
        ASSERT_EQ(totals_[key], leg.balance_after) << "record " << taken_;
        ASSERT_EQ(++postings_[key], leg.account_seq) << "record " << taken_;
      }
      for (const auto& [asset, sum] : per_asset_) {
        ASSERT_EQ(sum, 0) << "asset " << asset.value() << " after record " << taken_;
      }
    }
  }

  [[nodiscard]] Totals totals() const {
    Totals all = totals_;
    std::erase_if(all, [](const auto& entry) { return entry.second == 0; });
    return all;
  }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

 private:
  const Books& books_;
  RecordReader reader_;
  std::uint64_t taken_ = 0;
  std::map<AssetNumber, std::int64_t> per_asset_;
  Totals totals_;
  std::map<AccountKey, std::uint64_t> postings_;
};

TEST(Rebuild, the_journal_gives_the_same_records_rows_and_answers_and_the_engines_totals) {
  const TemporaryFolder lived;
  const TemporaryFolder elsewhere;
  trade(lived.path(), test::seed_of_run());
  PosixStorage storage;
  const std::unique_ptr<Books> live = open(storage, lived.path());
  const std::unique_ptr<Books> rebuilt = open(storage, elsewhere.path());
  BooksStore rebuilt_store(*rebuilt);
  StoreCatchUp catch_up(rebuilt_store);
  Sums sums(*live);
  Replay replay;
  std::uint64_t compared = 0;
  const CommandSink sink = [&](const Executed& it) {
    if (Status taken = catch_up.take(it); !taken) return taken;
    const std::uint64_t settled = replay.engine().settlements();
    // What the live books had not made durable when the last life ended is not asked about.
    if (it.command.sequence % totals_every_commands != 0 || settled > live->records()) {
      return Status{};
    }
    sums.take_up_to(settled);
    EXPECT_EQ(sums.totals(), test::holdings_of(replay.engine()));
    ++compared;
    return Status{};
  };
  const Status replayed = replay_files(storage, ExchangeDirectory(lived.path()).journal(), replay,
                                       newest_sequence, sink);
  ASSERT_TRUE(replayed.ok()) << replayed.error().text();
  ASSERT_TRUE(catch_up.finish().ok());
  sums.take_up_to(live->records());
  EXPECT_EQ(sums.totals(), test::holdings_of(replay.engine()));
  for (Books* books : {live.get(), rebuilt.get()}) {
    Result<bool> worked = true;
    while (worked && *worked) worked = books->work();
    ASSERT_TRUE(worked.ok()) << worked.error().text();
  }
  EXPECT_EQ(sim::difference(*live, *rebuilt), "");
  std::printf("%llu commands, %llu records in %u segments, totals compared %llu times\n",
              static_cast<unsigned long long>(replay.commands()),
              static_cast<unsigned long long>(live->records()), live->indexed_segments(),
              static_cast<unsigned long long>(compared));
  EXPECT_EQ(live->durable_source_seq(), replay.engine().settlements());
  if (test::effort(100) < 100) return;  // too little for several segments
  EXPECT_GE(live->indexed_segments(), 3U);
  EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace karst
