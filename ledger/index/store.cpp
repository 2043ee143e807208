#include "ledger/index/store.hpp"

#include <algorithm>

namespace karst {
namespace {

constexpr std::int64_t application_id = 0x4b525354;  // "KRST"
constexpr std::int64_t user_version = Store::version;

// Rows are only ever added: the triggers say so to whoever opens the file, the authorizer to us.
constexpr const char* tables = R"(
BEGIN IMMEDIATE;
PRAGMA application_id = 1263686484;
PRAGMA user_version = 3;
CREATE TABLE ledger (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  shard INTEGER NOT NULL,
  segment_records INTEGER NOT NULL
) STRICT;
CREATE TABLE segment (
  segment INTEGER NOT NULL PRIMARY KEY,
  marks BLOB NOT NULL
) STRICT;
CREATE TABLE posting (
  segment INTEGER NOT NULL,
  account INTEGER NOT NULL,
  asset INTEGER NOT NULL,
  first INTEGER NOT NULL,
  block BLOB NOT NULL,
  PRIMARY KEY (segment, account, asset, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
  merchant INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL,
  details BLOB NOT NULL,
  PRIMARY KEY (merchant, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE asset (
  asset INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  text TEXT NOT NULL,
  details BLOB NOT NULL,
  PRIMARY KEY (asset, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE word (
  word TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (word, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER segment_update BEFORE UPDATE ON segment BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER segment_delete BEFORE DELETE ON segment BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER posting_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER posting_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER account_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER account_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER asset_update BEFORE UPDATE ON asset BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER asset_delete BEFORE DELETE ON asset BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER word_update BEFORE UPDATE ON word BEGIN SELECT RAISE(ABORT, 'only adds'); END;
CREATE TRIGGER word_delete BEFORE DELETE ON word BEGIN SELECT RAISE(ABORT, 'only adds'); END;
)";

Error not_a_store(ErrorCode code, const std::string& path) {
  return Error{code, "open the audit store", path};
}

// A record of the definition alone: its extension is the one format there is for it.
template <typename Details>
std::vector<std::byte> packed(std::optional<Details> Record::*field, const Details& details) {
  Record record;
  record.*field = details;
  std::vector<std::byte> bytes;
  encode(record, bytes);
  return bytes;
}

std::string_view unpadded(std::span<const char> text) {
  return {text.data(), static_cast<std::size_t>(std::ranges::find(text, '\0') - text.begin())};
}

Result<Definition> definition_of(const Statement& row, const std::string& path) {
  const Result<RecordView> record = decode(row.blob(1));
  if (!record) return not_a_store(ErrorCode::corrupt, path);
  return Definition{static_cast<std::uint64_t>(row.integer(0)), record->account(), record->asset()};
}

}  // namespace

Result<Store> Store::open(const StorePlace& place, const StoreIdentity& identity) {
  const std::string& path = place.path;
  Result<Database> database = Database::open(path, Database::Mode::write, place.vfs);
  if (!database) return database.error();
  Store store(std::move(database).value());
  const Result<std::int64_t> version = store.database_.number("PRAGMA user_version");
  if (!version) return version.error();
  const Result<std::int64_t> things = store.database_.number("SELECT count(*) FROM sqlite_schema");
  if (!things) return things.error();
  if (*version > user_version) return not_a_store(ErrorCode::unknown_format, path);
  if (*things == 0) {
    if (Status made = store.make_tables(identity); !made) return made.error();
  } else if (*version < user_version) {
    return not_a_store(ErrorCode::invalid, path);
  }
  if (Status same = store.check_identity(identity); !same) return same.error();
  store.database_.deny_changes();
  if (Status prepared = store.prepare_statements(); !prepared) return prepared.error();
  return store;
}

Result<Store> Store::open_read_only(const StorePlace& place, const StoreIdentity& identity) {
  const std::string& path = place.path;
  Result<Database> database = Database::open(path, Database::Mode::read, place.vfs);
  if (!database) return database.error();
  Store store(std::move(database).value());
  const Result<std::int64_t> version = store.database_.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > user_version) return not_a_store(ErrorCode::unknown_format, path);
  if (*version < user_version) return not_a_store(ErrorCode::invalid, path);
  if (Status same = store.check_identity(identity); !same) return same.error();
  return store;
}

Status Store::make_tables(const StoreIdentity& identity) {
  if (Status made = database_.execute(tables); !made) return made;
  Result<Statement> insert =
      database_.prepare("INSERT INTO ledger (id, shard, segment_records) VALUES (1, ?, ?)");
  if (!insert) return insert.error();
  insert->bind(1, std::int64_t{identity.shard}).bind(2, std::int64_t{identity.segment_records});
  if (Status run = insert->run(); !run) return run;
  return database_.execute("COMMIT");
}

Status Store::check_identity(const StoreIdentity& identity) {
  const Result<std::int64_t> application = database_.number("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != application_id) return not_a_store(ErrorCode::corrupt, database_.path());
  Result<Statement> found = database_.prepare("SELECT shard, segment_records FROM ledger");
  if (!found) return found.error();
  const Result<bool> stepped = found->step();
  if (!stepped) return stepped.error();
  if (!*stepped || found->integer(0) != identity.shard ||
      found->integer(1) != std::int64_t{identity.segment_records}) {
    return not_a_store(ErrorCode::invalid, database_.path());
  }
  // One statement: the writer may add a segment between two.
  Result<Statement> segments =
      database_.prepare("SELECT count(*), ifnull(max(segment) + 1, 0) FROM segment");
  if (!segments) return segments.error();
  const Result<bool> counted = segments->step();
  if (!counted) return counted.error();
  if (segments->integer(0) != segments->integer(1)) {
    return not_a_store(ErrorCode::corrupt, database_.path());
  }
  segments_ = static_cast<std::uint32_t>(segments->integer(0));
  segment_records_ = identity.segment_records;
  return {};
}

Status Store::prepare_statements() {
  struct Wanted {
    Statement& statement;
    const char* sql;
  };
  const Wanted all[] = {
      {insert_segment_, "INSERT INTO segment (segment, marks) VALUES (?, ?)"},
      {insert_posting_,
       "INSERT INTO posting (segment, account, asset, first, block) VALUES (?, ?, ?, ?, ?)"},
      {insert_account_, "INSERT INTO account (merchant, seq, name, details) VALUES (?, ?, ?, ?)"},
      {insert_asset_, "INSERT INTO asset (asset, seq, text, details) VALUES (?, ?, ?, ?)"},
      {insert_word_, "INSERT INTO word (word, seq) VALUES (?, ?)"},
  };
  for (const Wanted& wanted : all) {
    Result<Statement> prepared = database_.prepare(wanted.sql);
    if (!prepared) return prepared.error();
    wanted.statement = std::move(prepared).value();
  }
  return {};
}

Status Store::add_segment(const SegmentInput& input) {
  KARST_ASSERT(input.tail.segment() == segments_);
  if (Status begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  const auto add_all = [&]() -> Status {
    if (Status added = add_blocks(input.tail); !added) return added;
    for (const Definition& definition : input.definitions) {
      if (Status added = add_definition(definition); !added) return added;
    }
    if (Status added = add_words(input.words); !added) return added;
    blob_.clear();
    encode_marks(input.marks, blob_);
    insert_segment_.bind(1, std::int64_t{segments_}).bind(2, std::span<const std::byte>(blob_));
    if (Status run = insert_segment_.run(); !run) return run;
    insert_segment_.reset();
    return database_.execute("COMMIT");
  };
  if (Status added = add_all(); !added) {
    static_cast<void>(database_.execute("ROLLBACK"));
    return added;
  }
  ++segments_;
  const Status moved = database_.checkpoint();
  // On a full disk the segment stays in the write-ahead log until the next one.
  return !moved && moved.error().code == ErrorCode::no_space ? Status{} : moved;
}

// In ascending order of (account, asset): the table grows at its end only.
Status Store::add_blocks(const Tail& tail) {
  for (const std::uint32_t index : tail.sorted_keys()) {
    std::vector<PostingBlock> blocks = tail.blocks(index);
    PostingBlock gathered;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (gathered.places.empty()) {
        gathered = std::move(blocks[i]);
        gathered.is_opening = false;
      } else {
        gathered.places.insert(gathered.places.end(), blocks[i].places.begin(),
                               blocks[i].places.end());
      }
      const bool is_last = i + 1 == blocks.size();
      if (!is_last &&
          gathered.places.size() + blocks[i + 1].places.size() <= Tail::block_postings_max) {
        continue;
      }
      gathered.state = is_last ? tail.closing(index) : blocks[i + 1].state;
      if (Status added = add_block(tail.key(index), gathered); !added) return added;
      gathered.places.clear();
    }
  }
  return {};
}

Status Store::add_block(AccountKey key, const PostingBlock& block) {
  blob_.clear();
  encode_block(block, blob_);
  insert_posting_.bind(1, std::int64_t{block.segment})
      .bind(2, std::int64_t{key.account.value()})
      .bind(3, std::int64_t{key.asset.value()})
      .bind(4, std::int64_t{block.places.front()})
      .bind(5, std::span<const std::byte>(blob_));
  return insert_posting_.run();
}

Status Store::add_definition(const Definition& definition) {
  const auto seq = static_cast<std::int64_t>(definition.seq);
  if (definition.account) {
    const auto bytes = packed(&Record::account, *definition.account);
    insert_account_.bind(1, std::int64_t{definition.account->merchant.value()})
        .bind(2, seq)
        .bind(3, unpadded(definition.account->name))
        .bind(4, std::span<const std::byte>(bytes));
    return insert_account_.run();
  }
  const auto bytes = packed(&Record::asset, *definition.asset);
  insert_asset_.bind(1, std::int64_t{definition.asset->asset.value()})
      .bind(2, seq)
      .bind(3, unpadded(definition.asset->text))
      .bind(4, std::span<const std::byte>(bytes));
  return insert_asset_.run();
}

Status Store::add_words(const std::vector<WordAt>& words) {
  for (const auto& [word, seq] : words) {
    insert_word_.bind(1, std::string_view(word)).bind(2, static_cast<std::int64_t>(seq));
    if (Status added = insert_word_.run(); !added) return added;
  }
  return {};
}

Status Store::load(const Sink& sink) {
  const Error corrupt = not_a_store(ErrorCode::corrupt, database_.path());
  Result<Statement> marks =
      database_.prepare("SELECT marks FROM segment WHERE segment < ? ORDER BY segment");
  if (!marks) return marks.error();
  marks->bind(1, std::int64_t{segments_});
  while (true) {
    const Result<bool> stepped = marks->step();
    if (!stepped) return stepped.error();
    if (!*stepped) break;
    if (!decode_marks(marks->blob(0), sink.marks)) return corrupt;
  }
  for (const char* sql : {"SELECT seq, details FROM account WHERE seq < ? ORDER BY seq",
                          "SELECT seq, details FROM asset WHERE seq < ? ORDER BY seq"}) {
    Result<Statement> rows = database_.prepare(sql);
    if (!rows) return rows.error();
    rows->bind(1, std::int64_t{segments_} * segment_records_);
    while (true) {
      const Result<bool> stepped = rows->step();
      if (!stepped) return stepped.error();
      if (!*stepped) break;
      const Result<Definition> definition = definition_of(*rows, database_.path());
      if (!definition) return definition.error();
      sink.definition(*definition);
    }
  }
  return {};
}

Status Store::load_states(std::uint32_t from_segment, const StateSink& sink) {
  Result<Statement> states = database_.prepare(
      "SELECT segment, account, asset, first, block FROM posting WHERE segment >= ? "
      "AND segment < ? ORDER BY segment, account, asset, first");
  if (!states) return states.error();
  states->bind(1, std::int64_t{from_segment}).bind(2, std::int64_t{segments_});
  while (true) {
    const Result<bool> stepped = states->step();
    if (!stepped) return stepped.error();
    if (!*stepped) return {};
    const auto segment = static_cast<std::uint32_t>(states->integer(0));
    const auto block =
        decode_block(segment, static_cast<std::uint32_t>(states->integer(3)), states->blob(4));
    if (!block) return not_a_store(ErrorCode::corrupt, database_.path());
    sink({AccountNumber{static_cast<std::uint32_t>(states->integer(1))},
          AssetNumber{static_cast<std::uint32_t>(states->integer(2))}},
         segment, block->state);
  }
}

Status check_store(const StorePlace& place) {
  Result<Database> database = Database::open(place.path, Database::Mode::read, place.vfs);
  if (!database) return database.error();
  Result<Statement> look = database->prepare("PRAGMA quick_check(1)");
  if (!look) return look.error();
  const Result<bool> stepped = look->step();
  if (!stepped) return stepped.error();
  if (*stepped && look->text(0) == "ok") return {};
  return Error{ErrorCode::corrupt, "check the audit store", place.path};
}

// The reader --------------------------------------------------------------------------------------

Result<StoreReader> StoreReader::open(const StorePlace& place) {
  Result<Database> database = Database::open(place.path, Database::Mode::read, place.vfs);
  if (!database) return database.error();
  StoreReader reader(std::move(database).value());
  struct Wanted {
    Statement& statement;
    const char* sql;
  };
  const Wanted all[] = {
      {reader.at_,
       "SELECT first, block FROM posting WHERE segment = ? AND account = ? AND asset = ? "
       "AND first <= ? ORDER BY first DESC LIMIT 1"},
      {reader.after_,
       "SELECT first, block FROM posting WHERE segment = ? AND account = ? AND asset = ? "
       "AND first > ? ORDER BY first LIMIT 1"},
      {reader.accounts_,
       "SELECT seq, details FROM account WHERE instr(name, ?) > 0 ORDER BY seq LIMIT ?"},
      {reader.assets_,
       "SELECT seq, details FROM asset WHERE instr(text, ?) > 0 ORDER BY seq LIMIT ?"},
      {reader.words_, "SELECT seq FROM word WHERE word = ? AND seq < ? ORDER BY seq"},
  };
  for (const Wanted& wanted : all) {
    Result<Statement> prepared = reader.database_.prepare(wanted.sql);
    if (!prepared) return prepared.error();
    wanted.statement = std::move(prepared).value();
  }
  return reader;
}

Result<std::optional<PostingBlock>> StoreReader::block(Statement& statement, std::uint32_t segment,
                                                       AccountKey key, std::int64_t place) {
  statement.bind(1, std::int64_t{segment})
      .bind(2, std::int64_t{key.account.value()})
      .bind(3, std::int64_t{key.asset.value()})
      .bind(4, place);
  const Result<bool> stepped = statement.step();
  if (!stepped) return stepped.error();
  if (!*stepped) return std::optional<PostingBlock>{};
  auto found =
      decode_block(segment, static_cast<std::uint32_t>(statement.integer(0)), statement.blob(1));
  statement.reset();
  if (!found) return not_a_store(ErrorCode::corrupt, database_.path());
  return found;
}

Result<std::optional<PostingBlock>> StoreReader::block_at(std::uint32_t segment, AccountKey key,
                                                          std::uint32_t place) {
  return block(at_, segment, key, place);
}

Result<std::optional<PostingBlock>> StoreReader::block_after(std::uint32_t segment, AccountKey key,
                                                             std::int64_t place) {
  return block(after_, segment, key, place);
}

Status StoreReader::add_seqs_of(std::string_view word, std::uint64_t seq_end,
                                std::vector<std::uint64_t>& seqs) {
  words_.bind(1, word).bind(2, static_cast<std::int64_t>(seq_end));
  while (true) {
    const Result<bool> stepped = words_.step();
    if (!stepped) return stepped.error();
    if (!*stepped) return {};
    seqs.push_back(static_cast<std::uint64_t>(words_.integer(0)));
  }
}

Result<std::vector<Definition>> StoreReader::search(std::string_view text, std::size_t max) {
  std::vector<Definition> found;
  for (Statement* statement : {&accounts_, &assets_}) {
    statement->bind(1, text).bind(2, static_cast<std::int64_t>(max - found.size()));
    while (true) {
      const Result<bool> stepped = statement->step();
      if (!stepped) return stepped.error();
      if (!*stepped) break;
      const Result<Definition> definition = definition_of(*statement, database_.path());
      if (!definition) return definition.error();
      found.push_back(*definition);
    }
  }
  return found;
}

}  // namespace karst
