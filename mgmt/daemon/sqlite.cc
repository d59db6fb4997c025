#include "mgmt/daemon/sqlite.h"

#include <sqlite3.h>

namespace tidemark::mgmt {
namespace {

Error error_of(sqlite3* database) {
  return {ErrorKind::io, sqlite3_errmsg(database), {}};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int size = static_cast<int>(sql.size());
  wrong_ = sqlite3_prepare_v2(database, sql.data(), size, &statement, nullptr) != SQLITE_OK;
  statement_.reset(statement);
}

Statement& Statement::bind(int64_t value) {
  wrong_ = wrong_ || sqlite3_bind_int64(statement_.get(), ++bound_, value) != SQLITE_OK;
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  const int size = static_cast<int>(text.size());
  wrong_ = wrong_ || sqlite3_bind_text(statement_.get(), ++bound_, text.data(), size,
                                       SQLITE_TRANSIENT) != SQLITE_OK;
  return *this;
}

Result<Statement::Step> Statement::step() {
  if (wrong_) return error_of(database_);
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return error_of(database_);
  }
}

Result<void> Statement::run() {
  if (const auto stepped = step(); !stepped) return stepped.error();
  return {};
}

int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text ? std::string(text, size) : std::string();
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Result<Database> Database::open(const std::string& path) {
  Database opened;
  sqlite3* database = nullptr;
  // No mutexes of SQLite's own: the database is used by one thread at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  opened.database_.reset(database);
  if (code != SQLITE_OK)
    return Error{ErrorKind::io, database ? sqlite3_errmsg(database) : sqlite3_errstr(code), {}};
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                             "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 5000"})
    if (auto done = opened.execute(pragma); !done) return done.error();
  return opened;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return error_of(database_.get());
  return {};
}

}  // namespace tidemark::mgmt
