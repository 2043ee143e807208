// ledger.db: only adds, can always be made again, refuses what is not its own.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "ledger/files/posix_storage.hpp"
#include "tests/ledger/books/books_fixture.hpp"

namespace karst {
namespace {

using namespace karst::test;

class BooksStore : public testing::Test {
 protected:
  std::unique_ptr<Books> open() {
    auto opened = Books::open(storage, options);
    EXPECT_TRUE(opened.ok()) << opened.error().text();
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  std::unique_ptr<Books> filled(std::size_t commands = 600) {
    auto books = open();
    for (const Step& step : market_steps(31, commands)) {
      EXPECT_TRUE(books->append(step.command, step.events).ok());
    }
    EXPECT_TRUE(books->cover().ok());
    work_all(*books);
    EXPECT_GT(books->indexed_segments(), 2u);
    return books;
  }
  /// How SQLite's own shell would be answered.
  int raw(const std::string& sql) const {
    sqlite3* connection = nullptr;
    EXPECT_EQ(sqlite3_open(options.store_path.c_str(), &connection), SQLITE_OK);
    sqlite3_exec(connection, "PRAGMA recursive_triggers=ON", nullptr, nullptr, nullptr);
    const int result = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr);
    sqlite3_close(connection);
    return result;
  }

  TemporaryFolder folder;
  PosixStorage storage;
  BooksOptions options = small_books(folder / "books", folder / "ledger.db");
};

TEST_F(BooksStore, rows_can_be_added_and_neither_changed_nor_removed) {
  filled();
  for (const char* table : {"ledger", "segment", "posting", "account", "asset"}) {
    EXPECT_EQ(raw("DELETE FROM " + std::string(table)), SQLITE_CONSTRAINT) << table;
  }
  EXPECT_EQ(raw("UPDATE posting SET block = x'00'"), SQLITE_CONSTRAINT);
  EXPECT_EQ(raw("UPDATE ledger SET shard = 9"), SQLITE_CONSTRAINT);
  EXPECT_EQ(raw("INSERT OR REPLACE INTO segment SELECT * FROM segment"), SQLITE_CONSTRAINT);
  EXPECT_EQ(raw("INSERT OR REPLACE INTO posting SELECT * FROM posting"), SQLITE_CONSTRAINT);
}

TEST_F(BooksStore, the_writer_itself_is_denied_what_is_not_adding) {
  auto database = Database::open(folder / "other.db", Database::Mode::write);
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->execute("CREATE TABLE t (a INTEGER) STRICT").ok());
  database->deny_changes();
  EXPECT_TRUE(database->execute("INSERT INTO t VALUES (1)").ok());
  for (const char* sql :
       {"UPDATE t SET a = 2", "DELETE FROM t", "DROP TABLE t", "ATTACH 'x.db' AS x",
        "ALTER TABLE t ADD COLUMN b", "CREATE TABLE u (a)"}) {
    EXPECT_EQ(database->execute(sql).error().code, ErrorCode::invalid) << sql;
  }
}

TEST_F(BooksStore, the_file_says_what_it_is) {
  filled();
  auto database = Database::open(options.store_path, Database::Mode::read);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(database->number("PRAGMA application_id").value(), 0x4b525354);
  EXPECT_EQ(database->number("PRAGMA user_version").value(), 3);
  EXPECT_EQ(database
                ->number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
                         "AND sql NOT LIKE '%STRICT%'")
                .value(),
            0);
  EXPECT_FALSE(database->execute("INSERT INTO segment VALUES (99, x'')").ok());  // read-only
}

TEST_F(BooksStore, a_currency_keeps_its_code_whether_store_or_log_remembers_it) {
  const auto expect_codes = [](const Books& books) {
    EXPECT_EQ(books.currency_code(asset_of(CurrencyId{1})), "CNY");
    EXPECT_EQ(books.currency_code(asset_of(CurrencyId{2})), "HKD");
    EXPECT_EQ(books.currency_code(asset_of(CurrencyId{3})), "");
    EXPECT_EQ(books.currency_code(asset_of(instrument_id(0, 1))), "");
  };
  expect_codes(*filled());
  expect_codes(*open());  // its record is in the store
  options.read_only = true;
  expect_codes(*open());
  options.store_path.clear();
  expect_codes(*open());  // there is nothing but the log
}

TEST_F(BooksStore, a_lost_or_damaged_store_is_made_again) {
  const std::uint32_t segments = filled()->indexed_segments();
  std::filesystem::remove(options.store_path);
  {
    auto books = open();
    ASSERT_NE(books, nullptr);
    work_all(*books);
    EXPECT_EQ(books->indexed_segments(), segments);
  }
  {
    std::ofstream damaged(options.store_path, std::ios::binary | std::ios::trunc);
    damaged << "this is no database, but it is long enough to look like one at first sight";
  }
  auto books = open();
  ASSERT_NE(books, nullptr);
  EXPECT_TRUE(books->opened().was_store_rebuilt);
  work_all(*books);
  EXPECT_EQ(books->indexed_segments(), segments);
}

// Whether books opened now know what books opened without saved balances know.
TEST_F(BooksStore, saved_balances_are_those_gathered_from_the_store_and_damage_is_no_harm) {
  filled();
  const auto states_of = [](const Books& books) {
    std::map<AccountKey, std::uint64_t> states;
    for (const AccountKey key : books.keys()) {
      states[key] = books.postings_of(key) << 8U | (books.last_segment_of(key) & 0xffU);
    }
    return states;
  };
  const std::string saved = options.directory + "/balances";
  ASSERT_TRUE(std::filesystem::exists(saved));
  std::map<AccountKey, std::uint64_t> states;
  {
    auto books = open();
    EXPECT_GT(books->opened().saved_segments, 1u);
    EXPECT_FALSE(books->opened().was_store_rebuilt);
    states = states_of(*books);
    EXPECT_GT(states.size(), 10u);
    // It goes on with them: every record appended must follow from the balances.
    const std::vector<Step> steps = market_steps(31, 1'200);
    for (std::size_t i = books->next_command() - 1; i < steps.size(); ++i) {
      const Status appended = books->append(steps[i].command, steps[i].events);
      ASSERT_TRUE(appended.ok()) << appended.error().text();
    }
    ASSERT_TRUE(books->sync().ok());
    work_all(*books);
    states = states_of(*books);
  }
  EXPECT_EQ(states_of(*open()), states);
  const auto size = std::filesystem::file_size(saved);
  for (std::uintmax_t at = 0; at < size; at += 1 + size / 40) {
    std::fstream file(saved, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    const auto put = [&](int value) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(value));
      file.flush();
    };
    put(byte ^ 4);
    auto books = open();
    EXPECT_EQ(books->opened().saved_segments, 0u) << "byte " << at;
    EXPECT_EQ(states_of(*books), states);
    put(byte);
  }
  std::filesystem::remove(saved);
  auto books = open();
  EXPECT_EQ(books->opened().saved_segments, 0u);
  EXPECT_EQ(states_of(*books), states);
}

TEST_F(BooksStore, a_store_that_knows_more_than_the_log_is_made_again) {
  filled();
  const std::string kept = options.directory;
  options.directory = folder / "shorter";
  {
    BooksOptions without = options;
    without.store_path = "";
    auto books = Books::open(storage, without);
    ASSERT_TRUE(books.ok());
    for (const Step& step : market_steps(32, 150)) {
      ASSERT_TRUE((*books)->append(step.command, step.events).ok());
    }
    ASSERT_TRUE((*books)->sync().ok());
  }
  auto books = open();
  ASSERT_NE(books, nullptr);
  EXPECT_TRUE(books->opened().was_store_rebuilt);
}

TEST_F(BooksStore, a_store_of_a_newer_build_is_refused_and_left_alone) {
  filled();
  const auto say_version = [this](const char* sql) {
    auto database = Database::open(options.store_path, Database::Mode::write);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->execute(sql).ok());
  };
  say_version("PRAGMA user_version = 4");
  EXPECT_EQ(Books::open(storage, options).error().code, ErrorCode::unknown_format);
  say_version("PRAGMA user_version = 3");
  auto books = open();
  ASSERT_NE(books, nullptr);
  EXPECT_FALSE(books->opened().was_store_rebuilt);
}

// As the version before wrote it: no room for checksums, another number.
TEST_F(BooksStore, a_store_of_the_version_before_is_made_again_by_itself) {
  const std::uint32_t segments = filled()->indexed_segments();
  std::filesystem::remove(options.store_path);
  ASSERT_EQ(raw("PRAGMA application_id = 1263686484; PRAGMA user_version = 1;"
                "CREATE TABLE segment (segment INTEGER NOT NULL PRIMARY KEY, marks BLOB) STRICT"),
            SQLITE_OK);
  std::string said;
  options.notice = [&](const std::string& words) { said += words; };
  auto books = open();
  ASSERT_NE(books, nullptr);
  EXPECT_TRUE(books->opened().was_store_rebuilt);
  EXPECT_NE(said.find("older version"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(options.store_path + ".damaged"));
  work_all(*books);
  EXPECT_EQ(books->indexed_segments(), segments);
}

TEST_F(BooksStore, hostile_names_are_stored_as_data_and_found) {
  const std::string name = "Robert'); DROP TABLE account;--";
  const std::string symbol = "%_\"';x";
  std::vector<Step> steps = market_steps(33, 400);
  {
    auto books = open();
    EventMaker maker;
    std::vector<Step> hostile;
    maker.admit(hostile, AccountId{40}, name);
    maker.product(hostile, instrument_id(0, 50), AccountId{40}, CurrencyId{1}, symbol);
    for (int i = 0; i < 200; ++i) {
      maker.cash(hostile, EventType::funded, AccountId{40}, CurrencyId{1}, 1);
    }
    for (const Step& step : hostile) {
      ASSERT_TRUE(books->append(step.command, step.events).ok());
    }
    ASSERT_TRUE(books->sync().ok());
    work_all(*books);
  }
  auto reader = StoreReader::open(options.store());
  ASSERT_TRUE(reader.ok());
  const auto found = reader->search("'); DROP", 10);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].account->merchant, AccountId{40});
  EXPECT_EQ((*found)[0].account->name, text<32>(name));
  const auto product = reader->search("%_", 10);
  ASSERT_EQ(product->size(), 1u);
  EXPECT_EQ((*product)[0].asset->text, text<16>(symbol));
  EXPECT_TRUE(reader->search("' OR '1'='1", 10)->empty());
  EXPECT_EQ(raw("SELECT count(*) FROM account"), SQLITE_OK);
}

TEST_F(BooksStore, blocks_survive_their_bytes_at_the_edges) {
  PostingBlock block;
  block.segment = 7;
  block.previous_segment = 6;
  block.state = {std::numeric_limits<std::int64_t>::min(), (std::uint64_t{1} << 48U) - 1,
                 ~Total{0}};
  block.places = {0, 1, 0x7fff'ffff, 0xffff'ffff};
  std::vector<std::byte> bytes;
  encode_block(block, bytes);
  const auto again = decode_block(7, 0, bytes);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->state, block.state);
  EXPECT_EQ(again->places, block.places);
  EXPECT_EQ(again->previous_segment, 6u);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = decode_block(7, 0, std::span(bytes).first(length));
    if (cut) {
      EXPECT_LT(cut->places.size(), block.places.size());
    }
  }
  EXPECT_FALSE(decode_block(6, 0, bytes).has_value());  // its previous segment is not before it
}

}  // namespace
}  // namespace karst
