// Access: who may use a target, after what proof, and which logical units he finds there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scsi/lun_map.h"
#include "scsi/target_device.h"
#include "target/target_directory.h"

namespace tidemark::target {

struct AccessRow {
  std::string initiator;                      // an iSCSI name, a beginning and "*", or "*" alone
  std::shared_ptr<const ChapRule> chap;       // null: the name is enough
  std::shared_ptr<const scsi::LunMap> units;  // never null
  bool copy_commands = false;                 // the vendor commands that start and steer copies
};

/// The row that admits `initiator`: the one that names it, else the longest beginning. Null: none.
const AccessRow* find_access(const std::vector<AccessRow>& rows, std::string_view initiator);

/// One target as it is served.
struct TargetEntry {
  std::shared_ptr<scsi::TargetDevice> device;
  std::shared_ptr<const scsi::LunMap> units;  // of rows without a map of their own
  std::vector<AccessRow> access;
  std::optional<Redirection> moved_to;

  const std::string& name() const { return device->name(); }
};

/// All targets. Never changed once it is in use; a new configuration makes a new one.
struct Directory {
  std::vector<TargetEntry> targets;
  std::shared_ptr<const ChapRule> discovery;  // what a discovery session has to prove

  const TargetEntry* find(std::string_view target) const;
  Admission admit(std::string_view target, std::string_view initiator) const;
};

}  // namespace tidemark::target
