// Folders written by released versions open with this build, trade on and reconcile.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/record/record_reader.hpp"
#include "tests/frozen/frozen_market.hpp"
#include "tests/frozen/unpack_frozen.hpp"
#include "tests/ledger/books/engine_totals.hpp"

namespace karst {
namespace {

using Totals = std::map<AccountKey, std::int64_t>;

struct FrozenFolder {
  std::string version;
  std::string kind;
};

// What the version that wrote the folder said of it, the last life's line.
struct Facts {
  std::uint64_t commands = 0;
  std::uint64_t event_hash = 0;
  std::uint64_t records = 0;
};

std::string path_of(const FrozenFolder& folder) {
  return std::string(KARST_SOURCE_DIR) + "/tests/frozen/" + folder.version + "/" + folder.kind;
}

Facts facts_of(const FrozenFolder& folder) {
  std::ifstream file(path_of(folder) + ".txt");
  Facts facts;
  for (std::string line; std::getline(file, line);) {
    unsigned life = 0;
    unsigned long long commands = 0;
    unsigned long long hash = 0;
    unsigned long long records = 0;
    const int read =
        std::sscanf(line.c_str(), "life %u: commands %llu, event hash %llx, records %llu", &life,
                    &commands, &hash, &records);
    if (read == 4) facts = {commands, hash, records};
  }
  return facts;
}

// The record log added up, whole, against the engine: money and lots of everybody.
Totals totals_of(const Books& books) {
  Totals totals;
  RecordReader reader(books.log());
  EXPECT_TRUE(reader.seek(0).ok());
  for (std::uint64_t i = 0; i < books.records(); ++i) {
    const Result<RecordView> record = reader.next();
    if (!record) {
      ADD_FAILURE() << record.error().text();
      break;
    }
    for (std::size_t at = 0; at < record->legs(); ++at) {
      const Leg leg = record->leg(at);
      totals[{leg.account, leg.asset}] += leg.amount;
    }
  }
  std::erase_if(totals, [](const auto& entry) { return entry.second == 0; });
  return totals;
}

void expect_reconciled(test::FrozenExchange& exchange) {
  const Totals engine =
      exchange.running().ask<Totals>([](const Engine& asked) { return test::holdings_of(asked); });
  exchange.running().exchange().stop();
  ASSERT_FALSE(exchange.running().exchange().has_failed());
  EXPECT_EQ(totals_of(exchange.books()), engine);
}

class Frozen : public testing::TestWithParam<FrozenFolder> {};

TEST_P(Frozen, a_folder_opens_to_the_same_hash_trades_on_and_reconciles) {
  const Facts facts = facts_of(GetParam());
  ASSERT_NE(facts.commands, 0U);
  const test::TemporaryFolder folder;
  test::unpack_frozen(GetParam().version, GetParam().kind, folder.path());
  {
    test::FrozenExchange exchange(folder.path());
    EXPECT_EQ(exchange.running().report().sequence, facts.commands);
    EXPECT_EQ(exchange.running().ask<std::uint64_t>(
                  [](const Engine& asked) { return asked.event_hash(); }),
              facts.event_hash);
    EXPECT_EQ(exchange.books().records(), facts.records);
    exchange.send(test::frozen::commands_of(test::frozen::lives - 1));
    expect_reconciled(exchange);
    EXPECT_GT(exchange.running().exchange().stopped_at().sequence, facts.commands);
    EXPECT_GT(exchange.books().records(), facts.records);
  }
  test::FrozenExchange again(folder.path());
  expect_reconciled(again);
}

// Records of before trades said their orders come out of the journal with them, and are the same.
TEST_P(Frozen, the_records_made_again_are_those_that_were_written) {
  const test::TemporaryFolder folder;
  test::unpack_frozen(GetParam().version, GetParam().kind, folder.path());
  PosixStorage storage;
  const Result<ComparedRecords> compared =
      compare_records(storage, ExchangeDirectory(folder.path()), 0);
  ASSERT_TRUE(compared) << compared.error().text();
  EXPECT_EQ(compared->records, facts_of(GetParam()).records);
  EXPECT_GT(compared->through_command, compared->behind_command);
}

std::string name_of(const testing::TestParamInfo<FrozenFolder>& info) {
  return info.param.version + "_" + info.param.kind;
}

INSTANTIATE_TEST_SUITE_P(Released, Frozen,
                         testing::Values(FrozenFolder{"555a1a6", "whole"},
                                         FrozenFolder{"555a1a6", "trimmed"},
                                         FrozenFolder{"f18906d", "whole"},
                                         FrozenFolder{"f18906d", "trimmed"}),
                         name_of);

}  // namespace
}  // namespace karst
