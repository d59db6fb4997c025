#include "mgmt/daemon/state_schema.h"

#include <fmt/format.h>

#include <iterator>

namespace tidemark::mgmt {
namespace {

/// Step i makes version i + 1 of version i. Numbers of 64 bits without sign are kept as the signed
/// number of the same bits.
constexpr const char* kSteps[] = {
    // 1: persistent reservations with APTPL, by the serial number of their logical unit. TYPE is
    // that of SPC-4 table 208, 0 if there are only registrations.
    R"(CREATE TABLE reservation (
         unit TEXT PRIMARY KEY,
         type INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE TABLE registration (
         unit TEXT NOT NULL REFERENCES reservation ON DELETE CASCADE,
         place INTEGER NOT NULL,
         initiator TEXT NOT NULL,
         isid INTEGER NOT NULL,
         target TEXT NOT NULL,
         portal_group INTEGER NOT NULL,
         key INTEGER NOT NULL,
         holder INTEGER NOT NULL,
         PRIMARY KEY (unit, place)
       ) WITHOUT ROWID;)",
    // 2: what else a logical unit keeps, as JSON with a version of its own (unit_records.cc).
    R"(CREATE TABLE unit (
         unit TEXT PRIMARY KEY,
         record TEXT NOT NULL
       ) WITHOUT ROWID;)",
    // 3: what was made through the management port (made_rows.h).
    R"(CREATE TABLE made (
         kind TEXT NOT NULL,
         owner TEXT NOT NULL,
         name TEXT NOT NULL,
         row TEXT NOT NULL,
         PRIMARY KEY (kind, owner, name)
       ) WITHOUT ROWID;)",
    // 4: bearer tokens of the management port; of their secrets only a hash (token_store.h).
    R"(CREATE TABLE token (
         id TEXT PRIMARY KEY,
         name TEXT NOT NULL UNIQUE,
         role TEXT NOT NULL,
         hash TEXT NOT NULL,
         created INTEGER NOT NULL
       ) WITHOUT ROWID;)",
};

Result<int64_t> version_of(Database& database) {
  if (auto made = database.execute(
          "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);"
          "INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT * FROM schema_version);");
      !made)
    return made.error();
  Statement query = database.prepare("SELECT version FROM schema_version");
  if (const auto row = query.step(); !row) return row.error();
  return query.number(0);
}

Result<void> take_steps(Database& database) {
  const auto found = version_of(database);
  if (!found) return found.error();
  constexpr auto kNewest = static_cast<int64_t>(std::size(kSteps));
  const int64_t version = found.value();
  if (version < 0 || version > kNewest)
    return Error{
        ErrorKind::unsupported,
        fmt::format("it is of version {}, and this daemon knows up to {}", version, kNewest),
        {}};
  for (int64_t i = version; i < kNewest; ++i)
    if (auto done = database.execute(kSteps[i]); !done) return done.error();
  return database.prepare("UPDATE schema_version SET version = ?").bind(kNewest).run();
}

}  // namespace

Result<void> bring_up_to_date(Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  if (auto done = take_steps(database); !done) return done.error();
  return database.execute("COMMIT");
}

}  // namespace tidemark::mgmt
