// ServedVolume: a volume with the layers every byte of it passes: gate, write guard, store.
#pragma once

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
  std::shared_ptr<scsi::LogicalUnit> unit;  // made with the targets
};

}  // namespace tidemark::mgmt
