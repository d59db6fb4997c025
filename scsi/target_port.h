// TargetPort: one SCSI target port, as iSCSI has it (RFC 7143 4.4.2): a target by its name, and a
// group of the portals that lead to it by its tag.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::scsi {

struct TargetPort {
  std::string target;
  uint16_t portal_group = 1;

  bool operator==(const TargetPort&) const = default;
};

/// A target port as a unit has it.
struct UnitPort {
  TargetPort port;
  uint16_t number = 1;  // relative target port identifier
};

}  // namespace tidemark::scsi
