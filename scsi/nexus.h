// Nexus: what the device server keeps of one I_T nexus: its task set and, per LUN, the unit and
// the unit attentions not yet reported.
//
// Lives on one core, from TargetDevice::attach() until the transport destroys it after detach().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scsi/access_state.h"
#include "scsi/reservation_state.h"
#include "scsi/target_device.h"
#include "scsi/task_set.h"
#include "scsi/unit_attentions.h"

namespace tidemark::scsi {

class Nexus final : public ItNexus {
 public:
  /// One entry of the nexus's LUN map.
  struct Entry {
    /// Counts its references on memory of this nexus: no core shares the counter with another.
    std::shared_ptr<LogicalUnit> unit;
    UnitAttentions attentions;
    Restriction restriction = Restriction::none;  // by reservations of others
    AccessState access = AccessState::optimized;  // of the target port group it comes through
    bool write_protected = false;                 // by a copy, as this nexus was last told
    bool prevents_removal = false;                // of the medium
    std::vector<uint8_t> echo;                    // what WRITE BUFFER left for READ BUFFER
  };

  Nexus(TargetDevice& device, NexusName name, std::shared_ptr<const LunMap> units, CoreId core);
  ~Nexus() override;

  const std::string& initiator_name() const override { return name_.initiator; }
  CoreId core() const override { return core_; }
  TargetDevice& device() override { return device_; }
  const LunMap& units() const override { return *units_; }
  const NexusName& name() const { return name_; }

  Entry* find(uint16_t lun);
  /// See TargetDevice.
  bool extend(std::shared_ptr<const LunMap> units);
  TaskSet& tasks() { return tasks_; }

  /// To be told with the next command to `unit` (any unit, if null).
  void add_attention(const LogicalUnit* unit, Asc asc);
  void clear_attention(Asc asc);
  /// What reservations of `unit` take from this nexus from here on.
  void restrict(const LogicalUnit& unit, Restriction restriction);
  /// Whether it prevents the removal of the medium of `unit`.
  void prevent_removal(LogicalUnit& unit, bool prevents);
  /// The state of its target port group for `unit` from here on.
  void enter(const LogicalUnit& unit, AccessState access);
  /// What it holds by RESERVE(6) or (10) ends with it.
  void release_legacy();

  /// Takes the nexus out of the lists of its units: nothing new reaches it from other nexuses.
  void withdraw();

  /// Management functions that still use this nexus; `detached` waits for them too.
  void function_begins() { ++functions_; }
  void function_ends();
  void when_quiet(std::function<void()> quiet);

 private:
  void add(uint16_t lun, const std::shared_ptr<LogicalUnit>& unit);
  void check_quiet();

  TargetDevice& device_;
  NexusName name_;
  CoreId core_;
  std::shared_ptr<const LunMap> units_;
  std::map<uint16_t, Entry> entries_;
  TaskSet tasks_;
  size_t functions_ = 0;
  std::function<void()> quiet_;
};

}  // namespace tidemark::scsi
