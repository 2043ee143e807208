#include "ledger/index/database.hpp"

namespace karst {
namespace {

constexpr int busy_timeout_ms = 2000;

ErrorCode code_of(int result) {
  if (result == SQLITE_IOERR_DATA) return ErrorCode::corrupt;
  switch (result & 0xff) {
    case SQLITE_FULL:
      return ErrorCode::no_space;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_CANTOPEN:
      return ErrorCode::not_found;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::busy;
    case SQLITE_AUTH:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
      return ErrorCode::invalid;
    default:
      return ErrorCode::io;
  }
}

std::string words_of(sqlite3* connection) {
  if (sqlite3_extended_errcode(connection) == SQLITE_IOERR_DATA) return "a page is damaged";
  return sqlite3_errmsg(connection);
}

// What the writer may do once the tables stand: add and read.
int only_adds(void*, int action, const char*, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_TRANSACTION:
    case SQLITE_FUNCTION:
    case SQLITE_PRAGMA:
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

}  // namespace

Statement& Statement::bind(int index, std::int64_t value) {
  KARST_ASSERT(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int index, std::span<const std::byte> blob) {
  static constexpr std::byte nothing{};
  const void* at = blob.empty() ? &nothing : blob.data();
  KARST_ASSERT(sqlite3_bind_blob64(statement_.get(), index, at, blob.size(), SQLITE_STATIC) ==
               SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  const char* at = text.empty() ? "" : text.data();
  KARST_ASSERT(sqlite3_bind_text64(statement_.get(), index, at, text.size(), SQLITE_STATIC,
                                   SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  const int system_error = sqlite3_system_errno(connection);
  std::string why = words_of(connection);
  sqlite3_reset(statement_.get());
  if (result == SQLITE_DONE) return false;
  return Error{code_of(result), "step a statement", std::move(why), Error::no_offset, system_error};
}

Status Statement::run() {
  const Result<bool> stepped = step();
  if (!stepped) return stepped.error();
  KARST_ASSERT(!*stepped);
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::span<const std::byte> Statement::blob(int column) const {
  const void* at = sqlite3_column_blob(statement_.get(), column);
  const int bytes = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const std::byte*>(at), static_cast<std::size_t>(bytes)};
}

std::string Statement::text(int column) const {
  const auto* at = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int bytes = sqlite3_column_bytes(statement_.get(), column);
  return at != nullptr ? std::string(at, static_cast<std::size_t>(bytes)) : std::string();
}

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfs) {
  sqlite3* connection = nullptr;
  const int flags =
      mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const auto checked = std::make_shared<CheckedVfs>(vfs);
  const int opened =
      sqlite3_open_v2(path.c_str(), &connection,
                      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, checked->name());
  Database database;
  database.connection_ = std::unique_ptr<sqlite3, Close>(connection, Close{checked});
  database.path_ = path;
  if (opened != SQLITE_OK) {
    return Error{code_of(opened), "open", path, Error::no_offset, 0};
  }
  sqlite3_busy_timeout(connection, busy_timeout_ms);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Of a new file: room for the checksums. A file that has pages keeps what it has.
  int reserved = CheckedVfs::reserved_bytes;
  if (mode == Mode::write) {
    sqlite3_file_control(connection, nullptr, SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  }
  const char* settings = mode == Mode::read
                             ? "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                               "PRAGMA query_only=ON; PRAGMA cache_size=-65536;"
                             : "PRAGMA page_size=4096;"
                               "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                               "PRAGMA recursive_triggers=ON; PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0;"
                               "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;";
  if (Status set = database.execute(settings); !set) return set.error();
  return database;
}

Error Database::error(const char* doing) const {
  return Error{code_of(sqlite3_extended_errcode(connection_.get())), doing,
               path_ + " (" + words_of(connection_.get()) + ")", Error::no_offset,
               sqlite3_system_errno(connection_.get())};
}

Status Database::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error("execute");
  }
  return {};
}

Result<Statement> Database::prepare(const char* sql) {
  Statement statement;
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared,
                         nullptr) != SQLITE_OK) {
    return error("prepare");
  }
  statement.statement_.reset(prepared);
  return statement;
}

Result<std::int64_t> Database::number(const char* sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> stepped = statement->step();
  if (!stepped) return stepped.error();
  if (!*stepped) return Error{ErrorCode::not_found, "ask for a number", path_};
  return statement->integer(0);
}

void Database::deny_changes() { sqlite3_set_authorizer(connection_.get(), only_adds, nullptr); }

Status Database::checkpoint() {
  const int result = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result != SQLITE_OK && result != SQLITE_BUSY) return error("checkpoint");
  return {};
}

}  // namespace karst
