// SQLite in our words: a database, its statements and transactions. What goes wrong is an Error of
// kind io that says what SQLite said. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tidemark::mgmt {

/// A prepared statement. Parameters are bound in their order; an error is told by step().
class Statement {
 public:
  enum class Step : uint8_t { row, done };

  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(int64_t value);
  Statement& bind(std::string_view text);

  /// The next row, or the end. A statement without rows is carried out by one step.
  Result<Step> step();
  /// For statements without rows.
  Result<void> run();

  // Columns of the row, from 0. What is of another type in the database reads as 0 or as text.
  int64_t number(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  bool wrong_ = false;
};

class Database {
 public:
  /// Opens the file, or makes it. Every committed transaction is on the disk (WAL, synchronous
  /// FULL); one that was not committed leaves no trace.
  static Result<Database> open(const std::string& path);

  /// One statement or several, without parameters.
  Result<void> execute(const std::string& sql);
  Statement prepare(std::string_view sql) { return {database_.get(), sql}; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  Database() = default;

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace tidemark::mgmt
