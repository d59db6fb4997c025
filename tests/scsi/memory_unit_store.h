// A UnitStore in memory: keeps what it is given, answers at once or when the test lets it, and
// fails when it is told to.
#pragma once

#include <map>
#include <utility>

#include "scsi/unit_store.h"

namespace tidemark::scsi {

class MemoryUnitStore final : public UnitStore {
 public:
  void save(const std::string& unit, const UnitRecord& record,
            std::function<void(bool)> done) override {
    ++saves;
    if (!fails) records[unit] = record;
    if (!holds) return done(!fails);
    held = std::move(done);
  }
  void let_go() { std::exchange(held, nullptr)(!fails); }

  std::map<std::string, UnitRecord> records;
  std::function<void(bool)> held;
  size_t saves = 0;
  bool fails = false;
  bool holds = false;
};

}  // namespace tidemark::scsi
