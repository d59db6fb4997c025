// KeptState: the UnitRecord of one unit. Changes are made one after the other on a home core, each
// only once it is durable.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "scsi/unit_store.h"

namespace tidemark::scsi {

class KeptState {
 public:
  KeptState(Executor& executor, std::string unit);
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;

  /// From here on `store`, which outlives the unit, keeps the record; `found` is what it kept so
  /// far. Before the unit is used.
  void keep_in(UnitStore& store, UnitRecord found);
  bool possible() const { return store_ != nullptr; }

  using Edit = std::function<void(UnitRecord&)>;
  /// From any core, if possible(). `ended` runs on `core`, told whether the change is durable; if
  /// not, the record is as it was. The unit lives until then.
  void change(Edit edit, CoreId core, std::function<void(bool)> ended);
  /// From any core. `then` runs on `core` with the record as it is.
  void read(CoreId core, std::function<void(const UnitRecord&)> then);
  /// As it was found. Before the unit is used.
  const UnitRecord& found() const { return record_; }

 private:
  static constexpr CoreId kHome = 0;

  struct Change {
    Edit edit;
    CoreId core;
    std::function<void(bool)> ended;
  };
  void next();
  void saved(UnitRecord record, bool durable);

  Executor& executor_;
  const std::string unit_;
  UnitStore* store_ = nullptr;

  // On the home core.
  UnitRecord record_;
  std::deque<Change> queue_;  // the first is being made
};

}  // namespace tidemark::scsi
