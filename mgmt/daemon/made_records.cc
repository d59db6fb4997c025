#include "mgmt/daemon/made_records.h"

#include <vector>

namespace tidemark::mgmt {
namespace {

Result<void> put(Database& database, const MadeKey& key, const std::string& row) {
  return database.prepare("INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)")
      .bind(key.kind)
      .bind(key.owner)
      .bind(key.name)
      .bind(row)
      .run();
}

Result<void> remove(Database& database, const MadeKey& key) {
  return database.prepare("DELETE FROM made WHERE kind = ? AND owner = ? AND name = ?")
      .bind(key.kind)
      .bind(key.owner)
      .bind(key.name)
      .run();
}

Result<void> change(Database& database, const MadeRows& now, const MadeRows& next) {
  for (const auto& [key, row] : now)
    if (!next.contains(key))
      if (auto done = remove(database, key); !done) return done;
  for (const auto& [key, row] : next) {
    const auto before = now.find(key);
    if (before != now.end() && before->second == row) continue;
    if (auto done = put(database, key, row); !done) return done;
  }
  return {};
}

Result<void> read(Database& database, MadeRows& rows) {
  Statement query = database.prepare("SELECT kind, owner, name, row FROM made");
  while (true) {
    const auto step = query.step();
    if (!step) return step.error();
    if (step.value() == Statement::Step::done) return {};
    rows[{query.text(0), query.text(1), query.text(2)}] = query.text(3);
  }
}

}  // namespace

Result<MadeRows> MadeRecords::load() const {
  MadeRows rows;
  if (auto done = store_.run([&](Database& database) { return read(database, rows); }); !done)
    return done.error();
  return rows;
}

Result<void> MadeRecords::save(const MadeRows& now, const MadeRows& next) {
  return store_.run([&](Database& database) { return change(database, now, next); });
}

Result<void> MadeRecords::forget_unit(const std::string& unit) {
  return store_.run([&](Database& database) {
    if (auto done = database.prepare("DELETE FROM reservation WHERE unit = ?").bind(unit).run();
        !done)
      return done;
    return database.prepare("DELETE FROM unit WHERE unit = ?").bind(unit).run();
  });
}

}  // namespace tidemark::mgmt
