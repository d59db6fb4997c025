// ServedVolume: a volume with the layers every byte of it passes: gate, write guard, store.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "copyengine/write_guard.h"
#include "scsi/logical_unit.h"
#include "storage/range_gate.h"
#include "storage/volume.h"

namespace tidemark::mgmt {

struct ServedVolume {
  ServedVolume(Executor& executor, CoreId home, std::unique_ptr<storage::Volume> opened)
      : backing(std::move(opened)), guard(executor, home, *backing), gate(executor, home, guard) {}

  const std::string& name() const { return backing->traits().name; }

  std::unique_ptr<storage::Volume> backing;
  copyengine::WriteGuard guard;
  storage::RangeGate gate;
  /// Before it is served.
  void make_unit(Executor& executor, scsi::Identity identity, scsi::CopyService* copies) {
    auto gone = std::make_shared<std::promise<void>>();
    unit_gone = gone->get_future();
    unit = {new scsi::LogicalUnit(executor, gate, std::move(identity), copies),
            [gone](scsi::LogicalUnit* last) {
              delete last;
              gone->set_value();
            }};
  }

  std::shared_ptr<scsi::LogicalUnit> unit;
  std::future<void> unit_gone;  // ready once nobody has the unit any more
};

}  // namespace tidemark::mgmt
